/** Choosing units (单位): one, several, or several with a due each. */
import type { Need } from "../../api/shapes";
import type { Helper } from "../../move/form";
import { say, t } from "../../speak";
import { MomentField } from "./moment-field";
import { Picks } from "./picks";

interface Field<V> {
  need: Need;
  taken: Set<string>;
  value: V;
  onChange: (value: V) => void;
}

export function UnitField({ need, taken, value, onChange }: Field<string>) {
  return <Units need={need} taken={taken} chosen={[value]} onPick={onChange} />;
}

export function UnitsField({ need, taken, value, onChange }: Field<string[]>) {
  const pick = (unit: string) =>
    onChange(value.includes(unit) ? value.filter((one) => one !== unit) : [...value, unit]);
  return <Units need={need} taken={taken} chosen={value} onPick={pick} several />;
}

export function HelpersField({ need, taken, value, onChange }: Field<Helper[]>) {
  const chosen = value.map((helper) => helper.unit);
  const pick = (unit: string) =>
    onChange(
      chosen.includes(unit)
        ? value.filter((helper) => helper.unit !== unit)
        : // Units called in together are mostly due together.
          [...value, { unit, due_at: value.at(-1)?.due_at ?? "" }],
    );
  const setDue = (unit: string, due_at: string) =>
    onChange(value.map((helper) => (helper.unit === unit ? { unit, due_at } : helper)));
  return (
    <>
      <Units need={need} taken={taken} chosen={chosen} onPick={pick} several />
      {value.map(({ unit, due_at }) => (
        <div key={unit} class="helper" data-unit={unit}>
          <span>
            {nameOf(need, unit)} <small class="faint">{t("helper_due")}</small>
          </span>
          <MomentField
            label={`${nameOf(need, unit)} ${t("helper_due")}`}
            value={due_at}
            onChange={(due) => setDue(unit, due)}
          />
        </div>
      ))}
    </>
  );
}

function nameOf(need: Need, unit: string): string {
  const choice = need.choices?.find((one) => one.value === unit);
  return choice ? say(choice.label) : unit;
}

function Units(props: {
  need: Need;
  taken: Set<string>;
  chosen: string[];
  onPick: (unit: string) => void;
  several?: boolean;
}) {
  // Nothing offered at all is not the same as nothing found.
  const none = t(props.need.choices?.length ? "no_unit_found" : "no_choice");
  return <Picks {...props} search={t("search_unit")} none={none} why={t("unit_taken")} />;
}
