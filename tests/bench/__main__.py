"""Measurements, one sub-command each: `python tests/bench --help`.

Those that need PostgreSQL start a throw-away cluster with fsync on (pg_virtualenv) and end it.
"""

import argparse
import os
import sys
from pathlib import Path

# Run as a folder, Python puts tests/bench first on its path; the bench is imported from the root like the tests.
sys.path[0] = str(Path(__file__).resolve().parents[2])

import psycopg  # noqa: E402  # after the path is right
import structlog  # noqa: E402

from tests.bench import report  # noqa: E402


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench", description="Measurements; see docs/benchmarks.md.")
    commands = parser.add_subparsers(dest="command", required=True)
    filing = commands.add_parser("report", help="reports filed a second, against bare psycopg")
    filing.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    filing.add_argument("--rounds", type=int, default=5)
    filing.add_argument("--seconds", type=float, default=8)
    filing.add_argument("--connections", type=int, default=16)
    filing.add_argument("--threads", type=int, default=16)
    filing.add_argument("--processes", type=int, default=1)
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
    if command == "report":
        report.main(**arguments)


if __name__ == "__main__":
    main()
