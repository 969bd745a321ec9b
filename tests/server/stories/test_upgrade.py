"""An office of the first release is upgraded: its log still verifies, and its cases go on from where they stood."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, MetaData, create_engine, delete, insert, select
from sqlalchemy.pool import NullPool

from server import create_app
from server.cli import COMMANDS
from server.config import Settings
from server.db import db
from server.migrations import chain, privileges
from server.models import Case, Step
from server.services import log
from tests.conftest import APPLICATION, OWNER, Office, as_superuser, postgres_url, settings_for
from tests.server.conftest import REJECTING, accepting, do, filed, seen, unit_of

FIRST = "0001_ground_floor"


@pytest.fixture
def old_settings(office: Office, tmp_path: Path, keys_file: Path) -> Iterator[Settings]:
    """An empty database of the first release, of the same kind as `office` has."""
    folder = tmp_path / "old"
    folder.mkdir()
    if office.settings.embedded:
        yield settings_for(folder, keys_file)
        return
    name = f"old_{uuid.uuid4().hex}"
    with as_superuser() as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    with psycopg.connect(dbname=name, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    urls = {"DATABASE_URL": postgres_url(APPLICATION, name), "MIGRATE_URL": postgres_url(OWNER, name)}
    yield settings_for(folder, keys_file, **urls)
    with as_superuser() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def copy_as_of_old(source: Connection, target: Connection) -> None:
    """Every row that the first release would have written, its steps as it wrote them."""
    here, there = MetaData(), MetaData()
    here.reflect(source)
    there.reflect(target)
    heads: dict[Any, bytes] = {}
    for table in there.sorted_tables:
        if table.name not in here.tables or table.name in ("alembic_version", "stamps", "spatial_ref_sys"):
            continue
        columns = [here.tables[table.name].c[column.name] for column in table.columns]
        order = [columns[0]] if table.name != "steps" else [here.tables["steps"].c.case_id, here.tables["steps"].c.seq]
        rows = [dict(row._mapping) for row in source.execute(select(*columns).order_by(*order))]
        for row in rows if table.name == "steps" else ():
            cover = json.loads(row["envelope"])
            row["envelope"] = log.canonical({**cover, "effects": _old_effects(cover["effects"], there)})
            row["hash"] = heads[row["case_id"]] = log.step_hash(heads.get(row["case_id"], log.START), row["envelope"])
        if table.name == "counters":  # it begins with a row of its own
            target.execute(delete(table))
        if rows:
            target.execute(insert(table), rows)
    cases = there.tables["cases"]
    for case_id, head in heads.items():
        target.execute(cases.update().where(cases.c.id == case_id).values(head_hash=head))


def _old_effects(effects: dict[str, Any], there: MetaData) -> dict[str, Any]:
    known = set(there.tables["cases"].columns.keys())
    case = {name: value for name, value in effects["case"].items() if name in known}
    return {"case": case, "started": [], "met": effects["met"], "ended": effects["ended"], "redue": {}}


def command(settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str) -> str:
    given = {"DATA_DIR": str(settings.data_dir), "KEYS_FILE": str(settings.keys_file)}
    if not settings.embedded:
        given["DATABASE_URL"] = settings.database_url.render_as_string(hide_password=False)
        given["MIGRATE_URL"] = settings.migrate_url.render_as_string(hide_password=False)
    for key, value in given.items():
        monkeypatch.setenv(f"GRIDLOOP_{key}", value)
    found = next(one for one in COMMANDS if one.name == name)
    result = CliRunner().invoke(found, [], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_an_office_of_the_first_release_goes_on_after_the_upgrade(
    office: Office, old_settings: Settings, monkeypatch: pytest.MonkeyPatch, report: Any
):
    worker, desk = office.client("worker1"), office.client("village1")
    waiting, taken, declined, sent_up = (filed(worker, report()) for _ in range(4))
    do(desk, taken, "accept", **accepting(taken))
    do(desk, declined, "reject", **REJECTING)
    do(desk, sent_up, "escalate", reason="村里没有执法权。", work_done="已上门劝说两次。")

    app = create_app(old_settings)
    with app.app_context():
        with monkeypatch.context() as patch:  # the rights to tables that are still to come
            patch.setattr(privileges, "grant_to_application", lambda *_: None)
            flask_migrate.upgrade(directory=chain.DIRECTORY, revision=FIRST)
        source = create_engine(office.settings.migrate_url, poolclass=NullPool)
        target = create_engine(old_settings.migrate_url, poolclass=NullPool)
        with source.connect() as one, target.begin() as other:
            copy_as_of_old(one, other)
        db.engine.dispose()
    command(old_settings, monkeypatch, "migrate")
    assert "7 steps newly anchored" in command(old_settings, monkeypatch, "verify-log")

    upgraded = Office(create_app(old_settings), old_settings)
    rows = {str(row.id): row for row in upgraded.rows(select(Case.__table__))}
    assert [rows[one["id"]].state for one in (waiting, taken, declined, sent_up)] == [
        "submitted", "accepted", "rejected", "submitted"
    ]  # fmt: skip
    assert rows[taken["id"]].accepted_at is not None
    assert (rows[sent_up["id"]].escalated, rows[taken["id"]].escalated) == (True, False)
    assert rows[waiting["id"]].wake_at is not None
    states = upgraded.rows(select(Step.action, Step.state).order_by(Step.at, Step.seq))
    assert ("accept", "accepted") in [tuple(row) for row in states]

    desk, township, fire = (upgraded.client(account) for account in ("village1", "township1", "fire1"))
    do(desk, seen(desk, waiting), "handle_here", **accepting(waiting))
    do(desk, seen(desk, taken), "dispatch", lead=unit_of(upgraded, "village1"))
    case = do(township, seen(township, sent_up), "accept", **accepting(sent_up))
    case = do(township, case, "dispatch", lead=unit_of(upgraded, "fire1"))
    case = do(fire, case, "sign")
    case = do(fire, case, "finish", result="resolved", text="已全部清理完毕。")
    do(township, seen(township, case), "verify_pass", mode="photo", note="照片显示已清理。")
    reporter = upgraded.client("worker1")
    do(reporter, seen(reporter, declined), "object", reason="我认为应当受理。")
    assert "log is whole" in command(old_settings, monkeypatch, "verify-log")
    with upgraded.app.app_context():
        db.engine.dispose()
