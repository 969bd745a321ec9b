"""What Prometheus is told of the couriers: the tables' own numbers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from server import clock
from tests.conftest import Office
from tests.server.conftest import filed
from workers import jobs
from workers.figures import Carried


@pytest.fixture(autouse=True)
def here(office: Office) -> Iterator[None]:
    """The office whose courier is asked."""
    jobs.use(office.app)
    yield
    jobs._here.clear()


def told() -> dict[str, float]:
    return {sample.name: sample.value for family in Carried().collect() for sample in family.samples}


def test_the_age_is_that_of_what_has_waited_for_longest(office: Office, report: Any, monkeypatch: pytest.MonkeyPatch):
    assert told()["gridloop_courier_oldest_unsent_seconds"] == 0
    filed(office.client("worker1"), report(urgency=4))
    later = clock.now() + timedelta(minutes=5)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert 299 < told()["gridloop_courier_oldest_unsent_seconds"] < 330
