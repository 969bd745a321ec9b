/**
 * A day, or a day and a time, chosen from lists in the app's own language: the browser's own field speaks
 * the browser's language and is small to hit.
 */
import { joinMoment, listDays, splitMoment } from "../../move/moments";
import { t } from "../../speak";
import { useNow } from "./hooks";
import { showWeekday } from "./times";

export function DayField(props: { label: string; value: string; onChange: (day: string) => void }) {
  const now = useNow(60_000);
  return <Days label={props.label} value={props.value} now={now} onChange={props.onChange} />;
}

/** The value is local time without an offset, `2026-11-22T18:00`; empty without a day. */
export function MomentField(props: { label: string; value: string; onChange: (local: string) => void }) {
  const now = useNow(60_000);
  const { day, hour, minute } = splitMoment(props.value);
  const put = (changes: Partial<{ day: string; hour: string; minute: string }>) =>
    props.onChange(joinMoment({ day, hour, minute, ...changes }));
  return (
    <div class="moment">
      <Days label={props.label} value={day} now={now} onChange={(next) => put({ day: next })} />
      {day && (
        <>
          <Numbers
            label={`${props.label} ${t("hour")}`}
            word="hour_n"
            value={hour}
            numbers={HOURS}
            onChange={(next) => put({ hour: next })}
          />
          <Numbers
            label={`${props.label} ${t("minute")}`}
            word="minute_n"
            value={minute}
            numbers={MINUTES.includes(minute) ? MINUTES : [minute, ...MINUTES]}
            onChange={(next) => put({ minute: next })}
          />
        </>
      )}
    </div>
  );
}

const two = (n: number) => String(n).padStart(2, "0");
const HOURS = Array.from({ length: 24 }, (_, hour) => two(hour));
const MINUTES = Array.from({ length: 12 }, (_, step) => two(step * 5));

function Days(props: { label: string; value: string; now: Date; onChange: (day: string) => void }) {
  const days = listDays(props.now);
  const known = props.value === "" || days.includes(props.value);
  return (
    <select
      class="select"
      aria-label={props.label}
      value={props.value}
      data-part="day"
      onChange={(event) => props.onChange(event.currentTarget.value)}
    >
      <option value="">{t("no_day")}</option>
      {(known ? days : [props.value, ...days]).map((day) => (
        <option key={day} value={day}>
          {showWeekday(day, props.now)}
        </option>
      ))}
    </select>
  );
}

function Numbers(props: {
  label: string;
  word: "hour_n" | "minute_n";
  value: string;
  numbers: string[];
  onChange: (value: string) => void;
}) {
  return (
    <select
      class="select"
      aria-label={props.label}
      value={props.value}
      data-part={props.word.replace("_n", "")}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    >
      {props.numbers.map((n) => (
        <option key={n} value={n}>
          {t(props.word, { n })}
        </option>
      ))}
    </select>
  );
}
