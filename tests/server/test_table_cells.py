"""Every cell of state × action × role, by hand from the page of moves: who may do what, from where, and nobody else."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from server.rules.deadlines import Span, due
from server.rules.effects import Ask
from server.rules.facts import Assignment, Clock, Facts, Request, State, TaskState
from server.rules.refusals import Refusal
from server.rules.situation import Situation
from server.rules.standing import ROLES, Role, Standing
from server.rules.workflow import MOVES, decide, offers
from tests.server.paper_office import START, WORLD, unit_id

ALL = " ".join(State)
OPEN = "submitted accepted in_progress awaiting_verification suspended external"
# action → [(states, roles)]. By hand from the page. In this table's case north (a township) dispatched to fire (lead)
# and police (co); in `accepted` the lead has returned it and police is still at work.
CELLS: dict[str, list[tuple[str, str]]] = {
    "settle_on_spot": [("submitted", "reporter holder")],
    "register_only": [("submitted", "holder")],
    "withdraw": [("submitted", "reporter")],
    "supplement": [(OPEN, "reporter follower holder lead co handler")],
    "accept": [("submitted", "holder alerted")],
    "handle_here": [("submitted accepted", "holder alerted")],
    "reject": [("submitted", "holder")],
    "object": [("rejected void", "reporter")],
    "overrule": [("rejected", "superior")],
    "dispatch": [("accepted", "holder")],
    "hand_down": [("submitted accepted", "holder")],
    "send_back": [("submitted", "holder")],
    "escalate": [("submitted accepted", "holder dispatcher"), ("in_progress", "dispatcher")],
    "transfer": [("submitted accepted", "holder")],
    "agree_transfer": [("submitted accepted", "approver")],
    "refuse_transfer": [("submitted accepted", "approver")],
    "take_over": [("submitted accepted in_progress suspended awaiting_verification", "superior")],
    "correct": [(OPEN, "overseer")],
    "ask_check": [("submitted accepted awaiting_verification suspended closed", "holder reviewer")],
    "answer_check": [(f"{OPEN} closed", "asked")],
    "sign": [("accepted", "co"), ("in_progress suspended external", "lead co")],
    "name_handler": [("in_progress", "unit")],
    "progress": [("in_progress suspended", "lead co")],
    "mediate": [("in_progress suspended", "lead co")],
    "add_co": [("in_progress", "dispatcher")],
    "waive_co": [("in_progress", "dispatcher")],
    "redispatch": [("in_progress", "dispatcher")],
    "ask_return": [("accepted in_progress", "unit")],
    "agree_return": [("accepted in_progress suspended", "approver")],
    "refuse_return": [("accepted in_progress suspended", "approver")],
    "rule": [("accepted in_progress suspended", "approver")],
    "ask_extension": [("in_progress", "lead")],
    "grant_extension": [("in_progress", "approver")],
    "refuse_extension": [("in_progress", "approver")],
    "ask_suspension": [("in_progress", "lead")],
    "approve_suspension": [("in_progress suspended", "approver")],
    "refuse_suspension": [("in_progress suspended", "approver")],
    "renew_suspension": [("suspended", "lead")],
    "resume": [("suspended", "lead upstream")],
    "refer_out": [("accepted", "holder"), ("in_progress", "dispatcher")],
    "receipt": [("external", "holder")],
    "answer_source": [(ALL, "holder dispatcher visitor superior")],
    "feedback": [("accepted in_progress suspended external", "co")],
    "finish": [("in_progress", "lead")],
    "verify_pass": [("awaiting_verification", "holder")],
    "verify_fail": [("awaiting_verification", "holder")],
    "supervise": [(OPEN, "upstream leader")],
    "lift": [(OPEN, "issuer")],
    "acknowledge": [(OPEN, "holder unit dispatcher")],
    "comment": [(ALL, "leader")],
    "excuse": [(ALL, "dispatcher superior")],
    "visit": [("closed merged", "visitor")],
    "rate": [("closed merged", "resident")],
    "inspect": [("closed", "inspector superior")],
    "review": [("closed", "reviewer")],
    "reopen": [("closed", "superior verifier")],
    "merge": [("submitted accepted in_progress", "overseer")],
    "split": [("merged", "merger reporter")],
    "void": [("submitted accepted in_progress suspended", "holder leader")],
    "grant_void": [("submitted accepted in_progress suspended", "approver")],
    "refuse_void": [("submitted accepted in_progress suspended", "approver")],
}
BY_THE_OFFICE = {"lapse_pool", "release_handler", "end_wait", "pass_unsampled", "doubt", "absorb", "release", "remind",
                 "succeed", "recount"}  # fmt: skip
ANSWERS = {"agree_transfer", "refuse_transfer", "agree_return", "refuse_return", "rule", "grant_extension",
           "refuse_extension", "approve_suspension", "refuse_suspension", "grant_void", "refuse_void", "answer_check",
           "acknowledge", "lift"}  # fmt: skip
NOW = START + timedelta(hours=1)
LATER = (NOW + timedelta(days=5)).isoformat()
LEAD, CO = (
    Assignment(unit_id(f"{unit}'s part"), role, unit_id(unit), TaskState.HANDLING, opened_at=START, signed_at=START)
    for role, unit in (("lead", "fire"), ("co", "police"))
)
TERMS: dict[str, dict[str, Any]] = {
    "return": {"before": "handling"}, "ruling": {"before": "handling"}, "extension": {"due_at": LATER, "from": LATER},
    "suspension": {"review_at": LATER}, "renewal": {"review_at": LATER}, "transfer": {"unit": str(unit_id("south"))},
    "void": {}, "check": {}, "supervision": {"rung": "reminder", "unit": str(unit_id("fire")), "deadline": None},
}  # fmt: skip


def clock(kind: str, unit: str, amount: int = 5, **more: Any) -> Clock:
    span = Span(amount, "working_days")
    ends = due(START, span, WORLD.rules.calendar) if amount else START
    found: dict[str, Any] = {
        "assignment_id": None, "request_id": None, "round": 1, "started_at": START, "due_original": ends,
        "due_current": ends, **more,
    }  # fmt: skip
    return Clock(uuid.uuid4(), kind, unit_id(unit), amount=amount, unit="working_days", **found)


def case_in(state: State, *, asked: bool) -> Facts:
    """A case in this state in which nothing else is in a move's way, a follower of a closed one; `asked`: asks of every
    kind wait for an answer."""
    at_work = [LEAD, CO] if state in ("in_progress", "suspended", "external") else []
    at_work = [CO] if state == "accepted" else at_work
    led = state in ("in_progress", "suspended")
    holder = None if state not in OPEN.split() else unit_id("fire" if led else "north")
    dispatched = state not in ("submitted", "accepted", "rejected")
    working = [  # the co-handler is past its due, so that the lead may finish
        clock(kind, "fire", 5 if one is LEAD else 0, assignment_id=one.id)
        for one in at_work for kind in ("handle", "arrive")
    ]  # fmt: skip
    requests = [
        Request(unit_id(kind), kind, CO.id if kind in ("return", "ruling") else None, unit_id("fire"), None,
                unit_id("county"), to_leader=False, to_person_id=None, asked_at=START, answer_due=NOW, terms=terms)
        for kind, terms in TERMS.items()
    ]  # fmt: skip
    return Facts(
        state, "P-01", 2, holder, uuid.uuid4(), area_code="99010101", origin=True, received_at=START,
        dispatcher_id=unit_id("north") if dispatched else None,
        ended_by_unit_id=unit_id("north") if holder is None else None, ended_at=START if holder is None else None,
        handed_by_id=unit_id("county"), master_id=uuid.uuid4() if state == "merged" else None,
        master=case_in(State.CLOSED, asked=False) if state == "merged" else None,
        suspended_at=START if state == "suspended" else None,
        reviewer_id=unit_id("county") if state == "closed" else None,
        clocks=(clock("overall", "north"), clock("contact", "fire", 0), *working,
                clock("sign", "fire", 0, met_at=NOW, offline_late=True)),
        assignments=tuple(at_work), requests=tuple(requests) if asked else (),
    )  # fmt: skip


def somebody(role: Role, facts: Facts) -> Standing:
    """A person who has this one role to the case, through the unit that gives it."""
    parts = {"lead": [LEAD], "co": [CO], "unit": [LEAD, CO]}.get(role, [])
    centre = "north" if role in ("holder", "dispatcher", "visitor") else "county"
    units = frozenset(one.unit_id for one in parts) or frozenset([unit_id(centre)])
    if role in ("reporter", "follower", "handler", "verifier", "resident", "inspector"):
        units = frozenset()
    asks = frozenset(one.id for one in facts.requests)
    return Standing(
        uuid.uuid4(), frozenset({role}), through={role: list(units)}, tasks=frozenset(one.id for one in parts),
        answers=asks if role in ("approver", "asked", "holder", "unit", "dispatcher") else frozenset(),
        issued=asks if role == "issuer" else frozenset(), units=units,
    )  # fmt: skip


def judged(action: str, role: Role, facts: Facts) -> str:
    """`allowed`, or the code of the refusal; a form that is not filled in says that the move itself is allowed."""
    try:
        decide(facts, Ask(uuid.uuid4(), action, {}, NOW, somebody(role, facts)), WORLD, overtaken=False)
    except Refusal as refusal:
        return "allowed" if refusal.code in ("invalid", "which_one") else refusal.code
    return "allowed"


def expected(action: str, state: State) -> set[str]:
    return {role for states, roles in CELLS.get(action, []) if state in states.split() for role in roles.split()}


@pytest.mark.parametrize("state", list(State))
def test_every_cell_is_allowed_or_refused_as_the_page_says(state: State):
    for action in (move.action for move in MOVES if move.action != "submit"):
        facts = case_in(state, asked=action in ANSWERS)
        for role in ROLES:
            if role == "system":
                continue
            wanted = "allowed" if role in expected(action, state) else "move_not_allowed"
            assert judged(action, role, facts) == wanted, (action, role)


@pytest.mark.parametrize("state", list(State))
def test_what_is_offered_is_what_is_allowed(state: State):
    for asked in (False, True):
        facts = case_in(state, asked=asked)
        for role in ROLES:
            here = Situation(facts, somebody(role, facts), WORLD, NOW)
            offered = {offer.move.action for offer in offers(here)}
            allowed = {action for action in CELLS if role != "system" and judged(action, role, facts) == "allowed"}
            assert offered == allowed, role


def test_the_page_s_moves_are_the_table_s():
    assert {move.action for move in MOVES} == CELLS.keys() | BY_THE_OFFICE | {"submit"}


COMPARING = {
    "accept", "handle_here", "reject", "dispatch", "redispatch", "hand_down", "send_back", "escalate", "transfer",
    "take_over", "correct", "add_co", "waive_co", "rule", "verify_pass", "verify_fail", "grant_extension",
    "approve_suspension", "agree_return", "agree_transfer", "refuse_return", "refuse_transfer", "refuse_extension",
    "refuse_suspension", "refer_out", "receipt", "reopen", "review", "merge", "split", "void", "grant_void",
    "refuse_void",
}  # fmt: skip


@pytest.mark.parametrize("state", list(State))
def test_a_comparing_move_is_stopped_by_what_another_decided_and_the_rest_is_not(state: State):
    for action in CELLS:
        facts = case_in(state, asked=action in ANSWERS)
        for role in sorted(expected(action, state)):
            standing = somebody(role, facts)  # type: ignore[arg-type]  # words of the table above
            code = "none"
            try:
                decide(facts, Ask(uuid.uuid4(), action, {}, NOW, standing), WORLD, overtaken=True)
            except Refusal as refusal:
                code = refusal.code
            assert (code == "case_has_moved") == (action in COMPARING), (action, code)
