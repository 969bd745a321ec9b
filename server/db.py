"""One database, two kinds: how a transaction begins, and the only place where one is committed.

Services receive the `Connection` these context managers yield and speak SQLAlchemy Core over the declared
models; there is no unit of work whose flush order anyone would have to guess (docs/adr/0003).

- `transaction()` writes. On SQLite it first waits its turn (first in, first out) and begins IMMEDIATE: a
  deferred BEGIN that reads and then writes fails at once under concurrency, and IMMEDIATE alone starves.
- `reading()` is one snapshot for a whole answer and cannot write.
- `glance()` is one statement without a transaction around it.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from psycopg import _queries
from sqlalchemy import Connection, Dialect, Engine, MetaData, Table, event
from sqlalchemy.orm import DeclarativeBase

from server.config import Settings


class Base(DeclarativeBase):
    """Parent of all tables; constraint names are fixed so that migrations can name them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


class Queue:
    """A lock that is handed over in the order in which it was asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False


_writers = Queue()


def connect(app: Flask, settings: Settings) -> None:
    """Tie the app to its database; no connection is opened yet."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings)
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def engine_options(settings: Settings) -> dict[str, Any]:
    """Pool and driver options: one connection per web thread, waiting briefly rather than failing."""
    options: dict[str, Any] = {
        "pool_size": settings.web_threads,
        "max_overflow": 2,
        "pool_timeout": 20,
        "hide_parameters": True,  # values are personal; error texts go into logs
    }
    if not settings.embedded:
        options["pool_pre_ping"] = False
        options["pool_use_lifo"] = True
    return options


def prepare(engine: Engine) -> None:
    """Give SQLite durability, foreign keys and explicit BEGINs; PostgreSQL needs nothing."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # pysqlite must not begin on its own
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("gridloop_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


# psycopg remembers how it took a statement apart only below 50 values and 4,096 letters; a case, its audience and its
# notices are wider, and to take them apart anew is a tenth of a report's time. Should the names change, it is slower.
_queries.MAX_CACHED_STATEMENT_PARAMS = 1000
_queries.MAX_CACHED_STATEMENT_LENGTH = 32_768


@contextmanager
def transaction() -> Iterator[Connection]:
    """Everything inside is committed at the end, or nothing is."""
    turn = _writers if db.engine.dialect.name == "sqlite" else nullcontext()
    with turn, db.engine.connect() as connection:
        connection.execution_options(gridloop_writes=True)
        with connection.begin():
            yield connection


@contextmanager
def reading() -> Iterator[Connection]:
    """One consistent snapshot, read only."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


@contextmanager
def glance() -> Iterator[Connection]:
    """For a single statement: on PostgreSQL no BEGIN and COMMIT travel around it."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


ROWS_IN_A_STATEMENT = 500
"""SQLite takes at most 32,766 values in a statement."""


def insert_rows(tx: Connection, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that have the same columns, many in a statement (no geometry; for that there is `insert()`)."""
    for start in range(0, len(rows), ROWS_IN_A_STATEMENT):
        batch = rows[start : start + ROWS_IN_A_STATEMENT]
        insert = _compose_insert(tx.dialect, model, tuple(rows[0]), len(batch), None)
        tx.exec_driver_sql(insert.sql, insert.values(batch))


def upsert_rows(tx: Connection, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows that have the same columns, each new or in place of the one with its primary key."""
    for start in range(0, len(rows), ROWS_IN_A_STATEMENT):
        batch = rows[start : start + ROWS_IN_A_STATEMENT]
        insert = _compose_insert(tx.dialect, model, tuple(rows[0]), len(batch), (), replace=True)
        tx.exec_driver_sql(insert.sql, insert.values(batch))


def insert_once(tx: Connection, model: type[Base], row: Mapping[str, Any], *key: str) -> bool:
    """Write a row unless its key (default: the primary key) is there; True when it was written."""
    return insert_all_once(tx, model, [row], *key)


def insert_all_once(tx: Connection, model: type[Base], rows: Sequence[Mapping[str, Any]], *key: str) -> bool:
    """Write a few rows that have the same columns, but for those whose key is there; True when all were written."""
    insert = _compose_insert(tx.dialect, model, tuple(rows[0]), len(rows), key)
    return tx.exec_driver_sql(insert.sql, insert.values(rows)).rowcount == len(rows)


@dataclass(frozen=True, slots=True)
class _Insert:
    """An INSERT in one database's words; `columns` say how the driver wants each value."""

    sql: str
    columns: Sequence[tuple[str, Callable[[Any], Any] | None]]

    def values(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
        return tuple(
            [row[name] if prepare is None else prepare(row[name]) for row in rows for name, prepare in self.columns]
        )


@cache
def _compose_insert(
    dialect: Dialect,
    model: type[Base],
    names: tuple[str, ...],
    count: int,
    key: tuple[str, ...] | None,
    *,
    replace: bool = False,
) -> _Insert:
    """A report is eight of these, so they are composed once and not by SQLAlchemy, which compiles ON CONFLICT and
    takes `values()` apart anew on every call and sends several rows to PostgreSQL one by one."""
    table = cast(Table, model.__table__)
    row = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(names))
    # Names come from the models, values are bound.
    sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {', '.join([f'({row})'] * count)}"  # noqa: S608
    if key is not None:
        unique = key or tuple(column.name for column in table.primary_key)
        news = ", ".join(f"{name} = excluded.{name}" for name in names if name not in unique)
        sql += f" ON CONFLICT ({', '.join(unique)}) DO {f'UPDATE SET {news}' if replace else 'NOTHING'}"
    kinds = [(name, table.c[name].type.dialect_impl(dialect)) for name in names]
    return _Insert(sql, [(name, kind.bind_processor(dialect)) for name, kind in kinds])
