"""What happened in a month and could make its closing rate look better: each once, by hand, and once in its own month.

Everything happens in the first village and its township in June 2026.
"""

from typing import Any

import pytest

from tests.conftest import Office
from tests.server.june import DISPUTE, FIRE, June, open_in_june

WHY = {"reason": "复查发现通道又被占用。"}
SAID = {"text": "现场情况与上报的不一致。"}


@pytest.fixture
def june(office: Office, monkeypatch: pytest.MonkeyPatch) -> June:
    return open_in_june(office, monkeypatch)


def total(june: June, **changes: Any) -> dict[str, Any]:
    june.at("Mon 2026-07-20 09:00")
    found: dict[str, Any] = june.figures(**changes)["total"]
    return found


def at_the_township(june: June) -> str:
    """A fire lane that the village sends up and its township accepts on Monday 1 June."""
    case_id = june.file("Mon 2026-06-01 09:00")
    june.move("Mon 2026-06-01 09:10", "village1", case_id, "escalate", reason="需要消防部门到场。",
              work_done="已劝说住户先清理。")  # fmt: skip
    june.move("Mon 2026-06-01 09:20", "township1", case_id, "accept", category=FIRE, urgency=2)
    return case_id


def test_a_consultation_is_its_own_count_and_in_no_rate(june: June):
    asked = june.file("Mon 2026-06-01 09:00", "village1", category="P-01", source="walk_in")
    june.move("Mon 2026-06-01 09:10", "village1", asked, "register_only", text="低保每年十月申请。")
    found = total(june)
    assert {key for key, value in found.items() if isinstance(value, int) and value} == {
        "received", "registered", "decided", "ended", "accept_due", "accept_in_time", "accept_due_current",
        "accept_in_time_current", "clocks_due",
    }  # fmt: skip
    assert (found["completion"], found["village"], found["closure"]) == (None, None, None)


def test_a_failed_verification_is_rework_and_a_false_closing_counts_where_it_is_found(june: June):
    # Verified on the second try, in June; the visitor is told "fairly"; in July an inspector finds it false.
    case_id = june.file("Mon 2026-06-01 09:00")
    june.handle("Mon 2026-06-01 09:10", case_id)
    june.finish("Mon 2026-06-01 10:00", case_id)
    june.move("Mon 2026-06-01 11:00", "township1", case_id, "verify_fail", **WHY)
    june.finish("Tue 2026-06-02 10:00", case_id)
    june.verify("Tue 2026-06-02 11:00", case_id)
    june.move("Wed 2026-06-03 09:00", "township3", case_id, "visit", result="fairly")
    june.move("Wed 2026-07-01 09:00", "inspector1", case_id, "inspect", mode="on_site", finding="false", **SAID)
    found = total(june)
    assert (found["rework"], found["verified"], found["rework_rate"]) == (1, 1, 100.0)
    assert (found["satisfied"], found["rated"], found["satisfaction"], found["participation"]) == (1, 1, 100.0, 100.0)
    assert (found["inspected"], found["false_closing"], found["false_rate"]) == (0, 0, None)
    later = total(june, **{"from": "2026-07-01", "to": "2026-07-31"})
    assert (later["inspected"], later["false_closing"], later["false_rate"]) == (1, 1, 100.0)
    # The finish that failed came in time too, but the one that passed is the one that counts.
    assert (found["due"], found["closed_on_time"]) == (1, 1)


def test_a_finish_that_passed_too_late_is_late_though_an_earlier_one_that_failed_was_in_time(june: June):
    # Due on Monday 8 June at 18:00. Finished on Friday 5, failed on Monday 8, finished again on Tuesday 9.
    case_id = june.file("Mon 2026-06-01 09:00")
    june.handle("Mon 2026-06-01 09:10", case_id)
    june.finish("Fri 2026-06-05 10:00", case_id)
    june.at("Mon 2026-06-08 19:00")
    # While the finish awaits verification it stands.
    assert june.figures()["total"]["closed_on_time"] == 1
    june.move("Mon 2026-06-08 19:10", "township1", case_id, "verify_fail", **WHY)
    june.finish("Tue 2026-06-09 10:00", case_id)
    june.verify("Tue 2026-06-09 11:00", case_id)
    found = total(june)
    assert (found["due"], found["due_closed"], found["closed_on_time"], found["overdue"]) == (1, 1, 0, 1)


def test_the_first_closing_stays_in_time_however_late_the_second_one_comes(june: June):
    # Closed on Tuesday 2 June, in time; reopened on Wednesday 3, finished again on Wednesday 10, after the due.
    case_id = june.settle("Mon 2026-06-01 09:00", "Mon 2026-06-01 09:10", "Tue 2026-06-02 10:00",
                          "Tue 2026-06-02 11:00")  # fmt: skip
    june.move("Wed 2026-06-03 09:00", "township1", case_id, "reopen", **WHY)
    june.handle("Wed 2026-06-03 09:10", case_id)
    june.finish("Wed 2026-06-10 10:00", case_id)
    june.verify("Wed 2026-06-10 11:00", case_id)
    found = total(june)
    assert (found["due"], found["due_closed"], found["closed_on_time"], found["overdue"]) == (1, 1, 1, 0)
    # But it was reopened: neither at village level nor in one go.
    assert (found["settled"], found["settled_village"], found["one_go"]) == (1, 0, 0)


def test_a_declined_case_that_must_be_accepted_was_wrongly_declined(june: June):
    case_id = june.file("Mon 2026-06-01 09:00")
    june.move("Mon 2026-06-01 09:10", "village1", case_id, "reject", code="not_ours", basis="不属于受理范围。",
              guidance="请到政务服务中心办理。")  # fmt: skip
    june.move("Tue 2026-06-02 09:00", "township1", case_id, "overrule", **WHY)
    found = total(june)
    assert (found["rejected"], found["decided"], found["rejection_rate"]) == (1, 1, 100.0)
    assert (found["overruled"], found["rejections"], found["wrong_rejection_rate"]) == (1, 1, 100.0)
    assert found["valid"] == 1  # it is a case again


def test_a_return_that_is_agreed_to_was_a_misdispatch_and_one_refused_only_a_return(june: June):
    for agreed in (True, False):
        case_id = at_the_township(june)
        june.move("Mon 2026-06-01 09:30", "township1", case_id, "dispatch", lead=june.unit("fire1"))
        june.move("Mon 2026-06-01 09:40", "fire1", case_id, "ask_return", code="not_our_duty", **SAID)
        if agreed:
            june.move("Mon 2026-06-01 10:00", "township1", case_id, "agree_return")
        else:
            june.move("Mon 2026-06-01 10:00", "township1", case_id, "refuse_return", **WHY)
    found = total(june)
    assert (found["dispatched"], found["returned"], found["misdispatched"]) == (2, 2, 1)
    assert (found["return_rate"], found["misdispatch_rate"]) == (100.0, 50.0)


def test_who_was_whistled_for_and_did_not_come_is_shown(june: June):
    case_id = at_the_township(june)
    june.move("Mon 2026-06-01 09:30", "township1", case_id, "dispatch", lead=june.unit("fire1"))
    june.move("Mon 2026-06-01 09:40", "township1", case_id, "add_co", units=[june.unit("village1")],
              place="三号楼楼下", arrive_by="2026-06-01T11:00:00+08:00")  # fmt: skip
    found = total(june)
    assert (found["arrivals_due"], found["no_show"], found["no_show_rate"]) == (1, 1, 100.0)


def test_what_was_done_in_time_without_a_network_is_late_and_counted_apart(june: June):
    # Two working hours to accept: until 11:00. Accepted at 10:30 by the phone, at 11:30 by the office.
    case_id = june.file("Mon 2026-06-01 09:00")
    june.move("Mon 2026-06-01 11:30", "village1", case_id, "handle_here", category=FIRE, urgency=2,
              told="2026-06-01T10:30:00+08:00")  # fmt: skip
    found = total(june)
    assert (found["accept_due"], found["accept_in_time"], found["offline_late"], found["offline_excused"]) == (
        1,
        0,
        1,
        0,
    )
    late = next(
        one for one in june.client("village1").get(f"/cases/{case_id}").json["deadlines"] if one["kind"] == "accept"
    )
    june.move("Tue 2026-06-02 09:00", "township1", case_id, "excuse", deadline=late["id"], **WHY)
    found = total(june)
    assert (found["accept_in_time"], found["offline_late"], found["offline_excused"]) == (0, 1, 1)


def test_a_referral_counts_when_it_goes_and_what_is_settled_there_is_settled_outside(june: June):
    case_id = june.file("Mon 2026-06-01 09:00", category=DISPUTE)
    june.move("Mon 2026-06-01 09:10", "village1", case_id, "accept", category=DISPUTE, urgency=2)
    june.move("Mon 2026-06-01 09:20", "village1", case_id, "refer_out", target="court", letter="转字〔2026〕1号",
              route="court", **SAID)  # fmt: skip
    assert (total(june)["referred"], total(june)["external_rate"]) == (1, 100.0)
    june.move("Tue 2026-06-30 09:00", "village1", case_id, "receipt", outcome="settled", **SAID)
    june.verify("Tue 2026-06-30 10:00", case_id)
    found = total(june)
    assert (found["settled"], found["settled_to_city"], found["settled_village"]) == (1, 0, 0)
    assert (found["route_court"], found["route_shares"]["court"]) == (1, 100.0)


def test_a_dispute_settled_without_a_road_is_unreported_and_makes_the_shares_whole(june: June):
    june.verify("Mon 2026-06-01 10:00", june.file(
        "Mon 2026-06-01 09:00", category=DISPUTE, settled={"result": "当场说和，两家握手。", "photos": []},
    ), "village1")  # fmt: skip
    for hour in ("11", "12"):
        case_id = june.file(f"Mon 2026-06-01 {hour}:00", category=DISPUTE)
        june.handle(f"Mon 2026-06-01 {hour}:10", case_id, category=DISPUTE)
        june.finish(f"Mon 2026-06-01 {hour}:20", case_id, result="mediated", route="mediation")
        june.verify(f"Mon 2026-06-01 {hour}:30", case_id)
    found = total(june)
    assert found["route_shares"] == {
        "mediation": 66.67, "administrative": 0.0, "court": 0.0, "arbitration": 0.0, "petition": 0.0,
        "unreported": 33.33,
    }  # fmt: skip
    # Two of three accepted disputes were mediated, both with success.
    assert (found["mediation_of_accepted"], found["mediation_of_mediated"]) == (66.67, 100.0)


def test_contact_alone_is_no_mediation(june: June):
    case_id = june.file("Mon 2026-06-01 09:00", category=DISPUTE)
    june.handle("Mon 2026-06-01 09:10", case_id, category=DISPUTE)
    for outcome, mediated in (("contacted", 0), ("no_agreement", 1)):
        june.move("Tue 2026-06-02 10:00", "village1", case_id, "mediate", at="2026-06-02T09:00:00+08:00",
                  place="村委会调解室", level="village", mediator="老周", present="yes", outcome=outcome)  # fmt: skip
        found = total(june)
        assert (found["disputes"], found["disputes_mediated"], found["mediation_success"]) == (1, mediated, 0)


def test_what_stood_still_at_once_is_suspended_once_whenever_it_is_approved(june: June):
    # Suspected sham mediation stands still at once, on Tuesday 30 June; the leader approves on 1 July.
    case_id = june.file("Tue 2026-06-30 09:00", category=DISPUTE)
    june.handle("Tue 2026-06-30 09:10", case_id, category=DISPUTE)
    june.move("Tue 2026-06-30 10:00", "village1", case_id, "ask_suspension", code="sham_mediation",
              measures="已暂停调解并封存材料。", review_on="2026-07-15", **SAID)  # fmt: skip
    june.move("Wed 2026-07-01 09:00", "leader1", case_id, "approve_suspension")
    assert total(june)["suspended_in"] == 1
    assert total(june, **{"from": "2026-07-01", "to": "2026-07-15"})["suspended_in"] == 0
