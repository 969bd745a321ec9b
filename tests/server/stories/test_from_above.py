"""督办、批示、抽查、复核: what comes from above, and what follows a closing."""

import uuid
from typing import Any

from sqlalchemy import select

from server.models import Audience
from tests.server.stories.tale import Tale

PARTY = [{"name": "欧阳清欢", "phone": "13812341234"}]


def rated(tale: Tale, result: str, **more: str) -> Any:
    """The answer to what the resident says with code and secret."""
    shown = {"code": tale.case["code"], "secret": tale.secret, "at": tale.stage.clock.now().isoformat()}
    sent = {**shown, "result": result, **more}
    return tale.stage.office.anonymous().put(f"/api/v1/look/ratings/{uuid.uuid4()}", json=sent)


def rungs(tale: Tale, account: str) -> list[str]:
    """The rungs that somebody's form offers; none where it is not offered."""
    forms = [one["needs"] for one in tale.look(account)["moves"] if one["action"] == "supervise"]
    return [choice["value"] for form in forms for choice in form[0]["choices"]]


def test_a_reminder_is_acknowledged_raised_and_lifted(tale: Tale):
    tale.is_led_by("fire")
    tale.at("03-02 10:00").does("township1", "supervise")
    assert tale.case["rung"] == "reminder"
    assert tale.notices()[-1] == "supervise: fire task"
    # Four working hours to acknowledge: two that morning, two from half past two.
    assert "answer fire 03-02 16:30" in tale.clocks()
    tale.is_refused("township1", "supervise", "invalid", "payload.rung")  # a rung only rises
    assert rungs(tale, "township1") == ["supervision"]
    assert rungs(tale, "leader1") == ["supervision", "yellow_card", "red_card"]
    tale.is_refused("fire1", "supervise", "move_not_allowed")
    tale.at("03-02 11:00").does("fire1", "acknowledge")
    assert tale.notices()[-1] == "acknowledge: township1 oversight"
    tale.does("county1", "supervise", rung="supervision")
    assert tale.case["rung"] == "supervision"
    assert (rungs(tale, "county1"), rungs(tale, "countyleader1")) == ([], ["yellow_card", "red_card"])
    tale.is_refused("county1", "supervise", "move_not_allowed", rung="yellow_card")
    tale.does("countyleader1", "supervise", rung="yellow_card")
    assert tale.case["rung"] == "yellow_card"
    card = next(one["id"] for one in tale.case["requests"] if one["terms"].get("rung") == "yellow_card")
    tale.is_refused("township1", "lift", "move_not_allowed", request=card)
    tale.does("countyleader1", "lift", request=card)
    assert tale.look("fire1")["rung"] == "supervision"
    lifted = [step for step in tale.case["steps"] if step["action"] == "lift"]
    assert lifted[0]["payload"] == {"reason": "已经按要求办理。"}


def test_a_comment_puts_a_leader_in_charge_and_never_moves_the_case(tale: Tale):
    tale.is_led_by("fire")
    before = (tale.state(), tale.holder(), tale.running())
    tale.is_refused("leader1", "comment", "invalid", "payload.leader_in_charge", leader_in_charge="county1")
    tale.does("leader1", "comment", leader_in_charge="leader1")
    assert tale.case["leader_in_charge"]["name"] == "水建国"
    assert (tale.state(), tale.holder(), tale.running()) == before
    assert tale.notices()[-1] == "comment: fire task, township news"
    assert let_in(tale, "leader1")
    tale.does("countyleader1", "comment", leader_in_charge="fireleader1")
    assert tale.notices()[-1] == "comment: fire task, township news"
    assert (let_in(tale, "leader1"), let_in(tale, "fireleader1")) == (False, True)
    assert "comment" not in tale.offered("township1")


def let_in(tale: Tale, account: str) -> bool:
    """May this person see the case for their own sake, whatever their unit may?"""
    subject = Audience.subject == f"p:{tale.stage.person(account)}"
    return [row.gone for row in tale.stage.office.rows(select(Audience.gone).where(subject))] == [False]


def closed(tale: Tale, **report: Any) -> None:
    tale.is_led_by("fire", report=report)
    tale.at("03-03 10:00").does("fire1", "finish")
    tale.at("03-03 11:00").does("township1", "verify_pass")


def test_a_closing_found_false_is_reopened_above_the_verifier(tale: Tale):
    closed(tale)
    for handler_or_verifier in ("fire1", "township1"):
        tale.is_refused(handler_or_verifier, "inspect", "move_not_allowed")
    tale.at("05-20 10:00").does("inspector1", "inspect", finding="false", text="现场仍堵着，照片是旧的。")
    assert tale.running() == {"answer": "05-21 18:00"}
    assert tale.notices()[-1] == "inspect: fire news, township news, county oversight"
    # Beyond the thirty days, but something was found.
    tale.at("05-21 10:00").does("county1", "reopen")
    assert (tale.state(), tale.holder(), tale.case["reopen_count"]) == ("accepted", "county", 1)
    assert tale.running()["dispatch"] == "05-21 16:30"
    assert tale.notices()[-1] == "reopen: fire news, township news, county task, worker1 news"


def test_nothing_is_reopened_after_thirty_days_without_a_reason(tale: Tale):
    closed(tale)
    assert "reopen" in tale.at("04-02 11:00").offered("county1")
    tale.at("04-02 11:00:01").is_refused("county1", "reopen", "move_not_allowed")
    tale.at("2027-03-03 11:00:01").is_refused("inspector1", "inspect", "move_not_allowed")


def test_what_was_found_wrong_with_a_first_closing_says_nothing_about_the_second(tale: Tale):
    closed(tale)
    tale.does("inspector1", "inspect", finding="defective")
    tale.does("county1", "reopen")
    tale.does("township1", "handle_here")
    tale.does("township1", "finish")
    tale.does("township3", "verify_pass")
    assert "reopen" not in tale.at("04-20 09:00").offered("county1")


def test_archived_it_is_read_only_but_not_while_a_visit_is_owed(tale: Tale):
    closed(tale)
    assert tale.at("04-02 11:00").offered("leader1") == {"visit"}
    assert tale.offered("countyleader1") == {"comment", "inspect", "reopen"}
    assert tale.at("04-02 11:00:01").offered("leader1") == set()
    assert tale.offered("countyleader1") == {"inspect"}
    closed(tale.at("03-02 09:00"), parties=PARTY)
    assert tale.at("04-02 11:00:01").offered("township3") == {"visit"}
    for _ in range(3):
        assert tale.listed("township3", "ask=visit")
        tale.does("township3", "visit", result="unreached")
    assert (tale.listed("township3", "ask=visit"), tale.offered("township3")) == (False, set())


def test_a_resident_rates_with_code_and_secret_and_the_closing_is_upheld(tale: Tale):
    closed(tale, parties=PARTY)
    answer = rated(tale.at("03-04 10:00"), "not", text="楼道还是堵着。")
    assert (answer.status_code, answer.json["satisfaction"], answer.json["may_rate"]) == (201, "not", False)
    assert tale.look("county1")["satisfaction"] == "not"
    assert tale.running() == {"answer": "03-11 18:00"}
    assert tale.notices()[-1] == "rate: county task"
    tale.is_refused("township3", "visit", "move_not_allowed")
    assert not tale.listed("township3", "ask=visit")
    tale.does("county1", "ask_check", person="worker3")
    tale.does("worker3", "answer_check")
    tale.does("county1", "review", outcome="upheld")
    assert (tale.state(), tale.running()) == ("closed", {})


def test_a_rating_is_a_visit_less_and_no_archived_closing_is_rated(tale: Tale):
    closed(tale, parties=PARTY)
    assert tale.listed("township3", "ask=visit")
    assert rated(tale, "satisfied").status_code == 201
    assert not tale.listed("township3", "ask=visit")
    assert tale.at("04-02 11:00:01").offered("countyleader1") == {"inspect"}
    closed(tale.at("03-02 09:00"))
    tale.at("04-02 11:00:01")
    looked = tale.stage.office.anonymous().post("/api/v1/look", json={"code": tale.case["code"], "secret": tale.secret})
    assert (looked.json["may_rate"], rated(tale, "not").status_code, tale.running()) == (False, 409, {})


def test_the_second_failed_verification_raises_the_rung(tale: Tale):
    tale.is_led_by("fire")
    for rung in (None, "reminder"):
        tale.does("fire1", "finish")
        tale.does("township1", "verify_fail")
        assert tale.case["rung"] == rung
    assert "acknowledge" in tale.offered("fire1")
    # When its time is over, a working day is given; the old lateness stays.
    tale.does("fire1", "finish")
    tale.at("03-06 10:00").does("township1", "verify_fail")
    handling = [one for one in tale.clocks() if one.startswith("handle")]
    assert handling == ["handle fire 03-05 18:00 met 03-02 09:00", "handle fire 03-09 18:00"]


def test_a_failed_verification_may_name_the_co_handler_at_fault(tale: Tale):
    tale.is_led_by("fire", co={"police": "03-04 12:00", "village": "03-04 12:00"})
    for account in ("police1", "village1"):
        tale.does(account, "sign")
        tale.does(account, "feedback")
    tale.at("03-03 10:00").does("fire1", "finish")
    tale.is_refused("township1", "verify_fail", "invalid", "payload.co_at_fault", co_at_fault="order")
    tale.does("township1", "verify_fail", co_at_fault="police")
    assert tale.tasks() == {"fire": "lead handling", "police": "co handling", "village": "co reported"}
    assert tale.sees("police1")


def test_a_waived_co_handler_at_fault_sees_the_case_again(tale: Tale):
    tale.is_led_by("fire", co={"police": "03-04 12:00"})
    tale.does("police1", "sign")
    tale.does("township1", "waive_co", unit="police")
    assert not tale.sees("police1")
    tale.at("03-03 10:00").does("fire1", "finish")
    tale.does("township1", "verify_fail", co_at_fault="police")
    assert tale.tasks() == {"fire": "lead handling", "police": "co handling"}
    assert "feedback" in tale.offered("police1")
