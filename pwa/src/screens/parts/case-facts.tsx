/** The head of a case: state and marks, the report's words and photos, and the facts that hold for it now. */
import type { CaseView } from "../../api/shapes";
import { isEnded } from "../../live/lists";
import { link } from "../../route";
import { t, tCode } from "../../speak";
import { StateTag } from "../cases";
import { nameCategory } from "./category-field";
import { PhotoLinks } from "./photo-links";
import { sayCode } from "./said";
import { showTime } from "./times";

export function CaseFacts({ one, now }: { one: CaseView; now: Date }) {
  // Photos of later steps stand beside those steps.
  const later = new Set(one.steps.filter((step) => step.action !== "submit").map((step) => step.id));
  const optional: [string, string | null | undefined | false][] = [
    [t("leader_in_charge"), one.leader_in_charge?.name],
    [t("dispatcher"), one.dispatcher?.name],
    [t("first_responsible"), one.first_responsible?.name],
    [t("case_result"), one.result && sayCode("finish", "result", one.result)],
    [tCode("field", "route"), one.route && sayCode("finish", "route", one.route)],
    [t("settled_level"), isEnded(one.state) && one.settled_level && sayCode("", "level", one.settled_level)],
    [t("satisfaction"), one.satisfaction && sayCode("visit", "result", one.satisfaction)],
  ];
  return (
    <section class="card" data-testid="case" data-state={one.state} data-code={one.code}>
      <div class="case-head">
        <StateTag state={one.state} />
        {one.urgency > 1 && <span class="tag tag--urgent">{tCode("urgency", String(one.urgency))}</span>}
        {one.rung && (
          <span class="tag tag--urgent" data-rung={one.rung}>
            {tCode("rung", one.rung)}
          </span>
        )}
        {one.confidential && <span class="tag tag--void">{t("confidential")}</span>}
        {(one.rework_count ?? 0) > 0 && (
          <span class="tag tag--submitted">{t("reworked", { n: one.rework_count ?? 0 })}</span>
        )}
        {(one.reopen_count ?? 0) > 0 && (
          <span class="tag tag--submitted">{t("reopened", { n: one.reopen_count ?? 0 })}</span>
        )}
      </div>
      <p class="case-text">{one.text}</p>
      <PhotoLinks photos={one.photos.filter((photo) => !photo.step || !later.has(photo.step))} />
      <dl class="facts">
        <Fact word={t("holder")} value={one.holder?.name ?? t("holder_none")} strong />
        <Fact word={t("category")} value={nameCategory(one.category)} />
        <Fact word={t("grid")} value={one.grid.name ?? t("no_grid")} />
        <Fact word={t("source")} value={tCode("source", one.source)} />
        <Fact word={t("received_at")} value={showTime(one.received_at, now)} />
        {optional.map(([word, value]) => value && <Fact key={word} word={word} value={value} />)}
      </dl>
      {one.master && one.names?.[one.master] && (
        <p class="facts">
          <a class="plain-link" href={link("case", one.master)}>
            {t("merged_into")}：{one.names[one.master]}
          </a>
        </p>
      )}
    </section>
  );
}

export function Fact({ word, value, strong = false }: { word: string; value: string; strong?: boolean }) {
  return (
    <div class="facts__one">
      <dt>{word}</dt>
      <dd>{strong ? <strong>{value}</strong> : value}</dd>
    </div>
  );
}
