/** Everything that is not at the office yet, each with its true state and what can be done about it. */
import { kept } from "../draft/stay";
import { wakeTray } from "../live/parts";
import { link } from "../route";
import { t } from "../speak";
import { drafts, refused, sent, tray } from "../state";
import { nameCategory } from "./parts/category-field";
import { useNow } from "./parts/hooks";
import { Note, Page } from "./parts/page";
import { SentLine } from "./parts/sent-line";
import { showTime } from "./parts/times";
import { PhotoLine, TextItem } from "./parts/tray-item";

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
