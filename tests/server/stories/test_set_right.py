"""更正、核实、转出、回告: set right, looked at, referred out, answered to where it came from."""

import uuid

import pytest

from tests.server.conftest import place_in, refused
from tests.server.stories.tale import Tale


def test_a_worker_is_asked_to_look_and_the_accept_clock_waits_for_the_answer(tale: Tale):
    tale.files("worker1")
    tale.at("03-02 09:30")
    tale.is_refused("village1", "ask_check", "invalid", "payload.due_at", person="worker3", due_at="03-02 16:01")
    tale.is_refused("village1", "ask_check", "invalid", "payload.person", person="worker2")
    tale.does("village1", "ask_check", person="worker3", due_at="03-02 11:30")
    assert "accept village 03-02 11:00 paused" in tale.clocks()
    assert tale.offered("worker3") == {"answer_check"}
    assert (tale.listed("worker3", "ask=check"), tale.listed("worker1", "ask=check")) == (True, False)
    assert tale.notices()[-1] == "ask_check: worker3 task"
    tale.at("03-02 10:00")
    tale.is_refused("worker3", "answer_check", "invalid", "payload.photos", no_photo_reason=None)
    tale.does("worker3", "answer_check", finding="partly", photos=["c" * 64], no_photo_reason=None)
    # An hour and a half were left at half past nine.
    assert tale.running() == {"accept": "03-02 11:30", "overall": "03-09 18:00"}
    assert tale.notices()[-1] == "answer_check: village task"
    assert not tale.listed("worker3", "ask=check")
    # It waits once only.
    tale.does("village1", "ask_check", person="worker3")
    assert "accept village 03-02 11:30 (first 03-02 11:00)" in tale.clocks()


def test_a_check_nobody_answers_is_shown_as_silent_and_may_still_be_answered(tale: Tale):
    tale.files("worker1")
    tale.does("village1", "ask_check", person="worker3", due_at="03-02 10:00")
    tale.at("03-02 10:00").sweep()
    assert (tale.request("check")["state"], tale.steps()[-1]) == ("silent", "4 end_wait by itself") or tale.steps()
    assert "accept village 03-02 12:00 (first 03-02 11:00)" in tale.clocks()
    assert any(one.startswith("answer village 03-02 10:00") for one in tale.clocks())
    tale.does("worker3", "answer_check", finding="could_not")
    assert tale.running() == {"accept": "03-02 12:00", "overall": "03-09 18:00"}


def test_before_closing_no_handler_is_asked_to_check_their_own_work(tale: Tale):
    tale.is_led_by("fire", co={"village": "03-04 12:00"})
    tale.does("village1", "sign")
    tale.does("village1", "name_handler", person="worker3")
    tale.does("worker3", "feedback")
    tale.at("03-03 10:00").does("fire1", "finish")
    for handler in ("worker3", "village1", "fire1"):
        tale.is_refused("township1", "ask_check", "invalid", "payload.person", person=handler)
    tale.does("township1", "ask_check", person="worker4")
    assert "verify township 03-04 18:00 paused" in tale.clocks()
    # Verified meanwhile, the ask falls.
    tale.does("township1", "verify_pass")
    assert (tale.running(), tale.listed("worker4", "ask=check")) == ({}, False)


def test_a_department_whose_work_stands_still_sends_its_own_people(tale: Tale):
    tale.is_led_by("fire")
    tale.does("fire1", "ask_suspension", review_on="2026-03-20")
    tale.does("leader1", "approve_suspension")
    for stranger in ("worker1", "township1", "village1"):
        tale.is_refused("fire1", "ask_check", "invalid", "payload.person", person=stranger)
    tale.does("fire1", "ask_check", person="fire3")


def test_a_correction_differs_from_what_stands(tale: Tale):
    tale.files("worker1", urgency=2)
    tale.is_refused("village1", "correct", "invalid", "payload.category", category="H-FIRE-01", urgency=2)
    tale.does("village1", "correct", category="H-FIRE-01", urgency=3)
    assert tale.case["urgency"] == 3


def test_a_category_may_be_corrected_but_a_longer_limit_is_the_superior_s_to_give(tale: Tale):
    tale.files("worker1", urgency=2)
    tale.is_refused("village1", "correct", "invalid", "payload.category")
    tale.is_refused("village1", "correct", "invalid", "payload.category", category="C-04")
    tale.does("village1", "correct", category="H-GAS-02")
    assert (tale.case["category"], tale.running()["overall"]) == ("H-GAS-02", "03-05 18:00")
    assert "overall village 03-05 18:00 (first 03-09 18:00)" in tale.clocks()
    tale.does("township1", "correct", category="C-04")
    # Seventeen working days after 2 March.
    assert tale.running() == {"accept": "03-02 11:00", "overall": "03-25 18:00"}


def test_a_raised_urgency_hurries_running_clocks_from_their_old_starts(tale: Tale):
    tale.is_led_by("fire", signed=False)
    tale.at("03-02 09:10").does("township1", "correct", urgency=4)
    assert tale.running()["sign"] == "03-02 09:30"
    # The limit is the fire station's, so the township above it may give it back.
    tale.does("township1", "correct", urgency=2)
    assert tale.running() == {
        "sign": "03-02 15:30", "arrive": "03-02 15:40", "handle": "03-05 18:00", "overall": "03-09 18:00"
    }  # fmt: skip


def test_what_is_a_dispute_again_owes_its_first_contact_as_before(tale: Tale):
    tale.files("worker1", category="D-02")
    tale.does("village1", "handle_here")
    assert tale.running()["contact"] == "03-04 23:59:59"
    tale.at("03-03 09:00").does("village1", "correct", category="H-FIRE-01")
    assert "contact" not in tale.running()
    tale.at("03-03 10:00").does("township1", "correct", category="D-02")
    assert tale.running()["contact"] == "03-04 23:59:59"


def test_whoever_dispatched_does_not_give_its_own_case_more_time(tale: Tale):
    tale.is_led_by("fire")
    tale.is_refused("township1", "correct", "invalid", "payload.category", category="C-04")
    tale.does("county1", "correct", category="C-04")
    # Fifteen working days for the lead, seventeen for the case.
    assert tale.running() == {"handle": "03-23 18:00", "overall": "03-25 18:00"}


def test_a_corrected_place_lies_in_another_grid_and_area(tale: Tale):
    tale.files("worker1")
    case = tale.does("village1", "correct", location=place_in("990101001002003"))
    assert (case["grid"]["code"], case["area"]["name"], case["code"]) == (
        "990101001002003", "晒秋社区", tale.case["code"]
    )  # fmt: skip
    assert tale.listed("township1", "area=990101001002")
    assert not tale.listed("township1", "area=990101001001")
    assert tale.holder() == "village"  # the holder transfers it next
    assert tale.stage.client("county1").get(f"/cases?grid=990101001002003&q={case['code']}").json["items"]


def test_referred_to_court_the_handling_waits_and_its_receipt_is_verified(tale: Tale):
    tale.is_led_by("fire")
    tale.at("03-03 10:00").is_refused("fire1", "refer_out", "move_not_allowed")
    tale.does("township1", "refer_out")
    assert (tale.state(), tale.holder(), tale.case["route"]) == ("external", "township", "court")
    assert "handle fire 03-05 18:00 paused" in tale.clocks()
    assert tale.running()["receipt"] == "04-02 23:59:59"
    tale.at("03-10 10:00").does("township1", "receipt", outcome="settled", external_id="（2026）豫01号")
    assert (tale.state(), tale.holder(), tale.case["result"]) == ("awaiting_verification", "township", "resolved")
    tale.does("township3", "verify_pass")
    assert (tale.state(), tale.case["settled_level"]) == ("closed", "external")


@pytest.mark.parametrize("outcome", ["refused", "unsettled", "dismissed"])
def test_what_the_court_does_not_take_comes_back_to_its_lead(tale: Tale, outcome: str):
    tale.is_led_by("fire")
    tale.at("03-03 10:00").does("township1", "refer_out")
    tale.at("03-10 10:00").does("township1", "receipt", outcome=outcome)
    assert (tale.state(), tale.holder(), tale.case["route"]) == ("in_progress", "fire", None)
    # Two working days were left on the 3rd.
    assert tale.running() == {"handle": "03-12 18:00", "overall": "03-09 18:00"}


def test_referred_out_before_any_dispatch_the_centre_stands_as_lead(tale: Tale):
    tale.files("worker1")
    tale.does("village1", "accept")
    tale.does("village1", "refer_out", target="police")
    assert tale.tasks() == {"village": "lead handling"}
    tale.does("village1", "receipt", outcome="accepted")
    assert (tale.state(), tale.holder(), tale.case["result"]) == ("awaiting_verification", "township", "guided")


def test_a_hotline_matter_owes_its_origin_an_answer(tale: Tale):
    origin = {"system": "12345", "external_id": "HX-20260302-0077", "due_at": "2026-03-05T12:00:00+08:00"}
    tale.files("township1", source="hotline", origin=origin)
    assert tale.running() == {"accept": "03-02 11:00", "overall": "03-05 12:00", "reply": "03-05 12:00"}
    tale.does("township1", "answer_source", kind="accepted")
    assert "reply" in tale.running()
    tale.does("township1", "handle_here")
    tale.does("township1", "finish")
    tale.does("township3", "verify_pass")
    # Closed, and the answer is still owed.
    assert tale.running() == {"reply": "03-05 12:00"}
    tale.at("03-04 10:00").does("township1", "answer_source", kind="result")
    assert tale.running() == {}
    tale.is_refused("township1", "answer_source", "move_not_allowed", kind="result")


def test_what_an_origin_was_told_stands_when_a_declined_matter_comes_back(tale: Tale):
    tale.files("township1", source="hotline", origin={"system": "12345", "external_id": "HX-2"})
    tale.does("township1", "reject")
    tale.does("township1", "answer_source", kind="result")
    tale.does("county1", "overrule")
    assert tale.running() == {"accept": "03-02 11:00", "overall": "03-09 18:00"}


def test_an_origin_comes_from_a_desk_and_from_a_source_that_has_one(tale: Tale):
    origin = {"system": "12345", "external_id": "HX-1"}
    body = {
        "category": "H-FIRE-01", "text": "楼道堆放杂物。", "urgency": 2, "location": place_in("990101001001001"),
        "filed_at": "2026-03-02T09:00:00+08:00", "origin": origin,
    }  # fmt: skip
    for account, source, field in (
        ("worker1", "hotline", "source"), ("township1", "walk_in", "origin"), ("worker1", "patrol", "origin")
    ):  # fmt: skip
        answer = tale.stage.client(account).put(f"/reports/{uuid.uuid4()}", json={**body, "source": source})
        assert field in refused_fields(answer)
    tale.files("village1", source="police", origin=origin)
    assert tale.running()["reply"] == "03-11 18:00"
    tale.files("worker1")
    tale.is_refused("village1", "answer_source", "move_not_allowed", kind="result")


def refused_fields(answer: object) -> set[str]:
    assert answer.status_code == 422, answer.text  # type: ignore[attr-defined]
    return set(answer.json["errors"])  # type: ignore[attr-defined]


def test_lateness_that_was_only_the_network_s_is_shown_apart_and_may_be_excused(tale: Tale):
    tale.is_led_by("fire")
    tale.at("03-05 19:00").does("fire1", "finish", device_at="03-05 17:30")
    late = next(one for one in tale.look("township1")["deadlines"] if one["kind"] == "handle")
    assert (late["offline_late"], late["excused"]) == (True, False)
    refused(tale.tries("fire1", "excuse", deadline=late["id"]), 409, "move_not_allowed")
    offer = next(one for one in tale.look("township1")["moves"] if one["action"] == "excuse")
    choices = next(one for one in offer["needs"] if one["name"] == "deadline")["choices"]
    words = {
        "zh": "办理时限 · 禾桥街道消防应急所 · 2026-03-05 18:00 到期",
        "en": "Handle · 禾桥街道消防应急所 · due 2026-03-05 18:00",
    }
    assert choices == [{"value": late["id"], "label": words}]
    tale.does("township1", "excuse", deadline=late["id"])
    again = next(one for one in tale.look("township1")["deadlines"] if one["kind"] == "handle")
    assert (again["offline_late"], again["excused"]) == (True, True)
    assert "excuse" not in tale.offered("township1")
    # Late by both clocks is late.
    tale.at("03-02 09:00").is_led_by("fire")
    tale.at("03-05 19:00").does("fire1", "finish", device_at="03-05 18:30")
    assert not any(one["offline_late"] for one in tale.look("township1")["deadlines"])
