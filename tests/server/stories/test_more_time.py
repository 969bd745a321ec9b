"""延期、挂起: more time and standing still, asked by the lead, granted by somebody else."""

from tests.server.stories.tale import Tale


def test_an_extension_is_granted_then_by_a_leader_and_never_a_third_time(tale: Tale):
    tale.is_led_by("fire")
    tale.at("03-04 10:00")
    # Until Monday would be longer than the first limit (three days and nine hours) again.
    tale.is_refused("fire1", "ask_extension", "invalid", "payload.due_at", due_at="03-09 18:00")
    tale.is_refused("fire1", "ask_extension", "invalid", "payload.due_at", due_at="03-05 18:00")
    tale.does("fire1", "ask_extension", due_at="03-06 18:00")
    assert "answer township 03-05 18:00" in tale.clocks()
    tale.is_refused("fire1", "ask_extension", "move_not_allowed", due_at="03-06 18:00")
    tale.does("township1", "grant_extension")
    assert "handle fire 03-06 18:00 (first 03-05 18:00)" in tale.clocks()
    assert tale.running() == {"handle": "03-06 18:00", "overall": "03-09 18:00"}
    tale.does("fire1", "ask_extension", due_at="03-08 18:00")
    tale.is_refused("township1", "grant_extension", "move_not_allowed")
    tale.does("leader1", "grant_extension")
    assert "handle fire 03-08 18:00 (first 03-05 18:00)" in tale.clocks()
    tale.is_refused("fire1", "ask_extension", "move_not_allowed", due_at="03-09 00:00")


def test_an_extension_may_be_refused_and_silence_is_the_approver_s_lateness(tale: Tale):
    tale.is_led_by("fire")
    tale.at("03-03 10:00").does("fire1", "ask_extension", due_at="03-06 18:00")
    tale.does("township1", "refuse_extension")
    assert tale.running() == {"handle": "03-05 18:00", "overall": "03-09 18:00"}
    tale.at("03-04 10:00").does("fire1", "ask_extension", due_at="03-06 18:00")
    tale.sweeps_at("03-05 17:00", "03-05 18:00", "03-06 09:00")
    assert tale.request("extension")["state"] == "open"
    assert {"answer township 03-05 18:00", "handle fire 03-05 18:00"} <= set(tale.clocks())
    assert [one["rung"] for one in tale.case["deadlines"] if one["kind"] == "answer"][-1] == "reminder"
    # It is overdue now, and what was asked in time may still be granted.
    tale.does("township1", "grant_extension")
    assert "handle fire 03-06 18:00 (first 03-05 18:00)" in tale.clocks()


def test_a_suspended_case_goes_on_by_itself_when_its_review_date_is_over(tale: Tale):
    tale.is_led_by("fire", co={"police": "03-05 12:00"})
    tale.does("police1", "sign")
    tale.at("03-03 10:00")
    tale.is_refused("fire1", "ask_suspension", "invalid", "payload.review_on", review_on="2026-04-03")
    tale.does("fire1", "ask_suspension", review_on="2026-03-20")
    tale.is_refused("township1", "approve_suspension", "move_not_allowed")
    tale.at("03-03 15:00").does("leader1", "approve_suspension")
    assert (tale.state(), tale.holder()) == ("suspended", "fire")
    assert {one for one in tale.clocks() if "paused" in one} == {
        "handle fire 03-05 18:00 paused", "handle police 03-05 12:00 paused", "overall township 03-09 18:00 paused",
    }  # fmt: skip
    tale.does("fire1", "progress", text="鉴定机构已经取样。")
    tale.is_refused("fire1", "finish", "move_not_allowed")
    # Days pass; nothing is reminded of while the clocks stand.
    assert tale.sweeps_at("03-09 18:00", "03-20 18:00")["version"] == tale.version() == 9
    tale.at("03-21 00:00").sweep()
    assert (tale.state(), tale.steps()[-1]) == ("in_progress", "10 resume by itself")
    # Two of the lead's working days were left, four of the case's; the 21st is a Saturday.
    assert {"handle fire 03-24 18:00 (first 03-05 18:00)", "overall township 03-26 18:00 (first 03-09 18:00)"} <= set(
        tale.clocks()
    )


def test_a_suspension_is_renewed_by_the_leader_above_and_ended_early(tale: Tale):
    tale.is_led_by("fire")
    tale.at("03-03 10:00").does("fire1", "ask_suspension", review_on="2026-03-20")
    tale.does("leader1", "approve_suspension")
    tale.at("03-19 10:00").is_refused(
        "fire1", "renew_suspension", "invalid", "payload.checked_on", review_on="2026-04-15"
    )  # fmt: skip
    assert {"checked_on", "person"} <= {
        need["name"] for one in tale.look("fire1")["moves"] if one["action"] == "renew_suspension"
        for need in one["needs"]
    }  # fmt: skip
    tale.does("fire1", "renew_suspension", review_on="2026-04-15", checked_on="2026-03-18", person="fire3")
    assert tale.notices()[-1] == "renew_suspension: countyleader1 task, fire3 task"
    assert tale.look("county1")["assignments"][0]["handler"]["name"] == "钱海涛"
    tale.is_refused("leader1", "approve_suspension", "move_not_allowed")
    tale.does("countyleader1", "approve_suspension")
    assert tale.sweeps_at("03-21 00:00")["state"] == "suspended"
    tale.at("03-23 10:00").does("township1", "resume")
    assert (tale.state(), tale.notices()[-1]) == ("in_progress", "resume: fire task")
    assert "handle fire 03-25 18:00 (first 03-05 18:00)" in tale.clocks()


def test_after_ninety_days_the_county_does_not_renew_what_it_suspended_itself(tale: Tale):
    tale.files("county1", source="walk_in")
    tale.does("county1", "handle_here")
    tale.does("county1", "ask_suspension", review_on="2026-03-31")
    tale.does("cityleader1", "approve_suspension")
    for day, until in (("03-30", "04-28"), ("04-27", "05-26"), ("05-25", "06-23"), ("06-22", "07-01")):
        tale.at(f"{day} 10:00")
        tale.does("county1", "renew_suspension", review_on=f"2026-{until}", checked_on=f"2026-{day}")
        tale.is_refused("countyleader1", "approve_suspension", "move_not_allowed")
        tale.does("cityleader1", "approve_suspension")


def test_a_refused_suspension_changes_nothing(tale: Tale):
    tale.is_led_by("fire")
    tale.at("03-03 10:00").does("fire1", "ask_suspension", review_on="2026-03-20")
    tale.does("leader1", "refuse_suspension")
    assert (tale.state(), tale.running()) == ("in_progress", {"handle": "03-05 18:00", "overall": "03-09 18:00"})


def test_suspected_sham_mediation_stands_still_at_once_and_a_leader_decides(tale: Tale):
    quarrel = {"category": "D-02", "text": "两家因围墙占地发生争执。"}
    tale.is_led_by("mediators", report=quarrel)
    tale.at("03-03 10:00").does("townshipmediator1", "ask_suspension", code="sham_mediation", review_on="2026-03-20")
    assert tale.state() == "suspended"
    assert "answer township 03-04 18:00" in tale.clocks()
    tale.at("03-04 10:00").does("leader1", "refuse_suspension", reason="查明是真实纠纷，继续调解。")
    assert tale.state() == "in_progress"
    # One day it stood still: thirty days end on 1 April, now on the 2nd.
    assert {"overall township 04-02 23:59:59 (first 04-01 23:59:59)"} <= set(tale.clocks())
    tale.does("townshipmediator1", "ask_suspension", code="sham_mediation", review_on="2026-03-20")
    tale.does("leader1", "approve_suspension")
    assert tale.state() == "suspended"
