"""The service worker's side of a push in Chromium, delivered through the DevTools protocol."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import CDPSession, expect

from tests.journeys.test_push_in_firefox import file_emergency


class Worker:
    """The app's service worker as DevTools sees it."""

    def __init__(self, phone: Any) -> None:
        self._phone = phone
        self._devtools: CDPSession = phone.context.new_cdp_session(phone.page)
        self._registrations: list[str] = []
        self._devtools.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: self._registrations.extend(one["registrationId"] for one in event["registrations"]),
        )
        self._devtools.send("ServiceWorker.enable")
        phone.page.evaluate("navigator.serviceWorker.ready.then(() => {})")
        phone.until(lambda: self._registrations, "the registration")

    def push(self, data: str) -> None:
        self._devtools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": self._phone.url, "registrationId": self._registrations[-1], "data": data},
        )

    def shown(self) -> list[dict[str, Any]]:
        """Notices on the screen."""
        found: list[dict[str, Any]] = self._phone.page.evaluate(
            "navigator.serviceWorker.ready.then(r => r.getNotifications()).then(all => all.map(n => "
            "({title: n.title, body: n.body, tag: n.tag, lang: n.lang, case: n.data && n.data.case})))"
        )
        return found


@pytest.fixture
def phone(phones: Callable[..., Any]) -> Any:
    """village1's phone with notices allowed."""
    made = phones(permissions=["notifications", "geolocation"])
    made.sign_in("village1")
    made.page.reload()
    return made


def notice(case: dict[str, Any], **changes: Any) -> str:
    return json.dumps(
        {
            "zh": f"待办·上报 {case['code']}", "en": f"To do - Report {case['code']}", "tag": f"case-{case['id']}",
            "urgency": 2, "unread": 1, "case": case["id"], "message": str(uuid.uuid4()), **changes,
        }
    )  # fmt: skip


def test_every_push_is_shown_grouped_by_case_in_the_person_s_language(office: Any, phone: Any) -> None:
    first, second = file_emergency(office), file_emergency(office)
    worker = Worker(phone)
    worker.push(notice(first))
    phone.until(lambda: len(worker.shown()) == 1, "the first notice")
    worker.push(notice(first, zh=f"进展·受理 {first['code']}", unread=2))
    phone.until(lambda: worker.shown()[0]["title"].startswith("进展"), "the newer notice in its place")
    assert len(worker.shown()) == 1
    assert worker.shown()[0]["body"] == "共 2 条未读"
    worker.push(notice(second))
    phone.until(lambda: len(worker.shown()) == 2, "another case's notice beside it")
    worker.push("not what the office sends")
    phone.until(lambda: len(worker.shown()) == 3, "something, as browsers demand")
    assert {one["lang"] for one in worker.shown()} == {"zh"}
    phone.page.get_by_role("button", name="English").or_(phone.page.get_by_text("English")).first.click()
    worker.push(notice(second, en=f"In English {second['code']}"))
    phone.until(lambda: any(one["title"].startswith("In English") for one in worker.shown()), "the other language")


def test_a_push_wakes_an_open_page_and_its_badge(office: Any, phone: Any) -> None:
    worker = Worker(phone)
    before = office.ask("village1", "GET", "/inbox")["unread"]
    phone.until(lambda: unread(phone) == before, "the first count")
    phone.page.route("**/api/v1/changes*", lambda route: route.abort())
    case = file_emergency(office)
    phone.page.unroute("**/api/v1/changes*")
    worker.push(notice(case))
    phone.until(lambda: unread(phone) == before + 1, "the badge, well before the next poll")
    phone.open("inbox")
    line = phone.page.locator(".message--unread", has_text=case["code"])
    expect(line).to_be_visible()
    line.click()
    expect(phone.page.locator(f"[data-testid=case][data-code='{case['code']}']")).to_be_visible()
    phone.until(lambda: unread(phone) == before, "read by opening it")
    assert office.ask("village1", "GET", "/inbox")["unread"] == before


def test_the_app_s_badge_counts_what_is_unread_also_when_only_the_worker_runs(office: Any, phone: Any) -> None:
    """A headless browser has no desktop to put a badge on: what it is asked to show is written down instead."""
    counts = "navigator.setAppBadge = async (count) => { self.counted = count; }"
    phone.page.add_init_script(counts)
    phone.page.reload()
    worker = Worker(phone)
    phone.until(lambda: phone.page.evaluate("self.counted") == unread(phone), "the page's badge")
    [running] = phone.context.service_workers
    running.evaluate(counts)
    worker.push(notice(file_emergency(office), unread=7))
    phone.until(lambda: running.evaluate("self.counted") == 7, "the worker's badge")


def unread(phone: Any) -> int:
    badge = phone.page.get_by_test_id("unread")
    return int(badge.inner_text()) if badge.count() else 0


def test_what_was_pushed_can_be_read_without_a_network_afterwards(office: Any, phone: Any) -> None:
    phone.wait_for_pack()
    worker = Worker(phone)
    before = office.ask("village1", "GET", "/inbox")["unread"]
    case = file_emergency(office)
    worker.push(notice(case))
    phone.until(lambda: unread(phone) == before + 1, "the badge")
    phone.context.set_offline(True)
    phone.page.reload()
    phone.open("inbox")
    expect(phone.page.locator("[data-testid=inbox]", has_text=case["code"])).to_be_visible()


def test_everybody_chooses_how_to_be_told(office: Any, phones: Callable[..., Any]) -> None:
    phone = phones()
    phone.sign_in("fire1")
    phone.open("me/notices")
    row = phone.page.locator("[data-kind=news]")
    expect(row.locator("[data-way=collected]")).to_have_attribute("aria-pressed", "true")
    row.locator("[data-way=inbox]").click()
    expect(row.locator("[data-way=inbox]")).to_have_attribute("aria-pressed", "true")
    assert office.ask("fire1", "GET", "/me/notices")["choices"]["news"] == "inbox"
    phone.page.fill("input[type=tel]", "13812341234")
    phone.page.get_by_role("button", name="保存").click()
    expect(phone.page.locator("input[type=tel]")).to_have_attribute("placeholder", "已登记 138****1234")
