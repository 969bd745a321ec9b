"""Effects of verifying and closing 核查结案: pass, fail, reopen."""

import uuid
from datetime import timedelta

from server.rules.facts import Ask, Effects, Facts, State, TaskState, World, start_clock
from server.rules.receiving import holder_of
from server.rules.refusals import Refusal, invalid

MODES = ("photo", "phone", "on_site")
"""Ways to verify, the least thorough first."""
SETTLED = frozenset({"resolved", "mediated"})
LEVELS = ("grid", "village", "township", "county", "city")
REOPEN_WITHIN = timedelta(days=30)


def verify_pass(facts: Facts, ask: Ask, world: World) -> Effects:
    """核查通过: the case is closed; where it was settled is written down.

    Raises:
        Refusal: `move_not_allowed` for somebody who handled it; `invalid` for a mode below the category's least.
    """
    _no_handler(facts, ask)
    least = world.rules.categories[facts.category].least_verification
    if MODES.index(ask.payload["mode"]) < MODES.index(least):
        raise invalid("payload.mode", "核查方式低于该类别的最低要求。", "The category asks for a more thorough way.")
    return Effects(
        {
            "state": State.CLOSED, "holder_id": None, "ended_at": ask.now,
            "settled_level": _settled_level(facts, world),
        },
        met=facts.running("verify"),
        ended=[clock.id for clock in facts.clocks if clock.running and clock.kind != "verify"],
    )  # fmt: skip


def verify_fail(facts: Facts, ask: Ask, world: World) -> Effects:
    """核查不通过: the lead goes on with the time that is left; a spot settlement is handled after all.

    Raises:
        Refusal: `move_not_allowed` for somebody who handled it.
    """
    _no_handler(facts, ask)
    verifier = holder_of(facts)
    overall = [clock.id for clock in facts.clocks if clock.kind == "overall" and not clock.running]
    lead = next((one for one in reversed(facts.assignments) if one.role == "lead"), None)
    fields = {"rework_count": facts.rework_count + 1, "result": None, "route": None}
    if lead is None:
        clock = start_clock("dispatch", verifier, facts, ask, world)
        return Effects(
            {**fields, "state": State.ACCEPTED, "dispatcher_id": None, "settled_level": None},
            started=[clock], met=facts.running("verify"), unmet=overall,
        )  # fmt: skip
    handled = [clock.id for clock in facts.clocks if clock.kind == "handle" and clock.assignment == lead.id]
    return Effects(
        {**fields, "state": State.IN_PROGRESS, "holder_id": lead.unit},
        met=facts.running("verify"),
        unmet=[*overall, *handled],
        tasks={lead.id: {"state": TaskState.HANDLING, "reported_at": None, "result": None}},
    )


def reopen(facts: Facts, ask: Ask, world: World) -> Effects:
    """重开: the dispatcher holds it again; the first closing stays in the steps.

    Raises:
        Refusal: `move_not_allowed` after 30 days.
    """
    holder: uuid.UUID | None = facts.dispatcher or facts.first_responsible
    if holder is None or facts.ended_at is None or ask.now - facts.ended_at > REOPEN_WITHIN:
        raise Refusal("move_not_allowed")
    return Effects(
        {
            "state": State.ACCEPTED, "holder_id": holder, "dispatcher_id": None, "ended_at": None,
            "reopen_count": facts.reopen_count + 1, "result": None, "route": None, "settled_level": None,
        },
        started=[start_clock("dispatch", holder, facts, ask, world)],
        seen_by=[holder],
    )  # fmt: skip


def _no_handler(facts: Facts, ask: Ask) -> None:
    if ask.standing.person in facts.handlers:
        raise Refusal("move_not_allowed")


def _settled_level(facts: Facts, world: World) -> str | None:
    lead = next((one for one in reversed(facts.assignments) if one.role == "lead"), None)
    reached = [facts.settled_level] if facts.settled_level else []
    if lead is not None:
        reached.append(world.offices.level_of(lead.unit))
    return max(reached, key=LEVELS.index) if reached else None
