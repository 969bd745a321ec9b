/** One of a few values the office offers, and yes or no. */
import type { Need } from "../../api/shapes";
import { say, t } from "../../speak";

export function ChoiceField(props: { need: Need; value: string; onChange: (value: string) => void }) {
  const { need, value } = props;
  return (
    <div class="choices choices--one" role="radiogroup" aria-label={say(need.label)}>
      {(need.choices ?? []).map((choice) => (
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
          {say(choice.label)}
        </label>
      ))}
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
