"""kill -9 of the serving process in the middle of moves: nothing is half done, a step sent again is the same step."""

import random
import time
import uuid

import pytest

from tests.workers.conftest import parent, wait_until
from tests.workers.races import books
from tests.workers.races.conftest import House
from tests.workers.races.test_races import replay_all


def live_through_kills(house: House, kills: int, seed: int) -> int:
    """People go on sending the same moves until they are answered, whoever kills the server meanwhile.

    Returns: how many moves were answered only when they were sent again.
    """
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
    assert set(crowd.statuses) <= {200, 201, 404, 409, 422}, crowd.statuses
    assert set(books.steps_by_people(house.app)) <= crowd.tried
    replay_all(house, crowd)
    assert books.wrong_with(house.app, house.codes) == []
    assert len({uuid.UUID(one.step["id"]) for one in crowd.sent}) == len(crowd.sent)
    return crowd.again


def test_killed_again_and_again_nothing_is_half_done(house: House):
    live_through_kills(house, 2, seed=int(time.time()))


@pytest.mark.soak
def test_killed_for_minutes_nothing_is_half_done(house: House):
    again = live_through_kills(house, 40, seed=int(time.time()))
    print(f"\n{house.settings.database_url.get_backend_name()}: {again} moves were answered at the second try")  # noqa: T201  # for docs/soak.md
    assert again > 0
