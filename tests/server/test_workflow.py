"""The table of moves, in memory: every cell of state × action × role, and what holds however long people move."""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from geodata.rulebook import read_rulebook
from server.rules.deadlines import Span
from server.rules.facts import OPEN, Ask, Assignment, Clock, Effects, Facts, Role, Standing, State, TaskState, World
from server.rules.refusals import Refusal
from server.rules.rulebook import Category, RuleBook
from server.rules.workdays import Calendar
from server.rules.workflow import BY_ACTION, MOVES, decide, offers

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in the office
VILLAGE, TOWNSHIP, COUNTY, FIRE, POLICE = (uuid.UUID(int=n) for n in range(1, 6))
NAMES = {VILLAGE: "village", TOWNSHIP: "township", COUNTY: "county", FIRE: "township", POLICE: "township"}


class Tree:
    """One village below one township with two departments below one county."""

    def level_of(self, unit: uuid.UUID) -> str:
        return NAMES[unit]

    def parent_centre(self, unit: uuid.UUID) -> uuid.UUID | None:
        return {VILLAGE: TOWNSHIP, TOWNSHIP: COUNTY, FIRE: TOWNSHIP, POLICE: TOWNSHIP}.get(unit)

    def within_reach(self, centre: uuid.UUID) -> Sequence[uuid.UUID]:
        return {TOWNSHIP: [TOWNSHIP, FIRE, POLICE, VILLAGE], COUNTY: [COUNTY]}.get(centre, [centre])


def the_rules() -> RuleBook:
    book = read_rulebook()
    return RuleBook(
        categories={
            row.code: Category(**{name: getattr(row, name) for name in Category.__slots__}) for row in book.categories
        },
        limits={(row.category, row.urgency, row.kind): Span(row.amount, row.unit) for row in book.limits},
        reasons={"reject": {row.code: (row.zh, row.en) for row in book.reasons if row.action == "reject"}},
        numbers={},
        calendar=Calendar(ZoneInfo("Asia/Shanghai"), [(time(8, 30), time(12)), (time(14, 30), time(18))]),
    )


WORLD = World(the_rules(), Tree())
PEOPLE = {
    "worker": [], "cadre": [VILLAGE], "other cadre": [VILLAGE], "clerk": [TOWNSHIP], "leader": [TOWNSHIP],
    "fireman": [FIRE], "policeman": [POLICE], "county clerk": [COUNTY],
}  # fmt: skip
IDS = {name: uuid.uuid5(uuid.NAMESPACE_OID, name) for name in PEOPLE}
SUPERIORS = {VILLAGE: {TOWNSHIP, COUNTY}, TOWNSHIP: {COUNTY}, FIRE: {TOWNSHIP, COUNTY}, POLICE: {TOWNSHIP, COUNTY}}


@dataclass
class Story:
    """A case under way in memory: its facts, and who verified."""

    facts: Facts
    now: datetime
    verifiers: set[uuid.UUID]

    def standing(self, name: str) -> Standing:
        units, facts = set(PEOPLE[name]), self.facts
        concerned = facts.holder or facts.dispatcher
        above = SUPERIORS.get(concerned, set()) if concerned else set()
        tasks = {
            role: [one.id for one in facts.assignments if one.role == role and one.active and one.unit in units]
            for role in ("lead", "co")
        }
        held: Mapping[Role, object] = {
            "reporter": name == "worker", "holder": facts.holder in units, "dispatcher": facts.dispatcher in units,
            "lead": tasks["lead"], "co": tasks["co"], "superior": above & units,
            "leader": name == "leader" and TOWNSHIP in above, "verifier": IDS[name] in self.verifiers,
        }  # fmt: skip
        return Standing(IDS[name], frozenset(role for role, holds in held.items() if holds), tasks)

    def make(self, name: str, action: str, payload: Mapping[str, Any], dice: random.Random) -> Effects:
        ask = Ask(uuid.UUID(int=dice.getrandbits(128)), action, payload, self.now, self.standing(name))
        effects = decide(self.facts, ask, WORLD, overtaken=False)
        self.facts = applied(self.facts, ask, effects)
        if action == "verify_pass":
            self.verifiers.add(IDS[name])
        return effects


def applied(facts: Facts, ask: Ask, effects: Effects) -> Facts:
    """The facts after a move, as the office would read them back."""
    clocks = {clock.id: clock for clock in facts.clocks}
    for ids, runs in ((effects.met, False), (effects.ended, False), (effects.unmet, True)):
        for one in ids:
            clocks[one] = replace(clocks[one], running=runs)
    for one, due in effects.redue.items():
        clocks[one] = replace(clocks[one], due_current=due)
    for new in effects.started:
        assert new.id not in clocks
        clocks[new.id] = Clock(
            new.id, new.kind, new.unit, new.assignment, new.round, new.started_at, new.due, running=True
        )
    tasks = {one.id: one for one in (*facts.assignments, *effects.opened)}
    for one, changes in effects.tasks.items():
        tasks[one] = replace(tasks[one], state=changes.get("state", tasks[one].state))
    names = {"holder_id": "holder", "dispatcher_id": "dispatcher", "first_responsible_id": "first_responsible"}
    known = {names.get(name, name): value for name, value in effects.fields.items()}
    fields = {name: value for name, value in known.items() if name in Facts.__slots__}
    handling = {"settle_on_spot", "handle_here", "sign", "progress", "mediate", "feedback", "finish"}
    handlers = facts.handlers | ({ask.standing.person} if ask.action in handling else set())
    return replace(
        facts, clocks=tuple(clocks.values()), assignments=tuple(tasks.values()), handlers=frozenset(handlers),
        attempts=facts.attempts + (ask.action == "mediate" and ask.payload["present"] == "yes"), **fields,
    )  # fmt: skip


def begin(dice: random.Random) -> Story:
    category = dice.choice([code for code, one in WORLD.rules.categories.items() if one.leaf])
    facts = Facts(
        None, category, dice.randint(1, 4), VILLAGE, None, village_desk=VILLAGE, received_at=START,
    )  # fmt: skip
    story = Story(facts, START, set())
    story.make("worker", "submit", {}, dice)
    return story


def payload_for(action: str, story: Story, dice: random.Random) -> dict[str, Any]:
    facts = story.facts
    reach = list(WORLD.offices.within_reach(facts.dispatcher or facts.holder or TOWNSHIP))
    lead = str(dice.choice(reach))
    photo = ["0" * 64]
    texts = {"reason": "写明原因若干字", "work_done": "已做的工作若干", "text": "说明若干字以上"}
    helpers = [str(one.unit) for one in facts.helpers] or [lead]
    made: dict[str, dict[str, Any]] = {
        "settle_on_spot": {"result": "当场处理完毕", "photos": photo},
        "register_only": {"text": texts["text"]},
        "supplement": {"text": texts["text"]},
        "withdraw": {"reason": texts["reason"]},
        "accept": {"category": facts.category, "urgency": facts.urgency},
        "handle_here": {"category": facts.category, "urgency": facts.urgency},
        "reject": {"code": "not_ours", "basis": "依据若干字", "guidance": "去向若干字"},
        "dispatch": {"lead": lead, "copied": [one for one in map(str, reach) if one != lead][:1] or None},
        "escalate": {"reason": texts["reason"], "work_done": texts["work_done"], "override_reason": texts["reason"]},
        "sign": {},
        "progress": {"text": texts["text"]},
        "mediate": {
            "at": story.now.isoformat(), "place": "村部", "level": "village", "mediator": "老王",
            "present": dice.choice(("yes", "no")), "outcome": "no_agreement",
        },
        "add_co": {"units": [lead]},
        "waive_co": {"unit": dice.choice(helpers), "reason": texts["reason"]},
        "redispatch": {"lead": lead, "reason": texts["reason"]},
        "feedback": {"result": "协办完毕若干"},
        "finish": {"result": "resolved", "route": "mediation", "text": texts["text"], "photos": photo},
        "verify_pass": {"mode": "on_site", "note": "现场查看属实"},
        "verify_fail": {"reason": texts["reason"]},
        "reopen": {"reason": texts["reason"]},
        "comment": {"text": texts["text"]},
    }  # fmt: skip
    return made[action]


def check_always_true(story: Story) -> None:
    facts = story.facts
    leads = [one for one in facts.assignments if one.role == "lead" and one.active]
    assert (facts.state == State.IN_PROGRESS) == (len(leads) == 1)
    if facts.state == State.IN_PROGRESS:
        assert facts.holder == leads[0].unit
    if facts.state not in (State.IN_PROGRESS,):
        assert not [one for one in facts.assignments if one.active]
    assert (facts.holder is not None) == (facts.state in OPEN)
    if facts.state not in OPEN:
        assert not [clock for clock in facts.clocks if clock.running]
    overall = [clock for clock in facts.clocks if clock.kind == "overall"]
    assert [clock.started_at for clock in overall] == [START]
    running = [(clock.kind, clock.assignment) for clock in facts.clocks if clock.running]
    assert len(running) == len(set(running))
    assert not story.verifiers & facts.handlers or facts.reopen_count


@pytest.mark.parametrize("seed", range(40))
def test_whatever_people_do_the_invariants_hold(seed: int) -> None:
    """40 walks of 60 cases, some 24,000 moves: each a random person making a random move they are offered."""
    dice = random.Random(seed)
    made: dict[str, int] = {}
    refused: set[str] = set()
    for _ in range(60):
        story = begin(dice)
        for _ in range(25):
            story.now += timedelta(minutes=dice.randint(1, 3000))
            choices = [
                (name, offer.move.action)
                for name in PEOPLE
                for offer in offers(story.facts, story.standing(name), WORLD.rules)
            ]
            if not choices:
                break
            name, action = dice.choice(choices)
            before = story.facts
            try:
                story.make(name, action, payload_for(action, story, dice), dice)
            except Refusal as refusal:
                refused.add(refusal.code)
                continue
            made[action] = made.get(action, 0) + 1
            target = BY_ACTION[action].target
            assert story.facts.state == (target or before.state) or action == "verify_fail"
            check_always_true(story)
    assert sum(made.values()) > 300
    assert refused <= {"invalid", "move_not_allowed", "which_one"}
    assert {"dispatch", "sign", "finish", "verify_pass"} <= made.keys()


ROLES: tuple[Role, ...] = ("reporter", "holder", "dispatcher", "lead", "co", "superior", "leader", "verifier")


# By hand from the page of moves, for a fire hazard whose lead and co-handler have signed.
OFFERED: dict[tuple[str, str], str] = {
    ("submitted", "reporter"): "settle_on_spot supplement withdraw",
    ("submitted", "holder"): "settle_on_spot supplement accept handle_here reject escalate",
    ("submitted", "dispatcher"): "escalate",
    ("submitted", "lead"): "supplement",
    ("submitted", "co"): "supplement",
    ("submitted", "leader"): "comment",
    ("accepted", "reporter"): "supplement",
    ("accepted", "holder"): "supplement handle_here dispatch escalate",
    ("accepted", "dispatcher"): "escalate",
    ("accepted", "lead"): "supplement",
    ("accepted", "co"): "supplement",
    ("accepted", "leader"): "comment",
    ("in_progress", "reporter"): "supplement",
    ("in_progress", "holder"): "supplement",
    ("in_progress", "dispatcher"): "escalate add_co waive_co redispatch",
    ("in_progress", "lead"): "supplement progress mediate finish",
    ("in_progress", "co"): "supplement progress mediate feedback",
    ("in_progress", "leader"): "comment",
    ("awaiting_verification", "reporter"): "supplement",
    ("awaiting_verification", "holder"): "supplement verify_pass verify_fail",
    ("awaiting_verification", "lead"): "supplement",
    ("awaiting_verification", "co"): "supplement",
    ("awaiting_verification", "leader"): "comment",
    ("closed", "superior"): "reopen",
    ("closed", "leader"): "comment",
    ("closed", "verifier"): "reopen",
    ("rejected", "leader"): "comment",
    ("void", "leader"): "comment",
}


@pytest.mark.parametrize("state", list(State))
def test_every_cell_of_state_and_role_offers_just_what_the_table_says(state: State) -> None:
    lead, co = (
        Assignment(uuid.uuid4(), role, unit, TaskState.HANDLING) for role, unit in (("lead", FIRE), ("co", POLICE))
    )
    facts = Facts(state, "H-FIRE-01", 2, TOWNSHIP, None, dispatcher=TOWNSHIP, assignments=(lead, co))
    for role in ROLES:
        tasks = {"lead": [lead.id] if role == "lead" else [], "co": [co.id] if role == "co" else []}
        standing = Standing(uuid.uuid4(), frozenset({role}), tasks)
        offered = {offer.move.action for offer in offers(facts, standing, WORLD.rules)}
        assert offered == set(OFFERED.get((state, role), "").split()), role
        for move in MOVES:
            if move.action in offered or move.action == "submit":
                continue
            ask = Ask(uuid.uuid4(), move.action, {}, START, standing)
            with pytest.raises(Refusal) as refused:
                decide(facts, ask, WORLD, overtaken=False)
            assert refused.value.code == "move_not_allowed"


def test_a_comparing_move_is_stopped_by_what_another_decided_and_the_rest_is_not() -> None:
    facts = Facts(State.SUBMITTED, "H-FIRE-01", 2, VILLAGE, None)
    standing = Standing(uuid.uuid4(), frozenset({"reporter", "holder"}))
    for move in MOVES:
        if State.SUBMITTED not in move.sources:
            continue
        ask = Ask(uuid.uuid4(), move.action, {}, START, standing)
        with pytest.raises(Refusal) as refused:
            decide(facts, ask, WORLD, overtaken=True)
        assert (refused.value.code == "case_has_moved") == move.compares
