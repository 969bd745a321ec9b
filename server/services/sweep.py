"""What the office does by itself when time passes: it looks at every case that is due and makes the timed moves.

Any number of processes may sweep at once: each case is locked while it is looked at, one that somebody else holds is
left for the next round, and a timed move's id follows from its clock, so that nothing fires twice. After days of
downtime a clock fires its highest stage only.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from sqlalchemy import ColumnElement, and_, or_, select, tuple_

from server.db import glance, transaction
from server.models import Assignment, Case, Grant, Request
from server.models.extracts import text_field
from server.rules.effects import Ask, World
from server.rules.facts import ACTIVE, OPEN, Facts, TaskState
from server.rules.standing import SYSTEM
from server.rules.upkeep import Timed, due_move, recount
from server.services import cases, holding
from server.services.hearing import Hearing, hear_the_office
from server.services.records import Record

PAGE = 200
MOST_AT_ONCE = 20
"""Timed moves on one case in one round; the rest comes with the next."""

_log = structlog.get_logger("gridloop.sweep")


def sweep(now: datetime) -> int:
    """Look at every case whose time has come. Returns how many moves were made."""
    made = sum(_try(case_id, partial(_look_at, now=now)) for case_id in _waking(now))
    for case_id, person in _left_handlers(now):
        release = partial(_by_itself, now=now, action="release_handler", payload={"person": str(person)}, wait=False)
        made += _try(case_id, release)
    return made


def _try(case_id: uuid.UUID, move: Callable[[uuid.UUID], int]) -> int:
    """How many moves were made. A case that cannot be moved must not keep the others waiting; it is tried again."""
    try:
        return move(case_id)
    except Exception:
        _log.exception("sweep_failed", case=str(case_id))
        return 0


def recount_all(now: datetime) -> int:
    """After the calendar changed: let the running clocks of all open cases follow. Returns how many cases moved."""
    return sum(_try(case_id, partial(_recount, now=now)) for case_id in _pages(Case.state.in_(OPEN)))


def _recount(case_id: uuid.UUID, now: datetime) -> int:
    with transaction() as tx:
        hearing = hear_the_office(tx, now)
        held = holding.hold(hearing, case_id)
        if held is None:
            return 0
        world, record = World(hearing.rules, hearing.atlas), held.record
        if not recount(record.facts, Ask(uuid.uuid4(), "recount", {}, now, SYSTEM), world).clocks:
            _look_later(hearing, record.facts, case_id)
            return 0
        wish = cases.Wish("recount", record.case["version"], {})
        cases.advance_by_itself(hearing, record, wish, uuid.uuid4(), held.change)
    return 1


def succeed(unit: uuid.UUID, successor: uuid.UUID, now: datetime) -> int:
    """A unit has ended: wherever it stands, its successor does. Returns how many cases moved."""
    columns = (
        Case.holder_id, Case.dispatcher_id, Case.first_responsible_id, Case.ended_by_unit_id, Case.handed_by_id,
        Case.reviewer_id,
    )  # fmt: skip
    part = select(Assignment.case_id).where(Assignment.unit_id == unit)
    at_work = part.where(Assignment.state.in_(ACTIVE))
    reported = part.where(Assignment.state == TaskState.REPORTED)  # it may have to be done again
    aimed = and_(Request.kind == "transfer", text_field(Request.terms, "unit") == str(unit))
    asked = select(Request.case_id).where(Request.answered_at.is_(None), or_(Request.to_unit_id == unit, aimed))
    concerned = or_(
        *(column == unit for column in columns), Case.id.in_(at_work),
        and_(Case.state.in_(OPEN), or_(Case.id.in_(reported), Case.id.in_(asked))),
    )  # fmt: skip
    payload = {"unit": str(unit), "successor": str(successor)}
    follow = partial(_by_itself, now=now, action="succeed", payload=payload, wait=True)
    return sum(_try(case_id, follow) for case_id in _pages(concerned))


def _look_at(case_id: uuid.UUID, now: datetime) -> int:
    with transaction() as tx:
        hearing = hear_the_office(tx, now)
        held = holding.hold(hearing, case_id, wait=False)
        if held is None:
            return 0
        record, made = held.record, 0
        while made < MOST_AT_ONCE and (timed := due_move(record.facts, World(hearing.rules, hearing.atlas), now)):
            record = _make(hearing, record, timed, held.change)
            made += 1
        if made == 0:
            _look_later(hearing, record.facts, case_id)
    return made


def _make(hearing: Hearing, record: Record, timed: Timed, change: int) -> Record:
    wish = cases.Wish(timed.action, record.case["version"], timed.payload, request=timed.request)
    return cases.advance_by_itself(hearing, record, wish, timed.id, change)


def _look_later(hearing: Hearing, facts: Facts, case_id: uuid.UUID) -> None:
    """Nothing was due after all, as when the calendar or the ladder changed: say when to look again."""
    cases.wake_at(hearing, facts, case_id)


def _by_itself(case_id: uuid.UUID, now: datetime, action: str, payload: dict[str, Any], *, wait: bool) -> int:
    with transaction() as tx:
        hearing = hear_the_office(tx, now)
        held = holding.hold(hearing, case_id, wait=wait)
        if held is None:
            return 0
        wish = cases.Wish(action, held.record.case["version"], payload)
        cases.advance_by_itself(hearing, held.record, wish, uuid.uuid4(), held.change)
    return 1


def _waking(now: datetime) -> Iterator[uuid.UUID]:
    return _pages(Case.wake_at <= now, Case.wake_at)


def _pages(condition: ColumnElement[bool], *first_by: Any) -> Iterator[uuid.UUID]:
    """Ids of cases page by page, each page read when the one before it is done."""
    order, after = [*first_by, Case.id], None
    while True:
        statement = select(*order).where(condition).order_by(*order).limit(PAGE)
        if after is not None:
            statement = statement.where(tuple_(*order) > tuple_(*after))
        with glance() as connection:
            rows: Sequence[Any] = connection.execute(statement).all()
        for row in rows:
            yield row.id
        if len(rows) < PAGE:
            return
        after = tuple(rows[-1])


def _left_handlers(now: datetime) -> Sequence[Any]:
    """(case, person) of open assignments whose named handler holds no grant any more."""
    in_office = select(Grant.id).where(
        Grant.person_id == Assignment.handler_id, Grant.valid_from <= now,
        or_(Grant.valid_to.is_(None), Grant.valid_to > now),
        or_(Grant.unit_id == Assignment.unit_id, Grant.role == "grid_worker"),
    )  # fmt: skip
    with glance() as connection:
        return connection.execute(
            select(Assignment.case_id, Assignment.handler_id)
            .where(Assignment.handler_id.is_not(None), Assignment.state.in_(ACTIVE), ~in_office.exists())
            .distinct()
        ).all()
