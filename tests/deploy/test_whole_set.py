"""The whole process set at once, by the very commands of compose.yaml and the units: two web servers, two couriers,
the schedule, PostgreSQL, Redis and nginx. A report filed at the front door ends as a push and in the inbox."""

import json
import os
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from sqlalchemy import select

from server import create_app
from server.config import read_settings
from server.db import db, transaction
from server.models import Delivery
from server.services import demo
from tests.conftest import Office, as_superuser, sign_in
from tests.deploy.front import NAME, SHIPPED, TOP, Front, nginx
from tests.workers.conftest import HANGS_AFTER_S, Running, free_port, starting, surroundings, wait_until
from tests.workers.couriers.gateways import Authority
from tests.workers.couriers.push_service import PushService
from tests.workers.couriers.rig import Rig

pytestmark = [pytest.mark.nginx, pytest.mark.redis, pytest.mark.postgresql]

DEPLOY = TOP / "deploy"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())["services"]
PASSWORDS = {"OWNER_PASSWORD": uuid.uuid4().hex, "APP_PASSWORD": uuid.uuid4().hex}


def here(text: str) -> str:
    """A path of the shipped files on this machine."""
    return text.replace("/opt/gridloop", str(TOP))


def by_compose(service: str) -> list[str]:
    """The image's entry point with the service's command."""
    [entry] = re.findall(r"^ENTRYPOINT (.+)$", (DEPLOY / "compose/Dockerfile").read_text(), re.M)
    return [*map(here, json.loads(entry)), SERVICES[service]["command"]]


def by_unit(name: str) -> list[str]:
    [command] = re.findall(r"^ExecStart=(.+)$", (DEPLOY / f"systemd/gridloop-{name}.service").read_text(), re.M)
    return here(command).split()


@contextmanager
def database_by_roles_script(name: str) -> Iterator[None]:
    """What the database's container does at its first start, under names of this test's own."""
    script = (DEPLOY / "compose/roles.sh").read_text().replace("gridloop", name)
    script = script.replace("--username postgres", f"--username {os.environ['PGUSER']}")
    subprocess.run(["sh"], input=script, env=os.environ | PASSWORDS, text=True, check=True, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        with as_superuser() as superuser:
            superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")
            for role in (f"{name}_app", f"{name}_owner"):
                superuser.execute(f"DROP ROLE {role}")


def settings_of(service: str, name: str, changed: dict[str, str]) -> dict[str, str]:
    """The environment file and compose's own values, with this machine's addresses and folders."""
    file = dict(re.findall(r"^(GRIDLOOP_\w+)=(.*)$", (DEPLOY / "gridloop.env").read_text(), re.M))
    given = {**file, **SERVICES[service]["environment"]}
    cluster = f"@{os.environ['PGHOST']}:{os.environ['PGPORT']}/{name}"
    for key, value in given.items():
        text = re.sub(r"\$\{(\w+):\?\}", lambda match: PASSWORDS[match[1]], value)
        given[key] = text.replace("@database/gridloop", cluster).replace("//gridloop_", f"//{name}_")
    return {key.removeprefix("GRIDLOOP_").lower(): value for key, value in given.items()} | changed


def is_healthy(service: str, *options: str, **changes: str) -> bool:
    """Ask as the compose file does, where this machine's process is."""
    kind, *command = SERVICES[service]["healthcheck"]["test"]
    assert kind == "CMD"
    for old, new in changes.items():
        usual = old.removeprefix("at_")
        assert any(usual in word for word in command), command
        command = [word.replace(usual, new) for word in command]
    program, *rest = command
    return subprocess.run([program, *options, *rest], capture_output=True, check=False).returncode == 0


@contextmanager
def redis_by_compose(start: Callable[..., Running]) -> Iterator[str]:
    """The compose file's own command, on a port of its own."""
    port = str(free_port())
    running = start(*SERVICES["redis"]["command"], "--port", port, "--bind", "127.0.0.1")
    wait_until(lambda: is_healthy("redis", "-p", port))
    yield f"redis://127.0.0.1:{port}/0"
    running.end()
    assert not is_healthy("redis", "-p", port)


def ask(front: Front, bearer: str, method: str, path: str, body: Any = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    answer = front.ask(method, f"/api/v1{path}", content, Authorization=bearer, Content_Type="application/json")
    assert answer.status in (200, 201), answer
    return answer.json


def test_a_report_at_the_front_door_ends_as_a_push_and_in_the_inbox(
    tmp_path: Path, keys_file: Path, emergency: Callable[[], dict[str, Any]]
):
    name, push = f"gridset_{uuid.uuid4().hex[:12]}", PushService()
    try:
        with database_by_roles_script(name), starting(tmp_path) as start, redis_by_compose(start) as redis:
            run_the_set(tmp_path, keys_file, name, redis, push, start, emergency)
    finally:
        push.stop()


def run_the_set(
    folder: Path, keys_file: Path, name: str, redis: str, push: PushService, start: Callable[..., Running],
    emergency: Callable[[], dict[str, Any]],
) -> None:  # fmt: skip
    changed = {
        "data_dir": str(folder / "data"), "keys_file": str(keys_file), "redis_url": redis, "host": "127.0.0.1",
        "proxies": "127.0.0.1", "push_loopback": "for tests only", "web_threads": "4", "courier_workers": "1",
        "courier_lease_s": "3", "public_url": f"https://{NAME}",
    }  # fmt: skip
    migrating = settings_of("migrate", name, changed)
    subprocess.run(by_compose("migrate"), env=surroundings(**migrating), check=True)
    serving, carrying = settings_of("web", name, changed), settings_of("courier", name, changed)
    with psycopg.connect(serving["database_url"]) as application, pytest.raises(psycopg.Error):
        application.execute("UPDATE steps SET action = 'x'")
    app = create_app(read_settings({f"GRIDLOOP_{key.upper()}": value for key, value in serving.items()}))
    with app.app_context(), transaction() as tx:
        demo.load(tx, datetime.now(UTC) - timedelta(days=60))

    webs = [start(*command, **serving) for command in (by_compose("web"), by_unit("web"))]
    ports = [free_port(), free_port()]
    assert not is_healthy("courier", at_9108=str(ports[0]))
    couriers = [
        start(*command, **{**carrying, "courier_metrics_port": str(port)})
        for command, port in zip((by_compose("courier"), by_unit("courier")), ports, strict=True)
    ]
    schedule = start(*by_compose("schedule"), **settings_of("schedule", name, changed))
    for web in webs:
        web.wait_until_it_answers()
        assert is_healthy("web", at_8000=str(web.port))
    for port in ports:
        wait_until(lambda port=port: is_healthy("courier", at_9108=str(port)))
    assert is_healthy("database", at_postgres=os.environ["PGUSER"], at_gridloop=name)

    servers = [f"127.0.0.1:{web.port}" for web in webs]
    rig = Rig(Office(app, app.extensions["gridloop"].settings), serving, push, start, None, {"serve": webs[0]})
    reporter, cadre = (f"Bearer {sign_in(app, account)}" for account in ("worker1", "village1"))
    browser = rig.subscribe("village1")

    def file_and_see(front: Front, unread: int) -> None:
        report_id = str(uuid.uuid4())
        case = ask(front, reporter, "PUT", f"/reports/{report_id}", emergency())["case"]
        wait_until(lambda: len(push.accepted()) >= unread)
        told = browser.read(push.accepted()[-1])
        assert (told["case"], told["unread"]) == (case["id"], unread)
        inbox = ask(front, cadre, "GET", "/inbox")
        assert inbox["unread"] == unread
        assert inbox["items"][0]["case"]["id"] == case["id"]

    with nginx(folder / "nginx", Authority(folder), servers, SHIPPED["compose"]) as front:
        file_and_see(front, 1)
        # One host of two goes away: nobody at the door notices.
        webs[0].end()
        couriers[0].end()
        assert not is_healthy("web", at_8000=str(webs[0].port))
        file_and_see(front, 2)
        assert front.ask("GET", "/metrics").status == 404
    for process in (webs[1], couriers[1], schedule):
        process.process.terminate()
    for process in (webs[1], couriers[1], schedule):
        assert process.process.wait(HANGS_AFTER_S) == 0
    states = [row.state for row in rig.office.rows(select(Delivery.state))]
    assert states == ["delivered"] * 2
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def emergency(report: Callable[..., dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    return lambda: report(urgency=4, photos=[])
