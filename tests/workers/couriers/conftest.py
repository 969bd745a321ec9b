"""Offices with their couriers running: one for a module whose stories only add to it, a fresh one where it breaks."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from server.config import Settings
from server.db import db
from tests.conftest import APPLICATION, OWNER, as_superuser, postgres_url, settings_for
from tests.workers.conftest import starting
from tests.workers.couriers.push_service import PushService
from tests.workers.couriers.rig import RedisServer, Rig, build

WAYS = ["embedded", pytest.param("redis", marks=[pytest.mark.redis, pytest.mark.postgresql])]
"""The two ways to run: SQLite with the courier in the web process, PostgreSQL with RQ on Redis."""


@contextmanager
def office_of(way: str, request: pytest.FixtureRequest, folder: Path, keys_file: Path) -> Iterator[Settings]:
    """Settings of a fresh copy of the demonstration county, on the database that belongs to this way to run."""
    if way == "embedded":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "gridloop.sqlite")
        yield settings_for(folder, keys_file)
        return
    template, name = request.getfixturevalue("postgres_template"), f"courier_{uuid.uuid4().hex}"
    with as_superuser() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
    urls = {"DATABASE_URL": postgres_url(APPLICATION, name), "MIGRATE_URL": postgres_url(OWNER, name)}
    yield settings_for(folder, keys_file, **urls)
    with as_superuser() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def rigged(way: str, request: pytest.FixtureRequest, folder: Path, keys_file: Path) -> Iterator[Rig]:
    """An office with everything around it; what was started is stopped at the end."""
    push = PushService()
    redis = RedisServer(folder).start() if way == "redis" else None
    try:
        with office_of(way, request, folder, keys_file) as settings, starting(folder) as start:
            made = build(settings, push, start, redis)
            try:
                yield made
            finally:
                made.stop()
                with made.office.app.app_context():
                    db.engine.dispose()
    finally:
        push.stop()
        if redis:
            redis.stop()


@pytest.fixture(scope="module", params=WAYS)
def running(request: pytest.FixtureRequest, tmp_path_factory: Any, keys_file: Path) -> Iterator[Rig]:
    """One office for a module, all its processes running."""
    with rigged(request.param, request, tmp_path_factory.mktemp("courier"), keys_file) as made:
        yield made.run_all()


@pytest.fixture
def rig(running: Rig) -> Iterator[Rig]:
    """The running office as if nothing had been told yet."""
    running.forget()
    yield running
    running.push.fault = lambda _post: None


@pytest.fixture
def emergency(report: Callable[..., dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The body of an emergency: told at once, never collected."""
    return lambda: report(urgency=4, photos=[])
