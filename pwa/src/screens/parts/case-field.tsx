/** Choosing another case: possible duplicates first, then those of the same grid, then by code or title. */
import { useState } from "preact/hooks";
import type { CaseSummary, CaseView, Page } from "../../api/shapes";
import { type Other, othersNear, searchKept } from "../../case/others";
import { findCases, listKey } from "../../live/cases";
import { t, tCode } from "../../speak";
import { useKept } from "./hooks";

export function CaseField(props: {
  one: CaseView;
  value: string;
  label: string;
  onChange: (id: string) => void;
}) {
  const { one, value, label } = props;
  const kept = useKept<Page<CaseSummary>>(listKey("all"))?.value.items ?? [];
  const [words, setWords] = useState("");
  const [found, setFound] = useState<Other[] | null>(null);
  const near = othersNear(one, kept);
  const shown = [...near];
  for (const other of found ?? []) if (!shown.some((known) => known.id === other.id)) shown.push(other);
  const chosen = kept.find((other) => other.id === value);
  if (chosen && !shown.some((other) => other.id === value)) shown.push({ ...chosen, why: null });

  async function search(): Promise<void> {
    const here = searchKept(kept, words, one.id);
    setFound(here);
    const answer = await findCases(words.trim());
    if (answer.kind !== "ok") return;
    const more = answer.body.items.filter((other) => other.id !== one.id);
    setFound(more.map(({ id, code, title }) => ({ id, code, title, why: null })));
  }

  return (
    <>
      <div class="choices choices--one" role="radiogroup" aria-label={label}>
        {shown.map((other) => (
          <label
            key={other.id}
            class={other.id === value ? "choice choice--on" : "choice"}
            data-value={other.id}
          >
            <input
              type="radio"
              name={label}
              checked={other.id === value}
              onChange={() => props.onChange(other.id)}
            />
            <span>
              <span class="line-2">{other.title}</span>
              <small class="faint">{other.code}</small>
              {other.why && (
                <small>
                  {[
                    t("duplicate_of", { m: Math.round(other.why.distance_m) }),
                    ...other.why.reasons.map((reason) => tCode("why", reason)),
                  ].join(" · ")}
                </small>
              )}
            </span>
          </label>
        ))}
      </div>
      <div class="search-row">
        <input
          class="weui-input"
          type="search"
          value={words}
          placeholder={t("search_case")}
          aria-label={`${label} ${t("search_case")}`}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <button type="button" class="weui-btn weui-btn_default" onClick={search} disabled={!words.trim()}>
          {t("search_case_go")}
        </button>
      </div>
      {found?.length === 0 && <p class="fine">{t("no_case_found")}</p>}
    </>
  );
}
