"""A backup is whole by itself, and what is restored is what was backed up; on both databases."""

import importlib.util
import os
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import psycopg
import pytest
from psycopg import sql

from server.config import Settings, SettingsError, read_settings
from server.keys import make_keys

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
def postgres() -> Iterator[dict[str, str]]:
    """Addresses of an old and an empty new database with PostGIS, both owned by a role that is no superuser."""
    if "postgresql" in os.environ.get("TESTS_WITHOUT", ""):
        pytest.skip("this machine lacks postgresql")
    role, names = f"keeper_{os.getpid()}", [f"kept_{os.getpid()}", f"fresh_{os.getpid()}"]
    with psycopg.connect(autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'p w%@'").format(sql.Identifier(role)))
        for name in names:
            superuser.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*map(sql.Identifier, (name, role))))
            with psycopg.connect(dbname=name, autocommit=True) as inside:
                inside.execute("CREATE EXTENSION postgis")
        server = f"{os.environ['PGHOST']}:{os.environ['PGPORT']}"
        yield {name.partition("_")[0]: f"postgresql://{role}:p%20w%25%40@{server}/{name}" for name in names}
        for name in names:
            superuser.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
        superuser.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_postgres_comes_back_with_its_geometries(postgres: dict[str, str], tmp_path: Path):
    office = an_office(tmp_path / "office", database_url=postgres["kept"])
    put_photos(office)
    with psycopg.connect(postgres["kept"]) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("CREATE TABLE grids (outline geometry(Polygon, 4326))")
        connection.execute("INSERT INTO grids VALUES (ST_MakeEnvelope(111, 34, 112, 35, 4326))")
    made = backup.back_up(office, tmp_path / "backups", NOW)
    fresh = an_office(tmp_path / "fresh", database_url=postgres["fresh"])
    restore.restore(fresh, made)
    with psycopg.connect(postgres["fresh"]) as connection:
        assert connection.execute("SELECT ST_Area(outline) FROM grids").fetchone() == (1.0,)
    assert files(fresh.photo_dir) == files(office.photo_dir)
    with pytest.raises(SettingsError, match="already"):
        restore.restore(fresh, made)


def test_an_sqlite_backup_does_not_go_into_postgres(office: Settings, tmp_path: Path):
    made = backup.back_up(office, tmp_path / "backups", NOW)
    other = an_office(tmp_path / "other", database_url="postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(SettingsError, match="does not fit"):
        restore.restore(other, made)
