"""Places and units come into the books: areas, grid versions, units, duties. All or nothing,
in the caller's transaction."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from grids.redraw import DrawnGrid, Redraw, compare
from server.db import insert_once, insert_rows, upsert_rows
from server.models import Area, Audience, Duty, Grid, GridDesk, Stamp, Unit
from server.models.numbers import next_change
from server.rules.refusals import invalid
from server.services import staffing
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


def put_areas(tx: Connection, areas: Iterable[AreaLike]) -> int:
    """Add or rename areas, parents before children. Returns how many rows changed; none twice in a row."""
    known = {row.code: row for row in tx.execute(select(Area.__table__))}
    fresh: list[dict[str, Any]] = []
    renamed = 0
    for area in sorted(areas, key=lambda one: (LEVELS.index(one.level), one.code)):
        old = known.get(area.code)
        values = {"name": area.name, "level": area.level, "parent_code": area.parent}
        if old is None:
            fresh.append({"code": area.code, **values})
        elif (old.name, old.level, old.parent_code) != tuple(values.values()):
            tx.execute(update(Area).where(Area.code == area.code).values(**values))
            renamed += 1
    insert_rows(tx, Area, fresh)
    if fresh or renamed:
        touch(tx, PLACES)
    return len(fresh) + renamed


def area_codes(connection: Connection, level: str | None = None) -> set[str]:
    """Codes of the areas in the books, of one level or all."""
    statement = select(Area.code) if level is None else select(Area.code).where(Area.level == level)
    return set(connection.execute(statement).scalars())


def current_grids(connection: Connection) -> Sequence[Row[Any]]:
    """All grids in force, by code: the columns of `Grid`."""
    return connection.execute(select(Grid.__table__).where(Grid.valid_to.is_(None)).order_by(Grid.code)).all()


def put_grids(tx: Connection, grids: Collection[DrawnGrid], now: datetime) -> Redraw:
    """Make these the current grids of every village they name; old versions stay for old cases.

    A village that the import does not name keeps its grids. The same grids twice change nothing.
    """
    villages = {grid.village_code for grid in grids}
    codes = {grid.code for grid in grids}
    touched = [row for row in current_grids(tx) if row.village_code in villages or row.code in codes]
    redraw = compare(touched, grids)
    for batch in _batches([*redraw.removed, *redraw.changed], 500):
        tx.execute(update(Grid).where(Grid.code.in_(batch), Grid.valid_to.is_(None)).values(valid_to=now))
    latest = _latest_versions(tx)
    rows = [
        {
            "code": grid.code, "version": latest.get(grid.code, 0) + 1, "name": grid.name, "layer": grid.layer,
            "village_code": grid.village_code, "geometry": grid.geometry, "valid_from": now,
        }
        for grid in sorted(grids, key=lambda one: one.code)
        if grid.code in redraw.changed or grid.code in redraw.added
    ]  # fmt: skip
    if rows:
        tx.execute(insert(Grid), rows)
    if rows or redraw.removed:
        touch(tx, PLACES)
    return redraw


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
        .where(
            ~select(Unit.id).where(Unit.area_code == Area.code, Unit.kind == "centre", Unit.ended_at.is_(None)).exists()
        )
        .order_by(Area.code)
    ).all()
    rows = [
        {"id": uuid.uuid4(), "name": f"{area.name}综治中心", "kind": "centre", "area_code": area.code}
        for area in lacking
    ]
    insert_rows(tx, Unit, rows)
    if rows:
        touch(tx, PLACES)
    return len(rows)


def end_unit(tx: Connection, unit_id: uuid.UUID, successor_id: uuid.UUID, now: datetime) -> None:
    """A unit ends: its duties go to its successor, its members keep their accounts and lose their roles in it. Cases
    follow one by one (`sweep.succeed`).

    Raises:
        Refusal: `invalid` when either does not exist or has ended, or a centre's successor is no centre.
    """
    rows = {row.id: row for row in tx.execute(select(Unit.__table__).where(Unit.id.in_((unit_id, successor_id))))}
    old, new = rows.get(unit_id), rows.get(successor_id)
    if old is None or old.ended_at is not None:
        raise invalid("unit", "没有这个单位，或它已撤销。", "There is no such unit, or it has ended.")
    if new is None or new.ended_at is not None or new.id == old.id or new.kind != old.kind:
        raise invalid("successor", "承接单位须存在、在任且同类。", "The successor is no unit of that kind in office.")
    tx.execute(update(Unit).where(Unit.id == unit_id).values(ended_at=now, successor_id=successor_id))
    answered = select(Duty.category, Duty.area_code).where(Duty.unit_id == unit_id)
    for duty in tx.execute(answered).all():
        add_duty(tx, duty.category, duty.area_code, successor_id)
    tx.execute(delete(Duty).where(Duty.unit_id == unit_id))
    staffing.end_grants_on(tx, unit_id, now)
    touch(tx, PLACES)


def village_of(tx: Connection, grid_code: str) -> str:
    """The village of a grid in force.

    Raises:
        Refusal: `invalid` when there is none of this code.
    """
    village = tx.execute(select(Grid.village_code).where(Grid.code == grid_code, Grid.valid_to.is_(None))).scalar()
    if village is None:
        raise invalid("grid", f"没有网格 {grid_code}。", f"There is no grid {grid_code}.")
    return str(village)


def give_desk(tx: Connection, grid_code: str, unit_id: uuid.UUID) -> None:
    """A special grid's desk is its own from now on.

    Raises:
        Refusal: `invalid` when the grid is no special one in force, or the unit no desk.
    """
    layer = tx.execute(select(Grid.layer).where(Grid.code == grid_code, Grid.valid_to.is_(None))).scalar()
    kind = tx.execute(select(Unit.kind).where(Unit.id == unit_id, Unit.ended_at.is_(None))).scalar()
    if layer != "special":
        raise invalid("grid", f"{grid_code} 不是现行的专属网格。", f"{grid_code} is no special grid in force.")
    if kind != "desk":
        raise invalid("unit", "该单位不是专属网格工作站。", "That unit is no desk of special grids.")
    upsert_rows(tx, GridDesk, [{"grid_code": grid_code, "unit_id": unit_id}])
    touch(tx, PLACES)


def add_duty(tx: Connection, category: str, area_code: str, unit_id: uuid.UUID) -> None:
    """Say that a unit answers for a category (and what is below it) in an area (and what is below it)."""
    row = {"id": uuid.uuid4(), "category": category, "area_code": area_code, "unit_id": unit_id}
    insert_once(tx, Duty, row, "category", "area_code", "unit_id")
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


def _batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
