"""The page of moves row by row: dispatch, handling together, returns and rulings."""

from datetime import timedelta

import pytest

from server.rules.refusals import Refusal
from tests.server.paper_forms import PHOTO
from tests.server.paper_moves import answers, ask, clock, do, part, running, unit
from tests.server.paper_office import Matter, PaperOffice, person_id, unit_id


@pytest.fixture
def office() -> PaperOffice:
    return PaperOffice()


def dispatched(office: PaperOffice, *co: str, lead: str = "fire", signed: bool = True, **more: object) -> Matter:
    """A case that the northern township gave to a lead and helpers."""
    case = office.file(holder="north", **more)
    do(case, "clerk", "accept")
    do(case, "clerk", "dispatch", lead=lead, **({"co": list(co)} if co else {}))
    for name in (lead, *co) if signed else ():
        do(case, MEMBER[name], "sign")
    return case


MEMBER = {"fire": "fireman", "police": "policeman", "mediators": "mediator", "north1": "cadre", "north": "clerk"}


def test_dispatch_gives_a_lead_and_helpers_clocks_of_their_own(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "accept")
    do(case, "clerk", "dispatch", lead="fire", co=["police"], copied=["north1"])
    assert (case.facts.state, unit(case, "holder"), unit(case, "dispatcher")) == ("in_progress", "fire", "north")
    assert [(one.role, one.state) for one in case.facts.assignments] == [
        ("lead", "pending"), ("co", "pending"), ("copied", "pending")
    ]  # fmt: skip
    assert {clock(case, kind, name).running for kind in ("sign", "handle") for name in ("fire", "police")} == {True}
    assert clock(case, "dispatch").met_at == office.now


@pytest.mark.parametrize(("holder", "lead"), [("north", "north2"), ("north", "north"), ("north1", "elders"),
                                              ("county", "bureau")])  # fmt: skip
def test_a_centre_dispatches_within_its_own_area_a_township_to_its_villages_too(
    office: PaperOffice, holder: str, lead: str
):
    case = office.file(holder=holder)
    name = {"north": "clerk", "north1": "cadre", "county": "county clerk"}[holder]
    do(case, name, "accept")
    do(case, name, "dispatch", lead=lead)
    assert unit(case, "holder") == lead


@pytest.mark.parametrize("lead", ["south", "north", "fire"])
def test_a_county_leads_what_it_handles_itself_and_hands_the_rest_down(office: PaperOffice, lead: str):
    case = office.file(holder="county")
    do(case, "county clerk", "accept")
    with pytest.raises(Refusal):
        do(case, "county clerk", "dispatch", lead=lead)


def test_of_a_pool_the_first_to_sign_leads_with_the_time_that_is_left(office: PaperOffice):
    case = office.file(holder="north", urgency=4)
    do(case, "clerk", "accept")
    do(case, "clerk", "dispatch", pool=["fire", "police"])
    assert (unit(case, "holder"), case.facts.state) == ("north", "in_progress")
    due = clock(case, "handle").due_current
    office.wait(minutes=10)
    do(case, "policeman", "sign")
    assert (unit(case, "holder"), part(case, "fire").state, part(case, "north").state) == (
        "police", "recalled", "recalled"
    )  # fmt: skip
    assert clock(case, "handle", "police").due_current == due
    assert "arrive" in running(case)
    do(case, "policeman", "sign", arrived_at=office.now.isoformat())
    do(case, "policeman", "finish")
    do(case, "clerk", "verify_fail")
    assert unit(case, "holder") == "police"


def test_a_pool_nobody_signed_goes_back_to_the_holder(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "accept")
    do(case, "clerk", "dispatch", pool=["fire", "police"])
    assert not {"ask_suspension", "ask_extension", "refer_out"} & case.may("clerk")
    office.wait(days=1)
    assert (case.facts.state, unit(case, "holder"), unit(case, "dispatcher")) == ("accepted", "north", None)
    assert not [one for one in case.facts.assignments if one.active]


def test_finish_waits_for_helpers_that_are_in_time_and_waives_the_late(office: PaperOffice):
    case = dispatched(office, "police")
    with pytest.raises(Refusal):
        do(case, "fireman", "finish")
    office.wait(hours=6)
    do(case, "fireman", "finish")
    assert part(case, "police").state == "waived"
    assert clock(case, "handle", "police").met_at is None


def test_finish_stops_the_handle_clock_meets_the_overall_one_and_the_dispatcher_verifies(office: PaperOffice):
    case = dispatched(office, "police")
    do(case, "policeman", "feedback")
    do(case, "fireman", "ask_extension", due_at={"days": 5})
    do(case, "fireman", "finish")
    assert (case.facts.state, unit(case, "holder")) == ("awaiting_verification", "north")
    assert clock(case, "handle", "fire").met_at == clock(case, "overall").met_at == office.now
    assert ask(case, "extension").state == "fallen"
    assert running(case) == {"verify"}


@pytest.mark.parametrize(
    ("holder", "handles", "verifier", "marked"),
    [
        ("north1", "cadre", "north", False), ("north", "clerk", "north", True),
        ("county", "county clerk", "county", True),
    ],
)  # fmt: skip
def test_who_verifies_what_a_centre_handled_itself(
    office: PaperOffice, holder: str, handles: str, verifier: str, marked: bool
):
    case = office.file(holder=holder, category="C-05" if marked else "H-FIRE-01")
    do(case, handles, "handle_here")
    do(case, handles, "finish", photos=[PHOTO])
    assert (unit(case, "holder"), case.facts.self_verified) == (verifier, marked)
    assert "verify_pass" not in case.may(handles)
    if marked:  # always in the sample; by another person, or the parent where nobody may
        assert case.facts.state == "awaiting_verification"
        assert "verify_pass" in case.may("county clerk" if holder == "north" else "city clerk")


def test_add_co_whistles_and_the_helper_tells_when_it_came(office: PaperOffice):
    case = dispatched(office)
    do(case, "clerk", "add_co", units=["police"], place="东门广场", arrive_by={"hours": 2})
    do(case, "policeman", "sign")
    assert clock(case, "arrive", "police").running
    office.wait(hours=1)
    do(case, "policeman", "sign", arrived_at=office.now.isoformat())
    assert part(case, "police").arrived_at == office.now
    assert clock(case, "handle", "police").due_current == clock(case, "handle", "fire").due_current


def test_beside_a_late_lead_a_helper_has_a_working_day(office: PaperOffice):
    case = dispatched(office, category="H-GAS-01")
    office.wait(days=3)
    do(case, "clerk", "add_co", units=["police"])
    assert clock(case, "handle", "police").due_current > office.now


def test_redispatch_recalls_the_lead_and_a_helper_may_lead_instead(office: PaperOffice):
    case = dispatched(office, "police")
    office.wait(hours=3)
    do(case, "clerk", "redispatch", lead="police")
    assert unit(case, "holder") == "police"
    assert [one.state for one in case.facts.assignments] == ["recalled", "recalled", "pending"]
    assert part(case, "police").role == "lead"
    assert clock(case, "handle", "police").started_at == office.now


def test_a_named_handler_acts_for_the_unit_until_the_grant_ends(office: PaperOffice):
    case = dispatched(office)
    do(case, "fire chief", "name_handler", person=str(person_id("worker")))
    assert {"progress", "mediate", "finish"} <= case.may("worker")
    assert not {"ask_return", "ask_extension", "name_handler"} & case.may("worker")
    case.make(None, "release_handler", {"person": str(person_id("worker"))})
    assert not {"progress", "finish"} & case.may("worker")
    assert person_id("worker") in case.facts.handlers


def test_mediation_meets_the_contact_clock_and_only_attempts_with_the_parties_count(office: PaperOffice):
    case = dispatched(office, category="D-02", lead="mediators")
    assert clock(case, "contact").running
    do(case, "mediator", "mediate", outcome="contacted")
    assert (clock(case, "contact").met_at, case.facts.attempts) == (office.now, 0)
    do(case, "mediator", "mediate", present="no")
    do(case, "mediator", "mediate")
    assert case.facts.attempts == 1


def test_a_return_waits_is_agreed_by_silence_and_leaves_the_helpers(office: PaperOffice):
    case = dispatched(office, "police", signed=False)
    do(case, "fireman", "ask_return")
    assert answers(case, "return") == ("north", False)
    assert clock(case, "handle", "fire").paused
    office.wait(hours=9)
    assert (case.facts.state, unit(case, "holder"), part(case, "fire").state) == ("accepted", "north", "returned")
    assert part(case, "police").state == "pending"
    do(case, "policeman", "sign")  # its clocks run, so it may
    do(case, "clerk", "dispatch", lead="police")
    assert [one.role for one in case.facts.assignments if one.active] == ["lead"]


def test_a_return_is_asked_within_eight_working_hours_and_at_urgency_4_after_arrival(office: PaperOffice):
    case = dispatched(office)
    office.wait(days=2)
    assert "ask_return" not in case.may("fireman")
    urgent = dispatched(office, urgency=4)
    assert "ask_return" not in urgent.may("fireman")
    do(urgent, "fireman", "sign", arrived_at=office.now.isoformat())
    assert "ask_return" in urgent.may("fireman")


def test_a_refused_return_never_waited_and_the_second_ask_is_ruled_on(office: PaperOffice):
    case = dispatched(office)
    before = clock(case, "handle", "fire")
    do(case, "fireman", "ask_return")
    office.wait(hours=1)
    do(case, "clerk", "refuse_return")
    assert clock(case, "handle", "fire") == before
    do(case, "fireman", "ask_return")
    assert answers(case, "ruling") == ("north", True)
    assert not {"agree_return", "refuse_return", "rule"} & case.may("clerk")
    do(case, "leader", "rule", lead="fire")
    assert (ask(case, "ruling").state, part(case, "fire").state) == ("unreasonable", "handling")
    assert "ask_return" not in case.may("fireman")


def test_ruled_elsewhere_the_first_lead_is_recalled_and_the_new_one_may_not_return_it(office: PaperOffice):
    case = dispatched(office, "police")
    for _ in range(2):
        do(case, "fireman", "ask_return")
        if ask(case, "return").state == "open":
            do(case, "clerk", "refuse_return")
    do(case, "leader", "rule", lead="police")
    assert (unit(case, "holder"), part(case, "fire").state) == ("police", "recalled")
    assert ask(case, "ruling").state == "misdispatched"
    do(case, "policeman", "sign")
    assert "ask_return" not in case.may("policeman")


def test_a_helpers_ruling_gives_its_part_to_another(office: PaperOffice):
    case = dispatched(office, "police")
    do(case, "policeman", "ask_return")
    do(case, "clerk", "refuse_return")
    do(case, "policeman", "ask_return")
    do(case, "leader", "rule", lead="mediators")
    assert (part(case, "police").state, part(case, "mediators").role) == ("recalled", "co")
    assert unit(case, "holder") == "fire"


def test_sent_again_to_a_unit_that_returned_it_its_second_ask_is_ruled_on(office: PaperOffice):
    case = dispatched(office)
    do(case, "fireman", "ask_return")
    case.make("clerk", "agree_return", {})
    do(case, "clerk", "dispatch", lead="fire")
    do(case, "fireman", "ask_return")
    assert ask(case, "ruling").state == "open"


def test_who_asks_never_grants(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "handle_here")
    do(case, "clerk", "ask_return")
    assert answers(case, "return") == ("county", False)
    top = office.file(holder="city")
    do(top, "city clerk", "handle_here")
    do(top, "city clerk", "ask_return")
    assert "agree_return" not in top.may("city clerk")
    assert "agree_return" in top.may("city leader")


def test_a_helpers_return_waits_on_while_the_case_stands_still(office: PaperOffice):
    case = dispatched(office, "police", signed=False)
    do(case, "fireman", "sign")
    do(case, "fireman", "ask_suspension", review_on=20)
    do(case, "policeman", "ask_return")
    case.make("leader", "approve_suspension", {})
    do(case, "clerk", "refuse_return")
    still = clock(case, "handle", "police")
    assert still.pauses == ((case.facts.suspended_at, None),)
    assert part(case, "police").state == "pending"


def test_a_deadline_set_at_dispatch_is_never_later_than_the_rule_book(office: PaperOffice):
    case = office.file(holder="north", category="H-GAS-01")
    do(case, "clerk", "accept")
    with pytest.raises(Refusal):
        do(case, "clerk", "dispatch", lead="fire", due_at={"hours": 25})
    do(case, "clerk", "dispatch", lead="fire", due_at={"hours": 5})
    assert clock(case, "handle").due_current == office.now + timedelta(hours=5)
    assert clock(case, "overall").unit_id == unit_id("north")
