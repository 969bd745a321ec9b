"""Effects of returns 退回: a unit asks, the dispatcher agrees or refuses once, then it is ruled on 裁定."""

import uuid
from collections.abc import Iterable
from dataclasses import replace

from server.rules import deadlines
from server.rules.dispatching import SHORT, due_of, new_lead, open_parts
from server.rules.effects import (
    Ask,
    Effects,
    World,
    answer,
    ask_for,
    drop,
    fall,
    pause,
    start_clock,
    together,
)
from server.rules.facts import Assignment, Clock, Facts, Request, State, TaskState
from server.rules.handing import request_of
from server.rules.handling import task_of
from server.rules.refusals import Refusal, invalid
from server.rules.situation import Situation


def may_ask_return(task: Assignment, here: Situation) -> bool:
    """Within 8 working hours of receipt, at 特急 after arrival, never after a ruling that it leads."""
    if task.unit_id not in here.standing.units or task.state == TaskState.RETURN_ASKED or task.pool:
        return False
    if here.facts.asked(assignment=task.id) or _ruled(here.facts, task):
        return False
    if here.facts.urgency == 4 and task.arrived_at is None:
        return False
    hours = deadlines.Span(here.world.rules.numbers["return_hours"], "working_hours")
    opened = task.opened_at or here.now
    return here.now <= deadlines.due(opened, hours, here.world.rules.calendar)


def ask_return(facts: Facts, ask: Ask, world: World) -> Effects:
    """退回: the handle clock waits for the answer; a second ask, or one after two agreed returns, is ruled on."""
    task = task_of(facts, ask)
    terms = {"code": ask.payload["code"], "before": str(task.state)}
    if _asked_before(facts, task) or sum(one.state == "agreed" for one in facts.requests if one.kind == "return") >= 2:
        to = _ruler(facts, world)
        request = ask_for(
            "ruling", facts, ask, world, by=task.unit_id, to=to, to_leader=True, assignment=task.id, terms=terms
        )
    else:
        to = answering_centre(facts, task.unit_id, world)
        request = ask_for("return", facts, ask, world, by=task.unit_id, to=to, assignment=task.id, terms=terms)
    return together(
        pause(facts.running("handle", assignment=task.id), ask.now),
        request,
        Effects(tasks={task.id: {"state": TaskState.RETURN_ASKED}}),
    )


def agree_return(facts: Facts, ask: Ask, world: World) -> Effects:
    """The dispatcher, or its silence, agrees: a co-handler is out; without its lead the case waits for a dispatch."""
    request = request_of(facts, ask)
    task = next(one for one in facts.assignments if one.id == request.assignment_id)
    gone = together(
        answer(request, facts, ask.now, "agreed"),
        drop(facts, [task], TaskState.RETURNED, ask.now),
    )
    if task.role != "lead":
        return _closed_as(gone, request, "agreed", ask)
    centre = _centre(facts)
    clock = start_clock("dispatch", centre, facts, ask, world)
    back = Effects({"state": State.ACCEPTED, "holder_id": centre, "dispatcher_id": None}, started=[clock])
    others = [one for one in facts.asked() if one.kind not in ("check", "supervision") and one.id != request.id]
    lead_only = [one for one in others if one.assignment_id in (task.id, None)]
    return _closed_as(together(gone, fall(lead_only, facts, ask.now), back), request, "agreed", ask)


def refuse_return(facts: Facts, ask: Ask, _world: World) -> Effects:
    """Refused, which may be done once: the unit goes on, and the wait never was."""
    request = request_of(facts, ask)
    return together(answer(request, facts, ask.now, "refused"), _goes_on(facts, request))


def rule(facts: Facts, ask: Ask, world: World) -> Effects:
    """裁定: who does it, by which clause of the duty list. Whoever is ruled to may not return it.

    A lead's part is led by the unit named; a co-handler's part goes to it, unless it is at work already.

    Raises:
        Refusal: `invalid` naming a lead out of reach.
    """
    request = request_of(facts, ask)
    task = next(one for one in facts.assignments if one.id == request.assignment_id)
    lead = uuid.UUID(ask.payload["lead"])
    if lead == task.unit_id:
        ruled = answer(request, facts, ask.now, "unreasonable")
        return together(ruled, _goes_on(facts, request), _rule_terms(request, lead))
    if task.role == "lead":
        placed = new_lead(facts, ask, world, lead)
    else:
        placed = together(drop(facts, [task], TaskState.RECALLED, ask.now), _helps(lead, task, facts, ask, world))
    ruled = answer(request, facts, ask.now, "misdispatched")
    return _closed_as(
        together(ruled, placed, _rule_terms(request, lead)), request, "misdispatched", ask
    )  # fmt: skip


def _helps(unit: uuid.UUID, task: Assignment, facts: Facts, ask: Ask, world: World) -> Effects:
    """Another unit has the co-handler's part, with the time that is left of it, at least a working day."""
    if unit in {one.unit_id for one in facts.assignments if one.active}:
        return Effects()
    if unit not in world.offices.within_reach(_centre(facts)):
        raise invalid("payload.lead", "单位不可分派。", "This unit is out of reach.")
    due = max(due_of(facts, task), deadlines.due(ask.now, SHORT, world.rules.calendar))
    return open_parts(facts, ask, world, [("co", unit, due)])


def answering_centre(facts: Facts, asking: uuid.UUID, world: World) -> uuid.UUID:
    """Who asks never grants: the dispatcher answers, for its own asks its parent centre."""
    centre = _centre(facts)
    return centre if asking != centre else world.offices.parent_centre(asking) or asking


def _centre(facts: Facts) -> uuid.UUID:
    """The dispatcher; while the case waits for another dispatch, its holder."""
    centre = facts.dispatcher_id or facts.holder_id
    if centre is None:
        raise Refusal("move_not_allowed")
    return centre


def _rule_terms(request: Request, lead: uuid.UUID) -> Effects:
    return Effects(answers={request.id: {"terms": {**request.terms, "lead": str(lead)}}})


def _goes_on(facts: Facts, request: Request) -> Effects:
    """The unit is at work as before; of its wait only what it shares with a suspension is left."""
    task = request.assignment_id
    if task is None:
        raise Refusal("move_not_allowed")
    handling = facts.running("handle", assignment=task)
    still = [replace(one, pauses=one.pauses[:-1]) for one in handling if one.paused and facts.suspended_at]
    suspended = pause(still, facts.suspended_at) if facts.suspended_at else Effects()
    back = Effects(tasks={task: {"state": request.terms["before"]}})
    return together(_as_if_it_never_stood(handling), suspended, back)


def _closed_as(effects: Effects, request: Request, state: str, ask: Ask) -> Effects:
    """Dropping an assignment lets its requests fall; this one was answered."""
    return together(effects, Effects(answers={request.id: {"state": state, "answered_at": ask.now}}))


def _asked_before(facts: Facts, task: Assignment) -> bool:
    """Did this unit ask before, and was it answered?"""
    return any(
        one.kind in ("return", "ruling") and one.by_unit_id == task.unit_id and one.state != "fallen"
        for one in facts.requests
    )  # fmt: skip


def _ruled(facts: Facts, task: Assignment) -> bool:
    return any(one.kind == "ruling" and one.terms.get("lead") == str(task.unit_id) for one in facts.requests)


def _ruler(facts: Facts, world: World) -> uuid.UUID:
    """The leader of the dispatching centre when all units hang off its area, else the lowest centre above them all."""
    centre = _centre(facts)
    units = [one.unit_id for one in facts.assignments if one.active]
    if all(centre in world.offices.superiors(one) for one in units):
        return centre
    above = world.offices.superiors(centre)
    common = (one for one in above if all(one in world.offices.superiors(unit) for unit in units if unit != one))
    return next(common, world.offices.parent_centre(centre) or centre)


def _as_if_it_never_stood(clocks: Iterable[Clock]) -> Effects:
    """Standing clocks run again, and the wait counts."""
    return Effects(clocks={clock.id: {"pauses": clock.pauses[:-1]} for clock in clocks if clock.paused})
