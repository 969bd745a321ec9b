"""The first of the three complete stories: a fire hazard that a department and the village clear together."""

from tests.server.stories.tale import Tale


def test_a_fire_hazard_is_cleared_by_the_department_and_the_village_together(tale: Tale):
    # Monday. A grid worker finds a stairwell full of boxes; the village desk takes it on within its two hours.
    tale.at("03-02 09:00").files("worker1")
    assert (tale.case["state"], tale.holder(), tale.case["grid"]["match"]) == ("submitted", "village", "inside")
    assert tale.running() == {"accept": "03-02 11:00", "overall": "03-09 18:00"}
    tale.at("03-02 09:20").does("village1", "accept", urgency=3)
    assert (tale.state(), tale.case["first_responsible"]["name"]) == ("accepted", "望禾社区综治工作站")
    assert tale.running() == {"dispatch": "03-02 15:50", "overall": "03-09 18:00"}

    # Only the fire station may fine anybody, so the desk sends it up; the township takes it on.
    tale.at("03-02 10:00").does("village1", "escalate")
    assert (tale.state(), tale.holder()) == ("submitted", "township")
    assert tale.running() == {"accept": "03-02 12:00", "overall": "03-09 18:00"}
    tale.at("03-02 10:30").does("township1", "accept")
    assert tale.case["first_responsible"]["name"] == "望禾社区综治工作站"
    assert tale.running() == {"dispatch": "03-02 17:00", "overall": "03-09 18:00"}

    # The fire station leads, the village helps by Wednesday noon, the police station reads along.
    late = tale.is_refused("township1", "dispatch", "invalid", "payload.co", lead="fire", co={"village": "03-06 12:00"})
    assert late["errors"]["payload.co"]["zh"] == "协办时限须晚于现在、不晚于主办时限。"
    tale.at("03-02 11:00").does("township1", "dispatch", lead="fire", co={"village": "03-04 12:00"}, copied=["police"])
    assert (tale.state(), tale.holder()) == ("in_progress", "fire")
    assert tale.tasks() == {"fire": "lead pending", "village": "co pending", "police": "copied pending"}
    assert tale.running() == {"sign": "03-02 17:30", "handle": "03-05 18:00", "overall": "03-09 18:00"}
    assert "sign" in tale.offered("fire1")
    assert tale.look("police1")["moves"] == []

    # Both sign. The fire station names one of its people, who goes there in the afternoon.
    tale.is_refused("fire1", "finish", "move_not_allowed")
    tale.at("03-02 11:20").does("fire1", "sign")
    tale.at("03-02 11:30").does("village1", "sign")
    tale.at("03-02 11:40").does("fire1", "name_handler", person="fire3")
    tale.at("03-02 15:00").does("fire3", "progress", text="已到现场，责令当场清理。")

    # The village is done on Tuesday; until then the lead cannot finish.
    assert "finish" not in tale.offered("fire3")
    tale.is_refused("fire3", "finish", "move_not_allowed")
    tale.at("03-03 10:00").does("village1", "feedback", result="已和住户一起清理完毕。")
    tale.at("03-04 10:00").does("fire3", "finish", text="通道已恢复畅通。")
    assert (tale.state(), tale.holder()) == ("awaiting_verification", "township")
    assert tale.running() == {"verify": "03-05 18:00"}
    assert "verify_pass" not in tale.offered("fire3")

    # The township finds boxes left: the fire station goes on with the time it has.
    tale.at("03-04 15:00").does("township1", "verify_fail", reason="楼道仍有纸箱，请继续清理。")
    assert (tale.state(), tale.holder(), tale.case["rework_count"]) == ("in_progress", "fire", 1)
    assert tale.running() == {"handle": "03-05 18:00", "overall": "03-09 18:00"}
    tale.at("03-05 09:00").does("fire1", "finish", text="已全部清理完毕。")

    # On Thursday it is verified and closed: settled at the township, nobody to visit.
    closed = tale.at("03-05 11:00").does("township3", "verify_pass", mode="photo", note="照片显示通道畅通。")
    assert (closed["state"], closed["holder"], closed["result"]) == ("closed", None, "resolved")
    assert (closed["settled_level"], closed["reopen_count"]) == ("township", 0)
    assert tale.running() == {}
    assert tale.offered("township3") == {"visit", "reopen"}

    assert tale.steps() == [
        "1 submit worker1",
        "2 accept village1 for village",
        "3 escalate village1 for village",
        "4 accept township1 for township",
        "5 dispatch township1 for township",
        "6 sign fire1 for fire",
        "7 sign village1 for village",
        "8 name_handler fire1 for fire",
        "9 progress fire3 for fire",
        "10 feedback village1 for village",
        "11 finish fire3 for fire",
        "12 verify_fail township1 for township",
        "13 finish fire1 for fire",
        "14 verify_pass township3 for township",
    ]
    assert sorted(tale.clocks()) == [
        "accept township 03-02 12:00 met 03-02 10:30",
        "accept village 03-02 11:00 met 03-02 09:20",
        "dispatch township 03-02 17:00 met 03-02 11:00",
        "dispatch village 03-02 15:50 stopped 03-02 10:00",
        "handle fire 03-05 18:00 met 03-05 09:00",
        "handle village 03-04 12:00 met 03-03 10:00",
        "overall township 03-09 18:00 met 03-05 09:00",
        "sign fire 03-02 17:30 met 03-02 11:20",
        "sign village 03-02 17:30 met 03-02 11:30",
        "verify township 03-05 18:00 met 03-04 15:00",
        "verify township 03-06 18:00 met 03-05 11:00",
    ]
    assert tale.notices() == [
        "submit: village task",
        "accept: worker1 news",
        "escalate: village news, township task, worker1 news",
        "accept: worker1 news",
        "dispatch: village task, fire task, police news, worker1 news",
        "sign: police news, township news",
        "sign: police news, township news",
        "name_handler: police news, fire3 task",
        "progress: police news, township news, worker1 news",
        "feedback: fire task, police news",
        "finish: village news, police news, township task",
        "verify_fail: village news, fire task, police news",
        "finish: village news, police news, township task",
        "verify_pass: police news, fire1 news, fire3 news, village1 news, worker1 news",
    ]
