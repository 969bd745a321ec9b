/** Open requests of a case (请求): who asks whom for what, why, and until when an answer is due. */
import type { CaseView, Request } from "../../api/shapes";
import { namesIn } from "../../case/names";
import { t, tCode } from "../../speak";
import { me } from "../../state";
import { SaidLines } from "./said";
import { showLeft, showTime } from "./times";

/** The move that made a request: its words are the reasons given. */
const ASKED_BY: Record<string, string> = {
  return: "ask_return",
  ruling: "ask_return",
  extension: "ask_extension",
  suspension: "ask_suspension",
  renewal: "renew_suspension",
  transfer: "transfer",
  void: "void",
  check: "ask_check",
  supervision: "supervise",
};

export function Requests({ one, now }: { one: CaseView; now: Date }) {
  const requests = one.requests ?? [];
  if (requests.length === 0) return null;
  return (
    <section class="card" data-testid="requests">
      <h2 class="card__title">{t("requests")}</h2>
      {requests.map((request) => (
        <Ask key={request.id} request={request} one={one} now={now} />
      ))}
    </section>
  );
}

export function Ask({ request, one, now }: { request: Request; one: CaseView; now: Date }) {
  const late = request.answer_due !== null && Date.parse(request.answer_due) < now.getTime();
  const names = namesIn(one, me.value);
  const action = ASKED_BY[request.kind] ?? request.kind;
  const step = one.steps.find((other) => other.action === action && other.at === request.asked_at);
  // What the step says holds what was asked for; without it (a rung of the ladder) the terms do.
  const said = step?.payload ?? request.terms;
  const answered = request.state === "acknowledged";
  return (
    <div class="task" data-request={request.kind} data-state={request.state}>
      <div class="case-line__top">
        <b>{tCode("request", request.kind)}</b>
        <span class={`tag tag--${answered ? "closed" : late ? "rejected" : "submitted"}`}>
          {tCode("answer", request.state)}
        </span>
      </div>
      <small class="faint timeline__meta">
        <span>{[request.by?.name ?? t("by_system"), request.to?.name].filter(Boolean).join(" → ")}</span>
        <time>{t("asked_at", { when: showTime(request.asked_at, now) })}</time>
      </small>
      <SaidLines action={action} payload={said} names={names} now={now} />
      {request.answer_due && !answered && (
        <small class={late ? "due" : "faint"}>
          {t(request.kind === "supervision" ? "acknowledge_due" : "answer_due", {
            when: showTime(request.answer_due, now),
            left: showLeft(request.answer_due, now),
          })}
        </small>
      )}
    </div>
  );
}
