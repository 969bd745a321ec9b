"""The city's day at full size: real or invented places come in through the commands, then a day is lived and proven.

Prints a transcript in Markdown; docs/city-day.md holds one.
"""

import platform
import tempfile
from pathlib import Path

from server import create_app
from server.db import db
from tests.bench import day, field, invented
from tests.bench.figures import table
from tests.bench.premises import Premises, Spent, rent


def main(
    database: str, areas: Path | None, grids: Path | None, reports: int, photo_share: float, phones: int, kills: int
) -> None:
    """Run it; AssertionError when anything was lost, doubled or misplaced."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if areas is None or grids is None:
            areas, grids = invented.write_files(folder)
        say(f"# A city's day on {database}\n\n{platform.system()} on {platform.machine()}, {reports:,} reports\n")
        with rent(database, folder) as premises:
            say(bring_in(premises, areas, grids))
            app = create_app(premises.settings)
            workers = field.open_sessions(app, 2000)
            jobs = day.plan(app, workers, reports, photo_share)
            with app.app_context():
                db.engine.dispose()
            tally, seconds = day.live(premises, jobs, phones=phones, kills=kills)
            happened = [(what, f"{count:,}") for what, count in sorted(tally.counts.items())]
            say(table([("on the way", "times"), *happened]))
            say(
                f"\n{reports:,} reports by {phones} phones in {seconds:,.0f} s ({reports / seconds:,.0f} a second, load"
            )
            say("included).\n")
            proven = day.prove(premises, jobs)
            say(", ".join(f"{count:,} {what}" for what, count in proven.items()) + ": every one as it should be.")
            log = premises.run("verify-log")
            say(f"`gridloop verify-log`: {log.output.splitlines()[-1]}")


def bring_in(premises: Premises, areas: Path, grids: Path) -> str:
    """Everything a city needs, by the commands an operator types; what each took, as a table."""
    rows = [("command", "seconds", "processor s", "peak MB", "said")]
    for words in (
        ["load-rules"],
        ["import-areas", str(areas)],
        ["import-areas", str(areas)],
        ["import-grids", str(grids)],
        ["import-grids", str(grids)],
        ["add-centres"],
        ["add-workers", str(premises.folder / "workers.csv"), "--password", "a-first-password"],
    ):
        rows.append(_row(words[0], premises.run(*words)))
    return table(rows) + "\n"


def say(words: str) -> None:
    print(words, flush=True)


def _row(command: str, spent: Spent) -> tuple[str, str, str, str, str]:
    said = " ".join(spent.output.splitlines()[-2:]) if "import" in command else spent.output.splitlines()[-1]
    return command, f"{spent.seconds:.1f}", f"{spent.processor:.1f}", f"{spent.peak_mb:.0f}", said
