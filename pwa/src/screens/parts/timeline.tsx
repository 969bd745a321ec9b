/** The steps of a case (流转记录), newest first: what, who for which unit and for whom, when, and what was said. */
import type { CaseView, Step } from "../../api/shapes";
import { type Names, namesIn } from "../../case/names";
import { t, tCode } from "../../speak";
import { me } from "../../state";
import { PhotoLinks } from "./photo-links";
import { SaidLines } from "./said";
import { showTime } from "./times";

/** A step that reached the office this much later than it was made was made without a network. */
const OFFLINE_MS = 5 * 60_000;

export function Timeline({ one, steps, now }: { one: CaseView; steps: Step[]; now: Date }) {
  const names = namesIn(one, me.value);
  return (
    <ol class="timeline" data-testid="timeline">
      {steps.map((step) => (
        <TimelineStep key={step.id} step={step} one={one} names={names} now={now} />
      ))}
    </ol>
  );
}

function TimelineStep({ step, one, names, now }: { step: Step; one: CaseView; names: Names; now: Date }) {
  const photos = one.photos.filter((photo) => photo.step === step.id);
  const system = !step.by && !step.as_unit;
  return (
    <li class={system ? "timeline__step timeline__step--system" : "timeline__step"} data-action={step.action}>
      <b>{step.action === "remind" ? sayReminder(step) : tCode("act", step.action)}</b>
      <small class="faint timeline__meta">
        <span>{whoMade(step)}</span>
        <time>{showTime(step.at, now)}</time>
      </small>
      {wasOffline(step) && (
        <small class="faint">{t("made_at", { when: showTime(step.device_at ?? step.at, now) })}</small>
      )}
      {!["submit", "remind"].includes(step.action) && (
        <SaidLines action={step.action} payload={step.payload} names={names} now={now} />
      )}
      {step.action !== "submit" && <PhotoLinks photos={photos} />}
    </li>
  );
}

/** e.g. 办理时限：黄灯. */
function sayReminder({ payload }: Step): string {
  const { kind, stage } = payload;
  return t("reminded", { clock: tCode("clock", String(kind)), stage: tCode("stage", String(stage)) });
}

/** e.g. 消防应急所 李明（代王芳办理). */
function whoMade(step: Step): string {
  const who = [step.as_unit?.name, step.by?.name].filter(Boolean).join(" ") || t("by_system");
  return step.on_behalf_of ? t("on_behalf_of", { who, name: step.on_behalf_of.name }) : who;
}

function wasOffline(step: Step): boolean {
  return step.device_at !== null && Date.parse(step.at) - Date.parse(step.device_at) > OFFLINE_MS;
}
