"""Effects of handling together 联动处置: sign, name a handler, report progress, mediate, feed back, finish."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from server.rules.dispatching import promote
from server.rules.effects import (
    Ask,
    Concerned,
    Effects,
    World,
    drop,
    fall,
    meet,
    start_clock,
    stop,
    together,
)
from server.rules.facts import Assignment, Facts, State, TaskState
from server.rules.refusals import Refusal, invalid
from server.rules.situation import Situation


def task_of(facts: Facts, ask: Ask) -> Assignment:
    """The assignment a move is about."""
    return next(one for one in facts.assignments if one.id == ask.assignment)


def to_be_signed(task: Assignment, here: Situation) -> bool:
    """Pending; or signed while the arrival that was called for is still to be told. Only its unit's members sign."""
    arriving = task.state == TaskState.HANDLING and here.facts.running("arrive", assignment=task.id)
    return task.unit_id in here.standing.units and (task.state == TaskState.PENDING or bool(arriving))


def sign(facts: Facts, ask: Ask, world: World) -> Effects:
    """签收: the unit has it; the first of a pool leads. With a time of arrival it was on the spot 报到.

    Raises:
        Refusal: `invalid` for an arrival in the future or, when it was signed before, none at all.
    """
    task = task_of(facts, ask)
    arrived = datetime.fromisoformat(ask.payload["arrived_at"]) if ask.payload.get("arrived_at") else None
    if arrived is not None and arrived > ask.now:
        raise invalid("payload.arrived_at", "到场时间不能晚于现在。", "An arrival does not lie in the future.")
    if arrived is None and task.state == TaskState.HANDLING:
        raise invalid("payload.arrived_at", "已签收；请填写到场时间。", "It is signed for; say when you arrived.")
    changes: dict[str, Any] = {}
    if task.state == TaskState.PENDING:
        changes = {"state": TaskState.HANDLING, "signed_at": ask.now}
    met = meet(facts.running("sign", assignment=task.id))
    if arrived is not None:
        changes["arrived_at"] = arrived
        met = together(met, meet(facts.running("arrive", assignment=task.id)))
    first = promote(facts, task, ask, world) if task.pool else Effects()
    return together(first, met, Effects(tasks={task.id: changes}))


def name_handler(facts: Facts, ask: Ask, _world: World) -> Effects:
    """指派承办人: one person does it for the unit, which stays responsible."""
    task, person = task_of(facts, ask), uuid.UUID(ask.payload["person"])
    before = [task.handler_id] if task.handler_id and task.handler_id != person else []
    return Effects(
        tasks={task.id: {"handler_id": person}}, shown_to=[person], hidden_from=before,
        concerned=Concerned(person=person),
    )  # fmt: skip


def release_handler(facts: Facts, ask: Ask, _world: World) -> Effects:
    """承办人离岗: the named handler's grant ended; the task is the unit's again (by the system)."""
    person = uuid.UUID(ask.payload["person"])
    mine = [one for one in facts.assignments if one.active and one.handler_id == person]
    return Effects(tasks={one.id: {"handler_id": None} for one in mine}, hidden_from=[person])


def progress(_facts: Facts, _ask: Ask, _world: World) -> Effects:
    """进展: the step itself is the effect."""
    return Effects()


def mediate(facts: Facts, ask: Ask, _world: World) -> Effects:
    """调解: any outcome meets the contact clock.

    Raises:
        Refusal: `invalid` for a mediation in the future.
    """
    if datetime.fromisoformat(ask.payload["at"]) > ask.now:
        raise invalid("payload.at", "调解时间不能晚于现在。", "A mediation does not lie in the future.")
    return meet(facts.running("contact"))


def feedback(facts: Facts, ask: Ask, _world: World) -> Effects:
    """反馈: a co-handler is done."""
    task = task_of(facts, ask)
    return together(
        meet(facts.running("handle", assignment=task.id)),
        stop(facts.running("arrive", assignment=task.id)),
        fall(facts.asked(assignment=task.id), facts, ask.now),
        Effects(tasks={task.id: reported(ask, ask.payload["result"])}),
    )


def may_finish(task: Assignment, here: Situation) -> bool:
    """The lead is at work, and every co-handler reported, was waived, or let its due pass."""
    at_work = task.role == "lead" and task.state == TaskState.HANDLING and not task.pool
    return at_work and all(is_past_due(here.facts, one, here.now) for one in here.facts.helpers)


def finish(facts: Facts, ask: Ask, world: World) -> Effects:
    """办结反馈: the lead is done; whoever dispatched verifies.

    Whoever still helps then is past its due, waived by the system and counted. Where the rule book verifies only a
    share of a category, the rest is closed by the system in the same breath.
    """
    task = task_of(facts, ask)
    return together(
        drop(facts, facts.helpers, TaskState.WAIVED, ask.now),
        to_verification(facts, ask, world, ask.payload["result"], ask.payload.get("route")),
        Effects(tasks={task.id: reported(ask, ask.payload["result"])}),
    )


def to_verification(
    facts: Facts, ask: Ask, world: World, result: str, route: str | None, level: str | None = None
) -> Effects:
    """The lead's part ends well: its clocks are met, its requests fall, the verifier's clock starts."""
    lead = facts.lead
    if facts.dispatcher_id is None or lead is None:
        raise Refusal("move_not_allowed")
    verifier, by_itself = _verifier(facts, lead, world)
    fields = {
        "state": State.AWAITING_VERIFICATION, "holder_id": verifier, "result": result, "route": route,
        "finished_at": ask.now, "self_verified": by_itself, "suspended_at": None, "review_at": None,
    }  # fmt: skip
    if level is not None:
        fields["settled_level"] = level
    mine = facts.running("handle", assignment=lead.id)
    others = [one for one in facts.running() if one.assignment_id == lead.id and one.kind != "handle"]
    return together(
        meet([*mine, *facts.running("overall", "receipt")]),
        stop(others),
        fall([one for one in facts.asked() if one.kind not in ("check", "supervision")], facts, ask.now),
        Effects(fields, started=[start_clock("verify", verifier, facts, ask, world)], seen_by=[verifier],
                then=None if by_itself or must_be_verified(facts, world) else ("pass_unsampled", {})),
    )  # fmt: skip


def must_be_verified(facts: Facts, world: World) -> bool:
    """Is this case in the share that is verified? Drawn from its overall clock's id, the same wherever it is asked."""
    shares = world.rules.numbers["verify_share"]
    share = next((shares[code] for code in (*world.rules.line_of(facts.category), "*") if code in shares), 100)
    if facts.rework_count or facts.urgency == 4:
        return True
    draw = next((clock.id.int % 100 for clock in facts.clocks if clock.kind == "overall"), 0)
    return bool(draw < share)


def reported(ask: Ask, result: str) -> Mapping[str, Any]:
    """What an assignment's row says once its unit has fed back."""
    return {"state": TaskState.REPORTED, "reported_at": ask.now, "ended_at": ask.now, "result": result}


def is_past_due(facts: Facts, task: Assignment, now: datetime) -> bool:
    """Is this co-handler silent past its due?"""
    dues = [one.due_current for one in facts.running("handle", assignment=task.id) if not one.paused]
    return bool(dues) and max(dues) < now


def _verifier(facts: Facts, lead: Assignment, world: World) -> tuple[uuid.UUID, bool]:
    """Who verifies: the dispatcher; for a village that dispatched to itself its township; a higher centre that did
    verifies itself, by another person 自办自核."""
    dispatcher = facts.dispatcher_id
    if dispatcher is None:
        raise Refusal("move_not_allowed")
    if lead.unit_id != dispatcher:
        return dispatcher, False
    if world.offices.level_of(dispatcher) == "village":
        return world.offices.parent_centre(dispatcher) or dispatcher, False
    return dispatcher, True
