"""What breaks in the night, on real processes: at the end every message is delivered or a dead letter, none is lost.

Counted twice: from the tables, and from what the push service took and only the browser can read.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import as_superuser
from tests.workers.conftest import wait_until
from tests.workers.couriers.conftest import rigged
from tests.workers.couriers.push_service import Post
from tests.workers.couriers.rig import Rig

pytestmark = [pytest.mark.redis, pytest.mark.postgresql]


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, tmp_path_factory: Any, keys_file: Path) -> Iterator[Rig]:
    """The office scaled out; every fault ends, so one office will do."""
    with rigged("redis", request, tmp_path_factory.mktemp("faults"), keys_file) as made:
        yield made.run_all()


def file_for(rig: Rig, body: dict[str, Any], seconds: float) -> int:
    """Reports one after the other for so long; how many. Every one was accepted."""
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        rig.file(body)
        count += 1
        time.sleep(0.2)
    return count


class Hold:
    """A push service that takes what it is asked and answers nobody until it is let go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._go_on = threading.Event()

    def __call__(self, _post: Post) -> None:
        self.asked.set()
        self._go_on.wait(60)

    def let_go(self) -> None:
        self._go_on.set()


def assert_everyone_heard_of_everything_once(rig: Rig, reports: int) -> None:
    """By the tables and by the push service: one notice for each report and browser."""
    assert rig.states() == {"delivered": reports * len(rig.browsers)}
    received = rig.received()
    assert len(received) == reports * len(rig.browsers)
    assert set(received.values()) == {1}


@pytest.mark.parametrize("seconds", [10, pytest.param(60, marks=pytest.mark.soak)])
def test_redis_is_away_while_reports_flow(rig: Rig, emergency: Any, seconds: int):
    rig.subscribe("village1")
    rig.subscribe("county1")
    before = file_for(rig, emergency(), 1)
    assert rig.redis
    rig.redis.stop()
    during = file_for(rig, emergency(), seconds)
    assert during > seconds / 2
    rig.redis.start()
    after = file_for(rig, emergency(), 1)
    rig.wait_until_carried(2 * (before + during + after))
    assert_everyone_heard_of_everything_once(rig, before + during + after)


def test_redis_forgets_everything(rig: Rig, emergency: Any):
    """Jobs that were handed over are gone; their leases run out and they are handed over again."""
    rig.subscribe("village1")
    hold = Hold()
    rig.push.fault = hold
    rig.file(emergency())
    assert hold.asked.wait(60)
    rig.push.fault = lambda _post: None
    for _ in range(12):
        rig.file(emergency())
    assert rig.redis
    wait_until(lambda: rig.states()["waiting"] == 13)
    rig.redis.flush()
    hold.let_go()
    rig.wait_until_carried(13)
    assert_everyone_heard_of_everything_once(rig, 13)


def test_a_worker_is_killed_in_mid_delivery(rig: Rig, emergency: Any):
    """Nobody can know whether the push was taken: it is sent again, under the same topic and tag."""
    browser = rig.subscribe("village1")
    hold = Hold()
    rig.push.fault = hold
    rig.file(emergency())
    assert hold.asked.wait(60)
    [worker] = rig.processes["courier"].workers()
    os.kill(worker, signal.SIGKILL)
    rig.push.fault = lambda _post: None
    hold.let_go()
    rig.wait_until_carried(1)
    [row] = rig.deliveries()
    assert (row.state, row.outcome, row.tries) == ("delivered", "delivered", 2)
    assert len({post.headers["topic"] for post in rig.push.accepted()}) == 1
    assert len({browser.read(post)["tag"] for post in rig.push.accepted()}) == 1
    assert len(browser.channel.waiting) == 1
    wait_until(lambda: rig.processes["courier"].workers() not in ([], [worker]))


def test_the_database_is_away(rig: Rig, emergency: Any):
    """Every connection is ended and none is let in for a while, as when it is restarted."""
    rig.subscribe("village1")
    for _ in range(3):
        rig.file(emergency())
    name = rig.office.settings.database_url.database
    with as_superuser() as superuser:
        superuser.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        wait_until(lambda: "courier_waits" in rig.processes["courier"].log.read_text())
        superuser.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    wait_until(lambda: rig.processes["serve"].ask("/readyz")[0] == 200)
    rig.reconnect()
    wait_until(lambda: rig.ask("worker1", "GET", "/me")[0] == 200)
    reports = 3 + file_for(rig, emergency(), 1)
    rig.wait_until_carried(reports)
    assert rig.states() == {"delivered": reports}
    assert set(rig.received()) == {(rig.browsers[0].subscription_id, str(row.message_id)) for row in rig.deliveries()}


@pytest.mark.soak
def test_the_database_is_restarted_while_reports_flow(rig: Rig, emergency: Any):
    """The server itself, with every connection; what was answered 201 is delivered. Alone, for others share it."""
    rig.subscribe("village1")
    before = file_for(rig, emergency(), 2)
    with as_superuser() as superuser:
        [data] = superuser.execute("SHOW data_directory").fetchone()
        [programs] = superuser.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    owner = Path(data).stat()
    subprocess.run(
        [Path(programs) / "pg_ctl", "restart", "-D", data, "-m", "fast", "-w", "-l", "/dev/null"],
        user=owner.st_uid, group=owner.st_gid, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    rig.reconnect()
    wait_until(lambda: rig.ask("worker1", "GET", "/me")[0] == 200)
    after = file_for(rig, emergency(), 2)
    rig.wait_until_carried(before + after)
    assert rig.states() == {"delivered": before + after}


@pytest.mark.soak
def test_a_push_service_that_hangs_holds_up_nobody_else(rig: Rig, emergency: Any):
    """It is cut off after ten seconds and tried again; another browser hears at once meanwhile."""
    hanging, quick = rig.subscribe("village1"), rig.subscribe("county1")
    release = threading.Event()

    def hang(post: Post) -> None:
        if post.token == hanging.channel.token:
            release.wait(60)

    rig.push.fault = hang
    rig.file(emergency())
    wait_until(lambda: [post.token for post in rig.push.accepted()] == [quick.channel.token])
    wait_until(lambda: {"cut off", "no answer"} & {row.outcome for row in rig.deliveries()})
    rig.push.fault = lambda _post: None
    release.set()
    rig.wait_until_carried(2)
    assert rig.states() == {"delivered": 2}


def test_two_schedules_and_two_couriers_tell_once(rig: Rig, report: Any, emergency: Any):
    rig.subscribe("worker1")
    second = rig.start_again("schedule"), rig.start_again("courier")
    for _ in range(4):
        rig.move("village1", rig.file(report(photos=[])), "accept", category="H-FIRE-01", urgency=2)
    for _ in range(6):
        rig.move("village1", rig.file(emergency()), "accept", category="H-FIRE-01", urgency=4)
    rig.let_a_minute_pass()
    rig.wait_until_carried(7)
    assert rig.states() == {"delivered": 7}
    assert set(rig.received().values()) == {1}
    for process in second:
        process.end()


def test_the_courier_tells_prometheus_how_it_stands(rig: Rig, emergency: Any):
    rig.subscribe("village1")
    rig.push.fault = lambda _post: (500, {})
    rig.file(emergency())
    wait_until(lambda: [row.outcome for row in rig.deliveries()] == ["status 500"])
    told = rig.metrics()
    assert told['gridloop_courier_deliveries{channel="webpush",outcome="status 500",state="waiting"}'] == 1
    assert told['gridloop_courier_waiting{queue="urgent"}'] == 1
    assert told['gridloop_courier_tries{channel="webpush"}'] >= 1
    assert 'gridloop_courier_queue_jobs{queue="urgent"}' in told
    assert "gridloop_courier_oldest_unsent_seconds" in told
    rig.push.fault = lambda _post: None
    rig.wait_until_carried(1)
    assert rig.metrics()['gridloop_courier_waiting{queue="urgent"}'] == 0
