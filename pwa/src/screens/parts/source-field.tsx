/** Where the report comes from (来源). */
import type { ReportBody } from "../../api/shapes";
import { t, tCode } from "../../speak";

type Source = ReportBody["source"];

const SOURCES: Source[] = [
  "patrol",
  "wechat_group",
  "visit",
  "walk_in",
  "hotline",
  "police",
  "court",
  "petition",
  "other",
];

export function SourceField(props: { value: Source; onChange: (source: Source) => void }) {
  return (
    <label class="field field--row">
      <span>{t("source")}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value as Source)}>
        {SOURCES.map((source) => (
          <option key={source} value={source}>
            {tCode("source", source)}
          </option>
        ))}
      </select>
    </label>
  );
}
