"""The second complete story: neighbours who quarrel, mediated in the village, sent up, settled, reopened, settled."""

from typing import Any

from sqlalchemy import select

from server.models import Case
from tests.server.stories.tale import Tale

PARTIES = [
    {"name": "欧阳清欢", "phone": "13812341234", "role": "申请人"},
    {"name": "司马相宜", "phone": "13912345678", "role": "被申请人"},
]
MET: dict[str, Any] = {"present": "yes", "outcome": "no_agreement"}
AGREED: dict[str, Any] = {"present": "yes", "outcome": "agreement", "level": "township", "perform_by": "03-20 18:00"}


def test_neighbours_quarrel_and_are_reconciled_at_the_second_try_of_the_township(tale: Tale):
    # Monday. Two neighbours quarrel about a fence. The village desk mediates by itself: thirty days, contact in two.
    tale.at("03-02 09:00").files(
        "worker1",
        category="D-02",
        text="两家因围墙占地发生争执，多次争吵。",
        urgency=1,
        source="visit",
        parties=PARTIES,
    )
    assert tale.running() == {"accept": "03-02 11:00", "overall": "04-01 23:59:59"}
    tale.at("03-02 09:10").does("village1", "handle_here")
    assert (tale.state(), tale.holder()) == ("in_progress", "village")
    assert tale.running() == {"contact": "03-04 23:59:59", "handle": "04-01 23:59:59", "overall": "04-01 23:59:59"}
    tale.at("03-03 10:00").does("village1", "mediate", present="no", outcome="contacted")
    assert tale.running() == {"handle": "04-01 23:59:59", "overall": "04-01 23:59:59"}

    # Only what both sat at the table for counts; after two such attempts it may not go up without a reason.
    tale.at("03-04 15:00").does("village1", "mediate", present="no", outcome="no_agreement")
    tale.at("03-05 15:00").does("village1", "mediate", **MET)
    tale.at("03-09 15:00").does("village17", "mediate", **MET)
    told = tale.is_refused("village1", "escalate", "invalid", "payload.override_reason")
    assert told["errors"]["payload.override_reason"]["zh"] == "当事人到场的调解须满 3 次，或说明提前上报的理由。"
    tale.at("03-12 15:00").does("village1", "mediate", **MET)
    tale.at("03-12 16:00").does("village1", "escalate")
    assert (tale.state(), tale.holder(), tale.tasks()) == ("submitted", "township", {"village": "lead recalled"})
    assert tale.running() == {"accept": "03-12 18:00", "overall": "04-01 23:59:59"}

    # The township gives it to its mediators, who reach an agreement on Friday.
    tale.at("03-12 16:30").does("township1", "accept")
    assert tale.running() == {"dispatch": "03-13 11:00", "overall": "04-01 23:59:59"}
    tale.at("03-12 17:00").does("township1", "dispatch", lead="mediators")
    assert tale.running() == {
        "sign": "03-13 11:30", "contact": "03-14 23:59:59", "overall": "04-01 23:59:59", "handle": "04-11 23:59:59"
    }  # fmt: skip
    tale.at("03-13 09:00").does("townshipmediator1", "sign")
    tale.at("03-13 15:00").does("townshipmediator1", "mediate", **AGREED)
    tale.at("03-16 10:00")
    tale.is_refused("townshipmediator1", "finish", "invalid", "payload.route", result="mediated")
    tale.does("townshipmediator1", "finish", result="mediated", route="mediation")
    assert tale.running() == {"verify": "03-17 18:00"}

    # Disputes are verified at least by phone; then a visit to the residents is owed.
    tale.at("03-16 14:30")
    tale.is_refused("township1", "verify_pass", "invalid", "payload.mode", mode="photo")
    closed = tale.does("township1", "verify_pass", mode="phone", note="双方均认可协议。")
    assert (closed["state"], closed["settled_level"], closed["route"]) == ("closed", "township", "mediation")
    assert tale.listed("township1", "ask=visit")
    assert not tale.listed("townshipmediator1", "ask=visit")

    # One of them is not satisfied: the county must look at the closing within five working days, and overturns it.
    tale.at("03-18 10:00").does("township3", "visit", result="not", text="协议约定的拆墙没有履行。")
    assert tale.look("township1")["satisfaction"] == "not"
    assert not tale.listed("township1", "ask=visit")
    assert tale.running() == {"answer": "03-25 18:00"}
    assert "review" not in tale.offered("township1")
    tale.at("03-19 09:00").does("county1", "review", outcome="overturned", text="协议没有履行，应继续处理。")
    assert (tale.state(), tale.holder(), tale.case["reopen_count"]) == ("accepted", "township", 1)
    assert (tale.case["result"], tale.case["settled_level"]) == (None, "township")
    assert tale.running() == {"dispatch": "03-19 15:30"}

    # The same mediators, this time with the fence taken down before their eyes.
    tale.at("03-19 10:00").does("township1", "dispatch", lead="mediators")
    assert tale.running() == {"sign": "03-19 16:30", "contact": "03-21 23:59:59", "handle": "04-18 23:59:59"}
    tale.at("03-19 11:00").does("townshipmediator1", "sign")
    tale.at("03-20 10:00").does("townshipmediator1", "mediate", **{**AGREED, "perform_by": "03-21 18:00"})
    tale.at("03-23 09:00").does("townshipmediator1", "finish", result="mediated", route="mediation")
    tale.at("03-23 16:00").does("township1", "verify_pass", mode="on_site", note="现场查看围墙已拆除。")
    closed = tale.at("03-25 09:00").does("township3", "visit", result="satisfied")
    assert (closed["state"], closed["satisfaction"], closed["reopen_count"]) == ("closed", "satisfied", 1)
    assert tale.running() == {}
    assert tale.stage.office.rows(select(Case.escalated, Case.visit_owed).where(Case.code == closed["code"])) == [
        (True, False)
    ]

    assert tale.steps() == [
        "1 submit worker1",
        "2 handle_here village1 for village",
        "3 mediate village1 for village",
        "4 mediate village1 for village",
        "5 mediate village1 for village",
        "6 mediate village17 for village",
        "7 mediate village1 for village",
        "8 escalate village1 for village",
        "9 accept township1 for township",
        "10 dispatch township1 for township",
        "11 sign townshipmediator1 for mediators",
        "12 mediate townshipmediator1 for mediators",
        "13 finish townshipmediator1 for mediators",
        "14 verify_pass township1 for township",
        "15 visit township3 for township",
        "16 review county1 for county",
        "17 dispatch township1 for township",
        "18 sign townshipmediator1 for mediators",
        "19 mediate townshipmediator1 for mediators",
        "20 finish townshipmediator1 for mediators",
        "21 verify_pass township1 for township",
        "22 visit township3 for township",
    ]
    assert sorted(tale.clocks()) == [
        "accept township 03-12 18:00 met 03-12 16:30",
        "accept village 03-02 11:00 met 03-02 09:10",
        "answer county 03-25 18:00 met 03-19 09:00",
        "contact mediators 03-14 23:59:59 met 03-13 15:00",
        "contact mediators 03-21 23:59:59 met 03-20 10:00",
        "contact village 03-04 23:59:59 met 03-03 10:00",
        "dispatch township 03-13 11:00 met 03-12 17:00",
        "dispatch township 03-19 15:30 met 03-19 10:00",
        "handle mediators 04-11 23:59:59 met 03-16 10:00",
        "handle mediators 04-18 23:59:59 met 03-23 09:00",
        "handle village 04-01 23:59:59 stopped 03-12 16:00",
        "overall township 04-01 23:59:59 met 03-16 10:00",
        "sign mediators 03-13 11:30 met 03-13 09:00",
        "sign mediators 03-19 16:30 met 03-19 11:00",
        "verify township 03-17 18:00 met 03-16 14:30",
        "verify township 03-24 18:00 met 03-23 16:00",
    ]
    assert tale.notices() == [
        "submit: village task",
        "handle_here: worker1 news",
        *["mediate: village news"] * 5,
        "escalate: village news, township task, worker1 news",
        "accept: worker1 news",
        "dispatch: mediators task, worker1 news",
        "sign: township news",
        "mediate: township news",
        "finish: village news, township task",
        "verify_pass: townshipmediator1 news, village1 news, village17 news, worker1 news",
        "visit: county task",
        "review: township1 news, worker1 news",
        "dispatch: mediators task, worker1 news",
        "sign: township news",
        "mediate: township news",
        "finish: village news, township task",
        "verify_pass: townshipmediator1 news, village1 news, village17 news, worker1 news",
        "visit: ",
    ]
