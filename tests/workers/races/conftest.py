"""A real office under a crowd: `gridloop serve` on a copy of the demonstration county, once on each database."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from shapely.geometry.base import BaseGeometry

from geodata.demo import demo_county
from server import clock, create_app
from server.config import Settings
from server.db import db, transaction
from server.services import cases, intake, people
from server.services.hearing import hear
from tests.conftest import sign_in
from tests.server.conftest import place_in
from tests.workers.conftest import Running, free_port
from tests.workers.races.crowd import Crowd

EVERYBODY = (
    "worker1", "worker2", "village1", "village2", "village17", "village18", "villageleader1", "villageleader2",
    "villagemediator1", "township1", "township3", "leader1", "fire1", "fire3", "judicial1", "police1", "county1",
    "countyleader1", "inspector1",
)  # fmt: skip
PLAIN = ("H-FIRE-01", "C-04", "D-01")


@dataclass
class House:
    """The books, seen from outside; the server in front of them; and everybody who is signed in."""

    app: Flask
    settings: Settings
    start: Callable[..., Running]
    port: int = field(default_factory=free_port)
    codes: dict[uuid.UUID, str] = field(default_factory=dict)
    running: Running | None = None

    def open(self) -> Running:
        """Start the server, again on the same port after it was killed."""
        given = {
            "data_dir": str(self.settings.data_dir), "keys_file": str(self.settings.keys_file), "web_threads": "12",
            "database_url": self.settings.database_url.render_as_string(hide_password=False), "port": str(self.port),
        }  # fmt: skip
        self.running = self.start(**given)
        return self.running

    def crowd(self, accounts: tuple[str, ...] = EVERYBODY, each: int = 1) -> Crowd:
        tokens = [sign_in(self.app, account) for account in accounts for _ in range(each)]
        return Crowd(self.port, tokens, list(self.codes), place_in(demo_county().grids[0].code))

    def file(self, count: int, *, days: float, seed: int = 3, **changes: Any) -> None:
        """File this many reports, by two workers in turn, in the last so many days: their clocks have begun then."""
        dice, now = random.Random(seed), clock.now()
        shapes = {grid.code: grid.geometry for grid in demo_county().grids}
        for number in range(count):
            at = now - timedelta(days=dice.uniform(0, days))
            with self.app.app_context(), transaction() as tx:
                worker = people.as_signed_in(tx, ("worker1", "worker2")[number % 2], now)
                body = _report(PLAIN[number % len(PLAIN)], shapes[worker.grids[0]], at) | changes
                submission = cases.Submission(uuid.UUID(int=dice.getrandbits(128), version=4), bytes(32), at)
                filed = intake.file_report(hear(tx, worker, at), body, submission)
                assert filed is not None
                self.codes[submission.id] = filed.record.case["code"]


def _report(category: str, shape: BaseGeometry, at: datetime) -> dict[str, Any]:
    point = shape.representative_point()
    return {
        "category": category, "text": "楼道堆放杂物，堵住了消防通道。", "urgency": 2, "source": "patrol",
        "location": {"lon": point.x, "lat": point.y, "crs": "wgs84", "accuracy_m": 12.0, "fix": "gps"},
        "no_location_reason": None, "grid_code": None, "filed_at": at, "photos": ["0" * 64], "parties": [],
        "on_behalf_of": None, "occurred_at": None, "involved_count": None, "amount": None, "confidential": False,
        "same_as": None, "origin": None, "settled": None,
    }  # fmt: skip


@pytest.fixture
def house(settings: Settings, serve: Callable[..., Running]) -> Any:
    app = create_app(settings)
    yield House(app, settings, serve)
    with app.app_context():
        db.engine.dispose()
