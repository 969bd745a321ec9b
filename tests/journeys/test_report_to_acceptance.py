"""From the worker's thumb to the village cadre's: a report becomes a case and is accepted, on screens only."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect


def test_a_report_with_a_photo_becomes_a_case_and_is_accepted(
    office: Any, phones: Callable[..., Any], photograph: Callable[..., Path]
) -> None:
    worker, cadre = phones(), phones()
    worker.sign_in("worker1")
    worker.wait_for_pack()
    text = "三号楼楼道堆放纸箱，堵住消防通道"
    [sha256] = worker.report(text, photograph())

    code = worker.page.get_by_test_id("sent-code").first
    expect(code).to_have_attribute("data-code", worker.until(lambda: find_code(office, text), "the case"))
    worker.expect_unsent(0)

    [case] = office.cases("worker1", text)
    assert case["grid"]["match"] == "inside"
    assert case["grid"]["code"].endswith("001")
    worker.until(lambda: not office.cases("worker1", text)[0]["photos"][0]["missing"], "the photo")
    assert hashlib.sha256(office.photo_file(sha256)).hexdigest() == sha256

    cadre.sign_in("village1")
    cadre.wait_for_pack()
    cadre.open("cases/accept")
    cadre.page.locator(f"[data-code='{case['code']}']").click()
    expect(cadre.page.get_by_test_id("case")).to_contain_text(text)
    expect(cadre.page.locator("a.photos__one img")).to_have_count(1)
    cadre.page.locator("a[data-action=accept]").click()
    cadre.page.get_by_test_id("submit-move").click()
    expect(cadre.page.get_by_test_id("case")).to_have_attribute("data-state", "accepted")

    worker.open(f"case/{case['id']}")
    expect(worker.page.get_by_test_id("case")).to_have_attribute("data-state", "accepted")
    expect(worker.page.locator("[data-testid=timeline] [data-action=accept]")).to_be_visible()


def find_code(office: Any, text: str) -> str | None:
    found = office.cases("worker1", text)
    return found[0]["code"] if found else None


def test_a_cadre_declines_with_a_reason_the_reporter_can_read(office: Any, phones: Callable[..., Any]) -> None:
    worker, cadre = phones(), phones()
    worker.sign_in("worker1")
    worker.wait_for_pack()
    text = "邻村的路灯坏了，应由邻村处理"
    worker.report(text)
    worker.until(lambda: office.cases("worker1", text), "the case")
    [case] = office.cases("worker1", text)

    cadre.sign_in("village1")
    cadre.wait_for_pack()
    cadre.open(f"case/{case['id']}")
    cadre.page.locator("a[data-action=reject]").click()
    cadre.page.get_by_test_id("submit-move").click()
    expect(cadre.page.locator(".page__foot .note--bad")).to_be_visible()
    cadre.page.locator("[data-need=code] .choice").first.click()
    cadre.page.locator("[data-need=basis] textarea").fill("网格事项准入清单第三条")
    cadre.page.locator("[data-need=guidance] textarea").fill("请向邻村综治工作站反映")
    cadre.page.get_by_test_id("submit-move").click()
    expect(cadre.page.get_by_test_id("case")).to_have_attribute("data-state", "rejected")

    worker.open(f"case/{case['id']}")
    expect(worker.page.get_by_test_id("timeline")).to_contain_text("请向邻村综治工作站反映")


def test_a_report_without_a_fix_takes_a_pin_or_a_grid_set_by_hand(office: Any, phones: Callable[..., Any]) -> None:
    phone = phones(permissions=[])
    phone.sign_in("worker1")
    phone.wait_for_pack()

    phone.begin_report()
    phone.choose_category("占用")
    phone.write("手动选点：路面塌陷一米")
    phone.page.get_by_role("button", name="手动选点").click()
    pin = phone.page.get_by_role("application")
    pin.press("ArrowRight")
    phone.page.get_by_role("button", name="就在这里").click()
    expect(phone.page.get_by_test_id("place-grid")).to_contain_text("第1网格")
    phone.send()
    phone.until(lambda: office.cases("worker1", "手动选点"), "the pinned case")
    [pinned] = office.cases("worker1", "手动选点")
    assert pinned["location"]["fix"] == "manual"
    assert pinned["grid"]["code"].endswith("001")

    phone.begin_report()
    phone.choose_category("占用")
    phone.write("只选网格：巷内积水")
    phone.page.get_by_role("button", name="手动选点").click()
    phone.page.locator(".sheet .choice").first.click()
    phone.send()
    phone.until(lambda: office.cases("worker1", "只选网格"), "the case by grid")
    [by_grid] = office.cases("worker1", "只选网格")
    assert by_grid["location"] is None
    assert by_grid["no_location_reason"]
    assert by_grid["grid"]["code"].endswith("001")
