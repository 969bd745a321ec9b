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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, Insert, MetaData, Table, TextClause, bindparam, event, insert, text
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
    """Give SQLite durability, foreign keys and explicit BEGINs; let PostgreSQL take several rows in one INSERT."""
    if engine.dialect.name != "sqlite":
        # The driver's executemany sends a statement for each row.
        engine.dialect.use_insertmanyvalues_wo_returning = True
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


def insert_once(tx: Connection, model: type[Base], values: Mapping[str, Any], *key: str) -> bool:
    """Insert a row unless its key (default: the primary key) is there; True when it was written."""
    return tx.execute(_inserting_once(model, tuple(values), key), values).first() is not None


@cache
def inserting(model: type[Base]) -> Insert:
    """INSERT into a model's table, to be executed with a row or a list of rows.

    Always the same object, so that SQLAlchemy finds at once what it compiled; `insert(model).values(...)` is
    taken apart anew on every call.
    """
    return insert(_table(model))


@cache
def _inserting_once(model: type[Base], names: tuple[str, ...], key: tuple[str, ...]) -> TextClause:
    """Written out, because SQLAlchemy 2.0 compiles its own ON CONFLICT anew on every call, which takes ten times as
    long as the insert. Both databases read this."""
    table = _table(model)
    columns, values = ", ".join(f'"{name}"' for name in names), ", ".join(f":{name}" for name in names)
    target = ", ".join(key or (column.name for column in table.primary_key))
    # Names come from the models, values are bound.
    sql = f"INSERT INTO {table.name} ({columns}) VALUES ({values}) ON CONFLICT ({target}) DO NOTHING RETURNING 1"  # noqa: S608
    return text(sql).bindparams(*(bindparam(name, type_=table.c[name].type) for name in names))


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)
