"""Effects of supervision 督办: rungs against the unit that should act, their acknowledgement and lifting; the ladder's
own reminders; comments from above; lateness excused."""

import uuid
from typing import Any

from server.rules.effects import Ask, Concerned, Effects, World, answer, ask_for, fall, together
from server.rules.escalation import RUNGS, Stage, height, rung_of
from server.rules.facts import Clock, Facts, Request
from server.rules.handing import request_of
from server.rules.refusals import Refusal, invalid
from server.rules.situation import Situation

LOWEST = "reminder"
RUNG_CHOICES = tuple((rung, *words) for rung, words in RUNGS.items())


def supervise(facts: Facts, ask: Ask, world: World) -> Effects:
    """督办: against the holder, for its most pressing clock; a rung only rises. The holder must acknowledge it.

    Raises:
        Refusal: `invalid` for a rung that is not above the present one, or too high for whoever asks.
    """
    rung = ask.payload["rung"]
    if rung != LOWEST and not {"superior", "leader"} & ask.standing.roles:
        raise invalid("payload.rung", "只有上级中心可以发出催办以上的督办。", "Only a superior goes beyond a reminder.")
    if rung in ("yellow_card", "red_card") and "leader" not in ask.standing.roles:
        raise invalid("payload.rung", "黄牌、红牌由分管领导签发。", "Cards are issued by a leader.")
    unit, clock = facts.concerned, pressing_clock(facts)
    if unit is None:
        raise Refusal("move_not_allowed")
    present = [one for one in _in_force(facts) if one.terms["unit"] == str(unit) and _same_clock(one, clock)]
    if any(height(one.terms["rung"]) >= height(rung) for one in present):
        raise invalid("payload.rung", "督办级别只升不降。", "A rung only rises.")
    return issue(facts, ask, world, rung, unit, clock, by=ask.as_unit)


def issue(
    facts: Facts, ask: Ask, world: World, rung: str, unit: uuid.UUID, clock: Clock | None, by: uuid.UUID | None
) -> Effects:
    """A rung against a unit: an ask that it acknowledges."""
    terms = {"rung": rung, "unit": str(unit), "deadline": str(clock.id) if clock else None}
    asked = ask_for("supervision", facts, ask, world, by=by, to=unit, terms=terms)
    highest = max([rung, *([facts.rung] if facts.rung else [])], key=height)
    return together(asked, Effects({"rung": highest}, concerned=Concerned(approver=unit, issuer=ask.standing.person)))


def lift(facts: Facts, ask: Ask, _world: World) -> Effects:
    """解除: the issuer takes a rung back (the office's own, a leader above), which is shown and never erased."""
    request = request_of(facts, ask)
    left = [one.terms["rung"] for one in _in_force(facts) if one.id != request.id]
    highest = max(left, key=height) if left else None
    open_still = fall([request], facts, ask.now, "lifted") if request.open else Effects()
    return together(open_still, Effects({"rung": highest}, answers={request.id: {"state": "lifted"}}))


def acknowledge(facts: Facts, ask: Ask, _world: World) -> Effects:
    """回复: whoever holds the case says what it does about it."""
    request = request_of(facts, ask)
    return together(
        answer(request, facts, ask.now, "acknowledged"), Effects(concerned=Concerned(issuer=request.by_person_id))
    )  # fmt: skip


def remind(facts: Facts, ask: Ask, world: World) -> Effects:
    """亮灯: a clock has reached a stage of the ladder (by the system). Cards are proposed; a leader issues them."""
    stage = Stage(ask.payload["stage"])
    clock = next(one for one in facts.clocks if str(one.id) == ask.payload["deadline"])
    concerned = Concerned(approver=clock.unit_id, overseers=_overseers(facts, clock, stage, world))
    reached = Effects(clocks={clock.id: {"stage": int(stage)}}, concerned=concerned)
    rung = rung_of(min(stage, Stage.SUPERVISED))
    if rung is None or facts.holder_id is None or clock.stage >= Stage.SUPERVISED:
        return reached
    if stage >= Stage.SUPERVISED:
        return together(issue(facts, ask, world, rung, clock.unit_id, clock, by=None), reached)
    higher = height(rung) > height(facts.rung)
    return together(reached, Effects({"rung": rung} if higher else {}))


def _overseers(facts: Facts, clock: Clock, stage: Stage, world: World) -> tuple[uuid.UUID, ...]:
    """A yellow light stays with the unit. When the limit ran out its superior hears of it, and the first responsible
    unit; a red card is the next level's to watch as well 提级督办."""
    if stage < Stage.RED:
        return ()
    levels = 2 if stage >= Stage.RED_CARD else 1
    first = [facts.first_responsible_id] if facts.first_responsible_id else []
    return tuple(dict.fromkeys([*world.offices.superiors(clock.unit_id)[:levels], *first]))


def comment(facts: Facts, ask: Ask, _world: World) -> Effects:
    """批示: may name a leader in charge 包案领导, who sees the case from then on, in the place of the one before; never
    changes the holder."""
    leader = ask.payload.get("leader_in_charge")
    if not leader:
        return Effects()
    person, before = uuid.UUID(leader), facts.leader_in_charge_id
    return Effects(
        {"leader_in_charge_id": person}, shown_to=[person],
        hidden_from=[before] if before not in (None, person) else [], concerned=Concerned(person=person),
    )  # fmt: skip


def late_by_the_line(here: Situation) -> list[Clock]:
    """Other units' clocks met too late only because the network was, not yet excused."""
    return [clock for clock in here.facts.clocks if _excusable(clock, here.standing.units)]


def _excusable(clock: Clock, units: frozenset[uuid.UUID]) -> bool:
    return clock.offline_late and not clock.excused and clock.unit_id not in units


def excuse(facts: Facts, ask: Ask, _world: World) -> Effects:
    """认可离线迟到: the dispatcher excuses a move that was made in time and arrived late; nobody excuses themselves."""
    clock = next((one for one in facts.clocks if str(one.id) == ask.payload["deadline"]), None)
    if clock is None or not _excusable(clock, ask.standing.units):
        raise invalid("payload.deadline", "不是可认可的离线迟到。", "Not a lateness that may be excused.")
    changes: dict[str, Any] = {"excused": True}
    return Effects(clocks={clock.id: changes})


def pressing_clock(facts: Facts) -> Clock | None:
    """The holder's running clock that is due first, else the case's own."""
    running = [one for one in facts.running() if one.kind not in ("answer", "reply")]
    own = [one for one in running if one.unit_id == facts.holder_id]
    return min(own or running, key=lambda clock: clock.due_current, default=None)


def _in_force(facts: Facts) -> list[Request]:
    return [one for one in facts.requests if one.kind == "supervision" and one.state not in ("lifted", "fallen")]


def _same_clock(request: Request, clock: Clock | None) -> bool:
    return bool(request.terms["deadline"] == (str(clock.id) if clock else None))
