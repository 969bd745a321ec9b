"""Effects of setting things right 更正 and of having somebody look on the spot 现场核实."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.rules import deadlines
from server.rules.dispatching import FIRST_CONTACT, arrival_clocks, contact_clocks
from server.rules.effects import (
    Ask,
    Effects,
    World,
    answer,
    answer_limit,
    ask_for,
    pause,
    resume,
    stop,
    together,
)
from server.rules.facts import SILENT, Clock, Facts, Request, State
from server.rules.handing import request_of
from server.rules.refusals import Refusal, invalid

WAITING = ("accept", "verify")
"""Clocks that wait once for a check, at most a working day."""
CORRECTED = frozenset({"accept", "dispatch", "sign", "arrive", "contact", "handle", "verify", "overall"})


def correct(facts: Facts, ask: Ask, world: World) -> Effects:
    """更正: category, urgency or place; clocks are recomputed from their old starts.

    Raises:
        Refusal: `invalid` when nothing is corrected, or when a limit would grow and no superior of its unit says so.
    """
    payload = ask.payload
    fields: dict[str, Any] = {**(ask.place.fields if ask.place else {})}
    for name in ("category", "urgency"):
        if payload.get(name) and payload[name] != getattr(facts, name):
            fields[name] = payload[name]
    if not fields:
        raise invalid(
            "payload.category", "请至少更正一项与现在不同的内容。", "Correct at least one thing that differs."
        )
    anew = replace(facts, category=fields.get("category", facts.category), urgency=fields.get("urgency", facts.urgency))
    clocks = {clock.id: changes for clock in facts.running() if (changes := _recomputed(clock, anew, world))}
    grown = [clock for clock in facts.running() if clocks.get(clock.id, {}).get("due_current", clock.due_current)
             > clock.due_current]  # fmt: skip
    if not all(ask.standing.units & set(world.offices.superiors(clock.unit_id)) for clock in grown):
        raise invalid(
            "payload.category" if "category" in fields else "payload.urgency",
            "更正后时限变长，须由上级中心更正。", "This would lengthen a limit; the centre above must correct it.",
        )  # fmt: skip
    return together(Effects(fields, clocks=clocks), _other_duties(facts, anew, ask, world))


def _recomputed(clock: Clock, anew: Facts, world: World) -> Mapping[str, Any] | None:
    """A due that somebody set by hand only comes earlier, one that was extended stays."""
    span = world.rules.limit(anew.category, anew.urgency, clock.kind)
    if clock.kind not in CORRECTED or (span.amount, span.unit) == (clock.amount, clock.unit):
        return None
    due = deadlines.recomputed(clock.started_at, span, clock.pauses, world.rules.calendar)
    if clock.fixed and (due >= clock.due_current or _extended(clock, anew)):
        return None
    return {"amount": span.amount, "unit": span.unit, "due_current": due, "fixed": False}


def _extended(clock: Clock, facts: Facts) -> bool:
    return clock.kind in ("handle", "overall") and any(
        one.kind == "extension" and one.state == "granted" and clock.assignment_id in (one.assignment_id, None)
        for one in facts.requests
    )


def hasten(facts: Facts, urgency: int, ask: Ask, world: World) -> Effects:
    """A case becomes more urgent: clocks that would run out earlier by that do so, from their old starts."""
    anew = replace(facts, urgency=urgency)
    found = {clock.id: changes for clock in facts.running() if (changes := _recomputed(clock, anew, world))
             and changes["due_current"] < clock.due_current}  # fmt: skip
    return together(Effects({"urgency": urgency}, clocks=found), _other_duties(facts, anew, ask, world))


def _other_duties(facts: Facts, anew: Facts, ask: Ask, world: World) -> Effects:
    """What has become a dispute needs a first contact, and none when it is one no more; 特急 needs an arrival."""
    started, changed, lead = list[Clock](), Effects(), facts.lead
    if FIRST_CONTACT not in world.rules.line_of(anew.category):
        changed = stop(facts.running("contact"))
    elif lead is not None and not any(one.kind == "contact" and (one.running or one.met_at) for one in facts.clocks):
        if before := [one for one in facts.clocks if one.kind == "contact" and one.assignment_id == lead.id]:
            changed = _runs_again(before[-1], facts, ask)
        else:
            started += contact_clocks(anew, ask, world, lead)
    for task in facts.assignments if facts.urgency < anew.urgency else ():
        if task.active and not task.pool and task.arrived_at is None and task.arrive_by is None:
            started += arrival_clocks(anew, ask, world, task)
    return together(changed, Effects(started=started))


def _runs_again(clock: Clock, facts: Facts, ask: Ask) -> Effects:
    """What was owed before is owed again from its old start; where the work stands still, it stands with it."""
    still = [replace(clock, ended_at=None)] if facts.state in (State.SUSPENDED, State.EXTERNAL) else []
    return together(Effects(unmet=[clock.id]), pause(still, ask.now))


def ask_check(facts: Facts, ask: Ask, world: World) -> Effects:
    """请核实: one person goes and looks; the accept or verify clock waits once.

    Raises:
        Refusal: `invalid` for a handler who would check their own work, and for an impossible due.
    """
    person = uuid.UUID(ask.payload["person"])
    if facts.state == State.AWAITING_VERIFICATION and person in facts.handlers:
        raise invalid("payload.person", "承办人不能核实自己的办理。", "Whoever handled it does not check it.")
    latest = deadlines.due(ask.now, answer_limit("check", facts, world), world.rules.calendar)
    due = datetime.fromisoformat(ask.payload["due_at"]) if ask.payload.get("due_at") else latest
    if not ask.now < due <= latest:
        raise invalid("payload.due_at", "核实时限超出规则库的上限。", "Past, or later than the rules allow.")
    waiting = [clock for clock in facts.running(*WAITING) if not clock.pauses]
    asked = ask_for("check", facts, ask, world, by=ask.as_unit, to_person=person, due=due)
    return together(pause(waiting, ask.now), asked)


def answer_check(facts: Facts, ask: Ask, world: World) -> Effects:
    """核实反馈: with a photo taken now, or why there is none; the waiting clock goes on when no other check is out.

    Raises:
        Refusal: `invalid` without photo and reason.
    """
    if not ask.payload.get("photos") and not ask.payload.get("no_photo_reason"):
        raise invalid("payload.photos", "请附现场照片，或说明无法拍照的原因。", "A photo, or why there is none.")
    request = request_of(facts, ask)
    others = [one for one in facts.asked("check") if one.id != request.id and one.state != SILENT]
    went_on = Effects() if others else resume(facts.running(*WAITING), ask.now, world)
    return together(answer(request, facts, ask.now, "answered"), went_on)


def wait_ends(request: Request, facts: Facts, world: World) -> datetime:
    """When a clock stops waiting for a check: at its due, at the latest after a working day."""
    day = deadlines.due(request.asked_at, deadlines.Span(1, "working_days"), world.rules.calendar)
    due = request.answer_due or day
    return min(due, day) if facts.urgency < 4 else due


def end_wait(facts: Facts, ask: Ask, world: World) -> Effects:
    """核实逾期: the check stays silent, which is shown, and the clock that waited goes on (by the system)."""
    request = request_of(facts, ask)
    if request.kind != "check":
        raise Refusal("move_not_allowed")
    others = [one for one in facts.asked("check") if one.id != request.id and one.state != SILENT]
    went_on = Effects() if others else resume(facts.running(*WAITING), ask.now, world)
    return together(Effects(answers={request.id: {"state": SILENT}}), went_on)
