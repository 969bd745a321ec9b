"""What the page of moves says is always true of one case, whatever happened to it: asked of its facts alone."""

import uuid

from server.rules.facts import LED, OPEN, Facts, State
from server.rules.offices import Offices
from server.rules.workflow import BY_ACTION

ANSWERED_BY = {"return": "agree_return", "ruling": "rule", "extension": "grant_extension", "void": "grant_void",
               "suspension": "approve_suspension", "renewal": "approve_suspension", "transfer": "agree_transfer",
               "check": "answer_check", "supervision": "acknowledge"}  # fmt: skip
RUNS_IN = {State.SUBMITTED: "accept", State.ACCEPTED: "dispatch", State.AWAITING_VERIFICATION: "verify",
           State.EXTERNAL: "receipt"}  # fmt: skip


def always_true(facts: Facts, offices: Offices) -> None:
    """The sentences of the page that one case can break, by their numbers there."""
    leads = [one for one in facts.assignments if one.role == "lead" and one.active]
    working = [one for one in facts.assignments if one.active]
    assert len(leads) == (facts.state in LED), "1: exactly one lead at work in the led states, none elsewhere"
    assert not working or facts.state in LED or facts.state == State.ACCEPTED, "nobody works on it elsewhere"
    if facts.state in (State.IN_PROGRESS, State.SUSPENDED):
        assert facts.holder_id == leads[0].unit_id, "the lead holds it"
    if not facts.open:
        waiting = [one for one in facts.asked() if not (one.kind == "check" and facts.reviewer_id)]
        assert not working, "2: an ended case has no open assignment"
        assert not waiting, "2: and no open request"
        assert {clock.kind for clock in facts.running()} <= {"reply", "answer"}, "an ended case runs no other clock"
    assert (facts.holder_id is not None) == facts.open, "5: one holder while open, none after"
    if facts.holder_id and facts.state not in (State.IN_PROGRESS, State.SUSPENDED):
        assert offices.is_centre(facts.holder_id), "a centre holds it"
    assert facts.dispatcher_id or facts.state not in (*LED, State.AWAITING_VERIFICATION)
    _clocks_are_sound(facts)
    _asks_can_be_answered(facts)


def _clocks_are_sound(facts: Facts) -> None:
    running = [
        (clock.kind, clock.assignment_id, clock.request_id, clock.unit_id if clock.kind == "answer" else None)
        for clock in facts.running()
    ]
    assert len(running) == len(set(running)), "one open clock of a kind for an assignment"
    overall = [clock for clock in facts.clocks if clock.kind == "overall"]
    assert [clock.started_at for clock in overall] == [facts.received_at], "11: the overall clock never starts again"
    if facts.state in OPEN - {State.AWAITING_VERIFICATION} and not facts.reopen_count:
        assert overall[0].running, "the overall clock runs until the finish"
    if facts.state == State.SUSPENDED:
        moving = {clock.kind for clock in facts.running() if not clock.paused}
        assert moving <= {"answer", "reply"}, "7: suspended time never counts"
    for clock in facts.clocks:
        assert all(end is not None for _, end in clock.pauses[:-1]), "only the last pause may last"
        assert clock.running or all(end is not None for _, end in clock.pauses), "what ended stands no more"
    for state, kind in RUNS_IN.items():
        assert bool(facts.running(kind)) == (facts.state == state), f"{kind} runs in {state} and nowhere else"
    timed = {clock.assignment_id for clock in facts.running("handle")}
    signing = {clock.assignment_id for clock in facts.running("sign")}
    for task in facts.assignments:
        assert (task.id in timed) == (task.active and not (task.pool and task.role == "co")), "who works has a limit"
        assert task.id not in signing or task.active, "only who is asked to work has to sign"
        assert task.state != "pending" or task.role == "copied" or task.id in signing, "and who has not signed must"


def _asks_can_be_answered(facts: Facts) -> None:
    waiting = set[uuid.UUID | None]()
    for one in facts.asked():
        assert facts.state in BY_ACTION[ANSWERED_BY[one.kind]].sources, f"a {one.kind} that nobody can answer"
        assert one.to_unit_id or one.to_person_id, "an ask that nobody hears"
        waiting |= {one.assignment_id} if one.kind in ("return", "ruling") else set()
    asking = {task.id for task in facts.assignments if task.state == "return_asked"}
    assert waiting == asking, "whoever waits for a return's answer has asked, and the other way round"
