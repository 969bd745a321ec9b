"""Chat robots of WeCom, DingTalk and Feishu through apprise; their rate limits are kept where errands begin.

apprise looks at the HTTP status only: a robot that refuses inside a 200 (a withdrawn key) is taken for delivered. The
inbox is what counts; a robot only shouts.
"""

from urllib.parse import quote

from apprise import Apprise, NotifyBase

from server.office import Office
from server.services.deliveries import DELIVERED, Errand, Outcome

SCHEMES = {"wecom": "wecombot", "dingtalk": "dingtalk", "feishu": "feishu"}
PATIENCE = "rto=5.0&cto=5.0&redirect=no"
"""Read and connect timeouts in seconds."""


def send(errand: Errand, office: Office) -> Outcome:
    """Say one line with its link in a unit's group."""
    robot = find_robot(errand.address["kind"], errand.address["secret"])
    if robot is None:
        return Outcome("bad robot", "dead")
    told = robot.notify(body=f"{errand.zh}\n{errand.en}\n{link_to(errand, office)}")
    return DELIVERED if told else Outcome("robot refused", "waiting")


def find_robot(kind: str, secret: str) -> NotifyBase | None:
    """The robot of this kind, if the secret part of its address can be one.

    DingTalk with a signature is SIGNATURE@TOKEN, all others are the key at the end of their address.
    """
    return Apprise.instantiate(f"{SCHEMES[kind]}://{quote(secret, safe='@')}/?{PATIENCE}", suppress_exceptions=True)


def link_to(errand: Errand, office: Office) -> str:
    """The case in the app; only who may see it sees anything there."""
    return f"{office.settings.public_url}/#/case/{errand.case_id}"
