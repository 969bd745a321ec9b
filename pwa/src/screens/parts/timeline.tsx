/** The steps of a case (流转记录), newest first, each with who, when and what was said. */
import type { CaseView, Step } from "../../api/shapes";
import { say, t, tCode } from "../../speak";
import { pack } from "../../state";
import { nameCategory } from "./category-field";
import { showTime } from "./times";

/** Ids and hashes say nothing to a reader; the report's own text stands above already. */
const UNSAID = new Set(["photos", "parties", "repeat_of", "same_as", "location", "candidates"]);
const UNITS = new Set(["lead", "unit", "units", "co", "copied"]);
const MOMENTS = new Set(["at", "due_at", "arrived_at", "perform_by"]);
const CODED = new Set(["result", "route", "level", "outcome", "mode", "present"]);

export function Timeline({ one, now }: { one: CaseView; now: Date }) {
  const steps = [...one.steps].sort((a, b) => b.seq - a.seq);
  return (
    <ol class="timeline" data-testid="timeline">
      {steps.map((step) => (
        <li key={step.id} class="timeline__step" data-action={step.action}>
          <b>{tCode("act", step.action)}</b>
          <small class="faint">
            {[step.as_unit?.name, step.by?.name].filter(Boolean).join(" ")} · {showTime(step.at, now)}
          </small>
          {step.action !== "submit" && <Said step={step} one={one} now={now} />}
        </li>
      ))}
    </ol>
  );
}

function Said({ step, one, now }: { step: Step; one: CaseView; now: Date }) {
  const lines = Object.entries(step.payload)
    .filter(([field]) => !UNSAID.has(field))
    .map(([field, value]): [string, string] => [
      field,
      UNITS.has(field) ? nameUnits(one, value) : sayValue(step.action, field, value, now),
    ])
    .filter(([, said]) => said !== "");
  return (
    <>
      {lines.map(([field, said]) => (
        <p key={field} class="timeline__said">
          <span class="faint">{tCode("field", field)}：</span>
          {said}
        </p>
      ))}
    </>
  );
}

/** Units named by id, as the case's own assignments name them. */
function nameUnits(one: CaseView, value: unknown): string {
  const ids = (Array.isArray(value) ? value : [value]).map((named) => named?.unit ?? named);
  return one.assignments
    .filter((task, at, all) => all.findIndex((other) => other.unit.id === task.unit.id) === at)
    .filter((task) => ids.includes(task.unit.id))
    .map((task) => task.unit.name)
    .join(t("separator"));
}

function sayValue(action: string, field: string, said: unknown, now: Date): string {
  if (typeof said !== "string" && typeof said !== "number") return "";
  const value = String(said);
  if (MOMENTS.has(field)) return showTime(value, now);
  if (CODED.has(field)) return tCode("said", value);
  if (field === "category") return nameCategory(value);
  if (field === "urgency") return tCode("urgency", value);
  if (field === "code") {
    const reason = pack.value?.reasons[action]?.find((one) => one.code === value);
    return reason ? say(reason) : value;
  }
  return value;
}
