/** One case whole: where it stands, who holds it, what is asked, what happened, and the moves open to this person. */
import { useEffect, useState } from "preact/hooks";
import type { CaseView } from "../api/shapes";
import { runningClocks } from "../case/clocks";
import { refreshCase } from "../live/cases";
import { readAbout } from "../live/inbox";
import { go, link } from "../route";
import { say, t, tCode } from "../speak";
import { personId } from "../state";
import { caseKey } from "../store/cache";
import type { MoveItem } from "../store/rows";
import { Assignments } from "./parts/assignments";
import { CaseFacts } from "./parts/case-facts";
import { ClockLine } from "./parts/clocks";
import { Duplicates } from "./parts/duplicates";
import { useKept, useNow } from "./parts/hooks";
import { MovesBar } from "./parts/moves-bar";
import { movesInTray, useOffers } from "./parts/offers";
import { Note, Page } from "./parts/page";
import { Parties } from "./parts/parties";
import { Requests } from "./parts/requests";
import { Timeline } from "./parts/timeline";
import { showTime } from "./parts/times";

export function Case({ id }: { id: string }) {
  const now = useNow(60_000);
  const kept = useKept<CaseView>(caseKey(id));
  const [trouble, setTrouble] = useState<"offline" | "missing" | null>(null);
  const one = kept?.value;
  const moves = useOffers(one);

  useEffect(() => {
    const person = personId();
    if (!person) return;
    void readAbout(person, id, new Date());
    void refreshCase(person, id, new Date()).then((answer) => {
      if (answer.kind === "unreachable") setTrouble("offline");
      else if (answer.kind === "problem" && answer.status === 404) setTrouble("missing");
      else setTrouble(null);
    });
  }, [id]);

  if (!one || trouble === "missing")
    return (
      <Page title={t("cases_title")} onBack={() => go("cases")}>
        {trouble && <Note tone="plain">{t(trouble === "missing" ? "not_found" : "office_unreachable")}</Note>}
        {!trouble && <p class="empty">{t("loading")}</p>}
      </Page>
    );
  const pending = movesInTray(id);
  const clocks = runningClocks(one).filter((clock) => !clock.assignment && !clock.request);
  return (
    <Page
      title={one.code}
      onBack={() => go("cases")}
      foot={
        moves.length > 0 && (
          <>
            {pending.some((row) => row.state === "waiting" && row.next?.length) && (
              <p class="moves__then">{t("then_moves")}</p>
            )}
            <MovesBar one={one} moves={moves} />
          </>
        )
      }
    >
      {trouble === "offline" && kept && (
        <Note tone="plain">{t("cases_offline", { when: showTime(kept.kept_at, now) })}</Note>
      )}
      {pending.map((row) => (
        <Pending key={row.id} row={row} />
      ))}
      <CaseFacts one={one} now={now} />
      <Parties key={`${one.id}/${one.parties?.length ?? 0}`} one={one} />
      <Requests one={one} now={now} />
      {clocks.length > 0 && (
        <section class="card" data-testid="clocks">
          <h2 class="card__title">{t("clocks")}</h2>
          {clocks.map((clock) => (
            <ClockLine key={clock.id} clock={clock} now={now} named />
          ))}
        </section>
      )}
      <Assignments one={one} now={now} />
      <Duplicates one={one} />
      <section class="card">
        <h2 class="card__title">{t("timeline")}</h2>
        <Timeline one={one} steps={[...one.steps].sort((a, b) => b.seq - a.seq)} now={now} />
      </section>
    </Page>
  );
}

/** A move that is not at the office yet, or that came back. */
function Pending({ row }: { row: MoveItem }) {
  const move = row.label ? say(row.label) : tCode("act", row.action);
  if (row.state === "waiting")
    return (
      <Note tone="warn">
        <a class="note__link" href={link("tray")}>
          {t("move_pending", { move })}
        </a>
      </Note>
    );
  return (
    <Note tone="bad">
      <a class="note__link" href={link("redo", row.id)} data-testid="refused-move">
        {`${move}：${row.failure?.problem ? say(row.failure.problem.message) : t("state_refused")} `}
        <b>{t("decide")}</b>
      </a>
    </Note>
  );
}
