"""Reference data held in memory: the map of places and units, and the rule book.

Each process reads them once and again when their stamp in the database has changed; whoever comes with a
newer stamp waits for one reload, while requests that began earlier go on with what they had.
"""

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Generic, TypeVar

from flask import current_app
from sqlalchemy import Connection, select, update

from grids.locator import GridShape, Layer, Locator
from server.models import Area, Category, Duty, Grid, GridDesk, Holiday, Limit, Reason, Rule, Stamp, Unit
from server.office import office
from server.rules import rulebook
from server.rules.deadlines import Span
from server.rules.rulebook import RuleBook
from server.rules.workdays import Calendar

PLACES, RULES = "places", "rules"
DESKS = ("centre", "desk")
"""Kinds of units that receive cases and hand them out."""


@dataclass(frozen=True, slots=True)
class AreaEntry:
    """行政区划 as held in memory."""

    code: str
    name: str
    level: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class GridEntry:
    """A current grid without its shape; `id` names this version for good, `bounds` are west, south, east, north."""

    id: int
    code: str
    name: str
    layer: Layer
    village: str
    version: int
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class UnitEntry:
    """单位 as held in memory."""

    id: uuid.UUID
    name: str
    kind: str
    area: str


@dataclass(frozen=True, slots=True)
class Atlas:
    """Areas, current grids, units and duties of one stamp.

    Args:
        centres: area code → its centre.
        duties: (category or what is above it, area code) → units that answer.
        desks: code of a special grid → its own desk.
        children: area code → areas directly below. `units_of`: area code → its units in office.
        grids_of: village code → its grids.
        _lines, _above: what `line_of` and `superiors` found before; a form asks them for every centre of a city.
    """

    version: int
    areas: Mapping[str, AreaEntry]
    grids: Mapping[str, GridEntry]
    units: Mapping[uuid.UUID, UnitEntry]
    centres: Mapping[str, UnitEntry]
    duties: Mapping[tuple[str, str], tuple[uuid.UUID, ...]]
    locator: Locator
    desks: Mapping[str, uuid.UUID]
    children: Mapping[str, Sequence[str]]
    units_of: Mapping[str, Sequence[uuid.UUID]]
    grids_of: Mapping[str, Sequence[str]]
    _lines: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    _above: dict[uuid.UUID, tuple[uuid.UUID, ...]] = field(default_factory=dict, repr=False, compare=False)

    def desk_of(self, grid: str | None, area: str) -> uuid.UUID | None:
        """The desk that a place belongs to: a special grid's own, else the village's; None above villages."""
        if grid is not None and grid in self.desks:
            return self.desks[grid]
        centre = self.centres.get(area) if self.areas[area].level == "village" else None
        return centre.id if centre else None

    def line_of(self, area: str) -> tuple[str, ...]:
        """The area's code and those above it, lowest first."""
        known = self._lines.get(area)
        if known is None:
            parent = self.areas[area].parent
            known = self._lines[area] = (area, *(self.line_of(parent) if parent is not None else ()))
        return known

    def name_of(self, unit: uuid.UUID) -> str:
        """What the unit is called, also when it has ended."""
        return self.units[unit].name

    def ancestor(self, area: str, level: str) -> str | None:
        """The code of this level on the line from the area upwards (the area itself counts)."""
        return next((code for code in self.line_of(area) if self.areas[code].level == level), None)

    def superiors(self, unit: uuid.UUID) -> tuple[uuid.UUID, ...]:
        """Centres above a unit: a department's first superior is its own area's centre."""
        known = self._above.get(unit)
        if known is None:
            entry = self.units[unit]
            line = self.line_of(entry.area)[1 if entry.kind in DESKS else 0 :]
            known = self._above[unit] = tuple(self.centres[code].id for code in line if code in self.centres)
        return known

    def parent_centre(self, unit: uuid.UUID) -> uuid.UUID | None:
        """The centre above a unit; the top centre has none."""
        return next(iter(self.superiors(unit)), None)

    def is_centre(self, unit: uuid.UUID) -> bool:
        """Is it a centre or a special grid's desk, and not a department or mediation body?"""
        return self.units[unit].kind in DESKS

    def child_centres(self, centre: uuid.UUID) -> list[uuid.UUID]:
        """Centres directly below."""
        below = self.children.get(self.units[centre].area, ())
        return [self.centres[code].id for code in below if code in self.centres]

    def centres_below(self, centre: uuid.UUID) -> list[uuid.UUID]:
        """Centres below, at any depth, the nearest level first."""
        found, level = list[uuid.UUID](), self.child_centres(centre)
        while level:
            found += level
            level = [lower for one in level for lower in self.child_centres(one)]
        return found

    def peers(self, centre: uuid.UUID) -> list[uuid.UUID]:
        """Other centres of the same level: those of the same parent first."""
        entry, level = self.units[centre], self.level_of(centre)
        parent = self.areas[entry.area].parent
        others = [one for code, one in self.centres.items() if self.areas[code].level == level and one.id != centre]
        return [one.id for one in sorted(others, key=lambda one: (self.areas[one.area].parent != parent, one.area))]

    def covers(self, centre: uuid.UUID, area: str) -> bool:
        """Does the area lie in the centre's own?"""
        return self.within(area, self.units[centre].area)

    def inside(self, area: str, outer: str) -> bool:
        """Is the area the outer one or below it?"""
        return area in self.areas and self.within(area, outer)

    def answering(self, categories: Sequence[str], area: str) -> list[uuid.UUID]:
        """Units whose duty it is where the area lies, the nearest first; `categories`: one and those above it."""
        line = self.line_of(area)
        found = (unit for code in line for one in categories for unit in self.duties.get((one, code), ()))
        return list(dict.fromkeys(found))

    def area_of(self, unit: uuid.UUID) -> str:
        """The code of the unit's area."""
        return self.units[unit].area

    def within_reach(self, centre: uuid.UUID) -> list[uuid.UUID]:
        """Units a centre may hand work to: itself, departments and mediation bodies of its area, and for a
        township its village desks."""
        area = self.units[centre].area
        if self.units[centre].kind == "desk":
            return [centre]
        own = list(self.units_of.get(area, ()))
        return own + self.child_centres(centre) if self.areas[area].level == "township" else own

    def level_of(self, unit: uuid.UUID) -> str:
        """The level of the area a unit belongs to."""
        return self.areas[self.units[unit].area].level

    def within(self, area: str, ancestor: str) -> bool:
        """Is the area the other one or below it?"""
        return ancestor in self.line_of(area)


Held = TypeVar("Held")


class Shelf(Generic[Held]):
    """One value and the stamp it belongs to; replaced as a whole."""

    def __init__(self, load: Callable[[Connection, int], Held]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._held: tuple[int, Held] | None = None

    def get(self, connection: Connection, stamp: int) -> Held:
        """The value for this stamp or a newer one."""
        held = self._held
        if held is None or held[0] < stamp:
            with self._lock:
                held = self._held
                if held is None or held[0] < stamp:
                    held = self._held = (stamp, self._load(connection, stamp))
        return held[1]


def atlas(connection: Connection, stamp: int | None = None) -> Atlas:
    """The places as of `stamp` (asked of the database when not given)."""
    return _shelves()[0].get(connection, _stamp(connection, PLACES) if stamp is None else stamp)


def rule_book(connection: Connection, stamp: int | None = None) -> RuleBook:
    """The rule book as of `stamp` (asked of the database when not given)."""
    return _shelves()[1].get(connection, _stamp(connection, RULES) if stamp is None else stamp)


def rule_book_or_none(connection: Connection) -> RuleBook | None:
    """The rule book, or None before one was loaded."""
    return rule_book(connection) if connection.execute(select(Rule.key).limit(1)).first() else None


def touch(tx: Connection, name: str) -> None:
    """Say that the named reference data has changed."""
    tx.execute(update(Stamp).where(Stamp.name == name).values(version=Stamp.version + 1))


def _shelves() -> tuple[Shelf[Atlas], Shelf[RuleBook]]:
    shelves: tuple[Shelf[Atlas], Shelf[RuleBook]] = current_app.extensions.setdefault(
        "gridloop_reference", (Shelf(_load_atlas), Shelf(_load_rules))
    )
    return shelves


def _stamp(connection: Connection, name: str) -> int:
    version: int = connection.execute(select(Stamp.version).where(Stamp.name == name)).scalar_one()
    return version


def _load_atlas(connection: Connection, stamp: int) -> Atlas:
    areas = {
        row.code: AreaEntry(row.code, row.name, row.level, row.parent_code)
        for row in connection.execute(select(Area.__table__))
    }
    current = connection.execute(select(Grid.__table__).where(Grid.valid_to.is_(None))).all()
    units = {
        row.id: UnitEntry(row.id, row.name, row.kind, row.area_code)
        for row in connection.execute(select(Unit.__table__))
    }
    ended = set(connection.execute(select(Unit.id).where(Unit.ended_at.is_not(None))).scalars())
    in_office = [unit for unit in units.values() if unit.id not in ended]
    children: dict[str, list[str]] = {}
    for area in areas.values():
        if area.parent is not None:
            children.setdefault(area.parent, []).append(area.code)
    units_of: dict[str, list[uuid.UUID]] = {}
    for unit in in_office:
        units_of.setdefault(unit.area, []).append(unit.id)
    grids_of: dict[str, list[str]] = {}
    for grid in current:
        grids_of.setdefault(grid.village_code, []).append(grid.code)
    duties: dict[tuple[str, str], tuple[uuid.UUID, ...]] = {}
    for row in connection.execute(select(Duty.__table__).order_by(Duty.id)):
        key = (row.category, row.area_code)
        duties[key] = (*duties.get(key, ()), row.unit_id)
    return Atlas(
        version=stamp,
        areas=areas,
        grids={
            row.code: GridEntry(
                row.id, row.code, row.name, row.layer, row.village_code, row.version, row.geometry.bounds
            )
            for row in current
        },
        units=units,
        centres={unit.area: unit for unit in in_office if unit.kind == "centre"},
        duties=duties,
        desks={row.grid_code: row.unit_id for row in connection.execute(select(GridDesk.__table__))},
        children=children,
        units_of=units_of,
        grids_of=grids_of,
        locator=Locator(GridShape(row.code, row.layer, row.geometry) for row in current),
    )


def _load_rules(connection: Connection, _stamp: int) -> RuleBook:
    numbers = {row.key: row.value for row in connection.execute(select(Rule.__table__))}
    reasons: dict[str, dict[str, tuple[str, str]]] = {}
    for row in connection.execute(select(Reason.__table__).order_by(Reason.action, Reason.code)):
        reasons.setdefault(row.action, {})[row.code] = (row.zh, row.en)
    return RuleBook(
        categories={
            row.code: rulebook.Category(**row._mapping)
            for row in connection.execute(select(Category.__table__).order_by(Category.code))
        },
        limits={
            (row.category, row.urgency, row.kind): Span(row.amount, row.unit)
            for row in connection.execute(select(Limit.__table__))
        },
        reasons=reasons,
        numbers=numbers,
        calendar=Calendar(
            zone=office().settings.timezone,
            shifts=[(time.fromisoformat(start), time.fromisoformat(end)) for start, end in numbers["office_shifts"]],
            overrides={row.day: row.kind == "work" for row in connection.execute(select(Holiday.__table__))},
        ),
    )
