"""Effects of moving a case between levels 层级流转: up, down, back, sideways, taken over. One level at a time, except
where the page of moves lets an emergency skip."""

import uuid
from typing import Any

from server.rules import deadlines
from server.rules.effects import (
    Ask,
    Concerned,
    Effects,
    World,
    answer,
    answerer,
    ask_for,
    drop,
    fall,
    fall_all,
    overall_to,
    start_clock,
    stop,
    together,
)
from server.rules.facts import LEVELS, Clock, Facts, Request, State, TaskState
from server.rules.receiving import holder_of
from server.rules.refusals import Refusal, invalid
from server.rules.situation import Situation


def request_of(facts: Facts, ask: Ask) -> Request:
    """The request a move is about."""
    return next(one for one in facts.requests if one.id == ask.request)


def escalate(facts: Facts, ask: Ask, world: World) -> Effects:
    """上报上级: the parent centre holds it anew; whoever was at work is recalled.

    Raises:
        Refusal: `move_not_allowed` at the top; `invalid` for a dispute with too few mediation attempts.
    """
    sender = facts.dispatcher_id if facts.state == State.IN_PROGRESS and facts.dispatcher_id else holder_of(facts)
    parent = world.offices.parent_centre(sender)
    if parent is None:
        raise Refusal("move_not_allowed")
    least = world.rules.categories[facts.category].attempts
    if facts.attempts < least and not facts.refused and not ask.payload.get("override_reason"):
        raise invalid(
            "payload.override_reason",
            f"当事人到场的调解须满 {least} 次，或说明提前上报的理由。",
            f"This needs {least} mediation attempts with the parties present, or a reason to go up earlier.",
        )
    reached = world.offices.level_of(parent)
    level = max(facts.settled_level or reached, reached, key=LEVELS.index)
    return together(anew_at(parent, facts, ask, world), Effects({"settled_level": level, "escalated": True}))


def hand_down(facts: Facts, ask: Ask, world: World) -> Effects:
    """下派: a direct child centre holds it anew; 特急 may skip levels. What is to be answered comes back here when it
    is closed below.

    Raises:
        Refusal: `invalid` naming a unit that is not below, or a village for what must avoid it.
    """
    unit, holder = uuid.UUID(ask.payload["unit"]), holder_of(facts)
    if unit not in centres_for(facts, world):
        raise invalid("payload.unit", "只能下派到直属下级中心；回避村社区的事项不下派到村。",
                      "Only a centre directly below, and none of a village for what must avoid it.")  # fmt: skip
    fields = {"handed_by_id": holder, "hand_downs": facts.hand_downs + 1}
    return together(anew_at(unit, facts, ask, world), Effects(fields))


def centres_for(facts: Facts, world: World) -> list[uuid.UUID]:
    """Centres that the holder may hand this case down to."""
    offices, holder = world.offices, holder_of(facts)
    below = offices.centres_below(holder) if facts.urgency == 4 else offices.child_centres(holder)
    avoided = world.rules.categories[facts.category].avoid_village
    return [one for one in below if not avoided or offices.level_of(one) != "village"]


def may_send_back(here: Situation) -> bool:
    """Handed down, received less than 8 working hours ago, and never sent back before 退回下派."""
    return (
        here.facts.handed_by_id is not None
        and not here.facts.sent_back
        and not _too_late(here.facts.running("accept"), here, "send_back_hours")
    )


def send_back(facts: Facts, ask: Ask, world: World) -> Effects:
    """退回下派: the centre above has it again, accepted, with a dispatch clock; counted as a misdispatch there."""
    above = facts.handed_by_id
    if above is None:
        raise Refusal("move_not_allowed")
    fields = {
        "state": State.ACCEPTED, "holder_id": above, "handed_by_id": None,
        "first_responsible_id": facts.first_responsible_id or above, "accepted_at": facts.accepted_at or ask.now,
    }  # fmt: skip
    clock = start_clock("dispatch", above, facts, ask, world)
    return together(
        stop(facts.running("accept")), fall_all(facts, ask.now), overall_to(above, facts, ask.now),
        Effects(fields, started=[clock], seen_by=[above]),
    )  # fmt: skip


def transfer(facts: Facts, ask: Ask, world: World) -> Effects:
    """移交: the holder asks; the common parent confirms, and its silence agrees.

    Raises:
        Refusal: `invalid` naming a unit that is no centre of the same level.
    """
    unit, holder = uuid.UUID(ask.payload["unit"]), holder_of(facts)
    if unit not in world.offices.peers(holder):
        raise invalid("payload.unit", "只能移交给同级中心。", "Only a centre of the same level.")
    parent = next((one for one in world.offices.superiors(holder) if one in world.offices.superiors(unit)), None)
    if parent is None:
        raise invalid("payload.unit", "两个中心没有共同的上级。", "The two centres have no superior in common.")
    return ask_for("transfer", facts, ask, world, by=holder, to=parent, terms={"unit": str(unit)})


def agree_transfer(facts: Facts, ask: Ask, world: World) -> Effects:
    """The other centre holds it anew; where the place was wrong, first responsibility goes along."""
    request = request_of(facts, ask)
    unit, holder = uuid.UUID(request.terms["unit"]), holder_of(facts)
    misplaced = world.offices.covers(unit, facts.area_code) and not world.offices.covers(holder, facts.area_code)
    fields = {"first_responsible_id": unit} if misplaced and facts.first_responsible_id else {}
    return together(
        answer(request, facts, ask.now, "granted"), anew_at(unit, facts, ask, world, but=request.id),
        Effects(fields, concerned=Concerned(asker=request.by_unit_id)),
    )  # fmt: skip


def refuse(facts: Facts, ask: Ask, _world: World) -> Effects:
    """An ask is refused; nothing else changes."""
    return answer(request_of(facts, ask), facts, ask.now, "refused")


def may_take_over(here: Situation) -> bool:
    """A superior of the centre that answers for it, when a limit of the work went unmet, with nobody on duty there, or
    by its leader's order."""
    above = set(_above(here.facts, here.world))
    if not above & here.standing.units:
        return False
    late = any(clock.overdue(here.now) for clock in here.facts.running() if clock.kind not in ("answer", "reply"))
    return late or bool(above & here.standing.leads) or nobody_on_duty(here)


def nobody_on_duty(here: Situation) -> bool:
    """Before the office opens or after it closed, and the roster 值班表 of the centre that answers for it names nobody.
    Villages keep none."""
    centre, calendar = _answering(here.facts), here.world.rules.calendar
    if centre is None or here.world.offices.level_of(centre) == "village" or centre in here.facts.on_duty:
        return False
    shifts = calendar.shift_spans(calendar.day_of(here.now))
    return not shifts or not shifts[0][0] <= here.now < shifts[-1][1]


def take_over(facts: Facts, ask: Ask, world: World) -> Effects:
    """提级接管: a superior becomes dispatcher, and holder where a centre holds; lateness stays where it arose.

    What the old dispatcher has still to answer is answered by the new one.

    Raises:
        Refusal: `invalid` for a unit that does not stand above the present one.
    """
    unit = ask.as_unit
    if unit is None or unit not in _above(facts, world):
        raise invalid("as_unit", "只有上级中心可以接管。", "Only a centre above takes over.")
    effects = together(
        overall_to(unit, facts, ask.now), _answered_by(unit, facts, ask, world),
        Effects({"dispatcher_id": unit}, seen_by=[unit]),
    )  # fmt: skip
    if facts.state not in (State.SUBMITTED, State.ACCEPTED, State.AWAITING_VERIFICATION):
        return effects
    kind = {State.SUBMITTED: "accept", State.ACCEPTED: "dispatch"}.get(State(facts.state), "verify")
    following = "verify" if kind == "verify" else "dispatch"
    fields = {
        "holder_id": unit, "first_responsible_id": facts.first_responsible_id or unit,
        "accepted_at": facts.accepted_at or ask.now,
        "state": State.ACCEPTED if facts.state == State.SUBMITTED else facts.state, "handed_by_id": None,
        "self_verified": False,
    }  # fmt: skip
    clock = start_clock(following, unit, facts, ask, world)
    return together(
        effects, stop(facts.running(kind)), fall(facts.asked("transfer"), facts, ask.now),
        Effects(fields, started=[clock]),
    )  # fmt: skip


def anew_at(unit: uuid.UUID, facts: Facts, ask: Ask, world: World, *, but: uuid.UUID | None = None) -> Effects:
    """A centre holds the case as newly submitted: parts at work are recalled, only the overall clocks go on."""
    lasting = ("overall", "reply")
    return together(
        stop(clock for clock in facts.running() if clock.kind not in lasting and _not_supervision(clock, facts)),
        drop(facts, [one for one in facts.assignments if one.active], TaskState.RECALLED, ask.now),
        fall_all(facts, ask.now, but=but),
        overall_to(unit, facts, ask.now),
        Effects(
            {"state": State.SUBMITTED, "holder_id": unit, "dispatcher_id": None, "handed_by_id": None},
            started=[start_clock("accept", unit, facts, ask, world)],
            seen_by=[unit],
        ),
    )  # fmt: skip


def _above(facts: Facts, world: World) -> list[uuid.UUID]:
    """Centres above the one that answers for the case."""
    centre = _answering(facts)
    return list(world.offices.superiors(centre)) if centre else []


def _answering(facts: Facts) -> uuid.UUID | None:
    """The centre that answers for the case: whoever holds it, or sent it out to the lead that does."""
    return facts.dispatcher_id if facts.state in (State.IN_PROGRESS, State.SUSPENDED) else facts.holder_id


def _answered_by(unit: uuid.UUID, facts: Facts, ask: Ask, world: World) -> Effects:
    """Asks that the old dispatcher has not answered go to the new one; a limit that ran out stays where it did."""
    left = [one for one in facts.asked() if one.to_unit_id == facts.dispatcher_id and one.kind != "supervision"]
    clocks = [one for request in left for one in facts.running("answer", request=request.id)]
    answers: dict[uuid.UUID, dict[str, Any]] = {}
    for request in left:
        to, leader = answerer(unit, facts, world, to_leader=request.to_leader)
        answers[request.id] = {"to_unit_id": to, "to_leader": leader}
    return Effects(
        answers=answers, clocks={one.id: {"unit_id": unit} for one in clocks if not one.overdue(ask.now)}
    )  # fmt: skip


def _not_supervision(clock: Clock, facts: Facts) -> bool:
    return not any(one.id == clock.request_id and one.kind == "supervision" for one in facts.requests)


def _too_late(clocks: list[Clock], here: Situation, key: str) -> bool:
    span = deadlines.Span(here.world.rules.numbers[key], "working_hours")
    return any(here.now > deadlines.due(clock.started_at, span, here.world.rules.calendar) for clock in clocks)
