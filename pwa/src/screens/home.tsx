/** The first screen: what is not yet sent, the way to a report, my grid, and today in three numbers. */
import type { CaseSummary, Page as PageOf } from "../api/shapes";
import { FiguresRow } from "../figures/row";
import { listKey } from "../live/cases";
import { link } from "../route";
import { t } from "../speak";
import { drafts, me, pack, sent, session } from "../state";
import { updateReady } from "../sw/update";
import { GridMap } from "./parts/grid-map";
import { useKept, useNow } from "./parts/hooks";
import { Icon } from "./parts/icons";
import { LanguageButton } from "./parts/language-button";
import { ListRows } from "./parts/lists";
import { Page } from "./parts/page";
import { isSameDay } from "./parts/times";
import { UnsentBanner } from "./parts/unsent-banner";
import { UpdateBanner } from "./parts/update-banner";

export function Home() {
  const now = useNow(60_000);
  const page = useKept<PageOf<CaseSummary>>(listKey("all"))?.value;
  const all = page?.items ?? [];
  const today = all.filter((one) => isSameDay(one.received_at, now));
  const filed = sent.value.filter((row) => row.kind === "report" && isSameDay(row.at, now)).length;
  const person = me.value;
  // The kept page may end before the day does: then the numbers are at least these.
  const more = page?.next_cursor && today.length === all.length ? "+" : "";
  const count = (state: string) => `${today.filter((one) => one.state === state).length}${more}`;
  const mayReport = !person || person.grids.length + person.units.length > 0;
  const mine = person?.grids.map((grid) => grid.code) ?? [];
  const place = person?.grids[0]?.name ?? person?.units[0]?.name ?? "";

  return (
    <Page title={session.value?.person.name ?? t("app_name")} aside={<LanguageButton />}>
      {updateReady.value && <UpdateBanner />}
      <UnsentBanner />
      {mayReport && (
        <a class="report-button" href={link("report", "new")}>
          <Icon name="camera" size={32} />
          <span>
            <strong>{t("report")}</strong>
            <small>{t("report_hint")}</small>
          </span>
        </a>
      )}
      {drafts.value.length > 0 && (
        <a class="weui-cells weui-cell weui-cell_access" href={link("tray")}>
          <span class="weui-cell__bd">{t("drafts_n", { n: drafts.value.length })}</span>
          <span class="weui-cell__ft">{t("continue_draft")}</span>
        </a>
      )}
      <ListRows now={now} />
      <FiguresRow />
      <section class="numbers" aria-label={t("today")}>
        <Figure word={t("today_filed")} value={String(filed)} />
        <Figure word={t("today_waiting")} value={count("submitted")} />
        <Figure word={t("today_accepted")} value={count("accepted")} />
      </section>
      <section class="card">
        <h2 class="card__title">
          <Icon name="pin" size={20} />
          {mine.length ? t("my_grid") : t("my_area")}
          <span class="card__aside">{place}</span>
        </h2>
        {pack.value ? <GridMap grids={pack.value.grids} mine={mine} /> : <p class="fine">{t("no_pack")}</p>}
      </section>
    </Page>
  );
}

function Figure({ word, value }: { word: string; value: string }) {
  return (
    <div class="numbers__one">
      <b>{value}</b>
      <span>{word}</span>
    </div>
  );
}
