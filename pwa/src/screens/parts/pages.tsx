/** A list page by page: the first page as it is kept, later ones behind 更多, shown but not kept. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Answer } from "../../api/call";
import type { Page } from "../../api/shapes";
import { sayTrouble, t } from "../../speak";
import { Note } from "./page";

interface Pages<T> {
  /** Everything read so far. */
  items: T[];
  /** The button that reads on, and why it could not; null at the end. */
  more: ComponentChildren;
  /** Read later pages anew the next time. */
  dropLater: () => void;
}

/** `list`: which list it is; another one begins at its first page. */
export function usePages<T>(
  list: string,
  first: Page<T> | null | undefined,
  fetchLater: (cursor: string) => Promise<Answer<Page<T>>>,
): Pages<T> {
  const [later, setLater] = useState<{ list: string; page: Page<T> } | null>(null);
  const read = later?.list === list ? later.page : null;
  const cursor = (read ?? first)?.next_cursor;
  const [trouble, setTrouble] = useState<string | null>(null);

  async function readOn(from: string): Promise<void> {
    const answer = await fetchLater(from);
    if (answer.kind !== "ok") return setTrouble(sayTrouble(answer));
    setTrouble(null);
    const { items, next_cursor } = answer.body;
    setLater((now) => {
      const before = now?.list === list ? now.page : null;
      // A second tap may have read the same page.
      if (before && before.next_cursor !== from) return now;
      return { list, page: { items: [...(before?.items ?? []), ...items], next_cursor } };
    });
  }

  const more = cursor ? (
    <>
      {trouble && (
        <Note tone="warn" live>
          {trouble}
        </Note>
      )}
      <div class="actions">
        <button type="button" class="weui-btn weui-btn_default" onClick={() => void readOn(cursor)}>
          {t("more")}
        </button>
      </div>
    </>
  ) : null;
  return { items: [...(first?.items ?? []), ...(read?.items ?? [])], more, dropLater: () => setLater(null) };
}
