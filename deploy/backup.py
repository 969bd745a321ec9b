"""Makes one complete backup in a new folder: the database, then the photos. It never copies the keys file.

    .venv/bin/python deploy/backup.py FOLDER      (settings from the environment, as for every gridloop command)

FOLDER/2026-11-22T023000Z/ holds `database.sqlite` or `database.dump` (pg_dump, custom format), `photos/` and
`manifest.json`. Photos are never changed, so those an earlier backup has are linked, not copied: each folder is
whole by itself and may be deleted by itself. The folder gets its name when everything in it is on the disk.

The database comes first: a photo is stored before its row, so every photo the copied rows name is there.
"""
# ruff: noqa: S603, T201  # it starts pg_dump from PATH and talks to the person at the terminal

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL

from server.config import Settings, SettingsError, read_settings


def back_up(settings: Settings, folder: Path, now: datetime) -> Path:
    """Write a backup below `folder`; the new folder's path. Raises SettingsError for what an operator can mend."""
    folder.mkdir(parents=True, exist_ok=True)
    earlier = max(folder.glob("20*Z"), default=None)
    for left in folder.glob(".20*Z"):
        shutil.rmtree(left)  # a backup that was interrupted
    name = now.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    draft = folder / f".{name}"
    draft.mkdir()
    database = copy_sqlite(settings, draft) if settings.embedded else dump_postgres(settings.migrate_url, draft)
    photos = copy_photos(settings.photo_dir, draft / "photos", earlier and earlier / "photos")
    manifest = {"made_at": now.isoformat(), "database": database.name, "sha256": sha256(database), "photos": photos}
    (draft / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    os.sync()
    return draft.rename(folder / name)


def copy_sqlite(settings: Settings, draft: Path) -> Path:
    """Copy the database while it is being served."""
    source = Path(str(settings.database_url.database))
    if not source.exists():
        raise SettingsError(f"There is no database at {source}.")
    target = draft / "database.sqlite"
    with closing(sqlite3.connect(source)) as served, closing(sqlite3.connect(target)) as copy:
        served.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        (verdict,) = copy.execute("PRAGMA quick_check").fetchone()
    if verdict != "ok":
        raise SettingsError(f"The copy of {source} is damaged: {verdict}.")
    return target


def dump_postgres(url: URL, draft: Path) -> Path:
    target = draft / "database.dump"
    where, environment = reach(url)
    command = [
        "pg_dump",
        "--format=custom",
        # PostGIS brings these rows itself, and the tables' owner may not write them.
        "--exclude-table-data=spatial_ref_sys",
        f"--file={target}",
        f"--dbname={where}",
    ]
    if subprocess.call(command, env=environment):
        raise SettingsError("pg_dump did not succeed; its own words stand above.")
    return target


def reach(url: URL) -> tuple[str, dict[str, str]]:
    """What PostgreSQL's programs need: a connection string, and the environment with the password.

    Any user of the machine can read a running program's arguments, so the password is not among them.
    """
    parts = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    password = parts.pop("password", None)
    return make_conninfo(**parts), os.environ | ({"PGPASSWORD": password} if password else {})


def copy_photos(source: Path, target: Path, earlier: Path | None) -> int:
    """Copy the folder, linking what `earlier` has already; how many files."""
    target.mkdir()
    count = 0
    for path in sorted(source.rglob("*")) if source.exists() else []:
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir()
            continue
        held = earlier / path.relative_to(source) if earlier else None
        if held and held.exists() and held.stat().st_size == path.stat().st_size:
            copy.hardlink_to(held)
        else:
            shutil.copyfile(path, copy)
        count += 1
    return count


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("backup.py FOLDER")
    try:
        print(back_up(read_settings(), Path(sys.argv[1]), datetime.now(UTC)))
    except (SettingsError, OSError, sqlite3.Error) as trouble:
        sys.exit(str(trouble))
