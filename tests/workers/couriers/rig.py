"""What the couriers' tests stand on: Redis, browsers without a window, and an office with its processes around it."""

import base64
import http.client
import json
import secrets
import shutil
import subprocess
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import http_ece
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import delete, select, update

from server import clock, create_app
from server.config import Settings
from server.db import db, transaction
from server.models import Delivery, Message, PushSubscription, Rule
from server.services import reference
from tests.conftest import Office, sign_in
from tests.workers.conftest import PROGRAM, Running, free_port, wait_until
from tests.workers.couriers.push_service import Channel, Post, PushService
from workers.main import gridloop


class RedisServer:
    """A real redis-server on a socket of its own that keeps nothing; it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RedisServer":
        program = shutil.which("redis-server")
        assert program, "redis-server is missing; TESTS_WITHOUT=redis leaves these tests out"
        options = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers)
        return self

    def stop(self) -> None:
        """As a power cut would: nothing is kept."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._socket.unlink(missing_ok=True)

    def flush(self) -> None:
        self.ask("FLUSHALL")

    def ask(self, *command: str) -> str:
        asked = ["redis-cli", "-s", str(self._socket), *command]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()

    def _answers(self) -> bool:
        return self.ask("PING") == "PONG"


@dataclass
class WindowlessBrowser:
    """What a browser keeps of a subscription: it alone can read what is pushed to it."""

    account: str
    subscription_id: uuid.UUID
    channel: Channel
    private: ec.EllipticCurvePrivateKey
    auth: bytes

    def read(self, post: Post) -> dict[str, Any]:
        plain = http_ece.decrypt(post.body, private_key=self.private, auth_secret=self.auth, version="aes128gcm")
        found: dict[str, Any] = json.loads(plain)
        return found


@dataclass
class Rig:
    """An office whose processes run: the web, and with Redis a courier and a schedule."""

    office: Office
    settings: dict[str, str]
    push: PushService
    start: Callable[..., Running]
    redis: RedisServer | None
    processes: dict[str, Running] = field(default_factory=dict)
    browsers: list[WindowlessBrowser] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)

    def run(self, *names: str) -> "Rig":
        """Start processes by their command: serve, courier, schedule."""
        for name in names:
            running = self.start(PROGRAM, name, **self.settings)
            self.processes[name] = running
            if name == "serve":
                running.wait_until_it_answers()
        return self

    def start_again(self, name: str) -> Running:
        """A second process of the same kind beside the first."""
        apart = {"courier_metrics_port": "0"} if self.redis else {}
        return self.start(PROGRAM, name, **{**self.settings, **apart})

    def command(self, *words: str) -> str:
        """What a command of `gridloop` prints; it must succeed."""
        environment: dict[str, str | None] = {
            f"GRIDLOOP_{name.upper()}": value for name, value in self.settings.items()
        }
        done = CliRunner().invoke(gridloop, words, env=environment, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    def reconnect(self) -> None:
        """Drop this test's own connections, which the database has ended."""
        with self.office.app.app_context():
            db.engine.dispose()

    def metrics(self) -> dict[str, float]:
        """What the courier answers Prometheus."""
        connection = http.client.HTTPConnection("127.0.0.1", int(self.settings["courier_metrics_port"]), timeout=60)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}

    def run_all(self) -> "Rig":
        return self.run("serve", *(("courier", "schedule") if self.redis else ()))

    def stop(self, *names: str) -> None:
        """Ask processes (default: all) to end, and see that they do."""
        ending = [self.processes.pop(name) for name in names or list(self.processes)]
        for running in ending:
            running.process.terminate()
        for running in ending:
            running.process.wait(60)

    def forget(self) -> None:
        """Nothing was told, nobody has a browser."""
        with self.office.app.app_context(), transaction() as tx:
            for model in (Delivery, Message, PushSubscription):
                tx.execute(delete(model))
        self.push.forget()
        self.browsers.clear()

    def set_rule(self, key: str, value: Any) -> None:
        with self.office.app.app_context(), transaction() as tx:
            if tx.execute(update(Rule).where(Rule.key == key).values(value=value)).rowcount == 0:
                tx.execute(Rule.__table__.insert().values(key=key, value=value))
            reference.touch(tx, reference.RULES)

    def ask(self, account: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask the serving process over HTTP."""
        if account not in self.tokens:
            self.tokens[account] = sign_in(self.office.app, account)
        connection = http.client.HTTPConnection("127.0.0.1", self.processes["serve"].port, timeout=60)
        headers = {"Authorization": f"Bearer {self.tokens[account]}", "Content-Type": "application/json"}
        connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None

    def file(self, body: dict[str, Any]) -> str:
        """worker1 files a report; the case id."""
        report_id = str(uuid.uuid4())
        status, answer = self.ask("worker1", "PUT", f"/reports/{report_id}", body)
        assert status == 201, answer
        return report_id

    def move(self, account: str, case_id: str, action: str, **payload: Any) -> None:
        """Make a move on the case as this person sees it now."""
        case = self.ask(account, "GET", f"/cases/{case_id}")[1]
        step = {"action": action, "based_on": case["version"], "payload": payload, "at": "2026-11-20T12:00:00+08:00"}
        status, answer = self.ask(account, "PUT", f"/cases/{case_id}/steps/{uuid.uuid4()}", step)
        assert status == 201, answer

    def let_a_minute_pass(self) -> None:
        """For the messages: no test waits for a clock."""
        with self.office.app.app_context(), transaction() as tx:
            for row in tx.execute(select(Message.id, Message.not_before)).all():
                earlier = row.not_before - timedelta(minutes=1)
                tx.execute(update(Message).where(Message.id == row.id).values(not_before=earlier))

    def let_it_be_now(self, delivery_id: uuid.UUID) -> None:
        """A delivery that waits for its next try has waited long enough."""
        with self.office.app.app_context(), transaction() as tx:
            tx.execute(update(Delivery).where(Delivery.id == delivery_id).values(next_at=clock.now()))

    def subscribe(self, account: str) -> WindowlessBrowser:
        """A browser of this person's subscribes, as the app would have it do."""
        private, auth = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16)
        key = self.ask(account, "GET", "/push/key")[1]["key"]
        browser = WindowlessBrowser(account, uuid.uuid4(), self.push.open_channel(key), private, auth)
        point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        body = {
            "endpoint": self.push.endpoint(browser.channel), "expirationTime": None,
            "keys": {"p256dh": _base64url(point), "auth": _base64url(auth)},
        }  # fmt: skip
        status, answer = self.ask(account, "PUT", f"/push/subscriptions/{browser.subscription_id}", body)
        assert status == 200, answer
        self.browsers.append(browser)
        return browser

    def received(self) -> Counter[tuple[uuid.UUID, str]]:
        """(subscription, message) → how often the push service took it."""
        by_token = {browser.channel.token: browser for browser in self.browsers}
        found = Counter[tuple[uuid.UUID, str]]()
        for post in self.push.accepted():
            browser = by_token[post.token]
            found[browser.subscription_id, browser.read(post)["message"]] += 1
        return found

    def deliveries(self) -> list[Any]:
        return self.office.rows(select(Delivery.__table__))

    def states(self) -> Counter[str]:
        """State → how many deliveries stand there."""
        return Counter(row.state for row in self.deliveries())

    def wait_until_carried(self, count: int, *, beside: int = 0) -> None:
        """Until `count` deliveries were planned and none waits any more."""

        def carried() -> bool:
            states = self.states()
            return states.total() == count and states["waiting"] == beside

        wait_until(carried)

    def unplanned(self) -> int:
        return len(self.office.rows(select(Message.id).where(Message.carried_at.is_(None), Message.way == "at_once")))


def build(settings: Settings, push: PushService, start: Callable[..., Running], redis: RedisServer | None) -> Rig:
    """An office on these settings whose couriers may push to this machine; no quiet hours, whatever the time is."""
    given = {
        "data_dir": str(settings.data_dir),
        "keys_file": str(settings.keys_file),
        "database_url": settings.database_url.render_as_string(hide_password=False),
        "push_loopback": "for tests only",
        "courier_lease_s": "3",
        "web_threads": "4",
        "courier_workers": "1",
    }
    if redis:
        given |= {"redis_url": redis.url, "courier_metrics_port": str(free_port())}
    rig = Rig(Office(create_app(settings), settings), given, push, start, redis)
    rig.set_rule("quiet_hours", None)
    rig.set_rule("urge_after_minutes", {})
    return rig


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
