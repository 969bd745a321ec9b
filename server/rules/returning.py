"""Effects of returns 退回: a unit asks, the dispatcher agrees or refuses once, then it is ruled on 裁定."""

import uuid

from server.rules import deadlines
from server.rules.dispatching import new_lead
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
    undo_pause,
)
from server.rules.facts import Assignment, Facts, Request, State, TaskState
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
    if _asked_before(facts, task) or sum(one.state == "agreed" for one in _returns(facts)) >= 2:
        to, leader = _ruler(facts, world)
        request = ask_for(
            "ruling", facts, ask, world, by=task.unit_id, to=to, to_leader=leader, assignment=task.id, terms=terms
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
    centre = facts.dispatcher_id
    if centre is None:
        raise Refusal("move_not_allowed")
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
    """裁定: who leads, by which clause of the duty list. Whoever is ruled to lead may not return it.

    Raises:
        Refusal: `invalid` naming a lead out of reach.
    """
    request = request_of(facts, ask)
    task = next(one for one in facts.assignments if one.id == request.assignment_id)
    lead = uuid.UUID(ask.payload["lead"])
    if lead == task.unit_id:
        ruled = answer(request, facts, ask.now, "unreasonable")
        return together(ruled, _goes_on(facts, request), _rule_terms(facts, request, lead))
    if task.role == "lead":
        placed = new_lead(facts, ask, world, lead)
    elif lead in {one.unit_id for one in facts.assignments if one.active}:
        placed = drop(facts, [task], TaskState.RECALLED, ask.now)
    else:
        raise invalid("payload.lead", "协办的退回：请指定现有承办单位。", "Name a unit that is at work on it.")
    ruled = answer(request, facts, ask.now, "misdispatched")
    return _closed_as(
        together(ruled, placed, _rule_terms(facts, request, lead)), request, "misdispatched", ask
    )  # fmt: skip


def answering_centre(facts: Facts, asking: uuid.UUID, world: World) -> uuid.UUID | None:
    """Who asks never grants: the dispatcher answers, for its own asks its parent centre."""
    if asking != facts.dispatcher_id:
        return facts.dispatcher_id
    return world.offices.parent_centre(asking) or asking


def _rule_terms(_facts: Facts, request: Request, lead: uuid.UUID) -> Effects:
    return Effects(answers={request.id: {"terms": {**request.terms, "lead": str(lead)}}})


def _goes_on(facts: Facts, request: Request) -> Effects:
    handling = facts.running("handle", assignment=request.assignment_id) if request.assignment_id else []
    state = request.terms.get("before", TaskState.HANDLING)
    tasks = {request.assignment_id: {"state": state}} if request.assignment_id else {}
    return together(undo_pause(handling), Effects(tasks=tasks))


def _closed_as(effects: Effects, request: Request, state: str, ask: Ask) -> Effects:
    """Dropping an assignment lets its requests fall; this one was answered."""
    return together(effects, Effects(answers={request.id: {"state": state, "answered_at": ask.now}}))


def _returns(facts: Facts) -> list[Request]:
    return [one for one in facts.requests if one.kind == "return"]


def _asked_before(facts: Facts, task: Assignment) -> bool:
    return any(one.by_unit_id == task.unit_id and one.state == "refused" for one in _returns(facts))


def _ruled(facts: Facts, task: Assignment) -> bool:
    return any(one.kind == "ruling" and one.terms.get("lead") == str(task.unit_id) for one in facts.requests)


def _ruler(facts: Facts, world: World) -> tuple[uuid.UUID | None, bool]:
    """The leader of the dispatching centre when all units hang off its area, else the lowest centre above them all."""
    centre = facts.dispatcher_id
    units = [one.unit_id for one in facts.assignments if one.active]
    if centre is None:
        raise Refusal("move_not_allowed")
    if centre not in units and all(one in world.offices.within_reach(centre) for one in units):
        return centre, True
    above = world.offices.superiors(centre)
    common = (one for one in above if all(one in world.offices.superiors(unit) for unit in units if unit != one))
    return next(common, world.offices.parent_centre(centre) or centre), True
