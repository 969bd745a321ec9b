/** Choosing units (单位): one, several, or several with a due each; a long list can be searched. */
import { useState } from "preact/hooks";
import type { Need } from "../../api/shapes";
import type { Helper } from "../../move/form";
import { say, t } from "../../speak";

/** More choices than this cannot be taken in at a glance. */
const LONG = 8;

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
        <label key={unit} class="helper" data-unit={unit}>
          <span>
            {nameOf(need, unit)} <small class="faint">{t("helper_due")}</small>
          </span>
          <input
            class="weui-input"
            type="datetime-local"
            value={due_at}
            onInput={(event) => setDue(unit, event.currentTarget.value)}
          />
        </label>
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
  const { need, taken, chosen, several = false } = props;
  const [search, setSearch] = useState("");
  const choices = need.choices ?? [];
  const wanted = search.trim().toLowerCase();
  const shown = choices.filter(
    (choice) => chosen.includes(choice.value) || say(choice.label).toLowerCase().includes(wanted),
  );
  const long = choices.length > LONG;
  return (
    <>
      {long && (
        <input
          class="search search--inset"
          type="search"
          value={search}
          placeholder={t("search_unit")}
          aria-label={`${say(need.label)} ${t("search_unit")}`}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {shown.length === 0 && <p class="fine">{t("no_unit_found")}</p>}
      <div class={long ? "choices choices--one choices--long" : "choices choices--one"}>
        {shown.map((choice) => {
          const on = chosen.includes(choice.value);
          return (
            <label key={choice.value} class={on ? "choice choice--on" : "choice"} data-unit={choice.value}>
              <input
                type={several ? "checkbox" : "radio"}
                name={need.name}
                checked={on}
                disabled={taken.has(choice.value)}
                onChange={() => props.onPick(choice.value)}
              />
              {say(choice.label)}
              {taken.has(choice.value) && <small class="choice__aside faint">{t("unit_taken")}</small>}
            </label>
          );
        })}
      </div>
    </>
  );
}
