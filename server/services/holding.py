"""Cases that are about to move are held first and read then: locked in the order of their ids, each in one statement.

On PostgreSQL the lock comes before the reading, in a statement of its own: see docs/adr/0017.
"""

import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, or_, select
from sqlalchemy.orm import aliased

from server.models import Case
from server.models.numbers import change_column, next_change
from server.services import access, records, references
from server.services.hearing import Hearing
from server.services.records import Record

_TO_THE_MASTER = frozenset({"split", "visit", "rate"})
"""Moves of a follower that may write to the case it follows."""
_FIRST = bindparam("first", type_=Case.id.type)
_SUBJECTS: BindParameter[Any] = bindparam("subjects", expanding=True)


class PartnerChanged(Exception):
    """Another case is the partner by now than the one that was locked: begin again."""


class Lock(NamedTuple):
    """Cases that nobody else moves until the transaction ends, and the transaction's change number."""

    change: int
    ids: frozenset[uuid.UUID]


class Held(NamedTuple):
    """A case that nobody else moves, and the other one that the move writes to: the master it joins, follows or
    leaves."""

    change: int
    record: Record
    partner: Record | None


def hold(
    hearing: Hearing,
    case_id: uuid.UUID,
    action: str = "",
    payload: Mapping[str, Any] | None = None,
    *,
    wait: bool = True,
    seen_by: Sequence[str] | None = None,
) -> Held | None:
    """Lock and read a case for this move.

    Args:
        seen_by: subjects; it is not even waited for unless one of them may see it.

    Returns: None when there is no such case, it may not be seen, or somebody else holds it and `wait` is False.

    Raises:
        PartnerChanged: it was merged into another master while this transaction waited.
    """
    named = references.case_named(action, payload or {}) if action == "merge" else None
    wanted = [case_id, *([named] if named is not None else [])]
    locked = lock(hearing.tx, *wanted, wait=wait, seen_by=seen_by, with_master=action in _TO_THE_MASTER)
    if locked is None:
        return None
    others = [one for one in (*wanted, *locked.ids) if one != case_id]
    record, partner = records.load_with(hearing, case_id, others[0] if others else None, action)
    if record is None:
        return None
    master = record.facts.master_id
    if action in _TO_THE_MASTER and master is not None and master not in locked.ids:
        raise PartnerChanged
    return Held(locked.change, record, partner)


def lock(
    tx: Connection,
    *ids: uuid.UUID,
    wait: bool = True,
    seen_by: Sequence[str] | None = None,
    with_master: bool = False,
) -> Lock | None:
    """Hold these cases until the transaction ends, in the order of their ids so that nobody waits in a circle.

    Others may still refer to a held case (FOR NO KEY UPDATE): two that are accepted as repeats of each other would else
    wait for one another.

    Args:
        seen_by: subjects; the first case is not even waited for unless one of them may see it.
        with_master: hold the case that the first one follows as well.

    Returns: None when the first of them does not exist, may not be seen, or is held by somebody else and `wait` is
    False.
    """
    given: dict[str, Any] = {"ids": ids}
    if with_master or seen_by is not None:
        given["first"] = ids[0]
    if seen_by is not None:
        given["subjects"] = seen_by
    statement = _lock(tx.dialect.name, wait=wait, seen=seen_by is not None, with_master=with_master)
    rows = tx.execute(statement, given).all()
    held = frozenset(row.id for row in rows)
    if ids[0] not in held:
        return None
    return Lock(rows[0].change if rows[0].change is not None else next_change(tx), held)


@cache
def _lock(dialect: str, *, wait: bool, seen: bool, with_master: bool) -> Select[Any]:
    wanted: ColumnElement[bool] = Case.id.in_(bindparam("ids", expanding=True))
    if with_master:
        follower = aliased(Case)
        master = select(follower.master_id).where(follower.id == _FIRST)
        if seen:
            master = master.where(access.sees(_SUBJECTS, follower))
        wanted = or_(wanted, Case.id == master.scalar_subquery())
    statement = select(Case.id, change_column(dialect)).where(wanted)
    if seen:
        statement = statement.where(or_(Case.id != _FIRST, access.sees(_SUBJECTS)))
    return statement.order_by(Case.id).with_for_update(of=Case, key_share=True, skip_locked=not wait)
