/** Local days and times as a form's lists hold them, without an offset; pure. */

export interface Moment {
  /** e.g. 2026-11-22; empty when none is chosen. */
  day: string;
  hour: string;
  minute: string;
}

/** Offices close at six: a due without a time means the end of that day's work. */
const USUAL = { hour: "18", minute: "00" };
/** Days back and ahead that a form offers. */
const BACK = 14;
const AHEAD = 180;
const DAY_MS = 86_400_000;

export function splitMoment(local: string): Moment {
  const [day = "", time = ""] = local.split("T");
  const [hour, minute] = time.split(":");
  return { day, hour: hour || USUAL.hour, minute: minute || USUAL.minute };
}

export function joinMoment({ day, hour, minute }: Moment): string {
  return day && `${day}T${hour}:${minute}`;
}

/** Today first, then the days to come, then those before today, the latest first. */
export function listDays(now: Date): string[] {
  const noon = new Date(now.getFullYear(), now.getMonth(), now.getDate(), 12).getTime();
  const days = (count: number, step: number, from: number) =>
    Array.from({ length: count }, (_, at) => dayOf(new Date(noon + (from + at * step) * DAY_MS)));
  return [...days(AHEAD + 1, 1, 0), ...days(BACK, -1, -1)];
}

/** The local day of a moment, e.g. 2026-11-22. */
function dayOf(moment: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}
