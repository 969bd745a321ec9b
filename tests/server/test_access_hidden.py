"""What is hidden looks as if it were not there, in every answer, list, count and piece of news: everybody before cases
of four places and two stages. Who may do what is `stories/test_access_by_post`."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from server.db import db
from server.models import Audit
from server.rules.workflow import MOVES
from tests.conftest import Client, Office
from tests.server.conftest import NOON, do, filed, jpeg, let_commits_settle, refused, seen, sha256, unit_of
from tests.server.counties import PLACES, Place, found_second_county

PHONE = "13812341234"
PURPOSE = {"purpose": "核对当事人联系方式"}
ACTIONS = [move.action for move in MOVES if move.action != "submit" and not move.who <= {"system", "resident"}]
STAGES = ("submitted", "in_progress")
OUTSIDE = ("admin1", "auditor1", "inspector1", "c2inspector", "city1", "worker3", "villagemediator1", "police1")


def seeing(place: Place, stage: str) -> set[str]:
    """Who sees a case of this place."""
    inspector = "c2inspector" if place.county == "c2county" else "inspector1"
    return {*place[1:], "city1", inspector} - ({place.fire} if stage == "submitted" else set())


EVERYBODY = sorted({one for place in PLACES.values() for one in place[1:]} | set(OUTSIDE))
OBJECTS = [(where, stage) for where in PLACES for stage in STAGES]


@pytest.fixture(scope="module")
def objects(shared_office: Office) -> dict[tuple[str, str], dict[str, Any]]:
    """A case for each place and stage: {case, photo, cursors}; with a photo, a party and, at work, an assignment."""
    found_second_county(shared_office)
    cursors = {name: shared_office.client(name).get("/changes").json["next_cursor"] for name in EVERYBODY}
    return {
        (where, stage): {**_make(shared_office, PLACES[where], stage, number), "cursors": cursors}
        for number, (where, stage) in enumerate(OBJECTS)
    }


def _make(office: Office, place: Place, stage: str, number: int) -> dict[str, Any]:
    worker, photo = office.client(place.worker), jpeg(number)
    shape = next(one for one in worker.get("/me").json["grids"])
    assert shape["code"] == place.grid
    case = filed(
        worker,
        {
            "category": "H-FIRE-01", "text": f"第 {number} 处楼道堆放杂物。", "urgency": 2, "source": "patrol",
            "filed_at": "2026-11-20T09:30:00+08:00", "photos": [sha256(photo)], "location": None,
            "no_location_reason": "定位失败", "parties": [{"name": "欧阳清欢", "phone": PHONE}],
        },
    )  # fmt: skip
    path = f"/reports/{case['id']}/photos/{sha256(photo)}"
    assert worker.put(path, data=photo, content_type="image/jpeg").status_code == 201
    if stage == "in_progress":
        township, fire = office.client(place.township), office.client(place.fire)
        case = do(office.client(place.village), case, "escalate", reason="超出村级能力", work_done="已到现场查看")
        case = do(township, seen(township, case), "accept", category="H-FIRE-01", urgency=2)
        case = do(township, case, "dispatch", lead=unit_of(office, place.fire))
        case = do(fire, seen(fire, case), "sign")
    return {"case": case, "photo": sha256(photo)}


def probe(client: Client, case: dict[str, Any], action: str, case_id: str | None = None) -> TestResponse:
    """Try a move with a field that no move has."""
    body = {"action": action, "based_on": case["version"], "payload": {"": ""}, "at": NOON}
    return client.put(f"/cases/{case_id or case['id']}/steps/{uuid.uuid4()}", json=body)


@contextmanager
def statements(office: Office) -> Iterator[list[str]]:
    """What is asked of the database inside the block."""
    heard: list[str] = []

    def listen(_c: Any, _cursor: Any, sql: str, *_: Any) -> None:
        heard.append(sql)

    with office.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def shown(office: Office, ask: Callable[[], TestResponse]) -> tuple[Any, ...]:
    """All that an answer gives away: status, headers, body, and the work that was done for it."""
    with statements(office) as heard:
        answer = ask()
    headers = {name: value for name, value in answer.headers if name not in ("Date", "X-Request-Id")}
    return answer.status_code, headers, answer.data, tuple(heard)


@pytest.mark.parametrize("name", EVERYBODY)
def test_what_is_hidden_and_what_is_not_there_are_one_and_the_same(shared_office: Office, objects: Any, name: str):
    client, hidden = shared_office.client(name), 0
    for number, (where, stage) in enumerate(OBJECTS):
        # Each person before every other object: everybody meets each place, and each object half of them.
        if name in seeing(PLACES[where], stage) or (number // 2 + number + EVERYBODY.index(name)) % 2:
            continue
        case, photo = objects[where, stage]["case"], objects[where, stage]["photo"]
        nowhere, no_photo, step = str(uuid.uuid4()), sha256(name.encode()), uuid.uuid4()
        action = ACTIONS[(number + len(name)) % len(ACTIONS)]
        told = next((one["id"] for one in case["assignments"]), str(uuid.uuid4()))
        signing = {"action": "sign", "based_on": 1, "payload": {}, "at": NOON, "assignment": told}
        for ask in (
            lambda case_id, sha: client.get(f"/cases/{case_id}"),
            lambda case_id, sha: client.get(f"/photos/{sha}?size=thumb"),
            lambda case_id, sha: client.post(f"/cases/{case_id}/parties/open", json=PURPOSE),
            lambda case_id, sha, case=case, action=action: probe(client, case, action, case_id),
            lambda case_id, sha, step=step, body=signing: client.put(f"/cases/{case_id}/steps/{step}", json=body),
            lambda case_id, sha: client.put(
                f"/cases/{case_id}/steps/{case_id}/photos/{sha}", data=b"x", content_type="image/jpeg"
            ),
        ):
            there = shown(shared_office, lambda ask=ask, case=case, sha=photo: ask(case["id"], sha))
            away = shown(shared_office, lambda ask=ask, case=nowhere, sha=no_photo: ask(case, sha))
            assert there == away
            assert there[0] in (404, 409), there
            hidden += 1
    assert hidden or name == "city1"


@pytest.mark.parametrize("name", EVERYBODY)
def test_lists_counts_and_news_hold_nothing_of_what_is_hidden(shared_office: Office, objects: Any, name: str):
    client = shared_office.client(name)
    let_commits_settle(shared_office)
    mine = {one["case"]["id"] for (where, stage), one in objects.items() if name in seeing(PLACES[where], stage)}
    cursor = next(iter(objects.values()))["cursors"][name]
    told = [one["id"] for one in client.get(f"/changes?since={cursor}").json["items"] if one["kind"] == "case"]
    listed = [one["id"] for one in client.get("/cases?limit=200").json["items"]]
    found = [one["id"] for one in client.post("/cases/search", json={"phone": PHONE, **PURPOSE}).json["items"]]
    assert set(told) == set(listed) == set(found) == mine
    notices = client.get("/inbox?limit=200").json["items"]
    assert {one["case"]["id"] for one in notices} <= mine
    everything = client.get("/cases?limit=200").text + client.get("/inbox?limit=200").text
    hidden = [one["case"] for one in objects.values() if one["case"]["id"] not in mine]
    assert not any(one["id"] in everything or one["code"] in everything for one in hidden)


def test_opening_parties_takes_a_purpose_and_the_auditor_reads_who_did(shared_office: Office, objects: Any):
    case = objects["own village", "submitted"]["case"]
    desk, auditor = shared_office.client("village1"), shared_office.client("auditor1")
    refused(desk.post(f"/cases/{case['id']}/parties/open", json={}), 422, "invalid", "purpose")
    opened = desk.post(f"/cases/{case['id']}/parties/open", json=PURPOSE).json["items"]
    assert [one["phone"] for one in opened] == [PHONE]
    line = auditor.get("/audit?action=open_parties&limit=1").json["items"][0]
    assert (line["object"], line["detail"]) == (case["id"], PURPOSE)
    assert line["person"]["id"] == desk.get("/me").json["person"]["id"]
    assert PHONE not in auditor.get("/audit?limit=200").text


def test_the_audit_log_is_read_page_by_page_by_auditors_only(shared_office: Office, objects: Any):
    for name in EVERYBODY:
        if name != "auditor1":
            refused(shared_office.client(name).get("/audit"), 403, "not_for_your_role")
    auditor, read, cursor = shared_office.client("auditor1"), [], ""
    while cursor is not None:
        page = auditor.get(f"/audit?limit=3{cursor and '&cursor=' + cursor}").json
        read += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    kept = [row.id for row in shared_office.rows(select(Audit.id).order_by(Audit.id.desc()))]
    assert read == kept
    assert len(read) > 3
    refused(auditor.get("/audit?cursor=newest"), 422, "invalid", "cursor")
    assert auditor.get("/cases").json["items"] == []


def test_a_unit_that_lost_sight_hears_of_that_and_of_nothing_after(office: Office, report: Callable[..., Any]):
    township, fire, police = (office.client(name) for name in ("township1", "fire1", "police1"))
    case = filed(office.client("village1"), report())
    case = do(office.client("village1"), case, "escalate", reason="超出村级能力", work_done="已到现场查看")
    case = do(township, seen(township, case), "accept", category="H-FIRE-01", urgency=2)
    case = do(township, case, "dispatch", lead=unit_of(office, "fire1"))
    # Being supervised keeps nobody in sight of what is no longer theirs.
    case = do(township, seen(township, case), "supervise", rung="reminder", text="请尽快到场处理。")
    let_commits_settle(office)
    before = fire.get("/changes").json["next_cursor"]
    case = do(township, seen(township, case), "redispatch", lead=unit_of(office, "police1"), reason="职责不在消防")
    refused(fire.get(f"/cases/{case['id']}"), 404, "not_found")
    let_commits_settle(office)
    told = fire.get(f"/changes?since={before}").json
    assert [(one["version"], one["gone"]) for one in told["items"] if one["kind"] == "case"] == [(0, True)]
    do(police, seen(police, case), "sign")
    do(police, seen(police, case), "progress", text="已到现场，正在核对。")
    let_commits_settle(office)
    later = fire.get(f"/changes?since={told['next_cursor']}").json
    assert [one for one in later["items"] if one["kind"] == "case"] == []
    again = fire.get(f"/changes?since={before}").json
    assert [one for one in again["items"] if one["kind"] == "case"] == [
        one for one in told["items"] if one["kind"] == "case"
    ]
