"""What the three chat services really answer, and what the robots' channel makes of it; without an office."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from server.config import Settings
from server.keys import read_keys
from server.office import Office
from server.services.deliveries import Claim, Errand
from tests.workers.couriers.gateways import ROBOT_HOSTS, Authority, Robots
from workers.channels import robots

WECOM, DINGTALK, FEISHU = ROBOT_HOSTS
KINDS = {WECOM: ("wecom", "k" * 36), DINGTALK: ("dingtalk", f"{'s' * 20}@{'a' * 64}"), FEISHU: ("feishu", "b" * 36)}
MINUTE = timedelta(minutes=1)
ANSWERS: list[tuple[str, str, Any, str, str, timedelta | None]] = [
    (WECOM, "200 OK", {"errcode": 0, "errmsg": "ok"}, "delivered", "delivered", None),
    (WECOM, "200 OK", {"errcode": 45009, "errmsg": "api freq out of limit"}, "refused 45009", "waiting", MINUTE),
    (WECOM, "200 OK", {"errcode": -1, "errmsg": "system error"}, "refused -1", "waiting", None),
    (WECOM, "200 OK", {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1]"}, "refused 93000", "dead", None),
    (WECOM, "403 Forbidden", {"errcode": 93000, "errmsg": "invalid webhook url"}, "refused 93000", "dead", None),
    (DINGTALK, "200 OK", {"errcode": 0, "errmsg": "ok"}, "delivered", "delivered", None),
    (DINGTALK, "200 OK", {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}, "refused 130101",
     "waiting", 10 * MINUTE),
    (DINGTALK, "200 OK", {"errcode": 300001, "errmsg": "token is not exist"}, "refused 300001", "dead", None),
    (DINGTALK, "200 OK", {"errcode": 310000, "errmsg": "sign not match"}, "refused 310000", "dead", None),
    (FEISHU, "200 OK", {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"},
     "delivered", "delivered", None),
    (FEISHU, "200 OK", {"code": 9499, "msg": "too many request", "data": {}}, "refused 9499", "waiting", MINUTE),
    (FEISHU, "200 OK", {"code": 11232, "data": {}, "msg": "frequency limited psm[lark.oapi]"}, "refused 11232",
     "waiting", MINUTE),
    (FEISHU, "200 OK", {"code": 19001, "data": {}, "msg": "param invalid: incoming webhook access token invalid"},
     "refused 19001", "dead", None),
    (FEISHU, "200 OK", {"code": 4242, "data": {}, "msg": "of tomorrow"}, "refused 4242", "waiting", None),
    # Somebody on the way answers instead.
    (FEISHU, "200 OK", "<html>Please sign in to this network</html>", "no robot's answer", "waiting", None),
    (FEISHU, "200 OK", [0], "no robot's answer", "waiting", None),
    (WECOM, "503 Busy", {}, "status 503", "waiting", None),
    (WECOM, "404 Not Found", {}, "status 404", "dead", None),
    (WECOM, f"302 Found\r\nLocation: https://{FEISHU}/elsewhere", {}, "status 302", "dead", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robots]:
    """The three services behind a proxy, whose certificates are believed."""
    authority = Authority(tmp_path_factory.mktemp("authority"))
    services = Robots(authority)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", services.url)
        patch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
        yield services
    services.stop()


@pytest.fixture
def office(sqlite_settings: Settings) -> Office:
    return Office(sqlite_settings, read_keys(sqlite_settings.keys_file))


def errand(host: str) -> Errand:
    kind, secret = KINDS[host]
    address = {"kind": kind, "secret": secret}
    return Errand(
        Claim(uuid4(), 1, "urgent"), "robot", address, "紧急", "Urgent", "urge-1", uuid4(), "990101-1", None, 4, 0,
        collected=False,
    )  # fmt: skip


@pytest.mark.parametrize(("host", "status", "answer", "word", "state", "pause"), ANSWERS)
def test_what_a_service_answers_decides(
    world: Robots, office: Office, host: str, status: str, answer: Any, word: str, state: str, pause: timedelta | None
):
    world.refusals[host] = [(status, answer)]
    assert robots.send(errand(host), office) == (word, state, pause, False)
    assert world.refusals[host] == []


def test_nobody_there_is_no_answer_whatever_was_heard_before(
    world: Robots, office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    assert robots.send(errand(WECOM), office).word == "delivered"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Authority(tmp_path).bundle))
    assert robots.send(errand(WECOM), office) == ("no answer", "waiting", None, False)
