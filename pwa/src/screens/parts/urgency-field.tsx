/** How urgent it is: four steps, one of them always chosen once touched. */
import { t, tCode } from "../../speak";

const URGENCIES = [1, 2, 3, 4] as const;

export function UrgencyField(props: {
  value: number | undefined;
  onChange: (urgency: 1 | 2 | 3 | 4) => void;
}) {
  return (
    <div class="segments" role="radiogroup" aria-label={t("urgency")}>
      {URGENCIES.map((urgency) => (
        <label key={urgency} class={props.value === urgency ? "segment segment--on" : "segment"}>
          <input
            type="radio"
            name="urgency"
            checked={props.value === urgency}
            onChange={() => props.onChange(urgency)}
          />
          {tCode("urgency", String(urgency))}
        </label>
      ))}
    </div>
  );
}
