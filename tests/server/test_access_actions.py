"""Who may do what to what over HTTP: every role before cases of four places and two stages, held against the table.

What somebody is to a case is written down here by hand; which moves follow from that is read from the table. Nobody's
probe changes anything: a field that no move has is refused only after the move itself was allowed.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from server.db import db
from server.models import Audit
from server.rules.conditions import always
from server.rules.workflow import MOVES
from tests.conftest import Client, Office
from tests.server.conftest import NOON, do, filed, jpeg, let_commits_settle, refused, seen, sha256, unit_of
from tests.server.counties import PLACES, Place, found_second_county

PHONE = "13812341234"
PURPOSE = {"purpose": "核对当事人联系方式"}
BY_HAND = [move for move in MOVES if move.action != "submit" and not move.who <= {"system", "resident"}]
ABOVE = {"superior", "upstream", "overseer"}
STAGES = ("submitted", "in_progress")
OUTSIDE = ("admin1", "auditor1", "inspector1", "c2inspector", "city1", "worker3", "villagemediator1", "police1")


def roles(place: Place, stage: str) -> dict[str, set[str]]:
    """Account → what they are to a case of this place; who is not here must not see it."""
    inspector = "c2inspector" if place.county == "c2county" else "inspector1"
    found = {
        place.worker: {"reporter"}, place.county: ABOVE, place.county_leader: ABOVE | {"leader"}, "city1": ABOVE,
        inspector: {"inspector"},
    }  # fmt: skip
    if stage == "submitted":  # the village's desk holds it
        desk = {"holder", "overseer"}
        found |= {place.village: desk, place.village_leader: desk, place.township: ABOVE}
        return found | {place.leader: ABOVE | {"leader"}}
    # The township took it up and gave it to its fire department, which holds it as lead and has signed.
    found |= {place.village: set(), place.village_leader: set(), place.fire: {"holder", "overseer", "lead", "unit"}}
    return found | {place.township: ABOVE | {"dispatcher"}, place.leader: ABOVE | {"dispatcher", "leader"}}


EVERYBODY = sorted({one for place in PLACES.values() for one in place[1:]} | set(OUTSIDE))
THOROUGH = {"submitted": ("worker1", "village1", "leader1"), "in_progress": ("worker1", "village1", "fire1", "leader1")}
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
    """Try a move with a field that no move has: refused as such only to whoever may make it."""
    body = {"action": action, "based_on": case["version"], "payload": {"": ""}, "at": NOON}
    return client.put(f"/cases/{case_id or case['id']}/steps/{uuid.uuid4()}", json=body)


def might(case: dict[str, Any], held: set[str]) -> tuple[set[str], set[str]]:
    """Moves that the table gives these roles in this state: for certain, and at most."""
    fitting = [move for move in BY_HAND if case["state"] in move.sources and move.who & held]
    certain = {one.action for one in fitting if one.condition is always and one.task is None and one.request is None}
    return certain, {one.action for one in fitting}


@pytest.mark.parametrize("name", EVERYBODY)
def test_exactly_the_moves_of_the_table_are_open(shared_office: Office, objects: Any, name: str):
    client = shared_office.client(name)
    for number, (where, stage) in enumerate(OBJECTS):
        case, held = objects[where, stage]["case"], roles(PLACES[where], stage).get(name)
        answer = client.get(f"/cases/{case['id']}")
        assert answer.status_code == (404 if held is None else 200), (where, stage)
        offered = {move["action"] for move in answer.json["moves"]} if held is not None else set()
        if held is not None:
            certain, most = might(case, held)
            assert certain <= offered <= most, (where, stage)
        # In the own village each post tries every move; elsewhere every eleventh, each time others.
        every = where == "own village" and name in THOROUGH[stage]
        tried = BY_HAND if every else BY_HAND[(number + EVERYBODY.index(name)) % 11 :: 11]
        for move in tried:
            answer = probe(client, case, move.action)
            expected = 404 if held is None else 422 if move.action in offered else 409
            assert answer.status_code == expected, (where, stage, move.action, answer.text)
            assert answer.status_code == 404 or answer.json["code"] in ("invalid", "move_not_allowed", "which_one")
        if held is not None:
            assert client.get(f"/cases/{case['id']}").json["version"] == case["version"]


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
        if name in roles(PLACES[where], stage) or (number // 2 + number + EVERYBODY.index(name)) % 2:
            continue
        case, photo = objects[where, stage]["case"], objects[where, stage]["photo"]
        nowhere, no_photo, step = str(uuid.uuid4()), sha256(name.encode()), uuid.uuid4()
        action = BY_HAND[(number + len(name)) % len(BY_HAND)].action
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
    mine = {one["case"]["id"] for (where, stage), one in objects.items() if name in roles(PLACES[where], stage)}
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
