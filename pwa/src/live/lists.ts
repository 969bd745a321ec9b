/** The lists of cases a person has, by what each asks of them (待办): which can ever hold something; pure. */
import type { CaseSummary, Me, Page } from "../api/shapes";

/** What a case may wait for from this person, in the order of a case's life; the office's `ask`. */
export const ASKS = ["accept", "dispatch", "sign", "handle", "answer", "verify", "visit", "check"] as const;
export type Ask = (typeof ASKS)[number];

/** overdue 已超期; waiting: open, but somebody else's turn; done 已办结. */
export const LISTS = [...ASKS, "overdue", "waiting", "done", "all"] as const;
export type ListName = (typeof LISTS)[number];

/** Lists the office is asked for at every change; `waiting` is what is left of `all`. */
export type KeptList = Exclude<ListName, "waiting">;

const CENTRE: Ask[] = ["accept", "dispatch", "sign", "handle", "answer", "verify", "visit", "check"];
const UNIT: Ask[] = ["sign", "handle", "answer", "check"];
/** A grid worker is named to a task, or asked to look. */
const PERSON: Ask[] = ["handle", "check"];
const WITH_CASES = new Set(["grid_worker", "member", "leader", "invited", "inspector"]);

export function isList(name: string): name is ListName {
  return LISTS.some((list) => list === name);
}

/** What may ever be asked of this person, by what they are granted; nothing of an administrator or auditor. */
export function asksOf(me: Me | null): Ask[] {
  const asks = new Set<Ask>();
  for (const unit of me?.units ?? []) for (const ask of unit.kind === "centre" ? CENTRE : UNIT) asks.add(ask);
  if (me?.grants.some((grant) => grant.role === "grid_worker")) for (const ask of PERSON) asks.add(ask);
  return ASKS.filter((ask) => asks.has(ask));
}

/** The lists shown as tabs; only "all" for somebody who can never see a case. */
export function listsOf(me: Me | null): ListName[] {
  const sees = me?.grants.some((grant) => WITH_CASES.has(grant.role)) ?? false;
  return [...asksOf(me), ...(sees ? (["overdue", "waiting", "done"] as const) : []), "all"];
}

/** The lists fetched whenever something changes; what is done is fetched when it is looked at. */
export function listsToFetch(me: Me | null): KeptList[] {
  return listsOf(me).filter((name): name is KeptList => name !== "waiting" && name !== "done");
}

const ENDED = new Set(["closed", "rejected", "void", "merged"]);

export function isEnded(state: string): boolean {
  return ENDED.has(state);
}

export type Kept = Partial<Record<KeptList, Page<CaseSummary>>>;

/** What a list shows, from the pages kept on the phone; works without a network. */
export function fill(name: ListName, kept: Kept, now: Date): { items: CaseSummary[]; more: boolean } {
  const all = kept.all?.items ?? [];
  const more = Boolean(kept.all?.next_cursor);
  if (name === "waiting") {
    const mine = new Set(ASKS.flatMap((ask) => kept[ask]?.items ?? []).map((one) => one.id));
    return { items: all.filter((one) => !isEnded(one.state) && !mine.has(one.id)), more };
  }
  if (name === "done") {
    const ended = all.filter((one) => isEnded(one.state));
    return { items: inOrder([...(kept.done?.items ?? []), ...ended]), more: Boolean(kept.done?.next_cursor) };
  }
  if (name === "overdue") {
    const late = ASKS.flatMap((ask) => kept[ask]?.items ?? []).filter((one) => isLate(one, now));
    const items = inOrder([...(kept.overdue?.items ?? []), ...late]);
    return { items, more: Boolean(kept.overdue?.next_cursor) };
  }
  return { items: kept[name]?.items ?? [], more: Boolean(kept[name]?.next_cursor) };
}

/** Past its overall due (总时限), by the phone's clock. */
export function isLate(one: CaseSummary, now: Date): boolean {
  return one.due_at !== null && Date.parse(one.due_at) < now.getTime();
}

/** Without doubles, newest first, as the office orders them. */
function inOrder(cases: CaseSummary[]): CaseSummary[] {
  const byId = new Map(cases.map((one) => [one.id, one]));
  return [...byId.values()].sort(
    (a, b) => b.received_at.localeCompare(a.received_at) || b.id.localeCompare(a.id),
  );
}
