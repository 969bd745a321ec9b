/** Cases that may be about the same matter (疑似重复), why, and the way to merge where that may be done. */
import { useState } from "preact/hooks";
import type { CaseView } from "../../api/shapes";
import { WITH } from "../../case/offers";
import { isEnded } from "../../live/lists";
import { link } from "../../route";
import { t, tCode } from "../../speak";

/** More would push the history out of sight. */
const SHOWN = 3;

export function Duplicates({ one }: { one: CaseView }) {
  const [all, setAll] = useState(false);
  const found = one.possible_duplicates ?? [];
  if (found.length === 0) return null;
  const mayMerge = one.moves.some((move) => move.action === "merge");
  return (
    <section class="card" data-testid="duplicates">
      <h2 class="card__title">
        {t("duplicates")}
        <span class="card__aside">{found.length}</span>
      </h2>
      {found.slice(0, all ? found.length : SHOWN).map((other) => (
        <div key={other.case_id} class="task" data-code={other.code}>
          <div class="case-line__top">
            <b class="line-1">{other.title}</b>
            <span class={`tag tag--${other.state}`}>{tCode("case", other.state)}</span>
          </div>
          <small class="faint">{other.code}</small>
          <small>
            {[
              t("duplicate_of", { m: Math.round(other.distance_m) }),
              ...other.reasons.map((reason) => tCode("why", reason)),
            ].join(" · ")}
          </small>
          <div class="item__actions">
            <a class="plain-button" href={link("case", other.case_id)}>
              {t("see_case")}
            </a>
            {mayMerge && !isEnded(other.state) && (
              <a
                class="plain-button plain-button--strong"
                href={link("move", one.id, "merge", `${WITH}${other.case_id}`)}
              >
                {t("merge_with")}
              </a>
            )}
          </div>
        </div>
      ))}
      {!all && found.length > SHOWN && (
        <button type="button" class="plain-button" onClick={() => setAll(true)}>
          {t("duplicates_more", { n: found.length - SHOWN })}
        </button>
      )}
    </section>
  );
}
