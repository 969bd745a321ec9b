"""公众查询: a resident sees how their matter stands by code and secret, and rates it once; nobody else learns it."""

import uuid
from collections.abc import Callable
from typing import Any

from tests.conftest import Office
from tests.server.conftest import NOON, do, refused, seen, unit_of

Make = Callable[..., dict[str, Any]]


def receipt(office: Office, report: Make) -> tuple[dict[str, Any], str]:
    answer = office.client("worker1").put(f"/reports/{uuid.uuid4()}", json=report())
    return answer.json["case"], answer.json["secret"]


def look(office: Office, code: str, secret: str) -> Any:
    return office.anonymous().post("/api/v1/look", json={"code": code, "secret": secret})


def rate(office: Office, code: str, secret: str, result: str, step_id: uuid.UUID | None = None) -> Any:
    body = {"code": code, "secret": secret, "result": result, "at": NOON}
    return office.anonymous().put(f"/api/v1/look/ratings/{step_id or uuid.uuid4()}", json=body)


def closed(office: Office, report: Make) -> tuple[dict[str, Any], str]:
    case, secret = receipt(office, report)
    case = do(office.client("village1"), case, "handle_here", category="H-FIRE-01", urgency=2)
    do(office.client("village1"), case, "finish", result="resolved", text="当天已清理完毕。")
    township = office.client("township1")
    return do(township, seen(township, case), "verify_pass", mode="photo", note="照片显示已清理。"), secret


def test_code_and_secret_show_where_the_matter_stands_and_nothing_of_people(office: Office, report: Make) -> None:
    case, secret = receipt(office, report)
    shown = look(office, case["code"], secret)
    assert shown.status_code == 200, shown.text
    assert (shown.json["state"], shown.json["may_rate"]) == ("submitted", False)
    assert shown.json["holder"]["name"] == "望禾社区综治工作站"
    assert set(shown.json) == {
        "code", "state", "category", "received_at", "due_at", "holder", "result", "satisfaction", "may_rate",
    }  # fmt: skip


def test_a_wrong_secret_and_a_code_that_does_not_exist_look_alike(office: Office, report: Make) -> None:
    case, secret = receipt(office, report)
    wrong, absent = look(office, case["code"], "x" * 22), look(office, "990101-20260101-9-X", secret)
    refused(wrong, 404, "not_found")
    assert wrong.json == absent.json


def test_after_twenty_wrong_tries_an_address_must_wait(office: Office, report: Make) -> None:
    case, _ = receipt(office, report)
    answers = [look(office, case["code"], f"{number:022d}").status_code for number in range(21)]
    assert answers == [404] * 20 + [429]


def test_a_resident_who_is_not_satisfied_has_the_closing_reviewed(office: Office, report: Make) -> None:
    case, secret = closed(office, report)
    step_id = uuid.uuid4()
    first = rate(office, case["code"], secret, "not", step_id)
    assert first.status_code == 201, first.text
    assert (first.json["satisfaction"], first.json["may_rate"]) == ("not", False)
    assert rate(office, case["code"], secret, "not", step_id).status_code == 200  # the same again
    refused(rate(office, case["code"], secret, "satisfied", step_id), 409, "already_different")
    refused(rate(office, case["code"], secret, "satisfied"), 409, "move_not_allowed")  # once
    county = seen(office.client("county1"), case)
    assert county["steps"][-1]["action"] == "rate"
    assert county["steps"][-1]["by"] is None
    assert {"review", "ask_check"} <= {move["action"] for move in county["moves"]}
    reviewing = [one for one in county["deadlines"] if one["kind"] == "answer"][-1]
    assert reviewing["unit"]["id"] == unit_of(office, "county1")


def test_an_open_matter_is_not_rated(office: Office, report: Make) -> None:
    case, secret = receipt(office, report)
    refused(rate(office, case["code"], secret, "satisfied"), 409, "move_not_allowed")
