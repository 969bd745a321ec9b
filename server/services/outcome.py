"""Writes what a move changes beside the case itself: clocks, assignments, who may see it. Decides nothing."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from server.db import insert_once, insert_rows
from server.models import Assignment, Audience, Deadline
from server.rules.facts import Effects, State
from server.services import access
from server.services.hearing import Hearing


def start_clocks(tx: Connection, case_id: uuid.UUID, effects: Effects) -> list[dict[str, Any]]:
    """Write the clocks that begin; returns their rows."""
    rows = [
        {
            "id": clock.id, "case_id": case_id, "kind": clock.kind, "unit_id": clock.unit,
            "assignment_id": clock.assignment, "round": clock.round, "started_at": clock.started_at,
            "amount": clock.span.amount, "unit": clock.span.unit, "due_original": clock.due,
            "due_current": clock.due, "met_at": None, "ended_at": None,
        }
        for clock in effects.started
    ]  # fmt: skip
    if rows:
        insert_rows(tx, Deadline, rows)
    return rows


def open_audience(
    tx: Connection, case_id: uuid.UUID, subjects: Sequence[str], received_at: datetime, change: int
) -> None:
    """Write who may see a new case."""
    insert_rows(
        tx,
        Audience,
        [
            {
                "case_id": case_id, "subject": subject, "received_at": received_at, "change": change, "gone": False,
                "lasting": True,
            }
            for subject in subjects
        ],
    )  # fmt: skip


def write(hearing: Hearing, case: Mapping[str, Any], effects: Effects, *, sensitive: bool, change: int) -> None:
    """Write a move's effects on clocks, assignments and audience; `case` is as it stands after the move."""
    tx, now = hearing.tx, hearing.now
    opened = [
        {
            "id": one.id,
            "case_id": case["id"],
            "role": one.role,
            "unit_id": one.unit,
            "state": one.state,
            "opened_at": now,
        }
        for one in effects.opened
    ]  # fmt: skip
    if opened:
        tx.execute(insert(Assignment), opened)
    for task_id, changes in effects.tasks.items():
        tx.execute(update(Assignment).where(Assignment.id == task_id).values(**changes))
    _move_clocks(tx, case["id"], effects, now)
    _follow(hearing, case, effects, sensitive=sensitive, change=change)


def _move_clocks(tx: Connection, case_id: uuid.UUID, effects: Effects, now: datetime) -> None:
    if effects.met:
        tx.execute(update(Deadline).where(Deadline.id.in_(effects.met)).values(met_at=now))
    if effects.ended:
        tx.execute(update(Deadline).where(Deadline.id.in_(effects.ended)).values(ended_at=now))
    if effects.unmet:
        tx.execute(update(Deadline).where(Deadline.id.in_(effects.unmet)).values(met_at=None, ended_at=None))
    for clock_id, due in effects.redue.items():
        tx.execute(update(Deadline).where(Deadline.id == clock_id).values(due_current=due))
    start_clocks(tx, case_id, effects)


def _follow(hearing: Hearing, case: Mapping[str, Any], effects: Effects, *, sensitive: bool, change: int) -> None:
    """Let the audience follow the case: everyone hears of the change, units join and lose sight."""
    tx, atlas = hearing.tx, hearing.atlas
    tx.execute(update(Audience).where(Audience.case_id == case["id"]).values(change=change))
    kind, other = ("s", "u") if sensitive else ("u", "s")
    _turn(tx, case, other, kind, change)
    centre = None if case["state"] == State.IN_PROGRESS else case["holder_id"]  # a lead at work is no centre
    lasting = {f"{kind}:{unit}" for unit in access.with_superiors(atlas, [centre, case["dispatcher_id"]])}
    for subject in dict.fromkeys(f"{kind}:{unit}" for unit in access.with_superiors(atlas, effects.seen_by)):
        _show(tx, case, subject, change, lasting=subject in lasting)
    if effects.unseen_by:
        _hide(hearing, case, effects, kind)


def _show(tx: Connection, case: Mapping[str, Any], subject: str, change: int, *, lasting: bool) -> None:
    row = {
        "case_id": case["id"], "subject": subject, "received_at": case["received_at"], "change": change, "gone": False,
        "lasting": lasting,
    }  # fmt: skip
    if not insert_once(tx, Audience, row):
        values = {"gone": False, "lasting": True} if lasting else {"gone": False}
        tx.execute(update(Audience).where(Audience.case_id == case["id"], Audience.subject == subject).values(**values))


def _hide(hearing: Hearing, case: Mapping[str, Any], effects: Effects, kind: str) -> None:
    """Units whose assignment was taken back lose sight, unless they are concerned in another way."""
    still = hearing.tx.execute(
        select(Assignment.unit_id).where(
            Assignment.case_id == case["id"], Assignment.state.not_in(("recalled", "waived"))
        )
    ).scalars()
    kept = access.with_superiors(
        hearing.atlas, [*still, case["holder_id"], case["dispatcher_id"], case["first_responsible_id"]]
    )
    leaving = set(access.with_superiors(hearing.atlas, effects.unseen_by)) - set(kept)
    hearing.tx.execute(
        update(Audience)
        .where(
            Audience.case_id == case["id"],
            Audience.subject.in_([f"{kind}:{unit}" for unit in leaving]),
            Audience.lasting.is_(False),
        )
        .values(gone=True)
    )


def _turn(tx: Connection, case: Mapping[str, Any], before: str, after: str, change: int) -> None:
    """A case that became sensitive, or is so no longer, is shown to the same units in the other way."""
    rows = tx.execute(
        select(Audience.subject, Audience.lasting).where(
            Audience.case_id == case["id"], Audience.subject.like(f"{before}:%"), Audience.gone.is_(False)
        )
    ).all()
    if not rows:
        return
    tx.execute(
        update(Audience)
        .where(Audience.case_id == case["id"], Audience.subject.in_([row.subject for row in rows]))
        .values(gone=True)
    )
    for row in rows:
        _show(tx, case, f"{after}{row.subject[1:]}", change, lasting=row.lasting)
