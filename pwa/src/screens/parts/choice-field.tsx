/** One of a few values the office offers, and yes or no. */
import type { Need } from "../../api/shapes";
import { say, t } from "../../speak";
import { useNow } from "./hooks";
import { showTime } from "./times";

/** A choice between times is labelled with the time itself. */
const MOMENT = /^\d{4}-\d\d-\d\dT/;

export function ChoiceField(props: { need: Need; value: string; onChange: (value: string) => void }) {
  const { need, value } = props;
  const now = useNow(60_000);
  return (
    <div class="choices choices--one" role="radiogroup" aria-label={say(need.label)}>
      {(need.choices ?? []).map((choice) => {
        const label = say(choice.label);
        return (
          <label
            key={choice.value}
            class={value === choice.value ? "choice choice--on" : "choice"}
            data-value={choice.value}
          >
            <input
              type="radio"
              name={need.name}
              checked={value === choice.value}
              onChange={() => props.onChange(choice.value)}
            />
            {MOMENT.test(label) ? showTime(label, now) : label}
          </label>
        );
      })}
    </div>
  );
}

export function FlagField(props: {
  label: string;
  value: boolean | undefined;
  onChange: (value: boolean) => void;
}) {
  return (
    <div class="segments" role="radiogroup" aria-label={props.label}>
      {[true, false].map((yes) => (
        <label
          key={String(yes)}
          class={props.value === yes ? "segment segment--on" : "segment"}
          data-value={String(yes)}
        >
          <input
            type="radio"
            name={props.label}
            checked={props.value === yes}
            onChange={() => props.onChange(yes)}
          />
          {t(yes ? "flag_yes" : "flag_no")}
        </label>
      ))}
    </div>
  );
}
