/** Times as people here write them; pure. */
import { spanTo } from "../../case/clocks";
import { language, t, tCode } from "../../speak";

/** e.g. 11月22日 09:30; another year is added only when it is not this one. */
export function showTime(iso: string, now: Date): string {
  const time = new Date(iso);
  const sameYear = time.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en-GB", {
    ...(sameYear ? {} : { year: "numeric" }),
    month: language.value === "zh" ? "long" : "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  }).format(time);
}

/** e.g. 11月22日, for a date without a time. */
export function showDay(day: string, now: Date): string {
  const date = new Date(`${day.slice(0, 10)}T12:00`);
  return new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en-GB", {
    ...(date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }),
    month: language.value === "zh" ? "long" : "short",
    day: "numeric",
  }).format(date);
}

/** e.g. 11月22日 周日; today, tomorrow and the day after are said so. */
export function showWeekday(day: string, now: Date): string {
  const date = new Date(`${day}T12:00`);
  const weekday = new Intl.DateTimeFormat(language.value === "zh" ? "zh-CN" : "en-GB", {
    weekday: "short",
  }).format(date);
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate(), 12).getTime();
  const ahead = Math.round((date.getTime() - today) / 86_400_000);
  const near = ahead >= 0 && ahead <= 2 ? ` · ${tCode("day", String(ahead))}` : "";
  return `${showDay(day, now)} ${weekday}${near}`;
}

/** How long until a due, or how late it is, in its two largest units. */
export function showLeft(due: string, now: Date): string {
  const { late, days, hours, minutes } = spanTo(due, now);
  const span = days
    ? t("span_days", { d: days, h: hours })
    : hours
      ? t("span_hours", { h: hours, m: minutes })
      : t("span_minutes", { m: minutes });
  return t(late ? "due_past" : "due_left", { span });
}

/** How long ago, in the largest fitting unit. */
export function showAge(iso: string, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(iso)) / 1000));
  if (seconds < 5) return t("age_now");
  if (seconds < 60) return t("age_s", { n: seconds });
  if (seconds < 3600) return t("age_min", { n: Math.floor(seconds / 60) });
  return t("age_h", { n: Math.floor(seconds / 3600) });
}

/** How soon; `at` in milliseconds since 1970. */
export function showWait(at: number, now: Date): string {
  const seconds = Math.round((at - now.getTime()) / 1000);
  if (seconds <= 3) return t("when_soon");
  if (seconds < 60) return t("when_s", { n: seconds });
  return t("when_min", { n: Math.ceil(seconds / 60) });
}

export function isSameDay(iso: string, now: Date): boolean {
  return new Date(iso).toDateString() === now.toDateString();
}
