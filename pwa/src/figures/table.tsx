/** The closure table 结案统计表 of an area: a row for each village, each figure a link to the cases behind it. */
import { useEffect, useState } from "preact/hooks";
import { go, link } from "../route";
import { Note, Page } from "../screens/parts/page";
import { showTime } from "../screens/parts/times";
import { say, sayTrouble, t } from "../speak";
import { me } from "../state";
import { areasOf, askFigures, type Definition, monthFrom, monthOf, type Report, type Row } from "./ask";
import { FigureCases } from "./cases";

/** What was received and closed of it; what was due and finished in time of it; what the village settled itself. */
const COLUMNS = ["received", "closed", "due", "closed_on_time", "settled_village"];
const RATES = ["closure", "on_time", "village", "completion", "satisfaction"];

/** What stands behind `#/figures/…`: the table, or the list behind one of its figures. */
export function Figures({ path }: { path: string[] }) {
  const areas = areasOf(me.value);
  const [area = areas[0]?.code ?? "", month = monthOf(new Date()), indicator, part, key] = path;
  if (!area) return <p class="empty">{t("loading")}</p>;
  if (indicator)
    return (
      <FigureCases
        area={area}
        month={month}
        indicator={indicator}
        part={part === "denominator" ? "denominator" : "numerator"}
        row={key ?? null}
      />
    );
  return <Table key={`${area}/${month}`} area={area} month={month} />;
}

function Table({ area, month }: { area: string; month: string }) {
  const [report, setReport] = useState<Report | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  useEffect(() => {
    void askFigures(area, month).then((answer) => {
      if (answer.kind === "ok") setReport(answer.body);
      else setTrouble(sayTrouble(answer));
    });
  }, [area, month]);
  const [year, number] = month.split("-");
  const now = new Date();
  return (
    <Page title={t("figures_title")} onBack={() => history.back()}>
      <nav class="figures__months" aria-label={t("figures_period")}>
        <a class="chip" href={link("figures", area, monthFrom(month, -1))}>
          {t("figures_before")}
        </a>
        <b>{t("figures_month", { year: year ?? "", month: Number(number) })}</b>
        {month < monthOf(now) && (
          <a class="chip" href={link("figures", area, monthFrom(month, 1))}>
            {t("figures_after")}
          </a>
        )}
        <Areas area={area} month={month} />
      </nav>
      {trouble && <Note tone="bad">{trouble}</Note>}
      {!report && !trouble && <p class="empty">{t("loading")}</p>}
      {report && (
        <>
          <p class="fine" data-testid="as-of">
            {t("figures_as_of", { when: showTime(report.as_of, now) })}
            {report.frozen && ` · ${t("figures_frozen")}`}
          </p>
          <Grid area={area} month={month} report={report} />
          <Meaning report={report} />
          <Rates area={area} month={month} report={report} />
        </>
      )}
    </Page>
  );
}

/** Somebody with several areas chooses one. */
function Areas({ area, month }: { area: string; month: string }) {
  const areas = areasOf(me.value);
  if (areas.length < 2) return null;
  return (
    <select
      class="figures__area"
      aria-label={t("figures_area")}
      value={area}
      onChange={(event) => go("figures", event.currentTarget.value, month)}
    >
      {areas.map((one) => (
        <option key={one.code} value={one.code}>
          {one.name}
        </option>
      ))}
    </select>
  );
}

function Grid({ area, month, report }: { area: string; month: string; report: Report }) {
  const shown = report.rows.filter(
    (row) => row.key !== area || report.rows.length === 1 || row.received !== 0,
  );
  return (
    <div class="figures__scroll">
      <table class="figures" data-testid="figures">
        <thead>
          <tr>
            <th scope="col">{t("figures_area")}</th>
            {COLUMNS.map((column) => (
              <th key={column} scope="col">
                {name(report.definitions[column])}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Line key={row.key} area={area} month={month} row={row} />
          ))}
        </tbody>
        <tfoot>
          <Line area={area} month={month} row={{ ...report.total, name: t("figures_total") }} />
        </tfoot>
      </table>
    </div>
  );
}

function Line({ area, month, row }: { area: string; month: string; row: Row }) {
  const below = row.key !== null && row.key !== area;
  return (
    <tr data-key={row.key ?? "total"}>
      <th scope="row">
        {below ? (
          <a class="figures__link" href={link("figures", String(row.key), month)}>
            {row.name}
          </a>
        ) : (
          <span class="figures__link">{row.name}</span>
        )}
      </th>
      {COLUMNS.map((column) => (
        <td key={column} data-figure={column}>
          <Behind area={area} month={month} row={row} indicator={column} part="numerator" />
        </td>
      ))}
    </tr>
  );
}

/** A count as a link to its cases; nothing to open where there are none. */
function Behind(props: {
  area: string;
  month: string;
  row: Row;
  indicator: string;
  part: "numerator" | "denominator";
  count?: string;
}) {
  const { area, month, row, indicator, part } = props;
  const count = Number(row[props.count ?? indicator] ?? 0);
  if (count === 0) return <span class="figures__link faint">0</span>;
  const about = row.key === null ? [] : [String(row.key)];
  return (
    <a class="figures__link" href={link("figures", area, month, indicator, part, ...about)}>
      {count}
    </a>
  );
}

function Meaning({ report }: { report: Report }) {
  return (
    <details class="card">
      <summary>{t("figures_meaning")}</summary>
      <dl class="figures__meaning">
        {COLUMNS.map((column) => (
          <div key={column}>
            <dt>{name(report.definitions[column])}</dt>
            <dd class="faint">{report.definitions[column] && say(report.definitions[column].definition)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** The whole area's rates with numerator and denominator, and beside the closure rate all that could flatter it. */
function Rates({ area, month, report }: { area: string; month: string; report: Report }) {
  const beside = report.definitions.closure?.beside ?? [];
  return (
    <section class="card" data-testid="rates">
      <h2 class="card__title">{t("figures_rates")}</h2>
      {RATES.map((rate) => (
        <Rate key={rate} area={area} month={month} report={report} rate={rate} />
      ))}
      <Rate area={area} month={month} report={report} rate="participation" />
      <h3 class="figures__beside">{t("figures_beside")}</h3>
      {beside.map((rate) => (
        <Rate key={rate} area={area} month={month} report={report} rate={rate} />
      ))}
      <h3 class="figures__beside">{t("figures_hours")}</h3>
      <p class="faint">
        {t("figures_hours_line", {
          mean: shown(report.total.mean_hours),
          median: shown(report.total.median_hours),
          p90: shown(report.total.p90_hours),
        })}
      </p>
    </section>
  );
}

function Rate({ area, month, report, rate }: { area: string; month: string; report: Report; rate: string }) {
  const made = report.definitions[rate];
  if (!made?.denominator) return null;
  const value = report.total[rate];
  const figure = { area, month, row: report.total, indicator: rate };
  return (
    <div class="figures__rate" data-rate={rate}>
      <span>
        {name(made)}
        <small class="faint">{say(made.definition)}</small>
      </span>
      <span class="figures__parts">
        <b>{typeof value === "number" ? `${value.toFixed(2)}%` : "—"}</b>
        <small>
          <Behind {...figure} part="numerator" count={made.numerator} />
          {" ÷ "}
          <Behind {...figure} part="denominator" count={made.denominator} />
        </small>
      </span>
    </div>
  );
}

function name(definition: Definition | undefined): string {
  return definition ? say(definition.name) : "";
}

function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : "—";
}
