"""What the schedule asks for again and again goes on, whatever became of a worker that had taken it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq.job import JobStatus

from server import clock
from tests.workers.couriers.rig import RedisServer
from workers import broker
from workers.courier import Timetable
from workers.schedule import SCHEDULE

pytestmark = pytest.mark.redis
NAMES = [entry.name for entry in SCHEDULE]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = RedisServer(tmp_path).start()
    yield broker.connect(server.url)
    server.stop()


def asked_for(redis: Redis) -> list[str]:
    """What waits after one more scheduler has started: it begins with everything due."""
    Timetable(redis).enqueue_jobs()
    found: list[str] = broker.queues(redis)[broker.SCHEDULED].job_ids
    return found


def test_two_schedulers_ask_once(redis: Redis):
    assert asked_for(redis) == NAMES
    assert asked_for(redis) == NAMES


def test_what_a_worker_took_and_never_began_is_asked_for_again(redis: Redis):
    asked_for(redis)
    held = broker.queues(redis)[broker.SCHEDULED]
    taken = held.pop_job_id()
    assert held.fetch_job(taken).get_status() == JobStatus.QUEUED
    assert sorted(asked_for(redis)) == sorted(NAMES)


def test_what_a_worker_began_and_never_ended_is_asked_for_again_when_it_cannot_run_any_more(redis: Redis):
    asked_for(redis)
    held = broker.queues(redis)[broker.SCHEDULED]
    job = held.fetch_job(held.pop_job_id())
    job.set_status(JobStatus.STARTED)
    job.started_at = clock.now()
    job.save()
    assert job.id not in asked_for(redis)
    job.started_at = clock.now() - timedelta(seconds=broker.JOB_TIMEOUT_S + 1)
    job.save()
    assert job.id in asked_for(redis)
