/** One move (办理) on a case: the form drawn from what the office says it needs. Knows field types, never moves. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { CaseView, Move as MoveOffer } from "../api/shapes";
import { aboutOf, findOffer, WITH } from "../case/offers";
import { mintId } from "../ids";
import { refreshCase } from "../live/cases";
import { type MoveForm, startValues } from "../move/form";
import { howItFared } from "../move/send";
import { go, link, replaceWith } from "../route";
import { t, tCode } from "../speak";
import { personId } from "../state";
import { caseKey, formKey, readCache } from "../store/cache";
import { useKept } from "./parts/hooks";
import { MoveFields } from "./parts/move-fields";
import { nameMove } from "./parts/moves-bar";
import { useOffers } from "./parts/offers";
import { Note, Page } from "./parts/page";

interface Opened {
  one: CaseView;
  offer: MoveOffer;
  form: MoveForm;
}

export function Move({ id, action, about }: { id: string; action: string; about: string }) {
  const kept = useKept<CaseView>(caseKey(id));
  const one = kept?.value;
  const offer = findOffer(useOffers(one), action, about);
  // The form keeps the case and the move it was opened on: a change under it is judged by the office.
  const [opened, setOpened] = useState<Opened | null>(null);
  const opening = useRef(false);
  const [asked, setAsked] = useState(false);

  // An address followed from elsewhere may name a case that is not kept here yet.
  useEffect(() => {
    const person = personId();
    if (kept === null && person) void refreshCase(person, id, new Date()).then(() => setAsked(true));
  }, [kept === null]);

  useEffect(() => {
    if (!one || !offer || opening.current) return;
    opening.current = true;
    void beginForm(one, offer, about).then((form) => setOpened({ one, offer, form }));
  }, [one, offer]);

  if (!opened)
    return (
      <Page title={offer ? nameMove(offer) : tCode("act", action)} onBack={() => go("case", id)}>
        {offer || (!one && !asked) ? <p class="empty">{t("loading")}</p> : <Gone id={id} />}
      </Page>
    );
  return (
    <MoveFields
      {...opened}
      kept={keyOf(opened.one, opened.offer, about)}
      corrects={null}
      onDone={async (stepId) => {
        // What the office refuses at once is put right at once; all else is told by the case and the tray.
        if ((await howItFared(stepId)) === "refused") replaceWith("redo", stepId);
        else replaceWith("case", id);
      }}
      onBack={() => go("case", id)}
    />
  );
}

function keyOf(one: CaseView, offer: MoveOffer, about: string): string {
  return formKey(one.id, offer.action, about.startsWith(WITH) ? about : (aboutOf(offer)[0] ?? ""));
}

/** The form as it was left, or a fresh one. */
async function beginForm(one: CaseView, offer: MoveOffer, about: string): Promise<MoveForm> {
  const row = await readCache(personId() ?? "", keyOf(one, offer, about));
  const begun = row?.value as MoveForm | undefined;
  if (begun) return begun;
  const values = startValues(offer, one);
  const other = offer.needs.find((need) => need.type === "case");
  if (other && about.startsWith(WITH)) values[other.name] = about.slice(WITH.length);
  return { step_id: mintId(), values };
}

export function Gone({ id }: { id: string }) {
  return (
    <>
      <Note tone="warn">
        <b>{t("move_gone")}</b>
        <div>{t("move_gone_hint")}</div>
      </Note>
      <div class="actions">
        <a class="weui-btn weui-btn_primary" href={link("case", id)}>
          {t("see_case")}
        </a>
      </div>
    </>
  );
}
