"""What one process holds besides the database: its settings and its keys."""

from dataclasses import dataclass

from flask import current_app

from server.config import Settings
from server.keys import Keys


@dataclass(frozen=True, slots=True)
class Office:
    """Made once by `create_app()`; nothing in it changes while the process runs."""

    settings: Settings
    keys: Keys


def office() -> Office:
    """The office of the app that is being asked."""
    held: Office = current_app.extensions["gridloop"]
    return held
