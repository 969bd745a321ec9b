"""Who is told of a move, and what the inbox and `changes` say of it, on both databases."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from server.db import transaction
from server.models import Grant, Message, Person
from server.models.numbers import next_change
from tests.conftest import Client, Office
from tests.server.conftest import accepting, filed, let_commits_settle, move, refused


def inbox(client: Client, **query: Any) -> dict[str, Any]:
    answer = client.get("/inbox", query_string=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def told(office: Office, case: dict[str, Any], action: str) -> dict[str, str]:
    """Account → kind of notice, for everyone who was told of the last step with this action."""
    statement = (
        select(Person.account, Message.kind)
        .join(Person, Person.id == Message.person_id)
        .where(Message.case_id == uuid.UUID(case["id"]), Message.action == action)
    )
    return {row.account: row.kind for row in office.rows(statement)}


def unit_of(client: Client) -> str:
    found: str = client.get("/me").json["units"][0]["id"]
    return found


def people_of(office: Office, unit: str, *roles: str) -> set[str]:
    """Accounts of a unit's members and leaders, or of those with one of these roles."""
    statement = (
        select(Person.account)
        .join(Grant, Grant.person_id == Person.id)
        .where(Grant.unit_id == uuid.UUID(unit), Grant.role.in_(roles or ("member", "leader")))
    )
    return {row.account for row in office.rows(statement)}


@dataclass(frozen=True)
class Case:
    """A case on its way to the fire brigade, and everybody's client and unit."""

    office: Office
    units: dict[str, str]
    case: dict[str, Any]

    def people(self, account: str, kind: str) -> dict[str, str]:
        return dict.fromkeys(people_of(self.office, self.units[account]), kind)

    def move(self, account: str, action: str, **payload: Any) -> dict[str, Any]:
        answer = move(self.office.client(account), self.case, action, payload)
        assert answer.status_code == 201, answer.text
        self.case.update(answer.json["case"])
        return told(self.office, self.case, action)

    def accept(self, account: str) -> dict[str, str]:
        return self.move(account, "accept", **accepting(self.case))


@pytest.fixture
def lived(office: Office, report: Any) -> Case:
    """A report that worker1 has just filed."""
    units = {one: unit_of(office.client(one)) for one in ("village1", "township1", "fire1", "county1")}
    return Case(office, units, filed(office.client("worker1"), report()))


ESCALATING = {"reason": "村里没有执法权", "work_done": "已上门劝说两次", "override_reason": "住户拒绝清理"}


def test_each_hears_what_the_table_says_and_nobody_else(lived: Case):
    village, fire = lived.units["village1"], lived.units["fire1"]
    reporter = {"worker1": "news"}
    assert told(lived.office, lived.case, "submit") == lived.people("village1", "task")
    assert lived.case["code"] in inbox(lived.office.client("village1"))["items"][0]["text"]["zh"]
    assert lived.accept("village1") == reporter
    assert lived.move("village1", "escalate", **ESCALATING) == {
        **{one: kind for one, kind in lived.people("village1", "news").items() if one != "village1"},
        **lived.people("township1", "task"), **reporter,
    }  # fmt: skip
    lived.accept("township1")
    heard = lived.move("township1", "dispatch", lead=fire, copied=[village])
    assert heard == {**lived.people("village1", "news"), **lived.people("fire1", "task"), **reporter}
    heard = lived.move("fire1", "sign")
    assert heard == {**lived.people("township1", "news"), **lived.people("village1", "news")}
    assert {one["case"]["id"] for one in inbox(lived.office.client("fire1"))["items"]} == {lived.case["id"]}
    for stranger in ("worker2", "village2", "admin1", "auditor1", "county1"):
        assert inbox(lived.office.client(stranger)) == {"items": [], "next_cursor": None, "unread": 0}


def test_a_unit_that_loses_its_part_hears_so_though_it_no_longer_sees_the_case(lived: Case):
    lived.accept("village1")
    lived.move("village1", "escalate", **ESCALATING)
    lived.accept("township1")
    lived.move("township1", "dispatch", lead=lived.units["fire1"])
    heard = lived.move("township1", "redispatch", lead=lived.units["township1"], reason="由中心自己处理")
    assert lived.office.client("fire1").get(f"/cases/{lived.case['id']}").status_code == 404
    others = {one: kind for one, kind in lived.people("township1", "task").items() if one != "township1"}
    assert heard == {**lived.people("fire1", "news"), **others}


def test_of_a_sensitive_case_only_leaders_and_named_members_hear(office: Office, report: Any):
    desk = unit_of(office.client("village1"))
    case = filed(office.client("worker1"), report(confidential=True))
    leaders = people_of(office, desk, "leader")
    assert leaders < people_of(office, desk)
    assert told(office, case, "submit") == dict.fromkeys(leaders, "task")
    with office.app.app_context(), transaction() as tx:
        member = select(Person.id).where(Person.account == "village1").scalar_subquery()
        tx.execute(update(Grant).where(Grant.person_id == member).values(named=True))
    case = filed(office.client("worker1"), report(confidential=True))
    assert told(office, case, "submit") == dict.fromkeys(leaders | {"village1"}, "task")


@pytest.mark.parametrize("ended", ["grant", "account"])
def test_an_ended_grant_or_account_hears_nothing(office: Office, report: Any, ended: str):
    with office.app.app_context(), transaction() as tx:
        person = tx.execute(select(Person.id).where(Person.account == "village1")).scalar_one()
        if ended == "grant":
            tx.execute(update(Grant).where(Grant.person_id == person).values(valid_to=datetime.now(UTC)))
        else:
            tx.execute(update(Person).where(Person.id == person).values(ended_at=datetime.now(UTC)))
    heard = told(office, filed(office.client("worker1"), report()), "submit")
    assert heard
    assert "village1" not in heard


def test_an_emergency_is_heard_by_every_centre_up_to_the_county_and_the_duty_departments(office: Office, report: Any):
    case = filed(office.client("worker1"), report(urgency=4))
    units = [unit_of(office.client(one)) for one in ("village1", "township1", "county1", "fire1", "emergency1")]
    assert told(office, case, "submit") == dict.fromkeys(
        set().union(*(people_of(office, one) for one in units)), "task"
    )


def test_a_move_that_is_refused_tells_nobody(office: Office, report: Any):
    village = office.client("village1")
    case = filed(office.client("worker1"), report())
    before = len(office.rows(select(Message.id)))
    refused(move(village, case, "dispatch", {"lead": unit_of(village)}), 409, "move_not_allowed")
    assert len(office.rows(select(Message.id))) == before


def test_the_same_report_twice_tells_once(office: Office, report: Any):
    worker, report_id = office.client("worker1"), uuid.uuid4()
    body = report()
    case = filed(worker, body, report_id)
    again = worker.put(f"/reports/{report_id}", json=body)
    assert (again.status_code, again.json["case"]["id"]) == (200, case["id"])
    refused(worker.put(f"/reports/{report_id}", json=report(text="另一件事情的描述")), 409, "already_different")
    refused(worker.put(f"/reports/{report_id}", json={"wrong": 1}), 409, "already_different")
    assert inbox(office.client("village1"))["unread"] == 1


def test_reading_counts_down_and_only_one_s_own(office: Office, report: Any):
    worker, village = office.client("worker1"), office.client("village1")
    for _ in range(3):
        filed(worker, report())
    items = inbox(village)["items"]
    assert [one["read_at"] for one in items] == [None] * 3
    assert village.put(f"/inbox/{items[0]['id']}/read").json == {"unread": 2}
    assert village.put(f"/inbox/{items[0]['id']}/read").json == {"unread": 2}
    refused(worker.put(f"/inbox/{items[1]['id']}/read"), 404, "not_found")
    refused(village.put(f"/inbox/{uuid.uuid4()}/read"), 404, "not_found")
    after = inbox(village)
    assert [one["read_at"] is None for one in after["items"]] == [False, True, True]


def test_pages_hold_every_message_once_though_new_ones_come(office: Office, report: Any):
    worker, village = office.client("worker1"), office.client("village1")
    for _ in range(5):
        filed(worker, report())
    first = inbox(village, limit=2)
    filed(worker, report())
    seen = [one["id"] for one in first["items"]]
    cursor = first["next_cursor"]
    while cursor:
        page = inbox(village, limit=2, cursor=cursor)
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 5
    refused(village.get("/inbox?cursor=x"), 422, "invalid", "cursor")


def test_changes_tell_of_messages_and_of_their_being_read(office: Office, report: Any):
    worker, village = office.client("worker1"), office.client("village1")
    let_commits_settle(office)
    start = village.get("/changes").json["next_cursor"]
    filed(worker, report())
    let_commits_settle(office)
    news = village.get(f"/changes?since={start}").json
    [message] = [one for one in news["items"] if one["kind"] == "message"]
    assert message["id"] == inbox(village)["items"][0]["id"]
    assert {one["kind"] for one in news["items"]} == {"case", "message"}
    quiet = village.get(f"/changes?since={news['next_cursor']}")
    assert quiet.json["items"] == []
    village.put(f"/inbox/{message['id']}/read")
    let_commits_settle(office)
    later = village.get(f"/changes?since={news['next_cursor']}").json["items"]
    assert [(one["kind"], one["id"]) for one in later] == [("message", message["id"])]
    assert later[0]["version"] > message["version"]
    assert not [one for one in worker.get(f"/changes?since={start}").json["items"] if one["kind"] == "message"]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_message_whose_transaction_commits_late_is_not_skipped(office: Office, report: Any):
    """Two commits in reverse: the older transaction's message comes after the younger one's was told."""
    worker, village = office.client("worker1"), office.client("village1")
    filed(worker, report())
    let_commits_settle(office)
    older = inbox(village)["items"][0]["id"]
    cursor = village.get("/changes").json["next_cursor"]
    with office.app.app_context(), transaction() as late:
        late.execute(
            update(Message).where(Message.id == uuid.UUID(older)).values(change=next_change(late), read_at=None)
        )
        filed(worker, report())
        early = village.get(f"/changes?since={cursor}").json
        assert early["items"] == []
    let_commits_settle(office)
    news = village.get(f"/changes?since={early['next_cursor']}").json["items"]
    messages = [one["id"] for one in news if one["kind"] == "message"]
    assert older in messages
    assert len(messages) == 2
