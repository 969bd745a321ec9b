/** One case whole: where it stands, who holds it, what happened, and the moves open to this person. */
import { useEffect, useState } from "preact/hooks";
import type { CaseView, Move } from "../api/shapes";
import { refreshCase } from "../live/cases";
import { readAbout } from "../live/inbox";
import { go, link } from "../route";
import { say, t, tCode } from "../speak";
import { personId, tray } from "../state";
import { caseKey } from "../store/cache";
import { StateTag } from "./cases";
import { Assignments, runningClocks } from "./parts/assignments";
import { nameCategory } from "./parts/category-field";
import { useKept, useNow } from "./parts/hooks";
import { Note, Page } from "./parts/page";
import { Timeline } from "./parts/timeline";
import { showTime } from "./parts/times";

/** Moves that may be made at any time come last and are offered quietly; the first of the others stands out. */
const QUIET = new Set(["supplement", "withdraw", "comment"]);

export function Case({ id }: { id: string }) {
  const now = useNow(60_000);
  const kept = useKept<CaseView>(caseKey(id));
  const [trouble, setTrouble] = useState<"offline" | "missing" | null>(null);

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

  const one = kept?.value;
  if (!one || trouble === "missing")
    return (
      <Page title={t("cases_title")} onBack={() => go("cases")}>
        {trouble && <Note tone="plain">{t(trouble === "missing" ? "not_found" : "office_unreachable")}</Note>}
        {!trouble && <p class="empty">{t("loading")}</p>}
      </Page>
    );
  const pending = tray.value.filter((row) => row.kind === "move").filter((row) => row.case_id === id);
  const waiting = new Set(pending.filter((row) => row.state === "waiting").map((row) => row.action));
  const open = one.moves.filter((move) => !waiting.has(move.action));
  const moves = [...open].sort((a, b) => Number(QUIET.has(a.action)) - Number(QUIET.has(b.action)));
  return (
    <Page
      title={one.code}
      onBack={() => go("cases")}
      foot={
        moves.length > 0 && (
          <div class="moves" data-testid="moves">
            {moves.map((move, at) => (
              <a
                key={`${move.action}${move.assignment ?? ""}${move.request ?? ""}`}
                class={
                  at > 0 || QUIET.has(move.action) ? "weui-btn weui-btn_default" : "weui-btn weui-btn_primary"
                }
                href={link("move", id, move.action, ...aboutOf(move))}
                data-action={move.action}
              >
                {move.label ? say(move.label) : tCode("act", move.action)}
              </a>
            ))}
          </div>
        )
      }
    >
      {trouble === "offline" && kept && (
        <Note tone="plain">{t("cases_offline", { when: showTime(kept.kept_at, now) })}</Note>
      )}
      {pending.map((row) => (
        <Note key={row.id} tone={row.state === "refused" ? "bad" : "warn"}>
          <a class="note__link" href={link("tray")}>
            {row.state === "refused" && row.failure?.problem
              ? `${row.label ? say(row.label) : tCode("act", row.action)}：${say(row.failure.problem.message)}`
              : t("move_pending", { move: row.label ? say(row.label) : tCode("act", row.action) })}
          </a>
        </Note>
      ))}
      <section class="card" data-testid="case" data-state={one.state} data-code={one.code}>
        <div class="case-head">
          <StateTag state={one.state} />
          {one.urgency > 1 && <span class="tag tag--urgent">{tCode("urgency", String(one.urgency))}</span>}
        </div>
        <p class="case-text">{one.text}</p>
        <Photos one={one} />
        <dl class="facts">
          <Fact word={t("holder")} value={one.holder?.name ?? t("holder_none")} strong />
          <Fact word={t("category")} value={nameCategory(one.category)} />
          <Fact word={t("grid")} value={one.grid.name ?? t("no_grid")} />
          <Fact word={t("received_at")} value={showTime(one.received_at, now)} />
          {runningClocks(one)
            .filter((clock) => !clock.assignment)
            .map((clock) => (
              <DueLine key={clock.id} word={tCode("clock", clock.kind)} due={clock.due_current} now={now} />
            ))}
        </dl>
      </section>
      <Assignments one={one} now={now} />
      <section class="card">
        <h2 class="card__title">{t("timeline")}</h2>
        <Timeline one={one} now={now} />
      </section>
    </Page>
  );
}

/** The assignment or request a move is about, where there is more than the case. */
export function aboutOf(move: Move): string[] {
  const about = move.assignment ?? move.request;
  return about ? [about] : [];
}

function Fact({ word, value, strong = false }: { word: string; value: string; strong?: boolean }) {
  return (
    <div class="facts__one">
      <dt>{word}</dt>
      <dd>{strong ? <strong>{value}</strong> : value}</dd>
    </div>
  );
}

function DueLine({ word, due, now }: { word: string; due: string; now: Date }) {
  const late = Date.parse(due) < now.getTime();
  return (
    <div class="facts__one">
      <dt>{word}</dt>
      <dd class={late ? "due" : ""}>{showTime(due, now)}</dd>
    </div>
  );
}

function Photos({ one }: { one: CaseView }) {
  if (one.photos.length === 0) return null;
  return (
    <div class="photos__list">
      {one.photos.map((photo, index) =>
        photo.missing ? (
          <div
            key={photo.sha256}
            class="photos__one photos__one--missing"
            data-sha256={photo.sha256}
            data-missing=""
          >
            {t("photo_missing")}
          </div>
        ) : (
          <a
            key={photo.sha256}
            class="photos__one"
            href={`/api/v1/photos/${photo.sha256}?size=screen`}
            target="_blank"
            rel="noreferrer"
            data-sha256={photo.sha256}
          >
            <img
              src={`/api/v1/photos/${photo.sha256}?size=thumb`}
              alt={t("photo_n", { n: index + 1 })}
              loading="lazy"
            />
          </a>
        ),
      )}
    </div>
  );
}
