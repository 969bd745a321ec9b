"""What a move costs: one transaction and at most a dozen statements to PostgreSQL, whatever kind of move it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, update

from server.db import db, transaction
from server.models import Rule
from server.services.reference import RULES, touch
from tests.server.stories.tale import Stage, Tale

DOZEN = 12


@contextmanager
def heard(stage: Stage) -> Iterator[list[str]]:
    """Statements and commits that are sent meanwhile."""
    sent: list[str] = []

    def statement(_c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if "FROM persons JOIN sessions" not in sql:  # who asks is found out before the transaction, once a request
            sent.append(sql)

    def commit(_c: Any) -> None:
        sent.append("COMMIT")

    with stage.office.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", commit)


@pytest.mark.parametrize("shared_office", ["postgresql"], indirect=True)
def test_every_kind_of_move_costs_one_transaction_and_at_most_a_dozen_statements(tale: Tale):
    stage, found = tale.stage, dict[str, list[str]]()

    def does(account: str, action: str, **payload: Any) -> None:
        stage.client(account)
        payload["based_on"] = tale.version()
        with heard(stage) as sent:
            tale.does(account, action, **payload)
        found[action] = max(found.get(action, []), sent, key=len)

    tale.files("worker1", parties=[{"name": "甲"}])
    does("village1", "ask_check", person="worker3")
    does("worker3", "answer_check", photos=["f" * 64])
    does("village1", "transfer", unit="village2")
    does("township1", "refuse_transfer")
    does("village1", "accept")
    does("township1", "correct", urgency=3)
    does("village1", "escalate")
    does("township1", "accept")
    does("township1", "dispatch", lead="fire", co={"village": "03-04 12:00"}, copied=["health"])
    does("fire1", "sign")
    does("village1", "sign")
    does("township1", "add_co", units=["police"])
    does("township1", "waive_co", unit="police")
    does("fire1", "name_handler", person="fire3")
    does("fire3", "progress", photos=["e" * 64])
    does("worker1", "supplement", parties=[{"name": "乙"}])
    does("fire1", "mediate", present="yes", outcome="agreement")
    does("fire1", "ask_return")
    does("township1", "refuse_return")
    does("fire1", "ask_return")
    does("leader1", "rule", lead="fire")
    does("fire1", "ask_extension", due_at="03-06 18:00")
    does("township1", "grant_extension")
    does("fire1", "ask_suspension", review_on="2026-03-20")
    does("leader1", "approve_suspension")
    does("fire1", "renew_suspension", review_on="2026-03-25")
    does("fire1", "resume")
    does("township1", "supervise")
    does("fire1", "acknowledge")
    does("leader1", "comment", leader_in_charge="leader1")
    does("village1", "feedback")
    does("fire1", "finish", photos=["c" * 64])
    does("township1", "verify_fail", co_at_fault="village")
    does("village1", "feedback")
    does("fire1", "finish")
    does("township3", "verify_pass")
    does("township1", "visit", result="not")
    does("county1", "review", outcome="overturned")
    does("township1", "handle_here")
    does("leader1", "void") if "void" in tale.offered("leader1") else does("countyleader1", "void")
    tale.files("worker1")
    does("village1", "reject")
    does("worker1", "object")
    does("township1", "hand_down", unit="village")
    does("village1", "send_back")
    master = Tale(stage)
    master.files("worker1")
    does("township1", "merge", master=master.case["id"])
    does("township1", "split")
    # What costs a merger most: units at work are called back, and a supervision of one of them falls.
    does("township1", "accept")
    does("township1", "dispatch", lead="fire")
    does("fire1", "sign")
    does("township1", "supervise")
    does("township1", "merge", master=master.case["id"])
    tale.files("worker1")
    does("village1", "accept", repeat_of=master.case["id"])

    # What costs finishing most: nobody verifies it, so it closes at once, and what the lead still asked for falls.
    with stage.office.app.app_context(), transaction() as tx:
        tx.execute(update(Rule).where(Rule.key == "verify_share").values(value={"*": 0}))
        touch(tx, RULES)
    tale.files("worker1", parties=[{"name": "丙"}])
    does("village1", "escalate")
    does("township1", "accept")
    does("township1", "dispatch", lead="fire", co={"village": "03-04 12:00"}, copied=["health"])
    does("fire1", "sign")
    does("village1", "sign")
    does("village1", "feedback")
    does("township1", "supervise")
    does("fire1", "ask_extension", due_at="03-06 18:00")
    does("fire1", "finish", photos=["b" * 64])
    assert tale.case["state"] == "closed"

    commits = {action: sent.count("COMMIT") for action, sent in found.items()}
    assert set(commits.values()) == {1}
    costs = {action: len(sent) - 1 for action, sent in found.items()}
    assert {action: cost for action, cost in costs.items() if cost > DOZEN} == {}
