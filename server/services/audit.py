"""The audit log as its auditors read it: who looked at or changed what outside the steps. It writes nothing."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from server.models import Audit, Person


class Page(NamedTuple):
    """Lines of the log, newest first, each with its person's name; and where it goes on."""

    rows: Sequence[Mapping[str, Any]]
    next_cursor: str | None


def list_entries(
    connection: Connection, limit: int, before: int | None, action: str | None, person: uuid.UUID | None
) -> Page:
    """One page, of one action or person if named; `before`: the number the page before ended with."""
    statement = select(Audit.__table__, Person.name).outerjoin(Person, Person.id == Audit.person_id)
    if before is not None:
        statement = statement.where(Audit.id < before)
    if action is not None:
        statement = statement.where(Audit.action == action)
    if person is not None:
        statement = statement.where(Audit.person_id == person)
    found = connection.execute(statement.order_by(Audit.id.desc()).limit(limit + 1)).all()
    page = [dict(row._mapping) for row in found[:limit]]
    return Page(page, str(page[-1]["id"]) if len(found) > limit else None)
