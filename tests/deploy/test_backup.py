"""A backup is whole by itself, and what is restored is what was backed up; on both databases."""

import importlib
import sqlite3
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from psycopg import sql

from server import create_app
from server.config import Settings, SettingsError, read_settings
from server.db import db
from server.keys import make_keys
from server.migrations import chain

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


def load(name: str) -> ModuleType:
    """A script of deploy/, found beside the others as when it is started."""
    sys.path.insert(0, str(DEPLOY))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(DEPLOY))


backup, restore = load("backup"), load("restore")


def an_office(folder: Path, **more: str) -> Settings:
    """Settings of an office in `folder`, with keys and two photos but no database yet."""
    settings = read_settings(
        {"GRIDLOOP_DATA_DIR": str(folder), "GRIDLOOP_KEYS_FILE": str(folder / "keys.json")}
        | {f"GRIDLOOP_{name.upper()}": value for name, value in more.items()}
    )
    make_keys(settings.keys_file)
    return settings


def put_photos(settings: Settings) -> dict[str, bytes]:
    photos = {"ab/abc": b"first", "cd/cde": b"second"}
    for name, content in photos.items():
        (settings.photo_dir / name).parent.mkdir(parents=True)
        (settings.photo_dir / name).write_bytes(content)
    return photos


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Settings]:
    """An embedded office that is being used: its newest row is still in the write-ahead log."""
    settings = an_office(tmp_path / "office")
    put_photos(settings)
    served = sqlite3.connect(settings.database_url.database)
    served.execute("PRAGMA journal_mode=WAL")
    served.executescript("CREATE TABLE cases (code TEXT); INSERT INTO cases VALUES ('甲');")
    yield settings
    served.close()


def test_what_comes_back_is_what_was_there(office: Settings, tmp_path: Path):
    made = backup.back_up(office, tmp_path / "backups", NOW)
    fresh = an_office(tmp_path / "fresh")
    restore.restore(fresh, made)
    with sqlite3.connect(fresh.database_url.database) as database:
        assert database.execute("SELECT code FROM cases").fetchall() == [("甲",)]
    assert files(fresh.photo_dir) == files(office.photo_dir)


def test_no_key_is_in_a_backup(office: Settings, tmp_path: Path):
    made = backup.back_up(office, tmp_path / "backups", NOW)
    key = office.keys_file.read_text().split('"index": "')[1][:40].encode()
    assert not [name for name, content in files(made).items() if key in content]


def test_a_second_backup_links_photos_and_either_may_be_deleted(office: Settings, tmp_path: Path):
    first = backup.back_up(office, tmp_path / "backups", NOW)
    (office.photo_dir / "cd/new").write_bytes(b"third")
    second = backup.back_up(office, tmp_path / "backups", NOW + timedelta(days=1))
    assert (second / "photos/ab/abc").samefile(first / "photos/ab/abc")
    for path in sorted(first.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert files(second / "photos") == files(office.photo_dir)


def test_an_interrupted_backup_is_not_taken_for_one(office: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(backup, "copy_photos", interrupt)
        with pytest.raises(KeyboardInterrupt):
            backup.back_up(office, tmp_path / "backups", NOW)
    assert list((tmp_path / "backups").glob("20*")) == []
    made = backup.back_up(office, tmp_path / "backups", NOW + timedelta(minutes=1))
    assert list((tmp_path / "backups").iterdir()) == [made]


def test_a_changed_dump_an_existing_database_and_missing_keys_refuse(office: Settings, tmp_path: Path):
    made = backup.back_up(office, tmp_path / "backups", NOW)
    with pytest.raises(SettingsError, match="exists"):
        restore.restore(office, made)
    fresh = an_office(tmp_path / "fresh")
    fresh.keys_file.unlink()
    with pytest.raises(SettingsError, match="keys file"):
        restore.restore(fresh, made)
    make_keys(fresh.keys_file)
    with (made / "database.sqlite").open("r+b") as file:
        file.seek(100)
        file.write(b"\xff")
    with pytest.raises(SettingsError, match="SHA-256"):
        restore.restore(fresh, made)
    assert files(fresh.data_dir).keys() == {"keys.json"}


@pytest.fixture
def empty_postgres(postgres_settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """A new database beside the demonstration office's, as the runbook makes one, and the same keys."""
    name = f"restored_{uuid.uuid4().hex}"
    owner = sql.Identifier(str(postgres_settings.migrate_url.username))
    with psycopg.connect(autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(sql.Identifier(name), owner))
        with psycopg.connect(dbname=name, autocommit=True) as inside:
            inside.execute("CREATE EXTENSION postgis")
        yield replace(
            postgres_settings,
            data_dir=tmp_path / "fresh",
            photo_dir=tmp_path / "fresh/photos",
            database_url=postgres_settings.database_url.set(database=name),
            migrate_url=postgres_settings.migrate_url.set(database=name),
        )
        superuser.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def grids(settings: Settings) -> list[tuple[str, str]]:
    """What the application's role reads: every grid's code and outline."""
    with psycopg.connect(
        settings.database_url.set(drivername="postgresql").render_as_string(hide_password=False)
    ) as role:
        return role.execute("SELECT code, ST_AsText(geometry) FROM grids ORDER BY 1, 2").fetchall()


def test_an_office_on_postgres_moves_to_an_empty_database(
    postgres_settings: Settings, empty_postgres: Settings, tmp_path: Path
):
    put_photos(postgres_settings)
    # The nightly backup knows the application's role only.
    made = backup.back_up(
        replace(postgres_settings, migrate_url=postgres_settings.database_url), tmp_path / "backups", NOW
    )
    restore.restore(empty_postgres, made)
    assert files(empty_postgres.photo_dir) == files(postgres_settings.photo_dir)
    with create_app(empty_postgres).app_context():
        chain.upgrade()
        db.engine.dispose()
    assert grids(empty_postgres) == grids(postgres_settings) != []
    with pytest.raises(SettingsError, match="already"):
        restore.restore(empty_postgres, made)


def test_an_sqlite_backup_does_not_go_into_postgres(office: Settings, tmp_path: Path):
    made = backup.back_up(office, tmp_path / "backups", NOW)
    other = an_office(tmp_path / "other", database_url="postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(SettingsError, match="does not fit"):
        restore.restore(other, made)
