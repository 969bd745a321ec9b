"""What couriers do again and again, as two lists: loops of every courier, and jobs that the schedule asks for.

Loops run in the courier itself and need only the database, so they outlive Redis. Scheduled jobs travel through RQ;
without Redis the embedded thread runs them itself. Every entry may run twice at once without harm.
"""

from collections.abc import Callable
from typing import NamedTuple

from workers import jobs


class Entry(NamedTuple):
    """A job and how often it runs, in seconds."""

    name: str
    run: Callable[[], int]
    every_s: float


LOOPS: tuple[Entry, ...] = (
    Entry("urge", jobs.urge, 5),
    Entry("sweep", jobs.sweep, 2),
)
"""Beside the relay, which each courier runs as fast as `relaying` says."""

SCHEDULE: tuple[Entry, ...] = (
    Entry("collect", jobs.collect, 10),
    Entry("freeze", jobs.freeze, 60),
    Entry("tidy", jobs.tidy, 3600),
)
