/** Names for the ids that steps and requests carry: units, people and cases, wherever the case tells them; pure. */
import type { CaseView, Me, Named } from "../api/shapes";

/** id → name, of units and people. */
export type Names = Map<string, string>;

export function namesIn(one: CaseView, me: Me | null): Names {
  const names: Names = new Map();
  const learn = (...found: (Named | null | undefined)[]) => {
    for (const named of found) if (named?.id && named.name) names.set(named.id, named.name);
  };
  // What a form offers is known by both names; the first label is the Chinese one and the unit's own.
  for (const need of one.moves.flatMap((move) => move.needs))
    if (/^(unit|units|helpers|person)$/.test(need.type))
      for (const { value, label } of need.choices ?? []) names.set(value, label.zh);
  learn(...(me?.units ?? []), me?.person);
  learn(one.holder, one.dispatcher, one.first_responsible, one.leader_in_charge);
  for (const task of one.assignments) learn(task.unit, task.handler);
  for (const request of one.requests ?? []) learn(request.by, request.to);
  for (const clock of one.deadlines) learn(clock.unit);
  for (const step of one.steps) learn(step.by, step.on_behalf_of, step.as_unit);
  return names;
}
