/** Who works on a case (任务): each unit's share, who does it, where and when to come, and its clocks. */
import type { Assignment, CaseView } from "../../api/shapes";
import { runningClocks } from "../../case/clocks";
import { t, tCode } from "../../speak";
import { ClockLine } from "./clocks";
import { showTime } from "./times";

const ENDED = new Set(["returned", "recalled", "waived"]);

/** The lead first, what was taken back last. */
export function Assignments({ one, now }: { one: CaseView; now: Date }) {
  if (one.assignments.length === 0) return null;
  const sorted = [...one.assignments].sort((a, b) => rank(a) - rank(b));
  return (
    <section class="card" data-testid="assignments">
      <h2 class="card__title">{t("assignments")}</h2>
      {sorted.map((task) => (
        <Task key={task.id} task={task} one={one} now={now} />
      ))}
    </section>
  );
}

function rank(task: Assignment): number {
  if (ENDED.has(task.state)) return 3;
  return ["lead", "co", "copied"].indexOf(task.role);
}

function Task({ task, one, now }: { task: Assignment; one: CaseView; now: Date }) {
  const clocks = runningClocks(one).filter((clock) => clock.assignment === task.id);
  return (
    <div class="task" data-role={task.role} data-state={task.state}>
      <div class="case-line__top">
        <b>{task.unit.name}</b>
        <span class={`tag tag--${task.state}`}>
          {tCode("role", task.role)}
          {task.role !== "copied" && ` · ${tCode("task", task.state)}`}
        </span>
      </div>
      {task.pool && <small class="faint">{t("pool")}</small>}
      {task.handler && (
        <small data-testid="handler">
          {t("handler")} <b>{task.handler.name}</b>
        </small>
      )}
      {task.place && (
        <small>
          {t("whistle", { place: task.place })}
          {task.arrive_by && ` · ${t("whistle_by", { when: showTime(task.arrive_by, now) })}`}
          {!task.arrived_at && <b class="amber"> {t("not_arrived")}</b>}
        </small>
      )}
      {(task.signed_at || task.arrived_at) && (
        <small class="faint">
          {[
            task.signed_at && t("signed_at", { when: showTime(task.signed_at, now) }),
            task.arrived_at && t("arrived_at", { when: showTime(task.arrived_at, now) }),
          ]
            .filter(Boolean)
            .join(" · ")}
        </small>
      )}
      {clocks.map((clock) => (
        <ClockLine key={clock.id} clock={clock} now={now} />
      ))}
    </div>
  );
}
