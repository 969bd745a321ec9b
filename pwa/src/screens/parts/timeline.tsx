/** The steps of a case (流转记录), newest first, each with who, when and what was said. */
import type { CaseView, Step } from "../../api/shapes";
import { say, tCode } from "../../speak";
import { pack } from "../../state";
import { nameCategory } from "./category-field";
import { showTime } from "./times";

/** Ids and hashes say nothing to a reader; the report's own text stands above already. */
const UNSAID = new Set(["photos", "parties", "repeat_of", "same_as", "location", "candidates"]);

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
          {step.action !== "submit" && <Said step={step} />}
        </li>
      ))}
    </ol>
  );
}

function Said({ step }: { step: Step }) {
  const lines = Object.entries(step.payload).filter(
    ([field, value]) => !UNSAID.has(field) && (typeof value === "string" || typeof value === "number"),
  );
  return (
    <>
      {lines.map(([field, value]) => (
        <p key={field} class="timeline__said">
          <span class="faint">{tCode("field", field)}：</span>
          {sayValue(step.action, field, String(value))}
        </p>
      ))}
    </>
  );
}

function sayValue(action: string, field: string, value: string): string {
  if (field === "category") return nameCategory(value);
  if (field === "urgency") return tCode("urgency", value);
  if (field === "code") {
    const reason = pack.value?.reasons[action]?.find((one) => one.code === value);
    return reason ? say(reason) : value;
  }
  return value;
}
