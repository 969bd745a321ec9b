"""What is new for one person since a cursor: cases, messages, packs, grants. One indexed read when nothing is.

A page ends below the oldest transaction still running (`numbers.change_horizon`), so a row that commits late
is never skipped. Without a cursor the answer is an empty page and a cursor for now: read lists after that.
"""

import base64
import json
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, literal, select, tuple_, union_all

from server.models import Audience, Case, Message, Person
from server.models.numbers import change_horizon
from server.rules.refusals import Refusal, invalid
from server.services import access
from server.services.hearing import Hearing

PAGE = 200
_LAST = uuid.UUID(int=2**128 - 1)


class Cursor(NamedTuple):
    """How far a device has heard: the last change, and the reference data it knew.

    `id` is the case or message heard of last under that change number.
    """

    change: int
    id: uuid.UUID
    places: int
    rules: int

    def text(self) -> str:
        packed = json.dumps([self.change, str(self.id), self.places, self.rules])
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


class News(NamedTuple):
    """A page of changes, oldest first."""

    items: Sequence[dict[str, Any]]
    next_cursor: str
    more: bool


def since(hearing: Hearing, cursor_text: str | None) -> News:
    """What changed for this person.

    Raises:
        Refusal: `invalid` naming `since`; `cursor_expired` when the books do not reach that far.
    """
    horizon = change_horizon(hearing.tx)
    person = hearing.person
    if cursor_text is None:
        start = Cursor(horizon - 1, _LAST, person.places_stamp, person.rules_stamp)
        return News([], start.text(), False)
    cursor = _read(cursor_text)
    if cursor.change >= horizon or cursor.places > person.places_stamp or cursor.rules > person.rules_stamp:
        raise Refusal("cursor_expired")
    keys = _keys(hearing, cursor, horizon)
    page, more = keys[:PAGE], len(keys) > PAGE
    items = _cases(hearing, [key.id for key in page if key.kind == "case"])
    items += [{"kind": "message", "id": key.id, "version": key.change, "gone": False} for key in page
              if key.kind == "message"]  # fmt: skip
    if (cursor.places, cursor.rules) != (person.places_stamp, person.rules_stamp):
        version = person.places_stamp + person.rules_stamp
        items += [{"kind": "packs", "id": code, "version": version, "gone": False} for code in _pack_areas(hearing)]
    last = page[-1] if page else cursor
    change, latest = last.change, last.id
    granted = _granted_at(hearing)
    if cursor.change < granted < (change + 1 if more else horizon):
        items.append({"kind": "grants", "id": person.id, "version": granted, "gone": False})
        if granted > change:  # everything below it is on this page; tell of the grants once
            change, latest = granted, _LAST
    return News(items, Cursor(change, latest, person.places_stamp, person.rules_stamp).text(), more)


def _keys(hearing: Hearing, cursor: Cursor, horizon: int) -> Sequence[Row[Any]]:
    """What this person's cases and messages changed in, oldest first: two ranges of an index, merged."""

    def new(change: Any, key: Any) -> ColumnElement[bool]:
        after = tuple_(change, key) > tuple_(literal(cursor.change), literal(cursor.id, Audience.case_id.type))
        within: ColumnElement[bool] = (change < horizon) & (change >= cursor.change)
        return within & after

    cases = (
        select(Audience.change, Audience.case_id.label("id"), literal("case").label("kind"))
        .where(Audience.subject.in_(access.subjects(hearing.person)), new(Audience.change, Audience.case_id))
        .distinct()
        .order_by(Audience.change, Audience.case_id)
        .limit(PAGE + 1)
        .subquery()
    )
    messages = (
        select(Message.change, Message.id, literal("message").label("kind"))
        .where(Message.person_id == hearing.person.id, new(Message.change, Message.id))
        .order_by(Message.change, Message.id)
        .limit(PAGE + 1)
        .subquery()
    )
    both = union_all(select(cases), select(messages)).subquery()
    return hearing.tx.execute(select(both).order_by(both.c.change, both.c.id).limit(PAGE + 1)).all()


def _cases(hearing: Hearing, ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    if not ids:
        return []
    rows = hearing.tx.execute(
        select(Audience.case_id, Audience.gone, Case.version)
        .join(Case, Case.id == Audience.case_id)
        .where(Audience.case_id.in_(ids), Audience.subject.in_(access.subjects(hearing.person)))
    )
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for row in rows:
        item = found.setdefault(row.case_id, {"kind": "case", "id": row.case_id, "version": row.version, "gone": True})
        item["gone"] = item["gone"] and row.gone
    for item in found.values():
        if item["gone"]:
            item["version"] = 0  # how the case goes on without them is not theirs to count
    return [found[one] for one in dict.fromkeys(ids)]


def _granted_at(hearing: Hearing) -> int:
    change: int = hearing.tx.execute(select(Person.grants_change).where(Person.id == hearing.person.id)).scalar_one()
    return change


def _pack_areas(hearing: Hearing) -> list[str]:
    """The areas whose offline packs this person carries: villages of their grids, areas of their units."""
    atlas, person = hearing.atlas, hearing.person
    codes = [atlas.grids[grid].village for grid in person.grids if grid in atlas.grids]
    codes += [atlas.units[unit].area for unit in person.units if unit in atlas.units]
    return list(dict.fromkeys(codes))


def _read(text: str) -> Cursor:
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        change, key, places, rules = json.loads(packed)
        if not all(type(number) is int and 0 <= number < 2**63 for number in (change, places, rules)):
            raise ValueError(packed)
        return Cursor(change, uuid.UUID(key), places, rules)
    except (ValueError, TypeError, AttributeError):
        raise invalid("since", "同步位置无效。", "This cursor is not valid.") from None
