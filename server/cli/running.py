"""How a command runs inside the office; holds no command."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from server import create_app
from server.rules.refusals import Refusal

Command = Callable[..., Any]


def in_office(command: Command) -> Command:
    """Run a command inside the office; a refusal ends it with its sentences and exit code 1."""

    @wraps(command)
    def run(**options: Any) -> None:
        with create_app().app_context():
            try:
                command(**options)
            except Refusal as refusal:
                sentences = refusal.errors.values() or [(refusal.zh, refusal.en)]
                for zh, en in sentences:
                    click.echo(f"{zh} {en}", err=True)
                sys.exit(1)

    return run
