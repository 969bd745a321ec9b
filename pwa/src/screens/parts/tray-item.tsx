/** One thing in the tray: its true state in words, and what its person can do about it. */
import { go, link } from "../../route";
import { say, t, tCode } from "../../speak";
import { drafts, sending, session, tray } from "../../state";
import type { MoveItem, PhotoItem, ReportItem, TrayRow } from "../../store/rows";
import { correctRefused, dropItem, takeBack } from "../../tray/enter";
import { exportItem } from "../../tray/export";
import { correctedBy } from "../../tray/leave";
import { waitsForAnother } from "../../tray/order";
import { Note } from "./page";
import { showTime, showWait } from "./times";

export function TextItem({ row, now }: { row: ReportItem | MoveItem; now: Date }) {
  const title =
    row.kind === "report"
      ? row.draft.text.trim()
      : `${row.label ? say(row.label) : tCode("act", row.action)} · ${row.case_code}`;
  const photos = tray.value.filter((other) => other.kind === "photo" && other.owner === row.id);
  const resent = tray.value.some((other) => correctedBy(other) === row.id);
  const begun = drafts.value.some((draft) => draft.corrects === row.id);
  return (
    <article
      class={row.state === "refused" ? "item item--refused" : "item"}
      data-testid="item"
      data-state={row.state}
      data-id={row.id}
    >
      <h2 class="item__title line-2">{title}</h2>
      <p class="item__meta">
        {showTime(row.saved_at, now)}
        {photos.length > 0 && ` · ${t("state_photos", { done: 0, all: photos.length })}`}
      </p>
      <p class="item__state" role="status">
        {describe(row, now)}
      </p>
      {row.state === "refused" && <Refusal row={row} />}
      {(begun || resent) && <Note tone="plain">{t("corrected")}</Note>}
      <div class="item__actions">
        {row.kind === "report" && row.first_sent_at === null && (
          <button type="button" class="plain-button" onClick={() => edit(row.id)}>
            {t("edit")}
          </button>
        )}
        {row.kind === "report" && row.state === "refused" && !resent && (
          <button type="button" class="plain-button plain-button--strong" onClick={() => correct(row.id)}>
            {t("correct")}
          </button>
        )}
        {row.kind === "move" && row.state === "refused" && !resent && (
          <a class="plain-button plain-button--strong" href={link("redo", row.id)}>
            {t("look_again")}
          </a>
        )}
        <button type="button" class="plain-button" onClick={() => exportItem(row)}>
          {t("export")}
        </button>
        {row.state === "refused" && <DropButton id={row.id} />}
      </div>
    </article>
  );
}

export function PhotoLine({ row, now }: { row: PhotoItem; now: Date }) {
  const kb = (bytes: number) => Math.ceil(bytes / 1024);
  return (
    <article
      class={row.state === "refused" ? "item item--refused" : "item"}
      data-testid="item"
      data-state={row.state}
      data-id={row.id}
    >
      <h2 class="item__title">{t("photo_item", { kb: kb(row.size) })}</h2>
      <p class="item__state" role="status">
        {describe(row, now)}
        {row.offset > 0 && ` · ${t("state_photo_kb", { done: kb(row.offset), all: kb(row.size) })}`}
      </p>
      {row.state === "refused" && (
        <>
          <Refusal row={row} />
          <div class="item__actions">
            <button type="button" class="plain-button" onClick={() => exportItem(row)}>
              {t("export")}
            </button>
            <DropButton id={row.id} />
          </div>
        </>
      )}
    </article>
  );
}

function DropButton({ id }: { id: string }) {
  const drop = () => {
    if (confirm(t("drop_item_sure"))) void dropItem(id);
  };
  return (
    <button type="button" class="plain-button plain-button--bad" onClick={drop}>
      {t("drop_item")}
    </button>
  );
}

function Refusal({ row }: { row: TrayRow }) {
  const problem = row.failure?.problem;
  if (!problem) return null;
  const standing = row.failure?.case;
  return (
    <Note tone="bad">
      {say(problem.message)}
      {Object.entries(problem.errors).map(([field, why]) => (
        <div key={field}>
          {tCode("field", field.replace(/^payload\./, ""))}：{say(why)}
        </div>
      ))}
      {standing && <div>{t("state_then", { state: tCode("case", standing.state) })}</div>}
    </Note>
  );
}

function describe(row: TrayRow, now: Date): string {
  if (row.state === "refused") return t("state_refused");
  if (sending.value === row.id) return t("state_sending");
  if (session.value?.expired) return t("state_sign_in");
  if (waitsForAnother(row, tray.value)) return t("state_waits_turn");
  if (!row.failure) return t("state_saved");
  const silent = row.failure.status === 0;
  const again = t("state_retry", { when: showWait(row.not_before, now), n: row.tries });
  return `${t(silent ? "state_no_network" : "state_office_busy")} · ${again}`;
}

async function edit(id: string): Promise<void> {
  if (await takeBack(id)) go("report", id);
}

async function correct(id: string): Promise<void> {
  const draft = await correctRefused(id, new Date());
  if (draft) go("report", draft.id);
}
