"""The closed loop through HTTP, told as stories: who does what, who holds it, and what the clocks say."""

import uuid
from collections.abc import Callable
from typing import Any

from tests.conftest import Client, Office
from tests.server.conftest import NOON, filed

Make = Callable[..., dict[str, Any]]


def do(client: Client, case: dict[str, Any], action: str, status: int = 201, **payload: Any) -> dict[str, Any]:
    """Make a move on the case as this person sees it now; the answer's case, or the problem."""
    body = {"action": action, "based_on": case["version"], "payload": payload, "at": NOON}
    answer = client.put(f"/cases/{case['id']}/steps/{uuid.uuid4()}", json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json["case"] if status in (200, 201) else answer.json
    return found


def seen(client: Client, case: dict[str, Any]) -> dict[str, Any]:
    answer = client.get(f"/cases/{case['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def moves(case: dict[str, Any]) -> set[str]:
    return {move["action"] for move in case["moves"]}


def unit_of(office: Office, account: str) -> str:
    unit: str = office.client(account).get("/me").json["units"][0]["id"]
    return unit


def running(case: dict[str, Any]) -> set[str]:
    """Kinds of the clocks that run."""
    return {one["kind"] for one in case["deadlines"] if one["met_at"] is None and one["ended_at"] is None}


def test_a_fire_hazard_is_handled_by_a_department_and_a_village_together(office: Office, report: Make) -> None:
    worker, village, fire = (office.client(name) for name in ("worker1", "village1", "fire1"))
    township = office.client("township1")
    case = filed(worker, report())
    case = do(village, case, "accept", category="H-FIRE-01", urgency=3)
    assert case["first_responsible"]["name"] == "望禾社区综治工作站"
    case = do(
        village, case, "escalate", reason="需要消防部门到场检查", work_done="已劝说住户先清理一部分杂物",
    )  # fmt: skip
    assert case["state"] == "submitted"
    assert case["holder"]["id"] == unit_of(office, "township1")
    assert case["first_responsible"]["name"] == "望禾社区综治工作站"

    case = do(township, seen(township, case), "accept", category="H-FIRE-01", urgency=3)
    lead_due = next(one for one in case["moves"] if one["action"] == "dispatch")
    assert {"lead", "pool", "due_at", "co", "copied"} == {need["name"] for need in lead_due["needs"]}
    case = do(
        township, case, "dispatch", lead=unit_of(office, "fire1"),
        co=[{"unit": unit_of(office, "village1"), "due_at": "2099-01-01T00:00:00+08:00"}], status=422,
    )  # fmt: skip
    assert list(case["errors"]) == ["payload.co"]
    case = do(township, seen(township, {"id": case_id(office, worker)}), "dispatch", lead=unit_of(office, "fire1"))
    assert case["state"] == "in_progress"
    assert case["holder"]["id"] == unit_of(office, "fire1")
    case = do(township, case, "add_co", units=[unit_of(office, "village1")])

    hazard = seen(fire, case)
    assert "sign" in moves(hazard)
    assert "finish" not in moves(hazard)
    do(fire, hazard, "finish", 409, result="resolved", text="没有签收不能办结。")
    hazard = do(fire, hazard, "sign")
    hazard = do(fire, hazard, "progress", text="已到现场，责令当场清理。")
    waiting = do(fire, hazard, "finish", 422, result="resolved", text="主办已处理完毕。")
    assert list(waiting["errors"]) == ["payload.result"]  # the village is not done
    helping = do(village, seen(village, case), "sign")
    do(village, helping, "feedback", result="已和住户一起清理完毕。")

    hazard = do(fire, seen(fire, case), "finish", result="resolved", text="通道已恢复畅通。")
    assert hazard["state"] == "awaiting_verification"
    assert hazard["holder"]["id"] == unit_of(office, "township1")
    assert running(hazard) == {"verify"}
    assert "verify_pass" not in moves(hazard)

    case = do(township, seen(township, case), "verify_fail", reason="楼道仍有纸箱，请继续清理。")
    assert (case["state"], case["rework_count"]) == ("in_progress", 1)
    assert {"overall", "handle"} <= running(case)
    hazard = do(fire, seen(fire, case), "finish", result="resolved", text="已全部清理完毕。")
    case = do(township, seen(township, case), "verify_pass", mode="photo", note="照片显示通道畅通。")
    assert (case["state"], case["settled_level"], case["holder"]) == ("closed", "township", None)
    assert running(case) == set()
    assert [step["seq"] for step in case["steps"]] == list(range(1, len(case["steps"]) + 1))


def case_id(office: Office, worker: Client) -> str:
    found: str = worker.get("/cases?limit=1").json["items"][0]["id"]
    return found


def test_a_village_that_handles_it_itself_is_verified_by_its_township(office: Office, report: Make) -> None:
    village, township = office.client("village1"), office.client("township1")
    case = filed(office.client("worker1"), report())
    case = do(village, case, "handle_here", category="H-FIRE-01", urgency=2)
    assert (case["state"], case["holder"]["name"]) == ("in_progress", "望禾社区综治工作站")
    case = do(village, case, "finish", result="resolved", text="当天已清理完毕。")
    assert case["holder"]["id"] == unit_of(office, "township1")
    assert "verify_pass" not in moves(case)
    case = do(township, seen(township, case), "verify_pass", mode="on_site", note="现场查看已清理。")
    assert (case["state"], case["settled_level"]) == ("closed", "village")


def test_settled_on_the_spot_in_one_request_waits_for_the_desk(office: Office, report: Make) -> None:
    village, worker = office.client("village1"), office.client("worker1")
    leaf = next(
        one["code"] for one in worker.get("/categories").json["items"]
        if one["leaf"] and one["settle_on_spot"] and one["grid_worker"] and not one["after_photo_required"]
        and not one["sensitive"]
    )  # fmt: skip
    report_id = uuid.uuid4()
    body = report(category=leaf, settled={"result": "当场扶正并加固了路牌。"})
    case = filed(worker, body, report_id)
    assert case["state"] == "awaiting_verification"
    assert [(step["seq"], step["action"]) for step in case["steps"]] == [(1, "submit"), (2, "settle_on_spot")]
    assert case["steps"][1]["id"] == str(uuid.uuid5(report_id, "settle"))
    assert worker.put(f"/reports/{report_id}", json=body).status_code == 200
    case = do(village, seen(village, case), "verify_pass", mode="on_site", note="现场查看已处理。")
    assert (case["state"], case["settled_level"]) == ("closed", "grid")


def test_whoever_handled_it_does_not_verify_it(office: Office, report: Make) -> None:
    township, leader = office.client("township1"), office.client("leader1")
    case = filed(township, report(source="walk_in"))
    case = do(township, case, "handle_here", category="H-FIRE-01", urgency=2)
    case = do(township, case, "finish", result="resolved", text="窗口协调后已解决。")
    assert "verify_pass" not in moves(case)
    do(township, case, "verify_pass", 409, mode="on_site", note="自己核查自己。")
    case = do(leader, seen(leader, case), "verify_pass", mode="on_site", note="领导现场核查通过。")
    assert case["state"] == "closed"
    case = do(leader, case, "reopen", reason="回访发现问题复发。")
    assert (case["state"], case["reopen_count"]) == ("accepted", 1)


def test_a_unit_whose_part_was_taken_back_loses_sight(office: Office, report: Make) -> None:
    village, township, fire = (office.client(name) for name in ("village1", "township1", "fire1"))
    case = filed(office.client("worker1"), report())
    case = do(village, case, "escalate", reason="超出村级处置能力", work_done="已到现场查看")
    case = do(township, seen(township, case), "accept", category="H-FIRE-01", urgency=2)
    case = do(township, case, "dispatch", lead=unit_of(office, "fire1"))
    assert seen(fire, case)["id"] == case["id"]
    others = [one["value"] for move in seen(township, case)["moves"] if move["action"] == "redispatch"
              for one in move["needs"][0]["choices"]]  # fmt: skip
    case = do(township, seen(township, case), "redispatch", lead=others[0], reason="职责不在消防")
    assert fire.get(f"/cases/{case['id']}").status_code == 404
    assert not any(one["id"] == case["id"] for one in fire.get("/cases").json["items"])
    assert seen(village, case)["id"] == case["id"]  # it held the case
