"""The courier's loops: plan, claim, hand on; they go on by themselves after Redis or the database was away.

    run(hand_on, entries, stop)

`hand_on` is where claims go: to RQ's queues, or carried on the spot by the embedded thread.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from server.services.deliveries import QUEUES, Claim
from workers import jobs
from workers.schedule import Entry

POLL_S = 0.25
"""How often the relay looks; what is committed leaves within this time at rest."""
_PAUSE_S = 1.0

_log = structlog.get_logger("gridloop.courier")


@dataclass(frozen=True)
class HandOn:
    """Where claims go: how many more there is room for, and the giving."""

    room: Callable[[], dict[str, int]]
    give: Callable[[Sequence[Claim]], None]


def run(hand_on: HandOn, entries: Iterable[Entry], stop: threading.Event) -> None:
    """Relay and run each entry in its time until told to stop; what fails holds up none of the others."""
    due = dict.fromkeys(entries, 0.0)
    broken: dict[str, str] = {}
    while not stop.is_set():
        busy = _attempt("relay", partial(relay_once, hand_on), broken, stop)
        for entry, at in due.items():
            if at <= time.monotonic() and not stop.is_set():
                done = _attempt(entry.name, entry.run, broken, stop)
                due[entry] = time.monotonic() + (_PAUSE_S if done is None else entry.every_s)
        if not busy:
            stop.wait(_PAUSE_S if busy is None else POLL_S)


def _attempt(name: str, work: Callable[[], int], broken: dict[str, str], stop: threading.Event) -> int | None:
    """What this work returns, or None when it failed. Whatever it is, the next round may do better, and a courier that
    ends tells nobody anything. Said once and not at every try: an outage may last for hours."""
    try:
        done = work()
    except Exception as error:
        # A process that is ending takes what the courier stands on with it.
        if not stop.is_set() and broken.get(name) != type(error).__name__:
            broken[name] = type(error).__name__
            foreseen = isinstance(error, SQLAlchemyError | RedisError | OSError)
            _log.warning("courier_waits", loop=name, reason=broken[name], exc_info=None if foreseen else error)
        return None
    if name in broken:
        _log.info("courier_recovered", loop=name, after=broken.pop(name))
    return done


def relay_once(hand_on: HandOn) -> bool:
    """Plan what is due, claim what there is room for, hand it on. Returns: was there anything?"""
    if not jobs.is_due():
        return False
    planned = jobs.plan()
    room = hand_on.room()
    claims = jobs.claim(room) if any(room[name] > 0 for name in QUEUES) else []
    if claims:
        try:
            hand_on.give(claims)
        except RedisError:
            jobs.release(claims)
            raise
    return bool(planned or claims)
