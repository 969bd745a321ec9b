"""Databases for tests: built once by migrating, then copied for each test, on SQLite and on PostgreSQL + PostGIS.

PostgreSQL is the throw-away cluster that `make test` starts (PGHOST, PGPORT, PGUSER, PGPASSWORD). Tests connect
as the application's role, which is not the owner. TESTS_WITHOUT names what this machine lacks.
"""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from geodata.demo import demo_county
from server import create_app
from server.config import Settings, read_settings
from server.db import db, transaction
from server.keys import make_keys
from server.migrations import chain
from server.models import Person, Session
from server.services import demo, people

LACKING = set(filter(None, os.environ.get("TESTS_WITHOUT", "").split(",")))
OWNER, APPLICATION = "gridloop_owner", "gridloop_app"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run; `make test` has said so."""
    for item in items:
        for need in LACKING:
            parameters = getattr(getattr(item, "callspec", None), "params", {})
            if need in item.keywords or need in parameters.values():
                item.add_marker(pytest.mark.skip(reason=f"this machine lacks {need}"))


@dataclass
class Office:
    """A running office on its own copy of the demonstration county."""

    app: Flask
    settings: Settings
    _clients: dict[str, "Client"] = field(default_factory=dict)

    def client(self, account: str) -> "Client":
        """The HTTP client of somebody who is signed in."""
        if account not in self._clients:
            self._clients[account] = Client(self.app.test_client(), sign_in(self.app, account))
        return self._clients[account]

    def anonymous(self) -> FlaskClient:
        return self.app.test_client()

    def rows(self, statement: Any) -> list[Any]:
        with self.app.app_context(), transaction() as tx:
            return list(tx.execute(statement).all())


@dataclass
class Client:
    """Requests under /api/v1 with one person's bearer token."""

    http: FlaskClient
    token: str

    def __call__(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.http.open(f"/api/v1{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self("GET", path, **options)

    def put(self, path: str, **options: Any) -> TestResponse:
        return self("PUT", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self("POST", path, **options)


def sign_in(app: Flask, account: str) -> str:
    """A session token without the cost of checking a password; sign-in itself has tests of its own."""
    token = uuid.uuid4().hex
    now = datetime.now(UTC)
    with app.app_context(), transaction() as tx:
        person_id = tx.execute(select(Person.id).where(Person.account == account)).scalar_one()
        tx.execute(
            insert(Session).values(
                id=uuid.uuid4(), token_hash=people.token_hash(token), person_id=person_id, device="tests",
                created_at=now, renewed_at=now, expires_at=now + timedelta(days=1),
            )
        )  # fmt: skip
    return token


@pytest.fixture(scope="session")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    make_keys(path)
    return path


def settings_for(folder: Path, keys_file: Path, **more: str) -> Settings:
    given = {"DATA_DIR": str(folder), "KEYS_FILE": str(keys_file), "WEB_THREADS": "4", **more}
    return read_settings({f"GRIDLOOP_{name}": value for name, value in given.items()})


def fill(app: Flask) -> None:
    with app.app_context():
        chain.upgrade()
        with transaction() as tx:
            demo.load(tx, datetime.now(UTC) - timedelta(days=60))
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, keys_file: Path) -> Path:
    folder = tmp_path_factory.mktemp("sqlite")
    fill(create_app(settings_for(folder, keys_file)))
    return folder / "gridloop.sqlite"


def postgres_url(user: str, database: str) -> str:
    return f"postgresql://{user}:{user}@{os.environ['PGHOST']}:{os.environ['PGPORT']}/{database}"


def as_superuser() -> psycopg.Connection[Any]:
    return psycopg.connect(dbname="postgres", autocommit=True)


def make_roles(connection: psycopg.Connection[Any]) -> None:
    """The two roles, unless another test process was faster."""
    for role in (OWNER, APPLICATION):
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")


@pytest.fixture(scope="session")
def postgres_template(tmp_path_factory: pytest.TempPathFactory, keys_file: Path, worker_id: str) -> Iterator[str]:
    name = f"template_{worker_id}"
    with as_superuser() as connection:
        make_roles(connection)
        connection.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    with psycopg.connect(dbname=name, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    folder = tmp_path_factory.mktemp("postgres")
    urls = {"DATABASE_URL": postgres_url(APPLICATION, name), "MIGRATE_URL": postgres_url(OWNER, name)}
    fill(create_app(settings_for(folder, keys_file, **urls)))
    yield name
    with as_superuser() as connection:
        connection.execute(f"DROP DATABASE {name}")


@pytest.fixture
def sqlite_settings(tmp_path: Path, sqlite_template: Path, keys_file: Path) -> Settings:
    shutil.copy(sqlite_template, tmp_path / "gridloop.sqlite")
    return settings_for(tmp_path, keys_file)


@pytest.fixture
def postgres_settings(tmp_path: Path, postgres_template: str, keys_file: Path) -> Iterator[Settings]:
    name = f"test_{uuid.uuid4().hex}"
    with as_superuser() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template} OWNER {OWNER}")
    urls = {"DATABASE_URL": postgres_url(APPLICATION, name), "MIGRATE_URL": postgres_url(OWNER, name)}
    yield settings_for(tmp_path, keys_file, **urls)
    with as_superuser() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """Settings of a fresh copy of the demonstration county, once on each database."""
    name = "sqlite_settings" if request.param == "sqlite" else "postgres_settings"
    found: Settings = request.getfixturevalue(name)
    return found


@pytest.fixture
def office(settings: Settings) -> Iterator[Office]:
    """An office in this process, once on each database."""
    app = create_app(settings)
    yield Office(app, settings)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def report() -> Callable[..., dict[str, Any]]:
    """`report(**changes)`: the body of a report that is in order, inside worker1's first grid."""

    def make(**changes: Any) -> dict[str, Any]:
        point = demo_county().grids[0].geometry.representative_point()
        return {
            "category": "H-FIRE-01",
            "text": "楼道堆放杂物，堵住了消防通道。",
            "urgency": 2,
            "source": "patrol",
            "location": {"lon": point.x, "lat": point.y, "crs": "wgs84", "accuracy_m": 10, "fix": "gps"},
            "filed_at": "2026-11-20T09:30:00+08:00",
            "photos": ["0" * 63 + "1"],
            **changes,
        }

    return make
