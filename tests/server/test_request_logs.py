"""Logs say which route answered how, under which id, and nothing about anybody."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from server.services import lists
from tests.conftest import Office
from tests.server.conftest import filed

Make = Callable[..., dict[str, Any]]
PERSONAL = ("欧阳清欢", "13812341234", "41128119900307123X", "旧沙发", "111.1", "gridloop-demo", "worker1")


def test_a_line_says_route_and_outcome_and_nothing_about_anybody(shared_office: Office, report: Make):
    worker, desk = shared_office.client("worker1"), shared_office.client("village1")
    body = report(
        text="楼门前堆了旧沙发。",
        parties=[{"name": "欧阳清欢", "phone": "13812341234", "id_number": "41128119900307123X"}],
    )
    with capture_logs() as lines:
        case = filed(worker, body)
        worker.put(f"/reports/{uuid.uuid4()}", json=body | {"urgency": "欧阳清欢"})
        desk.post("/cases/search", json={"phone": "13812341234", "purpose": "找欧阳清欢"})
        desk.post(f"/cases/{case['id']}/parties/open", json={"purpose": "找欧阳清欢"})
        desk.get("/cases", query_string={"q": "旧沙发"})
        desk.get("/locate?lon=111.14&lat=34.78&crs=wgs84")
        credentials = {"account": "worker1", "password": "gridloop-demo-wrong"}
        shared_office.anonymous().post("/api/v1/sessions", json=credentials)
    assert len(lines) == 7
    for line in lines:
        assert set(line) == {"event", "log_level", "method", "endpoint", "status", "ms"}
    shown = str(lines)
    assert not [text for text in PERSONAL if text in shown]


def test_an_accident_is_answered_without_details_and_logged_with_the_place_in_the_code(
    shared_office: Office, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: Any) -> None:
        raise RuntimeError("something nobody expected")

    monkeypatch.setattr(lists, "list_cases", fail)
    with capture_logs() as lines:
        answer = shared_office.client("worker1").get("/cases?q=13812341234")
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    assert "expected" not in answer.text
    accident = next(line for line in lines if line["event"] == "accident")
    assert isinstance(accident["exc_info"], RuntimeError)
    assert "13812341234" not in str({name: value for name, value in accident.items() if name != "exc_info"})


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-123_X", True), ("x" * 64, True), ("x" * 65, False), ("two words", False), ("", False)]
)
def test_a_request_keeps_the_id_it_came_with_if_that_is_one(shared_office: Office, given: str, kept: bool):
    answer = shared_office.anonymous().get("/healthz", headers={"X-Request-Id": given})
    assert (answer.headers["X-Request-Id"] == given) is kept
    assert answer.headers["X-Request-Id"]
