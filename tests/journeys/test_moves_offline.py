"""Moves made without a network: two in a row on one case, and one on a case that moved meanwhile."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.journeys.pictures import take_picture


def colleague_of(office: Any, account: str, kind: str) -> str:
    """Another account of the same unit."""
    unit = office.unit_of(account)
    others = (f"{kind}{number}" for number in range(2, 40))
    return next(one for one in others if office.unit_of(one) == unit)


def test_the_person_decides_about_a_move_on_a_case_that_moved(office: Any, phones: Callable[..., Any]) -> None:
    case = office.file("worker1", "楼顶广告牌松动，大风天可能坠落", "H-FOREST-01")
    cadre = phones(device_scale_factor=2)
    cadre.sign_in("village1")
    cadre.wait_for_pack()
    cadre.find_case("accept", case)

    cadre.context.set_offline(True)
    cadre.begin_move("escalate")
    cadre.fill_in(reason="村里没有高空作业设备", work_done="已拉警戒线并劝离行人")
    cadre.submit()
    expect(cadre.page.locator(".note--warn").first).to_contain_text("等待发送")

    other = colleague_of(office, "village1", "village")
    office.move(other, case, "accept", category=case["category"], urgency=3)
    cadre.context.set_offline(False)
    cadre.page.get_by_test_id("refused-move").click()

    state = cadre.page.locator("[data-testid=beside] [data-what=state]")
    expect(state).to_contain_text("待受理")
    expect(state).to_contain_text("待分派")
    expect(cadre.page.get_by_test_id("your-move")).to_contain_text("村里没有高空作业设备")
    expect(cadre.page.get_by_test_id("timeline")).to_contain_text("受理")
    take_picture(cadre, "beside")
    assert office.ask("village1", "GET", f"/cases/{case['id']}")["state"] == "accepted"

    cadre.page.get_by_test_id("decide").get_by_role("button", name="照原样再提交").click()
    cadre.expect_state("submitted")
    cadre.expect_unsent(0)
    moved = office.ask("village1", "GET", f"/cases/{case['id']}")
    assert [step["action"] for step in moved["steps"]] == ["submit", "accept", "escalate"]


def test_what_can_no_longer_be_done_is_dropped_only_by_its_person(office: Any, phones: Callable[..., Any]) -> None:
    case = office.file("worker1", "小区门口积水结冰，行人容易滑倒", "H-FOREST-01")
    cadre = phones()
    cadre.sign_in("village1")
    cadre.wait_for_pack()
    cadre.find_case("accept", case)

    cadre.context.set_offline(True)
    cadre.begin_move("accept")
    cadre.submit()
    expect(cadre.page.locator(".note--warn").first).to_contain_text("等待发送")
    other = colleague_of(office, "village1", "village")
    office.move(other, case, "handle_here", category=case["category"], urgency=1)
    cadre.context.set_offline(False)

    cadre.page.get_by_test_id("refused-move").click()
    expect(cadre.page.locator(".note--warn").first).to_contain_text("现在不能办理这一步")
    cadre.page.on("dialog", lambda dialog: dialog.accept())
    cadre.page.get_by_role("button", name="不再发送").click()
    cadre.expect_state("in_progress")
    cadre.expect_unsent(0)


def test_two_moves_in_a_row_wait_for_the_network_and_arrive_in_order(office: Any, phones: Callable[..., Any]) -> None:
    earlier = office.file("worker1", "楼道声控灯不亮，老人上下楼不便", "H-FOREST-01")
    office.move("village1", earlier, "accept", category=earlier["category"], urgency=1)
    case = office.file("worker1", "单元门禁损坏，外人随意出入", "H-FOREST-01")
    cadre = phones(device_scale_factor=2)
    cadre.sign_in("village1")
    cadre.wait_for_pack()
    cadre.find_case("dispatch", earlier)
    cadre.find_case("accept", case)

    cadre.context.set_offline(True)
    cadre.begin_move("accept")
    cadre.submit()
    expect(cadre.page.locator(".note--warn").first).to_contain_text("等待发送")
    expect(cadre.page.locator("a[data-action=reject]")).to_have_count(0)
    take_picture(cadre, "queued")
    cadre.begin_move("dispatch")
    cadre.choose("lead", office.unit_of("village1"))
    cadre.submit()
    expect(cadre.page.locator(".note--warn")).to_have_count(2)

    cadre.context.set_offline(False)
    cadre.expect_state("in_progress")
    cadre.expect_unsent(0)
    moved = office.ask("village1", "GET", f"/cases/{case['id']}")
    assert [step["action"] for step in moved["steps"]] == ["submit", "accept", "dispatch"]
