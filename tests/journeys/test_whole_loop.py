"""The closed loop on screens only: filed, sent up, dispatched, handled together, fed back, verified and closed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.journeys.pictures import draw_corridor, take_picture

OFFICE = ZoneInfo("Asia/Shanghai")
TEXT = "三号楼二单元楼道堆放纸箱，堵住消防通道"


def closure_table(township: Any) -> dict[str, list[int]]:
    """What the screen shows of this month: area → received, closed, due, closed on time, settled in the village."""
    township.open("me")
    township.open("figures")
    expect(township.page.get_by_test_id("as-of")).to_be_visible()
    rows = township.page.locator("[data-testid=figures] tr[data-key]").all()
    return {
        str(row.get_attribute("data-key")): [int(cell) for cell in row.locator("td").all_inner_texts()] for row in rows
    }


def test_four_people_close_a_case_together(office: Any, phones: Callable[..., Any], tmp_path: Path) -> None:
    fire, desk = office.unit_of("fire1"), office.unit_of("village1")
    worker, village, brigade = (phones(device_scale_factor=2) for _ in range(3))
    township = phones(viewport={"width": 1280, "height": 800})
    for phone, account in ((worker, "worker1"), (village, "village1"), (township, "township1"), (brigade, "fire1")):
        phone.sign_in(account)
        phone.wait_for_pack()

    before = closure_table(township)
    worker.open("report")
    worker.attach(draw_corridor(tmp_path / "before.jpg", boxes=5))
    worker.choose_category("占用")
    worker.write(TEXT)
    expect(worker.page.get_by_test_id("place-grid")).to_be_visible()
    worker.wait_until_kept()
    take_picture(worker, "report")
    worker.send()
    worker.until(lambda: office.cases("worker1", TEXT), "the case")
    [case] = office.cases("worker1", TEXT)
    worker.until(lambda: not office.cases("worker1", TEXT)[0]["photos"][0]["missing"], "the photo")

    village.open("cases/accept")
    expect(village.page.locator(f"[data-code='{case['code']}']")).to_be_visible()
    take_picture(village, "lists")
    village.find_case("accept", case)
    village.make("accept")
    village.make("escalate", reason="住户拒绝清理，村里没有执法权", work_done="已上门劝说两次并张贴告知书")

    township.find_case("accept", case)
    township.make("accept")
    township.find_case("dispatch", case)
    township.begin_move("dispatch")
    township.choose("lead", fire)
    expect(township.page.locator(f"[data-need=co] [data-value='{fire}'] input")).to_be_disabled()
    township.choose("co", desk)
    township.submit()
    expect(township.page.locator(".page__foot .note--bad")).to_contain_text("时限")
    expect(township.page.locator("[data-need=co] .field__why")).to_contain_text("时限")
    township.set_moment(f".helper[data-unit='{desk}']", datetime.now(OFFICE) + timedelta(hours=6))
    take_picture(township, "dispatch", ".helper")
    township.submit()
    township.expect_step("dispatch")
    expect(township.page.locator("[data-testid=assignments] .task")).to_have_count(2)

    for phone in (brigade, village):
        phone.find_case("sign", case)
        phone.make("sign")
    take_picture(brigade, "case", "[data-testid=assignments]")
    village.make("feedback", result="已协助腾出临时堆放点，住户同意搬离")
    brigade.show_case(case)
    expect(brigade.page.locator("[data-role=co][data-state=reported]")).to_be_visible()
    brigade.begin_move("finish")
    brigade.choose("result", "resolved")
    brigade.fill_in(text="纸箱已全部清出，消防通道恢复畅通")
    brigade.attach(draw_corridor(tmp_path / "after.jpg", boxes=0))
    take_picture(brigade, "finish", "[data-need=text]")
    brigade.submit()
    brigade.expect_state("awaiting_verification")
    brigade.expect_unsent(0)

    township.find_case("verify", case)
    take_picture(township, "case-desk")
    township.begin_move("verify_pass")
    township.choose("mode", "on_site")
    township.fill_in(note="现场查看，通道畅通，住户满意")
    township.attach(draw_corridor(tmp_path / "verified.jpg", boxes=0, light=30))
    take_picture(township, "verify")
    township.submit()
    township.expect_state("closed")
    township.expect_unsent(0)

    # The closure table: received and closed of this village moved by exactly one, the others not at all.
    after = closure_table(township)
    moved = {
        area: [new - old for new, old in zip(row, before[area], strict=True)]
        for area, row in after.items()
        if row != before[area]
    }
    assert set(moved) == {case["area"]["code"], "total"}
    due = moved["total"][2]  # counted once its day has come, and then it was in time
    assert due in (0, 1)
    assert list(moved.values()) == [[1, 1, due, due, 0]] * 2
    take_picture(township, "closure")

    worker.show_case(case)
    worker.expect_state("closed")
    take_picture(worker, "timeline", "[data-testid=timeline]")
    [closed] = office.cases("worker1", TEXT)
    assert [step["action"] for step in closed["steps"]] == [
        "submit", "accept", "escalate", "accept", "dispatch", "sign", "sign", "feedback", "finish", "verify_pass",
    ]  # fmt: skip
    assert not any(photo["missing"] for photo in closed["photos"])
    assert len(closed["photos"]) == 3
