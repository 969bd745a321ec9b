"""The embedded office is killed with a push in its hands: the next start carries it, under the same topic."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.workers.couriers.conftest import rigged
from tests.workers.couriers.rig import Rig
from tests.workers.couriers.test_faults import Hold


@pytest.fixture
def rig(request: pytest.FixtureRequest, tmp_path: Path, keys_file: Path) -> Iterator[Rig]:
    with rigged("embedded", request, tmp_path, keys_file) as made:
        yield made.run_all()


def test_what_was_in_its_hands_is_carried_after_the_next_start(rig: Rig, emergency: Any):
    browser = rig.subscribe("village1")
    hold = Hold()
    rig.push.fault = hold
    rig.file(emergency())
    assert hold.asked.wait(60)
    rig.processes.pop("serve").end(signal.SIGKILL)
    rig.push.fault = lambda _post: None
    hold.let_go()
    rig.run("serve")
    rig.file(emergency())
    rig.wait_until_carried(2)
    assert rig.states() == {"delivered": 2}
    assert len(browser.channel.waiting) == 2
    assert len({post.headers["topic"] for post in rig.push.accepted()}) == 2
