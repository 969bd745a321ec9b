"""The office: keeps the books. `create_app()` is the only way in for web servers, commands and tests."""

from contextlib import suppress
from pathlib import Path

from flask import Flask

from server import api, db, logs
from server.config import Settings, SettingsError, read_settings
from server.keys import make_keys, read_keys
from server.migrations import chain
from server.office import Office


def create_app(settings: Settings | None = None) -> Flask:
    """Build the office from `settings` (default: the environment). Opens no database connection.

    In the embedded mode a missing keys file is made; scaled out it must be given.

    Raises:
        SettingsError: a setting or the keys file makes no sense.
    """
    settings = settings or read_settings()
    if settings.embedded and not settings.keys_file.exists():
        _make_first_keys(settings)
    app = Flask("server", static_folder=None)
    app.extensions["gridloop"] = Office(settings, read_keys(settings.keys_file))
    db.connect(app, settings)
    chain.register(app)
    logs.register(app)
    api.register(app)
    return app


def _make_first_keys(settings: Settings) -> None:
    database = settings.database_url.database
    if database and Path(database).exists():
        raise SettingsError(
            f"The database {database} exists but its keys file {settings.keys_file} is missing; restore the file."
        )
    with suppress(FileExistsError):  # another process was faster; its keys are as good
        make_keys(settings.keys_file)
