/** The lines of a step or request: each field with its value in words. */

import type { Names } from "../../case/names";
import { type Said, sayPayload } from "../../case/said";
import { link } from "../../route";
import { say, t, tCode } from "../../speak";
import { pack } from "../../state";
import { WORDS } from "../../words";
import { nameCategory } from "./category-field";
import { showDay, showTime } from "./times";

export function SaidLines(props: {
  action: string;
  payload: Record<string, unknown>;
  names: Names;
  now: Date;
}) {
  return (
    <>
      {sayPayload(props.payload, props.names).map((said) => (
        <p key={said.field} class="timeline__said" data-field={said.field}>
          <span class="faint">{nameField(props.action, said.field)}：</span>
          {said.kind === "case" ? (
            <a class="plain-link" href={link("case", said.id)}>
              {said.code}
            </a>
          ) : (
            showSaid(props.action, said, props.now)
          )}
        </p>
      ))}
    </>
  );
}

function showSaid(action: string, said: Exclude<Said, { kind: "case" }>, now: Date): string {
  switch (said.kind) {
    case "text":
      return said.text;
    case "code":
      return sayCode(action, said.field, said.code);
    case "moment":
      return showTime(said.at, now);
    case "day":
      return showDay(said.at, now);
    case "category":
      return nameCategory(said.code);
    case "urgency":
    case "rung":
      return tCode(said.kind, said.code);
    case "reason":
      return sayReason(action, said.code);
    case "flag":
      return t(said.yes ? "flag_yes" : "flag_no");
    case "names":
      return said.names.join(t("separator"));
    case "place":
      return t("place_set");
  }
}

/** A field that means something else in one move has a word of its own. */
export function nameField(action: string, field: string): string {
  const own = `${action}_${field}`;
  return tCode("field", `field_${own}` in WORDS ? own : field);
}

/** A value that means something else in another move or field has a word of its own. */
export function sayCode(action: string, field: string, code: string): string {
  const own = [`${action}_${code}`, `${field}_${code}`].find((longer) => `said_${longer}` in WORDS);
  return tCode("said", own ?? code);
}

function sayReason(action: string, code: string): string {
  const reason = pack.value?.reasons[action]?.find((one) => one.code === code);
  return reason ? say(reason) : code;
}
