/**
 * The fields of a move and its 提交; kept on the phone while they are filled in, sent through the tray.
 *
 * `errors` are the office's words on a former try, by field; they stand at the field until it changes.
 */
import { useRef, useState } from "preact/hooks";
import type { Both, CaseView, Move } from "../../api/shapes";
import { describeAbout } from "../../case/offers";
import { type Lack, type MoveForm, type Pointed, unitsElsewhere, type Value } from "../../move/form";
import { sendForm } from "../../move/send";
import { say, t } from "../../speak";
import { personId } from "../../state";
import { dropForm, writeForm } from "../../store/cache";
import { useNow } from "./hooks";
import { nameMove, sayAbout } from "./moves-bar";
import { NeedField } from "./need-field";
import { Note, Page } from "./page";
import { Ask } from "./requests";
import { WhichOne } from "./which-one";

interface Props {
  one: CaseView;
  offer: Move;
  form: MoveForm;
  /** Where the half-filled form is kept. */
  kept: string;
  corrects: string | null;
  /** The office's sentence on a former try, and its words on the fields. */
  trouble?: Both | null;
  errors?: Record<string, Both>;
  choices?: Record<string, string>[];
  onDone: (stepId: string) => Promise<void>;
  onBack: () => void;
}

export function MoveFields(props: Props) {
  const { one, offer, kept, choices = [] } = props;
  const person = personId() ?? "";
  const now = useNow(60_000);
  const [form, setForm] = useState(props.form);
  const [errors, setErrors] = useState(props.errors ?? {});
  const [lacks, setLacks] = useState<Lack[]>([]);
  const [busy, setBusy] = useState(false);
  const [full, setFull] = useState(false);
  const newest = useRef(props.form);
  const writing = useRef<Promise<unknown>>(Promise.resolve());
  const about = describeAbout(offer, one);

  function put(next: MoveForm): void {
    newest.current = next;
    setForm(next);
    setLacks([]);
    writing.current = writing.current
      .then(() => writeForm(person, kept, next, new Date()))
      .catch(() => setFull(true));
  }

  function change(name: string, value: Value | undefined): void {
    const { [name]: _old, ...values } = newest.current.values;
    put({ ...newest.current, values: value === undefined ? values : { ...values, [name]: value } });
    const { [name]: _said, ...left } = errors;
    setErrors(left);
  }

  function point(pointed: Pointed): void {
    put({ ...newest.current, pointed });
  }

  async function submit(): Promise<void> {
    if (busy) return;
    if (choices.length && !form.pointed) return setLacks([{ need: null, why: "any" }]);
    setBusy(true);
    try {
      const lacking = await sendForm(person, one, offer, newest.current, props.corrects);
      setLacks(lacking);
      if (lacking.length) {
        setBusy(false);
        showField(lacking[0]?.need?.name);
        return;
      }
    } catch {
      setFull(true);
      return setBusy(false);
    }
    await writing.current;
    await dropForm(person, kept);
    await props.onDone(newest.current.step_id);
  }

  return (
    <Page
      title={nameMove(offer)}
      onBack={props.onBack}
      foot={
        <>
          {full && <Note tone="bad">{t("draft_failed")}</Note>}
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
            {t(busy ? "carrying_out" : "submit_move")}
          </button>
        </>
      }
    >
      {props.trouble && (
        <Note tone="bad" live>
          {say(props.trouble)}
        </Note>
      )}
      <section class="card">
        <p class="line-2">{one.title}</p>
        <small class="faint">{one.code}</small>
        {about?.unit && !about.request && <small>{sayAbout(offer, one)}</small>}
        {about?.request && <Ask request={about.request} one={one} now={now} />}
      </section>
      {choices.length > 0 && <WhichOne one={one} choices={choices} value={form.pointed} onChange={point} />}
      {offer.needs.map((need) => (
        <section key={need.name} class="card" id={fieldId(need.name)}>
          <NeedField
            need={need}
            one={one}
            value={form.values[need.name]}
            trouble={errors[need.name] ? say(errors[need.name] as Both) : troubleOf(lacks, need.name)}
            taken={unitsElsewhere(offer, form.values, need.name)}
            onChange={(value) => change(need.name, value)}
            owner={form.step_id}
            person={person}
            keepNow={() => writeForm(person, kept, newest.current, new Date())}
          />
        </section>
      ))}
    </Page>
  );
}

function fieldId(name: string): string {
  return `field-${name}`;
}

function showField(name: string | undefined): void {
  if (name) document.getElementById(fieldId(name))?.scrollIntoView({ block: "center" });
}

function troubleOf(lacks: Lack[], name: string): string | null {
  const lack = lacks.find((one) => one.need?.name === name);
  return lack ? sayLack(lack) : null;
}

function sayLack({ need, why }: Lack): string {
  if (!need) return t("need_any");
  const field = say(need.label);
  if (why === "short") return t("need_short", { field, n: need.min_length ?? 0 });
  if (why === "long") return t("need_long", { field, n: need.max_length ?? 0 });
  if (why === "due") return t("need_due", { field });
  if (why === "name") return t("need_name", { field });
  return t("need_missing", { field });
}
