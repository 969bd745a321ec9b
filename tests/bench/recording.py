"""What one report makes the office send to PostgreSQL, kept so that somebody else can send the same again."""

import sys
import uuid
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import event

from server.db import db

Slots = Sequence[tuple[str, str, int | None]]
"""(parameter, the new value's name, its position where that value is a list)."""


@dataclass(frozen=True)
class Sent:
    """One statement with the rows it was sent for (several with executemany), and what differs between reports."""

    sql: str
    rows: Sequence[Mapping[str, Any]]
    slots: Sequence[Slots]
    many: bool
    draws_numbers: bool

    def send(self, cursor: psycopg.Cursor[Any], new: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Send it again with new values; returns the rows that come back."""
        filled = []
        for row, slots in zip(self.rows, self.slots, strict=True):
            values = dict(row)
            for parameter, name, position in slots:
                if name == "fresh_id":
                    values[parameter] = uuid.uuid4()
                elif name == "code":
                    values[parameter] = f"BENCH-{new['number']}"
                else:
                    values[parameter] = new[name] if position is None else new[name][position]
            filled.append(values)
        if self.many:
            cursor.executemany(self.sql, filled)
        else:
            cursor.execute(self.sql, filled[0])
        return cursor.fetchall() if cursor.description is not None and not self.many else []


def record(app: Flask, file: Any) -> list[tuple[str, Any, bool]]:
    """Call `file()` and return what was sent meanwhile: (sql, parameters, many)."""
    heard: list[tuple[str, Any, bool]] = []

    def listen(_c: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        heard.append((sql, parameters, many))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        file()
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    return heard


def generalise(heard: Sequence[tuple[str, Any, bool]], known: Mapping[str, Any]) -> list[Sent]:
    """Find the values that belong to this one report; `known` names those the caller can tell."""
    names: dict[Any, tuple[str, int | None]] = {}
    for name, value in known.items():
        if isinstance(value, list):
            names |= {item: (name, position) for position, item in enumerate(value)}
        else:
            names[value] = (name, None)
    found = []
    for sql, parameters, many in heard:
        rows = [{name: _plain(value) for name, value in row.items()} for row in (parameters if many else [parameters])]
        slots = [
            [(name, *slot) for name, value in row.items() if (slot := _slot(sql, name, value, names))] for row in rows
        ]
        found.append(Sent(sys.intern(sql), rows, slots, many, sql.startswith("SELECT nextval")))
    return found


def _plain(value: Any) -> Any:
    """SQLAlchemy wraps bytes for the driver; bare psycopg needs none of it."""
    return value.obj if isinstance(value, psycopg.Binary) else value


def _slot(
    sql: str, parameter: str, value: Any, names: Mapping[Any, tuple[str, int | None]]
) -> tuple[str, int | None] | None:
    inserts = sql.startswith("INSERT INTO")
    if inserts and parameter.partition("__")[0] == "change":
        return "change", None
    if isinstance(value, Hashable) and value in names:
        return names[value]
    if parameter == "code" and sql.startswith("INSERT INTO cases"):
        return "code", None
    # Rows of their own: deadlines and parties.
    if inserts and parameter.partition("__")[0] == "id":
        return "fresh_id", None
    return None
