/** Clocks (时限) as people read them: running, standing still, yellow, red, or on a rung; pure. */
import type { CaseView, Deadline } from "../api/shapes";

export type Light = "running" | "paused" | "yellow" | "red" | "supervision" | "yellow_card" | "red_card";

/** Running: neither met nor stopped without being met; the next one first, what stands still last. */
export function runningClocks(one: CaseView): Deadline[] {
  return one.deadlines
    .filter((clock) => !clock.met_at && !clock.ended_at)
    .sort(
      (a, b) =>
        Number(a.paused ?? false) - Number(b.paused ?? false) ||
        Date.parse(a.due_current) - Date.parse(b.due_current),
    );
}

/** How far a clock has gone: by the office's light, and red without a network too once the due has passed. */
export function lightOf(clock: Deadline, now: Date): Light {
  if (clock.paused) return "paused";
  if (clock.rung && clock.rung !== "reminder") return clock.rung as Light;
  if (Date.parse(clock.due_current) < now.getTime()) return "red";
  return clock.light ?? "running";
}

/** Time between now and the due in the two largest units, and whether it has passed. */
export function spanTo(
  due: string,
  now: Date,
): { late: boolean; days: number; hours: number; minutes: number } {
  const left = Date.parse(due) - now.getTime();
  const minutes = Math.floor(Math.abs(left) / 60_000);
  return {
    late: left < 0,
    days: Math.floor(minutes / 1440),
    hours: Math.floor((minutes % 1440) / 60),
    minutes: minutes % 60,
  };
}
