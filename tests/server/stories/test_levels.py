"""层级流转: up, down, back, sideways and taken over; declined and overruled."""

import pytest

from tests.server.stories.tale import Tale


def test_what_is_handed_down_to_be_answered_is_verified_above_too(tale: Tale):
    tale.files("county1", source="walk_in")
    tale.does("county1", "accept")
    tale.does("county1", "hand_down", unit="township", answer_to_me=True)
    assert (tale.state(), tale.holder()) == ("submitted", "township")
    assert tale.case["first_responsible"]["name"] == "青禾县综治中心"
    tale.does("township1", "accept")
    tale.does("township1", "dispatch", lead="fire")
    tale.does("fire1", "sign")
    tale.at("03-03 10:00").does("fire1", "finish")
    tale.at("03-03 11:00").does("township1", "verify_pass")
    assert (tale.state(), tale.holder(), tale.case["settled_level"]) == ("awaiting_verification", "county", "township")
    assert tale.running() == {"verify": "03-04 18:00"}
    tale.at("03-04 09:00").does("county2", "verify_pass")
    assert (tale.state(), tale.case["settled_level"]) == ("closed", "township")


def test_a_consultation_handed_down_to_be_answered_is_verified_above(tale: Tale):
    tale.files("county1", category="P-01", source="walk_in", text="居民询问低保如何申请。")
    tale.does("county1", "accept")
    tale.does("county1", "hand_down", unit="township", answer_to_me=True)
    tale.does("township1", "register_only")
    assert (tale.state(), tale.holder()) == ("awaiting_verification", "county")
    assert list(tale.running()) == ["verify"]
    tale.does("county2", "verify_fail")
    assert (tale.state(), tale.holder()) == ("accepted", "county")
    tale.does("county1", "hand_down", unit="township", answer_to_me=True)
    tale.does("township1", "register_only")
    tale.does("county2", "verify_pass")
    assert (tale.state(), tale.case["settled_level"], tale.running()) == ("closed", None, {})


def test_what_is_handed_down_for_good_closes_below(tale: Tale):
    tale.files("township1", source="walk_in")
    tale.does("township1", "hand_down", unit="village")
    tale.does("village1", "handle_here")
    tale.does("village1", "finish")
    tale.does("township3", "verify_pass")
    assert (tale.state(), tale.case["settled_level"]) == ("closed", "village")


def test_a_village_sends_back_once_within_eight_working_hours(tale: Tale):
    tale.files("township1", source="walk_in")
    tale.does("township1", "hand_down", unit="village")
    assert "send_back" not in tale.at("03-03 10:00:01").offered("village1")
    tale.at("03-03 10:00").does("village1", "send_back")
    assert (tale.state(), tale.holder(), tale.running()["dispatch"]) == ("accepted", "township", "03-03 16:30")
    assert tale.notices()[-1] == "send_back: township task"
    tale.does("township1", "hand_down", unit="village")
    tale.is_refused("village1", "send_back", "move_not_allowed")


def test_only_a_centre_directly_below_is_handed_to_unless_it_is_an_emergency(tale: Tale):
    tale.files("county1", source="walk_in")
    tale.is_refused("county1", "hand_down", "invalid", "payload.unit", unit="village")
    tale.files("county1", source="walk_in", urgency=4)
    tale.does("county1", "hand_down", unit="village")
    assert tale.holder() == "village"


def test_what_must_avoid_the_village_is_not_handed_down_to_it(tale: Tale):
    tale.files("township1", source="walk_in", category="P-08")
    assert "hand_down" not in tale.offered("leader1")
    tale.is_refused("leader1", "hand_down", "move_not_allowed", unit="village")
    tale.files("county1", source="walk_in", category="R-07", urgency=4)
    tale.is_refused("countyleader1", "hand_down", "invalid", "payload.unit", unit="village")
    tale.does("countyleader1", "hand_down", unit="township")
    assert (tale.holder(), tale.sees("villageleader1")) == ("township", False)


def test_a_transfer_is_agreed_by_the_common_parent_s_silence(tale: Tale):
    tale.files("worker1")
    tale.does("village1", "transfer", unit="village2")
    assert (tale.state(), tale.holder(), tale.request("transfer")["to"]["name"]) == (
        "submitted", "village", "禾桥街道综治中心"
    )  # fmt: skip
    assert tale.running() == {"accept": "03-02 11:00", "answer": "03-02 15:30", "overall": "03-09 18:00"}
    tale.at("03-02 10:00").does("village1", "accept")
    tale.at("03-02 15:30").sweep()
    assert (tale.state(), tale.holder()) == ("submitted", "village2")
    assert tale.case["first_responsible"]["name"] == "望禾社区综治工作站"  # the place was right
    assert (tale.running()["accept"], tale.sees("village1")) == ("03-02 17:30", True)
    assert tale.notices()[-1] == "agree_transfer: village news, village2 task, worker1 news"


def test_a_transfer_from_the_wrong_place_takes_first_responsibility_along(tale: Tale):
    tale.files("village1", source="walk_in", grid="990101001002003")
    tale.does("village1", "accept")
    tale.does("village1", "transfer", unit="village2")
    tale.does("township1", "agree_transfer")
    assert tale.case["first_responsible"]["name"] == "晒秋社区综治工作站"


def test_a_transfer_between_townships_is_the_county_s_to_confirm(tale: Tale):
    tale.files("worker1")
    tale.does("village1", "transfer", unit="town village")
    tale.is_refused("township1", "refuse_transfer", "move_not_allowed")
    tale.does("county1", "refuse_transfer")
    assert (tale.state(), tale.holder(), tale.running()["accept"]) == ("submitted", "village", "03-02 11:00")


@pytest.mark.parametrize("hour", ["03-02 11:00:01", "03-03 09:00"])
def test_a_superior_takes_over_what_was_not_accepted_in_time(tale: Tale, hour: str):
    tale.files("worker1")
    assert "take_over" not in tale.at("03-02 11:00").offered("township1")
    tale.at(hour).does("township1", "take_over")
    assert (tale.state(), tale.holder()) == ("accepted", "township")
    accept = next(one for one in tale.clocks() if one.startswith("accept"))
    assert accept.startswith("accept village 03-02 11:00 stopped")  # the village's lateness
    assert tale.notices()[-1].startswith("take_over: village news, township task")


def test_a_leader_takes_over_at_any_time_and_the_lead_stays(tale: Tale):
    tale.files("worker1")
    tale.does("village1", "handle_here")
    tale.is_refused("township1", "take_over", "move_not_allowed")
    tale.does("leader1", "take_over")
    assert (tale.state(), tale.holder(), tale.case["dispatcher"]["name"]) == (
        "in_progress", "village", "禾桥街道综治中心"
    )  # fmt: skip
    tale.does("village1", "finish")
    assert tale.holder() == "township"


def test_a_declined_matter_is_objected_to_once_and_goes_to_the_centre_above(tale: Tale):
    tale.files("worker1")
    tale.does("village1", "reject")
    assert tale.notices()[-1] == "reject: township oversight, worker1 news"
    tale.at("03-09 09:00:01").is_refused("worker1", "object", "move_not_allowed")
    tale.at("03-09 09:00").does("worker1", "object")
    assert (tale.state(), tale.holder()) == ("submitted", "township")
    # The overall clock never began anew: it was due at six that day.
    assert tale.running() == {"accept": "03-09 11:00", "overall": "03-09 18:00"}
    tale.does("township1", "reject")
    tale.is_refused("worker1", "object", "move_not_allowed")
    tale.does("county1", "overrule")
    assert (tale.state(), tale.holder()) == ("submitted", "township")


def test_a_superior_overrules_and_may_take_it_itself(tale: Tale):
    tale.files("worker1")
    tale.does("village1", "reject")
    tale.is_refused("township1", "overrule", "invalid", "payload.unit", unit="village2")
    tale.at("04-01 09:00:01").is_refused("township1", "overrule", "move_not_allowed")
    tale.at("03-03 09:00").does("township1", "overrule", unit="township")
    assert (tale.state(), tale.holder()) == ("submitted", "township")
    tale.is_refused("township1", "register_only", "move_not_allowed")


def test_who_has_accepted_may_not_decline_any_more(tale: Tale):
    tale.files("worker1")
    tale.does("village1", "accept")
    tale.is_refused("village1", "reject", "move_not_allowed")
    tale.does("village1", "escalate")
    tale.is_refused("township1", "reject", "move_not_allowed")


def test_the_top_centre_is_offered_neither_way_up(tale: Tale):
    tale.files("city1", source="walk_in")
    assert not {"escalate", "object"} & tale.offered("city1")
    tale.does("city1", "reject")
    tale.is_refused("city1", "object", "move_not_allowed")
