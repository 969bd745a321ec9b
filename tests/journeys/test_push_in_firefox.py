"""A notice reaches a real Firefox through a push service on this machine, with the page closed, and opens the case."""

import json
import sqlite3
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import GRIDLOOP, PASSWORD, Office, serving_office
from tests.journeys.firefox import Firefox
from tests.workers.couriers.push_service import PushService

pytestmark = pytest.mark.firefox


@pytest.fixture(scope="module")
def push_service() -> Iterator[PushService]:
    service = PushService()
    yield service
    service.stop()


@pytest.fixture
def push(push_service: PushService) -> PushService:
    """A push service that nobody has used yet."""
    push_service.forget()
    return push_service


@pytest.fixture(scope="module")
def calling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office that may push to this machine."""
    with serving_office(tmp_path_factory.mktemp("calling"), push_loopback="for tests only") as office:
        yield office


@pytest.fixture
def firefox(tmp_path: Path, push: PushService) -> Iterator[Firefox]:
    browser = Firefox(tmp_path / "profile", push.browsers_at)
    yield browser
    browser.quit()


def file_emergency(office: Office) -> dict[str, Any]:
    """worker1 reports something that passes quiet hours and digests."""
    body = {
        "category": "H-FIRE-01", "text": "楼道里冒烟，有人被困。", "urgency": 4, "source": "patrol",
        "location": None, "no_location_reason": "来不及定位", "filed_at": "2026-11-20T09:30:00+08:00",
        "photos": ["0" * 63 + "1"],
    }  # fmt: skip
    case: dict[str, Any] = office.ask("worker1", "PUT", f"/reports/{uuid.uuid4()}", body)["case"]
    return case


def sign_in(firefox: Firefox, office: Office) -> None:
    firefox.open(f"{office.url}/")
    firefox.fill("input[name=account]", "village1")
    firefox.fill("input[name=password]", PASSWORD)
    firefox.click("button[type=submit]")
    firefox.until("return document.querySelector('[data-testid=unsent]') !== null")


def soon(holds: Callable[[], Any], what: str) -> Any:
    give_up = time.monotonic() + 60
    while not (found := holds()):
        assert time.monotonic() < give_up, f"never came: {what}"
        time.sleep(0.05)
    return found


def see_push_state(firefox: Firefox, office: Office, state: str) -> None:
    """The screen of notices says whether this device shows them."""
    firefox.open("about:blank")
    firefox.open(f"{office.url}/#/me/notices")
    firefox.until("return document.querySelector('[data-testid=push]')?.dataset.state === arguments[0]", state)


def test_a_cadre_is_told_with_the_page_closed_and_a_click_opens_the_case(
    calling: Office, push: PushService, firefox: Firefox
) -> None:
    firefox.start()
    sign_in(firefox, calling)
    see_push_state(firefox, calling, "on")
    [channel] = push.channels.values()
    firefox.close_page()
    assert firefox.pages() == ["about:blank"]

    case = file_emergency(calling)
    assert firefox.notice() == f"【特急】待办·上报 {case['code']}"
    soon(lambda: push.acks, "the browser's acknowledgement")
    assert channel.waiting == {}
    firefox.click_notice()
    firefox.show_page(f"{calling.url}/#/case/{case['id']}")
    firefox.until(f"return document.querySelector('[data-testid=case][data-code=\"{case['code']}\"]') !== null")
    soon(lambda: calling.ask("village1", "GET", "/inbox")["unread"] == 0, "read by opening it")

    # A window that is open is used again, wherever it stands.
    second = file_emergency(calling)
    firefox.notice()
    firefox.click_notice()
    firefox.show_page(f"{calling.url}/#/case/{second['id']}")
    assert sorted(firefox.pages()) == sorted(["about:blank", f"{calling.url}/#/case/{second['id']}"])

    # What was pushed while the browser was not running is shown when it starts again.
    firefox.quit()
    third = file_emergency(calling)
    soon(lambda: channel.waiting, "the push at the push service")
    firefox.start()
    assert third["code"] in firefox.notice()
    assert len(push.accepted()) == 3


def test_a_lost_subscription_is_forgotten_and_made_anew_at_the_next_start(
    calling: Office, push: PushService, firefox: Firefox
) -> None:
    firefox.start()
    sign_in(firefox, calling)
    see_push_state(firefox, calling, "on")
    [first] = push.channels.values()

    # Given up in the browser: the push service says 410, the office forgets it, the app subscribes anew.
    firefox.until(
        "return navigator.serviceWorker.ready.then(r => r.pushManager.getSubscription()).then(s => s.unsubscribe())"
    )
    soon(lambda: first.gone, "the browser's unregistering")
    file_emergency(calling)
    soon(lambda: (first.token, 410) in [(post.token, status) for post, status in push.posts], "the push service's 410")
    see_push_state(firefox, calling, "on")
    second = soon(lambda: [one for one in push.channels.values() if not one.gone], "another subscription")[-1]
    case = file_emergency(calling)
    assert case["code"] in firefox.notice()
    firefox.click_notice()
    assert [post.token for post in push.accepted()] == [second.token]


def test_a_browser_that_lost_its_subscription_makes_another_by_itself(
    calling: Office, push: PushService, firefox: Firefox
) -> None:
    """The push service knows the browser no more: Firefox drops what it had and tells the service worker, which
    subscribes anew and tells the office, while no page of ours is open."""
    firefox.start()
    sign_in(firefox, calling)
    see_push_state(firefox, calling, "on")
    [first] = push.channels.values()
    firefox.quit()

    push.lose_browsers()
    firefox.start()
    second = soon(lambda: [one for one in push.channels.values() if not one.gone], "another subscription")[-1]
    wanted = {push.endpoint(second): None, push.endpoint(first): "asked"}
    soon(lambda: wanted.items() <= subscriptions(calling).items(), "the office's knowledge of it")
    assert firefox.pages() == ["about:blank"]
    case = file_emergency(calling)
    assert case["code"] in firefox.notice()
    firefox.click_notice()
    firefox.show_page(f"{calling.url}/#/case/{case['id']}")
    # To the new one; nobody tried the old one any more. (Other browsers of this office are other stories.)
    assert [post.token for post in push.accepted()] == [second.token]
    assert first.token not in {post.token for post, _status in push.posts}


def subscriptions(office: Office) -> dict[str, str | None]:
    """Endpoints that the office was told of → why they ended, if they did."""
    with sqlite3.connect(office.folder / "gridloop.sqlite") as books:
        return dict(books.execute("SELECT endpoint, ended_why FROM push_subscriptions"))


def test_after_the_office_renewed_its_key_browsers_subscribe_for_the_new_one(
    tmp_path: Path, push: PushService, firefox: Firefox
) -> None:
    settings = {"push_loopback": "for tests only"}
    with serving_office(tmp_path, **settings) as office:
        firefox.start()
        sign_in(firefox, office)
        see_push_state(firefox, office, "on")
        [old] = push.channels.values()
    subprocess.run([GRIDLOOP, "make-push-key", tmp_path / "keys.json"], check=True, capture_output=True)
    with serving_office(tmp_path, int(office.url.rpartition(":")[2]), **settings) as office:
        file_emergency(office)
        soon(lambda: 403 in push.statuses(), "a refusal: the browser subscribed for another key")
        see_push_state(firefox, office, "on")
        [new] = [one for one in push.channels.values() if one.token != old.token]
        assert old.gone
        case = file_emergency(office)
        assert case["code"] in firefox.notice()
        assert [post.token for post in push.accepted()] == [new.token]
    assert json.loads((tmp_path / "keys.json").read_text())["push"]
