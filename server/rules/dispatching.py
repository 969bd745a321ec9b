"""Effects of giving work out 分派: dispatch to a lead or a pool, handle here, add and waive co-handlers, give it to
another lead. The dispatching centre stays responsible for the whole."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.rules import deadlines
from server.rules.effects import (
    Ask,
    Concerned,
    Effects,
    World,
    drop,
    fall,
    meet,
    overall_to,
    start_clock,
    together,
)
from server.rules.facts import Assignment, Clock, Facts, State, TaskState
from server.rules.receiving import accepting_unit, confirm, holder_of, repeats
from server.rules.refusals import Refusal, Sentence, invalid

SHORT = deadlines.Span(1, "working_days")
"""What is left to a unit where the time is over: for rework, and beside a lead that is late."""
FIRST_CONTACT = "D"
"""Top category whose lead must contact the parties in time: disputes 矛盾纠纷."""


def dispatch(facts: Facts, ask: Ask, world: World) -> Effects:
    """分派: one lead or a pool, any number of co-handlers and copied units, each with its own clocks.

    Assignments still open from before a return stay as they are; one of these helpers may lead from now on.

    Raises:
        Refusal: `invalid` naming units out of the centre's reach, units named twice, and impossible dues.
    """
    centre = holder_of(facts)
    payload = ask.payload
    pool = [uuid.UUID(one) for one in payload.get("pool") or []]
    lead = uuid.UUID(payload["lead"]) if payload.get("lead") else None
    co = [(uuid.UUID(one["unit"]), datetime.fromisoformat(one["due_at"])) for one in payload.get("co") or []]
    copied = [uuid.UUID(one) for one in payload.get("copied") or []]
    _check_units(facts, world, centre, lead, pool, [unit for unit, _ in co], copied)
    due = lead_due(facts, ask, world, payload.get("due_at"))
    for _, co_due in co:
        if not ask.now < co_due <= due:
            raise invalid("payload.co", "协办时限须晚于现在、不晚于主办时限。", "Not later than the lead's due.")
    helpers = open_parts(facts, ask, world, [("co", unit, at) for unit, at in co])
    silent = Effects(opened=[_part(ask, "copied", unit) for unit in copied], seen_by=copied)
    leading = _lead_part(facts, ask, world, lead, due) if lead else _pool_parts(facts, ask, world, centre, pool, due)
    return together(
        _taken_up(facts, ask, centre, [lead] if lead else pool),
        Effects({"state": State.IN_PROGRESS, "dispatcher_id": centre}),
        leading, helpers, silent,
    )  # fmt: skip


def _taken_up(facts: Facts, ask: Ask, centre: uuid.UUID, leading: Sequence[uuid.UUID]) -> Effects:
    """The centre has decided: its limit is met, an asked transfer falls, and whoever helped and leads now helps no
    more."""
    rising = [one for one in facts.helpers if one.unit_id in leading]
    return together(
        meet(facts.running("dispatch")), overall_to(centre, facts, ask.now),
        fall(facts.asked("transfer"), facts, ask.now), drop(facts, rising, TaskState.RECALLED, ask.now),
    )  # fmt: skip


def _check_units(
    facts: Facts,
    world: World,
    centre: uuid.UUID,
    lead: uuid.UUID | None,
    pool: Sequence[uuid.UUID],
    co: Sequence[uuid.UUID],
    copied: Sequence[uuid.UUID],
) -> None:
    within, errors = set(world.offices.within_reach(centre)), dict[str, Sentence]()
    if (lead is None) == (not pool):
        errors["payload.lead"] = ("请指定一个主办单位，或一组备选部门。", "Name one lead, or a pool of departments.")
    for name, units in (("lead", [lead] if lead else []), ("pool", pool), ("co", co), ("copied", copied)):
        if not set(units) <= within:
            errors[f"payload.{name}"] = ("不在本中心可分派的单位之内。", "Not a unit this centre may hand work to.")
    if len(pool) == 1 or any(world.offices.is_centre(unit) for unit in pool):
        errors["payload.pool"] = ("备选须为两个以上的部门。", "A pool is two or more departments.")
    named = [*([lead] if lead else []), *pool, *co, *copied]
    helping = {one.unit_id for one in facts.helpers}
    if len(set(named)) < len(named) or helping & {*co, *copied}:
        errors["payload.co"] = ("同一单位列了两次，或已在协办。", "A unit is named twice, or helps already.")
    if errors:
        raise Refusal("invalid", errors=errors)


def _lead_part(facts: Facts, ask: Ask, world: World, lead: uuid.UUID, due: datetime) -> Effects:
    return together(Effects({"holder_id": lead}), open_parts(facts, ask, world, [("lead", lead, due)]))


def _pool_parts(
    facts: Facts, ask: Ask, world: World, centre: uuid.UUID, pool: Sequence[uuid.UUID], due: datetime
) -> Effects:
    """The centre stands as lead until one of the pool signs; each of them has a sign clock and waits as co-handler."""
    standing = replace(_part(ask, "lead", centre), state=TaskState.HANDLING, pool=True)
    waiting = [replace(_part(ask, "co", unit), pool=True) for unit in pool]
    clocks = [start_clock("sign", one.unit_id, facts, ask, world, assignment=one.id) for one in waiting]
    clocks.append(start_clock("handle", centre, facts, ask, world, assignment=standing.id, due=due))
    return Effects({"holder_id": centre}, started=clocks, opened=[standing, *waiting], seen_by=pool)


def lapse_pool(facts: Facts, ask: Ask, world: World) -> Effects:
    """无人领办: nobody of the pool signed in time; the centre has the case back to dispatch (by the system)."""
    waiting = [one for one in facts.assignments if one.active and one.pool]
    clock = start_clock("dispatch", _dispatcher(facts), facts, ask, world)
    return together(
        drop(facts, waiting, TaskState.RECALLED, ask.now),
        Effects({"state": State.ACCEPTED, "holder_id": _dispatcher(facts), "dispatcher_id": None}, started=[clock]),
    )  # fmt: skip


def handle_here(facts: Facts, ask: Ask, world: World) -> Effects:
    """自办: accept, dispatch to itself and sign in one step, optionally naming who does it."""
    centre = accepting_unit(facts, ask)
    confirmed, effects = confirm(facts, ask, world, centre)
    handler = uuid.UUID(ask.payload["handler"]) if ask.payload.get("handler") else None
    task = replace(
        _part(ask, "lead", centre), state=TaskState.HANDLING, handler_id=handler, signed_at=ask.now
    )  # fmt: skip
    fields = {"state": State.IN_PROGRESS, "dispatcher_id": centre, "holder_id": centre, **repeats(ask)}
    clocks = [*_handling_clocks(confirmed, ask, world, task, None), *arrival_clocks(confirmed, ask, world, task)]
    return together(
        effects, _taken_up(facts, ask, centre, [centre]),
        Effects(fields, started=clocks, opened=[task], shown_to=[handler] if handler else [],
                concerned=Concerned(person=handler)),
    )  # fmt: skip


def add_co(facts: Facts, ask: Ask, world: World) -> Effects:
    """增派协办: more units help, their due the lead's or earlier; with place and time they are whistled for 吹哨.

    Beside a lead whose time is over they have a working day.

    Raises:
        Refusal: `invalid` naming units out of reach or at work already, and impossible dues.
    """
    lead = facts.lead
    if facts.dispatcher_id is None or lead is None:
        raise Refusal("move_not_allowed")
    units = [uuid.UUID(one) for one in ask.payload["units"]]
    busy = {one.unit_id for one in facts.assignments if one.active}
    reach = set(world.offices.within_reach(facts.dispatcher_id))
    if not set(units) <= reach - busy or len(set(units)) < len(units):
        raise invalid("payload.units", "单位不可分派，或已在办理。", "A unit is out of reach or at work already.")
    latest = due_of(facts, lead)
    if latest <= ask.now:
        latest = deadlines.due(ask.now, SHORT, world.rules.calendar)
    due = datetime.fromisoformat(ask.payload["due_at"]) if ask.payload.get("due_at") else latest
    if not ask.now < due <= latest:
        raise invalid("payload.due_at", "协办时限不晚于主办时限。", "A co-handler's due is not after the lead's.")
    place, arrive_by = ask.payload.get("place"), ask.payload.get("arrive_by")
    if (place is None) != (arrive_by is None):
        raise invalid("payload.arrive_by", "吹哨须写明地点和到场时间。", "A whistle needs a place and a time.")
    arrival = datetime.fromisoformat(arrive_by) if arrive_by else None
    if arrival is not None and arrival <= ask.now:
        raise invalid("payload.arrive_by", "到场时间须晚于现在。", "The time of arrival lies in the past.")
    return open_parts(facts, ask, world, [("co", unit, due) for unit in units], place=place, arrive_by=arrival)


def waive_co(facts: Facts, ask: Ask, _world: World) -> Effects:
    """免除协办."""
    unit = uuid.UUID(ask.payload["unit"])
    task = next((one for one in facts.helpers if one.unit_id == unit), None)
    if task is None:
        raise invalid("payload.unit", "该单位不是在办的协办单位。", "This unit is no open co-handler.")
    return drop(facts, [task], TaskState.WAIVED, ask.now)


def redispatch(facts: Facts, ask: Ask, world: World) -> Effects:
    """改派: another lead; its own time starts, at least what the rule book gives the category.

    Raises:
        Refusal: `invalid` naming a lead that is out of reach or at work already.
    """
    lead = facts.lead
    if facts.dispatcher_id is None or lead is None:
        raise Refusal("move_not_allowed")
    return new_lead(facts, ask, world, uuid.UUID(ask.payload["lead"]))


def new_lead(facts: Facts, ask: Ask, world: World, unit: uuid.UUID) -> Effects:
    """The present lead (and a pool) is recalled, another unit leads with the category's full time; it may be one that
    helped."""
    lead = facts.lead
    possible = [*world.offices.within_reach(_dispatcher(facts)), *(one.unit_id for one in facts.helpers)]
    if unit not in possible or (lead and not lead.pool and unit == lead.unit_id):
        raise invalid("payload.lead", "单位不可分派，或已在主办。", "A unit out of reach, or the one that leads.")
    leaving = [
        one for one in facts.assignments
        if one.active and (one.role == "lead" or one.pool or one.unit_id == unit)
    ]  # fmt: skip
    parts = open_parts(facts, ask, world, [("lead", unit, lead_due(facts, ask, world, None))])
    return together(drop(facts, leaving, TaskState.RECALLED, ask.now), Effects({"holder_id": unit}), parts)


def open_parts(
    facts: Facts,
    ask: Ask,
    world: World,
    wanted: Sequence[tuple[str, uuid.UUID, datetime]],
    *,
    place: str | None = None,
    arrive_by: datetime | None = None,
) -> Effects:
    """Assignments (role, unit, due) begin: each with a sign clock, an arrive clock where called for, a handle clock."""
    opened: list[Assignment] = []
    clocks: list[Clock] = []
    for role, unit, due in wanted:
        task = replace(_part(ask, role, unit), place=place, arrive_by=arrive_by)
        opened.append(task)
        clocks.append(start_clock("sign", unit, facts, ask, world, assignment=task.id))
        clocks += arrival_clocks(facts, ask, world, task)
        clocks += _handling_clocks(facts, ask, world, task, due)
    return Effects(started=clocks, opened=opened, seen_by=[unit for _, unit, _ in wanted])


def lead_due(facts: Facts, ask: Ask, world: World, wished: str | None) -> datetime:
    """The wished due, never later than the rule book's.

    Raises:
        Refusal: `invalid` for one that is past or too late.
    """
    longest = deadlines.due(ask.now, world.rules.limit(facts.category, facts.urgency, "handle"), world.rules.calendar)
    if wished is None:
        return longest
    due = datetime.fromisoformat(wished)
    if not ask.now < due <= longest:
        raise invalid("payload.due_at", "时限须晚于现在、不超过规则库的时限。", "Past, or later than the rules allow.")
    return due


def due_of(facts: Facts, task: Assignment) -> datetime:
    """When the handling of this assignment is due."""
    return max(
        clock.due_current for clock in facts.clocks if clock.kind == "handle" and clock.assignment_id == task.id
    )  # fmt: skip


def _dispatcher(facts: Facts) -> uuid.UUID:
    if facts.dispatcher_id is None:
        raise Refusal("move_not_allowed")
    return facts.dispatcher_id


def _part(ask: Ask, role: str, unit: uuid.UUID) -> Assignment:
    return Assignment(
        uuid.uuid5(ask.step_id, f"{role}:{unit}"), role, unit, TaskState.PENDING, opened_at=ask.now
    )  # fmt: skip


def _handling_clocks(facts: Facts, ask: Ask, world: World, task: Assignment, due: datetime | None) -> list[Clock]:
    clocks = [start_clock("handle", task.unit_id, facts, ask, world, assignment=task.id, due=due)]
    return clocks + contact_clocks(facts, ask, world, task)


def arrival_clocks(facts: Facts, ask: Ask, world: World, task: Assignment) -> list[Clock]:
    """Whoever is whistled for, and everybody at 特急, must be on the spot in time."""
    if facts.urgency < 4 and task.arrive_by is None:
        return []
    return [start_clock("arrive", task.unit_id, facts, ask, world, assignment=task.id, due=task.arrive_by)]


def contact_clocks(facts: Facts, ask: Ask, world: World, task: Assignment) -> list[Clock]:
    """Whoever leads a dispute must have contacted its parties in time."""
    if task.role != "lead" or FIRST_CONTACT not in world.rules.line_of(facts.category):
        return []
    return [start_clock("contact", task.unit_id, facts, ask, world, assignment=task.id)]


def promote(facts: Facts, task: Assignment, ask: Ask, world: World) -> Effects:
    """The first of a pool that signs leads; the centre's stand-in and the others are recalled.

    The stand-in's handle clock ends and the new lead's starts with the same due: waiting costs the pool its time.
    """
    stand_in = facts.lead
    if stand_in is None:
        raise Refusal("move_not_allowed")
    others = [one for one in facts.assignments if one.active and one.pool and one.id != task.id]
    due = due_of(facts, stand_in)
    lead = replace(task, role="lead")
    clocks = [
        start_clock("handle", task.unit_id, facts, ask, world, assignment=task.id, due=due),
        *contact_clocks(facts, ask, world, lead),
        *([] if ask.payload.get("arrived_at") else arrival_clocks(facts, ask, world, lead)),
    ]
    changes: Mapping[str, Any] = {"role": "lead", "pool": False}
    return together(
        drop(facts, others, TaskState.RECALLED, ask.now),
        Effects({"holder_id": task.unit_id}, started=clocks, tasks={task.id: changes}),
    )  # fmt: skip
