"""How fast messages leave: workers that fork or not, jobs of one delivery or ten, one worker or two; and how soon.

The push service here answers 201 and nothing else, so that figures are the courier's. Every run carries as many
messages through Redis, PostgreSQL (fsync on), encryption and a kept connection; the variants take turns.
"""

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from rq import SimpleWorker, Worker
from rq.serializers import JSONSerializer
from sqlalchemy import insert, select, update

from server import create_app
from server.config import read_settings
from server.db import db, transaction
from server.logs import set_up
from server.models import Case, Delivery, Message, Person, PushSubscription, Rule, Session
from server.services import deliveries
from tests.bench import premises
from tests.bench.figures import quantile, spread, table
from tests.conftest import sign_in
from tests.workers.couriers.rig import RedisServer
from workers import broker, jobs
from workers.channels import webpush

LEASE = timedelta(minutes=10)


class Variant(NamedTuple):
    """A way to work: RQ's worker class, deliveries in one job, worker processes."""

    worker: str
    batch: int
    processes: int

    @property
    def name(self) -> str:
        return f"{self.worker}, {self.batch} a job, {self.processes} worker{'s' if self.processes > 1 else ''}"


VARIANTS = (
    Variant("Worker", 1, 1), Variant("Worker", 10, 1), Variant("SimpleWorker", 1, 1), Variant("SimpleWorker", 10, 1),
    Variant("SimpleWorker", 10, 2),
)  # fmt: skip


class Arrivals:
    """Answers every POST with 201 and remembers when it came."""

    def __init__(self) -> None:
        self.times: list[tuple[str, float]] = []
        arrivals = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                arrivals.times.append((self.headers["Topic"], time.time()))
                self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}/push"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait_for(self, count: int) -> None:
        give_up = time.monotonic() + 300
        while len(self.times) < count:
            if time.monotonic() > give_up:
                raise RuntimeError(f"{len(self.times)} of {count} arrived")
            time.sleep(0.01)


def main(*, database: str, rounds: int, messages: int, seconds: float) -> None:
    print(encryption())
    with tempfile.TemporaryDirectory() as folder, premises.rent(database, Path(folder)) as rented:
        rented.run("demo")
        redis, arrivals = RedisServer(Path(folder)).start(), Arrivals()
        more = {"GRIDLOOP_REDIS_URL": redis.url, "GRIDLOOP_PUSH_LOOPBACK": "for tests only"}
        office = premises.Premises(rented.folder, {**rented.environment, **more}, rented.postgres)
        app = create_app(office.settings)
        try:
            subscription = settle(app, arrivals.endpoint)
            rates: dict[str, list[float]] = {variant.name: [] for variant in VARIANTS}
            for turn in range(rounds):
                for variant in VARIANTS:
                    rates[variant.name].append(drain(app, office, subscription, arrivals, variant, messages))
                    print(turn + 1, variant.name, round(rates[variant.name][-1]), f"load {os.getloadavg()[0]:.1f}",
                          flush=True)  # fmt: skip
            rows = [("", "messages/s"), *((name, spread(found)) for name, found in rates.items())]
            print(table(rows))
            print(soon(app, office, arrivals, seconds))
        finally:
            redis.stop()
            with app.app_context():
                db.engine.dispose()


def encryption() -> str:
    """Microseconds for one notice's encryption, and for one VAPID token."""
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    address = {"endpoint": "https://x/", "p256dh": _point(point), "auth": _base64url(secrets.token_bytes(16))}
    payload, key = b"x" * 300, secrets.token_bytes(31).rjust(32, b"\x01")
    found = []
    for work in (
        lambda: webpush.encrypt(address, payload),
        lambda: (webpush._tokens.clear(), webpush._token("https://x", key, "mailto:a@example.org", datetime.now(UTC))),
    ):
        runs = []
        for _ in range(5):
            began = time.perf_counter()
            for _ in range(200):
                work()
            runs.append((time.perf_counter() - began) / 200 * 1e6)
        found.append(spread(runs))
    return f"one encryption: {found[0]} µs; one token (kept for hours): {found[1]} µs"


def settle(app: Flask, endpoint: str) -> uuid.UUID:
    """One case, and village1's browser."""
    token = sign_in(app, "village1")
    subscription = uuid.uuid4()
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    with app.app_context(), transaction() as tx:
        person = tx.execute(select(Person.id).where(Person.account == "village1")).scalar_one()
        session = tx.execute(select(Session.id).where(Session.person_id == person)).scalars().first()
        now = datetime.now(UTC)
        tx.execute(
            insert(PushSubscription).values(
                id=subscription, person_id=person, session_id=session, content=bytes(32), endpoint=endpoint,
                endpoint_hash=bytes(32), p256dh=_point(point), auth=_base64url(secrets.token_bytes(16)),
                created_at=now, seen_at=now,
            )
        )  # fmt: skip
        for key in ("quiet_hours", "urge_after_minutes"):
            tx.execute(update(Rule).where(Rule.key == key).values(value=None if key == "quiet_hours" else {}))
    if not token:
        raise RuntimeError("nobody signed in")
    _file(app, sign_in(app, "worker1"))
    return subscription


def drain(
    app: Flask, office: premises.Premises, subscription: uuid.UUID, arrivals: Arrivals, variant: Variant, count: int
) -> float:
    """Hand `count` deliveries to the queues, start workers, and see how many a second arrive after the first."""
    arrivals.times.clear()
    now = datetime.now(UTC)
    with app.app_context(), transaction() as tx:
        case = tx.execute(select(Case.id)).scalars().first()
        person = tx.execute(select(Person.id).where(Person.account == "village1")).scalar_one()
        rows = [uuid.uuid4() for _ in range(count)]
        tx.execute(update(Delivery).values(state="dropped"))
        tx.execute(
            insert(Message),
            [
                {"id": one, "person_id": person, "case_id": case, "step_id": one, "action": "submit", "kind": "task",
                 "urgency": 4, "way": "at_once", "change": 1, "created_at": now, "not_before": now, "carried_at": now}
                for one in rows
            ],
        )  # fmt: skip
        tx.execute(
            insert(Delivery),
            [
                {"id": uuid.uuid4(), "channel": "webpush", "target": subscription, "message_id": one, "case_id": case,
                 "urgency": 4, "queue": "urgent", "covers": 1, "state": "waiting", "tries": 0, "claim": 0,
                 "next_at": now, "created_at": now}
                for one in rows
            ],
        )  # fmt: skip
        claims = deliveries.claim(tx, now, LEASE, {"urgent": count, "normal": 0, "digest": 0})
    kept, broker.BATCH = broker.BATCH, variant.batch
    broker.hand_over(broker.queues(broker.connect(str(office.settings.redis_url))), claims)
    broker.BATCH = kept
    with working(office, variant):
        arrivals.wait_for(count)
    times = sorted(at for _, at in arrivals.times)
    return (count - 1) / (times[-1] - times[0])


@contextmanager
def working(office: premises.Premises, variant: Variant) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.courier", variant.worker]
    running = [
        subprocess.Popen(command, env=office._environ(), stderr=subprocess.DEVNULL) for _ in range(variant.processes)
    ]
    try:
        yield
    finally:
        for one in running:
            one.send_signal(signal.SIGTERM)
        for one in running:
            one.wait(60)


def soon(app: Flask, office: premises.Premises, arrivals: Arrivals, seconds: float) -> str:
    """From the office's receipt of a report to its push, at 20 reports a second through the real processes."""
    arrivals.times.clear()
    token, serving = sign_in(app, "worker1"), office.serve()
    with (office.folder / "courier.log").open("wb") as log:
        courier = subprocess.Popen([premises.PROGRAM, "courier"], env=office._environ(), stdout=log, stderr=log)
    try:
        time.sleep(8)  # both workers have taken their seats
        began, count = time.monotonic(), int(20 * seconds)
        for number in range(count):
            time.sleep(max(0.0, began + number / 20 - time.monotonic()))
            threading.Thread(target=_file_over_http, args=(serving.port, token)).start()
        arrivals.wait_for(count)
    finally:
        courier.send_signal(signal.SIGTERM)
        courier.wait(60)
        serving.stop()
    with app.app_context(), transaction() as tx:
        person = select(Person.id).where(Person.account == "village1").scalar_subquery()
        made = select(Message.case_id, Message.created_at).where(Message.person_id == person)
        written = {row.case_id: row.created_at.timestamp() for row in tx.execute(made)}
    topics = {webpush.sha256(f"case-{case}".encode()).hexdigest()[:32]: at for case, at in written.items()}
    waits = [(at - topics[topic]) * 1000 for topic, at in arrivals.times]
    return f"receipt to push at 20 reports/s: p50 {quantile(waits, 0.5):.0f} ms, p99 {quantile(waits, 0.99):.0f} ms"


def _body() -> dict[str, Any]:
    return {
        "category": "H-FIRE-01", "text": "楼道堆放杂物，堵住了消防通道。", "urgency": 4, "source": "patrol",
        "location": None, "no_location_reason": "说不清位置", "filed_at": "2026-11-20T09:30:00+08:00",
        "photos": ["0" * 63 + "1"],
    }  # fmt: skip


def _file(app: Flask, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = app.test_client().put(f"/api/v1/reports/{uuid.uuid4()}", json=_body(), headers=headers)
    if answer.status_code != 201:
        raise RuntimeError(answer.text)


def _file_over_http(port: int, token: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("PUT", f"/api/v1/reports/{uuid.uuid4()}", json.dumps(_body()), headers)
    connection.getresponse().read()
    connection.close()


def _point(key: ec.EllipticCurvePublicKey) -> str:
    return _base64url(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def work(kind: str) -> None:
    """One worker of this class, in a process of its own."""
    settings = read_settings()
    set_up()
    jobs.use(create_app(settings))
    connection = broker.connect(str(settings.redis_url))
    chosen = {"Worker": Worker, "SimpleWorker": SimpleWorker}[kind]
    worker = chosen(list(broker.queues(connection).values()), connection=connection, serializer=JSONSerializer)
    worker.work(logging_level="ERROR")


if __name__ == "__main__":
    work(sys.argv[1])
