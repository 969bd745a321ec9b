"""Puts one backup back into an empty place: an empty database and a photo folder. It overwrites nothing.

    .venv/bin/python deploy/restore.py FOLDER/2026-11-22T023000Z      (settings from the environment)

The keys file must be in its place already (it is kept apart from the backups). At the end it runs `gridloop
migrate`, which brings the tables to this version and fits the change numbers to the new cluster.
"""
# ruff: noqa: S603, T201  # it starts pg_restore from PATH and talks to the person at the terminal

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
from backup import reach, sha256

from server.config import Settings, SettingsError, read_settings
from server.keys import read_keys
from workers.alone import hold_alone


def restore(settings: Settings, backup: Path) -> None:
    """Restore `backup`. Raises SettingsError for what an operator can mend."""
    manifest = json.loads((backup / "manifest.json").read_text())
    database = backup / manifest["database"]
    if sha256(database) != manifest["sha256"]:
        raise SettingsError(f"{database} is not what was backed up: its SHA-256 differs.")
    if (database.suffix == ".sqlite") != settings.embedded:
        raise SettingsError(f"{database.name} does not fit GRIDLOOP_DATABASE_URL: one is SQLite, the other PostgreSQL.")
    read_keys(settings.keys_file)
    if settings.embedded:
        put_sqlite(settings, database)
    else:
        put_postgres(settings, database)
    put_photos(backup / "photos", settings.photo_dir)


def put_sqlite(settings: Settings, database: Path) -> None:
    target = Path(str(settings.database_url.database)).resolve()
    hold_alone(target)
    if target.exists():
        raise SettingsError(f"{target} exists; move it away first.")
    draft = target.with_name(f".{target.name}.restoring")
    shutil.copyfile(database, draft)
    os.sync()
    draft.rename(target)


def put_postgres(settings: Settings, database: Path) -> None:
    where, environment = reach(settings.migrate_url)
    password = environment.get("PGPASSWORD")
    with psycopg.connect(where, password=password) as connection:
        row = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL").fetchone()
    if row is None or row[0]:
        raise SettingsError("The database holds Gridloop's tables already; create an empty one and name it.")
    command = [
        "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--no-comments",
        f"--dbname={where}", str(database),
    ]  # fmt: skip
    if subprocess.call(command, env=environment):
        raise SettingsError("pg_restore did not succeed; its own words stand above.")


def put_photos(source: Path, target: Path) -> None:
    """Copy what is not there yet, each file in one step, so that it may be repeated."""
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        copy = target / path.relative_to(source)
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            draft = copy.with_name(f".{copy.name}.restoring")
            shutil.copyfile(path, draft)
            draft.rename(copy)
    os.sync()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("restore.py FOLDER/TIME")
    try:
        restore(read_settings(), Path(sys.argv[1]))
    except (SettingsError, OSError, psycopg.Error) as trouble:
        sys.exit(str(trouble))
    print("已恢复，正在升级… / Restored; bringing the tables to this version …", flush=True)
    sys.exit(subprocess.call([Path(sys.executable).with_name("gridloop"), "migrate"]))
