"""What a bad network does to reports: nothing is lost, nothing is doubled, one poison item blocks nobody."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Response, Route, expect

CLOCK_OF_1999 = """() => {
    window.RealDate = Date;
    window.Date = class extends RealDate {
        constructor(...args) { args.length ? super(...args) : super("1999-01-01T08:00:00+08:00"); }
    };
}"""


def test_three_reports_filed_offline_arrive_once_each_and_the_poison_one_is_corrected(
    office: Any, phones: Callable[..., Any], photograph: Callable[..., Path]
) -> None:
    phone = phones()
    phone.sign_in("worker1")
    phone.wait_for_pack()
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    phone.page.reload()
    phone.wait_for_pack()

    texts = ["离线一：水沟盖板断裂", "离线二：手机时间是错的", "离线三：电线垂到路面"]
    hashes = [phone.report(texts[0], photograph(), photograph(120))]
    # A phone whose battery ran empty stands in 1999; the office refuses such a time.
    phone.page.evaluate(CLOCK_OF_1999)
    hashes.append(phone.report(texts[1], photograph()))
    phone.page.evaluate("() => { window.Date = window.RealDate; }")
    hashes.append(phone.report(texts[2], photograph()))
    phone.expect_unsent(3)

    phone.context.set_offline(False)
    phone.open("tray")
    expect(phone.page.locator("[data-testid=item][data-state=refused]")).to_have_count(1)
    for n in (0, 2):
        arrive(office, phone, texts[n], hashes[n])
    assert office.cases("worker1", texts[1]) == []
    phone.expect_unsent(1)

    phone.open("tray")
    expect(phone.page.locator("[data-state=refused] .note--bad")).to_contain_text("2000")
    phone.page.get_by_role("button", name="改正后重新上报").click()
    expect(phone.page.get_by_test_id("text")).to_have_value(texts[1])
    phone.send()
    arrive(office, phone, texts[1], hashes[1])
    phone.expect_unsent(0)
    for n in range(3):
        assert len(office.cases("worker1", texts[n])) == 1


def arrive(office: Any, phone: Any, text: str, hashes: list[str]) -> None:
    """The report is one case, and its photos are there byte for byte."""

    def is_whole() -> bool:
        cases = office.cases("worker1", text)
        return bool(cases) and not any(photo["missing"] for photo in cases[0]["photos"])

    phone.until(is_whole, text)
    [case] = office.cases("worker1", text)
    assert sorted(photo["sha256"] for photo in case["photos"]) == sorted(hashes)
    for sha256 in hashes:
        assert hashlib.sha256(office.photo_file(sha256)).hexdigest() == sha256


def test_a_reply_lost_after_the_office_committed_ends_as_one_case(
    office: Any, phones: Callable[..., Any], photograph: Callable[..., Path]
) -> None:
    phone = phones(service_workers="block")
    phone.sign_in("worker1")
    phone.wait_for_pack()
    lost: list[int] = []

    def lose_first(route: Route) -> None:
        if route.request.method == "PUT" and not lost:
            lost.append(route.fetch().status)
            route.abort("connectionreset")
        else:
            route.continue_()

    phone.context.route("**/api/v1/reports/*", lose_first)
    text = "回执丢失：井盖缺失"
    hashes = phone.report(text, photograph(120))
    arrive(office, phone, text, hashes)
    phone.expect_unsent(0)
    assert lost == [201]
    assert len(office.cases("worker1", text)) == 1


def test_a_photo_that_broke_off_goes_on_where_it_was(
    office: Any, phones: Callable[..., Any], photograph: Callable[..., Path]
) -> None:
    phone = phones(service_workers="block")
    phone.sign_in("worker1")
    phone.wait_for_pack()
    sent: list[int] = []

    def cut_some(route: Route) -> None:
        if route.request.method != "PATCH":
            route.continue_()
            return
        sent.append(len(route.request.post_data_buffer or b""))
        if len(sent) == 2:  # lost on the way
            route.abort("connectionreset")
        elif len(sent) == 4:  # stored, but the phone never hears of it
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    phone.context.route("**/api/v1/uploads/*", cut_some)
    text = "断点续传：护栏倒塌"
    hashes = phone.report(text, photograph())
    arrive(office, phone, text, hashes)
    size = len(office.photo_file(hashes[0]))
    assert len(sent) > 4
    assert sum(sent) <= size + 2 * 32 * 1024


def test_two_tabs_send_once(office: Any, phones: Callable[..., Any]) -> None:
    phone = phones(service_workers="block")
    phone.sign_in("worker1")
    phone.wait_for_pack()
    second = phone.context.new_page()
    second.goto(phone.url)
    phone.page.bring_to_front()
    phone.context.set_offline(True)
    text = "两个窗口：树枝压住电线"
    phone.report(text)
    answered: list[int] = []

    def note(response: Response) -> None:
        if response.request.method == "PUT" and "/reports/" in response.url:
            answered.append(response.status)

    phone.context.on("response", note)
    phone.context.set_offline(False)
    phone.until(lambda: office.cases("worker1", text), text)
    phone.expect_unsent(0)
    assert answered == [201]
