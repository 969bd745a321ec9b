"""The chain of migrations: upgrade to its head, and tell whether a database has reached it."""

from functools import cache
from pathlib import Path

import flask_migrate
from alembic.script import ScriptDirectory
from flask import Flask

from server.db import db

DIRECTORY = str(Path(__file__).parent)

_migrate = flask_migrate.Migrate(directory=DIRECTORY)


def register(app: Flask) -> None:
    """Make the chain known to the app and to its `flask db` developer commands."""
    _migrate.init_app(app, db)


def upgrade() -> None:
    """Bring the database to the head, as its owner, alone, all or nothing.

    Raises:
        SettingsError: PostGIS is missing and this role may not add it.
    """
    flask_migrate.upgrade(directory=DIRECTORY)


def is_current(version: str | None) -> bool:
    """Is a database with this version at the head or past it (a newer release has migrated it)?"""
    head, known = _known()
    return version is not None and (version == head or version not in known)


@cache
def _known() -> tuple[str | None, frozenset[str]]:
    scripts = ScriptDirectory(DIRECTORY)
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())
