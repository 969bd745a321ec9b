"""并案、拆并、作废: one matter, two matters, no matter."""

import uuid

from tests.server.stories.tale import Tale


def merged(tale: Tale) -> tuple[Tale, Tale]:
    """A follower that worker3 filed, and the master of worker1 that it was merged into by the village."""
    follower = Tale(tale.stage)
    follower.files("worker3", urgency=3)
    tale.at("03-02 09:30").files("worker1")
    tale.at("03-02 10:00")
    follower.does("village1", "merge", master=tale.case["id"])
    return follower, tale


def test_merged_reports_hear_the_master_s_news_until_they_are_split_again(tale: Tale):
    follower, master = merged(tale)
    assert (follower.state(), follower.holder(), follower.running()) == ("merged", None, {})
    assert follower.look("worker3")["master"] == master.case["id"]
    assert follower.notices()[-1] == "merge: worker3 news"
    # The master takes the earlier due and the higher urgency, and shows itself to the follower's reporter.
    assert master.look("worker3")["urgency"] == 3
    assert master.steps()[-1] == "2 absorb by itself"
    assert master.notices()[-1] == "absorb: village task, worker1 news, worker3 news"
    master.does("village1", "accept")
    assert master.notices()[-1] == "accept: worker1 news, worker3 news"
    assert master.listed("worker3")
    master.is_refused("village1", "void", "move_not_allowed")

    follower.does("worker3", "split")
    assert (follower.state(), follower.holder()) == ("submitted", "village")
    assert follower.running() == {"accept": "03-02 11:00", "overall": "03-09 18:00"}
    assert (master.sees("worker3"), master.listed("worker3"), follower.sees("worker3")) == (False, False, True)
    assert master.steps()[-1].endswith("release by itself")
    master.does("village1", "handle_here")
    assert master.notices()[-1] == "handle_here: worker1 news"
    # Once only.
    follower.does("village1", "merge", master=master.case["id"])
    follower.is_refused("worker3", "split", "move_not_allowed")
    follower.does("township1", "split")
    assert follower.state() == "submitted"


def test_a_follower_s_reporter_adds_to_the_open_master_and_decides_nothing_about_it(tale: Tale):
    follower, master = merged(tale)
    assert (master.offered("worker3"), follower.offered("worker3")) == ({"supplement"}, {"split"})
    master.is_refused("worker3", "supplement", "invalid", "payload.text", text="")
    master.does("worker3", "supplement", parties=[{"name": "欧阳清欢"}])
    assert master.steps()[-1] == "3 supplement worker3"
    assert master.notices()[-1] == "supplement: village task"
    master.is_refused("worker3", "withdraw", "move_not_allowed")
    follower.is_refused("worker3", "supplement", "move_not_allowed")
    master.does("village1", "reject")
    for action in ("supplement", "object"):
        master.is_refused("worker3", action, "move_not_allowed")

    tale.files("worker1")
    again = Tale(tale.stage)
    again.files("worker3")
    again.does("village1", "merge", master=tale.case["id"])
    again.does("worker3", "split")
    tale.is_refused("worker3", "supplement", "not_found")


def test_the_master_is_closed_and_its_follower_keeps_its_code_and_rating(tale: Tale):
    follower, master = merged(tale)
    code = follower.case["code"]
    master.does("village1", "handle_here")
    master.does("village1", "finish")
    master.does("township1", "verify_pass")
    assert master.notices()[-1] == "verify_pass: village1 news, worker1 news, worker3 news"
    assert (follower.look("worker3")["code"], follower.state()) == (code, "merged")
    answer = tale.stage.office.anonymous().post(
        "/api/v1/look", json={"code": code, "secret": follower.secret}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert (answer.status_code, answer.json["state"]) == (200, "closed")


def is_closed(tale: Tale) -> None:
    """Handled by the village, verified by the township."""
    tale.does("village1", "handle_here")
    tale.does("village1", "finish")
    tale.does("township1", "verify_pass")


def matter(tale: Tale) -> tuple[str, str | None, bool]:
    """State, satisfaction and whether it may be rated, as a resident sees them."""
    sent = {"code": tale.case["code"], "secret": tale.secret}
    answer = tale.stage.office.anonymous().post(
        "/api/v1/look", json=sent, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.json["state"], answer.json["satisfaction"], answer.json["may_rate"]


def rates(tale: Tale, result: str) -> int:
    """A resident rates; the answer's status."""
    sent = {
        "code": tale.case["code"], "secret": tale.secret, "result": result, "at": tale.stage.clock.now().isoformat(),
    }  # fmt: skip
    path = f"/api/v1/look/ratings/{uuid.uuid4()}"
    answer = tale.stage.office.anonymous().put(path, json=sent, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    return int(answer.status_code)


def test_a_follower_is_rated_for_itself_once_its_master_is_closed_which_is_what_gets_reviewed(tale: Tale):
    follower, master = merged(tale)
    assert (matter(follower), rates(follower, "not")) == (("submitted", None, False), 409)
    is_closed(master)
    assert matter(follower) == ("closed", None, True)
    assert rates(follower, "not") == 201
    assert (matter(follower), matter(master)) == (("closed", "not", False), ("closed", None, True))
    assert rates(follower, "satisfied") == 409
    assert follower.state() == "merged"
    assert (follower.steps()[-1], master.steps()[-1]) == ("3 rate by itself", "6 doubt by itself")
    assert (follower.notices()[-1], master.notices()[-1]) == ("rate: ", "doubt: county task")
    assert master.running() == {"answer": "03-09 18:00"}
    # The master's own resident speaks for themselves; what is reviewed already is not reviewed twice.
    assert rates(master, "not") == 201
    assert (matter(master), master.running()) == (("closed", "not", False), {"answer": "03-09 18:00"})
    master.does("county1", "review", outcome="overturned")
    assert (master.state(), matter(follower)) == ("accepted", ("accepted", "not", False))

    # Closed anew, it is rated anew.
    is_closed(master.at("03-03 10:00"))
    assert (matter(follower), matter(master)) == (("closed", None, True), ("closed", None, True))
    assert rates(follower, "satisfied") == 201
    assert (matter(follower), matter(master)) == (("closed", "satisfied", False), ("closed", None, True))
    # On its own again it says nothing yet.
    follower.does("county1", "split")
    assert matter(follower) == ("submitted", None, False)


def test_a_follower_is_rated_until_its_master_is_archived(tale: Tale):
    follower, master = merged(tale)
    master.at("03-30 09:00")
    is_closed(master)
    follower.at("04-28 09:00")
    assert matter(follower) == ("closed", None, True)
    follower.at("04-30 09:00")
    assert (matter(follower), rates(follower, "not")) == (("closed", None, False), 409)


def test_what_a_follower_s_resident_says_lets_the_master_be_reopened_for_a_year(tale: Tale):
    follower, master = merged(tale)
    is_closed(master)
    assert rates(follower, "not") == 201
    master.does("county1", "review", outcome="upheld")
    assert "reopen" in master.at("06-02 10:00").offered("county1")


def test_a_follower_with_a_resident_is_visited_for_itself_once_its_master_is_closed(tale: Tale):
    follower = Tale(tale.stage)
    follower.files("worker3", parties=[{"name": "欧阳清欢"}])
    tale.files("worker1")
    follower.does("village1", "merge", master=tale.case["id"])
    assert not follower.listed("village1", "ask=visit")
    follower.is_refused("village1", "visit", "move_not_allowed")
    is_closed(tale)
    assert (tale.listed("township1", "ask=visit"), follower.listed("township1", "ask=visit")) == (False, True)
    assert ("visit" in follower.offered("township1"), "visit" in follower.offered("worker3")) == (True, False)
    follower.is_refused("village1", "visit", "move_not_allowed")  # who handled the master does not ask about it
    # Its visit is owed, so that nothing is archived before.
    for _ in range(2):
        follower.at("05-04 10:00").does("township1", "visit", result="unreached")
    assert follower.listed("township1", "ask=visit")
    follower.does("township1", "visit", result="not")
    assert not follower.listed("township1", "ask=visit")
    assert (tale.look("county1")["satisfaction"], follower.look("county1")["satisfaction"]) == (None, "not")
    assert (tale.steps()[-1], tale.notices()[-1]) == ("6 doubt by itself", "doubt: county task")
    assert "review" in tale.offered("county1")
    follower.is_refused("township1", "visit", "move_not_allowed")


def test_a_follower_that_nobody_reaches_is_done_with_after_three_tries(tale: Tale):
    follower = Tale(tale.stage)
    follower.files("worker3", parties=[{"name": "欧阳清欢"}])
    tale.files("worker1")
    follower.does("village1", "merge", master=tale.case["id"])
    is_closed(tale)
    for _ in range(3):
        follower.does("township1", "visit", result="unreached")
    assert not follower.listed("township1", "ask=visit")
    follower.is_refused("township1", "visit", "move_not_allowed")
    assert matter(follower) == ("closed", None, True)


def test_a_master_is_open_and_follows_nobody_and_whoever_merges_decides_for_both(tale: Tale):
    follower, master = merged(tale)
    third, elsewhere = Tale(tale.stage), Tale(tale.stage)
    third.files("worker1")
    third.is_refused("village1", "merge", "invalid", "payload.master", master=follower.case["id"])
    third.is_refused("village1", "merge", "invalid", "payload.master", master=third.case["id"])
    master.is_refused("village1", "merge", "invalid", "payload.master", master=third.case["id"])
    elsewhere.files("worker2", grid="990101001002001")
    third.is_refused("village1", "merge", "invalid", "payload.master", master=elsewhere.case["id"])  # unseen
    third.does("township1", "merge", master=elsewhere.case["id"])
    assert third.state() == "merged"
    third.is_refused("village1", "split", "move_not_allowed")  # the township merged it
    # Seen and not decided for: the village holds the one, the township holds the other.
    seen, mine = Tale(tale.stage), Tale(tale.stage)
    seen.files("worker1")
    seen.does("village1", "escalate")
    mine.files("worker1")
    told = mine.is_refused("village1", "merge", "invalid", "payload.master", master=seen.case["id"])
    assert "共同的上级" in told["errors"]["payload.master"]["zh"]
    hidden, nowhere = (
        mine.is_refused("village1", "merge", "invalid", "payload.master", master=one)["errors"]
        for one in (elsewhere.case["id"], str(uuid.uuid4()))
    )
    assert hidden == nowhere
    third.does("township1", "split")


def test_a_case_at_work_may_follow_and_its_units_are_called_back(tale: Tale):
    follower = Tale(tale.stage)
    follower.is_led_by("fire", co={"police": "03-04 12:00"})
    tale.is_led_by("order")
    follower.does("township1", "merge", master=tale.case["id"])
    assert follower.tasks() == {"fire": "lead recalled", "police": "co recalled"}
    assert follower.notices()[-1] == "merge: fire news, police news, worker1 news"
    assert not follower.sees("fire1")
    follower.does("township1", "split")
    assert (follower.state(), follower.holder()) == ("submitted", "township")


def test_a_master_that_becomes_an_emergency_calls_its_units_to_the_spot(tale: Tale):
    tale.is_led_by("fire")
    follower = Tale(tale.stage)
    follower.files("worker3", urgency=4)
    follower.does("township1", "merge", master=tale.case["id"])
    assert (tale.look("fire1")["urgency"], tale.running()["arrive"]) == (4, "03-02 10:00")
    assert "ask_return" not in tale.offered("fire1")
    tale.at("03-02 09:20").does("fire1", "sign", arrived_at="03-02 09:15")
    tale.does("fire1", "ask_return")


def test_a_voiding_is_asked_by_the_holder_and_granted_by_the_leader_above(tale: Tale):
    tale.files("worker1")
    tale.is_refused("village1", "void", "invalid", "payload.case", code="refiled")
    tale.does("village1", "void")
    assert (tale.state(), tale.notices()[-1]) == ("submitted", "void: leader1 task, worker1 news")
    assert "answer township 03-03 18:00" in tale.clocks()
    tale.is_refused("village1", "void", "move_not_allowed")
    tale.is_refused("township1", "grant_void", "move_not_allowed")
    tale.does("leader1", "refuse_void")
    tale.does("village1", "void")
    tale.does("leader1", "grant_void")
    assert (tale.state(), tale.running()) == ("void", {})
    assert tale.notices()[-1] == "grant_void: village news, worker1 news"
    # The reporter may object: the centre above looks at it anew.
    tale.does("worker1", "object")
    assert (tale.state(), tale.holder()) == ("submitted", "township")
    assert tale.notices()[-1] == "object: village news, township task"


def test_a_report_that_others_follow_is_withdrawn_once_and_the_case_goes_on(tale: Tale):
    master = Tale(tale.stage)
    master.files("worker1")
    tale.files("worker3")
    tale.does("village1", "merge", master=master.case["id"])
    master.does("worker1", "withdraw")
    assert master.state() == "submitted"
    assert "withdraw" not in master.offered("worker1")


def test_a_superior_s_leader_voids_at_once_and_a_withdrawn_report_was_nobody_s_decision(tale: Tale):
    tale.files("worker1")
    tale.does("leader1", "void")
    assert tale.state() == "void"
    tale.files("worker1")
    tale.does("worker1", "withdraw")
    assert (tale.state(), tale.notices()[-1]) == ("void", "withdraw: village news")
    tale.is_refused("worker1", "object", "move_not_allowed")
    tale.files("worker1")
    tale.does("village1", "accept")
    tale.is_refused("worker1", "withdraw", "move_not_allowed")
