"""The office: keeps the books. `create_app()` is the only way in for web servers, commands and tests."""

from flask import Flask
from flask_migrate import Migrate

from server import db
from server.config import Settings, SettingsError, read_settings
from server.keys import make_keys, read_keys
from server.office import Office

MIGRATIONS = "server:migrations"


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
    return app


def _make_first_keys(settings: Settings) -> None:
    database = settings.database_url.database
    from pathlib import Path

    if database and Path(database).exists():
        raise SettingsError(
            f"The database {database} exists but its keys file {settings.keys_file} is missing; restore the file."
        )
    try:
        make_keys(settings.keys_file)
    except FileExistsError:
        pass  # another process was faster; its keys are as good
