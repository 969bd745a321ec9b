"""RQ's queues on Redis: one for each urgency, jobs as JSON with ids only. Redis may lose it all; the books do not."""

import uuid
from collections.abc import Iterator, Sequence

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

from server.services.deliveries import QUEUES, Claim
from workers.carrying import BATCH

SCHEDULED = "scheduled"
"""The queue of what the schedule asks for; served last."""
JOB_TIMEOUT_S = 60
ROOM = 200
"""Deliveries waiting in one queue at most. The rest stays in the tables, where leases do not run out."""


def connect(url: str) -> Redis:
    """A connection that notices within seconds that Redis is gone."""
    return Redis.from_url(url, socket_connect_timeout=2, health_check_interval=15)


def queues(connection: Redis) -> dict[str, Queue]:
    """Every queue by name, in the order in which workers serve them."""
    return {
        name: Queue(name, connection=connection, serializer=JSONSerializer, default_timeout=JOB_TIMEOUT_S)
        for name in (*QUEUES, SCHEDULED)
    }


def room(held: dict[str, Queue]) -> dict[str, int]:
    """How many more deliveries each queue may hold."""
    return {name: ROOM - held[name].count * BATCH for name in QUEUES}


def hand_over(held: dict[str, Queue], claims: Sequence[Claim]) -> None:
    """Enqueue claimed deliveries in batches; a batch's name says which claims it holds."""
    for name in QUEUES:
        jobs = [
            Queue.prepare_data(
                "workers.jobs.deliver", ([[str(one.id), one.number, one.queue] for one in batch],),
                timeout=JOB_TIMEOUT_S, result_ttl=0, failure_ttl=3600, job_id=f"{batch[0].id}-{batch[0].number}",
            )
            for batch in _batches([one for one in claims if one.queue == name])
        ]  # fmt: skip
        if jobs:
            held[name].enqueue_many(jobs)


def read_claims(batch: Sequence[Sequence[str | int]]) -> list[Claim]:
    """A job's argument as claims again."""
    return [Claim(uuid.UUID(str(one)), int(number), str(name)) for one, number, name in batch]


def _batches(claims: Sequence[Claim]) -> Iterator[Sequence[Claim]]:
    return (claims[start : start + BATCH] for start in range(0, len(claims), BATCH))
