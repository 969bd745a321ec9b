"""Effects of receiving a matter 受理: submit, supplement, withdraw, register, accept, decline, object, overrule, settle
on the spot. Judges nobody's right to do so; the table does."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

from server.rules import deadlines
from server.rules.effects import Ask, Effects, World, end_case, fall_all, meet, overall_to, start_clock, together
from server.rules.facts import LEVELS, Facts, State
from server.rules.refusals import Refusal, invalid
from server.rules.situation import Situation


def holder_of(facts: Facts) -> uuid.UUID:
    """The unit that holds an open case."""
    if facts.holder_id is None:
        raise ValueError("an open case has a holder")
    return facts.holder_id


def submit(facts: Facts, ask: Ask, world: World) -> Effects:
    """A new case: the holder's accept clock and the overall clock start; an origin's reply clock too."""
    holder = holder_of(facts)
    overall = start_clock("overall", holder, facts, ask, world)
    if ask.origin_due is not None and ask.origin_due < overall.due_current:
        overall = replace(overall, due_original=ask.origin_due, due_current=ask.origin_due, fixed=True)
    clocks = [start_clock("accept", holder, facts, ask, world), overall]
    if facts.origin:
        clocks.append(start_clock("reply", holder, facts, ask, world, due=ask.origin_due))
    fields = {
        "state": State.SUBMITTED, "holder_id": holder, "category": facts.category, "urgency": facts.urgency,
        "area_code": facts.area_code, "grid_id": facts.grid_id,
    }  # fmt: skip
    return Effects(fields, started=clocks)


def supplement(_facts: Facts, ask: Ask, _world: World) -> Effects:
    """补充: the step itself is the effect, so it must hold something.

    Raises:
        Refusal: `invalid` for an empty one.
    """
    if not any(ask.payload.get(name) for name in ("text", "photos", "parties")):
        raise invalid("payload.text", "至少填写一项。", "Fill in at least one of the fields.")
    return Effects()


def reject(facts: Facts, ask: Ask, _world: World) -> Effects:
    """不予受理: the accept clock is met; the reporter may object, a superior may overrule."""
    return end_case(facts, ask, State.REJECTED, met=("accept",))


def withdraw(facts: Facts, ask: Ask, _world: World) -> Effects:
    """撤回: while others' reports follow it, the case goes on."""
    return Effects() if facts.followers else end_case(facts, ask, State.VOID)


def register_only(facts: Facts, ask: Ask, world: World) -> Effects:
    """A consultation that was answered is closed as registered; one that was handed down to be answered is verified by
    who handed it down."""
    holder = holder_of(facts)
    fields = {
        "first_responsible_id": facts.first_responsible_id or holder, "registered_only": True,
        "accepted_at": facts.accepted_at or ask.now, "finished_at": ask.now,
    }  # fmt: skip
    above = next((one for one in world.offices.superiors(holder) if one in facts.expecting), None)
    if above is not None:
        fields |= {"state": State.AWAITING_VERIFICATION, "holder_id": above, "dispatcher_id": above}
        return together(
            meet(facts.running("accept", "overall")), overall_to(above, facts, ask.now),
            Effects(fields, started=[start_clock("verify", above, facts, ask, world)], seen_by=[above]),
        )  # fmt: skip
    return together(end_case(facts, ask, State.CLOSED, met=("accept", "overall")), Effects(fields))


def confirm(facts: Facts, ask: Ask, world: World, unit: uuid.UUID) -> tuple[Facts, Effects]:
    """Category and urgency as the accepting centre confirms them; the accept clock is met.

    A confirmed category may shorten the overall limit; lengthening it is not the holder's to give.
    """
    confirmed = replace(facts, category=ask.payload["category"], urgency=ask.payload["urgency"])
    span = world.rules.limit(confirmed.category, confirmed.urgency, "overall")
    clocks: dict[uuid.UUID, dict[str, Any]] = {}
    for clock in facts.running("overall"):
        due = deadlines.recomputed(clock.started_at, span, clock.pauses, world.rules.calendar)
        if due < clock.due_current:
            clocks[clock.id] = {"due_current": due, "amount": span.amount, "unit": span.unit, "fixed": False}
    fields = {
        "category": confirmed.category,
        "urgency": confirmed.urgency,
        "first_responsible_id": facts.first_responsible_id or unit,
        "accepted_at": facts.accepted_at or ask.now,
        "holder_id": unit,
    }
    return confirmed, together(
        meet(facts.running("accept")), overall_to(unit, facts, ask.now), Effects(fields, clocks=clocks, seen_by=[unit])
    )  # fmt: skip


def accepting_unit(facts: Facts, ask: Ask) -> uuid.UUID:
    """Who accepts: the holder, and with 特急 the first centre on the line that does."""
    return ask.as_unit or holder_of(facts)


def accept(facts: Facts, ask: Ask, world: World) -> Effects:
    """The centre takes the case on; its dispatch clock starts. A named handler sees it."""
    unit = accepting_unit(facts, ask)
    confirmed, effects = confirm(facts, ask, world, unit)
    fields = {"state": State.ACCEPTED, **repeats(ask)}
    handler = [uuid.UUID(ask.payload["handler"])] if ask.payload.get("handler") else []
    clock = start_clock("dispatch", unit, confirmed, ask, world)
    return together(effects, Effects(fields, started=[clock], shown_to=handler))


def repeats(ask: Ask) -> dict[str, Any]:
    """The case that this one repeats, where the accepting centre says so."""
    return {"repeat_of": uuid.UUID(ask.payload["repeat_of"])} if ask.payload.get("repeat_of") else {}


def may_settle(here: Situation) -> bool:
    """Nobody accepted it and the category may be settled on the spot: by the holder, or in time by the worker or the
    cadre of the place who filed it. What a department or another centre found and put right is no settlement there."""
    facts, rules = here.facts, here.world.rules
    if facts.first_responsible_id is not None or not rules.categories[facts.category].settle_on_spot:
        return False
    window = timedelta(hours=rules.numbers["spot_hours"])
    in_time = facts.received_at is None or here.now - facts.received_at <= window
    of_the_place = not here.standing.units or facts.village_desk in here.standing.units
    return "holder" in here.standing.roles or (in_time and of_the_place)


def settle_on_spot(facts: Facts, ask: Ask, world: World) -> Effects:
    """即报即结: done before it was accepted; somebody else verifies.

    A worker's is verified by the village desk, a cadre's of that desk by the township, and what a centre above settled
    itself by another of its people 自办自核.
    """
    holder, offices = holder_of(facts), world.offices
    avoided = world.rules.categories[facts.category].avoid_village
    desk = facts.village_desk if facts.village_desk and not avoided else holder
    unit = next((one for one in (holder, desk) if one in ask.standing.units), None)
    by_village = unit is not None and offices.level_of(unit) == "village"
    verifier = (offices.parent_centre(unit) or unit) if unit and by_village else unit or desk
    reached = offices.level_of(unit) if unit else "grid"
    fields = {
        "state": State.AWAITING_VERIFICATION, "holder_id": verifier, "first_responsible_id": desk,
        "dispatcher_id": verifier, "result": "resolved", "accepted_at": ask.now, "finished_at": ask.now,
        "settled_level": max(facts.settled_level or reached, reached, key=LEVELS.index),
        "self_verified": unit is not None and not by_village, "handed_by_id": None,
    }  # fmt: skip
    return together(
        meet(facts.running("accept", "overall")), fall_all(facts, ask.now), overall_to(verifier, facts, ask.now),
        Effects(fields, started=[start_clock("verify", verifier, facts, ask, world)], seen_by=[desk, verifier]),
    )  # fmt: skip


def object_to(facts: Facts, ask: Ask, world: World) -> Effects:
    """异议: the parent of the centre that declined or voided it looks at it anew; the overall clock goes on."""
    ended_by = facts.ended_by_unit_id
    parent = world.offices.parent_centre(ended_by) if ended_by else None
    if parent is None:
        raise Refusal("move_not_allowed")
    return together(_back_in(facts, ask, world, parent), Effects({"objected": True}))


def overrule(facts: Facts, ask: Ask, world: World) -> Effects:
    """责令受理: a superior centre sends a declined case back to the centre that declined it, or takes it itself.

    Raises:
        Refusal: `invalid` naming a unit that is neither.
    """
    rejecting, superior = facts.ended_by_unit_id, ask.as_unit
    unit = uuid.UUID(ask.payload["unit"]) if ask.payload.get("unit") else rejecting
    if unit is None or unit not in (rejecting, superior):
        raise invalid("payload.unit", "只能退回原单位或由本中心受理。", "Either that centre or your own.")
    return _back_in(facts, ask, world, unit)


def _back_in(facts: Facts, ask: Ask, world: World, unit: uuid.UUID) -> Effects:
    """An ended case is submitted again: its overall clock runs on; what its origin was told stands."""
    overall = [clock.id for clock in facts.clocks if clock.kind == "overall"]
    fields = {
        "state": State.SUBMITTED, "holder_id": unit, "dispatcher_id": None, "handed_by_id": None, "ended_at": None,
        "ended_by_unit_id": None,
    }  # fmt: skip
    own = {clock.id: {"unit_id": unit} for clock in facts.clocks
           if clock.kind == "overall" and clock.due_current >= ask.now}  # fmt: skip
    return Effects(
        fields, started=[start_clock("accept", unit, facts, ask, world)], clocks=own, unmet=overall, seen_by=[unit],
    )  # fmt: skip
