"""Places and units come into the books: areas, grid versions, units, duties. All or nothing,
in the caller's transaction."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, Row, func, insert, select, update

from server.db import insert_once
from server.models import Area, Audience, Duty, Grid, Stamp, Unit
from server.models.numbers import next_change
from server.services.reference import PLACES, touch

LEVELS = ("city", "county", "township", "village")


class AreaLike(Protocol):
    """An area as an importer read it."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def parent(self) -> str | None: ...


class GridLike(Protocol):
    """A grid as an importer read it; geometry in WGS-84."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def layer(self) -> str: ...
    @property
    def village_code(self) -> str: ...
    @property
    def geometry(self) -> BaseGeometry: ...


class Redrawn(NamedTuple):
    """What an import of grids changed: codes of new, changed and ended grids."""

    added: Sequence[str]
    changed: Sequence[str]
    ended: Sequence[str]


def put_areas(tx: Connection, areas: Iterable[AreaLike]) -> int:
    """Add or rename areas, parents before children. Returns how many rows changed; none twice in a row."""
    known = {row.code: row for row in tx.execute(select(Area.__table__))}
    changed = 0
    for area in sorted(areas, key=lambda one: (LEVELS.index(one.level), one.code)):
        old = known.get(area.code)
        values = {"name": area.name, "level": area.level, "parent_code": area.parent}
        if old is None:
            tx.execute(insert(Area).values(code=area.code, **values))
        elif (old.name, old.level, old.parent_code) != tuple(values.values()):
            tx.execute(update(Area).where(Area.code == area.code).values(**values))
        else:
            continue
        changed += 1
    if changed:
        touch(tx, PLACES)
    return changed


def put_grids(tx: Connection, grids: Collection[GridLike], now: datetime) -> Redrawn:
    """Make these the current grids of every village they name; old versions stay for old cases.

    A village that the import does not name keeps its grids. The same grids twice change nothing.
    """
    villages = {grid.village_code for grid in grids}
    codes = {grid.code for grid in grids}
    current = {
        row.code: row
        for row in tx.execute(select(Grid.__table__).where(Grid.valid_to.is_(None)))
        if row.village_code in villages or row.code in codes
    }
    latest = _latest_versions(tx)
    fresh = [grid for grid in grids if grid.code not in current]
    changed = [grid for grid in grids if grid.code in current and _differs(current[grid.code], grid)]
    ended = sorted(current.keys() - codes)
    closing = [*ended, *(grid.code for grid in changed)]
    for batch in _batches(closing, 500):
        tx.execute(update(Grid).where(Grid.code.in_(batch), Grid.valid_to.is_(None)).values(valid_to=now))
    rows = [
        {
            "code": grid.code, "version": latest.get(grid.code, 0) + 1, "name": grid.name, "layer": grid.layer,
            "village_code": grid.village_code, "geometry": grid.geometry, "valid_from": now,
        }
        for grid in sorted((*fresh, *changed), key=lambda one: one.code)
    ]  # fmt: skip
    if rows:
        tx.execute(insert(Grid), rows)
    if rows or ended:
        touch(tx, PLACES)
    return Redrawn(sorted(g.code for g in fresh), sorted(g.code for g in changed), ended)


def add_unit(tx: Connection, name: str, kind: str, area_code: str) -> uuid.UUID:
    """Add a unit. An area has one centre; a second one is refused by the database."""
    unit_id = uuid.uuid4()
    tx.execute(insert(Unit).values(id=unit_id, name=name, kind=kind, area_code=area_code))
    touch(tx, PLACES)
    return unit_id


def add_missing_centres(tx: Connection) -> int:
    """Give every area without one its centre 综治中心, named after the area. Returns how many were added."""
    lacking = tx.execute(
        select(Area.code, Area.name)
        .where(~select(Unit.id).where(Unit.area_code == Area.code, Unit.kind == "centre").exists())
        .order_by(Area.code)
    ).all()
    for area in lacking:
        add_unit(tx, f"{area.name}综治中心", "centre", area.code)
    return len(lacking)


def add_duty(tx: Connection, category: str, area_code: str, unit_id: uuid.UUID) -> None:
    """Say that a unit answers for a category (and what is below it) in an area (and what is below it)."""
    row = {"id": uuid.uuid4(), "category": category, "area_code": area_code, "unit_id": unit_id}
    insert_once(tx, Duty, row)
    touch(tx, PLACES)


def keep_changes_in_order(tx: Connection) -> None:
    """After a restore into a new PostgreSQL cluster transaction ids begin anew: lift the offset over the past."""
    newest = tx.execute(select(func.max(Audience.change))).scalar() or 0
    if newest >= (present := next_change(tx)):
        tx.execute(
            update(Stamp).where(Stamp.name == "change_offset").values(version=Stamp.version + newest - present + 1)
        )


def _latest_versions(tx: Connection) -> dict[str, int]:
    rows = tx.execute(select(Grid.code, func.max(Grid.version).label("version")).group_by(Grid.code))
    return {row.code: row.version for row in rows}


def _differs(old: Row[Any], new: GridLike) -> bool:
    same_words = (old.name, old.layer, old.village_code) == (new.name, new.layer, new.village_code)
    return not (same_words and shapely.equals_identical(old.geometry, new.geometry))


def _batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
