/** One thing that arrived: its code at the office, and how many of its photos followed. */
import { link } from "../../route";
import { t } from "../../speak";
import { tray } from "../../state";
import type { SentRow } from "../../store/rows";
import { showTime } from "./times";

export function SentLine({ row, now }: { row: SentRow; now: Date }) {
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
