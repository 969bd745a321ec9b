"""A person's notices 收件箱: the authoritative list, newest first, and which of them were read."""

import base64
import binascii
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, literal, select, tuple_, update

from server.models import Case, Message
from server.models.numbers import next_change
from server.rules.refusals import Refusal, invalid

COUNTED_TO = 1000
"""Every push says how many are unread; whoever never reads must not make that slow."""


class Page(NamedTuple):
    """Rows of the inbox (columns of `Message` and the case's `code`), where it goes on, and how many are unread."""

    rows: Sequence[Mapping[str, Any]]
    next_cursor: str | None
    unread: int


def list_messages(connection: Connection, person_id: uuid.UUID, limit: int, cursor: str | None) -> Page:
    """One page of a person's notices.

    Raises:
        Refusal: `invalid` naming `cursor`.
    """
    statement = select(Message.__table__, Case.code).join(Case, Case.id == Message.case_id)
    statement = statement.where(Message.person_id == person_id)
    if cursor is not None:
        at, last = _read_cursor(cursor)
        older = tuple_(literal(at, Message.created_at.type), literal(last, Message.id.type))
        statement = statement.where(tuple_(Message.created_at, Message.id) < older)
    newest_first = statement.order_by(Message.created_at.desc(), Message.id.desc()).limit(limit + 1)
    found = [dict(row._mapping) for row in connection.execute(newest_first)]
    page = found[:limit]
    more = _make_cursor(page[-1]["created_at"], page[-1]["id"]) if len(found) > limit else None
    return Page(page, more, count_unread(connection, person_id))


def count_unread(connection: Connection, person_id: uuid.UUID) -> int:
    """How many notices this person has not read; it stops counting at `COUNTED_TO`."""
    unread = select(Message.id).where(Message.person_id == person_id, Message.read_at.is_(None)).limit(COUNTED_TO)
    count: int = connection.execute(select(func.count()).select_from(unread.subquery())).scalar_one()
    return count


def mark_read(tx: Connection, person_id: uuid.UUID, message_id: uuid.UUID, now: datetime) -> int:
    """This person has read it; their other devices hear of that. Returns: how many are still unread.

    Raises:
        Refusal: `not_found` when it is not theirs.
    """
    mine = select(Message.read_at).where(Message.id == message_id, Message.person_id == person_id)
    row = tx.execute(mine).first()
    if row is None:
        raise Refusal("not_found")
    if row.read_at is None:
        tx.execute(update(Message).where(Message.id == message_id).values(read_at=now, change=next_change(tx)))
    return count_unread(tx, person_id)


def _make_cursor(at: datetime, last: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {last}".encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[datetime, uuid.UUID]:
    try:
        at, last = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(" ")
        moment = datetime.fromisoformat(at)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC), uuid.UUID(last)
    except (ValueError, binascii.Error, OverflowError):
        raise invalid("cursor", "翻页位置无效。", "This cursor is not valid.") from None
