"""`gridloop courier` and `gridloop schedule`: the processes that carry messages where there is Redis.

A courier runs the loops itself (they need the database only) and keeps worker processes running, which take jobs
from RQ's queues. A worker that dies is replaced; when the courier dies, its workers die with it.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from types import FrameType

import click
import structlog
from prometheus_client import start_http_server
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.cron import CronJob, CronScheduler
from rq.serializers import JSONSerializer

from server import clock, create_app
from server.config import Settings, SettingsError, read_settings
from server.logs import set_up
from workers import broker, figures, jobs
from workers.lifeline import end_with_parent
from workers.relaying import HandOn, run
from workers.schedule import LOOPS, SCHEDULE
from workers.stopping import STOPS, hear_stops

DRAIN_S = 30
"""How long a worker may take to end the job it has."""

_log = structlog.get_logger("gridloop.courier")


@click.command("courier")
@click.option("--worker-of", type=int, hidden=True, help="Be one worker of the courier with this process id.")
def courier_command(worker_of: int | None) -> None:
    """送信：把通知送到手机、群机器人和短信（需要 Redis）。 Carry messages to phones, robots and text messages.

    工作进程数取自 GRIDLOOP_COURIER_WORKERS；可在任意多台主机上运行。

    Needs GRIDLOOP_REDIS_URL; without Redis, `gridloop serve` carries them itself. Run it on any number of hosts.
    """
    settings = read_settings()
    set_up()
    _redis_url(settings)
    if worker_of is not None:
        end_with_parent(worker_of)
        _work(settings)
        return
    _Courier(settings).run()


@click.command("schedule")
def schedule_command() -> None:
    """定时：按时间表排入汇总和清理（需要 Redis）。 Ask for digests and clean-up in their time; two do no harm."""
    settings = read_settings()
    set_up()
    url = _redis_url(settings)
    stop = threading.Event()
    hear_stops(stop.set)
    _log.info("schedule_started", process=os.getpid())
    while not stop.is_set():
        try:
            scheduler = Timetable(broker.connect(url))
            while not stop.is_set():
                scheduler.enqueue_jobs()
                stop.wait(min(max(scheduler.calculate_sleep_interval(), 0.2), 1.0))
        except RedisError as error:
            # RQ's own loop would end here; the next one begins with everything due, which does no harm.
            _log.warning("schedule_waits", reason=type(error).__name__)
            stop.wait(1.0)
    _log.info("schedule_stopped", process=os.getpid())


class Timetable(CronScheduler):
    """RQ's cron over our list, enqueueing as JSON; a job still waiting under its name is not enqueued twice."""

    def __init__(self, connection: Redis) -> None:
        super().__init__(connection, logging_level="WARNING")
        self._queue = broker.queues(connection)[broker.SCHEDULED]
        for entry in SCHEDULE:
            self.register(entry.run, broker.SCHEDULED, interval=int(entry.every_s), name=entry.name)

    def enqueue_jobs(self) -> list[CronJob]:
        """Enqueue what is due."""
        due = [one for one in self.get_jobs() if one.should_run()]
        for one in due:
            if not self._under_way(one.name):
                self._queue.enqueue(one.func_name, job_id=one.name, result_ttl=0, failure_ttl=60)
            one.set_enqueue_time(clock.now())
        return due

    def _under_way(self, name: str) -> bool:
        """Does it stand in the queue, or was it begun so lately that it may still run? What a job says of itself proves
        nothing: whoever took it may have died, and then it says so for ever."""
        if self._queue.get_job_position(name) is not None:
            return True
        known = self._queue.fetch_job(name)
        if known is None or known.get_status(refresh=False) != "started" or known.started_at is None:
            return False
        return clock.now() - known.started_at < timedelta(seconds=broker.JOB_TIMEOUT_S)


class _Courier:
    """One courier: its loops and its workers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._workers: list[subprocess.Popen[bytes]] = []

    def run(self) -> None:
        """Until told to stop."""
        hear_stops(self._stop.set)
        jobs.use(create_app(self._settings))
        held = broker.queues(broker.connect(_redis_url(self._settings)))
        if self._settings.courier_metrics_port:
            figures.register(held)
            start_http_server(self._settings.courier_metrics_port)
        _log.info("courier_started", process=os.getpid(), workers=self._settings.courier_workers)
        keeping = threading.Thread(target=self._keep_workers, name="workers")
        keeping.start()
        try:
            hand_on = HandOn(lambda: broker.room(held), lambda claims: broker.hand_over(held, claims))
            run(hand_on, LOOPS, self._stop)
        finally:
            self._stop.set()
            keeping.join()
        _log.info("courier_stopped", process=os.getpid())

    def _keep_workers(self) -> None:
        """Start workers, replace those that end, and let them finish when it is time to stop."""
        while not self._stop.is_set():
            self._workers = [one for one in self._workers if one.poll() is None]
            while len(self._workers) < self._settings.courier_workers:
                command = [sys.executable, "-m", "workers.main", "courier", "--worker-of", str(os.getpid())]
                self._workers.append(subprocess.Popen(command))  # noqa: S603  # our own program
            self._stop.wait(0.5)
        for one in self._workers:
            one.send_signal(signal.SIGTERM)
        give_up = time.monotonic() + DRAIN_S
        for one in self._workers:
            try:
                one.wait(max(give_up - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                one.kill()


class Worker(SimpleWorker):
    """Takes jobs in its own process: forking for each would cost more than most jobs (docs/benchmarks.md)."""

    stopping = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Remember it beyond this connection's life."""
        self.stopping = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def _work(settings: Settings) -> None:
    """Take jobs until told to stop. When RQ gives up on Redis, begin again."""
    # The courier blocks these signals for its own threads, and a program it starts inherits that.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    jobs.use(create_app(settings))
    while True:
        try:
            connection = broker.connect(_redis_url(settings))
            worker = Worker(
                list(broker.queues(connection).values()), connection=connection, serializer=JSONSerializer,
                log_job_description=False,
            )  # fmt: skip
            worker.work(logging_level="WARNING")
            if worker.stopping:
                return
        except RedisError as error:
            _log.warning("worker_waits", reason=type(error).__name__)
        time.sleep(1.0)


def _redis_url(settings: Settings) -> str:
    if settings.redis_url is None:
        raise SettingsError("GRIDLOOP_REDIS_URL is missing; without Redis, `gridloop serve` carries messages itself.")
    return settings.redis_url
