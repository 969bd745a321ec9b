"""An office on paper: a town's units and people, and cases that move in memory by the rules alone."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from geodata.rulebook import read_rulebook
from server.rules.deadlines import Span
from server.rules.effects import Ask, Effects, World, apply
from server.rules.facts import Facts
from server.rules.history import remember
from server.rules.merging import with_follower, without_follower
from server.rules.rulebook import Category, RuleBook
from server.rules.situation import Situation
from server.rules.standing import SYSTEM, Standing, Who, stand
from server.rules.upkeep import due_move
from server.rules.workdays import Calendar
from server.rules.workflow import BY_ACTION, OVERTAKING, Offer, decide, offers

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Monday, 09:00 in the office."""

SAMPLED = "C-05"
"""A category of which 30 in 100 are verified."""
AREAS = {
    "99": ("city", None), "9901": ("county", "99"), "9902": ("county", "99"),
    "990101": ("township", "9901"), "990102": ("township", "9901"),
    "99010101": ("village", "990101"), "99010102": ("village", "990101"), "99010201": ("village", "990102"),
}  # fmt: skip
UNITS = {
    "city": ("centre", "99"), "county": ("centre", "9901"), "other_county": ("centre", "9902"),
    "north": ("centre", "990101"), "south": ("centre", "990102"),
    "north1": ("centre", "99010101"), "north2": ("centre", "99010102"), "south1": ("centre", "99010201"),
    "fire": ("department", "990101"), "police": ("department", "990101"), "mediators": ("mediation", "990101"),
    "elders": ("mediation", "99010101"), "bureau": ("department", "9901"),
}  # fmt: skip
"""Name → kind and area. `north` is a township with two village desks, two departments and a mediation body."""


def unit_id(name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"unit {name}")


def person_id(name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, name)


def _line(area: str | None) -> list[str]:
    return [] if area is None else [area, *_line(AREAS[area][1])]


class Town:
    """The tree of units, as the rules ask about it."""

    def __init__(self) -> None:
        self.kinds = {unit_id(name): kind for name, (kind, _) in UNITS.items()}
        self.areas = {unit_id(name): area for name, (_, area) in UNITS.items()}
        self.names = {unit_id(name): name for name in UNITS}
        self.centres = {area: unit_id(name) for name, (kind, area) in UNITS.items() if kind == "centre"}
        self._above = {
            unit: [self.centres[code] for code in _line(area)[self.is_centre(unit) :]]
            for unit, area in self.areas.items()
        }  # fmt: skip

    def level_of(self, unit: uuid.UUID) -> str:
        return AREAS[self.areas[unit]][0]

    def name_of(self, unit: uuid.UUID) -> str:
        return self.names[unit]

    def is_centre(self, unit: uuid.UUID) -> bool:
        return self.kinds[unit] == "centre"

    def superiors(self, unit: uuid.UUID) -> Sequence[uuid.UUID]:
        return self._above[unit]

    def parent_centre(self, unit: uuid.UUID) -> uuid.UUID | None:
        return next(iter(self._above[unit]), None)

    def child_centres(self, centre: uuid.UUID) -> Sequence[uuid.UUID]:
        return [unit for area, unit in self.centres.items() if AREAS[area][1] == self.areas[centre]]

    def centres_below(self, centre: uuid.UUID) -> Sequence[uuid.UUID]:
        return [unit for unit in self.centres.values() if centre in self._above[unit]]

    def peers(self, centre: uuid.UUID) -> Sequence[uuid.UUID]:
        level = self.level_of(centre)
        return [unit for unit in self.centres.values() if unit != centre and self.level_of(unit) == level]

    def within_reach(self, centre: uuid.UUID) -> Sequence[uuid.UUID]:
        own = [unit for unit, area in self.areas.items() if area == self.areas[centre]]
        return own + list(self.child_centres(centre)) if self.level_of(centre) == "township" else own

    def covers(self, centre: uuid.UUID, area: str) -> bool:
        return self.inside(area, self.areas[centre])

    def centres_over(self, area: str) -> Sequence[uuid.UUID]:
        return [self.centres[code] for code in _line(area)]

    def inside(self, area: str, outer: str) -> bool:
        return outer in _line(area)

    def area_of(self, unit: uuid.UUID) -> str:
        return self.areas[unit]

    def answering(self, categories: Sequence[str], area: str) -> Sequence[uuid.UUID]:
        return [unit_id("fire")] if self.inside(area, "990101") and "H-FIRE" in categories else []


class QuickCalendar(Calendar):
    """The office's calendar, which looks each day up once: walks ask about the same weeks again and again."""

    @cache  # noqa: B019  # there is one, and it lasts
    def shift_spans(self, day: date) -> list[tuple[datetime, datetime]]:
        return super().shift_spans(day)

    @cache  # noqa: B019
    def next_workday(self, day: date) -> date:
        return super().next_workday(day)

    __hash__ = object.__hash__


@cache
def rule_book() -> RuleBook:
    """The default rule book, with one category of which only a share is verified."""
    book = read_rulebook()
    reasons: dict[str, dict[str, tuple[str, str]]] = {}
    for row in book.reasons:
        reasons.setdefault(row.action, {})[row.code] = (row.zh, row.en)
    return RuleBook(
        categories={
            row.code: Category(**{name: getattr(row, name) for name in Category.__slots__}) for row in book.categories
        },
        limits={(row.category, row.urgency, row.kind): Span(row.amount, row.unit) for row in book.limits},
        reasons=reasons,
        numbers={**book.numbers, "verify_share": {"*": 100, SAMPLED: 30}},
        calendar=QuickCalendar(ZoneInfo("Asia/Shanghai"), [(time(8, 30), time(12)), (time(14, 30), time(18))]),
    )


def _who(name: str, *units: str, leads: str = "", inspects: str = "", stands_for: str = "") -> Who:
    led = frozenset([unit_id(leads)]) if leads else frozenset()
    return Who(
        person_id(name), frozenset(unit_id(one) for one in units) | led, led,
        frozenset([inspects]) if inspects else frozenset(),
        frozenset([person_id(stands_for)]) if stands_for else frozenset(),
    )  # fmt: skip


PEOPLE: Mapping[str, Who] = {
    "worker": _who("worker"),
    "cadre": _who("cadre", "north1"),
    "second cadre": _who("second cadre", "north1"),
    "village head": _who("village head", leads="north1"),
    "neighbour cadre": _who("neighbour cadre", "north2"),
    "southern cadre": _who("southern cadre", "south1"),
    "clerk": _who("clerk", "north"),
    "second clerk": _who("second clerk", "north"),
    "leader": _who("leader", leads="north"),
    "southern clerk": _who("southern clerk", "south"),
    "southern leader": _who("southern leader", leads="south"),
    "county clerk": _who("county clerk", "county"),
    "county leader": _who("county leader", leads="county"),
    "city clerk": _who("city clerk", "city"),
    "city leader": _who("city leader", leads="city"),
    "fireman": _who("fireman", "fire"),
    "fire chief": _who("fire chief", leads="fire"),
    "stand-in": _who("stand-in", "fire", stands_for="fireman"),
    "policeman": _who("policeman", "police"),
    "mediator": _who("mediator", "mediators"),
    "elder": _who("elder", "elders"),
    "official": _who("official", "bureau"),
    "inspector": _who("inspector", inspects="9901"),
    "stranger": _who("stranger", "other_county"),
}
"""Everyone of the town by what they are."""
LED = frozenset(unit for who in PEOPLE.values() for unit in who.leads)
TOWN = Town()
WORLD = World(rule_book(), TOWN)


@dataclass
class Step:
    """One move that was made."""

    id: uuid.UUID
    action: str
    person: str | None
    at: datetime
    effects: Effects
    standing: Standing
    payload: Mapping[str, Any]
    unit: uuid.UUID | None
    device_at: datetime | None


@dataclass
class PaperOffice:
    """Cases that move in memory; one clock for all of them."""

    now: datetime = START
    matters: dict[uuid.UUID, "Matter"] = field(default_factory=dict)
    made: int = 0
    changes: set[tuple[str, str | None, str | None]] = field(default_factory=set)

    def file(self, by: str = "worker", category: str = "H-FIRE-01", urgency: int = 2, **more: Any) -> "Matter":
        """A report becomes a case, held by the first village desk unless `holder` says otherwise."""
        holder = unit_id(more.pop("holder", "north1"))
        area = more.pop("area_code", "99010101")
        facts = Facts(
            None, category, urgency, holder, self.new_id(), area_code=area, received_at=self.now,
            reporters=frozenset([person_id(by)]),
            village_desk=TOWN.centres[area] if AREAS[area][0] == "village" else None, **more,
        )  # fmt: skip
        matter = Matter(self, facts)
        self.matters[facts.id or uuid.uuid4()] = matter
        matter.make(by, "submit", {}, standing=Standing(person_id(by), frozenset({"reporter"})))
        return matter

    def new_id(self) -> uuid.UUID:
        self.made += 1
        return uuid.uuid5(uuid.NAMESPACE_DNS, str(self.made))

    def wait(self, **span: float) -> None:
        """Time passes; the office does by itself what falls due meanwhile, in the order in which it does."""
        self.wait_until(self.now + timedelta(**span))

    def wait_until(self, moment: datetime) -> None:
        while True:
            looks = {one: one.facts.wake_at for one in self.matters.values() if one.facts.wake_at is not None}
            matter = min(looks, key=lambda one: looks[one], default=None)
            if matter is None or looks[matter] > moment:
                break
            self.now = max(self.now, looks[matter])
            timed = due_move(matter.facts, WORLD, self.now)
            assert timed is not None, "it is time to look, and nothing is due"
            matter.make(None, timed.action, timed.payload, step_id=timed.id, request=timed.request)
        self.now = moment


@dataclass(eq=False)
class Matter:
    """A case under way: its facts, and the steps that led to them."""

    office: PaperOffice
    facts: Facts
    steps: list[Step] = field(default_factory=list)
    ids: set[uuid.UUID] = field(default_factory=set)
    born: Facts | None = None

    def __post_init__(self) -> None:
        self.born = self.facts

    def standing(self, name: str | None) -> Standing:
        return SYSTEM if name is None else stand(PEOPLE[name], self.present(), TOWN, WORLD.rules)

    def present(self) -> Facts:
        """The case as it stands, a follower with its master."""
        master = self.office.matters[self.facts.master_id] if self.facts.master_id else None
        return replace(self.facts, master=master.facts) if master else self.facts

    def here(self, name: str) -> Situation:
        return Situation(self.present(), self.standing(name), WORLD, self.office.now)

    def offers(self, name: str) -> list[Offer]:
        return offers(self.here(name))

    def may(self, name: str) -> set[str]:
        """Words of the moves this person may make now."""
        return {offer.move.action for offer in self.offers(name)}

    def make(
        self, name: str | None, action: str, payload: Mapping[str, Any], *, standing: Standing | None = None,
        step_id: uuid.UUID | None = None, based_on: int | None = None, device_at: datetime | None = None, **about: Any,
    ) -> Effects:  # fmt: skip
        """One move, and what the office does right after it."""
        standing = standing or self.standing(name)
        other = self._named(action, payload)
        ask = Ask(
            step_id or self.office.new_id(), action, payload, self.office.now, standing, device_at=device_at,
            other=other.facts if other else None, **about,
        )  # fmt: skip
        facts = replace(self.present(), led=LED)
        seen = len(self.steps) if based_on is None else based_on
        overtaken = BY_ACTION[action].compares and any(
            step.action in OVERTAKING and step.person != name for step in self.steps[seen:]
        )
        effects, unit = decide(facts, ask, WORLD, overtaken=overtaken)
        assert ask.step_id not in self.ids, "a step is made twice"
        self.ids.add(ask.step_id)
        before = self.facts.state
        self.facts = apply(self.facts, effects, self.office.now, device_at)
        self.office.changes.add((action, before, self.facts.state))
        self.steps.append(Step(ask.step_id, action, name, self.office.now, effects, standing, payload, unit, device_at))
        self.facts = self._remembered(self.facts, self.steps[-1])
        self._then(effects, other)
        return effects

    def folded(self) -> Facts:
        """The case as its steps lead to it from nothing."""
        assert self.born is not None
        facts = self.born
        for step in self.steps:
            facts = self._remembered(apply(facts, step.effects, step.at, step.device_at), step)
        return facts

    @staticmethod
    def _remembered(facts: Facts, step: Step) -> Facts:
        for person in step.standing.selves or {step.standing.person}:
            facts = remember(facts, step.action, person, None, step.unit, step.payload, step.at)
        if step.action == "supplement" and step.payload.get("parties"):
            facts = replace(facts, resident=True)
        return facts

    def _named(self, action: str, payload: Mapping[str, Any]) -> "Matter | None":
        name = {"merge": "master", "void": "case", "accept": "repeat_of", "handle_here": "repeat_of"}.get(action, "")
        return self.office.matters[uuid.UUID(payload[name])] if payload.get(name) else None

    def _then(self, effects: Effects, other: "Matter | None") -> None:
        if effects.then is None:
            return
        action, payload = effects.then
        if action == "absorb" and other is not None:
            other.facts = with_follower(other.facts, self.facts)
            other.make(None, action, payload)
        elif action == "release":
            merge = next(step for step in reversed(self.steps) if step.action == "merge")
            master = self.office.matters[uuid.UUID(merge.payload["master"])]
            master.facts = without_follower(master.facts, self.facts)
            master.make(None, action, payload)
        elif action == "doubt":
            assert self.facts.master_id is not None
            self.office.matters[self.facts.master_id].make(None, action, payload)
        else:
            self.make(None, action, payload)
