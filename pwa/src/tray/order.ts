/** Says which item of the tray may go next; pure, so that every rule of the order can be tested. */
import type { PhotoItem, TrayRow } from "../store/rows";

/** What may be sent at `now` (milliseconds), best first; `eager` ignores waits that only the network caused. */
export function pickNext(rows: TrayRow[], now: number, tried: Set<string>, eager: boolean): TrayRow | null {
  const open = rows.filter((row) => row.state === "waiting" && !tried.has(row.id));
  const due = open.filter((row) => row.not_before <= now || (eager && row.failure?.status === 0));
  const free = due.filter((row) => !waitsForAnother(row, rows));
  return free.sort(byTurn)[0] ?? null;
}

/**
 * A photo waits for its report or step. A move waits for what was put in before it on the same case,
 * unless that was refused: a refused item never holds up another, the office judges what follows.
 */
export function waitsForAnother(row: TrayRow, rows: TrayRow[]): boolean {
  if (row.kind === "photo") return rows.some((other) => other.id === row.owner);
  return rows.some(
    (other) =>
      other.kind !== "photo" &&
      other.chain === row.chain &&
      other.order < row.order &&
      other.state === "waiting",
  );
}

/** Every text before any photo; then first photos, second photos, …; oldest first within each. */
function byTurn(a: TrayRow, b: TrayRow): number {
  return turn(a) - turn(b) || a.order - b.order;
}

function turn(row: TrayRow): number {
  return row.kind === "photo" ? (row as PhotoItem).place + 1 : 0;
}

/** When the tray should wake by itself, in milliseconds since 1970; null when nothing waits. */
export function nextWake(rows: TrayRow[]): number | null {
  const waits = rows
    .filter((row) => row.state === "waiting" && !waitsForAnother(row, rows))
    .map((row) => row.not_before);
  return waits.length ? Math.min(...waits) : null;
}
