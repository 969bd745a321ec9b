"""The console script `gridloop`: gathers every command under one name and does nothing else."""

import os
import sys

# numpy, which comes with shapely, starts threads of OpenBLAS when it is imported. Nothing here computes with them, and
# what they do not block (`workers.stopping`) ends a courier undrained, or is lost on the first process of a container.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import click

from server.cli import COMMANDS
from server.config import SettingsError
from workers.courier import courier_command, schedule_command
from workers.outbox import outbox
from workers.robots import robot
from workers.web import serve_command


@click.group()
def gridloop() -> None:
    """网格闭环：上报、受理分派、联动处置、情况反馈、核查结案。

    Gridloop: report, accept and dispatch, handle together, feed back, verify and close.
    """


for command in (*COMMANDS, serve_command, courier_command, schedule_command, outbox, robot):
    gridloop.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run `arguments` (default: the command line); a senseless setting ends it with one sentence and exit code 2."""
    try:
        gridloop(arguments)
    except SettingsError as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
