"""Two people about one case: an ask and its answer, a named handler, a return; on screens only."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.journeys.pictures import take_picture


@pytest.fixture
def signed(office: Any) -> dict[str, Any]:
    """A case of the township's that the fire brigade has signed for."""
    case = office.file("worker1", "仓库门前堆放易燃物，物业多次未清理", "H-FOREST-01")
    urgency = {"category": case["category"], "urgency": 2}
    office.move("village1", case, "accept", **urgency)
    office.move("village1", case, "escalate", reason="需要专业力量处置", work_done="已劝告并拍照留存")
    office.move("township1", case, "accept", **urgency)
    office.move("township1", case, "dispatch", lead=office.unit_of("fire1"))
    signed: dict[str, Any] = office.move("fire1", case, "sign")
    return signed


def test_more_time_is_asked_for_and_granted(office: Any, phones: Callable[..., Any], signed: Any) -> None:
    brigade, township = phones(device_scale_factor=2), phones(viewport={"width": 1280, "height": 800})
    for phone, account in ((brigade, "fire1"), (township, "township1")):
        phone.sign_in(account)
        phone.wait_for_pack()

    brigade.find_case("handle", signed)
    brigade.begin_move("ask_extension")
    brigade.fill_in(reason="需等物业拿来仓库钥匙才能清运")
    due = handling_due(office, signed)["due_current"]
    brigade.set_moment("[data-need=due_at]", due + timedelta(days=90))
    brigade.submit()
    expect(brigade.page.locator("[data-need=due_at] .field__why")).to_be_visible()
    take_picture(brigade, "refused-field", "[data-need=due_at]")
    brigade.set_moment("[data-need=due_at]", due + timedelta(days=1))
    brigade.submit()
    brigade.expect_step("ask_extension")
    brigade.expect_unsent(0)

    township.find_case("answer", signed)
    expect(township.page.locator("[data-request=extension]")).to_contain_text("需等物业拿来仓库钥匙才能清运")
    take_picture(township, "request-desk")
    township.make("grant_extension")
    expect(township.page.locator("[data-request=extension]")).to_have_count(0)

    handle = handling_due(office, signed)
    assert handle["due_current"] > handle["due_original"]


def handling_due(office: Any, case: dict[str, Any]) -> dict[str, datetime]:
    """The lead's limit as it was and as it is now, in the office's zone."""
    clocks = office.ask("fire1", "GET", f"/cases/{case['id']}")["deadlines"]
    [handle] = [one for one in clocks if one["kind"] == "handle"]
    zone = ZoneInfo("Asia/Shanghai")
    return {name: datetime.fromisoformat(handle[name]).astimezone(zone) for name in ("due_original", "due_current")}


def test_whoever_is_named_finds_the_case_in_hand(office: Any, phones: Callable[..., Any], signed: Any) -> None:
    colleague = next(
        one for one in (f"fire{number}" for number in range(2, 9)) if office.unit_of(one) == office.unit_of("fire1")
    )
    person = office.ask(colleague, "GET", "/me")["person"]
    head, handler = phones(), phones()
    head.sign_in("fire1")
    handler.sign_in(colleague)

    head.show_case(signed)
    head.begin_move("name_handler")
    head.choose("person", person["id"])
    head.submit()
    expect(head.page.get_by_test_id("handler")).to_contain_text(person["name"])

    handler.find_case("handle", signed)
    handler.make("progress", text="已联系物业，今天下午清运")
    expect(handler.page.get_by_test_id("timeline")).to_contain_text(person["name"])


def test_a_return_is_refused_with_a_reason_the_asker_reads(
    office: Any, phones: Callable[..., Any], signed: Any
) -> None:
    brigade, township = phones(), phones()
    brigade.sign_in("fire1")
    township.sign_in("township1")

    brigade.show_case(signed)
    brigade.begin_move("ask_return")
    brigade.choose("code", "not_our_duty")
    brigade.fill_in(text="堆放物不属于消防职责范围")
    brigade.submit()
    brigade.expect_step("ask_return")

    township.find_case("answer", signed)
    township.make("refuse_return", reason="职责清单第六条明确由消防应急所处置")

    brigade.show_case(signed)
    expect(brigade.page.get_by_test_id("timeline")).to_contain_text("职责清单第六条明确由消防应急所处置")
    expect(brigade.page.locator("[data-role=lead]")).to_have_attribute("data-state", "handling")
