"""What is offered succeeds and what is not offered is refused, for the whole table: every kind of person before a case
in every state and with every open ask."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from server.api.routes import cases as routes
from server.rules.workflow import MOVES
from tests.server.stories.rehearsing import filled, rehearsal
from tests.server.stories.tale import Tale, moment

PEOPLE = ("worker1", "worker3", "village1", "fire1", "police1", "township1", "leader1", "countyleader1", "inspector1")
WAITS_FOR: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "finish": [("invalid", ("payload.result",))],  # a co-handler has still to feed back
    "merge": [("invalid", ("payload.master",)), ("move_not_allowed", ())],  # who decides for both depends on the other
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
