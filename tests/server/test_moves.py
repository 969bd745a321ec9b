"""Moves around acceptance: who may make them, from where, on what, and what happens when two hands meet."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from server.models import Case, Step
from tests.conftest import Client, Office
from tests.server.conftest import NOON, REJECTING, accepting, filed, move, refused

Make = Callable[..., dict[str, Any]]
WHY = {"reason": "住户已经自己清理干净。"}
MORE = {"text": "今天又多了两个纸箱。"}
STATES = ("submitted", "accepted", "rejected", "void")
# Who may do what, by hand from the table of moves: worker1 reported, village1 works at the desk that holds it.
BOTH = {"ask_check", "correct", "escalate", "handle_here", "merge", "supplement", "transfer", "void"}
DESK_BEFORE = BOTH | {"accept", "reject", "settle_on_spot"}
DESK_AFTER = BOTH | {"dispatch", "refer_out"}
ABOVE = {"correct", "merge", "supervise"}
LEADER_ABOVE = ABOVE | {"comment", "take_over", "void"}
OFFERED: dict[tuple[str, str], set[str]] = {
    ("submitted", "worker1"): {"supplement", "settle_on_spot", "withdraw"},
    ("submitted", "village1"): DESK_BEFORE,
    ("submitted", "villageleader1"): DESK_BEFORE,
    ("submitted", "township1"): ABOVE,
    ("submitted", "leader1"): LEADER_ABOVE,
    ("submitted", "county1"): ABOVE,
    ("accepted", "worker1"): {"supplement"},
    ("accepted", "village1"): DESK_AFTER,
    ("accepted", "villageleader1"): DESK_AFTER,
    ("accepted", "township1"): ABOVE,
    ("accepted", "leader1"): LEADER_ABOVE,
    ("accepted", "county1"): ABOVE,
    ("rejected", "worker1"): {"object"},
    ("rejected", "township1"): {"overrule"},
    ("rejected", "leader1"): {"overrule", "comment"},
    ("rejected", "county1"): {"overrule"},
    ("void", "leader1"): {"comment"},
}
AUDIENCE = ("worker1", "village1", "villageleader1", "township1", "leader1", "county1", "inspector1")


def payload_of(action: str, case: dict[str, Any]) -> dict[str, Any]:
    payloads = {"accept": accepting(case), "reject": REJECTING, "withdraw": WHY, "supplement": MORE}
    return payloads[action]


def case_in(office: Office, report: Make, state: str) -> dict[str, Any]:
    """A case of worker1's village that stands in this state."""
    worker, desk = office.client("worker1"), office.client("village1")
    case = filed(worker, report())
    if state == "submitted":
        return case
    action = {"accepted": "accept", "rejected": "reject", "void": "withdraw"}[state]
    answer = move(worker if state == "void" else desk, case, action, payload_of(action, case))
    assert answer.status_code == 201, answer.text
    assert answer.json["case"]["state"] == state
    moved: dict[str, Any] = answer.json["case"]
    return moved


def seen_by(client: Client, case: dict[str, Any]) -> dict[str, Any]:
    answer = client.get(f"/cases/{case['id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def at_once(makers: list[Callable[[], TestResponse]]) -> list[TestResponse]:
    with ThreadPoolExecutor(len(makers)) as pool:
        return [future.result() for future in [pool.submit(make) for make in makers]]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("account", AUDIENCE)
def test_what_is_offered_succeeds_and_what_is_not_offered_is_refused(
    shared_office: Office, report: Make, state: str, account: str
):
    client = shared_office.client(account)
    case = seen_by(client, case_in(shared_office, report, state))
    expected = OFFERED.get((state, account), set())
    assert {offer["action"] for offer in case["moves"]} == expected
    for action in ("supplement", "withdraw", "accept", "reject"):
        if action in expected:
            fresh = seen_by(client, case_in(shared_office, report, state))
            assert move(client, fresh, action, payload_of(action, fresh)).status_code == 201, action
        else:
            problem = refused(move(client, case, action, payload_of(action, case)), 409, "move_not_allowed")
            assert problem["case"]["id"] == case["id"]
            assert problem["case"]["version"] == case["version"]
    assert seen_by(client, case)["version"] == case["version"]


def test_a_cadre_who_reports_is_reporter_and_holder_at_once(shared_office: Office, report: Make):
    case = filed(shared_office.client("village1"), report())
    assert {offer["action"] for offer in case["moves"]} == DESK_BEFORE | {"withdraw"}


def test_a_move_says_what_it_needs_and_what_may_follow(shared_office: Office, report: Make):
    case = case_in(shared_office, report, "submitted")
    offers = {offer["action"]: offer for offer in seen_by(shared_office.client("village1"), case)["moves"]}
    needs = {need["name"]: need for need in offers["reject"]["needs"]}
    assert list(needs) == ["code", "basis", "guidance"]
    assert {need["required"] for need in needs.values()} == {True}
    assert "not_ours" in [choice["value"] for choice in needs["code"]["choices"]]
    assert (needs["basis"]["min_length"], needs["basis"]["max_length"]) == (5, 5000)
    assert {need["name"]: (need["type"], need["required"]) for need in offers["accept"]["needs"]} == {
        "category": ("category", True),
        "urgency": ("urgency", True),
        "repeat_of": ("case", False),
        "handler": ("person", False),
    }
    assert offers["accept"]["then"][:3] == ["dispatch", "handle_here", "escalate"]
    assert "reject" not in offers["accept"]["then"]
    assert offers["reject"]["then"] == []
    assert offers["supplement"]["then"] == []


def test_accepting_sets_the_first_responsible_unit_and_moves_the_clocks(shared_office: Office, report: Make):
    case = case_in(shared_office, report, "submitted")
    desk = shared_office.client("village1")
    answer = move(desk, case, "accept", accepting(case))
    after, step = answer.json["case"], answer.json["step"]
    assert (after["state"], after["version"], after["holder"]) == ("accepted", 2, case["holder"])
    assert after["first_responsible"] == case["holder"]
    assert (step["seq"], step["action"], step["as_unit"]) == (2, "accept", case["holder"])
    assert step["payload"] == accepting(case)
    assert step["device_at"] == "2026-11-20T04:00:00+00:00"
    clocks = {clock["kind"]: clock for clock in after["deadlines"]}
    assert set(clocks) == {"accept", "overall", "dispatch"}
    assert clocks["accept"]["met_at"]
    assert not clocks["dispatch"]["met_at"]
    assert clocks["overall"] == next(clock for clock in case["deadlines"] if clock["kind"] == "overall")


def test_a_confirmed_category_may_shorten_the_overall_limit_but_never_lengthen_it(shared_office: Office, report: Make):
    def overall(case: dict[str, Any]) -> tuple[str, str]:
        clock = next(clock for clock in case["deadlines"] if clock["kind"] == "overall")
        return clock["due_original"], clock["due_current"]

    desk = shared_office.client("village1")
    first = case_in(shared_office, report, "submitted")
    shorter = move(desk, first, "accept", accepting(first, category="H-GAS-01")).json["case"]
    assert (shorter["category"], shorter["code"]) == ("H-GAS-01", first["code"])
    assert overall(shorter)[0] == overall(first)[0]
    received = datetime.fromisoformat(first["received_at"])
    assert datetime.fromisoformat(overall(shorter)[1]) == received + timedelta(hours=48)
    second = case_in(shared_office, report, "submitted")
    longer = move(desk, second, "accept", accepting(second, category="C-04")).json["case"]
    assert overall(longer) == overall(second)


def test_raising_the_urgency_starts_the_round_the_clock_limits(shared_office: Office, report: Make):
    case = case_in(shared_office, report, "submitted")
    answer = move(shared_office.client("village1"), case, "accept", accepting(case, urgency=4))
    clock = next(clock for clock in answer.json["case"]["deadlines"] if clock["kind"] == "dispatch")
    accepted_at = datetime.fromisoformat(answer.json["step"]["at"])
    assert datetime.fromisoformat(clock["due_current"]) == accepted_at + timedelta(minutes=15)


def test_accepting_may_name_the_case_it_repeats_if_the_desk_sees_it(shared_office: Office, report: Make):
    desk = shared_office.client("village1")
    first, second = (case_in(shared_office, report, "submitted") for _ in range(2))
    elsewhere = filed(shared_office.client("worker2"), report(location=None, no_location_reason="在室内没有定位"))
    for wrong in (second["id"], elsewhere["id"]):
        answer = move(desk, second, "accept", accepting(second, repeat_of=wrong))
        refused(answer, 422, "invalid", "payload.repeat_of")
    assert move(desk, second, "accept", accepting(second, repeat_of=first["id"])).status_code == 201
    stored = shared_office.rows(select(Case.repeat_of).where(Case.id == uuid.UUID(second["id"])))
    assert stored[0][0] == uuid.UUID(first["id"])


@pytest.mark.parametrize(("state", "met"), [("rejected", {"accept"}), ("void", set())])
def test_an_ended_case_has_no_holder_and_no_running_clock(
    shared_office: Office, report: Make, state: str, met: set[str]
):
    case = case_in(shared_office, report, state)
    assert (case["holder"], case["due_at"], case["moves"]) == (None, None, [])
    assert {clock["kind"] for clock in case["deadlines"] if clock["met_at"]} == met
    for account in AUDIENCE:
        assert seen_by(shared_office.client(account), case)["state"] == state


def test_of_several_cadres_who_decide_at_once_one_succeeds_and_the_others_see_what_happened(
    shared_office: Office, report: Make
):
    case = case_in(shared_office, report, "submitted")
    cadres = [shared_office.client(account) for account in ("village1", "village17", "villageleader1")]
    answers = at_once(
        [
            lambda cadre=cadre, action=action: move(cadre, case, action, payload_of(action, case))
            for cadre, action in zip(cadres, ("accept", "reject", "accept"), strict=True)
        ]
    )
    done = [answer for answer in answers if answer.status_code == 201]
    assert len(done) == 1
    for answer in answers:
        if answer is not done[0]:
            problem = refused(answer, 409, "case_has_moved")
            assert problem["case"]["state"] == done[0].json["case"]["state"]
            assert problem["case"]["version"] == 2
    assert seen_by(cadres[0], case)["version"] == 2


def test_one_s_own_earlier_decision_is_no_surprise_but_stands(shared_office: Office, report: Make):
    case = case_in(shared_office, report, "submitted")
    desk = shared_office.client("village1")
    move(desk, case, "accept", accepting(case))
    refused(move(desk, case, "reject", REJECTING), 409, "move_not_allowed")


def test_a_supplement_never_collides_with_a_decision(shared_office: Office, report: Make):
    case = case_in(shared_office, report, "submitted")
    worker, desk = shared_office.client("worker1"), shared_office.client("village1")
    assert move(worker, case, "supplement", MORE).status_code == 201
    accepted = move(desk, case, "accept", accepting(case))
    assert (accepted.status_code, accepted.json["step"]["seq"]) == (201, 3)
    late = move(worker, case, "supplement", MORE)
    assert (late.status_code, late.json["step"]["seq"]) == (201, 4)
    assert late.json["case"]["state"] == "accepted"


def test_supplements_of_many_at_once_all_arrive_in_one_unbroken_row(shared_office: Office, report: Make):
    case = case_in(shared_office, report, "submitted")
    accounts = ["worker1", "village1", "village17", "villageleader1"] * 3
    clients = [shared_office.client(account) for account in accounts]
    answers = at_once([lambda client=client: move(client, case, "supplement", MORE) for client in clients])
    assert {answer.status_code for answer in answers} == {201}
    steps = seen_by(clients[0], case)["steps"]
    assert [step["seq"] for step in steps] == list(range(1, 14))


def test_withdrawing_ends_with_acceptance_and_the_other_way_round(shared_office: Office, report: Make):
    worker, desk = shared_office.client("worker1"), shared_office.client("village1")
    accepted = case_in(shared_office, report, "submitted")
    move(desk, accepted, "accept", accepting(accepted))
    problem = refused(move(worker, accepted, "withdraw", WHY), 409, "move_not_allowed")
    assert problem["case"]["state"] == "accepted"
    withdrawn = case_in(shared_office, report, "submitted")
    move(worker, withdrawn, "withdraw", WHY)
    problem = refused(move(desk, withdrawn, "accept", accepting(withdrawn)), 409, "move_not_allowed")
    assert problem["case"]["state"] == "void"


def test_a_step_sent_again_is_answered_with_the_case_as_it_stands_now(shared_office: Office, report: Make):
    case, step_id = case_in(shared_office, report, "submitted"), uuid.uuid4()
    worker, desk = shared_office.client("worker1"), shared_office.client("village1")
    first = move(worker, case, "supplement", MORE, step_id)
    move(desk, case, "reject", REJECTING)
    again = move(worker, case, "supplement", MORE, step_id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["step"] == first.json["step"]
    assert (again.json["case"]["state"], again.json["case"]["version"]) == ("rejected", 3)


def test_thirty_sendings_of_one_step_make_one_step(shared_office: Office, report: Make):
    case, step_id = case_in(shared_office, report, "submitted"), uuid.uuid4()
    desk = shared_office.client("village1")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: move(desk, case, "accept", accepting(case), step_id), range(30)))
    assert sorted(answer.status_code for answer in answers) == [200] * 29 + [201]
    count = select(func.count()).select_from(Step).where(Step.case_id == uuid.UUID(case["id"]))
    assert shared_office.rows(count)[0][0] == 2


def test_a_known_step_id_with_anything_else_discloses_nothing(shared_office: Office, report: Make):
    case, step_id = case_in(shared_office, report, "submitted"), uuid.uuid4()
    other = case_in(shared_office, report, "submitted")
    worker, desk = shared_office.client("worker1"), shared_office.client("village1")
    move(worker, case, "supplement", MORE, step_id)
    for answer in (
        move(worker, case, "supplement", {"text": "另外一段补充说明。"}, step_id),
        move(worker, case, "supplement", MORE, step_id, at="2026-11-20T12:00:01+08:00"),
        move(worker, case, "dance", {}, step_id),
        move(desk, case, "supplement", MORE, step_id),
        move(shared_office.client("worker2"), case, "supplement", MORE, step_id),
        move(worker, other, "supplement", MORE, step_id),
        worker.put(f"/reports/{step_id}", json=report()),
    ):
        assert "case" not in refused(answer, 409, "already_different")


def test_a_step_cannot_take_the_id_of_a_report(shared_office: Office, report: Make):
    case = case_in(shared_office, report, "submitted")
    other = case_in(shared_office, report, "submitted")
    worker = shared_office.client("worker1")
    for target in (case, other):
        refused(move(worker, target, "supplement", MORE, case["id"]), 409, "already_different")
    body = {"action": "submit", "based_on": 1, "payload": {}, "at": NOON}
    refused(worker.put(f"/cases/{case['id']}/steps/{case['id']}", json=body), 409, "already_different")


def test_a_case_one_may_not_see_cannot_be_told_from_one_that_is_not_there(shared_office: Office, report: Make):
    case = case_in(shared_office, report, "submitted")
    nowhere = {**case, "id": str(uuid.uuid4())}
    for account in ("worker2", "village2", "fire1", "township2", "admin1", "auditor1"):
        client = shared_office.client(account)
        hidden = refused(move(client, case, "supplement", MORE), 404, "not_found")
        assert hidden == refused(move(client, nowhere, "supplement", MORE), 404, "not_found")
        # What the case would say to the version or the form stays unsaid.
        refused(move(client, case, "accept", {}, based_on=99), 404, "not_found")


def test_a_move_names_the_unit_it_is_made_for(shared_office: Office, report: Make):
    desk = shared_office.client("village1")
    case = case_in(shared_office, report, "submitted")
    township = shared_office.client("township1").get("/me").json["units"][0]["id"]
    refused(move(desk, case, "supplement", MORE, as_unit=township), 422, "invalid", "as_unit")
    named = move(desk, case, "supplement", MORE, as_unit=case["holder"]["id"])
    assert named.json["step"]["as_unit"] == case["holder"]
    reporter = move(shared_office.client("worker1"), case, "supplement", MORE)
    assert reporter.json["step"]["as_unit"] is None
