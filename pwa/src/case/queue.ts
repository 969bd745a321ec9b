/** What may be done after the moves that still wait in the tray, by the office's `then`; pure. */
import type { CaseView, Move } from "../api/shapes";
import type { MoveItem } from "../store/rows";
import { aboutOf } from "./offers";

/**
 * The moves to offer while `queued` (oldest first) wait to be sent.
 *
 * A move that changes the state says what follows it. Its form is the one offered now or else the one
 * remembered from another case; it names no assignment yet, the office finds the one that fits.
 */
export function offersAfter(
  one: CaseView,
  queued: MoveItem[],
  recall: (action: string) => Move | null,
): Move[] {
  const done = (move: Move) =>
    queued.some((item) => item.action === move.action && (item.about ?? "") === (aboutOf(move)[0] ?? ""));
  const turning = [...queued].reverse().find((item) => item.next?.length);
  if (!turning) return one.moves.filter((move) => !done(move));
  const since = queued.slice(queued.indexOf(turning) + 1).map((item) => item.action);
  return (turning.next ?? []).flatMap((action) => {
    if (since.includes(action)) return [];
    const now = one.moves.filter((move) => move.action === action);
    if (now.length) return now;
    const recalled = recall(action);
    return recalled ? [forgetAbout(recalled)] : [];
  });
}

function forgetAbout({ action, label, needs, then }: Move): Move {
  return { action, needs, ...(label ? { label } : {}), ...(then ? { then } : {}) };
}

/** A form for `action` seen on another kept case: of the same holder if it names units or people. */
export function recallFrom(kept: CaseView[], one: CaseView, action: string): Move | null {
  const seen = kept.flatMap((other) =>
    other.moves.filter((move) => move.action === action).map((move) => ({ other, move })),
  );
  const fits = seen.filter(
    ({ other, move }) =>
      other.holder?.id === one.holder?.id || !move.needs.some((need) => NAMED.has(need.type)),
  );
  const same = fits.find(({ other }) => other.category === one.category) ?? fits[0];
  return same?.move ?? null;
}

const NAMED = new Set(["unit", "units", "helpers", "person"]);
