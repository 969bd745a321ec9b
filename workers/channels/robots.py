"""Chat robots of WeCom, DingTalk and Feishu through apprise; their rate limits are kept where errands begin.

apprise builds, signs and posts a message and then looks at the HTTP status only, but these services refuse inside a
200. So its robots post through `_Overhearing`, and what was answered is judged here.
"""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from apprise import Apprise, NotifyBase
from apprise.plugins import dingtalk, feishu, wecombot

from server import clock
from server.office import Office
from server.services.deliveries import DELIVERED, Errand, Outcome
from workers.channels import answers
from workers.channels.answers import Answer

SCHEMES = {"wecom": "wecombot", "dingtalk": "dingtalk", "feishu": "feishu"}
PATIENCE = "rto=5.0&cto=5.0&redirect=no"
"""Read and connect timeouts in seconds."""
TOO_FAST: Mapping[int, timedelta] = {
    45009: timedelta(minutes=1),  # WeCom: api freq out of limit
    130101: timedelta(minutes=10),  # DingTalk: send too fast, exceed 20 times per minute; shut out for ten
    410100: timedelta(minutes=10),  # DingTalk: 发送速度太快而限流
    9499: timedelta(minutes=1),  # Feishu: too many request
    11232: timedelta(minutes=1),  # Feishu: frequency limited
}
"""How long a robot that speaks too often is to be silent, by the code that says so."""
BAD_ROBOT = frozenset({
    93000, 93004, 93008,  # WeCom: no such key, robot stopped, robot not in the group
    300001, 300005, 310000, 400013, 400101, 400102, 400106,  # DingTalk: token, signature or keyword, group, robot
    19001, 19002, 19007, 19021, 19022, 19024,  # Feishu: token, robot off, signature, address, keyword
})  # fmt: skip
"""Codes for a key, a robot or a setting of it that trying again does not mend."""


_heard = threading.local()


class _Overhearing:
    """What a robot's module takes for `requests`: it posts, and remembers the answer to this thread's post."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def post(self, *where: Any, **what: Any) -> Any:
        _heard.answer = self._real.post(*where, **what)
        return _heard.answer


for _module in (wecombot, dingtalk, feishu):
    # apprise offers no way to read an answer; tests/workers holds this against upgrades.
    vars(_module)["requests"] = _Overhearing(vars(_module)["requests"])


def send(errand: Errand, office: Office) -> Outcome:
    """Say one line with its link in a unit's group."""
    robot = find_robot(errand.address["kind"], errand.address["secret"])
    if robot is None:
        return Outcome("bad robot", "dead")
    _heard.answer = None
    robot.notify(body=f"{errand.zh}\n{errand.en}\n{link_to(errand, office)}")
    return Outcome("no answer", "waiting") if _heard.answer is None else judge(_heard.answer)


def judge(heard: Any) -> Outcome:
    """What a robot's answer (a response of `requests`) means: its own code first, for the status says little.

    A refusal nobody has told us about is tried again like any failure, and becomes a dead letter that an operator sees.
    """
    code = _code_of(heard)
    if code is None or (code == 0 and not heard.ok):
        headers = {name.lower(): value for name, value in heard.headers.items()}
        judged = answers.judge(Answer(heard.status_code, headers), clock.now())
        return Outcome("no robot's answer", "waiting") if judged is DELIVERED else judged
    if code == 0:
        return DELIVERED
    return Outcome(f"refused {code}", "dead" if code in BAD_ROBOT else "waiting", TOO_FAST.get(code))


def _code_of(heard: Any) -> int | None:
    """WeCom and DingTalk say `errcode`, Feishu `code`."""
    try:
        said = heard.json()
    except ValueError:
        return None
    code = said.get("errcode", said.get("code")) if isinstance(said, dict) else None
    return code if isinstance(code, int) else None


def find_robot(kind: str, secret: str) -> NotifyBase | None:
    """The robot of this kind, if the secret part of its address can be one.

    DingTalk with a signature is SIGNATURE@TOKEN, all others are the key at the end of their address.
    """
    return Apprise.instantiate(f"{SCHEMES[kind]}://{quote(secret, safe='@')}/?{PATIENCE}", suppress_exceptions=True)


def link_to(errand: Errand, office: Office) -> str:
    """The case in the app; only who may see it sees anything there."""
    return f"{office.settings.public_url}/#/case/{errand.case_id}"
