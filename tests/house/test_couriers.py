"""The couriers' own conventions: jobs of a few lines, queues that are served, a schedule that is a list."""

import ast
from pathlib import Path

from server.rules.telling import KINDS
from server.services.deliveries import _ADDRESSES, QUEUES
from workers import broker, jobs
from workers.channels import CHANNELS
from workers.schedule import LOOPS, SCHEDULE

JOBS = Path(jobs.__file__)


def functions() -> list[ast.FunctionDef]:
    return [node for node in ast.parse(JOBS.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]


def test_a_job_is_under_ten_lines_and_leaves_the_work_to_services():
    found = functions()
    assert len(found) > 5
    for job in found:
        assert job.end_lineno is not None
        assert job.end_lineno - job.lineno < 10, job.name
        assert not [node for node in ast.walk(job) if isinstance(node, ast.For | ast.While | ast.Try)], job.name


def test_every_queue_that_deliveries_name_is_served_the_urgent_one_first():
    class Nowhere:
        """Queues are named without asking Redis."""

    served = list(broker.queues(Nowhere()))  # type: ignore[arg-type]
    assert served == [*QUEUES, broker.SCHEDULED]
    assert served[0] == "urgent"


def test_every_channel_has_an_address_and_a_way_out():
    assert set(CHANNELS) == set(_ADDRESSES)
    assert len(KINDS) == 3


def test_what_is_scheduled_are_jobs_under_names_of_their_own():
    entries = [*LOOPS, *SCHEDULE]
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.run is getattr(jobs, entry.name)
        assert entry.every_s >= 1
