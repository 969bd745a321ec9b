"""Effects of referring a matter out of the house 转出, of the receipt that comes back, and of answering its origin."""

import uuid
from dataclasses import replace
from typing import Any

from server.rules.effects import (
    Ask,
    Effects,
    World,
    drop,
    fall_all,
    meet,
    overall_to,
    pause,
    resume,
    start_clock,
    together,
)
from server.rules.extending import working_clocks
from server.rules.facts import Assignment, Facts, State, TaskState
from server.rules.handling import reported, to_verification
from server.rules.refusals import Refusal, invalid

EXTERNAL = "external"
SETTLED_THERE = {"accepted": "guided", "settled": "resolved", "confirmed": "mediated"}
"""Receipts that end the matter for this house, and the result they mean: taken on (the legal road goes on there),
settled, judicially confirmed 司法确认. All others bring it back to its lead."""


def refer_out(facts: Facts, ask: Ask, world: World) -> Effects:
    """转出: clocks of those at work stand still, the receipt clock runs. From `accepted` the centre stands as lead."""
    centre = facts.dispatcher_id if facts.state == State.IN_PROGRESS else facts.holder_id
    if centre is None:
        raise Refusal("move_not_allowed")
    receipt = start_clock("receipt", centre, facts, ask, world)
    fields: dict[str, Any] = {
        "state": State.EXTERNAL, "holder_id": centre, "dispatcher_id": centre, "route": ask.payload["route"],
    }  # fmt: skip
    fallen = together(fall_all(facts, ask.now), overall_to(centre, facts, ask.now))
    still = pause([one for one in facts.running() if one.assignment_id is not None], ask.now)
    back = {one.assignment_id: {"state": one.terms["before"]} for one in facts.asked("return", "ruling")
            if one.assignment_id is not None}  # fmt: skip
    fallen = together(fallen, Effects(tasks=back))
    if facts.state == State.IN_PROGRESS:
        return together(fallen, still, Effects(fields, started=[receipt]))
    task = Assignment(
        uuid.uuid5(ask.step_id, f"lead:{centre}"), "lead", centre, TaskState.HANDLING, opened_at=ask.now,
        signed_at=ask.now,
    )  # fmt: skip
    handle = replace(start_clock("handle", centre, facts, ask, world, assignment=task.id), pauses=((ask.now, None),))
    return together(
        meet(facts.running("dispatch")), fallen, still,
        Effects(fields, started=[receipt, handle], opened=[task], seen_by=[centre]),
    )  # fmt: skip


def receipt(facts: Facts, ask: Ask, world: World) -> Effects:
    """回执: they took it on or settled it, and it is verified here; or it comes back to be handled."""
    lead = facts.lead
    if lead is None:
        raise Refusal("move_not_allowed")
    result = SETTLED_THERE.get(ask.payload["outcome"])
    if result is not None:
        level = None if result == "guided" else EXTERNAL
        left = drop(facts, facts.helpers, TaskState.RECALLED, ask.now)
        effects = to_verification(facts, ask, world, result, facts.route, level)
        return together(left, effects, Effects(tasks={lead.id: reported(ask, result)}))
    went_on = resume(working_clocks(facts), ask.now, world)
    return together(
        meet(facts.running("receipt")), went_on,
        Effects({"state": State.IN_PROGRESS, "holder_id": lead.unit_id, "route": None}, seen_by=[lead.unit_id]),
    )  # fmt: skip


def answer_source(facts: Facts, ask: Ask, _world: World) -> Effects:
    """回告: the origin hears once that it was taken on, returned, or how it ended; the last two meet the reply clock.

    Raises:
        Refusal: `invalid` for what it was told already.
    """
    if ask.payload["kind"] in facts.answered:
        raise invalid("payload.kind", "已经这样回告过。", "The origin was told so already.")
    final = ask.payload["kind"] in ("returned", "result")
    return meet(facts.running("reply")) if final else Effects()
