"""The courier's loops: each goes on whatever becomes of the others."""

import threading
import time
import uuid
from collections.abc import Callable, Sequence

import pytest
from redis.exceptions import ConnectionError as RedisIsAwayError

from server.services.deliveries import Claim
from workers import relaying
from workers.relaying import HandOn
from workers.schedule import Entry


def fail() -> int:
    raise ValueError("one poisoned row")


def is_away() -> dict[str, int]:
    raise RedisIsAwayError


@pytest.fixture(autouse=True)
def at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something is always due, and nobody waits long."""
    monkeypatch.setattr(relaying.jobs, "is_due", lambda: True)
    monkeypatch.setattr(relaying.jobs, "plan", lambda: 0)
    monkeypatch.setattr(relaying, "_PAUSE_S", 0.01)


def run_until(happened: Callable[[], bool], hand_on: HandOn, *entries: Entry) -> None:
    """Run the loops until it happened; they end when told to."""
    stop = threading.Event()
    loops = threading.Thread(target=relaying.run, args=(hand_on, entries, stop))
    loops.start()
    give_up = time.monotonic() + 5
    while not happened() and time.monotonic() < give_up:
        time.sleep(0.01)
    stop.set()
    loops.join(5)
    assert not loops.is_alive()
    assert happened()


def test_the_sweep_goes_on_while_redis_is_away_and_deliveries_wait_for_it():
    swept: list[int] = []
    sweep = Entry("sweep", lambda: swept.append(1) or 0, 0.01)
    run_until(lambda: len(swept) > 2, HandOn(is_away, lambda _claims: None), sweep)


def test_a_loop_that_always_fails_holds_up_no_other():
    swept: list[int] = []
    entries = Entry("urge", fail, 0.01), Entry("sweep", lambda: swept.append(1) or 0, 0.01)
    run_until(lambda: len(swept) > 2, HandOn(lambda: {"urgent": 0, "normal": 0, "digest": 0}, fail), *entries)


def test_what_could_not_be_handed_on_is_given_back_at_once(monkeypatch: pytest.MonkeyPatch):
    """And not when its lease runs out."""
    claims, given_back = [Claim(uuid.uuid4(), 1, "urgent")], []
    monkeypatch.setattr(relaying.jobs, "claim", lambda _room: claims)
    monkeypatch.setattr(relaying.jobs, "release", given_back.extend)

    def give(_claims: Sequence[Claim]) -> None:
        raise RedisIsAwayError

    with pytest.raises(RedisIsAwayError):
        relaying.relay_once(HandOn(lambda: {"urgent": 1, "normal": 0, "digest": 0}, give))
    assert given_back == claims
