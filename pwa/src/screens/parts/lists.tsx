/** The lists of cases as tabs (宫格) and as rows of the home screen, each with how many it holds. */
import { useEffect, useState } from "preact/hooks";
import type { CaseSummary, Page } from "../../api/shapes";
import { listKey } from "../../live/cases";
import { fill, type Kept, type KeptList, LISTS, type ListName, listsOf } from "../../live/lists";
import { link } from "../../route";
import { tCode } from "../../speak";
import { cacheTick, me, session } from "../../state";
import { readCache } from "../../store/cache";

/** Lists whose count asks for something; the others only say how many there are. */
const QUIET = new Set<ListName>(["handle", "waiting", "done", "all"]);

export interface KeptLists {
  kept: Kept;
  /** When each was fetched. */
  at: Partial<Record<KeptList, string>>;
}

/** Every kept list of the person signed in; undefined while they are read. */
export function useLists(): KeptLists | undefined {
  const [found, setFound] = useState<KeptLists | undefined>(undefined);
  const person = session.value?.person.id;
  const tick = cacheTick.value;
  useEffect(() => {
    let left = false;
    if (person)
      void readLists(person).then((lists) => {
        if (!left) setFound(lists);
      });
    return () => {
      left = true;
    };
  }, [person, tick]);
  return found;
}

async function readLists(person: string): Promise<KeptLists> {
  const lists: KeptLists = { kept: {}, at: {} };
  const names = LISTS.filter((name): name is KeptList => name !== "waiting");
  const rows = await Promise.all(names.map((name) => readCache(person, listKey(name))));
  for (const [at, name] of names.entries()) {
    const row = rows[at];
    if (!row) continue;
    lists.kept[name] = row.value as Page<CaseSummary>;
    lists.at[name] = row.kept_at;
  }
  return lists;
}

/** "3", or "50+" where the kept page is not the last. */
function count(name: ListName, lists: KeptLists | undefined, now: Date): string {
  const { items, more } = fill(name, lists?.kept ?? {}, now);
  return `${items.length}${more ? "+" : ""}`;
}

function tone(name: ListName, shown: string): string {
  if (shown === "0") return "";
  if (name === "overdue") return " count--late";
  return QUIET.has(name) ? "" : " count--due";
}

export function ListTabs({ on, lists, now }: { on: ListName; lists: KeptLists | undefined; now: Date }) {
  return (
    <nav class="lists" aria-label={tCode("tab", "cases")}>
      {listsOf(me.value).map((name) => {
        const shown = count(name, lists, now);
        // Everything there is, and everything that ended, is no number to act on.
        const numbered = name !== "all" && name !== "done";
        return (
          <a
            key={name}
            class={name === on ? "lists__one lists__one--on" : "lists__one"}
            href={link("cases", name)}
            aria-current={name === on ? "page" : undefined}
            data-list={name}
          >
            {numbered && (
              <b class={`count${tone(name, shown)}`} data-count={shown}>
                {shown}
              </b>
            )}
            <span>{tCode("ask", name)}</span>
          </a>
        );
      })}
    </nav>
  );
}

/** The rows of the home screen: what asks for something now, and always the first that may. */
export function ListRows({ now }: { now: Date }) {
  const lists = useLists();
  const names = listsOf(me.value).filter((name) => !["waiting", "done", "all"].includes(name));
  const rows = names
    .map((name) => ({ name, shown: count(name, lists, now) }))
    .filter(({ shown, name }) => shown !== "0" || name === "accept");
  if (rows.length === 0) return null;
  return (
    <nav class="weui-cells" aria-label={tCode("cases", "title")}>
      {rows.map(({ name, shown }) => (
        <a key={name} class="weui-cell weui-cell_access" href={link("cases", name)} data-ask={name}>
          <span class="weui-cell__bd">{tCode("ask", name)}</span>
          <span class="weui-cell__ft">
            <b class={`count${tone(name, shown)}`}>{shown}</b>
          </span>
        </a>
      ))}
    </nav>
  );
}
