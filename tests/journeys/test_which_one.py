"""Somebody who acts for two units is asked for which of them, at once or when what was done offline is sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import OFFICE_ZONE
from tests.journeys.phone import Phone


@pytest.fixture
def clerk(office: Any, phones: Callable[..., Phone]) -> Phone:
    """The phone of a township's clerk who stands in for one of the county's."""
    now = datetime.now(OFFICE_ZONE)
    leave = [f"{one:%Y-%m-%dT%H:%M}" for one in (now - timedelta(hours=1), now + timedelta(hours=1))]
    office.run("stand-in", "county2", "township3", "--from", leave[0], "--to", leave[1])
    phone = phones()
    phone.sign_in("township3")
    phone.wait_for_pack()
    return phone


def pick(phone: Phone, office: Any, account: str) -> None:
    """Say which unit was meant, and see what the other choice is."""
    asked = phone.page.locator("[data-need=which-one]")
    names = {office.ask(one, "GET", "/me")["units"][0]["name"] for one in ("township1", "county1")}
    expect(asked.locator("label")).to_have_count(2)
    assert set(asked.locator("label").all_inner_texts()) == names
    name = office.ask(account, "GET", "/me")["units"][0]["name"]
    asked.get_by_text(name, exact=True).click()
    phone.submit()


def test_an_emergency_is_accepted_for_the_unit_that_was_picked(office: Any, clerk: Phone) -> None:
    case = office.file("worker1", "沿河护栏断裂，随时可能坠人", "H-FOREST-01", urgency=4)
    clerk.show_case(case)
    clerk.begin_move("accept")
    clerk.submit()
    pick(clerk, office, "county1")
    clerk.expect_state("accepted")
    clerk.expect_unsent(0)
    accepted = office.ask("county1", "GET", f"/cases/{case['id']}")
    assert accepted["holder"]["id"] == office.unit_of("county1")
    assert [step["action"] for step in accepted["steps"]] == ["submit", "accept"]


def test_what_was_done_offline_waits_until_one_is_picked(office: Any, clerk: Phone) -> None:
    case = office.file("worker1", "高压线断落路面，有触电危险", "H-FOREST-01", urgency=4)
    clerk.show_case(case)
    clerk.context.set_offline(True)
    clerk.begin_move("handle_here")
    clerk.submit()
    expect(clerk.page.locator(".note--warn").first).to_contain_text("等待发送")
    clerk.context.set_offline(False)
    clerk.page.get_by_test_id("refused-move").click()
    pick(clerk, office, "township1")
    clerk.expect_state("in_progress")
    clerk.expect_unsent(0)
    handled = office.ask("township1", "GET", f"/cases/{case['id']}")
    assert handled["holder"]["id"] == office.unit_of("township1")
    assert [step["action"] for step in handled["steps"]] == ["submit", "handle_here"]
