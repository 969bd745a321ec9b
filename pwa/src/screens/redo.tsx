/** A move the office refused: put right at its fields, or decided anew beside the case as it stands now. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { CaseView, Move } from "../api/shapes";
import { findOffer } from "../case/offers";
import { mintId } from "../ids";
import { type MoveForm, refill } from "../move/form";
import { howItFared, sendForm } from "../move/send";
import { go, replaceWith } from "../route";
import { say, t, tCode } from "../speak";
import { personId, tray } from "../state";
import { caseKey, formKey, readCache, writeForm } from "../store/cache";
import type { MoveItem } from "../store/rows";
import { copyPhotos, dropItem } from "../tray/enter";
import { useKept, useNow } from "./parts/hooks";
import { MoveFields } from "./parts/move-fields";
import { Moved } from "./parts/moved";
import { useOffers } from "./parts/offers";
import { Note, Page } from "./parts/page";

const MOVED = new Set(["case_has_moved", "move_not_allowed"]);

export function Redo({ id }: { id: string }) {
  const now = useNow(60_000);
  // The item leaves the tray while this screen still stands: it keeps what it was opened on.
  const found = tray.value.find((row): row is MoveItem => row.kind === "move" && row.id === id);
  const opened = useRef<MoveItem | undefined>(undefined);
  if (found?.state === "refused") opened.current = found;
  const item = opened.current;
  const kept = useKept<CaseView>(caseKey(item?.case_id ?? ""));
  const one = kept?.value ?? item?.failure?.case ?? undefined;
  const offer = item ? findOffer(useOffers(one), item.action, item.about ?? "") : null;
  const [form, setForm] = useState<MoveForm | null>(null);
  const problem = item?.failure?.problem;
  const moved = problem !== null && problem !== undefined && MOVED.has(problem.code);

  async function change(): Promise<MoveForm | null> {
    if (!item || !offer) return null;
    const begun = await beginAgain(item, offer);
    setForm(begun);
    return begun;
  }

  const correcting = item !== undefined && offer !== null && !moved;
  useEffect(() => {
    if (correcting) void change();
  }, [correcting]);

  if (!item || !one)
    return (
      <Page title={t("tray_title")} onBack={() => go("tray")}>
        <Note tone="plain">{t(item ? "not_found" : "draft_gone")}</Note>
      </Page>
    );

  const done = async (stepId: string) => {
    if ((await howItFared(stepId)) === "refused") replaceWith("redo", stepId);
    else replaceWith("case", one.id);
  };
  if (form && offer)
    return (
      <MoveFields
        one={one}
        offer={offer}
        form={form}
        kept={keyOf(item)}
        corrects={item.id}
        trouble={moved ? null : (problem?.message ?? null)}
        errors={byField(item)}
        choices={item.failure?.choices ?? []}
        onDone={done}
        onBack={() => go("case", one.id)}
      />
    );
  return (
    <Moved
      title={t("redo_title", { move: item.label ? say(item.label) : tCode("act", item.action) })}
      item={item}
      one={one}
      now={now}
      possible={offer !== null}
      onChange={() => void change()}
      onSame={async () => {
        const begun = await change();
        const person = personId();
        if (!begun || !offer || !person) return;
        // What is lacking now (a field the office asks for since) is asked for in the form just opened.
        const lacks = await sendForm(person, one, offer, begun, item.id);
        if (lacks.length === 0) await done(begun.step_id);
      }}
      onDrop={async () => {
        await dropItem(item.id);
        replaceWith("case", one.id);
      }}
    />
  );
}

function keyOf(item: MoveItem): string {
  return formKey(item.case_id, item.action, item.id);
}

/** A form under an id of its own, filled as the refused one was, with its photos. */
async function beginAgain(item: MoveItem, offer: Move): Promise<MoveForm> {
  const row = await readCache(item.person, keyOf(item));
  const begun = row?.value as MoveForm | undefined;
  if (begun) return begun;
  const form: MoveForm = { step_id: mintId(), values: refill(offer, item.payload) };
  await copyPhotos(item.id, form.step_id);
  await writeForm(item.person, keyOf(item), form, new Date());
  return form;
}

/** The office names fields as `payload.reason`. */
function byField(item: MoveItem) {
  const errors = Object.entries(item.failure?.problem?.errors ?? {});
  return Object.fromEntries(errors.map(([field, why]) => [field.replace(/^payload\./, ""), why]));
}
