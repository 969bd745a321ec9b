"""The third complete story: a pothole that the grid worker fills before anybody had to accept it."""

import uuid

from tests.server.conftest import place_in, refused
from tests.server.stories.tale import AT_HOME, Tale

BEFORE, AFTER = "a" * 64, "b" * 64


def test_a_pothole_is_filled_on_the_spot_and_verified_by_the_desk(tale: Tale):
    # Saturday afternoon: the worker fills it with what lies beside it and reports both in one request.
    told = {"result": "用路边碎石填平并压实，已恢复通行。", "photos": [AFTER]}
    case = tale.at("03-07 15:00").files(
        "worker1", category="C-03", text="小路上塌了一个坑，旁边堆着渣土。", urgency=1, photos=[BEFORE], settled=told
    )
    assert (case["state"], tale.holder(), case["result"]) == ("awaiting_verification", "village", "resolved")
    assert (case["first_responsible"]["name"], case["settled_level"]) == ("望禾社区综治工作站", "grid")
    assert case["steps"][1]["id"] == str(uuid.uuid5(uuid.UUID(case["id"]), "settle"))
    assert [(photo["sha256"], photo["kind"], photo["missing"]) for photo in case["photos"]] == [
        (BEFORE, "report", True), (AFTER, "settle_on_spot", True)
    ]  # fmt: skip
    assert tale.running() == {"verify": "03-09 18:00"}
    assert tale.offered("worker1") == {"supplement"}
    assert tale.listed("village1", "ask=verify")

    # Monday: the desk walks by.
    tale.at("03-09 09:00").is_refused("village1", "verify_pass", "invalid", "payload.photos")
    tale.does("village1", "verify_pass", mode="on_site", note="路面平整，可以通行。", photos=["d" * 64])
    assert (tale.case["state"], tale.case["settled_level"], tale.case["rework_count"]) == ("closed", "grid", 0)
    assert tale.steps() == ["1 submit worker1", "2 settle_on_spot worker1", "3 verify_pass village1 for village"]
    assert sorted(tale.clocks()) == [
        "accept village 03-09 10:30 met 03-07 15:00",
        "overall village 03-16 18:00 met 03-07 15:00",
        "verify village 03-09 18:00 met 03-09 09:00",
    ]
    assert tale.notices() == ["submit: village task", "settle_on_spot: village task", "verify_pass: worker1 news"]


def test_a_spot_settlement_that_does_not_hold_is_handled_after_all(tale: Tale):
    tale.files("worker1", category="C-03", photos=[BEFORE])
    tale.is_refused("worker1", "settle_on_spot", "invalid", "payload.photos")
    tale.at("03-02 09:30").does("worker1", "settle_on_spot", photos=[AFTER])
    tale.at("03-02 11:00").does("village1", "verify_fail", reason="渣土还在路边，没有清走。")
    assert (tale.state(), tale.holder(), tale.case["settled_level"]) == ("accepted", "village", None)
    assert tale.running() == {"dispatch": "03-02 17:30", "overall": "03-10 18:00"}
    assert {"handle_here", "dispatch"} <= tale.offered("village1")


def test_what_the_desk_s_own_people_settle_is_verified_by_the_township(tale: Tale):
    tale.files("village1", category="C-03", photos=[BEFORE])
    tale.does("village1", "settle_on_spot", photos=[AFTER])
    assert (tale.state(), tale.holder(), tale.case["settled_level"]) == ("awaiting_verification", "township", "village")
    assert tale.case["first_responsible"]["name"] == "望禾社区综治工作站"
    assert "verify_pass" not in tale.offered("village17")
    tale.does("township1", "verify_pass", mode="photo")
    assert (tale.state(), tale.case["settled_level"]) == ("closed", "village")


def test_a_worker_s_day_to_settle_is_over_after_24_hours_and_a_category_must_allow_it(tale: Tale):
    tale.files("worker1", category="C-03", photos=[BEFORE])
    tale.at("03-03 09:00:01").is_refused("worker1", "settle_on_spot", "move_not_allowed", photos=[AFTER])
    tale.does("village1", "settle_on_spot", photos=[AFTER])
    tale.files("worker1", category="H-ROAD-01", photos=[BEFORE])
    tale.is_refused("worker1", "settle_on_spot", "move_not_allowed", photos=[AFTER])


def test_what_a_department_put_right_is_no_settlement_of_the_village(tale: Tale):
    body = {
        "category": "C-03", "text": "小路上塌了一个坑，旁边堆着渣土。", "urgency": 1, "source": "patrol",
        "location": place_in(AT_HOME), "filed_at": tale.stage.clock.now().isoformat(), "photos": [BEFORE],
        "settled": {"result": "当场清理完毕。", "photos": [AFTER]},
    }  # fmt: skip
    refused(tale.stage.client("fire1").put(f"/reports/{uuid.uuid4()}", json=body), 422, "invalid", "settled")
    tale.files("fire1", category="C-03", photos=[BEFORE])
    assert "settle_on_spot" not in tale.offered("fire1")
    assert "settle_on_spot" in tale.offered("village1")


def test_a_consultation_is_answered_and_counts_as_registered_only(tale: Tale):
    tale.files("worker1", category="P-01", text="居民询问低保如何申请。")
    assert "register_only" in tale.offered("village1")
    tale.does("village1", "register_only")
    assert (tale.case["state"], tale.running()) == ("closed", {})
    tale.files("worker1")
    tale.is_refused("village1", "register_only", "move_not_allowed")
