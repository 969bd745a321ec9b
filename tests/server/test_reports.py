"""A report becomes exactly one case: held by the right desk, answered again when it is sent again."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import func, select

from server.models import Case, Report, Step
from tests.conftest import Office

Make = Callable[..., dict[str, Any]]


def test_a_report_lands_in_its_grid_and_with_its_village_desk(office: Office, report: Make) -> None:
    answer = office.client("worker1").put(f"/reports/{uuid.uuid4()}", json=report())
    assert answer.status_code == 201, answer.text
    case = answer.json["case"]
    assert case["state"] == "submitted"
    assert case["grid"]["code"] == "990101001001001"
    assert case["grid"]["match"] == "inside"
    assert case["holder"]["name"] == "望禾社区综治工作站"
    assert {clock["kind"] for clock in case["deadlines"]} == {"accept", "overall"}
    assert answer.json["secret"]


def test_the_same_report_again_is_answered_and_changes_nothing(office: Office, report: Make) -> None:
    worker, report_id = office.client("worker1"), uuid.uuid4()
    first = worker.put(f"/reports/{report_id}", json=report())
    again = worker.put(f"/reports/{report_id}", json=report())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["case"] == first.json["case"]
    assert again.json["secret"] is None
    assert office.rows(select(func.count()).select_from(Step))[0][0] == 1


def test_numbers_that_mean_the_same_are_the_same_content(office: Office, report: Make) -> None:
    worker, report_id = office.client("worker1"), uuid.uuid4()
    place = report()["location"]
    worker.put(f"/reports/{report_id}", json=report(location=place | {"accuracy_m": 10}))
    again = worker.put(f"/reports/{report_id}", json=report(location=place | {"accuracy_m": 10.0}))
    assert again.status_code == 200


def test_other_content_or_another_person_under_the_same_id_is_refused(office: Office, report: Make) -> None:
    report_id = uuid.uuid4()
    office.client("worker1").put(f"/reports/{report_id}", json=report())
    for account, body in (("worker1", report(urgency=3)), ("worker2", report())):
        answer = office.client(account).put(f"/reports/{report_id}", json=body)
        assert answer.status_code == 409
        assert answer.json["code"] == "already_different"
        assert "case" not in answer.json


def test_thirty_phones_sending_one_report_at_once_make_one_case(office: Office, report: Make) -> None:
    worker, report_id, body = office.client("worker1"), uuid.uuid4(), report()

    def send(_: int) -> int:
        http = office.app.test_client()
        headers = {"Authorization": f"Bearer {worker.token}"}
        return http.put(f"/api/v1/reports/{report_id}", json=body, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(send, range(30)))
    assert statuses == [200] * 29 + [201]
    for table in (Case, Report, Step):
        assert office.rows(select(func.count()).select_from(table))[0][0] == 1
