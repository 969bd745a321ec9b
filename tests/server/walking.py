"""A walk: random people make random moves on a few cases while time passes, and the rules' invariants are watched.

Each stride is a number: what it does follows from the number and the office as it stands; 0 does nothing. So a story
that breaks something shrinks to few strides, and the walk tells it in words.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from server.rules.facts import Facts, State
from server.rules.refusals import Refusal
from server.rules.standing import RESIDENT
from server.rules.workflow import BY_ACTION, Move, Offer
from tests.server.always_true import always_true
from tests.server.paper_forms import Form
from tests.server.paper_office import PEOPLE, SAMPLED, TOWN, WORLD, Matter, PaperOffice, unit_id

LEAVES = sorted(code for code, one in WORLD.rules.categories.items() if one.leaf and not one.avoid_village)
OFTEN = ("D-02", "H-FIRE-01", SAMPLED, SAMPLED, "P-01")
"""A dispute, what is settled on the spot, what is verified by sample, and a consultation."""
WAITS = (0.2, 0.2, 0.2, 1, 1, 1, 3, 3, 3, 5, 5, 9, 9, 24, 24, 48, 100, 800)
"""Hours."""
NAMES = sorted(PEOPLE)
MOST_CASES = 3
MOST_TRIED = 5
"""People asked, one after the other, whether there is anything they may do."""


def members(unit: uuid.UUID) -> Sequence[uuid.UUID]:
    return [who.id for who in PEOPLE.values() if unit in who.units and who.id is not None]


def turn(facts: Facts, dice: Random) -> list[str]:
    """A few people in the order in which they are asked whether they do something: mostly those whose turn it is."""
    acting = {facts.holder_id, *(one.to_unit_id for one in facts.asked())}
    acting |= {one.unit_id for one in facts.assignments if one.active}
    near = acting | {facts.dispatcher_id, facts.ended_by_unit_id, facts.reviewer_id}
    near |= {above for unit in near if unit is not None for above in TOWN.superiors(unit)}
    asked = {one.to_person_id for one in facts.asked()}
    first = [name for name in NAMES if PEOPLE[name].units & acting or PEOPLE[name].id in asked]
    second = [name for name in NAMES if PEOPLE[name].units & near or name in ("worker", "inspector", "stranger")]
    ordered = (first, second) if first and dice.random() < 0.7 else (second, first)
    return [name for names in ordered for name in dice.sample(names, min(len(names), MOST_TRIED))][:MOST_TRIED]


class Walk:
    """One office on paper, and what happened in it."""

    def __init__(self) -> None:
        self.office = PaperOffice()
        self.made: Counter[str] = Counter()
        self.told: list[str] = []
        self.seen: dict[uuid.UUID, int] = {}
        self.dues: dict[uuid.UUID, datetime] = {}

    def stride(self, number: int) -> None:
        """What this number does: a report, time, or somebody's move."""
        if number == 0:
            return
        dice = Random(number)
        kind = dice.random()
        if not self.office.matters or (kind < 0.02 and len(self.office.matters) < MOST_CASES):
            self._file(dice)
        elif kind < 0.13:
            hours = dice.choice(WAITS)
            self.told.append(f"{hours} hours pass")
            self.office.wait(hours=hours)
        elif kind < 0.14:
            self._by_the_office(dice)
        else:
            self._move(dice)
        self._look()

    def arrive(self) -> None:
        """At the end: the steps of every case, folded from nothing, lead to the case as it stands."""
        for matter in self.office.matters.values():
            folded = matter.folded()
            beside = {name: getattr(matter.facts, name) for name in ("followers", "led")}
            assert replace(folded, **beside) == matter.facts, "the steps lead elsewhere"  # 4

    def _file(self, dice: Random) -> None:
        holder, area = dice.choice((("north1", "99010101"), ("north2", "99010102"), ("south1", "99010201"),
                                    ("north", "990101"), ("county", "99010101")))  # fmt: skip
        by = dice.choice(("worker", "worker", "cadre", "clerk"))
        category, urgency = dice.choice(dice.choice((LEAVES, OFTEN))), dice.choice((1, 2, 3, 4))
        self.told.append(f"{by} files {category}, urgency {urgency}, held by {holder}")
        self.office.file(
            by, category, urgency, holder=holder, area_code=area, origin=dice.random() < 0.3,
            resident=dice.random() < 0.5,
        )  # fmt: skip

    def _move(self, dice: Random) -> None:
        matters = list(self.office.matters.values())
        alive = [one for one in matters if one.facts.open]
        matter = dice.choice(alive if alive and dice.random() < 0.9 else matters)
        if matter.facts.state in (State.CLOSED, State.MERGED) and dice.random() < 0.1:
            self._rate(matter, dice)
            return
        for name in turn(matter.facts, dice):
            found = matter.offers(name)
            telling = any(offer.move.action not in CROWDING[:5] for offer in found)
            if telling or (found and dice.random() < 0.1):
                self._make(matter, name, self._rarest(found, dice), dice)
                return

    def _rarest(self, found: Sequence[Offer], dice: Random) -> Offer:
        """Of some at random the one that is made less often, so that no move of the table is left out."""
        return min(dice.choices(found, k=4), key=lambda offer: WEIGHT.get(offer.move.action, 0))

    def _make(self, matter: Matter, name: str, offer: Offer, dice: Random) -> None:
        move = offer.move
        cases = [one.facts.id for one in self.office.matters.values() if one is not matter and one.facts.id]
        payload = Form(move, matter.here(name), cases, members, dice).filled()
        late = self.office.now - timedelta(hours=dice.choice((0, 0, 0, 30)))
        self._try(matter, name, move, payload, device_at=late, assignment=offer.assignment, request=offer.request)

    def _rate(self, matter: Matter, dice: Random) -> None:
        move = BY_ACTION["rate"]
        if matter.facts.satisfaction is None:
            payload = {"result": dice.choice(("satisfied", "not"))}
            self._try(matter, "resident", move, payload, standing=RESIDENT)

    def _try(self, matter: Matter, name: str, move: Move, payload: dict[str, object], **about: object) -> None:
        before = matter.facts
        try:
            matter.make(name, move.action, payload, **about)  # type: ignore[arg-type]  # about: as make() takes it
        except Refusal as refusal:
            if refusal.code == "which_one":
                units = [one["unit"] for one in refusal.extra["choices"] if "unit" in one]
                self._try(matter, name, move, payload, **about, as_unit=uuid.UUID(units[0]))
                return
            if refusal.code not in ("invalid", "move_not_allowed") or matter.facts is not before:
                raise
            return
        self.told.append(f"{name} makes {move.action} on {matter.facts.category}: {payload} → {matter.facts.state}")

    def _by_the_office(self, dice: Random) -> None:
        """What happens outside of cases: a handler leaves, a unit ends, the calendar changes."""
        matter = dice.choice(list(self.office.matters.values()))
        named = [one.handler_id for one in matter.facts.assignments if one.active and one.handler_id]
        if named and matter.facts.open:
            matter.make(None, "release_handler", {"person": str(named[0])})
        elif dice.random() < 0.2:
            matter.make(None, "succeed", {"unit": str(unit_id("elders")), "successor": str(unit_id("mediators"))})
        elif matter.facts.open:
            matter.make(None, "recount", {})

    def _look(self) -> None:
        for matter in self.office.matters.values():
            key = matter.facts.id or uuid.UUID(int=0)
            if self.seen.get(key) == len(matter.steps):
                continue
            for step in matter.steps[self.seen.get(key, 0) :]:
                self.made[step.action] += 1
                if step.person is None:
                    self.told.append(f"the office makes {step.action} → {matter.facts.state}")
            self.seen[key] = len(matter.steps)
            for clock in matter.facts.clocks:
                assert self.dues.setdefault(clock.id, clock.due_original) == clock.due_original, "it never changes"
            always_true(matter.facts, TOWN)
            step = matter.steps[-1]
            if step.action in ("verify_pass", "verify_fail", "visit", "inspect", "review"):
                assert not step.standing.selves & matter.facts.handlers, "no handler judges the handling"  # 3


CROWDING = (
    "supplement", "correct", "ask_check", "comment", "supervise", "refer_out", "progress", "hand_down", "take_over",
    "void", "merge", "escalate", "inspect", "name_handler", "mediate", "verify_fail", "lift", "transfer", "reopen",
    "withdraw", "reject", "acknowledge", "handle_here", "visit", "redispatch", "ask_suspension",
)  # fmt: skip
"""Moves that would crowd out the others, the worst first."""
WEIGHT = {action: len(CROWDING) - place for place, action in enumerate(CROWDING)}
