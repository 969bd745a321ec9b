/**
 * The form of one move, drawn from what the office says it needs; kept on the phone while it is filled
 * in and sent through the tray. Knows field types, never moves.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { CaseView, Move as MoveOffer } from "../api/shapes";
import { stamp } from "../draft/body";
import { listPhotos } from "../draft/photos";
import { mintId } from "../ids";
import { wakeTray } from "../live/parts";
import {
  composePayload,
  findLacks,
  type Lack,
  type MoveForm,
  startValues,
  unitsElsewhere,
  type Value,
} from "../move/form";
import { go, replaceWith } from "../route";
import { say, t, tCode } from "../speak";
import { personId } from "../state";
import { caseKey, dropForm, formKey, readCache, writeForm } from "../store/cache";
import { submitMove } from "../tray/enter";
import { aboutOf } from "./case";
import { useKept } from "./parts/hooks";
import { NeedField } from "./parts/need-field";
import { Note, Page } from "./parts/page";

export function Move({ id, action, about }: { id: string; action: string; about: string }) {
  const kept = useKept<CaseView>(caseKey(id));
  const one = kept?.value;
  const offer = one?.moves.find((move) => move.action === action && (aboutOf(move)[0] ?? "") === about);
  // The form keeps the case and the move it was opened on: a change under it is judged by the office.
  const opened = useRef<{ one: CaseView; offer: MoveOffer } | null>(null);
  if (one && offer) opened.current ??= { one, offer };
  if (!opened.current)
    return (
      <Page title={tCode("act", action)} onBack={() => go("case", id)}>
        <p class="empty">{t(kept === undefined ? "loading" : "not_found")}</p>
      </Page>
    );
  return <Form one={opened.current.one} offer={opened.current.offer} />;
}

function Form({ one, offer }: { one: CaseView; offer: MoveOffer }) {
  const person = personId() ?? "";
  const key = formKey(one.id, offer.action, aboutOf(offer)[0] ?? "");
  const [form, setForm] = useState<MoveForm | null>(null);
  const [lacks, setLacks] = useState<Lack[]>([]);
  const [busy, setBusy] = useState(false);
  const writing = useRef<Promise<unknown>>(Promise.resolve());

  useEffect(() => {
    void readCache(person, key).then((row) => {
      const begun = row?.value as MoveForm | undefined;
      setForm(begun ?? { step_id: mintId(), values: startValues(offer, one) });
    });
  }, [key]);

  if (!form) return <Page title="">{null}</Page>;
  const title = offer.label ? say(offer.label) : tCode("act", offer.action);

  function change(name: string, value: Value): void {
    if (!form) return;
    const next = { ...form, values: { ...form.values, [name]: value } };
    setForm(next);
    setLacks([]);
    writing.current = writing.current.then(() => writeForm(person, key, next, new Date())).catch(() => {});
  }

  async function keepNow(): Promise<void> {
    if (form) await writeForm(person, key, form, new Date());
  }

  async function submit(): Promise<void> {
    if (!form || busy) return;
    const arrived = (await listPhotos(form.step_id)).filter((photo) => photo.state === "ready");
    const payload = composePayload(
      offer,
      form.values,
      arrived.map((photo) => photo.sha256),
    );
    const lacking = findLacks(offer, payload);
    setLacks(lacking);
    if (lacking.length) return;
    setBusy(true);
    const now = new Date();
    await submitMove(
      {
        step_id: form.step_id,
        person,
        case_id: one.id,
        case_code: one.code,
        action: offer.action,
        label: offer.label ?? null,
        based_on: one.version,
        payload,
        at: stamp(now),
        assignment: offer.assignment ?? null,
        request: offer.request ?? null,
      },
      now,
    );
    await writing.current;
    await dropForm(person, key);
    wakeTray();
    replaceWith("case", one.id);
  }

  return (
    <Page
      title={title}
      onBack={() => go("case", one.id)}
      foot={
        <>
          {lacks.length > 0 && (
            <Note tone="bad" live>
              {lacks.map(sayLack).join(t("separator"))}
            </Note>
          )}
          <button
            type="button"
            class="weui-btn weui-btn_primary"
            onClick={submit}
            disabled={busy}
            data-testid="submit-move"
          >
            {t("submit_move")}
          </button>
        </>
      }
    >
      <section class="card">
        <p class="line-2">{one.title}</p>
        <small class="faint">{one.code}</small>
      </section>
      {offer.needs.map((need) => (
        <section key={need.name} class="card">
          <NeedField
            need={need}
            one={one}
            value={form.values[need.name]}
            taken={unitsElsewhere(offer, form.values, need.name)}
            onChange={(value) => change(need.name, value)}
            owner={form.step_id}
            person={person}
            keepNow={keepNow}
          />
        </section>
      ))}
    </Page>
  );
}

function sayLack({ need, why }: Lack): string {
  if (!need) return t("need_any");
  const field = say(need.label);
  if (why === "short") return t("need_short", { field, n: need.min_length ?? 0 });
  if (why === "long") return t("need_long", { field, n: need.max_length ?? 0 });
  if (why === "due") return t("need_due", { field });
  return t("need_missing", { field });
}
