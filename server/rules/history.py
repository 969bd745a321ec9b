"""What a case's steps say about people and attempts; a fold over them that ends in `Facts`. Pure."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.rules.facts import Facts

HANDLING = frozenset({"settle_on_spot", "handle_here", "sign", "progress", "mediate", "feedback", "finish"})
"""Actions that make somebody a handler 承办人."""
NAMING: Mapping[str, str] = {"name_handler": "person", "handle_here": "handler", "renew_suspension": "person"}
"""Actions that name a handler, and the payload's field that does."""
MARKING: Mapping[str, str] = {"send_back": "sent_back", "overrule": "overruled", "withdraw": "withdrawn"}
"""Actions that leave a mark on the case for good, and the mark."""
TELLING = HANDLING | NAMING.keys() | MARKING.keys() | {
    "verify_pass", "merge", "answer_source", "hand_down", "inspect", "doubt", "reopen", "review", "succeed",
    "answer_check", "visit", "rate",
}  # fmt: skip
"""Actions that this fold looks at."""


def remember(
    facts: Facts,
    action: str,
    person: uuid.UUID | None,
    behalf: uuid.UUID | None,
    unit: uuid.UUID | None,
    payload: Mapping[str, Any],
    at: datetime,
) -> Facts:
    """The facts with one more step in memory.

    Args:
        person: who made it; `behalf`: for whom, when they stood in; `unit`: for which unit.
        at: when.
    """
    people = frozenset(one for one in (person, behalf) if one is not None)
    if action in HANDLING:
        facts = replace(facts, handlers=facts.handlers | people)
    if action in NAMING and payload.get(NAMING[action]):
        facts = replace(facts, handlers=facts.handlers | {uuid.UUID(payload[NAMING[action]])})
    if action in MARKING:
        mark: dict[str, Any] = {MARKING[action]: True}
        return replace(facts, **mark)
    facts = replace(facts, **_moments(action, payload, at))
    match action:
        case "mediate":
            attempted = payload["present"] == "yes" and payload["outcome"] != "contacted"
            refused = facts.refused or payload["outcome"] == "refused"
            return replace(facts, attempts=facts.attempts + attempted, refused=refused)
        case "verify_pass":
            return replace(facts, verifiers=facts.verifiers | people)
        case "merge" if unit is not None:
            return replace(facts, mergers=facts.mergers | {unit})
        case "answer_source":
            return replace(facts, answered=facts.answered | {str(payload["kind"])})
        case "hand_down" if unit is not None:
            asking = facts.expecting | {unit} if payload["answer_to_me"] else facts.expecting - {unit}
            return replace(facts, expecting=asking)
        case "inspect" | "doubt" | "reopen" | "review":
            return replace(facts, doubted=_doubted(facts, action, payload))
        case "succeed":
            return _succeeded(facts, uuid.UUID(payload["unit"]), uuid.UUID(payload["successor"]))
    return facts


def _doubted(facts: Facts, action: str, payload: Mapping[str, Any]) -> bool:
    """Did an inspection, or a follower's resident, find fault with the closing that stands? A reopening ends it."""
    if action == "doubt":
        return True
    if action == "inspect":
        return bool(facts.doubted or payload["finding"] != "true")
    return facts.doubted and action == "review" and bool(payload["outcome"] != "overturned")


def _moments(action: str, payload: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What happened just now for the last time: somebody looked at the place, or the resident was asked or rated."""
    if action in ("visit", "rate"):
        return {"heard_at": at}
    return {"looked_at": at} if _on_the_spot(action, payload) else {}


def _on_the_spot(action: str, payload: Mapping[str, Any]) -> bool:
    """Did somebody look at the place: a check that found something out, or progress with a photo?"""
    if action == "answer_check":
        return bool(payload["finding"] != "could_not")
    return action == "progress" and bool(payload.get("photos"))


def _succeeded(facts: Facts, old: uuid.UUID, new: uuid.UUID) -> Facts:
    def renamed(units: frozenset[uuid.UUID]) -> frozenset[uuid.UUID]:
        return frozenset(new if one == old else one for one in units)

    return replace(facts, mergers=renamed(facts.mergers), expecting=renamed(facts.expecting))
