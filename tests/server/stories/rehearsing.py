"""Moves are rehearsed: made through HTTP on a form that somebody filled in, and taken back before the commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from server.db import transaction
from tests.server.stories.tale import Tale


@contextmanager
def rehearsal() -> Iterator[Connection]:
    """A transaction that is taken back instead of committed."""

    class CurtainError(Exception):
        pass

    try:
        with transaction() as tx:
            yield tx
            raise CurtainError
    except CurtainError:
        pass


def filled(tale: Tale, offer: dict[str, Any], other: str) -> dict[str, Any]:
    """What somebody would send who filled in this form: the usual words, the first of what is offered."""
    action, sent = offer["action"], tale.payload(offer["action"], {})
    for need in offer["needs"]:
        name, choices = need["name"], [one["value"] for one in need.get("choices", ())]
        if need["required"] and name not in sent:
            assert choices or need["type"] not in ("choice", "unit", "units", "person"), (
                action,
                name,
                "offers nothing",
            )
            sent[name] = choices[:1] if need["type"] == "units" else (choices or [_made_up(need["type"], other)])[0]
    if action == "dispatch":
        lead = next(need for need in offer["needs"] if need["name"] == "lead")
        sent["lead"] = lead["choices"][0]["value"]
    if action == "correct":
        sent["urgency"] = 4
    if action == "escalate":
        sent["override_reason"] = "情况紧急，需要上级介入。"
    if action == "supervise":
        sent["rung"] = "supervision"
    if action in ("settle_on_spot", "verify_pass"):
        sent["photos"] = ["e" * 64]
    return sent


def _made_up(kind: str, other: str) -> Any:
    made: dict[str, Any] = {
        "photos": ["e" * 64],
        "case": other,
        "day": "2026-03-19",
        "moment": "2026-03-06T18:00:00+08:00",
    }
    return made[kind]
