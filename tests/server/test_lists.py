"""Lists: newest first in an order that never changes, the same on both databases, page by page, filtered."""

import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shapely.geometry import shape
from sqlalchemy import insert, select, update

from geodata.demo import demo_county
from server import clock
from server.db import db, transaction
from server.models import Deadline, Stamp
from tests.conftest import Client, Office
from tests.server.conftest import REJECTING, accepting, filed, move, place_in, refused

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The office's clock stands still, so that everything is received at the same instant."""
    now = datetime.now(UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    return now


def pages(client: Client, query: str, limit: int) -> list[list[str]]:
    """The ids of every page of a list."""
    found, cursor = [], ""
    while True:
        answer = client.get(f"/cases?{query}&limit={limit}{cursor}")
        assert answer.status_code == 200, answer.text
        found.append([item["id"] for item in answer.json["items"]])
        if answer.json["next_cursor"] is None:
            return found
        cursor = f"&cursor={answer.json['next_cursor']}"


def ids(client: Client, query: str = "") -> list[str]:
    return [one for page in pages(client, query, 200) for one in page]


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


@pytest.mark.parametrize("limit", [1, 4, 11, 12, 13])
@pytest.mark.usefixtures("stopped")
def test_pages_hold_every_case_once_even_when_all_came_at_the_same_instant(office: Office, report: Make, limit: int):
    made = [filed(office.client("worker1"), report(photos=[]))["id"] for _ in range(12)]
    expected = sorted(made, reverse=True)
    # The reporter's list, that of somebody with several subjects, and that which starts from the holder.
    for account, query in (
        ("worker1", ""),
        ("leader1", ""),
        ("village1", "ask=accept"),
        ("village1", "state=submitted"),
    ):
        got = pages(office.client(account), query, limit)
        assert [one for page in got for one in page] == expected, (account, query)
        assert {len(page) for page in got[:-1]} <= {limit}


def test_newest_come_first_and_new_ones_do_not_disturb_older_pages(office: Office, report: Make):
    worker = office.client("worker1")
    made = [filed(worker, report(photos=[]))["id"] for _ in range(4)]
    first = worker.get("/cases?limit=2").json
    assert [item["id"] for item in first["items"]] == made[:1:-1]
    newest = filed(worker, report(photos=[]))["id"]
    second = worker.get(f"/cases?limit=2&cursor={first['next_cursor']}").json
    assert [item["id"] for item in second["items"]] == made[1::-1]
    assert second["next_cursor"] is None
    assert ids(worker) == [newest, *reversed(made)]


def test_a_summary_says_what_the_case_says(office: Office, report: Make):
    case = filed(office.client("worker1"), report())
    item = office.client("village1").get("/cases").json["items"][0]
    assert item == {name: case[name] for name in item}
    assert item["due_at"] == next(clock["due_current"] for clock in case["deadlines"] if clock["kind"] == "overall")


def test_a_cursor_belongs_to_its_filters(office: Office, report: Make):
    desk = office.client("village1")
    for _ in range(2):
        filed(office.client("worker1"), report())
    mine = desk.get("/cases?limit=1&state=submitted").json["next_cursor"]
    assert desk.get(f"/cases?limit=2&state=submitted&cursor={mine}").status_code == 200
    for other in ("", "state=accepted&", "state=submitted&category=C-01&", "ask=accept&"):
        refused(desk.get(f"/cases?{other}limit=1&cursor={mine}"), 422, "invalid", "cursor")


def test_a_cursor_that_no_server_made_is_refused(office: Office, report: Make):
    desk = office.client("village1")
    for _ in range(2):
        filed(office.client("worker1"), report())
    real = desk.get("/cases?limit=1").json["next_cursor"]
    fingerprint = json.loads(base64.urlsafe_b64decode(real + "=="))[2]
    case_id = str(uuid.uuid4())
    for parts in (
        [],
        ["2026-11-20T00:00:00+00:00", case_id],
        ["2026-11-20T00:00:00", case_id, fingerprint],
        ["yesterday", case_id, fingerprint],
        [7, case_id, fingerprint],
        ["2026-11-20T00:00:00+00:00", "x", fingerprint],
        ["2026-11-20T00:00:00+00:00", case_id, "other"],
        ["0001-01-01T00:00:00+23:59", case_id, fingerprint],
        ["9999-12-31T23:59:59-23:59", case_id, fingerprint],
    ):
        refused(desk.get(f"/cases?cursor={cursor(*parts)}"), 422, "invalid", "cursor")


def test_each_filter_keeps_what_it_names(office: Office, report: Make):
    worker, other, township = (office.client(account) for account in ("worker1", "worker2", "township1"))
    plain = filed(worker, report())["id"]
    gas = filed(worker, report(category="H-GAS-01"))["id"]
    there = filed(other, report(location=place_in("990101001002003")))["id"]
    walked = filed(township, report(source="walk_in"))["id"]
    outside = filed(worker, report(location=report()["location"] | {"lon": 111.10}))["id"]
    accepted = filed(worker, report())
    move(office.client("village1"), accepted, "accept", accepting(accepted))
    rejected = filed(worker, report())
    move(office.client("village1"), rejected, "reject", REJECTING)
    own, far = office.client("village1").get("/me").json["units"][0]["id"], township.get("/me").json["units"][0]["id"]
    everything = {plain, gas, there, walked, outside, accepted["id"], rejected["id"]}
    expected: dict[str, set[str]] = {
        "": everything,
        "state=submitted": {plain, gas, there, walked, outside},
        "state=accepted": {accepted["id"]},
        "state=void": set(),
        "category=H-GAS-01": {gas},
        "category=H-GAS": set(),
        "source=walk_in": {walked},
        "grid=990101001002003": {there},
        "grid=nowhere": set(),
        "area=990101001001": everything - {there, outside},
        "area=990101001000": everything,
        "area=990101000000": everything,
        "area=990101101000": set(),
        "area=999999999999": set(),
        f"unit={own}": {plain, gas, accepted["id"]},
        f"unit={far}": {walked, outside},
        "ask=accept": {walked, outside},
        "ask=dispatch": set(),
        "ask=verify": set(),
        "overdue=false": everything,
        "overdue=true": set(),
        "state=submitted&category=H-FIRE-01&area=990101001001": {plain, walked},
    }
    for query, found in expected.items():
        assert set(ids(township, query)) == found, query
    desk = office.client("village1")
    assert set(ids(desk, "ask=accept")) == {plain, gas}
    assert set(ids(desk, "ask=dispatch")) == {accepted["id"]}
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    with office.app.app_context(), transaction() as tx:
        running = Deadline.case_id.in_([uuid.UUID(gas), uuid.UUID(rejected["id"])])
        tx.execute(update(Deadline).where(running).values(due_current=an_hour_ago))
    assert ids(township, "overdue=true") == [gas]
    assert set(ids(township, "overdue=false")) == everything - {gas}


def test_words_are_sought_literally_in_titles_and_as_a_code(office: Office, report: Make):
    worker = office.client("worker1")
    percent = filed(worker, report(text="电池只剩5%还在充电，请处理。"))
    under = filed(worker, report(text="门牌A_12旁的井盖松动了。"))
    plain = filed(worker, report(text="门牌AX12旁的井盖松动了，还有5个。"))
    for words, found in {
        "井盖": {under["id"], plain["id"]},
        "5%": {percent["id"]},
        "A_1": {under["id"]},
        "a_1": {under["id"]},
        "%": {percent["id"]},
        "\\": set(),
        percent["code"]: {percent["id"]},
        f" {percent['code']} ": {percent["id"]},
        "请处理。": {percent["id"]},
        "没有这样的字": set(),
    }.items():
        answer = worker.get("/cases", query_string={"q": words})
        assert {item["id"] for item in answer.json["items"]} == found, words


def test_codes_compare_byte_by_byte_on_both_databases(office: Office):
    names = ["b", "A", "a", "B", "_", "-", "é", "e", "z", "中", "1", "10", "2", "ａ", "", "𠮷"]
    with office.app.app_context(), db.engine.connect() as connection:
        connection.execute(insert(Stamp), [{"name": f"~{name}", "version": 1} for name in names])
        order = list(connection.execute(select(Stamp.name).where(Stamp.name > "~").order_by(Stamp.name)).scalars())
        connection.rollback()
    assert order == sorted((f"~{name}" for name in names), key=str.encode)[1:]


def test_grids_come_by_code_in_pages_exactly_as_drawn(office: Office):
    client, found, cursor_part = office.client("worker1"), [], ""
    while True:
        answer = client.get(f"/grids?limit=50{cursor_part}").json
        found += answer["features"]
        if answer["next_cursor"] is None:
            break
        cursor_part = f"&cursor={answer['next_cursor']}"
    drawn = {grid.code: grid.geometry for grid in demo_county().grids}
    assert [feature["properties"]["code"] for feature in found] == sorted(drawn)
    for feature in found:
        assert shape(feature["geometry"]).equals_exact(drawn[feature["properties"]["code"]], 0, normalize=False)
    west, south, *_ = drawn["990101001001001"].bounds
    inside = client.get(f"/grids?bbox={west + 0.001},{south + 0.001},{west + 0.0011},{south + 0.0011}").json
    assert [feature["properties"]["code"] for feature in inside["features"]] == ["990101001001001"]
    assert client.get("/grids?bbox=100,30,101,31").json["features"] == []
    assert client.get("/grids/990101001001001").json == found[0]
