/** The report form (上报): photo, category, place, send; saved at every keystroke and every photo. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Category } from "../api/shapes";
import { findMissing, type Missing } from "../draft/body";
import { beginDraft, dropDraft, isBlank, readDraft, saveDraft } from "../draft/drafts";
import { exportDraft } from "../draft/export";
import { makeSaver } from "../draft/saver";
import { askToStay } from "../draft/stay";
import { wakeTray } from "../live/parts";
import { go, replaceWith } from "../route";
import { t, type Word } from "../speak";
import { personId, session } from "../state";
import type { DraftRow, PhotoRow } from "../store/rows";
import { submitDraft } from "../tray/enter";
import { CategoryField, findCategory, nameCategory } from "./parts/category-field";
import { Note, Page } from "./parts/page";
import { PhotoField } from "./parts/photo-field";
import { PlaceField } from "./parts/place-field";
import { SourceField } from "./parts/source-field";
import { UrgencyField } from "./parts/urgency-field";

/** Begins a draft (or takes up the empty one left behind) and shows its form. */
export function NewReport() {
  useEffect(() => {
    const person = personId();
    if (person) void beginDraft(person, new Date()).then((draft) => replaceWith("report", draft.id));
    void askToStay();
  }, []);
  return <Page title={t("report_title")}>{null}</Page>;
}

type Kept = "saving" | "saved" | "gone" | "failed";

export function Report({ id }: { id: string }) {
  const [draft, setDraft] = useState<DraftRow | null | undefined>(undefined);
  const [photos, setPhotos] = useState<PhotoRow[]>([]);
  const [kept, setKept] = useState<Kept>("saved");
  const [missing, setMissing] = useState<Missing[]>([]);
  const [sending, setSending] = useState(false);
  const newest = useRef<DraftRow | null>(null);
  const saver = useMemo(() => makeSaver(saveDraft, setKept), [id]);

  useEffect(() => {
    void readDraft(id).then((found) => {
      const own = found && found.person === session.value?.person.id ? found : null;
      newest.current = own;
      setDraft(own);
    });
  }, [id]);

  function change(make: (draft: DraftRow) => Partial<DraftRow>): void {
    if (!newest.current) return;
    const changes = make(newest.current);
    if (Object.keys(changes).length === 0) return;
    newest.current = { ...newest.current, ...changes, updated_at: new Date().toISOString() };
    setDraft(newest.current);
    setMissing([]);
    saver.save(newest.current);
  }

  function chooseCategory(category: Category): void {
    const proposed = t("proposed_text", { category: nameCategory(category.code) });
    change((now) => ({
      category: category.code,
      // Only a sentence that nobody touched gives way to the next proposal.
      text: now.text === "" || now.text === now.proposed_text ? proposed : now.text,
      proposed_text: proposed,
    }));
  }

  async function leave(): Promise<void> {
    await saver.settled().catch(() => {});
    if (newest.current && isBlank(newest.current) && photos.length === 0) await dropDraft(id);
    go();
  }

  async function send(): Promise<void> {
    if (!newest.current || sending) return;
    const lacking = findMissing(newest.current, photos.length, findCategory(newest.current.category));
    setMissing(lacking);
    if (lacking.length) return;
    setSending(true);
    try {
      await saver.settled();
      await submitDraft(id, new Date());
      newest.current = null;
      replaceWith("tray");
      wakeTray();
    } catch {
      setKept("failed");
      setSending(false);
    }
  }

  if (draft === undefined) return <Page title={t("report_title")}>{null}</Page>;
  if (draft === null)
    return (
      <Page title={t("report_title")} onBack={() => go()}>
        <Note tone="plain">{t("draft_gone")}</Note>
      </Page>
    );
  const category = findCategory(draft.category);
  return (
    <Page
      title={t("report_title")}
      onBack={leave}
      aside={<KeptSign kept={kept} />}
      foot={
        <>
          {missing.length > 0 && (
            <Note tone="bad" live>
              {missing.map((what) => t(`missing_${what}` as Word)).join(t("separator"))}
            </Note>
          )}
          <button
            type="button"
            class="weui-btn weui-btn_primary"
            onClick={send}
            disabled={sending}
            data-testid="send"
          >
            {t("send")}
          </button>
        </>
      }
    >
      <section class="card">
        <h2 class="card__title">
          {t("photos")}
          {category && !category.photo_required && <span class="card__aside">{t("optional")}</span>}
        </h2>
        <PhotoField
          owner={id}
          person={draft.person}
          isSettled={saver.isSettled}
          settled={saver.settled}
          onPhotos={setPhotos}
        />
      </section>
      <section class="card card--cells">
        <h2 class="card__title">{t("category")}</h2>
        <CategoryField value={draft.category} onChoose={chooseCategory} />
      </section>
      <section class="card">
        <label class="field">
          <span class="card__title">{t("text")}</span>
          <textarea
            class="weui-textarea"
            rows={3}
            placeholder={t("text_placeholder")}
            value={draft.text}
            data-testid="text"
            onInput={(event) => {
              const text = event.currentTarget.value;
              change(() => ({ text }));
            }}
          />
        </label>
      </section>
      <PlaceField draft={draft} onPlace={change} />
      <section class="card">
        <h2 class="card__title">{t("urgency")}</h2>
        <UrgencyField value={draft.urgency} onChange={(urgency) => change(() => ({ urgency }))} />
        <SourceField value={draft.source} onChange={(source) => change(() => ({ source }))} />
      </section>
      <div class="pair">
        <button type="button" class="weui-btn weui-btn_default" onClick={() => exportDraft(draft, photos)}>
          {t("export")}
        </button>
        <button
          type="button"
          class="weui-btn weui-btn_warn"
          onClick={async () => {
            if (!confirm(t("drop_draft_sure"))) return;
            await dropDraft(id);
            newest.current = null;
            go();
          }}
        >
          {t("drop_draft")}
        </button>
      </div>
    </Page>
  );
}

function KeptSign({ kept }: { kept: Kept }) {
  return (
    <span
      class={kept === "failed" ? "kept kept--failed" : "kept"}
      role="status"
      data-testid="kept"
      data-kept={kept}
    >
      {t(`draft_${kept}` as Word)}
    </span>
  );
}
