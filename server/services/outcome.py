"""Writes what a move changed beside the case itself: assignments, requests, clocks, audience. Decides nothing.

Rows that differ are written in place, one statement a table: a move has a dozen statements to spend.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from server.db import insert_rows, upsert_rows
from server.models import Assignment, Audience, Deadline, Request
from server.rules.facts import Facts
from server.services.audience import Seat
from server.services.records import Record


def start_clocks(tx: Connection, case_id: uuid.UUID, facts: Facts) -> None:
    """Write the clocks of a new case."""
    rows = [{"case_id": case_id, **_row(clock)} for clock in facts.clocks]
    filled = [name for name in rows[0] if any(row[name] is not None for row in rows)] if rows else []
    insert_rows(tx, Deadline, [{name: row[name] for name in filled} for row in rows])


class Turn(NamedTuple):
    """A case as it stood before what happens to it now, and as it stands afterwards."""

    before: Record
    after: Record


def write(tx: Connection, turns: Sequence[Turn], change: int) -> None:
    """Write the assignments, requests, clocks and seats that began or changed.

    Everyone in an audience hears of this change, those who lose sight for the last time.
    """
    for model, kept in ((Assignment, "assignments"), (Request, "requests"), (Deadline, "clocks")):
        if changed := [row for turn in turns for row in _changed(turn, kept)]:
            upsert_rows(tx, model, changed)
    upsert_rows(tx, Audience, [row for turn in turns for row in _heard(turn, change)])


def _changed(turn: Turn, kept: str) -> list[dict[str, Any]]:
    known = {one.id: one for one in getattr(turn.before.facts, kept)}
    case_id = turn.after.case["id"]
    return [
        {"case_id": case_id, **_row(one)} for one in getattr(turn.after.facts, kept) if known.get(one.id) != one
    ]  # fmt: skip


def _heard(turn: Turn, change: int) -> list[dict[str, Any]]:
    case, before = turn.after.case, turn.before.seats
    hearing = {one: seat for one, seat in turn.after.seats.items() if not seat.gone or before.get(one) != seat}
    return _seats(case["id"], case["received_at"], hearing, change)


def open_audience(
    tx: Connection, case_id: uuid.UUID, subjects: Sequence[str], received_at: datetime, change: int
) -> None:
    """Write who may see a new case."""
    insert_rows(tx, Audience, _seats(case_id, received_at, dict.fromkeys(subjects, Seat(False, True)), change))


def _seats(
    case_id: uuid.UUID, received_at: datetime | None, seats: Mapping[str, Seat], change: int
) -> list[dict[str, Any]]:
    return [
        {
            "case_id": case_id, "subject": subject, "received_at": received_at, "change": change, "gone": seat.gone,
            "lasting": seat.lasting,
        }
        for subject, seat in sorted(seats.items())
    ]  # fmt: skip


def _row(value: Any) -> dict[str, Any]:
    """A value's fields as columns; slots spare it the deep copy that `asdict` makes."""
    return {name: getattr(value, name) for name in value.__slots__}
