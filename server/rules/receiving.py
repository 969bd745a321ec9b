"""Effects of receiving a matter 受理: submit, withdraw, register, accept, reject, settle on the spot, send up."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

from server.rules import deadlines
from server.rules.facts import Ask, Effects, Facts, State, TaskState, World, start_clock
from server.rules.refusals import Refusal, invalid

SPOT_WINDOW = timedelta(hours=24)
"""How long after filing the reporting worker may still settle on the spot."""


def holder_of(facts: Facts) -> uuid.UUID:
    """The unit that holds an open case."""
    if facts.holder is None:
        raise ValueError("an open case has a holder")
    return facts.holder


def submit(facts: Facts, ask: Ask, world: World) -> Effects:
    """A new case: the holder's accept clock and the overall clock start."""
    holder = holder_of(facts)
    clocks = [start_clock(kind, holder, facts, ask, world) for kind in ("accept", "overall")]
    fields = {
        "state": State.SUBMITTED, "holder_id": holder, "category": facts.category, "urgency": facts.urgency,
        "first_responsible_id": None,
    }  # fmt: skip
    return Effects(fields, started=clocks)


def nothing(_facts: Facts, _ask: Ask, _world: World) -> Effects:
    """The step itself is the effect."""
    return Effects()


def supplement(_facts: Facts, ask: Ask, _world: World) -> Effects:
    """补充: the step itself is the effect, so it must hold something.

    Raises:
        Refusal: `invalid` for an empty one.
    """
    if not any(ask.payload.get(name) for name in ("text", "photos", "parties")):
        raise invalid("payload.text", "至少填写一项。", "Fill in at least one of the fields.")
    return Effects()


def end(state: State, *met: str) -> Any:
    """The case ends in this state; clocks of the kinds `met` count as met, all others stop."""

    def effect(facts: Facts, ask: Ask, _world: World) -> Effects:
        running = [clock for clock in facts.clocks if clock.running]
        fields = {"state": state, "holder_id": None, "ended_at": ask.now}
        return Effects(
            fields,
            met=[clock.id for clock in running if clock.kind in met],
            ended=[clock.id for clock in running if clock.kind not in met],
        )

    return effect


def register_only(facts: Facts, ask: Ask, world: World) -> Effects:
    """A consultation that was answered is closed as registered."""
    effects: Effects = end(State.CLOSED, "accept", "overall")(facts, ask, world)
    return replace(effects, fields={**effects.fields, "first_responsible_id": holder_of(facts)})


def confirm(facts: Facts, ask: Ask, world: World) -> tuple[Facts, Effects]:
    """Category and urgency as the holder confirms them; the accept clock is met.

    A confirmed category may shorten the overall limit; lengthening it is not the holder's to give.
    """
    confirmed = replace(facts, category=ask.payload["category"], urgency=ask.payload["urgency"])
    span = world.rules.limit(confirmed.category, confirmed.urgency, "overall")
    redue = {
        clock.id: min(clock.due_current, deadlines.due(clock.started_at, span, world.rules.calendar))
        for clock in facts.clocks
        if clock.kind == "overall" and clock.running
    }
    fields = {
        "category": confirmed.category,
        "urgency": confirmed.urgency,
        "first_responsible_id": facts.first_responsible or holder_of(facts),
    }
    return confirmed, Effects(fields, met=facts.running("accept"), redue=redue)


def accept(facts: Facts, ask: Ask, world: World) -> Effects:
    """The holder takes the case on; its dispatch clock starts."""
    confirmed, effects = confirm(facts, ask, world)
    fields = {**effects.fields, "state": State.ACCEPTED}
    if ask.payload.get("repeat_of"):
        fields["repeat_of"] = uuid.UUID(ask.payload["repeat_of"])
    return replace(effects, fields=fields, started=[start_clock("dispatch", holder_of(facts), confirmed, ask, world)])


def settle_on_spot(facts: Facts, ask: Ask, world: World) -> Effects:
    """即报即结: done before it was accepted; somebody else verifies.

    Raises:
        Refusal: `move_not_allowed` when the worker's 24 hours are over.
    """
    holder = holder_of(facts)
    by_desk = "holder" in ask.standing.roles
    if not by_desk and facts.received_at is not None and ask.now - facts.received_at > SPOT_WINDOW:
        raise Refusal("move_not_allowed")
    desk = facts.village_desk or holder
    verifier = (world.offices.parent_centre(desk) or desk) if by_desk else desk
    level = world.offices.level_of(desk) if by_desk else "grid"
    fields = {
        "state": State.AWAITING_VERIFICATION, "holder_id": verifier, "first_responsible_id": desk,
        "dispatcher_id": verifier, "settled_level": level, "result": "resolved",
    }  # fmt: skip
    return Effects(
        fields,
        started=[start_clock("verify", verifier, facts, ask, world)],
        met=[*facts.running("accept"), *facts.running("overall")],
        seen_by=[desk, verifier],
    )


def escalate(facts: Facts, ask: Ask, world: World) -> Effects:
    """上报上级: the parent centre holds it anew; whoever was at work is recalled.

    Raises:
        Refusal: `move_not_allowed` at the top; `invalid` for a dispute with too few mediation attempts.
    """
    sender = facts.dispatcher if facts.state == State.IN_PROGRESS and facts.dispatcher else holder_of(facts)
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
    recalled = [one for one in facts.assignments if one.active]
    stopping = [clock.id for clock in facts.clocks if clock.running and clock.kind != "overall"]
    return Effects(
        {
            "state": State.SUBMITTED, "holder_id": parent, "dispatcher_id": None,
            "settled_level": world.offices.level_of(parent),
            "first_responsible_id": facts.first_responsible or sender,
        },
        started=[start_clock("accept", parent, facts, ask, world)],
        ended=stopping,
        tasks={one.id: {"state": TaskState.RECALLED} for one in recalled},
        seen_by=[parent],
        unseen_by=[one.unit for one in recalled if one.unit != sender],
    )  # fmt: skip
