"""Who sees which case: one table by hand, and every way of seeing a case held against it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from geodata.demo import demo_county
from server.db import transaction
from server.models import Grant, Person
from tests.conftest import Office
from tests.server.conftest import filed, jpeg, let_commits_settle, move, place_in, refused, sha256

Make = Callable[..., dict[str, Any]]
PHONE = "13812341234"
OWN, NEXT, FAR = "990101001001001", "990101001002001", "990101101001001"
# What is filed, by whom. The street's desks are village1 (first village) and village2; village9 is the town's.
OBJECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "in the own village": ("worker1", {"location": place_in(OWN)}),
    "in the next village": ("worker2", {"location": place_in(NEXT)}),
    "in the other township": ("far worker", {"location": place_in(FAR)}),
    "confidential": ("worker1", {"location": place_in(OWN), "confidential": True}),
    "sensitive": ("worker1", {"location": place_in(OWN), "category": "S-05"}),
    "kept from the village": ("worker1", {"location": place_in(OWN), "category": "R-06"}),
    "received at the township": ("township1", {"location": place_in(OWN), "source": "walk_in"}),
    "outside all grids": ("worker2", {"location": place_in(OWN) | {"lon": 111.35}}),
    "a department's own report": ("fire1", {"location": place_in(NEXT)}),
}
STREET_CENTRE = {"township1", "township3", "leader1"}
ABOVE = {"county1", "countyleader1", "city1", "inspector1"}
# In sensitive cases: leaders, and members named for them (of the demonstration's people, township1 is).
NAMED_ABOVE = {"leader1", "township1", "countyleader1", "inspector1"}
SEES: dict[str, set[str]] = {
    "in the own village": {"worker1", "village1", "village17", "villageleader1"} | STREET_CENTRE | ABOVE,
    "in the next village": {"worker2", "village2"} | STREET_CENTRE | ABOVE,
    "in the other township": {"far worker", "village9", "township2", "leader2"} | ABOVE,
    "confidential": {"worker1", "villageleader1"} | NAMED_ABOVE,
    "sensitive": {"worker1", "villageleader1"} | NAMED_ABOVE,
    "kept from the village": {"worker1"} | NAMED_ABOVE,
    "received at the township": STREET_CENTRE | ABOVE,
    "outside all grids": {"worker2", "township2", "leader2"} | ABOVE,
    "a department's own report": {"fire1", "village2"} | STREET_CENTRE | ABOVE,
}
EVERYBODY = sorted(set.union(*SEES.values()) | {"worker3", "fire3", "villagemediator1", "admin1", "auditor1"})


def account(name: str) -> str:
    """The account behind a name of the table."""
    if name != "far worker":
        return name
    return next(person.account for person in demo_county().people if person.grants[0].target == FAR)


@pytest.fixture(scope="module")
def filing(shared_office: Office) -> dict[str, Any]:
    """Every object of the table, filed with a photo and a party: name → case; and the cursors from before."""
    cursors = {name: shared_office.client(account(name)).get("/changes").json["next_cursor"] for name in EVERYBODY}
    found: dict[str, Any] = {"cursors": cursors, "cases": {}, "photos": {}}
    for number, (name, (reporter, change)) in enumerate(OBJECTS.items()):
        client, photo = shared_office.client(account(reporter)), jpeg(number)
        body = {
            "category": "H-FIRE-01", "text": f"{name}：楼道堆放杂物。", "urgency": 2, "source": "patrol",
            "filed_at": "2026-11-20T09:30:00+08:00", "photos": [sha256(photo)],
            "parties": [{"name": "欧阳清欢", "phone": PHONE}], **change,
        }  # fmt: skip
        case = filed(client, body)
        path = f"/reports/{case['id']}/photos/{sha256(photo)}"
        assert client.put(path, data=photo, content_type="image/jpeg").status_code == 201
        found["cases"][name], found["photos"][name] = case, sha256(photo)
    let_commits_settle(shared_office)
    return found


@pytest.mark.parametrize("name", EVERYBODY)
def test_every_way_of_seeing_a_case_follows_the_table(shared_office: Office, filing: dict[str, Any], name: str):
    client = shared_office.client(account(name))
    purpose = {"purpose": "核对当事人"}
    in_lists = {
        "listed": client.get("/cases?limit=200").json,
        "listed for the waiting": client.get("/cases?state=submitted").json,
        "found by phone": client.post("/cases/search", json={"phone": PHONE, **purpose}).json,
        "told": client.get(f"/changes?since={filing['cursors'][name]}").json,
    }
    for thing, case in filing["cases"].items():
        case_id = case["id"]
        by_holder = client.get(f"/cases?unit={case['holder']['id']}").json
        shown = {way: case_id in ids(answer) for way, answer in {**in_lists, "listed by holder": by_holder}.items()} | {
            "read": client.get(f"/cases/{case_id}").status_code == 200,
            "photo": client.get(f"/photos/{filing['photos'][thing]}?size=thumb").status_code == 200,
            "parties opened": client.post(f"/cases/{case_id}/parties/open", json=purpose).status_code == 200,
        }
        assert set(shown.values()) == {name in SEES[thing]}, (thing, shown)


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


@pytest.mark.parametrize("name", EVERYBODY)
def test_what_is_not_to_be_seen_answers_as_if_it_were_not_there(
    shared_office: Office, filing: dict[str, Any], name: str
):
    client = shared_office.client(account(name))
    missing = refused(client.get(f"/cases/{uuid.uuid4()}"), 404, "not_found")
    for thing, case in filing["cases"].items():
        if name not in SEES[thing]:
            assert refused(client.get(f"/cases/{case['id']}"), 404, "not_found") == missing
            assert refused(client.get(f"/photos/{filing['photos'][thing]}"), 404, "not_found") == missing
            purpose = {"purpose": "好奇看看"}
            answer = client.post(f"/cases/{case['id']}/parties/open", json=purpose)
            assert refused(answer, 404, "not_found") == missing


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("leader1", {"in the own village", "confidential"}),
        ("township1", {"in the own village", "confidential"}),
        ("township3", {"in the own village"}),
        ("county1", {"in the own village"}),
    ],
)
def test_possible_duplicates_name_only_what_one_may_see(
    shared_office: Office, filing: dict[str, Any], name: str, shown: set[str]
):
    # Three reports of one category stand in one place; the last of them lists those that came before.
    last = filing["cases"]["received at the township"]["id"]
    listed = shared_office.client(name).get(f"/cases/{last}").json["possible_duplicates"]
    assert {one["case_id"] for one in listed} == {filing["cases"][thing]["id"] for thing in shown}


def test_a_grant_that_has_ended_shows_nothing_more(office: Office, report: Make):
    desk = office.client("village1")
    case = filed(office.client("worker1"), report())
    assert desk.get(f"/cases/{case['id']}").status_code == 200
    with office.app.app_context(), transaction() as tx:
        ended = Grant.person_id.in_(
            Person.__table__.select().with_only_columns(Person.id).where(Person.account == "village1")
        )
        tx.execute(update(Grant).where(ended).values(valid_to=Grant.valid_from))
    refused(desk.get(f"/cases/{case['id']}"), 404, "not_found")
    assert desk.get("/cases").json["items"] == []
    refused(move(desk, case, "supplement", {"text": "我还想补充一句。"}), 404, "not_found")


def test_whoever_reported_keeps_sight_of_the_case_when_it_is_closed_to_others(office: Office, report: Make):
    worker = office.client("worker1")
    case = filed(worker, report(confidential=True))
    for _ in range(2):
        assert worker.get(f"/cases/{case['id']}").status_code == 200
        refused(office.client("village1").get(f"/cases/{case['id']}"), 404, "not_found")
        assert (
            move(office.client("villageleader1"), case, "supplement", {"text": "站长已经看过了。"}).status_code == 201
        )
