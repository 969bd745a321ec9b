"""What one report makes the office send to PostgreSQL, kept so that somebody else can send the same again."""

import re
import sys
import uuid
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
from flask import Flask
from sqlalchemy import event

from server.db import db

_COLUMNS = re.compile(r"INSERT INTO \w+ \(([^)]*)\)")


class Slot(NamedTuple):
    """A value that differs between reports: where it stands among the parameters and what it is.

    `position` is its place where the new value is a list.
    """

    key: Any
    name: str
    position: int | None


@dataclass(frozen=True)
class Sent:
    """One statement, its parameters by name or position, and which of them differ between reports."""

    sql: str
    parameters: dict[str, Any] | list[Any]
    slots: Sequence[Slot]
    draws_numbers: bool

    def send(self, cursor: psycopg.Cursor[Any], new: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Send it again with new values; returns the rows that come back."""
        filled: Any = self.parameters.copy()
        for key, name, position in self.slots:
            if name == "fresh_id":
                filled[key] = uuid.uuid4()
            elif name == "code":
                filled[key] = f"BENCH-{new['number']}"
            else:
                filled[key] = new[name] if position is None else new[name][position]
        cursor.execute(self.sql, filled)
        return cursor.fetchall() if cursor.description is not None else []


def record(app: Flask, file: Callable[[], None]) -> list[tuple[str, Any]]:
    """Call `file()` and return what was sent meanwhile: (sql, parameters)."""
    heard: list[tuple[str, Any]] = []

    def listen(_c: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, _many: bool) -> None:
        if isinstance(parameters, list):
            raise TypeError(f"sent once for each row, which the baseline does not repeat: {sql}")
        heard.append((sql, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        file()
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    return heard


def generalise(heard: Sequence[tuple[str, Any]], known: Mapping[str, Any]) -> list[Sent]:
    """Find the values that belong to this one report; `known` names those the caller can tell."""
    names: dict[Any, tuple[str, int | None]] = {}
    for name, value in known.items():
        if isinstance(value, list):
            names |= {item: (name, position) for position, item in enumerate(value)}
        else:
            names[value] = (name, None)
    found = []
    for sql, parameters in heard:
        slots = [
            Slot(key, *slot)
            for key, name, value in _named(sql, parameters)
            if (slot := _slot(sql, name, value, names)) is not None
        ]
        plain: Any = (
            {name: _plain(value) for name, value in parameters.items()}
            if isinstance(parameters, dict)
            else [_plain(value) for value in parameters]
        )
        found.append(Sent(sys.intern(sql), plain, slots, "nextval(" in sql))
    return found


def _named(sql: str, parameters: Any) -> Iterator[tuple[Any, str, Any]]:
    """(key, name, value) of each parameter; by position, an INSERT's columns are the names."""
    if isinstance(parameters, dict):
        for name, value in parameters.items():
            yield name, name, _plain(value)
        return
    listed = _COLUMNS.match(sql)
    columns = listed[1].split(", ") if listed else [""]
    for position, value in enumerate(parameters):
        yield position, columns[position % len(columns)], _plain(value)


def _plain(value: Any) -> Any:
    """SQLAlchemy wraps bytes for the driver; bare psycopg needs none of it."""
    return value.obj if isinstance(value, psycopg.Binary) else value


def _slot(
    sql: str, name: str, value: Any, names: Mapping[Any, tuple[str, int | None]]
) -> tuple[str, int | None] | None:
    inserts = sql.startswith("INSERT INTO")
    if inserts and name == "change":
        return "change", None
    if isinstance(value, Hashable) and value in names:
        return names[value]
    if sql.startswith("INSERT INTO cases") and name == "code":
        return "code", None
    # Rows of their own: deadlines and parties.
    if inserts and name == "id":
        return "fresh_id", None
    return None
