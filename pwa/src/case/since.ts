/** A case as somebody saw it when they decided, beside the case as it stands now; pure. */
import type { CaseView, Step } from "../api/shapes";

/** What of a case a decision rests on, kept with a move that waits in the tray. */
export interface Seen {
  version: number;
  state: string;
  holder: string | null;
  lead: string | null;
  category: string;
  urgency: number;
  due_at: string | null;
}

export function seenOf(one: CaseView): Seen {
  const lead = one.assignments.find(
    (task) => task.role === "lead" && /^(pending|handling|return_asked)$/.test(task.state),
  );
  return {
    version: one.version,
    state: one.state,
    holder: one.holder?.name ?? null,
    lead: lead?.unit.name ?? null,
    category: one.category,
    urgency: one.urgency,
    due_at: one.due_at,
  };
}

export const COMPARED = ["state", "holder", "lead", "due_at", "category", "urgency"] as const;
export type Compared = (typeof COMPARED)[number];

export interface Difference {
  what: Compared;
  before: string | number | null;
  now: string | number | null;
  changed: boolean;
}

/** Line by line; state and holder always, the rest where it differs. */
export function compare(seen: Seen, one: CaseView): Difference[] {
  const now = seenOf(one);
  return COMPARED.map((what) => ({
    what,
    before: seen[what],
    now: now[what],
    changed: what === "due_at" ? !isSameTime(seen.due_at, now.due_at) : seen[what] !== now[what],
  })).filter(({ what, changed }) => changed || what === "state" || what === "holder");
}

function isSameTime(a: string | null, b: string | null): boolean {
  return a === b || (a !== null && b !== null && Date.parse(a) === Date.parse(b));
}

/** The steps that came after the version somebody saw, oldest first. */
export function stepsSince(one: CaseView, version: number): Step[] {
  return one.steps.filter((step) => step.seq > version).sort((a, b) => a.seq - b.seq);
}
