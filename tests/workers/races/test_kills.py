"""kill -9 of the serving process in the middle of moves: nothing is half done, a step sent again is the same step."""

import random
import time
import uuid
from collections import Counter

import pytest

from tests.workers.conftest import parent, wait_until
from tests.workers.races import books
from tests.workers.races.conftest import House
from tests.workers.races.crowd import Crowd
from tests.workers.races.test_races import replay_all


def live_through_kills(house: House, kills: int, seed: int) -> Crowd:
    """People go on sending the same moves until they are answered, whoever kills the server meanwhile."""
    house.file(30, days=3)
    dice = random.Random(seed)
    running = house.open()
    crowd = house.crowd()
    with crowd.playing(8, seed):
        for kill in range(kills):
            answered = crowd.statuses[201]
            # The next blow falls only when the office has moved something since the last one.
            wait_until(lambda answered=answered: crowd.statuses[201] > answered or bool(crowd.accidents))
            time.sleep(dice.uniform(0, 0.5))
            workers = running.workers()
            assert workers
            running.process.kill()
            running.process.wait()
            wait_until(lambda workers=workers: not any(map(parent, workers)))
            if kill % 2:
                assert books.wrong_with(house.app, house.codes) == []  # as the blow left it
            running = house.open()
    replay_all(house, crowd)
    return crowd


def half_done(house: House, crowd: Crowd) -> list[str]:
    """What the kills left behind: answers that are none, steps that nobody sent or that were made twice, wrong rows."""
    strange = set(crowd.statuses) - {200, 201, 404, 409, 422}
    unsent = set(books.steps_by_people(house.app)) - crowd.tried
    steps = Counter(uuid.UUID(one.step["id"]) for one in crowd.sent)
    return [
        *(f"answered {status}" for status in strange),
        *(f"nobody sent step {one}" for one in unsent),
        *(f"step {one} was made {count} times" for one, count in steps.items() if count > 1),
        *books.wrong_with(house.app, house.codes),
    ]


def test_killed_again_and_again_nothing_is_half_done(house: House):
    crowd = live_through_kills(house, 2, seed=int(time.time()))
    assert half_done(house, crowd) == []
    assert len(crowd.sent) >= 2  # one before each blow


@pytest.mark.soak
def test_killed_for_minutes_nothing_is_half_done(house: House):
    crowd = live_through_kills(house, 40, seed=int(time.time()))
    assert half_done(house, crowd) == []
    print(f"\n{house.settings.database_url.get_backend_name()}: {crowd.again} moves were answered at the second try")  # noqa: T201  # for docs/soak.md
    assert crowd.again > 0
