"""Who hears aloud and who finds it in the inbox: people on leave, stand-ins, the roster at night, quiet hours."""

import uuid

import pytest
from sqlalchemy import delete, func, select, update

from server.db import transaction
from server.models import (
    Delivery,
    DutyShift,
    Grant,
    Message,
    Mobile,
    Person,
    PushSubscription,
    Robot,
    Session,
)
from server.services import reach, reference, relay, staffing
from tests.server.stories.tale import Stage, Tale, moment

CENTRES = ("village", "township", "county", "emergency")
"""Where a new emergency of worker1's village is told, beside the fire brigade."""


@pytest.fixture(autouse=True)
def ordinary_times(stage: Stage) -> None:
    """Nobody is on leave, no roster is kept, no phone and no robot is known; what was told is told."""
    with stage.office.app.app_context(), transaction() as tx:
        tx.execute(delete(Grant).where(Grant.behalf_id.is_not(None)))
        for model in (Delivery, DutyShift, Mobile, Robot, PushSubscription):
            tx.execute(delete(model))
        tx.execute(update(Message).values(carried_at=func.coalesce(Message.carried_at, Message.created_at)))


def leave(tale: Tale, account: str, stand_in: str, since: str, until: str) -> None:
    with tale.stage.office.app.app_context(), transaction() as tx:
        people = tale.stage.person(account), tale.stage.person(stand_in)
        assert staffing.stand_in(tx, *people, moment(since), moment(until)) > 0


def on_duty(tale: Tale, unit: str, account: str, since: str, until: str) -> None:
    with tale.stage.office.app.app_context(), transaction() as tx:
        staffing.put_on_duty(
            tx, tale.stage.units[unit], tale.stage.person(account), moment(since), moment(until)
        )  # fmt: skip


def give_phones_and_robots(tale: Tale, *units: str) -> None:
    """Everybody of these units has a number, each unit a robot."""
    keys = tale.stage.office.app.extensions["gridloop"].keys
    with tale.stage.office.app.app_context(), transaction() as tx:
        for unit in units:
            reach.add_robot(tx, keys, tale.stage.units[unit], "wecom", "k" * 36)
            for account in tale.stage.crews[unit]:
                reach.keep_phone(tx, keys, tale.stage.person(account), "13812341234")


def ways(tale: Tale, action: str) -> dict[str, str]:
    """Account → way of the message that this person got of the last step of this kind."""
    rows = tale.stage.office.rows(
        select(Person.account, Message.way, Message.kind)
        .join(Person, Person.id == Message.person_id)
        .where(Message.case_id == uuid.UUID(tale.case["id"]), Message.action == action)
    )
    return {row.account: row.way for row in rows}


def pushed(tale: Tale, *accounts: str) -> list[str]:
    """Give each of these a browser; then, whoever gets a push now."""
    office, now = tale.stage.office, tale.stage.clock.now()
    for account in accounts:
        tale.stage.client(account)
    with office.app.app_context(), transaction() as tx:
        for account in accounts:
            person, one = tale.stage.person(account), uuid.uuid4()
            session = tx.execute(select(Session.id).where(Session.person_id == person)).scalars().first()
            tx.execute(
                PushSubscription.__table__.insert().values(
                    id=one, person_id=person, session_id=session, content=bytes(32), endpoint=f"https://p.example/{one}",
                    endpoint_hash=one.bytes * 2, p256dh="", auth="", created_at=now, seen_at=now,
                )
            )  # fmt: skip
        while relay.plan(tx, now):
            pass
        found = tx.execute(
            select(Person.account)
            .join(PushSubscription, PushSubscription.person_id == Person.id)
            .join(Delivery, Delivery.target == PushSubscription.id)
        ).scalars()
        return sorted(found)


def urged(tale: Tale) -> dict[str, set[str]]:
    """Channel → whose phone, or which unit's robot, is called out now for this case."""
    with tale.stage.office.app.app_context(), transaction() as tx:
        relay.urge(tx, reference.atlas(tx), reference.rule_book(tx), tale.stage.clock.now())
        rows = tx.execute(
            select(Delivery.channel, Delivery.target).where(Delivery.case_id == uuid.UUID(tale.case["id"]))
        ).all()
        robots = {row.id: row.unit_id for row in tx.execute(select(Robot.id, Robot.unit_id))}
    names: dict[uuid.UUID, str] = {one: account for account, one in tale.stage.people.items()}
    found: dict[str, set[str]] = {}
    for row in rows:
        name = tale.stage.word(str(robots[row.target])) if row.channel == "robot" else names.get(row.target, "")
        found.setdefault(row.channel, set()).add(name)
    found.pop("webpush", None)
    return found


def test_a_stand_in_is_told_in_the_place_of_somebody_on_leave(tale: Tale):
    leave(tale, "fire1", "health1", "03-02 08:00", "03-06 18:00")
    tale.is_led_by("fire", signed=False)
    told = ways(tale, "dispatch")
    others = {account for account in tale.stage.crews["fire"] if account != "fire1"}
    assert others
    assert told["fire1"] == "inbox"
    assert told["health1"] == "at_once"
    assert {told[account] for account in others} == {"at_once"}
    heard = pushed(tale, "fire1", "health1", *others)
    assert "fire1" not in heard
    assert {"health1", *others} <= set(heard)
    # The inbox of the one on leave has it all the same.
    [message, *_] = tale.stage.client("fire1").get("/inbox").json["items"]
    assert message["case"]["id"] == tale.case["id"]


def test_what_is_asked_of_one_person_is_asked_of_their_stand_in(tale: Tale):
    leave(tale, "fire1", "health1", "03-02 08:00", "03-06 18:00")
    tale.is_led_by("fire", signed=False)
    [colleague, *_] = sorted(tale.stage.crews["fire"] - {"fire1"})
    tale.does(colleague, "sign")
    tale.does(colleague, "name_handler", person="fire1")
    assert ways(tale, "name_handler") == {"fire1": "inbox", "health1": "at_once"}


def test_news_of_their_own_reports_wait_for_whoever_is_on_leave_and_go_to_nobody_else(tale: Tale):
    leave(tale, "village1", "health1", "03-02 08:00", "03-06 18:00")
    tale.files("village1", source="visit")
    tale.does("village2" if "village2" in tale.stage.crews["village"] else colleague_of(tale), "accept")
    assert ways(tale, "accept") == {"village1": "inbox"}


def colleague_of(tale: Tale) -> str:
    return sorted(tale.stage.crews["village"] - {"village1"})[0]


def test_when_the_leave_is_over_everything_is_as_before(tale: Tale):
    leave(tale, "fire1", "health1", "03-02 08:00", "03-02 08:59")
    tale.is_led_by("fire", signed=False)
    told = ways(tale, "dispatch")
    assert told["fire1"] == "at_once"
    assert "health1" not in told


def test_an_emergency_wakes_the_stand_in_and_not_the_one_on_leave(tale: Tale):
    leave(tale, "fire1", "health1", "03-02 08:00", "03-06 18:00")
    give_phones_and_robots(tale, "fire", "health")
    tale.at("03-03 02:00").files("worker1", urgency=4)
    told = ways(tale, "submit")
    assert (told["fire1"], told["health1"]) == ("inbox", "at_once")
    called = urged(tale)["sms"]
    assert "health1" in called
    assert "fire1" not in called
    assert pushed(tale, "fire1", "health1") == ["health1"]


def test_at_two_in_the_morning_the_roster_says_who_is_woken_by_every_channel(tale: Tale):
    """Village desks keep no roster: all are told. Where one is kept, whoever is on duty; the others have the inbox."""
    watch = {"township": "township3", "county": "county2"}
    for unit, account in watch.items():
        on_duty(tale, unit, account, "03-02 18:00", "03-03 08:30")
    on_duty(tale, "fire", "fire1", "03-03 18:00", "03-04 08:30")  # tomorrow's night
    give_phones_and_robots(tale, *CENTRES, "fire")
    tale.at("03-03 02:00").files("worker1", urgency=4)
    woken = {"township3", "county2"}.union(*(tale.stage.crews[unit] for unit in ("village", "emergency", "fire")))
    everybody = set[str]().union(*(tale.stage.crews[unit] for unit in (*CENTRES, "fire")))
    told = ways(tale, "submit")
    assert told.keys() == everybody
    assert {account for account, way in told.items() if way == "at_once"} == woken
    assert {account for account, way in told.items() if way == "inbox"} == everybody - woken
    assert urged(tale) == {"robot": {*CENTRES, "fire"}, "sms": woken}
    assert set(pushed(tale, *everybody)) == woken


def test_a_roster_that_names_nobody_who_may_see_the_case_silences_nobody(tale: Tale):
    on_duty(tale, "township", "village2", "03-02 18:00", "03-03 08:30")
    tale.at("03-03 02:00").files("worker1", urgency=4)
    told = ways(tale, "submit")
    assert {told[account] for account in tale.stage.crews["township"]} == {"at_once"}


def test_somebody_on_duty_who_is_on_leave_is_stood_in_for(tale: Tale):
    on_duty(tale, "township", "township3", "03-02 18:00", "03-03 08:30")
    leave(tale, "township3", "health1", "03-02 08:00", "03-06 18:00")
    give_phones_and_robots(tale, "township", "health")
    tale.at("03-03 02:00").files("worker1", urgency=4)
    told = ways(tale, "submit")
    assert {account for account in (*tale.stage.crews["township"], "health1") if told[account] == "at_once"} == {
        "health1"
    }
    assert urged(tale)["sms"] & {*tale.stage.crews["township"], "health1"} == {"health1"}


def test_whoever_has_it_in_hand_hears_on_after_the_watch_has_changed(tale: Tale):
    tale.at("03-03 02:00").files("worker1", urgency=4)
    tale.does("township1", "handle_here")
    on_duty(tale, "township", "township3", "03-03 02:01", "03-03 08:30")
    tale.at("03-03 02:02").does("worker1", "supplement")
    told = ways(tale, "supplement")
    aloud = {account for account in tale.stage.crews["township"] if told[account] == "at_once"}
    assert aloud == {"township1", "township3"}


def test_below_an_emergency_the_night_is_quiet_on_every_channel(tale: Tale):
    give_phones_and_robots(tale, *CENTRES, "fire")
    on_duty(tale, "township", "township3", "03-02 18:00", "03-03 08:30")
    tale.at("03-03 02:00").files("worker1", urgency=3)
    everyone = sorted(tale.stage.crews["village"])
    assert ways(tale, "submit") == dict.fromkeys(everyone, "at_once")
    assert pushed(tale, *everyone) == []
    for silent in ("03-03 02:31", "03-03 06:59"):
        tale.at(silent)
        assert urged(tale) == {}
    tale.at("03-03 07:00")
    assert urged(tale) == {"robot": {"village"}, "sms": set(everyone)}
    assert pushed(tale) == everyone


def test_an_accepted_emergency_is_not_called_out_at_every_centre_again(tale: Tale):
    give_phones_and_robots(tale, *CENTRES, "fire")
    tale.at("03-03 02:00").files("worker1", urgency=4)
    tale.does("county1", "accept")
    tale.does("county1", "hand_down", unit="township")
    assert urged(tale)["robot"] == {"township"}


def test_of_a_sensitive_emergency_only_phones_of_those_who_may_see_it_ring(tale: Tale):
    """Leaders and named members; whoever is on duty and may not see it is as if nobody were."""
    give_phones_and_robots(tale, *CENTRES, "fire")
    on_duty(tale, "county", "county2", "03-02 18:00", "03-03 08:30")
    tale.at("03-03 02:00").files("worker1", urgency=4, confidential=True)
    told = ways(tale, "submit")
    rung = urged(tale)["sms"]
    assert "county2" not in told
    assert rung == {account for account, way in told.items() if way == "at_once"}
