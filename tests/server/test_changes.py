"""What is new since a cursor: nothing that one may see is skipped, whoever commits late; nothing else is told."""

import base64
import json
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from server.api.schemas.reports import ReportSchema
from server.db import transaction
from server.models import Person
from server.services import cases, changes, intake, people, places, staffing
from server.services.hearing import hear
from tests.conftest import Client, Office
from tests.server.conftest import accepting, filed, jpeg, let_commits_settle, move, refused, sha256

Make = Callable[..., dict[str, Any]]


class Listener:
    """A device that asks again and again with the cursor it got."""

    def __init__(self, office: Office, account: str) -> None:
        self.office, self.client = office, office.client(account)
        self.cursor: str = self.client.get("/changes").json["next_cursor"]

    def hear(self) -> list[dict[str, Any]]:
        """One page, once what is committed can be told."""
        let_commits_settle(self.office)
        return self.hear_now()

    def hear_now(self) -> list[dict[str, Any]]:
        """One page of what can be told at this moment, without notices: test_inbox tells their story."""
        answer = self.client.get(f"/changes?since={self.cursor}")
        assert answer.status_code == 200, answer.text
        self.cursor, self.more = answer.json["next_cursor"], answer.json["more"]
        return [item for item in answer.json["items"] if item["kind"] != "message"]


def news(case: dict[str, Any], version: int, *, gone: bool = False) -> dict[str, Any]:
    """What is told of a case; of one that went out of sight, not even how far it has gone since."""
    return {"kind": "case", "id": case["id"], "version": 0 if gone else version, "gone": gone}


def cursor(*parts: Any) -> str:
    """A cursor that no server made."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def file_in(tx: Any, office: Office, body: dict[str, Any]) -> str:
    """worker1's report written in an open transaction; the case id."""
    now, report_id = datetime.now(UTC), uuid.uuid4()
    hearing = hear(tx, people.as_signed_in(tx, "worker1", now), now)
    loaded = ReportSchema().load(body)
    assert intake.file_report(hearing, loaded, cases.Submission(report_id, bytes(32), now))
    return str(report_id)


def test_the_first_answer_is_a_cursor_for_now(office: Office, report: Make):
    filed(office.client("worker1"), report())
    let_commits_settle(office)
    first = office.client("worker1").get("/changes").json
    assert (first["items"], first["more"]) == ([], False)
    assert office.client("worker1").get(f"/changes?since={first['next_cursor']}").json["items"] == []


def test_those_who_may_see_a_case_hear_of_it_and_of_each_step_and_nobody_else(office: Office, report: Make):
    listening = {account: Listener(office, account) for account in ("worker1", "village1", "county1")}
    outside = {account: Listener(office, account) for account in ("worker2", "village2", "fire1", "admin1")}
    case = filed(office.client("worker1"), report())
    for listener in listening.values():
        assert listener.hear() == [news(case, 1)]
        assert listener.hear() == []
    move(office.client("village1"), case, "accept", accepting(case))
    other = filed(office.client("worker1"), report())
    for listener in listening.values():
        assert listener.hear() == [news(case, 2), news(other, 1)]
        assert listener.hear() == []
    for listener in outside.values():
        assert listener.hear() == []


def test_many_changes_of_one_case_are_one_item(office: Office, report: Make):
    listener = Listener(office, "village1")
    case = filed(office.client("worker1"), report())
    for _ in range(3):
        move(office.client("worker1"), case, "supplement", {"text": "今天又多了两个纸箱。"})
    assert listener.hear() == [news(case, 4)]


def test_a_photo_that_arrives_is_news_though_the_version_stays(office: Office, report: Make):
    photo, worker = jpeg(1), office.client("worker1")
    case = filed(worker, report(photos=[sha256(photo)]))
    listener = Listener(office, "village1")
    let_commits_settle(office)
    listener.hear()
    path = f"/reports/{case['id']}/photos/{sha256(photo)}"
    assert worker.put(path, data=photo, content_type="image/jpeg").status_code == 201
    assert listener.hear() == [news(case, 1)]


def test_a_refused_move_is_no_news(office: Office, report: Make):
    case = filed(office.client("worker1"), report())
    let_commits_settle(office)
    listener = Listener(office, "village1")
    move(office.client("village1"), case, "accept", {})
    move(office.client("worker1"), case, "accept", accepting(case))
    assert listener.hear() == []


def test_when_nothing_is_new_the_answer_is_304(office: Office, report: Make):
    listener = Listener(office, "worker1")
    let_commits_settle(office)
    listener.hear()

    def ask(etag: str) -> Any:
        return listener.client.get(f"/changes?since={listener.cursor}", headers={"If-None-Match": etag})

    etag = ask('"none"').headers["ETag"]
    for _ in range(3):
        answer = ask(etag)
        assert (answer.status_code, answer.data) == (304, b"")
    case = filed(office.client("worker1"), report())
    let_commits_settle(office)
    answer = ask(etag)
    assert (answer.status_code, answer.json["items"]) == (200, [news(case, 1)])


@pytest.mark.parametrize("granted_after", [0, 2, 3, 7, 8])
def test_more_than_a_page_comes_in_pages_each_case_and_each_grant_once(
    office: Office, report: Make, monkeypatch: pytest.MonkeyPatch, granted_after: int
):
    monkeypatch.setattr(changes, "PAGE", 3)
    listener, made = Listener(office, "worker1"), []
    for number in range(9):
        if number == granted_after:
            grant_to_worker1(office)
        made.append(filed(office.client("worker1"), report(photos=[]))["id"])
    pages = [listener.hear()]
    while listener.more:
        pages.append(listener.hear())
    assert [len([item for item in page if item["kind"] == "case"]) for page in pages] == [3, 3, 3]
    told = [item for page in pages for item in page]
    assert [item["id"] for item in told if item["kind"] == "case"] == made
    assert [item["kind"] for item in told].count("grants") == 1
    assert listener.hear() == []


def test_a_case_that_leaves_one_s_sight_is_reported_gone(office: Office, report: Make):
    case = filed(office.client("worker1"), report())
    let_commits_settle(office)
    desk, leader, worker = (Listener(office, account) for account in ("village1", "villageleader1", "worker1"))
    answer = move(office.client("village1"), case, "accept", accepting(case, category="S-05"))
    assert (answer.status_code, answer.json["case"]) == (201, None)
    assert desk.hear() == [news(case, 2, gone=True)]
    assert leader.hear() == [news(case, 2)]
    assert worker.hear() == [news(case, 2)]
    refused(office.client("village1").get(f"/cases/{case['id']}"), 404, "not_found")


def test_a_new_grant_is_told_once_and_only_to_its_person(office: Office, report: Make):
    listener, other = Listener(office, "worker1"), Listener(office, "worker2")
    case = filed(office.client("worker1"), report())
    person = grant_to_worker1(office)
    items = listener.hear()
    assert [(item["kind"], item["id"]) for item in items] == [("case", case["id"]), ("grants", person)]
    assert listener.hear() == []
    assert other.hear() == []
    later = filed(office.client("worker1"), report())
    assert listener.hear() == [news(later, 1)]


def grant_to_worker1(office: Office) -> str:
    """A second grid for worker1; the person's id."""
    with office.app.app_context(), transaction() as tx:
        person = tx.execute(select(Person.id).where(Person.account == "worker1")).scalar_one()
        staffing.grant(tx, person, "grid_worker", datetime.now(UTC), staffing.Target(grid="990101001001002"))
    return str(person)


def test_new_reference_data_is_told_once_for_each_pack_one_carries(office: Office):
    worker, village = Listener(office, "worker1"), Listener(office, "village2")
    with office.app.app_context(), transaction() as tx:
        places.add_unit(tx, "新设调解室", "mediation", "990101001001")
    for listener, area in ((worker, "990101001001"), (village, "990101001002")):
        assert [(item["kind"], item["id"]) for item in listener.hear()] == [("packs", area)]
        assert listener.hear() == []


def test_a_report_that_commits_late_is_told_after_its_commit(office: Office, report: Make):
    listener = Listener(office, "village1")
    with office.app.app_context():
        with transaction() as tx:
            late = file_in(tx, office, report())
            assert listener.hear_now() == []
        assert [item["id"] for item in listener.hear()] == [late]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_of_two_reports_the_one_that_began_first_and_commits_last_is_not_skipped(office: Office, report: Make):
    listener = Listener(office, "village1")
    with office.app.app_context(), ExitStack() as slow:
        first = file_in(slow.enter_context(transaction()), office, report())
        with transaction() as quick:
            second = file_in(quick, office, report())
        # The second is committed and can be read, but telling of it now would leave the first behind the cursor.
        assert office.client("village1").get(f"/cases/{second}").status_code == 200
        for _ in range(3):
            assert listener.hear_now() == []
        slow.close()
        assert [item["id"] for item in listener.hear()] == [first, second]
        assert listener.hear() == []


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_report_that_is_given_up_holds_nothing_back(office: Office, report: Make):
    listener = Listener(office, "village1")

    def give_up() -> None:
        with transaction() as tx:
            file_in(tx, office, report())
            raise LookupError

    with office.app.app_context():
        with pytest.raises(LookupError):
            give_up()
        with transaction() as quick:
            kept = file_in(quick, office, report())
    assert [item["id"] for item in listener.hear()] == [kept]


def test_a_cursor_from_a_time_the_books_do_not_know_has_expired(shared_office: Office):
    client = shared_office.client("worker1")
    change, case_id, known_places, known_rules = read(client)
    for parts in (
        (change + 10**6, case_id, known_places, known_rules),
        (2**63 - 1, case_id, known_places, known_rules),
        (change, case_id, known_places + 1, known_rules),
        (change, case_id, known_places, known_rules + 1),
    ):
        refused(client.get(f"/changes?since={cursor(*parts)}"), 410, "cursor_expired")


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [1, 2, 3],
        ["x", "y", "z", "w"],
        [1, "not-an-id", 1, 1],
        [1, 7, 1, 1],
        [None, str(uuid.UUID(int=1)), 1, 1],
        [1e999, str(uuid.UUID(int=1)), 1, 1],
        [-(10**40), str(uuid.UUID(int=1)), 1, 1],
        [10**40, str(uuid.UUID(int=1)), 1, 1],
        [True, str(uuid.UUID(int=1)), 1, 1],
        [1, str(uuid.UUID(int=1)), -(10**40), 1],
        [[1], str(uuid.UUID(int=1)), 1, 1],
    ],
    ids=str,
)
def test_a_cursor_that_no_server_made_is_refused(shared_office: Office, parts: list[Any]):
    refused(shared_office.client("worker1").get(f"/changes?since={cursor(*parts)}"), 422, "invalid", "since")


def read(client: Client) -> tuple[int, str, int, int]:
    text = client.get("/changes").json["next_cursor"]
    change, case_id, known_places, known_rules = json.loads(base64.urlsafe_b64decode(text + "=="))
    return change, case_id, known_places, known_rules
