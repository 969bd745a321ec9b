/** What waits for this person's units, by kind, each with how many. */
import type { CaseSummary, Page } from "../../api/shapes";
import { type Ask, listKey } from "../../live/cases";
import { link } from "../../route";
import { tCode } from "../../speak";
import { useKept } from "./hooks";

/** "3", or "50+" where the kept page is not the last. */
function useCount(ask: Ask): string {
  const page = useKept<Page<CaseSummary>>(listKey(ask))?.value;
  return `${page?.items.length ?? 0}${page?.next_cursor ? "+" : ""}`;
}

/** A row of the home screen. Only acceptance is shown while nothing waits. */
export function AskRow({ ask }: { ask: Ask }) {
  const count = useCount(ask);
  if (count === "0" && ask !== "accept") return null;
  const due = count !== "0" && ask !== "handle";
  return (
    <a class="weui-cell weui-cell_access" href={link("cases", ask)} data-ask={ask}>
      <span class="weui-cell__bd">{tCode("ask", ask)}</span>
      <span class="weui-cell__ft">
        <b class={due ? "count count--due" : "count"}>{count}</b>
      </span>
    </a>
  );
}

/** A way to the list. Only acceptance and the list shown stay while nothing waits. */
export function AskLink({ ask, on }: { ask: Ask; on: boolean }) {
  const count = useCount(ask);
  if (count === "0" && ask !== "accept" && !on) return null;
  return (
    <a class={on ? "chip chip--on" : "chip"} href={link("cases", ask)} aria-current={on ? "page" : undefined}>
      {tCode("ask", ask)} {count}
    </a>
  );
}
