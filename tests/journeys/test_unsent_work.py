"""Unsent work survives: a killed browser, an ended session, another person on the same phone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect


def test_a_draft_survives_a_killed_browser(office: Any, own_browser: Any, photograph: Callable[..., Path]) -> None:
    phone = own_browser.start()
    phone.sign_in("worker1")
    phone.wait_for_pack()
    phone.begin_report()
    phone.attach(photograph())
    phone.choose_category("占用")
    text = "浏览器被杀：井水变浑"
    phone.write(text)
    phone.wait_until_kept()
    hashes = phone.hashes()
    own_browser.kill()

    phone = own_browser.start()
    phone.open("tray")
    phone.page.get_by_test_id("draft").click()
    expect(phone.page.get_by_test_id("text")).to_have_value(text)
    expect(phone.page.locator("figure.photos__one")).to_have_count(1)
    assert phone.hashes() == hashes
    expect(phone.page.get_by_test_id("place-grid")).to_be_visible()
    phone.send()
    # A browser writes its cookies to disk only every half minute: a kill may have ended the session as well.
    if phone.until(lambda: office.cases("worker1", text) or phone.is_asked_to_sign_in(), text) is True:
        phone.sign_in_again()
    phone.until(lambda: office.cases("worker1", text), text)
    assert len(office.cases("worker1", text)) == 1


def test_an_ended_session_pauses_the_tray_and_loses_nothing(
    office: Any, phones: Callable[..., Any], photograph: Callable[..., Path]
) -> None:
    phone = phones()
    phone.sign_in("worker2")
    phone.wait_for_pack()
    office.end_sessions("worker2")
    text = "登录过期：院墙开裂"
    phone.report(text, photograph(120))
    expect(phone.page.get_by_test_id("expired")).to_be_visible()
    phone.expect_unsent(1)
    phone.page.reload()
    phone.expect_unsent(1)
    assert office.cases("worker2", text) == []

    phone.sign_in_again()
    phone.until(lambda: office.cases("worker2", text), text)
    phone.expect_unsent(0)
    [case] = office.cases("worker2", text)
    phone.until(lambda: not office.cases("worker2", text)[0]["photos"][0]["missing"], "the photo")
    assert case["steps"][0]["by"]["name"] == office.ask("worker2", "GET", "/me")["person"]["name"]


def test_another_person_on_the_same_phone_neither_sees_nor_sends_it(office: Any, phones: Callable[..., Any]) -> None:
    phone = phones()
    phone.sign_in("worker1")
    phone.wait_for_pack()
    phone.context.set_offline(True)
    text = "换人登录：河堤塌方"
    phone.report(text)
    phone.expect_unsent(1)
    phone.open("me")
    phone.page.once("dialog", lambda dialog: dialog.accept())
    phone.page.get_by_test_id("sign-out").click()
    expect(phone.page.locator("input[name=account]")).to_be_visible()
    phone.context.set_offline(False)

    phone.sign_in("worker2")
    phone.expect_unsent(0)
    phone.open("tray")
    expect(phone.page.locator("[data-testid=item]")).to_have_count(0)
    phone.open("me")
    phone.page.get_by_test_id("sign-out").click()
    expect(phone.page.locator(".fine")).to_contain_text("1")
    assert office.cases("worker1", text) == []

    phone.sign_in("worker1")
    phone.until(lambda: office.cases("worker1", text), text)
    phone.expect_unsent(0)
