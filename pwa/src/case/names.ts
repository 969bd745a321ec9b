/** Names for the ids that steps, requests and queued moves carry: units, people and cases; pure. */
import type { CaseView, Me, Named } from "../api/shapes";

/** id → name of a unit or a person, or code of a case. */
export type Names = Map<string, string>;

/** What the office names, and what somebody may have chosen in a form that still waits to be sent. */
export function namesIn(one: CaseView, me: Me | null): Names {
  const names: Names = new Map();
  const learn = (...found: (Named | null | undefined)[]) => {
    for (const named of found) if (named?.id) names.set(named.id, named.name);
  };
  // What a form offers is known by both names; the first label is the Chinese one and the unit's own.
  for (const need of one.moves.flatMap((move) => move.needs))
    if (/^(unit|units|helpers|person)$/.test(need.type))
      for (const { value, label } of need.choices ?? []) names.set(value, label.zh);
  for (const { case_id, code } of one.possible_duplicates ?? []) names.set(case_id, code);
  learn(...(me?.units ?? []), one.holder, one.dispatcher);
  for (const task of one.assignments) learn(task.unit, task.handler);
  for (const [id, name] of Object.entries(one.names ?? {})) names.set(id, name);
  return names;
}
