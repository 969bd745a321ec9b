/** The cases behind one figure, newest first; says how many of them this person may not see. */
import { useEffect, useState } from "preact/hooks";
import { CaseLine } from "../screens/cases";
import { useNow } from "../screens/parts/hooks";
import { Note, Page } from "../screens/parts/page";
import { usePages } from "../screens/parts/pages";
import { say, sayTrouble, t } from "../speak";
import { askBehind, type Behind } from "./ask";

export function FigureCases(props: {
  area: string;
  month: string;
  indicator: string;
  part: "numerator" | "denominator";
  row: string | null;
}) {
  const { area, month, indicator, part, row } = props;
  const now = useNow(60_000);
  const [page, setPage] = useState<Behind | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);

  const question = { area, month, indicator, part, key: row };

  useEffect(() => {
    void askBehind(question, null).then((answer) => {
      if (answer.kind === "ok") setPage(answer.body);
      setTrouble(answer.kind === "ok" ? null : sayTrouble(answer));
    });
  }, [area, month, indicator, part, row]);

  const { items, more } = usePages(JSON.stringify(question), page, (cursor) => askBehind(question, cursor));
  return (
    <Page title={page ? say(page.definition.name) : t("figures_title")} onBack={() => history.back()}>
      {trouble && <Note tone="bad">{trouble}</Note>}
      {!page && !trouble && <p class="empty">{t("loading")}</p>}
      {page && <p class="fine">{say(page.definition.definition)}</p>}
      {page && (
        <p class="fine" data-testid="behind-count" data-count={page.count ?? ""}>
          {t("figures_count", { n: page.count ?? 0 })}
          {page.hidden > 0 && ` · ${t("figures_hidden", { n: page.hidden })}`}
        </p>
      )}
      <div class={items.length ? "weui-cells" : ""} data-testid="cases">
        {items.map((one, at) => (
          <CaseLine key={`${one.id}/${at}`} one={one} now={now} />
        ))}
      </div>
      {more}
    </Page>
  );
}
