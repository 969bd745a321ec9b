"""The page of moves row by row: receiving, between the levels. What each move changes, said in words."""

import uuid
from datetime import timedelta

import pytest

from server.rules.refusals import Refusal
from tests.server.paper_moves import clock, do, part, running, unit
from tests.server.paper_office import PaperOffice, person_id, unit_id


@pytest.fixture
def office() -> PaperOffice:
    return PaperOffice()


def refused(code: str, *fields: str):
    """A context in which a move is refused with this code, naming these fields."""
    return pytest.raises(Refusal, check=lambda no: no.code == code and set(no.errors) == set(fields))


def test_submit_starts_the_accept_and_overall_clocks_at_the_holder(office: PaperOffice):
    case = office.file()
    assert (case.facts.state, unit(case, "holder"), unit(case, "first_responsible")) == ("submitted", "north1", None)
    assert running(case) == {"accept", "overall"}
    assert {one.unit_id for one in case.facts.clocks} == {unit_id("north1")}


@pytest.mark.parametrize(
    ("by", "holder", "verifier", "level", "by_itself"),
    [("worker", "north1", "north1", "grid", False), ("cadre", "north1", "north", "village", False),
     ("clerk", "north", "north", "township", True)],
)  # fmt: skip
def test_settled_on_the_spot_is_verified_by_somebody_else(
    office: PaperOffice, by: str, holder: str, verifier: str, level: str, by_itself: bool
):
    case = office.file(holder=holder)
    do(case, by, "settle_on_spot")
    assert (case.facts.state, unit(case, "holder")) == ("awaiting_verification", verifier)
    assert (unit(case, "first_responsible"), case.facts.settled_level) == ("north1", level)
    assert case.facts.self_verified is by_itself
    assert clock(case, "accept").met_at == clock(case, "overall").met_at == office.now
    assert "verify_pass" not in case.may(by)
    do(case, "second clerk" if verifier == "north" else "second cadre", "verify_pass")
    assert case.facts.state == "closed"


def test_a_worker_settles_on_the_spot_within_a_day(office: PaperOffice):
    case = office.file()
    office.now += timedelta(hours=24, seconds=1)
    assert "settle_on_spot" not in case.may("worker")
    assert "settle_on_spot" in case.may("cadre")


def test_a_spot_settlement_that_fails_is_handled_after_all(office: PaperOffice):
    case = office.file()
    do(case, "worker", "settle_on_spot")
    do(case, "cadre", "verify_fail")
    assert (case.facts.state, unit(case, "holder"), case.facts.rework_count) == ("accepted", "north1", 1)
    assert case.facts.settled_level is None
    assert running(case) == {"dispatch", "overall"}


def test_a_consultation_is_registered_and_first_responsibility_stays_where_it_was(office: PaperOffice):
    case = office.file(category="P-01")
    do(case, "cadre", "register_only")
    assert (case.facts.state, case.facts.registered_only) == ("closed", True)
    assert unit(case, "first_responsible") == "north1"


def test_withdraw_voids_before_anyone_accepted_and_the_case_goes_on_while_others_follow(office: PaperOffice):
    first, second = office.file(), office.file("cadre")
    second.make("cadre", "merge", {"master": str(first.facts.id), "reason": "写明情况若干字"})
    do(first, "worker", "withdraw")
    assert first.facts.state == "submitted"
    alone = office.file()
    do(alone, "worker", "withdraw")
    assert alone.facts.state == "void"
    assert "object" not in alone.may("worker")  # nobody's decision
    assert (alone.may("leader"), alone.may("clerk")) == ({"comment"}, set())
    office.wait(days=31)
    assert alone.may("leader") == set()  # archived
    taken = office.file()
    do(taken, "cadre", "accept")
    assert "withdraw" not in taken.may("worker")


def test_accept_sets_the_first_responsible_once_and_starts_the_dispatch_clock(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "accept")
    assert (case.facts.state, unit(case, "first_responsible")) == ("accepted", "north1")
    assert running(case) == {"dispatch", "overall"}
    do(case, "cadre", "escalate")
    do(case, "clerk", "accept")
    assert (unit(case, "first_responsible"), unit(case, "holder")) == ("north1", "north")


def test_a_confirmed_category_shortens_the_overall_limit_and_a_new_calendar_does_not_give_it_back(office: PaperOffice):
    case = office.file(category="C-04")
    before = clock(case, "overall").due_current
    do(case, "cadre", "accept", category="H-GAS-01")
    after = clock(case, "overall")
    assert after.due_current == after.started_at + timedelta(hours=48) < before
    case.make(None, "recount", {})
    assert clock(case, "overall").due_current == after.due_current


def test_at_urgency_4_the_first_centre_on_the_line_to_accept_holds_it(office: PaperOffice):
    case = office.file(urgency=4)
    assert "accept" in case.may("clerk") & case.may("county clerk")
    do(case, "clerk", "accept")
    assert (unit(case, "holder"), unit(case, "first_responsible")) == ("north", "north")
    assert not {"accept", "handle_here"} & (case.may("cadre") | case.may("county clerk"))
    assert clock(case, "overall").unit_id == unit_id("north")


def test_handle_here_accepts_dispatches_and_signs_in_one_step(office: PaperOffice):
    case, other = office.file(), office.file()
    do(case, "cadre", "handle_here", handler=str(person_id("worker")), repeat_of=str(other.facts.id))
    assert (case.facts.state, unit(case, "holder"), unit(case, "dispatcher")) == ("in_progress", "north1", "north1")
    assert part(case, "north1").state == "handling"
    assert part(case, "north1").handler_id == person_id("worker")
    assert case.facts.repeat_of == other.facts.id
    assert running(case) == {"handle", "overall"}


def test_handling_a_dispute_here_needs_a_first_contact_and_an_emergency_an_arrival(office: PaperOffice):
    case = office.file(category="D-02", urgency=4)
    do(case, "cadre", "handle_here")
    assert running(case) == {"handle", "contact", "arrive", "overall"}


def test_handled_here_from_accepted_the_confirmed_category_counts(office: PaperOffice):
    case = office.file(category="C-04")
    do(case, "cadre", "accept")
    do(case, "cadre", "handle_here", category="H-GAS-01")
    assert case.facts.category == "H-GAS-01"
    assert clock(case, "handle").due_current == office.now + timedelta(hours=24)


def test_reject_only_while_nobody_accepted(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "reject")
    assert (case.facts.state, unit(case, "ended_by_unit")) == ("rejected", "north1")
    assert clock(case, "accept").met_at == office.now
    taken = office.file()
    do(taken, "cadre", "accept")
    assert "reject" not in taken.may("cadre")


def test_the_reporter_objects_once_within_seven_days_and_the_parent_looks_at_it(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "reject")
    office.wait(days=7)
    do(case, "worker", "object")
    assert (case.facts.state, unit(case, "holder"), unit(case, "dispatcher")) == ("submitted", "north", None)
    assert clock(case, "overall").running
    do(case, "clerk", "reject")
    assert "object" not in case.may("worker")


def test_objecting_to_a_voided_case_starts_it_afresh_at_the_parent(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "handle_here")
    do(case, "leader", "void")
    do(case, "worker", "object")
    assert (unit(case, "holder"), unit(case, "dispatcher")) == ("north", None)


def test_what_a_superior_had_accepted_is_not_declined_again(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "reject")
    do(case, "clerk", "overrule")
    assert (case.facts.state, unit(case, "holder")) == ("submitted", "north1")
    assert "reject" not in case.may("cadre")
    itself = office.file()
    do(itself, "cadre", "reject")
    do(itself, "clerk", "overrule", unit="north")
    assert unit(itself, "holder") == "north"


def test_a_county_may_overrule_for_thirty_days(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "reject")
    office.wait(days=30)
    assert "overrule" in case.may("county clerk")
    office.wait(seconds=1)
    assert "overrule" not in case.may("county clerk")


def test_an_origin_is_answered_once_each_way_and_the_last_meets_the_reply_clock(office: PaperOffice):
    case = office.file(origin=True, holder="north")
    do(case, "clerk", "reject")
    assert clock(case, "reply").running  # owed though the case has ended
    do(case, "county clerk", "answer_source", kind="returned")
    assert clock(case, "reply").met_at == office.now
    with refused("invalid", "payload.kind"):
        do(case, "county clerk", "answer_source", kind="returned")


def test_a_step_id_is_new_for_every_filed_case(office: PaperOffice):
    ids = {office.file().facts.id for _ in range(3)}
    assert len(ids) == 3
    assert uuid.UUID(int=0) not in ids
