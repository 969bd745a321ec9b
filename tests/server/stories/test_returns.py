"""退回: a unit says it is not its matter: silence agrees, a refusal undoes the wait, the second ask is ruled on."""

from tests.server.stories.tale import Tale


def test_silence_agrees_to_a_return_and_the_other_parts_stay(tale: Tale):
    tale.is_led_by("fire", co={"village": "03-04 12:00"})
    assert tale.running()["handle"] == "03-05 18:00"
    tale.at("03-02 10:00").does("fire1", "ask_return")
    assert tale.tasks() == {"fire": "lead return_asked", "village": "co pending"}
    assert tale.request("return")["state"] == "open"
    assert "answer township 03-02 16:30" in tale.clocks()
    assert "handle fire 03-05 18:00 paused" in tale.clocks()
    assert tale.listed("township1", "ask=answer")
    assert tale.at("03-02 16:29:59").sweep()["state"] == "in_progress"
    tale.at("03-02 16:30").sweep()
    assert (tale.state(), tale.holder()) == ("accepted", "township")
    assert tale.tasks() == {"fire": "lead returned", "village": "co pending"}
    assert tale.running() == {
        "dispatch": "03-03 11:00", "sign": "03-02 15:30", "handle": "03-04 12:00", "overall": "03-09 18:00"
    }  # fmt: skip
    assert tale.steps()[-1].endswith("agree_return by itself")
    assert tale.notices()[-1] == "agree_return: village news, fire news, worker1 news"
    assert (tale.sees("fire1"), tale.sees("village1")) == (False, True)

    # The next dispatch keeps the village, which may not be named twice.
    tale.is_refused("township1", "dispatch", "invalid", "payload.co", lead="order", co={"village": "03-04 12:00"})
    tale.does("township1", "dispatch", lead="order")
    assert tale.tasks() == {"fire": "lead returned", "village": "co pending", "order": "lead pending"}


def test_a_refused_return_undoes_the_wait_and_the_second_ask_is_ruled_on(tale: Tale):
    tale.is_led_by("fire")
    tale.at("03-02 10:00").does("fire1", "ask_return")
    tale.at("03-02 11:00").does("township1", "refuse_return")
    assert tale.tasks() == {"fire": "lead handling"}
    assert tale.running() == {"handle": "03-05 18:00", "overall": "03-09 18:00"}

    # All units hang off the township, so its leader rules; a clerk may not.
    tale.at("03-02 15:00").does("fire1", "ask_return")
    assert tale.request("ruling")["to"]["name"] == "禾桥街道综治中心"
    assert "rule" not in tale.offered("township1")
    assert (tale.listed("leader1", "ask=answer"), tale.listed("township1", "ask=answer")) == (True, False)
    tale.at("03-02 16:00").does("leader1", "rule", lead="fire")
    assert tale.tasks() == {"fire": "lead handling"}
    assert tale.running() == {"handle": "03-05 18:00", "overall": "03-09 18:00"}
    tale.is_refused("fire1", "ask_return", "move_not_allowed")


def test_a_ruling_may_name_another_lead(tale: Tale):
    tale.is_led_by("fire", co={"police": "03-04 12:00"})
    tale.at("03-02 10:00").does("fire1", "ask_return")
    tale.does("township1", "refuse_return")
    tale.does("fire1", "ask_return")
    tale.at("03-02 11:00").does("leader1", "rule", lead="order")
    assert tale.tasks() == {"fire": "lead recalled", "police": "co pending", "order": "lead pending"}
    assert (tale.holder(), tale.sees("fire1")) == ("order", False)
    assert tale.notices()[-1] == "rule: fire news, police news, order task, township news"
    tale.does("order1", "sign")
    tale.is_refused("order1", "ask_return", "move_not_allowed")
    tale.does("police1", "sign")
    tale.does("police1", "ask_return")


def test_whoever_took_it_over_rules_where_all_units_hang_off_its_area_and_a_helper_may_lead(tale: Tale):
    tale.is_led_by("fire", co={"village": "03-04 12:00"})
    tale.does("countyleader1", "take_over")
    tale.does("fire1", "ask_return")
    tale.does("county1", "refuse_return")
    tale.does("fire1", "ask_return")
    assert tale.request("ruling")["to"]["name"] == "青禾县综治中心"
    tale.does("countyleader1", "rule", lead="village")
    assert (tale.state(), tale.holder(), tale.sees("village1")) == ("in_progress", "village", True)


def test_a_return_is_asked_within_eight_working_hours_and_at_the_highest_urgency_only_on_the_spot(tale: Tale):
    tale.is_led_by("fire")
    assert "ask_return" in tale.at("03-03 10:00").offered("fire1")
    tale.at("03-03 10:00:01").is_refused("fire1", "ask_return", "move_not_allowed")
    tale.at("03-02 09:00").is_led_by("fire", report={"urgency": 4})
    tale.is_refused("fire1", "ask_return", "move_not_allowed")
    tale.at("03-02 09:20").does("fire1", "sign", arrived_at="03-02 09:15")
    tale.does("fire1", "ask_return")


def test_who_dispatched_to_itself_is_answered_by_the_centre_above(tale: Tale):
    tale.files("worker1")
    tale.does("village1", "handle_here")
    tale.at("03-02 10:00").does("village1", "ask_return")
    assert tale.request("return")["to"]["name"] == "禾桥街道综治中心"
    tale.is_refused("village17", "agree_return", "move_not_allowed")
    tale.does("township1", "agree_return")
    assert (tale.state(), tale.holder()) == ("accepted", "village")


def test_a_co_handler_s_return_leaves_the_case_with_its_lead(tale: Tale):
    tale.is_led_by("fire", co={"police": "03-04 12:00", "village": "03-04 12:00"})
    tale.at("03-02 10:00").does("police1", "ask_return")
    tale.does("township1", "agree_return")
    assert (tale.state(), tale.holder()) == ("in_progress", "fire")
    assert tale.tasks() == {"fire": "lead handling", "police": "co returned", "village": "co pending"}
    assert not tale.sees("police1")


def test_a_waived_or_redispatched_unit_is_told_and_loses_sight(tale: Tale):
    tale.is_led_by("fire", co={"police": "03-04 12:00"})
    tale.at("03-02 10:00").does("township1", "waive_co", unit="police")
    assert tale.notices()[-1] == "waive_co: fire task, police news"
    assert (tale.tasks()["police"], tale.sees("police1")) == ("co waived", False)
    tale.does("township1", "redispatch", lead="order")
    assert tale.notices()[-1] == "redispatch: fire news, order task"
    assert (tale.holder(), tale.sees("fire1"), tale.running()["handle"]) == ("order", False, "03-05 18:00")
