"""联动处置: pools, whistles, named handlers, and people who work offline on one case."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import pytest

from server.db import transaction
from server.services import staffing
from tests.server.conftest import refused
from tests.server.stories.tale import Tale


def in_a_pool(tale: Tale) -> None:
    tale.files("worker1")
    tale.does("village1", "escalate")
    tale.does("township1", "accept")
    tale.does("township1", "dispatch", pool=["order", "health"])


def test_the_first_of_a_pool_that_signs_leads_with_the_time_that_is_left(tale: Tale):
    in_a_pool(tale)
    assert tale.tasks() == {"township": "lead handling", "order": "co pending", "health": "co pending"}
    assert (tale.holder(), tale.running()["sign"], tale.running()["handle"]) == (
        "township", "03-02 15:30", "03-05 18:00"
    )  # fmt: skip
    assert not {"finish", "add_co", "waive_co", "ask_return", "ask_extension"} & tale.offered("township1")
    tale.is_refused("order1", "progress", "move_not_allowed")
    tale.at("03-02 14:30").does("health1", "sign")
    assert tale.tasks() == {"township": "lead recalled", "order": "co recalled", "health": "lead handling"}
    assert (tale.holder(), tale.running()) == ("health", {"handle": "03-05 18:00", "overall": "03-09 18:00"})
    assert (tale.sees("order1"), tale.sees("township1")) == (False, True)
    tale.is_refused("order1", "sign", "not_found")


def test_a_pool_that_nobody_signs_for_goes_back_to_the_centre(tale: Tale):
    in_a_pool(tale)
    assert tale.at("03-02 15:29").sweep()["state"] == "in_progress"
    tale.at("03-02 15:30").sweep()
    assert (tale.state(), tale.holder(), tale.running()) == (
        "accepted", "township", {"dispatch": "03-03 10:00", "overall": "03-09 18:00"}
    )  # fmt: skip
    assert tale.tasks() == {"township": "lead recalled", "order": "co recalled", "health": "co recalled"}
    assert (tale.sees("order1"), tale.notices()[-1]) == (False, "lapse_pool: township task")


def test_a_whistle_calls_units_to_a_place_and_tells_who_came(tale: Tale):
    tale.is_led_by("fire")
    where = {"place": "望禾社区三号楼", "arrive_by": "03-02 11:00"}
    tale.is_refused("township1", "add_co", "invalid", "payload.arrive_by", units=["police"], place="望禾社区三号楼")
    tale.does("township1", "add_co", units=["police", "village"], **where)
    assert tale.running() == {
        "arrive": "03-02 11:00", "sign": "03-02 15:30", "handle": "03-05 18:00", "overall": "03-09 18:00"
    }  # fmt: skip
    tale.at("03-02 10:30").does("police1", "sign")
    tale.is_refused("police1", "sign", "invalid", "payload.arrived_at")
    tale.at("03-02 10:50").does("police1", "sign", arrived_at="03-02 10:45")
    told = {one["unit"]["name"]: one["arrived_at"] for one in tale.look("township1")["assignments"]}
    assert told == {
        "禾桥街道消防应急所": None, "禾桥街道派出所": "2026-03-02T02:45:00+00:00", "望禾社区综治工作站": None
    }  # fmt: skip
    # The village did not come: its arrival is overdue, and shown.
    tale.at("03-02 11:01").sweep()
    late = [one for one in tale.case["deadlines"] if one["kind"] == "arrive" and not one["met_at"]]
    assert [(one["unit"]["name"], one["rung"]) for one in late] == [("望禾社区综治工作站", "reminder")]


def test_a_silent_co_handler_past_its_due_is_waived_by_the_finish(tale: Tale):
    tale.is_led_by("fire", co={"police": "03-04 12:00"})
    tale.at("03-04 12:00").is_refused("fire1", "finish", "move_not_allowed")
    assert "finish" not in tale.offered("fire1")
    assert "finish" in tale.at("03-04 12:00:01").offered("fire1")
    tale.does("fire1", "finish")
    assert tale.tasks() == {"fire": "lead reported", "police": "co waived"}
    assert "handle police 03-04 12:00 stopped 03-04 12:00:01" in tale.clocks()


def test_a_named_grid_worker_does_it_for_the_unit_until_their_grant_ends(tale: Tale):
    tale.is_led_by("fire", co={"village": "03-04 12:00"})
    tale.does("village1", "sign")
    assert not tale.sees("worker3")
    for wrong in ("worker2", "fire3", "inspector1"):
        tale.is_refused("village1", "name_handler", "invalid", "payload.person", person=wrong)
    tale.does("village1", "name_handler", person="worker3")
    assert tale.offered("worker3") == {"supplement", "progress", "mediate", "feedback"}
    assert tale.listed("worker3", "ask=handle")
    tale.does("worker3", "progress", text="已和住户约好下午清理。")
    step = tale.case["steps"][-1]
    assert (step["by"]["name"], step["as_unit"]["name"]) == ("周秀兰", "望禾社区综治工作站") or step["as_unit"]

    stage = tale.stage
    with stage.office.app.app_context(), transaction() as tx:
        target = staffing.Target(grid="990101001001002")
        assert staffing.end_grants(tx, stage.person("worker3"), "grid_worker", target, stage.clock.now()) == 1
    tale.at("03-02 10:00").sweep()
    assert tale.steps()[-1].endswith("release_handler by itself")
    assert (tale.sees("worker3"), tale.listed("worker3")) == (False, False)
    assert [one["handler"] for one in tale.look("village1")["assignments"]] == [None, None]
    before = tale.version()
    tale.sweep()
    assert tale.version() == before
    tale.does("village1", "feedback")


ACTS: dict[str, tuple[str, str]] = {
    "lead": ("fire1", "progress"), "police": ("police1", "feedback"), "village": ("village1", "feedback")
}  # fmt: skip


@pytest.mark.parametrize("order", list(permutations(ACTS)))
def test_a_lead_and_two_co_handlers_who_worked_offline_send_in_any_order(tale: Tale, order: tuple[str, ...]):
    tale.is_led_by("fire", co={"police": "03-04 12:00", "village": "03-04 12:00"})
    tale.does("police1", "sign")
    tale.does("village1", "sign")
    last_seen = tale.version()
    tale.at("03-02 11:00")
    for who in order:
        tale.does(*ACTS[who], based_on=last_seen, device_at="03-02 10:00")
    tale.does("fire1", "finish", based_on=last_seen)
    assert tale.tasks() == {"fire": "lead reported", "police": "co reported", "village": "co reported"}


def at_once(tale: Tale, *acts: tuple[str, str, dict[str, Any]]) -> list[tuple[int, str | None]]:
    """Status and refusal of moves that are sent together, all from the same version; in order."""
    version = tale.version()
    for account, *_ in acts:
        tale.stage.client(account)
    with ThreadPoolExecutor(len(acts)) as pool:
        answers = list(pool.map(lambda act: tale.tries(act[0], act[1], based_on=version, **act[2]), acts))
    return sorted((answer.status_code, answer.json.get("code")) for answer in answers)


def test_of_people_who_decide_at_once_exactly_one_wins(tale: Tale):
    tale.is_led_by("fire")
    tale.does("fire1", "ask_extension", due_at="03-06 18:00")
    won_and_lost = [(201, None), (409, "case_has_moved")]
    assert at_once(tale, ("township1", "grant_extension", {}), ("township3", "refuse_extension", {})) == won_and_lost
    tale.does("fire1", "finish")
    passed, failed = ("township1", "verify_pass", {}), ("township3", "verify_fail", {})
    assert at_once(tale, passed, failed) == won_and_lost
    tale.files("worker1")
    dispatch = {"category": "H-FIRE-01", "urgency": 2}
    assert at_once(tale, ("village1", "accept", dispatch), ("village17", "escalate", {})) == won_and_lost


def test_a_decision_that_did_not_see_a_finish_or_an_ask_is_sent_back_and_a_reminder_disturbs_nobody(tale: Tale):
    tale.is_led_by("fire")
    seen = tale.version()
    tale.does("township1", "supervise")
    tale.does("fire1", "finish", based_on=seen)
    tale.is_refused("township1", "add_co", "case_has_moved", units=["police"], based_on=seen)
    tale.is_led_by("fire")
    seen = tale.version()
    tale.does("fire1", "ask_return")
    told = tale.is_refused("township1", "redispatch", "case_has_moved", lead="order", based_on=seen)
    assert told["case"]["version"] == tale.version()


def test_the_same_step_sent_again_after_sight_was_lost_is_answered_without_the_case(tale: Tale):
    tale.is_led_by("fire")
    step_id = uuid.uuid4()
    version = tale.version()
    tale.does("fire1", "ask_return", step_id=step_id, based_on=version)
    tale.does("township1", "agree_return")
    again = tale.tries("fire1", "ask_return", step_id=step_id, based_on=version)
    assert (again.status_code, again.json["case"], again.json["step"]["action"]) == (200, None, "ask_return")
    refused(tale.tries("fire1", "progress"), 404, "not_found")
