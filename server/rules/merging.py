"""Effects of putting reports of one matter together 并案 and taking them apart again 拆并."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from server.rules.checking import hasten
from server.rules.effects import Ask, Effects, World, end_case, start_clock, together
from server.rules.escalation import height
from server.rules.facts import Clock, Facts, State
from server.rules.refusals import Refusal, invalid
from server.rules.situation import Situation


def merge(facts: Facts, ask: Ask, world: World) -> Effects:
    """并案: this case follows a master that is open and follows none; it keeps its code, receipt, visit and rating.

    Raises:
        Refusal: `invalid` naming a master that cannot be one, or that somebody else decides for.
    """
    master = ask.other
    if master is None or not master.open or master.master_id is not None:
        raise invalid(
            "payload.master", "主办事项须在办，且未并入其他事项。", "The master must be open and no follower."
        )
    if facts.followers:
        raise invalid(
            "payload.master", "已有事项并入本事项，请反向并案。", "Others follow this case; merge the other way."
        )
    if not _decides_for_both(facts, master, ask, world):
        raise invalid(
            "payload.master", "两个事项须由同一单位承办或派出，否则请共同的上级中心并案。",
            "You do not decide for both; the centre above both may merge them.",
        )  # fmt: skip
    overall = facts.running("overall")
    takes = {
        "follower": str(facts.id), "urgency": facts.urgency, "rung": facts.rung,
        "due": overall[0].due_current.isoformat() if overall else None,
        "reporters": sorted(str(one) for one in facts.reporters),
    }  # fmt: skip
    ended = end_case(facts, ask, State.MERGED)
    fields = {"master_id": uuid.UUID(ask.payload["master"]), "visit_owed": facts.resident}  # once the master is closed
    return together(ended, Effects(fields, then=("absorb", takes)))


def absorb(facts: Facts, ask: Ask, world: World) -> Effects:
    """并入他案: the master takes the earlier due, the higher rung and urgency with its limits; the follower's reporters
    see it."""
    takes: Mapping[str, Any] = ask.payload
    hurried = hasten(facts, takes["urgency"], ask, world) if takes["urgency"] > facts.urgency else Effects()
    fields: dict[str, Any] = {}
    rungs = [one for one in (facts.rung, takes["rung"]) if one]
    if rungs:
        fields["rung"] = max(rungs, key=height)
    due = datetime.fromisoformat(takes["due"]) if takes["due"] else None
    clocks = {
        clock.id: {"due_current": due, "fixed": True}
        for clock in facts.running("overall")
        if due is not None and due < hurried.clocks.get(clock.id, {}).get("due_current", clock.due_current)
    }
    reporters = [uuid.UUID(one) for one in takes["reporters"]]
    return together(hurried, Effects(fields, clocks=clocks, shown_to=reporters))


def with_follower(master: Facts, follower: Facts) -> Facts:
    """The master once this case follows it, before it takes anything from it."""
    if follower.id is None:
        raise ValueError("a case that is there has an id")
    joined = frozenset((follower.id, reporter) for reporter in follower.reporters)
    return replace(master, followers=master.followers | joined)


def without_follower(master: Facts, follower: Facts) -> Facts:
    """The master once this case follows it no more."""
    return replace(master, followers=frozenset(one for one in master.followers if one[0] != follower.id))


def may_split(here: Situation) -> bool:
    """Who merged and its superiors at any time; the follower's reporter once, within 7 days."""
    facts = here.facts
    if "merger" in here.standing.roles:
        return True
    days = timedelta(days=here.world.rules.numbers["split_days"])
    return facts.split_at is None and facts.ended_at is not None and here.now - facts.ended_at <= days


def split(facts: Facts, ask: Ask, world: World) -> Effects:
    """拆并: the follower is a case of its own again, with the dues it had."""
    before = facts.ended_by_unit_id
    holder = before if before and world.offices.is_centre(before) else facts.dispatcher_id or facts.first_responsible_id
    if holder is None or facts.master_id is None:
        raise Refusal("move_not_allowed")
    back = [clock for clock in (_last("accept", facts), _last("overall", facts)) if clock.ended_at == facts.ended_at]
    started = [] if any(one.kind == "accept" for one in back) else [start_clock("accept", holder, facts, ask, world)]
    fields = {
        "state": State.SUBMITTED, "holder_id": holder, "dispatcher_id": None, "ended_at": None,
        "ended_by_unit_id": None, "master_id": None, "split_at": ask.now, "visit_owed": False,
        "visit_tries": 0, "satisfaction": None,
    }  # fmt: skip
    gone = {"follower": str(facts.id), "reporters": sorted(str(one) for one in facts.reporters)}
    return Effects(
        fields, started=started, unmet=[one.id for one in back], seen_by=[holder], then=("release", gone)
    )  # fmt: skip


def _last(kind: str, facts: Facts) -> Clock:
    return max((clock for clock in facts.clocks if clock.kind == kind), key=lambda clock: clock.round)


def release(facts: Facts, ask: Ask, _world: World) -> Effects:
    """拆出: a follower is on its own again; its reporters lose sight of the master."""
    leaving = [uuid.UUID(one) for one in ask.payload["reporters"]]
    return Effects(hidden_from=[one for one in leaving if one not in facts.reporters])


def _decides_for_both(facts: Facts, master: Facts, ask: Ask, world: World) -> bool:
    """Holder or dispatcher of both, or the lowest centre above both."""
    units = ask.standing.units
    if {facts.holder_id, facts.dispatcher_id} & units and {master.holder_id, master.dispatcher_id} & units:
        return True
    mine, others = _line(facts, world), _line(master, world)
    common = next((one for one in mine if one in others), None)
    return common is not None and common in units


def _line(facts: Facts, world: World) -> list[uuid.UUID]:
    centre = facts.dispatcher_id or facts.holder_id
    return [centre, *world.offices.superiors(centre)] if centre else []
