"""Measurements, one sub-command each: `python tests/bench --help`.

Those that need PostgreSQL start a throw-away cluster with fsync on (pg_virtualenv) and end it.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

# Run as a folder, Python puts tests/bench first on its path; the bench is imported from the root like the tests.
sys.path[0] = str(Path(__file__).resolve().parents[2])

import psycopg  # noqa: E402  # after the path is right
import structlog  # noqa: E402

from tests.bench import city, courier, locate, moves, report  # noqa: E402


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench", description="Measurements; see docs/benchmarks.md.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, databases, measured in (
        ("report", ("postgresql",), "reports filed a second, against bare psycopg"),
        ("moves", ("postgresql", "sqlite"), "moves made a second, against reports filed in the same round"),
    ):
        serving = commands.add_parser(name, help=measured)
        serving.add_argument("--database", choices=databases, default="postgresql")
        serving.add_argument("--rounds", type=int, default=5)
        serving.add_argument("--seconds", type=float, default=8)
        serving.add_argument("--connections", type=int, default=16)
    locating = commands.add_parser("locate", help="one point among 12,322 grids, against PostGIS")
    locating.add_argument("--database", choices=("postgresql",), default="postgresql")
    locating.add_argument("--points", type=int, default=20_000)
    locating.add_argument("--rounds", type=int, default=5)
    day = commands.add_parser("city", help="a city's day: places come in, reports are filed, lines cut, servers killed")
    day.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    day.add_argument("--areas", type=Path, help="CSV of place codes; without it an invented city")
    day.add_argument("--grids", type=Path, help="grid boundaries; without it an invented city")
    day.add_argument("--reports", type=int, default=27_193)
    day.add_argument("--photo-share", type=float, default=0.03)
    day.add_argument("--phones", type=int, default=16)
    day.add_argument("--kills", type=int, default=4)
    carrying = commands.add_parser("courier", help="messages a second from the queues to a push service, and how soon")
    carrying.add_argument("--database", choices=("postgresql",), default="postgresql")
    carrying.add_argument("--rounds", type=int, default=3)
    carrying.add_argument("--messages", type=int, default=400)
    carrying.add_argument("--seconds", type=float, default=15)
    return parser.parse_args()


def need_durable_postgres() -> None:
    """Start again inside a throw-away cluster, or make sure that the one around us is durable."""
    if "PGHOST" not in os.environ:
        command = ["pg_virtualenv", "-t", "-o", "fsync=on", sys.executable, str(Path(__file__).parent), *sys.argv[1:]]
        os.execvp(command[0], command)  # noqa: S606  # no shell
    with psycopg.connect(dbname="postgres") as connection:
        row = connection.execute("SHOW fsync").fetchone()
    if row != ("on",):
        sys.exit("The PostgreSQL cluster around this command has fsync off; figures from it would not be true.")


def main() -> None:
    arguments = vars(read_arguments())
    command = arguments.pop("command")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    if arguments["database"] == "postgresql":
        need_durable_postgres()
    commands: dict[str, Callable[..., None]] = {
        "report": report.main, "locate": locate.main, "city": city.main, "courier": courier.main,
        "moves": moves.main,
    }  # fmt: skip
    commands[command](**arguments)


if __name__ == "__main__":
    main()
