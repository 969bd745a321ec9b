"""The page of moves row by row: up, down, back, sideways, taken over."""

from datetime import timedelta

import pytest

from server.rules.refusals import Refusal
from server.rules.telling import Scene, hearers
from server.rules.workflow import BY_ACTION
from tests.server.paper_moves import answers, ask, clock, do, part, running, unit
from tests.server.paper_office import TOWN, WORLD, Matter, PaperOffice, unit_id


@pytest.fixture
def office() -> PaperOffice:
    return PaperOffice()


def done_at(case: Matter, cadre: str) -> None:
    """Handled and finished at a village desk, verified by the township."""
    do(case, cadre, "handle_here")
    do(case, cadre, "finish")


def test_escalate_gives_it_anew_to_the_parent_and_recalls_who_was_at_work(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "accept")
    do(case, "clerk", "dispatch", lead="fire", co=["police"])
    do(case, "clerk", "escalate")
    assert (case.facts.state, unit(case, "holder"), unit(case, "dispatcher")) == ("submitted", "county", None)
    assert {one.state for one in case.facts.assignments} == {"recalled"}
    assert (case.facts.escalated, case.facts.settled_level) == (True, "county")
    assert running(case) == {"accept", "overall"}
    assert clock(case, "overall").unit_id == unit_id("county")


def test_an_overdue_overall_limit_stays_with_the_unit_that_let_it_run(office: PaperOffice):
    case = office.file(category="H-GAS-01")
    do(case, "cadre", "accept")
    office.wait(hours=60)
    do(case, "cadre", "escalate")
    assert clock(case, "overall").unit_id == unit_id("north1")


def test_a_lead_does_not_escalate_its_dispatcher_does(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "accept")
    do(case, "clerk", "dispatch", lead="fire")
    assert "escalate" not in case.may("fireman")
    assert "escalate" in case.may("clerk")


def test_a_neighbours_dispute_goes_up_after_three_attempts_a_refusal_or_a_reason(office: PaperOffice):
    case = office.file(category="D-02")
    do(case, "cadre", "handle_here")
    for _ in range(2):
        do(case, "cadre", "mediate")
    do(case, "cadre", "mediate", present="no")
    with pytest.raises(Refusal) as refused:
        do(case, "cadre", "escalate")
    assert set(refused.value.errors) == {"payload.override_reason"}
    do(case, "cadre", "mediate")
    do(case, "cadre", "escalate")
    assert unit(case, "holder") == "north"
    for more in ({"outcome": "refused"}, None):
        other = office.file(category="D-02")
        do(other, "cadre", "handle_here")
        if more:
            do(other, "cadre", "mediate", **more)
        do(other, "cadre", "escalate", **({} if more else {"override_reason": "当事人情绪激动，可能升级"}))
        assert unit(other, "holder") == "north"


def test_the_top_is_offered_neither_escalate_nor_transfer(office: PaperOffice):
    case = office.file(holder="city")
    assert not {"escalate", "transfer"} & case.may("city clerk")


def test_before_anybody_accepted_going_up_or_down_sets_no_first_responsible(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "escalate")
    assert unit(case, "first_responsible") is None
    do(case, "clerk", "hand_down", unit="north2")
    assert unit(case, "first_responsible") is None
    assert "reject" in case.may("neighbour cadre")


def test_handed_down_without_an_answer_it_is_closed_below(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "hand_down", unit="north1")
    done_at(case, "cadre")
    do(case, "second clerk", "verify_pass")
    assert (case.facts.state, case.facts.settled_level) == ("closed", "village")


def test_every_centre_that_asked_to_be_answered_verifies_the_nearest_first(office: PaperOffice):
    case = office.file(holder="county")
    do(case, "county clerk", "hand_down", unit="north", answer_to_me=True)
    do(case, "clerk", "hand_down", unit="north1", answer_to_me=True)
    done_at(case, "cadre")
    assert unit(case, "holder") == "north"
    do(case, "clerk", "verify_pass")
    assert (case.facts.state, unit(case, "holder")) == ("awaiting_verification", "county")
    assert unit(case, "dispatcher") == "north1"
    do(case, "county clerk", "verify_fail")
    assert (case.facts.state, unit(case, "holder")) == ("in_progress", "north1")
    do(case, "cadre", "finish")
    do(case, "second clerk", "verify_pass")
    assert unit(case, "holder") == "county"
    do(case, "county clerk", "verify_pass")
    assert (case.facts.state, case.facts.settled_level) == ("closed", "village")


def test_a_send_back_leaves_the_answer_owed_further_up(office: PaperOffice):
    case = office.file(holder="county")
    do(case, "county clerk", "hand_down", unit="north", answer_to_me=True)
    do(case, "clerk", "hand_down", unit="north1", answer_to_me=True)
    do(case, "cadre", "send_back")
    assert (case.facts.state, unit(case, "holder"), unit(case, "first_responsible")) == ("accepted", "north", "north")
    do(case, "clerk", "handle_here")
    do(case, "clerk", "finish")
    do(case, "second clerk", "verify_pass")
    assert unit(case, "holder") == "county"


def test_send_back_within_eight_working_hours_and_once(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "hand_down", unit="north1")
    late = office.file(holder="north")
    do(late, "clerk", "hand_down", unit="north1")
    do(case, "cadre", "send_back")
    assert running(case) == {"dispatch", "overall"}
    do(case, "clerk", "hand_down", unit="north2")
    assert "send_back" not in case.may("neighbour cadre")  # a second hand-down binds
    office.now += timedelta(days=3)
    assert "send_back" not in late.may("cadre")


def test_only_what_was_just_handed_down_is_sent_back(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "hand_down", unit="north1")
    do(case, "cadre", "accept")
    do(case, "cadre", "escalate")
    assert "send_back" not in case.may("clerk")


def test_a_send_back_lets_what_the_sender_asked_fall(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "hand_down", unit="north1")
    do(case, "cadre", "transfer", unit="north2")
    do(case, "cadre", "send_back")
    assert ask(case, "transfer").state == "fallen"
    office.wait(days=3)
    assert unit(case, "holder") == "north"


def test_hand_down_goes_one_level_and_at_urgency_4_may_skip(office: PaperOffice):
    case = office.file(holder="county")
    with pytest.raises(Refusal):
        do(case, "county clerk", "hand_down", unit="north1")
    urgent = office.file(holder="county", urgency=4)
    do(urgent, "county clerk", "hand_down", unit="north1")
    assert (unit(urgent, "holder"), urgent.facts.hand_downs) == ("north1", 1)


def test_a_transfer_is_confirmed_by_the_common_parent_and_silence_agrees(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "accept")
    do(case, "cadre", "transfer", unit="south1")
    assert answers(case, "transfer") == ("county", False)
    assert ask(case, "transfer").answer_due == office.now + timedelta(hours=6, minutes=30)  # four working hours
    office.wait(hours=8)
    assert (case.facts.state, unit(case, "holder")) == ("submitted", "south1")
    assert case.facts.escalated is False


def test_first_responsibility_goes_along_when_the_place_was_wrong(office: PaperOffice):
    wrong = office.file(area_code="99010201")
    right = office.file()
    for case in (wrong, right):
        do(case, "cadre", "accept")
        do(case, "cadre", "transfer", unit="south1")
        case.make("county clerk", "agree_transfer", {})
    assert unit(wrong, "first_responsible") == "south1"
    assert unit(right, "first_responsible") == "north1"


def test_a_transfer_asked_falls_when_the_work_is_given_out(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "accept")
    do(case, "cadre", "transfer", unit="north2")
    do(case, "cadre", "handle_here")
    assert ask(case, "transfer").state == "fallen"
    office.wait(days=2)
    assert unit(case, "holder") == "north1"


def test_take_over_after_an_unmet_limit_or_by_a_leaders_order(office: PaperOffice):
    case = office.file()
    assert "take_over" not in case.may("clerk")
    assert "take_over" in case.may("leader")
    office.wait(hours=5)
    do(case, "clerk", "take_over")
    assert (case.facts.state, unit(case, "holder"), unit(case, "dispatcher")) == ("accepted", "north", "north")
    assert unit(case, "first_responsible") == "north"
    late = clock(case, "accept")
    assert (late.unit_id, late.met_at, late.ended_at) == (unit_id("north1"), None, office.now)


def test_at_work_it_is_taken_over_only_from_above_the_dispatcher(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "accept")
    do(case, "clerk", "dispatch", lead="fire")
    do(case, "fireman", "sign")
    do(case, "fireman", "ask_extension", due_at={"days": 5})
    office.wait(days=20)
    assert "take_over" not in case.may("clerk") | case.may("leader")
    before = case.facts
    do(case, "county clerk", "take_over")
    assert (case.facts.state, unit(case, "holder"), unit(case, "dispatcher")) == ("in_progress", "fire", "county")
    assert answers(case, "extension") == ("county", False)
    assert clock(case, "overall").unit_id == unit_id("north")  # it had run out
    assert part(case, "fire").state == "handling"
    told = hearers(BY_ACTION["take_over"].told, Scene(before, case.facts, case.steps[-1].effects, WORLD))
    assert {TOWN.names[one.id] for one in told} == {"fire", "north", "county"}


def test_a_holder_does_not_take_over_from_itself_to_verify_anew(office: PaperOffice):
    case = office.file()
    do(case, "cadre", "handle_here")
    do(case, "cadre", "finish")
    assert (unit(case, "holder"), unit(case, "dispatcher")) == ("north", "north1")
    office.wait(days=5)
    assert "take_over" not in case.may("clerk") | case.may("leader")
    assert "take_over" in case.may("county clerk")


def test_what_another_centre_takes_over_is_not_its_own_work(office: PaperOffice):
    case = office.file(holder="north")
    do(case, "clerk", "handle_here")
    do(case, "clerk", "finish")
    assert case.facts.self_verified
    do(case, "county leader", "take_over")
    assert (unit(case, "holder"), case.facts.self_verified) == ("county", False)
    assert running(case) == {"verify"}
