"""Urgent and unsigned after N minutes: the unit's chat robots and its people's phones are told, once each."""

import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from server.db import transaction
from server.models import Deadline, Delivery, Robot
from server.services import deliveries, reach, reference, relay
from tests.workers.conftest import PROGRAM, surroundings, wait_until
from tests.workers.couriers.conftest import rigged
from tests.workers.couriers.gateways import ROBOT_HOSTS, Authority, Gateway, Robots
from tests.workers.couriers.rig import Rig

SECRET = "a secret that the gateway knows"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def robots(authority: Authority) -> Iterator[Robots]:
    world = Robots(authority)
    yield world
    world.stop()


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    door = Gateway(SECRET)
    yield door
    door.stop()


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: Any, keys_file: Path, robots: Robots, gateway: Gateway,
    authority: Authority,
) -> Iterator[Rig]:  # fmt: skip
    """An embedded office behind a proxy, with a robot of each kind and a gateway."""
    folder = tmp_path_factory.mktemp("urging")
    with rigged("embedded", request, folder, keys_file) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", robots.url)
        patch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
        made.settings |= {"sms_url": gateway.url, "sms_secret": SECRET}
        yield made.run_all()


def unit_of(rig: Rig, account: str) -> str:
    found: str = rig.ask(account, "GET", "/me")[1]["units"][0]["id"]
    return found


def add_robots(rig: Rig, unit: str, keys: dict[str, str]) -> None:
    """The first as an operator does, the others without starting a program for each."""
    kind, key = next(iter(keys.items()))
    done = subprocess.run(
        [PROGRAM, "robot", "add", unit, kind], input=f"{key}\n", env=surroundings(**rig.settings),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert key not in done.stdout
    with rig.office.app.app_context(), transaction() as tx:
        for kind, key in list(keys.items())[1:]:
            reach.add_robot(tx, rig.office.app.extensions["gridloop"].keys, uuid.UUID(unit), kind, key)


def end_robots(rig: Rig) -> None:
    with rig.office.app.app_context(), transaction() as tx:
        for one in tx.execute(select(Robot.id).where(Robot.ended_at.is_(None))).scalars().all():
            assert reach.end_robot(tx, one, datetime.now(UTC))


KEYS = {"wecom": "633a31f6-7f9c-4bc4-97a0-0ec1eefa5898", "dingtalk": "a" * 64, "feishu": "b" * 36}
USUAL = {"task": "at_once", "oversight": "at_once", "news": "collected"}


def test_robots_and_phones_of_a_silent_unit_are_told_once(rig: Rig, report: Any, robots: Robots, gateway: Gateway):
    desk = unit_of(rig, "village1")
    add_robots(rig, desk, KEYS)
    rig.ask("village1", "PUT", "/me/notices", {"choices": USUAL, "phone": "13812341234"})
    rig.set_rule("urge_after_minutes", {"4": 0})
    robots.refusals["qyapi.weixin.qq.com"] = [("503 Busy", {})]
    calm = rig.file(report(urgency=3, photos=[]))
    case_id = rig.file(report(urgency=4, text="王大妈家起火了，快来人。", photos=[]))
    rig.wait_until_carried(4)
    assert rig.states() == {"delivered": 4}
    code = rig.ask("village1", "GET", f"/cases/{case_id}")[1]["code"]
    said = {one.host: one for one in robots.said}
    assert len(robots.said) == len(said) == 3
    assert KEYS["wecom"] in said["qyapi.weixin.qq.com"].path
    assert KEYS["dingtalk"] in said["oapi.dingtalk.com"].path
    assert KEYS["feishu"] in said["open.feishu.cn"].path
    [text] = gateway.sent.values()
    assert text.body["to"] == "13812341234"
    for one in (*(str(said[host].body) for host in said), str(text.body)):
        assert code in one
        assert "王" not in one
        assert f"/#/case/{case_id}" in one
        assert calm not in one
    # Nobody is told again, whatever the loops do.
    assert urge_in_an_hour(rig) == 0
    rig.set_rule("urge_after_minutes", {})
    end_robots(rig)


def urge_in_an_hour(rig: Rig) -> int:
    with rig.office.app.app_context(), transaction() as tx:
        late = datetime.now(UTC) + timedelta(hours=1)
        return relay.urge(tx, reference.atlas(tx), reference.rule_book(tx), late)


def nobody_waits_any_more(rig: Rig) -> None:
    """The clocks of earlier stories have stopped."""
    with rig.office.app.app_context(), transaction() as tx:
        tx.execute(update(Deadline).where(Deadline.ended_at.is_(None)).values(ended_at=datetime.now(UTC)))


def test_a_robot_that_refuses_inside_a_200_is_not_taken_for_delivered(rig: Rig, emergency: Any, robots: Robots):
    """Too fast: later, when the service listens again. A bad key: a dead letter, sent again by an operator."""
    nobody_waits_any_more(rig)
    robots.said.clear()
    add_robots(rig, unit_of(rig, "village1"), KEYS)
    wecom, dingtalk, feishu = ROBOT_HOSTS
    robots.refusals[wecom] = [("200 OK", {"errcode": 45009, "errmsg": "api freq out of limit"})]
    robots.refusals[dingtalk] = [("200 OK", {"errcode": 300001, "errmsg": "token is not exist"})]
    rig.set_rule("urge_after_minutes", {"4": 0})
    rig.file(emergency())

    def spoken() -> dict[str, Any]:
        return {str(row.outcome): row for row in rig.deliveries() if row.channel == "robot"}

    wait_until(lambda: spoken().keys() == {"delivered", "refused 300001", "refused 45009"})
    rig.set_rule("urge_after_minutes", {})
    assert [one.host for one in robots.said] == [feishu]
    fast, dead = spoken()["refused 45009"], spoken()["refused 300001"]
    assert (fast.state, dead.state) == ("waiting", "dead")
    assert 60 <= (fast.next_at - fast.tried_at).total_seconds() < 70
    assert str(dead.id) in rig.command("outbox", "dead")
    rig.command("outbox", "again", str(dead.id))
    rig.let_it_be_now(fast.id)
    wait_until(lambda: rig.states().keys() == {"delivered"})
    assert {one.host for one in robots.said} == set(ROBOT_HOSTS)
    assert len(robots.said) == 3
    end_robots(rig)


def test_a_case_that_was_accepted_in_time_urges_nobody(rig: Rig, emergency: Any):
    rig.ask("village1", "PUT", "/me/notices", {"choices": USUAL, "phone": "13812341234"})
    rig.set_rule("urge_after_minutes", {"4": 30})
    accepted, silent = rig.file(emergency()), rig.file(emergency())
    rig.move("village1", accepted, "accept", category="H-FIRE-01", urgency=4)
    assert urge_in_an_hour(rig) > 0
    urged = {str(row.case_id) for row in rig.deliveries()}
    assert silent in urged
    assert accepted not in urged
    rig.set_rule("urge_after_minutes", {})


def test_a_robot_speaks_at_most_so_often_a_minute(rig: Rig, emergency: Any):
    """The rest waits for its minute, without counting as tries."""
    now = datetime.now(UTC)
    office, desk = rig.office, uuid.UUID(unit_of(rig, "village1"))
    with office.app.app_context():
        keys = office.app.extensions["gridloop"].keys
        case_id = uuid.UUID(rig.file(emergency()))
        with transaction() as tx:
            robot = reach.add_robot(tx, keys, desk, "wecom", "k" * 36)
            [clock] = tx.execute(
                select(Deadline.id).where(Deadline.case_id == case_id, Deadline.kind == "accept")
            ).scalars()
            for number in range(deliveries.ROBOT_TRIES_A_MINUTE + 2):
                row = relay._delivery("robot", robot, case_id, 4, now + timedelta(days=1), deadline_id=clock)
                tx.execute(Delivery.__table__.insert().values(**{**row, "id": uuid.uuid5(robot, str(number))}))
            later, lease = now + timedelta(days=2), timedelta(minutes=1)
            claims = deliveries.claim(tx, later, lease, dict.fromkeys(deliveries.QUEUES, 50))
            mine = [one for one in claims if one.id in {uuid.uuid5(robot, str(number)) for number in range(30)}]
            errands = deliveries.set_out(tx, keys, mine, later, lease)
            assert len(errands) == deliveries.ROBOT_TRIES_A_MINUTE
            waiting = tx.execute(
                select(Delivery.tries, Delivery.next_at).where(Delivery.target == robot, Delivery.tried_at.is_(None))
            ).all()
            assert [row.tries for row in waiting] == [0, 0]
            assert {row.next_at for row in waiting} == {later + timedelta(minutes=1)}
            tx.execute(update(Delivery).where(Delivery.target == robot).values(state="dropped", ended_at=now))
    wait_until(lambda: rig.states()["waiting"] == 0)
