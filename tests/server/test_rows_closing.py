"""The page of moves row by row: verifying, closing and what comes after, merging, voiding."""

from datetime import timedelta

import pytest

from server.rules.refusals import Refusal
from server.rules.standing import RESIDENT
from tests.server.paper_forms import TEXT
from tests.server.paper_moves import answers, ask, clock, do, part, running, unit
from tests.server.paper_office import Matter, PaperOffice, unit_id


@pytest.fixture
def office() -> PaperOffice:
    return PaperOffice()


@pytest.fixture
def finished(office: PaperOffice) -> Matter:
    """Given to fire and police by the northern township, finished; the township verifies."""
    case = office.file(holder="north", resident=True)
    do(case, "clerk", "accept")
    do(case, "clerk", "dispatch", lead="fire", co=["police"])
    do(case, "fireman", "sign")
    do(case, "policeman", "sign")
    do(case, "policeman", "feedback")
    do(case, "fireman", "finish")
    return case


@pytest.fixture
def closed(finished: Matter) -> Matter:
    do(finished, "clerk", "verify_pass")
    return finished


def test_verify_pass_closes_and_a_visit_is_owed_where_there_is_a_resident(closed: Matter):
    assert (closed.facts.state, closed.facts.holder_id, unit(closed, "ended_by_unit")) == ("closed", None, "north")
    assert (closed.facts.settled_level, closed.facts.visit_owed) == ("township", True)
    assert running(closed) == set()


def test_the_category_sets_the_least_way_to_verify(office: PaperOffice):
    case = office.file(category="H-GAS-01")
    do(case, "cadre", "handle_here")
    do(case, "cadre", "finish")
    with pytest.raises(Refusal) as refused:
        do(case, "clerk", "verify_pass", mode="phone")
    assert set(refused.value.errors) == {"payload.mode"}


def test_no_handler_nor_their_stand_in_verifies(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "accept")
    do(case, "clerk", "dispatch", lead="fire")
    do(case, "fireman", "sign")
    do(case, "fireman", "finish")
    assert "verify_pass" in case.may("clerk")
    assert "verify_pass" not in case.may("stand-in")


def test_verify_fail_gives_the_time_that_is_left_and_names_the_helper_at_fault(office: PaperOffice, finished: Matter):
    before = clock(finished, "handle", "fire")
    do(finished, "clerk", "verify_fail", co_at_fault="police")
    assert (finished.facts.state, unit(finished, "holder"), finished.facts.rework_count) == ("in_progress", "fire", 1)
    again = clock(finished, "handle", "fire")
    assert (again.id, again.due_current, again.met_at) == (before.id, before.due_current, None)
    assert clock(finished, "overall").running
    assert (part(finished, "police").state, clock(finished, "handle", "police").running) == ("handling", True)


def test_when_the_time_is_over_rework_has_a_working_day_and_the_second_fail_raises_the_rung(
    office: PaperOffice, finished: Matter
):
    office.wait(days=10)
    do(finished, "clerk", "verify_fail")
    again = clock(finished, "handle", "fire")
    assert (again.round, again.started_at) == (2, office.now)
    assert again.due_current - office.now < timedelta(days=2)
    before = finished.facts.rung
    do(finished, "fireman", "finish")
    do(finished, "clerk", "verify_fail")
    assert finished.facts.rework_count == 2
    assert finished.facts.rung != before
    assert ask(finished, "supervision").terms["unit"] == str(unit_id("fire"))


def test_unreached_three_times_is_done(closed: Matter):
    for tries in (1, 2, 3):
        assert closed.facts.visit_owed
        do(closed, "clerk", "visit", result="unreached")
        assert closed.facts.visit_tries == tries
    assert not closed.facts.visit_owed
    assert "visit" not in closed.may("clerk")


def test_not_satisfied_opens_a_review_by_the_verifiers_parent(office: PaperOffice, closed: Matter):
    closed.make("resident", "rate", {"result": "not"}, standing=RESIDENT)
    assert unit(closed, "reviewer") == "county"
    assert "review" in closed.may("county clerk")
    assert "review" not in closed.may("clerk")
    do(closed, "county clerk", "ask_check", person=str(next(iter(closed.facts.reporters))))
    do(closed, "county clerk", "review", outcome="upheld")
    assert (closed.facts.state, closed.facts.reviewer_id, running(closed)) == ("closed", None, set())
    assert not closed.facts.asked()


def test_overturned_is_reopened_and_what_follows_is_visited_anew(closed: Matter):
    do(closed, "clerk", "visit", result="not")
    do(closed, "county clerk", "review", outcome="overturned")
    assert (closed.facts.state, unit(closed, "holder"), closed.facts.reopen_count) == ("accepted", "north", 1)
    assert (closed.facts.satisfaction, closed.facts.settled_level) == (None, None)
    do(closed, "clerk", "dispatch", lead="fire")
    do(closed, "fireman", "sign")
    do(closed, "fireman", "finish")
    do(closed, "clerk", "verify_pass")
    assert "visit" in closed.may("clerk")


def test_reopen_within_thirty_days_and_after_a_finding_within_a_year(office: PaperOffice, closed: Matter):
    assert "reopen" in closed.may("clerk") & closed.may("county clerk")
    office.wait(days=31)
    assert "reopen" not in closed.may("clerk") | closed.may("county clerk")
    do(closed, "inspector", "inspect", finding="defective")
    assert "reopen" in closed.may("county clerk")
    do(closed, "county clerk", "reopen")
    assert (closed.facts.state, unit(closed, "holder")) == ("accepted", "north")


def test_a_false_closing_is_reopened_at_the_verifiers_parent(closed: Matter):
    assert "inspect" not in closed.may("clerk")
    do(closed, "inspector", "inspect", finding="false")
    assert closed.facts.found_false
    assert clock(closed, "answer").unit_id == unit_id("county")
    do(closed, "county clerk", "reopen")
    assert unit(closed, "holder") == "county"


def test_a_false_finding_ends_a_review(closed: Matter):
    do(closed, "clerk", "visit", result="not")
    do(closed, "inspector", "inspect", finding="false")
    assert closed.facts.reviewer_id is None
    assert len(closed.facts.running("answer")) == 1


def test_a_follower_gives_the_master_its_due_urgency_and_rung_and_has_its_own_back(office: PaperOffice):
    follower = office.file(category="H-GAS-01", urgency=3)
    master = office.file(category="C-04")
    do(follower, "clerk", "supervise")
    due = clock(follower, "overall").due_current
    office.wait(minutes=5)
    follower.make("cadre", "merge", {"master": str(master.facts.id), "reason": TEXT})
    assert (follower.facts.state, follower.facts.master_id) == ("merged", master.facts.id)
    assert (clock(master, "overall").due_current, master.facts.urgency, master.facts.rung) == (due, 3, "reminder")
    office.wait(minutes=5)
    do(follower, "cadre", "split")
    assert (follower.facts.state, unit(follower, "holder")) == ("submitted", "north1")
    assert (clock(follower, "overall").due_current, clock(follower, "overall").running) == (due, True)
    assert [one.kind for one in follower.facts.clocks if one.running and one.kind == "accept"] == ["accept"]


def test_who_merged_and_its_superiors_split_and_the_reporter_once_within_seven_days(office: PaperOffice):
    follower, master = office.file(), office.file()
    follower.make("cadre", "merge", {"master": str(master.facts.id), "reason": TEXT})
    assert all("split" in follower.may(name) for name in ("worker", "cadre", "clerk", "county clerk"))
    assert "split" not in follower.may("southern clerk")
    office.wait(days=8)
    assert "split" not in follower.may("worker")


def test_the_holder_asks_to_void_and_a_leader_of_its_superior_grants(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "void")
    assert answers(case, "void") == ("north", True)
    assert "grant_void" not in case.may("clerk") | case.may("village head")
    case.make("leader", "grant_void", {})
    assert (case.facts.state, clock(case, "overall").ended_at) == ("void", office.now)


def test_a_master_with_followers_is_not_voided(office: PaperOffice):
    follower, master = office.file(), office.file()
    follower.make("cadre", "merge", {"master": str(master.facts.id), "reason": TEXT})
    assert "void" not in master.may("cadre") | master.may("leader")


def test_a_follower_follows_no_follower_and_an_ended_case_leads_none(office: PaperOffice):
    first, second, third = office.file(), office.file(), office.file()
    first.make("cadre", "merge", {"master": str(second.facts.id), "reason": TEXT})
    for wrong in (first, second):
        with pytest.raises(Refusal):
            (third if wrong is first else second).make(
                "cadre", "merge", {"master": str((first if wrong is first else third).facts.id), "reason": TEXT}
            )
