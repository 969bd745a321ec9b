"""Bad input gets a refusal that names the field, and leaves nothing behind; odd but honest input is kept exactly."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.conftest import Office
from tests.server.conftest import NOON, REJECTING, accepting, filed, move, refused

Make = Callable[..., dict[str, Any]]
BOMB = 10_000
NOBODY = "00000000-0000-4000-8000-000000000000"
"""An id that stands for nothing; the same in every test process."""
LONG = "x" * 100_000


def send(office: Office, data: bytes | str, content_type: str = "application/json") -> TestResponse:
    """A report with this body, byte for byte."""
    return office.client("worker1").put(f"/reports/{uuid.uuid4()}", data=data, content_type=content_type)


def put(office: Office, body: dict[str, Any]) -> TestResponse:
    return send(office, json.dumps(body))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"nonsense",
        b"null",
        b"[]",
        b'"text"',
        b"7",
        b"{'category': 1}",
        b'{"text": "\xff\xfe"}',
        b'\xff\xfe{\x00"\x00',
        b'{"urgency": NaN}',
        b'{"urgency": -Infinity}',
        b'{"urgency": 2, "urgency": 3}',
        b'{"location": {"lon": 1, "lon": 2}}',
        b'{"urgency": 1' + b"0" * 10_000 + b"}",
        b'{"a":' * BOMB + b"1" + b"}" * BOMB,
        b'{"a":' + b"[" * BOMB + b"]" * BOMB + b"}",
    ],
    ids=lambda data: repr(data[:30]),
)
def test_what_is_no_plain_json_object_is_refused(untouched: Office, data: bytes):
    refused(send(untouched, data), 400, "not_json")


@pytest.mark.parametrize("depth", [25, 300, 500, 900])
def test_deep_nesting_below_the_parser_s_own_limit_is_refused_too(untouched: Office, depth: int):
    for opening, closing in (('{"a":', "}"), ("[", "]")):
        refused(send(untouched, '{"parties":' + opening * depth + "1" + closing * depth + "}"), 400, "not_json")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_another_kind_of_content_is_refused(untouched: Office, report: Make, content_type: str):
    refused(send(untouched, json.dumps(report()), content_type), 415, "wrong_media_type")


def test_ten_megabytes_are_refused_with_or_without_a_stated_length(untouched: Office, report: Make):
    data = json.dumps(report(text="长" * 3_500_000)).encode()
    refused(send(untouched, data), 413, "too_large")
    path = f"/reports/{uuid.uuid4()}"
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = untouched.client("worker1").put(
        path, data=data, content_type="application/json", environ_overrides=chunked
    )
    refused(answer, 413, "too_large")


def test_a_body_that_broke_off_on_the_way_is_refused(untouched: Office, report: Make):
    data = json.dumps(report()).encode()
    answer = untouched.client("worker1").put(
        f"/reports/{uuid.uuid4()}", data=data, content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(len(data) + 100), "wsgi.input_terminated": True},
    )  # fmt: skip
    refused(answer, 400, "cut_short")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"category": None}, "category"),
    ({"category": 7}, "category"),
    ({"category": "H-FIRE"}, "category"),  # has leaves below it
    ({"category": "NO-SUCH"}, "category"),
    ({"category": LONG}, "category"),
    ({"text": None}, "text"),
    ({"text": 12345}, "text"),
    ({"text": ["一二三四五"]}, "text"),
    ({"text": "四个字吧"}, "text"),
    ({"text": "  四个字吧  "}, "text"),
    ({"text": "字" * 5001}, "text"),
    ({"text": LONG}, "text"),
    ({"text": "有\0空字符的文字"}, "text"),
    ({"text": "半个字符\ud83d不成字"}, "text"),
    ({"text": "反过来\ude00的也不成字"}, "text"),
    ({"urgency": 0}, "urgency"),
    ({"urgency": 5}, "urgency"),
    ({"urgency": "2"}, "urgency"),
    ({"urgency": 2.5}, "urgency"),
    ({"urgency": True}, "urgency"),
    ({"urgency": 10**30}, "urgency"),
    ({"source": "rumour"}, "source"),
    ({"source": "walk_in"}, "source"),  # a grid worker has no desk
    ({"location": []}, "location"),
    ({"location": "111.19,34.78"}, "location"),
    ({"location": None}, "no_location_reason"),
    ({"grid_code": 990101001001001}, "grid_code"),
    ({"grid_code": LONG}, "grid_code"),
    ({"photos": "abc"}, "photos"),
    ({"photos": [7]}, "photos"),
    ({"photos": ["0" * 63]}, "photos"),
    ({"photos": ["A" * 64]}, "photos"),
    ({"photos": ["a" * 64] * 2}, "photos"),
    ({"photos": [f"{n:064x}" for n in range(21)]}, "photos"),
    ({"category": "C-01", "photos": []}, "photos"),  # this category needs one
    ({"parties": {}}, "parties"),
    ({"parties": [{"name": "甲"}] * 21}, "parties"),
    ({"parties": [7]}, "parties.0"),
    ({"parties": [{"name": "甲"}, {"phone": "1"}]}, "parties.1.name"),
    ({"parties": [{"name": LONG}]}, "parties.0.name"),
    ({"parties": [{"name": "甲", "phone": 13812345678}]}, "parties.0.phone"),
    ({"parties": [{"name": "甲\0"}]}, "parties.0.name"),
    ({"on_behalf_of": {"name": "甲", "phone": "1", "consent": False}}, "on_behalf_of.consent"),
    ({"on_behalf_of": {"name": "甲", "phone": "1", "consent": "yes"}}, "on_behalf_of.consent"),
    ({"involved_count": -1}, "involved_count"),
    ({"involved_count": "2"}, "involved_count"),
    ({"amount": -1}, "amount"),
    ({"amount": "12000"}, "amount"),
    ({"amount": 10**18}, "amount"),
    ({"confidential": "no"}, "confidential"),
    ({"confidential": 1}, "confidential"),
    ({"same_as": "not-an-id"}, "same_as"),
    ({"same_as": NOBODY}, "same_as"),
    ({"origin": {"system": "12345", "external_id": "x"}}, "origin"),
    ({"colour": "red"}, "colour"),
    ({"id": NOBODY}, "id"),
]


@pytest.mark.parametrize(("change", "field"), WRONG, ids=lambda value: ascii(value)[:40])
def test_a_wrong_value_is_refused_under_its_field_s_name(
    untouched: Office, report: Make, change: dict[str, Any], field: str
):
    refused(put(untouched, report(**change)), 422, "invalid", field)


@pytest.mark.parametrize("field", ["category", "text", "urgency", "source", "filed_at"])
def test_a_field_that_is_missing_is_named(untouched: Office, report: Make, field: str):
    refused(put(untouched, {name: value for name, value in report().items() if name != field}), 422, "invalid", field)


def test_all_wrong_fields_are_named_at_once(untouched: Office, report: Make):
    body = report(urgency=9, text="短", colour="red", location={"lon": "x", "lat": 34.8, "crs": "wgs84"})
    fields = ("urgency", "text", "colour", "location.lon", "location.fix")
    refused(put(untouched, body), 422, "invalid", *fields)


def test_unknown_fields_are_refused_inside_objects_too(untouched: Office, report: Make):
    place = report()["location"] | {"altitude": 300}
    refused(put(untouched, report(location=place)), 422, "invalid", "location.altitude")
    refused(put(untouched, report(parties=[{"name": "甲", "age": 9}])), 422, "invalid", "parties.0.age")


@pytest.mark.parametrize(
    ("change", "field", "hint"),
    [
        ({"lon": "111.14"}, "location.lon", "number"),
        ({"lon": "NaN"}, "location.lon", "number"),
        ({"lat": "Infinity"}, "location.lat", "number"),
        ({"lon": None}, "location.lon", "null"),
        ({"lon": True}, "location.lon", "number"),
        ({"lon": [111.14]}, "location.lon", "number"),
        ({"lon": 181}, "location.lon", "Longitude"),
        ({"lon": -1e300}, "location.lon", "Longitude"),
        ({"lat": 90.5}, "location.lat", "Latitude"),
        ({"lon": 34.78, "lat": 111.14}, "location.lon", "swapped"),
        ({"lon": 0, "lat": 0}, "location.lon", "0,0"),
        ({"lon": 0.0, "lat": -0.0}, "location.lon", "0,0"),
        ({"lon": -0.12, "lat": 51.5}, "location.lon", "outside the country"),
        ({"lon": 111.14, "lat": -34.78}, "location.lon", "outside the country"),
        ({"crs": "epsg:4326"}, "location.crs", "wgs84"),
        ({"crs": "WGS84"}, "location.crs", "wgs84"),
        ({"crs": None}, "location.crs", "null"),
        ({"fix": "guess"}, "location.fix", "gps"),
        ({"accuracy_m": -1}, "location.accuracy_m", "100,000"),
        ({"accuracy_m": 100_001}, "location.accuracy_m", "100,000"),
        ({"accuracy_m": "10"}, "location.accuracy_m", "number"),
    ],
    ids=str,
)  # fmt: skip
def test_coordinates_that_cannot_be_a_place_are_refused_with_a_hint(
    untouched: Office, report: Make, change: dict[str, Any], field: str, hint: str
):
    problem = refused(put(untouched, report(location=report()["location"] | change)), 422, "invalid", field)
    assert hint in problem["errors"][field]["en"]


def test_an_endless_number_is_refused_under_its_field_s_name(untouched: Office, report: Make):
    data = json.dumps(report()).replace('"accuracy_m": 10', '"accuracy_m": 1e400')
    refused(send(untouched, data), 422, "invalid", "location.accuracy_m")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T09:30:00",
        "2026-11-20",
        "2026-13-40T09:30:00+08:00",
        "2026-11-20T25:00:00+08:00",
        "2026-11-20T09:30:00+25:00",
        "1999-12-31T09:30:00+08:00",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "昨天上午",
        "",
        1_763_602_200,
        None,
        [],
    ],
)
def test_a_time_without_offset_or_out_of_range_is_refused(untouched: Office, report: Make, text: Any):
    refused(put(untouched, report(filed_at=text)), 422, "invalid", "filed_at")


@pytest.mark.parametrize("text", ["1", "not-an-id", "{}", "00000000000000000000000000000000", "٠" * 36, "x" * 36])
def test_an_id_that_is_no_uuid_is_refused(untouched: Office, report: Make, text: str):
    worker = untouched.client("worker1")
    refused(worker.put(f"/reports/{text}", json=report()), 422, "invalid", "report_id")
    refused(worker.get(f"/cases/{text}"), 422, "invalid", "case_id")
    step = {"action": "withdraw", "based_on": 1, "payload": {}, "at": NOON}
    refused(worker.put(f"/cases/{uuid.uuid4()}/steps/{text}", json=step), 422, "invalid", "step_id")
    refused(worker("DELETE", f"/sessions/{text}"), 422, "invalid", "session")
    assert worker("HEAD", f"/uploads/{text}", headers={"Tus-Resumable": "1.0.0"}).status_code == 422


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("lon=nan&lat=34.78&crs=wgs84", "lon"),
        ("lon=inf&lat=34.78&crs=wgs84", "lon"),
        ("lon=1e400&lat=34.78&crs=wgs84", "lon"),
        ("lon=x&lat=34.78&crs=wgs84", "lon"),
        ("lon=34.78&lat=111.14&crs=wgs84", "lon"),
        ("lat=34.78&crs=wgs84", "lon"),
        ("lon=111.14&lat=34.78&crs=mars", "crs"),
        ("lon=111.14&lat=34.78", "crs"),
        ("lon=111.14&lat=34.78&crs=wgs84&accuracy_m=-3", "accuracy_m"),
        ("lon=111.14&lat=34.78&crs=wgs84&lat=34.79", "lat"),
        ("lon=111.14&lat=34.78&crs=wgs84&speed=3", "speed"),
    ],
)
def test_a_place_asked_for_badly_is_refused(untouched: Office, query: str, field: str):
    refused(untouched.client("worker1").get(f"/locate?{query}"), 422, "invalid", field)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/cases?limit=0", "limit"),
        ("/cases?limit=201", "limit"),
        ("/cases?limit=many", "limit"),
        ("/cases?limit=1.5", "limit"),
        ("/cases?state=lost", "state"),
        ("/cases?unit=7", "unit"),
        ("/cases?ask=nicely", "ask"),
        ("/cases?overdue=maybe", "overdue"),
        ("/cases?q=" + "x" * 101, "q"),
        ("/cases?q=%00", "q"),
        ("/cases?cursor=!!!", "cursor"),
        ("/cases?cursor=W10", "cursor"),
        ("/cases?colour=red", "colour"),
        ("/grids?bbox=1,2,3", "bbox"),
        ("/grids?bbox=nan,1,2,3", "bbox"),
        ("/grids?bbox=3,1,2,3", "bbox"),
        ("/units?area=123", "area"),
        ("/units?category=X", "category"),
        ("/changes?since=%7B%7D", "since"),
        ("/me?debug=1", "debug"),
    ],
)
def test_a_query_asked_badly_is_refused(untouched: Office, path: str, field: str):
    refused(untouched.client("worker1").get(path), 422, "invalid", field)


@pytest.mark.parametrize("path", ["/areas/%00", "/areas/%FF", "/grids/..", "/areas/" + "9" * 4000, "/packs/%F0%9F"])
def test_a_code_that_nothing_has_is_not_found(untouched: Office, path: str):
    refused(untouched.client("worker1").get(path), 404, "not_found")


KEPT = {
    "emoji": "井盖坏了😡请快修🚧",
    "joined emoji": "一家三口👨‍👩‍👧路过🏳️‍🌈这里",
    "rare Han": "𠮷野家门口𪚥字招牌松动",
    "right-to-left marks": "门牌\u202e倒着念\u200f的招牌\u2066\u2069",
    "markup": "<script>alert(1)</script>&amp;<b>粗</b>",
    "a formula": "=HYPERLINK(\"http://example.invalid\",\"点\")",
    "at and plus": "@SUM(1+1)*cmd|' /C calc'!A0",
    "white space": "\t 首尾有空格，\r\n中间有换行 \n",
    "quotes": "'; DROP TABLE cases; -- \\\" %s {0}",
    "combining": "e\u0301 与 \u00e9 不同，也不合并",
    "controls": "响铃\x07与\x1b[31m红字\x7f",
    "noncharacters": "首\ufeff尾\uffff和\U0010ffff",
    "the longest": "𠮷" * 5000,
    "the shortest": "一二三四五",
}  # fmt: skip


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_odd_but_honest_text_is_kept_exactly(shared_office: Office, report: Make, text: str):
    worker, desk = shared_office.client("worker1"), shared_office.client("village1")
    name = text[:100]
    case = filed(worker, report(text=text, parties=[{"name": name}]))
    assert desk.get(f"/cases/{case['id']}").json["text"] == text
    assert case["steps"][0]["payload"]["text"] == text
    assert move(worker, case, "supplement", {"text": text}).json["step"]["payload"]["text"] == text
    opened = desk.post(f"/cases/{case['id']}/parties/open", json={"purpose": "核对姓名"})
    assert [party["name"] for party in opened.json["items"]] == [name]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"action": "dance"}, ["action"]),
        ({"action": "submit"}, ["action"]),
        ({"action": None}, ["action"]),
        ({"action": {}}, ["action"]),
        ({"based_on": 0}, ["based_on"]),
        ({"based_on": 2}, ["based_on"]),
        ({"based_on": -1}, ["based_on"]),
        ({"based_on": "1"}, ["based_on"]),
        ({"based_on": 2**40}, ["based_on"]),
        ({"payload": None}, ["payload"]),
        ({"payload": []}, ["payload"]),
        ({"payload": {}}, ["payload.category", "payload.urgency"]),
        ({"payload": {"category": "H-FIRE-01", "urgency": 2, "colour": 1}}, ["payload.colour"]),
        ({"payload": {"category": "H-FIRE", "urgency": 2}}, ["payload.category"]),
        ({"payload": {"category": ["H-FIRE-01"], "urgency": 2}}, ["payload.category"]),
        ({"payload": {"category": "H-FIRE-01", "urgency": True}}, ["payload.urgency"]),
        ({"payload": {"category": "H-FIRE-01", "urgency": 2, "repeat_of": "x"}}, ["payload.repeat_of"]),
        ({"payload": {"category": "H-FIRE-01", "urgency": 2, "repeat_of": NOBODY}}, ["payload.repeat_of"]),
        ({"at": "2026-11-20T09:30:00"}, ["at"]),
        ({"assignment": NOBODY}, ["assignment"]),
        ({"request": NOBODY}, ["request"]),
        ({"as_unit": NOBODY}, ["as_unit"]),
        ({"as_unit": "x"}, ["as_unit"]),
        ({"colour": "red"}, ["colour"]),
    ],
    ids=lambda value: ascii(value)[:50],
)
def test_a_move_asked_badly_is_refused_and_changes_nothing(
    shared_office: Office, report: Make, change: dict[str, Any], fields: list[str]
):
    desk = shared_office.client("village1")
    case = filed(shared_office.client("worker1"), report())
    refused(move(desk, case, **{"action": "accept", "payload": accepting(case)} | change), 422, "invalid", *fields)
    assert desk.get(f"/cases/{case['id']}").json["version"] == 1


@pytest.mark.parametrize(
    ("action", "payload", "fields"),
    [
        ("reject", REJECTING | {"code": "because"}, ["payload.code"]),
        ("reject", REJECTING | {"basis": "无"}, ["payload.basis"]),
        ("reject", {"code": "not_ours"}, ["payload.basis", "payload.guidance"]),
        ("withdraw", {"reason": "不"}, ["payload.reason"]),
        ("withdraw", {"reason": "字" * 5001}, ["payload.reason"]),
        ("supplement", {}, ["payload.text"]),
        ("supplement", {"text": "字" * 5001}, ["payload.text"]),
        ("supplement", {"photos": ["x"]}, ["payload.photos"]),
        ("supplement", {"parties": [{"phone": "13800000000"}]}, ["payload.parties"]),
        ("supplement", {"parties": []}, ["payload.parties"]),
        ("supplement", {"parties": [{"name": "甲", "phone": 1}]}, ["payload.parties"]),
        ("supplement", {"parties": [{"name": "甲", "age": 1}]}, ["payload.parties"]),
    ],
    ids=str,
)
def test_a_form_filled_in_badly_names_the_field(
    shared_office: Office, report: Make, action: str, payload: dict[str, Any], fields: list[str]
):
    who = "village1" if action == "reject" else "worker1"
    case = filed(shared_office.client("worker1"), report())
    refused(move(shared_office.client(who), case, action, payload), 422, "invalid", *fields)
