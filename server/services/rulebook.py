"""The rule book comes in from files and is replaced as a whole; every process sees it with its next request."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from geodata.rulebook import DEFAULT_FOLDER, read_rulebook
from server.db import Base, insert_once
from server.models import Category, Holiday, Limit, Reason, Rule
from server.services.reference import RULES, touch


def load(tx: Connection, folder: Path = DEFAULT_FOLDER) -> None:
    """Read a folder of rule book files and make it the one in force.

    Categories that cases may have been filed under are kept, their rules replaced. Numbers that the office has
    set stay as they are; missing ones get the file's value.

    Raises:
        geodata.findings.UnusableFileError: a file has errors; nothing was changed.
    """
    book = read_rulebook(folder)
    for category in book.categories:
        values = asdict(category)
        if not insert_once(tx, Category, values):
            code = values.pop("code")
            tx.execute(update(Category).where(Category.code == code).values(**values))
    _replace(tx, Limit, [asdict(row) for row in book.limits])
    _replace(tx, Holiday, [asdict(row) for row in book.holidays])
    _replace(tx, Reason, [asdict(row) for row in book.reasons])
    shifts = [[shift.start.isoformat("minutes"), shift.end.isoformat("minutes")] for shift in book.shifts]
    for key, value in {"office_shifts": shifts, **book.numbers}.items():
        insert_once(tx, Rule, {"key": key, "value": value})
    touch(tx, RULES)


def complete(tx: Connection) -> None:
    """After an upgrade: give an office that has a rule book the numbers and reasons that this release adds."""
    if tx.execute(select(Rule.key).limit(1)).first() is None:
        return
    book = read_rulebook(DEFAULT_FOLDER)
    added = [insert_once(tx, Rule, {"key": key, "value": value}) for key, value in book.numbers.items()]
    added += [insert_once(tx, Reason, asdict(row)) for row in book.reasons]
    if any(added):
        touch(tx, RULES)


def _replace(tx: Connection, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    tx.execute(delete(model))
    if rows:
        tx.execute(insert(model), rows)
