/**
 * The moves open to a person, as buttons: which come first, and what tells two of a kind apart; pure.
 *
 * What may be done is the office's list alone. Here is only how often people reach for it.
 */
import type { CaseView, Move, Request } from "../api/shapes";

/** Rarely the next thing to do, whatever the case: behind 更多 unless there is nothing else. */
const SELDOM = new Set([
  "supplement",
  "withdraw",
  "comment",
  "correct",
  "void",
  "merge",
  "split",
  "transfer",
  "refer_out",
  "redispatch",
  "waive_co",
  "take_over",
  "supervise",
  "lift",
  "excuse",
  "answer_source",
]);
const SELDOM_RANK = 3;
/** Buttons that fit below a case on a phone beside 更多. */
const SHOWN = 3;

/** The assignment or request a move is about, as the address of its form names it. */
export function aboutOf(move: Move): string[] {
  const about = move.assignment ?? move.request;
  return about ? [about] : [];
}

/** Before the other case's id, where the address of a form names a case to begin with. */
export const WITH = "with-";

/** The move that an address (`move/<case>/<action>/<about>`) names, among those offered. */
export function findOffer(moves: Move[], action: string, about: string): Move | null {
  const named = about.startsWith(WITH) ? "" : about;
  return moves.find((move) => move.action === action && (aboutOf(move)[0] ?? "") === named) ?? null;
}

/** The next things to do, and those behind 更多. Somebody waits for an answer first; else the office's order. */
export function arrange(moves: Move[], one: CaseView): { first: Move[]; more: Move[] } {
  const again = new Set(moves.filter((move, at) => moves.findIndex((a) => a.action === move.action) < at));
  const rank = (move: Move) => {
    if (isSeldom(move, one)) return SELDOM_RANK;
    // Neither the second of a kind nor a detour by somebody else's eyes pushes a decision out of sight.
    if (again.has(move) || move.action === "ask_check") return 2;
    return move.request ? 0 : 1;
  };
  const sorted = [...moves].sort((a, b) => rank(a) - rank(b));
  const usual = sorted.filter((move) => rank(move) < SELDOM_RANK).length;
  // One move more takes no more room than the button that would hide it.
  if (usual === sorted.length && usual <= SHOWN + 1) return { first: sorted, more: [] };
  const shown = Math.min(SHOWN, Math.max(usual, 1));
  return { first: sorted.slice(0, shown), more: sorted.slice(shown) };
}

function isSeldom(move: Move, one: CaseView): boolean {
  // A case goes up before work on it begins, as a rule; and it is disputes that have to be contacted.
  if (move.action === "escalate") return one.assignments.length > 0 && one.state === "in_progress";
  if (move.action === "mediate") return !one.deadlines.some((clock) => clock.kind === "contact");
  return SELDOM.has(move.action);
}

/** Whose assignment or which ask a move is about; null where the action alone says it. */
export interface About {
  unit: string | null;
  request: Request | null;
}

export function describeAbout(move: Move, one: CaseView): About | null {
  const task = one.assignments.find((other) => other.id === move.assignment);
  if (task) return { unit: task.unit.name, request: null };
  const request = one.requests?.find((other) => other.id === move.request);
  if (!request) return null;
  // What is asked for is told apart by who asks, a supervision by whom it is against.
  const unit = request.kind === "supervision" ? request.to : request.by;
  return { unit: unit?.name ?? null, request };
}

/** Is the action offered for more than one assignment or request? */
export function needsNaming(move: Move, moves: Move[]): boolean {
  return moves.filter((other) => other.action === move.action).length > 1;
}
