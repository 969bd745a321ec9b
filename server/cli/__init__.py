"""The office's own commands, for whoever runs the machine: each opens the office, calls services, says what it did."""

import click

from server.cli.areas import AREA_COMMANDS
from server.cli.books import BOOK_COMMANDS
from server.cli.staff import STAFF_COMMANDS

COMMANDS: list[click.Command] = [*BOOK_COMMANDS, *AREA_COMMANDS, *STAFF_COMMANDS]
