"""The page of moves row by row: more time, standing still, outside the house, corrections and checks."""

from datetime import timedelta

import pytest

from server.rules.refusals import Refusal
from tests.server.paper_forms import TEXT
from tests.server.paper_moves import answers, ask, clock, do, part, running, soon, unit
from tests.server.paper_office import START, Matter, PaperOffice, person_id, unit_id


@pytest.fixture
def office() -> PaperOffice:
    return PaperOffice()


@pytest.fixture
def case(office: PaperOffice) -> Matter:
    """A fire hazard that the northern township gave to fire (lead), who signed."""
    found = office.file(holder="north")
    do(found, "clerk", "accept")
    do(found, "clerk", "dispatch", lead="fire")
    do(found, "fireman", "sign")
    return found


def extended(case: Matter, hours: int, by: str) -> None:
    do(case, "fireman", "ask_extension", due_at=clock(case, "handle").due_current + timedelta(hours=hours))
    case.make(by, "grant_extension", {})


def test_an_extension_moves_the_current_due_and_leaves_the_original(case: Matter):
    before = clock(case, "handle")
    do(case, "fireman", "ask_extension", due_at=before.due_current + timedelta(days=1))
    assert answers(case, "extension") == ("north", False)
    case.make("clerk", "grant_extension", {})
    after = clock(case, "handle")
    assert (after.due_original, after.due_current) == (before.due_original, before.due_current + timedelta(days=1))


def test_the_second_extension_is_a_leaders_and_there_is_no_third(case: Matter):
    extended(case, 12, "clerk")
    do(case, "fireman", "ask_extension", due_at=clock(case, "handle").due_current + timedelta(hours=12))
    assert answers(case, "extension") == ("north", True)
    case.make("leader", "grant_extension", {})
    assert "ask_extension" not in case.may("fireman")


def test_extensions_add_up_to_the_original_length_at_most_and_come_before_the_due(office: PaperOffice, case: Matter):
    length = clock(case, "handle").due_original - clock(case, "handle").started_at
    with pytest.raises(Refusal):
        do(case, "fireman", "ask_extension", due_at=clock(case, "handle").due_current + length + timedelta(hours=1))
    office.now = clock(case, "handle").due_current
    assert "ask_extension" not in case.may("fireman")


def test_a_new_lead_may_be_extended_though_the_old_one_was_twice(case: Matter):
    extended(case, 12, "clerk")
    extended(case, 12, "leader")
    do(case, "clerk", "redispatch", lead="police")
    do(case, "policeman", "sign")
    assert "ask_extension" in case.may("policeman")


def test_a_suspension_is_the_dispatchers_leaders_to_approve_and_stops_the_clocks(office: PaperOffice, case: Matter):
    with pytest.raises(Refusal):
        do(case, "fireman", "ask_suspension", review_on=31)
    do(case, "fireman", "ask_suspension", review_on=10)
    assert answers(case, "suspension") == ("north", True)
    left = clock(case, "handle").due_current - office.now
    case.make("leader", "approve_suspension", {})
    assert (case.facts.state, unit(case, "holder")) == ("suspended", "fire")
    assert all(one.paused for one in case.facts.running())
    office.wait(days=11)
    assert case.facts.state == "in_progress"  # the review date came
    assert clock(case, "handle").due_current > office.now
    assert clock(case, "handle").due_original == clock(case, "handle").started_at + left


def test_what_was_overdue_when_it_was_suspended_stays_overdue(office: PaperOffice, case: Matter):
    office.wait(days=8)
    due = clock(case, "handle").due_current
    do(case, "fireman", "ask_suspension", review_on=10)
    case.make("leader", "approve_suspension", {})
    do(case, "clerk", "resume")
    assert clock(case, "handle").due_current == due < office.now


def test_suspected_sham_mediation_stands_still_at_once_and_goes_on_when_refused(case: Matter):
    do(case, "fireman", "ask_suspension", code="sham_mediation", review_on=10)
    assert case.facts.state == "suspended"
    do(case, "leader", "refuse_suspension")
    assert (case.facts.state, ask(case, "suspension").state) == ("in_progress", "refused")


def test_a_renewal_is_the_parents_leaders_and_after_ninety_days_the_countys(office: PaperOffice, case: Matter):
    do(case, "fireman", "ask_suspension", review_on=30)
    case.make("leader", "approve_suspension", {})
    office.now += timedelta(days=29)
    do(case, "fireman", "renew_suspension", review_on=30, checked_on=0)
    assert answers(case, "renewal") == ("county", True)
    review = case.facts.review_at
    case.make("county leader", "approve_suspension", {})
    assert case.facts.state == "suspended"
    assert review is not None
    assert case.facts.review_at is not None
    assert case.facts.review_at > review


def test_a_renewal_needs_that_somebody_looked_at_the_place_in_the_last_thirty_days(office: PaperOffice, case: Matter):
    do(case, "fireman", "progress", photos=["a" * 64])
    do(case, "fireman", "ask_suspension", review_on=30)
    case.make("leader", "approve_suspension", {})
    office.now += timedelta(days=29)
    do(case, "fireman", "renew_suspension", review_on=30)
    assert ask(case, "renewal").terms["checked_on"] == START.date().isoformat()
    case.make("county leader", "approve_suspension", {})
    office.now += timedelta(days=2)
    for wrong in ({}, {"checked_on": 1}, {"checked_on": -31}):
        with pytest.raises(Refusal) as refused:
            do(case, "fireman", "renew_suspension", review_on=20, **wrong)
        assert set(refused.value.errors) == {"payload.checked_on"}
    do(case, "fireman", "progress")  # words are no look at the place
    with pytest.raises(Refusal):
        do(case, "fireman", "renew_suspension", review_on=20)
    do(case, "fireman", "ask_check", person=str(person_id("cadre")))
    do(case, "cadre", "answer_check")
    do(case, "fireman", "renew_suspension", review_on=20)
    assert ask(case, "renewal").terms["checked_on"] == office.now.date().isoformat()


def test_a_renewal_names_who_answers_for_the_measures(office: PaperOffice, case: Matter):
    do(case, "fireman", "ask_suspension", review_on=30)
    case.make("leader", "approve_suspension", {})
    do(case, "fireman", "renew_suspension", review_on=30, checked_on=0)
    assert ask(case, "renewal").terms["responsible"] == str(person_id("fireman"))
    case.make("county leader", "refuse_suspension", {"reason": TEXT})
    chief = person_id("fire chief")
    do(case, "fireman", "renew_suspension", review_on=30, checked_on=0, person=str(chief))
    assert ask(case, "renewal").terms["responsible"] == str(chief)
    assert (part(case, "fire").handler_id, chief in case.facts.handlers) == (chief, True)
    assert answers(case, "renewal") == ("county", True)


def test_without_a_leader_in_office_the_parent_centre_answers(office: PaperOffice, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.server.paper_office.LED", frozenset())
    case = office.file(holder="north")
    do(case, "clerk", "handle_here")
    do(case, "clerk", "ask_suspension", review_on=10)
    assert answers(case, "suspension") == ("city", False)  # its own parent's leader, who is not there either


def test_referred_out_the_clocks_of_the_work_stand_and_a_receipt_decides(office: PaperOffice, case: Matter):
    do(case, "clerk", "refer_out")
    assert (case.facts.state, unit(case, "holder"), unit(case, "dispatcher")) == ("external", "north", "north")
    assert clock(case, "handle").paused
    assert not clock(case, "overall").paused
    office.wait(days=3)
    do(case, "clerk", "receipt", outcome="refused")
    assert (case.facts.state, unit(case, "holder")) == ("in_progress", "fire")
    assert not clock(case, "handle").paused
    do(case, "clerk", "refer_out")
    do(case, "clerk", "receipt", outcome="settled")
    assert (case.facts.state, case.facts.settled_level, case.facts.result) == (
        "awaiting_verification", "external", "resolved"
    )  # fmt: skip


def test_time_that_a_clock_stood_still_does_not_make_its_end_late(office: PaperOffice, case: Matter):
    due = clock(case, "handle").due_current
    do(case, "clerk", "refer_out")
    office.wait(days=20)
    do(case, "clerk", "receipt", outcome="settled")
    ended = clock(case, "handle")
    assert ended.met_at == office.now
    assert ended.due_current > due
    assert ended.met_at <= ended.due_current


def test_referred_out_from_accepted_the_centre_stands_as_lead(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "accept")
    do(case, "clerk", "refer_out")
    assert part(case, "north").role == "lead"
    assert running(case) == {"handle", "receipt", "overall"}


def test_only_the_superior_of_the_unit_concerned_lengthens_a_limit(office: PaperOffice, case: Matter):
    with pytest.raises(Refusal):
        do(case, "clerk", "correct", category="C-04")  # the overall limit is the township's own
    do(case, "county clerk", "correct", category="C-04")
    assert case.facts.category == "C-04"
    assert clock(case, "handle").started_at == office.now
    do(case, "fireman", "correct", category="H-GAS-01")
    assert clock(case, "handle").due_current == office.now + timedelta(hours=24)


def test_what_becomes_urgent_needs_an_arrival_and_what_becomes_a_dispute_a_contact(case: Matter):
    do(case, "county clerk", "correct", urgency=4, category="D-02")
    assert {"arrive", "contact"} <= running(case)
    do(case, "county clerk", "correct", category="H-FIRE-01")
    assert "contact" not in running(case)


def test_a_check_lets_the_accept_clock_wait_once(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "ask_check", person=str(person_id("worker")))
    assert clock(case, "accept").paused
    assert "answer_check" in case.may("worker")
    assert ask(case, "check").answer_due == soon(case, hours=6.5)  # four working hours over noon
    do(case, "worker", "answer_check")
    assert not clock(case, "accept").paused
    do(case, "cadre", "ask_check", person=str(person_id("worker")))
    assert not clock(case, "accept").paused


def test_one_silent_check_does_not_hold_up_what_another_answered(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "ask_check", person=str(person_id("worker")), due_at={"hours": 1})
    do(case, "cadre", "ask_check", person=str(person_id("second cadre")))
    office.wait(hours=2)
    assert clock(case, "accept").paused
    request = ask(case, "check")
    case.make(
        "second cadre", "answer_check", {"finding": "true", "no_photo_reason": "夜间光线不足"}, request=request.id
    )
    assert not clock(case, "accept").paused
    assert [one.state for one in case.facts.requests] == ["silent", "answered"]


def test_supervision_rises_is_acknowledged_by_the_holder_and_lifted_by_who_issued_it(case: Matter):
    do(case, "clerk", "supervise")
    with pytest.raises(Refusal):
        do(case, "clerk", "supervise")
    with pytest.raises(Refusal):
        do(case, "county clerk", "supervise", rung="yellow_card")
    do(case, "fireman", "acknowledge")
    do(case, "county leader", "supervise", rung="yellow_card")
    assert case.facts.rung == "yellow_card"
    do(case, "county leader", "lift")
    assert case.facts.rung == "reminder"


def test_a_centre_does_not_supervise_itself(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "handle_here")
    assert "supervise" not in case.may("clerk")
    assert "supervise" in case.may("county clerk")


def test_nobody_excuses_their_own_lateness(office: PaperOffice):
    case = office.file(holder="north")
    due = clock(case, "accept").due_current
    office.now = due + timedelta(hours=1)
    form = {"category": case.facts.category, "urgency": 2}
    case.make("clerk", "accept", form, device_at=due - timedelta(minutes=5))
    assert clock(case, "accept").offline_late
    assert clock(case, "accept").unit_id == unit_id("north")
    assert "excuse" not in case.may("clerk")
    assert "excuse" in case.may("county clerk")
