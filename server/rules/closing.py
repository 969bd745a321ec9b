"""Effects of verifying and closing 核查结案, and of what comes after: visit, rating, inspection, review, reopening; and
of voiding."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

from server.rules import deadlines
from server.rules.dispatching import SHORT
from server.rules.effects import (
    Ask,
    Concerned,
    Effects,
    World,
    answer,
    ask_for,
    end_case,
    fall,
    fall_all,
    meet,
    start_clock,
    stop,
    together,
)
from server.rules.escalation import RUNGS, height
from server.rules.facts import LEVELS, Assignment, Clock, Facts, State, TaskState
from server.rules.handing import request_of
from server.rules.overseeing import issue
from server.rules.receiving import holder_of
from server.rules.refusals import Refusal, invalid
from server.rules.situation import Situation

MODES = ("photo", "phone", "on_site")
"""Ways to verify, the least thorough first."""
FALSE_SPAN = deadlines.Span(1, "working_days")


def verify_pass(facts: Facts, ask: Ask, world: World) -> Effects:
    """核查通过: closed where it was settled; what was handed down to be answered goes to who handed it down first.

    Raises:
        Refusal: `invalid` for a mode below the category's least, or without the photo an inspection on site brings.
    """
    category = world.rules.categories[facts.category]
    least = category.least_verification
    if category.after_photo_required and ask.payload["mode"] == "on_site" and not ask.payload.get("photos"):
        raise invalid("payload.photos", "该类别现场核查须附照片。", "On site this category needs a photo.")
    if MODES.index(ask.payload["mode"]) < MODES.index(least):
        raise invalid("payload.mode", "核查方式低于该类别的最低要求。", "The category asks for a more thorough way.")
    return close(facts, ask, world)


def close(facts: Facts, ask: Ask, world: World) -> Effects:
    """Closed by a verifier, or by the system outside the share that is verified."""
    level = {} if facts.registered_only else {"settled_level": settled_level(facts, world)}
    above = next((one for one in world.offices.superiors(holder_of(facts)) if one in facts.expecting), None)
    if above is not None:
        clock = start_clock("verify", above, facts, ask, world)
        fields = {"holder_id": above, "self_verified": False, **level}
        return together(
            meet(facts.running("verify")), fall(facts.asked("check"), facts, ask.now),
            Effects(fields, started=[clock], seen_by=[above]),
        )  # fmt: skip
    ended = end_case(facts, ask, State.CLOSED, met=("verify",))
    return together(ended, Effects({**level, "visit_owed": facts.resident and not facts.registered_only}))


def verify_fail(facts: Facts, ask: Ask, world: World) -> Effects:
    """核查不通过: the lead goes on with the time left, or a working day; a spot settlement is handled after all.

    Raises:
        Refusal: `invalid` for a co-handler that had no part.
    """
    verifier = holder_of(facts)
    overall = [clock.id for clock in facts.clocks if clock.kind == "overall" and not clock.running]
    fields: dict[str, Any] = {
        "rework_count": facts.rework_count + 1, "result": None, "route": None, "finished_at": None,
        "registered_only": False,
    }  # fmt: skip
    done = together(meet(facts.running("verify")), fall(facts.asked("check"), facts, ask.now))
    lead = facts.last_lead
    if lead is None:
        clock = start_clock("dispatch", verifier, facts, ask, world)
        fields |= {"state": State.ACCEPTED, "dispatcher_id": None, "settled_level": _least_level(facts, world)}
        return together(done, Effects(fields, started=[clock], unmet=overall))
    blamed = _blamed(facts, ask)
    fields |= {"state": State.IN_PROGRESS, "holder_id": lead.unit_id, "settled_level": _least_level(facts, world)}
    again = [_again(facts, ask, world, one) for one in (lead, *([blamed] if blamed else []))]
    raised = Effects()
    if facts.rework_count >= 1:
        rungs = list(RUNGS)
        rung = rungs[min(height(facts.rung), len(rungs) - 1)]
        raised = issue(facts, ask, world, rung, lead.unit_id, None, by=verifier)
    return together(done, Effects(fields, unmet=overall, seen_by=[lead.unit_id]), *again, raised)


def _blamed(facts: Facts, ask: Ask) -> Assignment | None:
    if not ask.payload.get("co_at_fault"):
        return None
    unit = uuid.UUID(ask.payload["co_at_fault"])
    task = next((one for one in reversed(facts.assignments) if one.role == "co" and one.unit_id == unit), None)
    if task is None or task.state not in (TaskState.REPORTED, TaskState.WAIVED):
        raise invalid(
            "payload.co_at_fault", "该单位不是已反馈的协办单位。", "This unit is no co-handler that reported."
        )
    return task


def _again(facts: Facts, ask: Ask, world: World, task: Assignment) -> Effects:
    """An assignment is at work again; its last handle clock runs on, or a new one when its time is over. A waived unit,
    and its handler, had lost sight of the case."""
    handled = [clock for clock in facts.clocks if clock.kind == "handle" and clock.assignment_id == task.id]
    tasks = {task.id: {"state": TaskState.HANDLING, "reported_at": None, "ended_at": None, "result": None}}
    last: Clock | None = max(handled, key=lambda clock: clock.round, default=None)
    people = [task.handler_id] if task.handler_id else []
    seen = Effects(tasks=tasks, seen_by=[task.unit_id], shown_to=people)
    if last is not None and last.due_current > ask.now:
        return together(seen, Effects(unmet=[last.id]))
    clock = start_clock("handle", task.unit_id, facts, ask, world, assignment=task.id, span=SHORT)
    return together(seen, Effects(started=[clock]))


def no_handler(here: Situation) -> bool:
    """Nobody verifies, visits, inspects or reviews what they handled, nor what the person they stand in for did."""
    return not here.standing.selves & here.facts.handlers


def neither_handler_nor_verifier(here: Situation) -> bool:
    return no_handler(here) and not here.standing.selves & here.facts.verifiers


def archived(here: Situation) -> bool:
    """归档: ended for 30 days, and no visit is owed any more: read only, but for inspection, review and reopening."""
    ended = here.facts.ended_at
    return ended is not None and not _within(here, "archive_days") and not here.facts.visit_owed


def as_closed(facts: Facts) -> Facts | None:
    """The case as its closing left it, for whoever asks its resident; None while nothing is closed.

    A follower 并入 was closed as its master was: by the same centre, at the same time, handled by the same people as
    well. What its resident said of an earlier closing of the master says nothing of this one.
    """
    closed = facts.closing
    if closed is None or closed is facts:
        return closed
    again = facts.heard_at is not None and closed.ended_at is not None and facts.heard_at < closed.ended_at
    return replace(
        facts, ended_at=closed.ended_at, handlers=facts.handlers | closed.handlers,
        satisfaction=None if again else facts.satisfaction, visit_tries=0 if again else facts.visit_tries,
    )  # fmt: skip


def visit(facts: Facts, ask: Ask, world: World) -> Effects:
    """回访: unreached three times is done 视为完成; somebody who is not satisfied has the closing reviewed."""
    result = ask.payload["result"]
    if result == "unreached":
        tries = (as_closed(facts) or facts).visit_tries + 1
        owed = {"visit_tries": tries, "visit_owed": tries < world.rules.numbers["visit_tries"]}
        return Effects(owed if facts.satisfaction is None else {**owed, "satisfaction": None})
    rated = rate(facts, ask, world)
    if "reviewer_id" in rated.fields:
        return rated
    return replace(rated, concerned=Concerned())  # who visits knows; only a review is told of


def rate(facts: Facts, ask: Ask, world: World) -> Effects:
    """评价: by the resident, or told at a visit; either way no visit is owed any more. A follower's is about how its
    master was closed."""
    result, closed = ask.payload["result"], facts.closing or facts
    verifier, fields = closed.ended_by_unit_id, {"satisfaction": result, "visit_owed": False}
    if result != "not" or verifier is None or closed.reviewer_id is not None or closed.found_false:
        return Effects(fields, concerned=Concerned(approver=verifier))
    if closed is not facts:
        return Effects(fields, then=("doubt", {"follower": str(facts.id)}))
    return together(doubt(facts, ask, world), Effects(fields))


def doubt(facts: Facts, ask: Ask, world: World) -> Effects:
    """不满意: the closing goes to be reviewed by the parent of the centre that verified it."""
    verifier = facts.ended_by_unit_id
    if verifier is None:
        raise Refusal("move_not_allowed")
    reviewer = world.offices.parent_centre(verifier) or verifier
    span = deadlines.Span(world.rules.numbers["review_days"], "working_days")
    clock = start_clock("answer", reviewer, facts, ask, world, span=span)
    return Effects(
        {"reviewer_id": reviewer}, started=[clock], seen_by=[reviewer], concerned=Concerned(approver=reviewer)
    )


def may_inspect(here: Situation) -> bool:
    return _within(here, "inspect_days") and neither_handler_nor_verifier(here)


def inspect(facts: Facts, ask: Ask, world: World) -> Effects:
    """抽查: a false closing 虚假办结 must be reopened by a superior within a working day; no review then."""
    if ask.payload["finding"] != "false" or facts.ended_by_unit_id is None or facts.found_false:
        return Effects()
    superior = world.offices.parent_centre(facts.ended_by_unit_id) or facts.ended_by_unit_id
    clock = start_clock("answer", superior, facts, ask, world, span=FALSE_SPAN)
    return together(
        stop(facts.running("answer")), fall_all(facts, ask.now),
        Effects({"found_false": True, "reviewer_id": None}, started=[clock], seen_by=[superior]),
    )  # fmt: skip


def review(facts: Facts, ask: Ask, world: World) -> Effects:
    """复核: upheld, it stays closed; overturned, it is reopened."""
    if ask.payload["outcome"] == "overturned":
        return _open_again(facts, ask, world)
    return together(meet(facts.running("answer")), fall_all(facts, ask.now), Effects({"reviewer_id": None}))


def may_reopen(here: Situation) -> bool:
    """Within 30 days; within a year after an inspection or review found something."""
    found = here.facts.doubted or here.facts.reviewer_id is not None or here.facts.satisfaction == "not"
    return _within(here, "reopen_found_days" if found else "reopen_days")


def reopen(facts: Facts, ask: Ask, world: World) -> Effects:
    """重开: the dispatcher holds it again, after a false closing the verifier's parent; the first closing stays in the
    steps."""
    return _open_again(facts, ask, world)


def _open_again(facts: Facts, ask: Ask, world: World) -> Effects:
    holder = facts.dispatcher_id or facts.ended_by_unit_id or facts.first_responsible_id
    if facts.found_false and facts.ended_by_unit_id is not None:
        holder = world.offices.parent_centre(facts.ended_by_unit_id) or facts.ended_by_unit_id
    if holder is None:
        raise Refusal("move_not_allowed")
    fields = {
        "state": State.ACCEPTED, "holder_id": holder, "dispatcher_id": None, "ended_at": None, "ended_by_unit_id": None,
        "reopen_count": facts.reopen_count + 1, "result": None, "route": None, "finished_at": None,
        "settled_level": _least_level(facts, world), "reviewer_id": None, "found_false": False,
        "visit_owed": False, "visit_tries": 0, "satisfaction": None, "registered_only": False, "self_verified": False,
    }  # fmt: skip
    clock = start_clock("dispatch", holder, facts, ask, world)
    return together(
        meet(facts.running("answer")), fall_all(facts, ask.now), Effects(fields, started=[clock], seen_by=[holder])
    )  # fmt: skip


def _least_level(facts: Facts, world: World) -> str | None:
    """A closing that does not stand says nothing; only going up to a superior does."""
    if not facts.escalated or facts.settled_level != "external":
        return facts.settled_level if facts.escalated else None
    centre = facts.dispatcher_id or facts.ended_by_unit_id
    return world.offices.level_of(centre) if centre else None


def may_object(here: Situation) -> bool:
    """Once, within 7 days, and only to what an office decided."""
    facts = here.facts
    if facts.objected or facts.withdrawn or facts.ended_at is None or facts.ended_by_unit_id is None:
        return False
    above = here.world.offices.parent_centre(facts.ended_by_unit_id)
    return above is not None and _within(here, "object_days")


def may_overrule(here: Situation) -> bool:
    return _within(here, "overrule_days")


def _within(here: Situation, key: str) -> bool:
    """Did the case end no longer ago than this many days of the rule book?"""
    ended = here.facts.ended_at
    return ended is not None and here.now - ended <= timedelta(days=here.world.rules.numbers[key])


def void(facts: Facts, ask: Ask, world: World) -> Effects:
    """作废: the holder asks, a leader of its superior unit grants; such a leader voids at once.

    Raises:
        Refusal: `move_not_allowed` for a master with followers; `invalid` for one refiled as no case named.
    """
    if facts.followers:
        raise Refusal("move_not_allowed")
    if ask.payload["code"] == "refiled" and ask.other is None:
        raise invalid("payload.case", "请填写另行上报的事项。", "Name the case it was filed again as.")
    if "leader" in ask.standing.roles:
        return end_case(facts, ask, State.VOID)
    holder = holder_of(facts)
    to = world.offices.parent_centre(holder) or holder
    terms = {"code": ask.payload["code"], "case": ask.payload.get("case")}
    return ask_for("void", facts, ask, world, by=ask.as_unit or holder, to=to, to_leader=True, terms=terms)


def grant_void(facts: Facts, ask: Ask, _world: World) -> Effects:
    """The superior's leader agrees: nothing is deleted, it is shown as its own count."""
    if facts.followers:
        raise Refusal("move_not_allowed")
    request = request_of(facts, ask)
    ended = end_case(facts, ask, State.VOID)
    return together(ended, answer(request, facts, ask.now, "granted"))


def settled_level(facts: Facts, world: World) -> str | None:
    """The level it counts as settled at: the lead's, never below what it reached before."""
    lead = facts.last_lead
    reached = [facts.settled_level] if facts.settled_level else []
    if lead is not None:
        reached.append(world.offices.level_of(lead.unit_id))
    return max(reached, key=LEVELS.index) if reached else None
