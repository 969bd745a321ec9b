/** Everything that is not at the office yet, each with its true state and what can be done about it. */
import { kept } from "../draft/stay";
import { wakeTray } from "../live/parts";
import { go, link } from "../route";
import { say, t, tCode } from "../speak";
import { drafts, refused, sending, sent, session, tray } from "../state";
import type { MoveItem, PhotoItem, ReportItem, SentRow, TrayRow } from "../store/rows";
import { correctRefused, dropItem, takeBack } from "../tray/enter";
import { exportItem } from "../tray/export";
import { waitsForAnother } from "../tray/order";
import { nameCategory } from "./parts/category-field";
import { useNow } from "./parts/hooks";
import { Note, Page } from "./parts/page";
import { showTime, showWait } from "./parts/times";

const MOST_SENT = 20;

export function Tray() {
  const now = useNow(1_000);
  const texts = tray.value.filter((row) => row.kind !== "photo");
  const orphans = tray.value
    .filter((row) => row.kind === "photo")
    .filter((row) => !texts.some((text) => text.id === row.owner));
  const stuck = new Set(refused.value.map((row) => row.id));
  const sendable = tray.value.filter(
    (row) => row.state === "waiting" && !(row.kind === "photo" && stuck.has(row.owner)),
  ).length;
  return (
    <Page title={t("tray_title")}>
      {tray.value.length === 0 && drafts.value.length === 0 && <p class="empty">{t("tray_empty")}</p>}
      {kept.value === false && tray.value.length + drafts.value.length > 0 && (
        <Note tone="plain">{t("storage_at_risk")}</Note>
      )}
      {sendable > 0 && (
        <div class="actions">
          <button type="button" class="weui-btn weui-btn_primary" onClick={wakeTray}>
            {t("tray_send_now")}
          </button>
        </div>
      )}
      {texts.map((row) => (
        <TextItem key={row.id} row={row} now={now} />
      ))}
      {orphans.map((row) => (
        <PhotoLine key={row.id} row={row} now={now} />
      ))}
      {drafts.value.length > 0 && (
        <>
          <h2 class="weui-cells__title">{t("drafts")}</h2>
          <div class="weui-cells">
            {drafts.value.map((draft) => (
              <a
                key={draft.id}
                class="weui-cell weui-cell_access"
                href={link("report", draft.id)}
                data-testid="draft"
              >
                <span class="weui-cell__bd">
                  <b class="line-1">{draft.text.trim() || t("blank_draft")}</b>
                  <small class="faint">
                    {nameCategory(draft.category)} · {showTime(draft.updated_at, now)}
                  </small>
                </span>
                <span class="weui-cell__ft">{t("continue_draft")}</span>
              </a>
            ))}
          </div>
        </>
      )}
      {sent.value.length > 0 && (
        <>
          <h2 class="weui-cells__title">{t("sent_title")}</h2>
          <div class="weui-cells">
            {sent.value.slice(0, MOST_SENT).map((row) => (
              <SentLine key={row.id} row={row} now={now} />
            ))}
          </div>
        </>
      )}
    </Page>
  );
}

function TextItem({ row, now }: { row: ReportItem | MoveItem; now: Date }) {
  const title =
    row.kind === "report"
      ? row.draft.text.trim()
      : `${row.label ? say(row.label) : tCode("act", row.action)} · ${row.case_code}`;
  const photos = tray.value.filter((other) => other.kind === "photo" && other.owner === row.id);
  const resent = tray.value.some((other) => other.kind === "report" && other.draft.corrects === row.id);
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
        {row.kind === "move" && row.state === "refused" && (
          <a class="plain-button plain-button--strong" href={link("case", row.case_id)}>
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

function PhotoLine({ row, now }: { row: PhotoItem; now: Date }) {
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

function SentLine({ row, now }: { row: SentRow; now: Date }) {
  const left = tray.value.filter((other) => other.kind === "photo" && other.owner === row.id).length;
  const done = row.photo_count - left;
  const words = (
    <>
      <span class="weui-cell__bd">
        <b class="line-1">{row.title}</b>
        <small class="good" data-testid="sent-code" data-code={row.code ?? ""}>
          {row.code ? t("sent_as", { code: row.code }) : t("sent_no_case")}
        </small>
        {row.photo_count > 0 && (
          <small class={left ? "amber" : "faint"}>{t("state_photos", { done, all: row.photo_count })}</small>
        )}
        {row.secret && <small class="faint">{t("sent_secret", { secret: row.secret })}</small>}
        <small class="faint">{showTime(row.at, now)}</small>
      </span>
      <span class="weui-cell__ft" />
    </>
  );
  if (!row.case_id)
    return (
      <div class="weui-cell" data-testid="sent">
        {words}
      </div>
    );
  return (
    <a class="weui-cell weui-cell_access" href={link("case", row.case_id)} data-testid="sent">
      {words}
    </a>
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
