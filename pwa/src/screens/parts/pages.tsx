/** A list page by page: the first page as it is kept, later ones behind 更多, shown but not kept. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Answer } from "../../api/call";
import type { Page } from "../../api/shapes";
import { t } from "../../speak";

interface Pages<T> {
  /** Everything read so far. */
  items: T[];
  /** The button that reads on; null at the end. */
  more: ComponentChildren;
  /** Read later pages anew the next time. */
  dropLater: () => void;
}

/** `list`: which list it is; another one begins at its first page. */
export function usePages<T>(
  list: string,
  first: Page<T> | null | undefined,
  fetchLater: (cursor: string) => Promise<Answer<Page<T>>>,
  onLost: (answer: Answer<Page<T>>) => void,
): Pages<T> {
  const [later, setLater] = useState<{ list: string; page: Page<T> } | null>(null);
  const read = later?.list === list ? later.page : null;
  const cursor = (read ?? first)?.next_cursor;

  async function readOn(from: string): Promise<void> {
    const answer = await fetchLater(from);
    if (answer.kind !== "ok") return onLost(answer);
    const { items, next_cursor } = answer.body;
    setLater((now) => {
      const before = now?.list === list ? now.page : null;
      // A second tap may have read the same page.
      if (before && before.next_cursor !== from) return now;
      return { list, page: { items: [...(before?.items ?? []), ...items], next_cursor } };
    });
  }

  const more = cursor ? (
    <div class="actions">
      <button type="button" class="weui-btn weui-btn_default" onClick={() => void readOn(cursor)}>
        {t("more")}
      </button>
    </div>
  ) : null;
  return { items: [...(first?.items ?? []), ...(read?.items ?? [])], more, dropLater: () => setLater(null) };
}
