"""What the office does by itself: which timed move is due on a case and when to look next; units that end; calendars
that change. The sweep asks, `advance()` makes the moves."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from server.rules import deadlines, escalation
from server.rules.checking import wait_ends
from server.rules.effects import Ask, Effects, World
from server.rules.facts import OPEN_REQUEST, Clock, Facts, State, TaskState
from server.rules.rulebook import RuleBook

UNITS_OF_A_CASE = (
    "holder_id",
    "dispatcher_id",
    "first_responsible_id",
    "ended_by_unit_id",
    "handed_by_id",
    "reviewer_id",
)


class Timed(NamedTuple):
    """A move of the system that is due: `id` is the same whoever finds it, so that it is made once."""

    id: uuid.UUID
    action: str
    payload: Mapping[str, Any]
    request: uuid.UUID | None = None


def next_look(facts: Facts, world: World) -> datetime | None:
    """When the office must look at this case by itself; None when nothing will come of time alone."""
    moments = [at for at, _ in _timers(facts, world)]
    for clock in facts.running():
        if not clock.paused and (at := _next_stage(clock, world.rules)) is not None:
            moments.append(at)
    return min(moments, default=None)


@lru_cache(maxsize=10_000)
def _next_stage(clock: Clock, rules: RuleBook) -> datetime | None:
    """When this running clock comes to its next stage; it is asked after every move of its case."""
    stage = escalation.Stage(clock.stage)
    return escalation.next_at(
        clock.kind, clock.started_at, clock.due_current, clock.unit, stage, rules, clock.pauses
    )  # fmt: skip


def due_move(facts: Facts, world: World, now: datetime) -> Timed | None:
    """The next timed move that is due; of a clock's stages only the highest one reached."""
    due = sorted((one for one in _timers(facts, world) if one[0] <= now), key=lambda one: one[0])
    if due:
        return due[0][1]
    for clock in facts.running():
        if clock.paused:
            continue
        stage = escalation.reached(
            clock.kind, clock.started_at, clock.due_current, clock.unit, world.rules, now, clock.pauses
        )
        if stage > clock.stage:
            payload = {"deadline": str(clock.id), "kind": clock.kind, "stage": int(stage)}
            return Timed(uuid.uuid5(clock.id, stage.name.lower()), "remind", payload)
    return None


def _timers(facts: Facts, world: World) -> list[tuple[datetime, Timed]]:
    found: list[tuple[datetime, Timed]] = []
    for one in facts.requests:
        if one.state != OPEN_REQUEST or one.answer_due is None:
            continue
        if one.kind == "return":
            found.append((one.answer_due, Timed(uuid.uuid5(one.id, "silence"), "agree_return", {}, one.id)))
        elif one.kind == "transfer":
            found.append((one.answer_due, Timed(uuid.uuid5(one.id, "silence"), "agree_transfer", {}, one.id)))
        elif one.kind == "check":
            found.append(
                (wait_ends(one, facts, world), Timed(uuid.uuid5(one.id, "silence"), "end_wait", {}, one.id))
            )  # fmt: skip
    if facts.state == State.SUSPENDED and facts.review_at is not None and facts.suspended_at is not None:
        step_id = uuid.uuid5(_anchor(facts), f"resume:{facts.review_at.isoformat()}")
        found.append((facts.review_at, Timed(step_id, "resume", {"reason": "复查日期已到，自动恢复。"})))
    signs = [
        clock for clock in facts.running("sign")
        if any(one.id == clock.assignment_id and one.pool and one.state == TaskState.PENDING
               for one in facts.assignments)
    ]  # fmt: skip
    if signs and facts.state == State.IN_PROGRESS:
        last = max(signs, key=lambda clock: (clock.due_current, clock.id))
        found.append((last.due_current, Timed(uuid.uuid5(last.id, "lapse"), "lapse_pool", {})))
    return found


def _anchor(facts: Facts) -> uuid.UUID:
    """An id that belongs to the case for good: its overall clock's."""
    return next(clock.id for clock in facts.clocks if clock.kind == "overall")


def succeed(facts: Facts, ask: Ask, _world: World) -> Effects:
    """承接: a unit has ended; its successor stands wherever it stood, and a transfer meant for it goes there."""
    old, new = uuid.UUID(ask.payload["unit"]), uuid.UUID(ask.payload["successor"])
    fields = {name: new for name in UNITS_OF_A_CASE if getattr(facts, name) == old}
    tasks = {one.id: {"unit_id": new} for one in facts.assignments if one.unit_id == old}
    clocks = {one.id: {"unit_id": new} for one in facts.running() if one.unit_id == old}
    answers: dict[uuid.UUID, dict[str, Any]] = {}
    for one in facts.asked():
        changes: dict[str, Any] = {name: new for name in ("by_unit_id", "to_unit_id") if getattr(one, name) == old}
        if one.kind == "transfer" and one.terms["unit"] == str(old):
            changes["terms"] = {**one.terms, "unit": str(new)}
        if changes:
            answers[one.id] = changes
    stands = fields or tasks or any(changes.keys() - {"terms"} for changes in answers.values())
    return Effects(fields, tasks=tasks, clocks=clocks, answers=answers, seen_by=[new] if stands else [])


def recount(facts: Facts, _ask: Ask, world: World) -> Effects:
    """日历调整: running clocks follow a changed calendar, unless somebody set their due by hand."""
    changes: dict[uuid.UUID, Mapping[str, Any]] = {}
    for clock in facts.running():
        if clock.fixed:
            continue
        span = deadlines.Span(clock.amount, clock.unit)
        due = deadlines.recomputed(clock.started_at, span, clock.pauses, world.rules.calendar)
        if due != clock.due_current:
            changes[clock.id] = {"due_current": due}
    return Effects(clocks=changes)
