"""What is offered succeeds and what is not offered is refused, for the whole table: every kind of person before a case
in every state and with every open ask. Moves are rehearsed: made through HTTP, and taken back before the commit."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection

from server.api.routes import cases as routes
from server.db import transaction
from server.rules.workflow import MOVES
from tests.server.stories.tale import Tale, moment

PEOPLE = ("worker1", "worker3", "village1", "fire1", "police1", "township1", "leader1", "countyleader1", "inspector1")
WAITS_FOR: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "merge": [("invalid", ("payload.master",))],  # who decides for both depends on the other
    "supervise": [("invalid", ("payload.rung",))],  # a rung only rises
}
"""Moves whose form is offered although one thing that is filled in may not fit."""
PARTY = [{"name": "欧阳清欢", "phone": "13812341234"}]
NOBODYS = {"submit", "rate"}
ACTIONS = [move.action for move in MOVES if move.who != {"system"} and move.action not in NOBODYS]


def asked(action: str, by: str = "fire1", **payload: Any) -> Callable[[Tale], None]:
    """Dispatched to the fire station with the police helping; somebody asks for something."""

    def tell(tale: Tale) -> None:
        at_work(tale)
        tale.does(by, action, **payload)

    return tell


def submitted(tale: Tale) -> None:
    tale.files("worker1", category="C-03", photos=["a" * 64])


def accepted(tale: Tale) -> None:
    submitted(tale)
    tale.does("village1", "accept")


def handed_down(tale: Tale) -> None:
    tale.files("township1", source="hotline", origin={"system": "12345", "external_id": str(uuid.uuid4())})
    tale.does("township1", "hand_down", unit="village")


def at_work(tale: Tale) -> None:
    tale.is_led_by("fire", co={"police": "03-04 12:00"}, report={"parties": PARTY})


def suspended(tale: Tale) -> None:
    asked("ask_suspension", review_on="2026-03-20")(tale)
    tale.does("fire1", "progress", photos=["d" * 64])
    tale.does("leader1", "approve_suspension")


def referred(tale: Tale) -> None:
    at_work(tale)
    tale.does("township1", "refer_out")


def finished(tale: Tale) -> None:
    tale.is_led_by("fire", report={"parties": PARTY})
    tale.does("fire1", "finish")


def closed(tale: Tale) -> None:
    finished(tale)
    tale.does("township1", "verify_pass")


def under_review(tale: Tale) -> None:
    closed(tale)
    tale.does("township3", "visit", result="not")


def ended(action: str, by: str) -> Callable[[Tale], None]:
    def tell(tale: Tale) -> None:
        tale.files("worker1")
        tale.does(by, action)

    return tell


def merged(tale: Tale) -> None:
    master = Tale(tale.stage)
    master.files("worker1")
    tale.files("worker1")
    tale.does("village1", "merge", master=master.case["id"])


def ruled(tale: Tale) -> None:
    asked("ask_return")(tale)
    tale.does("township1", "refuse_return")
    tale.does("fire1", "ask_return")


def requested(action: str, by: str, **payload: Any) -> Callable[[Tale], None]:
    def tell(tale: Tale) -> None:
        tale.files("worker1")
        tale.does(by, action, **payload)

    return tell


SCENES: dict[str, Callable[[Tale], None]] = {
    "submitted": submitted, "accepted": accepted, "handed down": handed_down, "at work": at_work,
    "return asked": asked("ask_return"), "to be ruled on": ruled,
    "more time asked": asked("ask_extension", due_at="03-06 18:00"),
    "suspension asked": asked("ask_suspension", review_on="2026-03-20"), "suspended": suspended,
    "supervised": asked("supervise", "township1"), "referred": referred, "finished": finished, "closed": closed,
    "under review": under_review, "rejected": ended("reject", "village1"), "voided": ended("void", "leader1"),
    "merged": merged, "transfer asked": requested("transfer", "village1", unit="village2"),
    "void asked": requested("void", "village1"), "check asked": requested("ask_check", "village1", person="worker3"),
}  # fmt: skip


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


def _made_up(kind: str, other: str) -> Any:
    made: dict[str, Any] = {
        "photos": ["e" * 64],
        "case": other,
        "day": "2026-03-19",
        "moment": "2026-03-06T18:00:00+08:00",
    }
    return made[kind]


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


@pytest.mark.parametrize("scene", SCENES)
def test_what_is_offered_succeeds_and_what_is_not_offered_is_refused(
    tale: Tale, monkeypatch: pytest.MonkeyPatch, scene: str
):
    master = Tale(tale.stage)
    master.files("worker1")
    SCENES[scene](tale)
    tale.at("03-02 09:30")
    monkeypatch.setattr(routes, "transaction", rehearsal)
    version = tale.version()
    for number, account in enumerate(PEOPLE):
        client = tale.stage.client(account)
        answer = client.get(f"/cases/{tale.case['id']}")
        offers = answer.json["moves"] if answer.status_code == 200 else []
        for offer in offers:
            body = {
                "action": offer["action"], "based_on": version, "at": moment("03-02 09:30").isoformat(),
                "payload": filled(tale, offer, master.case["id"]),
                **{name: offer[name] for name in ("assignment", "request") if name in offer},
            }  # fmt: skip
            if account in ("village1", "township1", "township3") and offer["action"] == "supervise":
                body["payload"]["rung"] = "reminder"
            made = client.put(f"/cases/{tale.case['id']}/steps/{uuid.uuid4()}", json=body)
            told = made.json.get("code"), tuple(made.json.get("errors", ()))
            assert made.status_code == 201 or told in WAITS_FOR.get(offer["action"], ()), (
                account,
                offer["action"],
                told,
            )
        offered = {offer["action"] for offer in offers}
        others = [action for action in ACTIONS if action not in offered]
        for action in others[number % 12 :: 12]:
            body = {"action": action, "based_on": version, "at": moment("03-02 09:30").isoformat(), "payload": {}}
            made = client.put(f"/cases/{tale.case['id']}/steps/{uuid.uuid4()}", json=body)
            expected = (409, "move_not_allowed") if answer.status_code == 200 else (404, "not_found")
            assert (made.status_code, made.json["code"]) == expected, (account, action)
    assert tale.version() == version
