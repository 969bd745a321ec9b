"""What becomes of messages before anything is sent: planned, collected, leased, judged; on both databases."""

import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from server.db import transaction
from server.models import Delivery, Message, Mobile, Person, PushSubscription, Rule, Session
from server.rules.notices import COLLECTED_FOR
from server.services import deliveries, reach, reference, relay, tidying
from server.services.deliveries import DELIVERED, PAUSES, Claim, Outcome
from tests.conftest import Office
from tests.server.conftest import accepting, filed, move

LEASE = timedelta(minutes=1)
ROOM = dict.fromkeys(deliveries.QUEUES, 100)


@contextmanager
def writing(office: Office) -> Iterator[Connection]:
    with office.app.app_context(), transaction() as tx:
        yield tx


@pytest.fixture(autouse=True)
def no_night(office: Office) -> None:
    """Whatever the time is, nothing waits for the morning."""
    with writing(office) as tx:
        tx.execute(update(Rule).where(Rule.key == "quiet_hours").values(value=None))
        reference.touch(tx, reference.RULES)


def browser(office: Office, account: str) -> uuid.UUID:
    """A push subscription of this person's, in the session that their client has."""
    office.client(account)
    one, now = uuid.uuid4(), datetime.now(UTC)
    with writing(office) as tx:
        person = tx.execute(select(Person.id).where(Person.account == account)).scalar_one()
        session = tx.execute(select(Session.id).where(Session.person_id == person)).scalars().first()
        tx.execute(
            insert(PushSubscription).values(
                id=one, person_id=person, session_id=session, content=bytes(32), endpoint="https://push.example.org/x",
                endpoint_hash=one.bytes * 2, p256dh="", auth="", created_at=now, seen_at=now,
            )
        )  # fmt: skip
    return one


def plan(office: Office, at: timedelta = timedelta(seconds=1)) -> int:
    with writing(office) as tx:
        return relay.plan(tx, datetime.now(UTC) + at)


def claim(office: Office, at: timedelta = timedelta(seconds=1), room: Any = None) -> list[Claim]:
    with writing(office) as tx:
        return deliveries.claim(tx, datetime.now(UTC) + at, LEASE, room or ROOM)


def set_out(office: Office, claims: list[Claim], at: timedelta = timedelta(seconds=1)) -> list[Any]:
    with writing(office) as tx:
        keys = office.app.extensions["gridloop"].keys
        return deliveries.set_out(tx, keys, claims, datetime.now(UTC) + at, LEASE)


def finish(office: Office, errand: Any, outcome: Outcome, at: timedelta = timedelta(seconds=1)) -> None:
    with writing(office) as tx:
        deliveries.finish(tx, errand, outcome, datetime.now(UTC) + at)


def rows(office: Office) -> list[Any]:
    return office.rows(select(Delivery.__table__).order_by(Delivery.created_at))


def test_each_browser_gets_one_delivery_however_often_it_is_planned(office: Office, report: Any):
    targets = {browser(office, "village1"), browser(office, "village1")}
    filed(office.client("worker1"), report())
    assert plan(office) > 0
    assert plan(office) == 0
    assert {row.target for row in rows(office)} == targets


def test_a_second_task_within_a_minute_waits_for_others_and_an_emergency_does_not(office: Office, report: Any):
    browser(office, "village1")
    worker = office.client("worker1")
    filed(worker, report())
    plan(office)
    for _ in range(3):
        filed(worker, report())
    filed(worker, report(urgency=4))
    plan(office)
    assert Counter(row.queue for row in rows(office)) == {"normal": 1, "urgent": 1}
    with writing(office) as tx:
        assert relay.collect(tx, datetime.now(UTC)) == 0
        assert relay.collect(tx, datetime.now(UTC) + COLLECTED_FOR + timedelta(seconds=1)) > 0
    [digest] = [row for row in rows(office) if row.queue == "digest"]
    assert digest.covers == 3
    with writing(office) as tx:
        assert relay.collect(tx, datetime.now(UTC) + 2 * COLLECTED_FOR) == 0


def test_an_urgent_task_waits_for_no_other_notice(office: Office, report: Any):
    """紧急 (3) is no emergency and yet not among what is told together; 较急 (2) is."""
    browser(office, "village1")
    worker = office.client("worker1")
    for urgency in (2, 3, 3, 2):
        filed(worker, report(urgency=urgency))
    plan(office)
    assert sorted(row.urgency for row in rows(office)) == [3, 3]
    with writing(office) as tx:
        assert relay.collect(tx, datetime.now(UTC) + COLLECTED_FOR + timedelta(seconds=1)) > 0
    assert [row.covers for row in rows(office) if row.queue == "digest"] == [2]


def test_a_task_does_not_wait_because_there_were_news_and_news_wait_for_everything(office: Office, report: Any):
    browser(office, "village1")
    worker = office.client("worker1")
    filed(worker, report())
    with writing(office) as tx:
        tx.execute(update(Message).values(kind="news"))
    plan(office)
    filed(worker, report())
    plan(office)
    assert [row.queue for row in rows(office)] == ["normal", "normal"]
    filed(worker, report(urgency=3))
    with writing(office) as tx:
        tx.execute(update(Message).where(Message.carried_at.is_(None)).values(kind="news"))
    plan(office)
    assert len(rows(office)) == 2


def test_a_person_s_choice_holds_and_an_emergency_passes_it(office: Office, report: Any):
    browser(office, "village1")
    village, worker = office.client("village1"), office.client("worker1")
    village.put("/me/notices", json={"choices": {"task": "inbox", "oversight": "inbox", "news": "inbox"}})
    filed(worker, report())
    plan(office)
    assert rows(office) == []
    filed(worker, report(urgency=4))
    plan(office)
    assert [row.urgency for row in rows(office)] == [4]
    assert village.get("/inbox").json["unread"] == 2


def test_quiet_hours_hold_it_back_until_morning(office: Office, report: Any):
    browser(office, "village1")
    case = filed(office.client("worker1"), report())
    morning = datetime.now(UTC) + timedelta(hours=8)
    with writing(office) as tx:
        tx.execute(update(Message).where(Message.case_id == uuid.UUID(case["id"])).values(not_before=morning))
    assert plan(office) == 0
    assert plan(office, timedelta(hours=8, seconds=1)) > 0


def test_a_lease_is_one_worker_s_alone_until_it_runs_out(office: Office, report: Any):
    browser(office, "village1")
    filed(office.client("worker1"), report())
    plan(office)
    [first] = claim(office)
    assert claim(office) == []
    [second] = claim(office, LEASE + timedelta(seconds=2))
    assert (second.id, second.number) == (first.id, first.number + 1)
    assert set_out(office, [first]) == []
    [errand] = set_out(office, [second])
    assert rows(office)[0].tries == 1
    finish(office, errand, DELIVERED)
    assert claim(office, timedelta(days=1)) == []


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_two_relays_at_once_neither_plan_nor_claim_the_same_nor_wait_for_each_other(office: Office, report: Any):
    browser(office, "village1")
    filed(office.client("worker1"), report())
    with ThreadPoolExecutor(1) as other, writing(office) as tx:
        assert relay.plan(tx, datetime.now(UTC)) > 0
        assert other.submit(plan, office).result(10) == 0
    with ThreadPoolExecutor(1) as other, writing(office) as tx:
        [mine] = deliveries.claim(tx, datetime.now(UTC), LEASE, ROOM)
        assert other.submit(claim, office).result(10) == []
    assert len(set_out(office, [mine])) == 1


def test_a_late_worker_s_success_counts_and_its_failure_does_not(office: Office, report: Any):
    browser(office, "village1")
    filed(office.client("worker1"), report())
    plan(office)
    [late] = set_out(office, claim(office))
    [second] = claim(office, LEASE + timedelta(seconds=2))
    set_out(office, [second], LEASE + timedelta(seconds=2))
    finish(office, late, Outcome("status 500", "waiting"))
    assert rows(office)[0].outcome is None
    finish(office, late, DELIVERED)
    assert rows(office)[0].state == "delivered"


def test_pauses_grow_and_the_last_try_leaves_a_dead_letter_that_can_be_sent_again(office: Office, report: Any):
    browser(office, "village1")
    filed(office.client("worker1"), report())
    plan(office)
    at, waits = timedelta(seconds=1), []
    for _ in range(len(PAUSES) + 1):
        [errand] = set_out(office, claim(office, at), at)
        before = datetime.now(UTC) + at
        finish(office, errand, Outcome("status 500", "waiting"), at)
        [row] = rows(office)
        if row.state == "waiting":
            waits.append(round((row.next_at - before).total_seconds()))
            assert claim(office, at) == []
        at += timedelta(days=1)
    assert waits == [round(pause.total_seconds()) for pause in PAUSES]
    [row] = rows(office)
    assert (row.state, row.outcome, row.tries) == ("dead", "status 500", len(PAUSES) + 1)
    with writing(office) as tx:
        assert deliveries.send_again(tx, [uuid.uuid4()], datetime.now(UTC)) == 0
        assert deliveries.send_again(tx, [row.id], datetime.now(UTC)) == 1
    [errand] = set_out(office, claim(office))
    finish(office, errand, Outcome("status 500", "waiting"))
    assert [(row.state, row.tries) for row in rows(office)] == [("waiting", 1)]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (timedelta(seconds=1), PAUSES[0]),
        (timedelta(minutes=20), timedelta(minutes=20)),
        (timedelta(days=2), deliveries.LONGEST_PAUSE),
    ],
)
def test_whoever_asks_us_to_wait_is_waited_for(office: Office, report: Any, asked: timedelta, waited: timedelta):
    """Never less than our own pause, never more than half a day."""
    browser(office, "village1")
    filed(office.client("worker1"), report())
    plan(office)
    [errand] = set_out(office, claim(office))
    now = datetime.now(UTC)
    with writing(office) as tx:
        deliveries.finish(tx, errand, Outcome("status 429", "waiting", asked), now)
    assert rows(office)[0].next_at == now + waited


def test_what_its_worker_died_of_at_every_try_is_a_dead_letter(office: Office, report: Any):
    browser(office, "village1")
    filed(office.client("worker1"), report())
    plan(office)
    at = timedelta(seconds=1)
    for _ in range(len(PAUSES) + 1):
        assert len(set_out(office, claim(office, at), at)) == 1
        at += LEASE + timedelta(seconds=2)
    assert set_out(office, claim(office, at), at) == []
    assert [(row.state, row.outcome) for row in rows(office)] == [("dead", "no outcome")]


def test_what_comes_up_in_quiet_hours_waits_for_the_morning_whenever_it_was_planned(office: Office, report: Any):
    """Told in the day, and a courier that was away, a retry or an operator brings it up at night."""
    browser(office, "village1")
    filed(office.client("worker1"), report())
    filed(office.client("worker1"), report(urgency=4))
    now = datetime.now(UTC)
    with writing(office) as tx:
        zone = reference.rule_book(tx).calendar.zone
        night = [(now + timedelta(hours=hours)).astimezone(zone).strftime("%H:%M") for hours in (1, 9)]
        tx.execute(update(Rule).where(Rule.key == "quiet_hours").values(value=night))
        reference.touch(tx, reference.RULES)
    at = timedelta(hours=2)
    plan(office, at)
    assert [one.urgency for one in set_out(office, claim(office, at), at)] == [4]
    [held] = [row for row in rows(office) if row.urgency < 4]
    assert (held.state, held.tries, held.leased_until) == ("waiting", 0, None)
    assert timedelta(hours=8) < held.next_at - now <= timedelta(hours=9)
    at = timedelta(hours=9, seconds=1)
    assert held.id in {one.claim.id for one in set_out(office, claim(office, at), at)}


def test_whoever_has_read_it_or_signed_out_is_not_told(office: Office, report: Any):
    browser(office, "village1")
    village = office.client("village1")
    filed(office.client("worker1"), report())
    plan(office)
    village.put(f"/inbox/{village.get('/inbox').json['items'][0]['id']}/read")
    assert set_out(office, claim(office)) == []
    filed(office.client("worker1"), report(urgency=4))
    plan(office)
    village("DELETE", "/sessions/current")
    assert set_out(office, claim(office)) == []
    assert sorted((row.state, row.outcome) for row in rows(office)) == [("dropped", "no target"), ("dropped", "read")]


def test_whoever_left_the_office_meanwhile_is_not_told(office: Office, report: Any):
    browser(office, "village1")
    filed(office.client("worker1"), report())
    plan(office)
    with writing(office) as tx:
        tx.execute(update(Person).where(Person.account == "village1").values(ended_at=datetime.now(UTC)))
    assert set_out(office, claim(office)) == []
    with writing(office) as tx:
        tx.execute(update(Message).values(carried_at=None))
    deliveries_before = len(rows(office))
    filed(office.client("worker1"), report(urgency=4))
    plan(office)
    assert len(rows(office)) == deliveries_before


def test_an_emergency_is_claimed_before_a_flood_of_others(office: Office, report: Any):
    browser(office, "village1")
    filed(office.client("worker1"), report(urgency=4))
    plan(office)
    [emergency] = rows(office)
    with writing(office) as tx:
        for _ in range(20):
            values = {**emergency._mapping, "id": uuid.uuid4(), "queue": "digest"}
            tx.execute(insert(Delivery).values(**values))
    room = {"urgent": 5, "normal": 5, "digest": 5}
    found = claim(office, room=room)
    assert (found[0].id, Counter(one.queue for one in found)) == (emergency.id, {"urgent": 1, "digest": 5})


def test_who_is_silent_is_called_out_once_also_behind_units_that_nothing_reaches(
    office: Office, report: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(relay, "AT_A_TIME", 2)
    worker = office.client("worker1")
    for _ in range(3):
        elsewhere = report(urgency=3, location=None, no_location_reason="没有信号")
        filed(office.client("worker2"), elsewhere)
    case = filed(worker, report(urgency=3))
    desk = uuid.UUID(office.client("village1").get("/me").json["units"][0]["id"])
    with writing(office) as tx:
        tx.execute(delete(Mobile))
        robot = reach.add_robot(tx, office.app.extensions["gridloop"].keys, desk, "wecom", "k" * 36)
        atlas, rules = reference.atlas(tx), reference.rule_book(tx)
        assert relay.urge(tx, atlas, rules, datetime.now(UTC) + timedelta(hours=1)) == 1
    assert [(row.target, str(row.case_id)) for row in rows(office)] == [(robot, case["id"])]
    # Who is still silent after months was called out, and is not again because that was forgotten.
    long_after = datetime.now(UTC) + timedelta(days=90)
    with writing(office) as tx:
        tx.execute(update(Delivery).values(state="delivered", ended_at=datetime.now(UTC)))
        tidying.tidy(tx, rules, long_after)
        assert relay.urge(tx, atlas, rules, long_after) == 0


def test_figures_say_how_old_the_oldest_is(office: Office, report: Any):
    browser(office, "village1")
    filed(office.client("worker1"), report())
    with writing(office) as tx:
        now = datetime.now(UTC) + timedelta(minutes=10)
        found = deliveries.figures(tx, now)
    assert found.oldest is not None
    assert timedelta(minutes=9) < now - found.oldest < timedelta(minutes=11)
    plan(office)
    [errand] = set_out(office, claim(office))
    finish(office, errand, DELIVERED)
    with writing(office) as tx:
        found = deliveries.figures(tx, datetime.now(UTC) + timedelta(seconds=2))
    assert found.oldest is None
    assert found.outcomes == {("webpush", "delivered", "delivered"): 1}
    assert found.tries == {"webpush": 1}


def test_figures_count_what_is_collected_as_late_when_nobody_collects_it(office: Office, report: Any):
    """The schedule may be down while the relay runs."""
    case = filed(office.client("worker1"), report())
    move(office.client("village1"), case, "accept", accepting(case))
    with writing(office) as tx:
        tx.execute(update(Message).where(Message.way == "at_once").values(carried_at=datetime.now(UTC)))
        now = datetime.now(UTC)
        assert deliveries.figures(tx, now).oldest is None
        late = deliveries.figures(tx, now + timedelta(hours=5)).oldest
    assert late is not None
    assert now - late < timedelta(minutes=1)


def test_what_was_carried_long_ago_is_forgotten_and_nothing_else(office: Office, report: Any):
    browser(office, "village1")
    case = filed(office.client("worker1"), report())
    move(office.client("village1"), case, "accept", accepting(case))
    plan(office)
    [errand] = set_out(office, claim(office))
    finish(office, errand, DELIVERED)
    waiting = len(office.rows(select(Message.id).where(Message.carried_at.is_(None))))
    assert waiting > 0
    with writing(office) as tx:
        rules = reference.rule_book(tx)
        assert tidying.tidy(tx, rules, datetime.now(UTC) + timedelta(days=20)) == 0
        assert tidying.tidy(tx, rules, datetime.now(UTC) + timedelta(days=400)) > 1
        assert tidying.tidy(tx, rules, datetime.now(UTC) + timedelta(days=400)) == 0
    assert rows(office) == []
    assert len(office.rows(select(Message.id))) == waiting
