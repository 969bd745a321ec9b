"""Personal data of parties: unreadable at rest, masked wherever a case is shown, opened only for a stated purpose."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from server.keys import make_keys, read_keys
from server.models import Audit, Base, Party
from server.services import parties
from tests.conftest import Office
from tests.server.conftest import filed, move, refused

Make = Callable[..., dict[str, Any]]
NAME, PHONE, ID_NUMBER = "欧阳清欢", "13812341234", "41128119900307123X"
OTHER_NAME, OTHER_PHONE = "司徒望舒", "15900001111"
BEHALF_NAME, BEHALF_PHONE = "慕容听雪", "037812345678"
PERSONAL = (NAME, PHONE, ID_NUMBER, OTHER_NAME, OTHER_PHONE, BEHALF_NAME, BEHALF_PHONE)
MARKER = "拾陆号楼门前堆了旧沙发"


@pytest.fixture
def case(office: Office, report: Make) -> dict[str, Any]:
    """A case that names three people: two in the report, one in a supplement."""
    worker = office.client("worker1")
    body = report(
        text=MARKER,
        parties=[{"name": NAME, "phone": PHONE, "id_number": ID_NUMBER, "role": "住户"}],
        on_behalf_of={"name": BEHALF_NAME, "phone": BEHALF_PHONE, "consent": True},
    )
    found = filed(worker, body)
    more = {"parties": [{"name": OTHER_NAME, "phone": OTHER_PHONE}]}
    answer = move(worker, found, "supplement", more)
    assert answer.status_code == 201, answer.text
    moved: dict[str, Any] = answer.json["case"]
    return moved


def stored_bytes(office: Office) -> Iterator[tuple[str, bytes]]:
    """Everything the database keeps, table by table (SQLite: file by file), as bytes."""
    if office.settings.embedded:
        for path in office.settings.data_dir.glob("gridloop.sqlite*"):
            yield path.name, path.read_bytes()
        return
    with psycopg.connect(dbname=office.settings.database_url.database) as connection:
        for table in Base.metadata.sorted_tables:
            with connection.cursor().copy(f'COPY "{table.name}" TO STDOUT (FORMAT binary)') as copy:
                yield table.name, b"".join(bytes(block) for block in copy)


def forms(text: str) -> list[bytes]:
    """How a text might lie about in the clear."""
    escaped = json.dumps(text).strip('"')
    return [
        text.encode(),
        text.encode("utf-16-le"),
        text.encode("gb18030"),
        escaped.encode(),
        text.encode().hex().encode(),
    ]


def test_no_name_phone_or_id_number_lies_anywhere_in_the_database(office: Office, case: dict[str, Any]):
    office.client("township1").post("/cases/search", json={"phone": PHONE, "purpose": "核对重复"})
    office.client("township1").post(f"/cases/{case['id']}/parties/open", json={"purpose": "联系当事人"})
    found_marker = False
    for name, data in stored_bytes(office):
        found_marker = found_marker or MARKER.encode() in data
        for text in PERSONAL:
            for form in forms(text):
                assert form not in data, f"{text} lies in {name}"
    assert found_marker  # the search itself finds what is there


def test_everyone_in_the_audience_sees_them_masked(office: Office, case: dict[str, Any]):
    masked = [
        {"role": "住户", "name": "欧*", "phone": "138****1234", "id_number": "****123X"},
        {"role": "on_behalf_of", "name": "慕*", "phone": "037****5678", "id_number": None},
        {"role": "", "name": "司*", "phone": "159****1111", "id_number": None},
    ]
    for account in ("worker1", "village1", "township1", "leader1", "county1"):
        client = office.client(account)
        shown = client.get(f"/cases/{case['id']}")
        assert sorted(shown.json["parties"], key=str) == sorted(masked, key=str)
        for answer in (shown, client.get("/cases"), client.get("/changes")):
            assert not [text for text in PERSONAL if text in answer.text]
    assert [step["payload"].keys() & {"parties", "on_behalf_of"} for step in case["steps"]] == [set(), set()]


@pytest.mark.parametrize(
    ("party", "shown"),
    [
        ({"name": "张"}, {"name": "张*", "phone": None}),
        ({"name": "张三", "phone": "110"}, {"name": "张*", "phone": "****"}),
        ({"name": "张三", "phone": "6543210"}, {"name": "张*", "phone": "****"}),
        ({"name": "张三", "id_number": "1234567"}, {"id_number": "****"}),
        ({"name": "张三", "id_number": "12345678"}, {"id_number": "****5678"}),
        ({"name": "👨‍👩‍👧"}, {"name": "👨*"}),
    ],
)
def test_short_values_are_hidden_whole(party: dict[str, str], shown: dict[str, str | None]):
    masked = parties.mask(party)
    assert {name: masked[name] for name in shown} == shown


def test_opening_them_asks_for_a_purpose_and_is_written_down(office: Office, case: dict[str, Any]):
    desk, path = office.client("village1"), f"/cases/{case['id']}/parties/open"
    for body in ({}, {"purpose": ""}, {"purpose": "   "}, {"purpose": "x" * 201}, {"purpose": 7}):
        refused(desk.post(path, json=body), 422, "invalid", "purpose")
    audit = select(Audit.action, Audit.object, Audit.detail).where(Audit.action == "open_parties")
    assert office.rows(audit) == []
    opened = desk.post(path, json={"purpose": "电话联系住户"}).json["items"]
    assert {(one["name"], one["phone"], one["id_number"]) for one in opened} == {
        (NAME, PHONE, ID_NUMBER),
        (OTHER_NAME, OTHER_PHONE, None),
        (BEHALF_NAME, BEHALF_PHONE, None),
    }
    assert [tuple(line) for line in office.rows(audit)] == [
        ("open_parties", case["id"], {"purpose": "电话联系住户"})
    ]  # fmt: skip


def test_nobody_outside_the_audience_opens_or_finds_them(office: Office, case: dict[str, Any]):
    for account in ("worker2", "village2", "fire1", "township2", "admin1", "auditor1"):
        client = office.client(account)
        answer = client.post(f"/cases/{case['id']}/parties/open", json={"purpose": "好奇看看"})
        refused(answer, 404, "not_found")
        found = client.post("/cases/search", json={"phone": PHONE, "purpose": "好奇看看"})
        assert (found.status_code, found.json["items"]) == (200, [])
    assert office.rows(select(Audit.id).where(Audit.action == "open_parties")) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"phone": PHONE},
        {"phone": "138-1234-1234"},
        {"phone": " 138 1234 1234 "},
        {"phone": "１３８１２３４１２３４"},
        {"phone": OTHER_PHONE},
        {"phone": BEHALF_PHONE},
        {"id_number": ID_NUMBER},
        {"id_number": ID_NUMBER.lower()},
    ],
    ids=str,
)
def test_a_case_is_found_by_a_number_however_it_is_written(office: Office, case: dict[str, Any], asked: dict[str, str]):
    answer = office.client("village1").post("/cases/search", json={**asked, "purpose": "核对是否重复"})
    assert [one["id"] for one in answer.json["items"]] == [case["id"]]
    line = office.rows(select(Audit.object, Audit.detail).where(Audit.action == "search_parties"))
    assert [tuple(one) for one in line] == [(next(iter(asked)), {"purpose": "核对是否重复", "found": 1})]


def test_other_numbers_and_the_wrong_kind_find_nothing(office: Office, case: dict[str, Any]):
    desk = office.client("village1")
    for asked in (
        {"phone": "13812341235"},
        {"phone": "1381234"},
        {"phone": ID_NUMBER},
        {"id_number": PHONE},
        {"phone": "--"},
    ):
        answer = desk.post("/cases/search", json={**asked, "purpose": "核对是否重复"})
        assert (answer.status_code, answer.json["items"]) == (200, []), asked
    for asked in ({}, {"phone": PHONE, "id_number": ID_NUMBER}):
        refused(desk.post("/cases/search", json={**asked, "purpose": "核对是否重复"}), 422, "invalid", "phone")
    refused(desk.post("/cases/search", json={"phone": PHONE}), 422, "invalid", "purpose")
    refused(desk.get(f"/cases?phone={PHONE}"), 422, "invalid", "phone")


def test_equal_values_look_different_at_rest_and_their_index_needs_the_key(office: Office, report: Make, tmp_path: Any):
    same = [{"name": NAME, "phone": PHONE}]
    for _ in range(2):
        filed(office.client("worker1"), report(parties=same))
    rows = office.rows(select(Party.sealed, Party.phone_index))
    assert len({row.sealed for row in rows}) == 2
    assert len({row.phone_index for row in rows}) == 1
    make_keys(tmp_path / "other.json")
    assert parties.blind_index(read_keys(tmp_path / "other.json"), "phone", PHONE) != rows[0].phone_index


def test_a_sealed_value_opens_only_in_its_own_row(tmp_path: Any):
    make_keys(tmp_path / "keys.json")
    keys, row, other = read_keys(tmp_path / "keys.json"), uuid.uuid4(), uuid.uuid4()
    sealed = parties.seal(keys, row, {"name": NAME, "phone": PHONE, "role": "住户"})
    assert parties.unseal(keys, row, keys.active, sealed) == {"name": NAME, "phone": PHONE}
    with pytest.raises(InvalidTag):
        parties.unseal(keys, other, keys.active, sealed)
    with pytest.raises(InvalidTag):
        parties.unseal(keys, row, keys.active, sealed[:-1] + bytes([sealed[-1] ^ 1]))
