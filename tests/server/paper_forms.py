"""Fills in the forms of moves at random, as a phone would: from what each field offers in the situation at hand."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from server.rules.needs import Need
from server.rules.situation import Situation
from server.rules.workflow import Move

TEXT = "写明情况若干字"
PHOTO = "0" * 64


def fill(
    move: Move, here: Situation, cases: Sequence[uuid.UUID], people_of: Callable[[uuid.UUID], Sequence[uuid.UUID]],
    dice: Random,
) -> dict[str, Any]:  # fmt: skip
    """A payload for this move, complete as to what is required; most optional fields stay empty.

    Args:
        cases: other cases that may be named.
        people_of: the people of a unit.
    """
    payload: dict[str, Any] = {}
    category = here.world.rules.categories[here.facts.category]
    for need in move.needs:
        if need.is_required(category) or dice.random() < 0.4:
            value = _value(need, move, here, cases, people_of, dice)
            if value is not None:
                payload[need.name] = value
    return _fitting(move.action, payload, here, dice)


def _value(
    need: Need, move: Move, here: Situation, cases: Sequence[uuid.UUID],
    people_of: Callable[[uuid.UUID], Sequence[uuid.UUID]], dice: Random,
) -> Any:  # fmt: skip
    match need.type:
        case "text" | "line":
            return TEXT
        case "choice":
            choices = need.choices_in(move.action, here)
            return dice.choice([one[0] for one in choices]) if choices else None
        case "category":
            kept = dice.random() < 0.8
            leaves = [code for code, one in here.world.rules.categories.items() if one.leaf]
            return here.facts.category if kept else dice.choice(leaves)
        case "urgency":
            return here.facts.urgency if dice.random() < 0.8 else dice.randint(1, 4)
        case "photos":
            return [PHOTO]
        case "parties":
            return [{"name": "王某", "role": "当事人"}]
        case "case":
            return str(dice.choice(cases)) if cases else None
        case "unit":
            units = need.units(here) if need.units else ()
            return str(dice.choice(units)) if units else None
        case "units":
            units = list(need.units(here)) if need.units else []
            return [str(one) for one in dice.sample(units, min(len(units), dice.choice((1, 2, 2))))] or None
        case "moment":
            return _moment(move.action, need.name, here, dice)
        case "day":
            return (here.now + timedelta(days=dice.choice((3, 10, 28)))).date().isoformat()
        case "flag":
            return dice.random() < 0.5
        case "person":
            people = need.people(here) if need.people else None
            named = [one for unit in (people.units if people else ()) for one in people_of(unit)]
            return str(dice.choice(named)) if named else None
        case "location":
            return {"lon": 111.19, "lat": 34.78, "crs": "wgs84"}
        case _:
            return None


def _moment(action: str, name: str, here: Situation, dice: Random) -> str | None:
    if action == "ask_extension":
        dues = [clock.due_current for clock in here.facts.running("handle") if clock.unit_id == here.facts.holder_id]
        return (max(dues, default=here.now) + timedelta(hours=dice.choice((12, 24, 48)))).isoformat()
    if name in ("at", "arrived_at"):
        return here.now.isoformat()
    if name == "due_at" and action != "dispatch":
        return None
    moment: datetime = here.now + timedelta(hours=dice.choice((1, 3, 20)))
    return moment.isoformat()


def _fitting(action: str, payload: dict[str, Any], here: Situation, dice: Random) -> dict[str, Any]:
    """Fields that go with each other or shut each other out."""
    shape: Mapping[str, Callable[[], None]] = {
        "dispatch": lambda: _dispatching(payload, here, dice),
        "add_co": lambda: _whistle(payload),
        "answer_check": lambda: payload.setdefault("no_photo_reason", TEXT),
        "escalate": lambda: payload.setdefault("override_reason", TEXT),
        "supplement": lambda: payload.setdefault("text", TEXT),
        "correct": lambda: payload.setdefault("urgency", here.facts.urgency),
    }  # fmt: skip
    if action in shape:
        shape[action]()
    return payload


def _dispatching(payload: dict[str, Any], here: Situation, dice: Random) -> None:
    payload.pop("lead" if len(payload.get("pool", ())) == 2 and dice.random() < 0.5 else "pool", None)
    centre = here.facts.holder_id
    reach = [str(one) for one in here.world.offices.within_reach(centre)] if centre else []
    if "pool" not in payload:
        payload.setdefault("lead", dice.choice(reach))
    busy = {payload.get("lead"), *payload.get("pool", ()), *(str(one.unit_id) for one in here.facts.helpers)}
    free = [one for one in reach if one not in busy]
    due = (here.now + timedelta(hours=dice.choice((1, 5)))).isoformat()
    payload["co"] = [{"unit": one, "due_at": due} for one in dice.sample(free, min(len(free), dice.choice((0, 1, 2))))]
    if not payload["co"]:
        del payload["co"]
    taken = {one["unit"] for one in payload.get("co", ())}
    payload["copied"] = [one for one in free if one not in taken][:1]
    if not payload["copied"]:
        del payload["copied"]


def _whistle(payload: dict[str, Any]) -> None:
    if not {"place", "arrive_by"} <= payload.keys():
        payload.pop("place", None)
        payload.pop("arrive_by", None)
