/** Asks which assignment, request or unit was meant, when the office found more than one that fits. */
import type { CaseView } from "../../api/shapes";
import { namesIn } from "../../case/names";
import type { Pointed } from "../../move/form";
import { t, tCode } from "../../speak";
import { me } from "../../state";

export function WhichOne(props: {
  one: CaseView;
  choices: Record<string, string>[];
  value: Pointed | undefined;
  onChange: (value: Pointed) => void;
}) {
  const chosen = JSON.stringify(props.value ?? null);
  return (
    <fieldset class="card field" data-need="which-one">
      <legend class="card__title">{t("choose_which")}</legend>
      <div class="choices choices--one">
        {props.choices.map((choice) => {
          const on = JSON.stringify(choice) === chosen;
          return (
            <label key={JSON.stringify(choice)} class={on ? "choice choice--on" : "choice"}>
              <input type="radio" name="which-one" checked={on} onChange={() => props.onChange(choice)} />
              {nameChoice(choice, props.one)}
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

function nameChoice({ assignment, request, unit }: Pointed, one: CaseView): string {
  const task = one.assignments.find((other) => other.id === assignment);
  if (task) return `${task.unit.name} · ${tCode("role", task.role)}`;
  const ask = one.requests?.find((other) => other.id === request);
  if (ask) return [ask.by?.name, tCode("request", ask.kind)].filter(Boolean).join(" · ");
  const id = unit ?? assignment ?? request ?? "";
  return namesIn(one, me.value).get(id) ?? id;
}
