"""Numbers the database hands out: case numbers and change numbers; the two databases differ here only.

A change number orders what `changes` reports. On PostgreSQL it is the transaction's own id (plus an offset,
so that a restore into a new cluster never counts backwards): a reader that stops below the oldest running
transaction can never be overtaken by a late commit. On SQLite writers stand in line, so a counter will do.
"""

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Integer, Label, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from server.db import Base

_CHANGE = "pg_current_xact_id()::text::bigint + (SELECT version FROM stamps WHERE name = 'change_offset')"
_PG_FILING = text(f"SELECT nextval('case_number'), {_CHANGE}")
_PG_MOVE = text(f"SELECT {_CHANGE}")
_PG_HORIZON = text(
    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    " + (SELECT version FROM stamps WHERE name = 'change_offset')"
)
_LITE_FILING = text(
    "UPDATE counters SET case_number = case_number + 1, change = change + 1 RETURNING case_number, change"
)
_LITE_MOVE = text("UPDATE counters SET change = change + 1 RETURNING change")
_LITE_HORIZON = text("SELECT change + 1 FROM counters")


class Counter(Base):
    """SQLite's two counters (one row); PostgreSQL uses a sequence and transaction ids instead."""

    __tablename__ = "counters"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_number: Mapped[int] = mapped_column(Integer)
    change: Mapped[int] = mapped_column(Integer)


class Filing(NamedTuple):
    """What a new case needs: its number for life and the change number of this transaction."""

    case_number: int
    change: int


def next_filing(tx: Connection) -> Filing:
    """Draw a case number (gaps are allowed) and this transaction's change number."""
    row = tx.execute(_PG_FILING if tx.dialect.name == "postgresql" else _LITE_FILING).one()
    return Filing(row[0], row[1])


def next_change(tx: Connection) -> int:
    """This transaction's change number."""
    number: int = tx.execute(_PG_MOVE if tx.dialect.name == "postgresql" else _LITE_MOVE).scalar_one()
    return number


def change_column(dialect: str) -> Label[Any]:
    """This transaction's change number as a column `change`, to be read beside something else; empty on SQLite, whose
    counter must be drawn from."""
    words = _CHANGE if dialect == "postgresql" else "NULL"
    return literal_column(words, BigInteger()).label("change")


def change_horizon(snapshot: Connection) -> int:
    """Every change numbered below this is visible to this snapshot or never will be."""
    number: int = snapshot.execute(_PG_HORIZON if snapshot.dialect.name == "postgresql" else _LITE_HORIZON).scalar_one()
    return number
