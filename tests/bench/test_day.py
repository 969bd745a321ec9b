"""A short day under bad conditions, on each database: nothing lost, nothing doubled, every photo and grid right."""

from pathlib import Path

import pytest

from server import create_app
from server.db import db
from tests.bench import day, field
from tests.bench.premises import rent


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_day_with_cut_lines_and_a_killed_server_ends_with_exactly_what_was_filed(kind: str, tmp_path: Path) -> None:
    with rent(kind, tmp_path) as premises:
        premises.run("demo")
        app = create_app(premises.settings)
        jobs = day.plan(app, field.open_sessions(app, 40), 150, photo_share=0.2)
        with app.app_context():
            db.engine.dispose()
        tally, _ = day.live(premises, jobs, phones=6, kills=2)
        assert tally.counts["server killed with -9 and restarted"] == 2
        assert tally.counts["cut before the answer"] > 0
        assert day.prove(premises, jobs) == {
            "cases": 150, "photos": sum(job.photo is not None for job in jobs), "grids compared": 150,
        }  # fmt: skip
