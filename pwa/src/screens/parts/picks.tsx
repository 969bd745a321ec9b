/** A list of offered units or people to pick one or several from; a long one can be searched. */
import { useState } from "preact/hooks";
import type { Need } from "../../api/shapes";
import { say } from "../../speak";

/** More choices than this cannot be taken in at a glance. */
const LONG = 8;

export function Picks(props: {
  need: Need;
  chosen: string[];
  onPick: (value: string) => void;
  /** What the search field says, and what stands where nothing is found. */
  search: string;
  none: string;
  /** Choices that may not be picked, and why. */
  taken?: Set<string>;
  why?: string;
  several?: boolean;
}) {
  const { need, chosen, taken, several = false } = props;
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
          placeholder={props.search}
          aria-label={`${say(need.label)} ${props.search}`}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {shown.length === 0 && <p class="fine">{props.none}</p>}
      <div class={long ? "choices choices--one choices--long" : "choices choices--one"}>
        {shown.map((choice) => {
          const on = chosen.includes(choice.value);
          return (
            <label key={choice.value} class={on ? "choice choice--on" : "choice"} data-value={choice.value}>
              <input
                type={several ? "checkbox" : "radio"}
                name={need.name}
                checked={on}
                disabled={taken?.has(choice.value)}
                onChange={() => props.onPick(choice.value)}
              />
              {say(choice.label)}
              {taken?.has(choice.value) && <small class="choice__aside faint">{props.why}</small>}
            </label>
          );
        })}
      </div>
    </>
  );
}
