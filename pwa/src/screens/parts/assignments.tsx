/** Who works on a case (任务): each unit's share, how far it is, and the clocks that run for it. */
import type { Assignment, CaseView, Deadline } from "../../api/shapes";
import { t, tCode } from "../../speak";
import { showTime } from "./times";

/** Running: neither met nor stopped without being met; the next one first. */
export function runningClocks(one: CaseView): Deadline[] {
  return one.deadlines
    .filter((clock) => !clock.met_at && !clock.ended_at)
    .sort((a, b) => Date.parse(a.due_current) - Date.parse(b.due_current));
}

export function Assignments({ one, now }: { one: CaseView; now: Date }) {
  if (one.assignments.length === 0) return null;
  const clocks = runningClocks(one);
  return (
    <section class="card" data-testid="assignments">
      <h2 class="card__title">{t("assignments")}</h2>
      {one.assignments.map((task) => (
        <Task
          key={task.id}
          task={task}
          clocks={clocks.filter((clock) => clock.assignment === task.id)}
          now={now}
        />
      ))}
    </section>
  );
}

function Task({ task, clocks, now }: { task: Assignment; clocks: Deadline[]; now: Date }) {
  return (
    <div class="task" data-role={task.role} data-state={task.state}>
      <div class="case-line__top">
        <b>{task.unit.name}</b>
        <span class={`tag tag--${task.state}`}>
          {tCode("role", task.role)}
          {task.role !== "copied" && ` · ${tCode("task", task.state)}`}
        </span>
      </div>
      {clocks.map((clock) => (
        <small key={clock.id} class={Date.parse(clock.due_current) < now.getTime() ? "due" : "faint"}>
          {tCode("clock", clock.kind)} {showTime(clock.due_current, now)}
        </small>
      ))}
    </div>
  );
}
