"""What Prometheus asks of the couriers: counted from the tables and Redis at each question; workers come and go."""

from collections.abc import Iterator

from prometheus_client.core import REGISTRY, GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from rq import Queue
from sqlalchemy.exc import SQLAlchemyError

from server import clock
from server.db import reading
from server.services import deliveries
from workers import jobs


class Carried(Collector):
    """Age of the oldest unsent message, tries, outcomes by channel, depth of the queues.

    Args:
        held: RQ's queues by name; none in the embedded mode.
    """

    def __init__(self, held: dict[str, Queue] | None = None) -> None:
        self._held = held or {}

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing in advance: asking must not need a database."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Count now; what is out of reach is left out, and its absence is the alarm."""
        try:
            yield from _from_tables()
        except SQLAlchemyError:
            return
        try:
            depth = GaugeMetricFamily("gridloop_courier_queue_jobs", "Jobs in Redis", labels=["queue"])
            for name, queue in self._held.items():
                depth.add_metric([name], queue.count)
        except RedisError:
            return
        yield depth


def register(held: dict[str, Queue] | None = None) -> None:
    """Answer from this process's registry."""
    REGISTRY.register(Carried(held))


def _from_tables() -> Iterator[GaugeMetricFamily]:
    now = clock.now()
    with jobs.in_office(), reading() as snapshot:
        found = deliveries.figures(snapshot, now)
    age = (now - found.oldest).total_seconds() if found.oldest else 0.0
    yield GaugeMetricFamily("gridloop_courier_oldest_unsent_seconds", "Age of what has been due for longest", value=age)
    waiting = GaugeMetricFamily("gridloop_courier_waiting", "Deliveries not ended yet", labels=["queue"])
    for queue, count in found.waiting.items():
        waiting.add_metric([queue], count)
    yield waiting
    tries = GaugeMetricFamily("gridloop_courier_tries", "Tries of what waits, is dead or ended within the hour",
                              labels=["channel"])  # fmt: skip
    for channel, count in found.tries.items():
        tries.add_metric([channel], count)
    yield tries
    ended = GaugeMetricFamily("gridloop_courier_deliveries", "Deliveries that wait, are dead or ended within the hour",
                              labels=["channel", "state", "outcome"])  # fmt: skip
    for (channel, state, word), count in found.outcomes.items():
        ended.add_metric([channel, state, word], count)
    yield ended
