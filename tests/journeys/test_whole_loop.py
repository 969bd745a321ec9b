"""The closed loop on screens only: filed, sent up, dispatched, handled together, fed back, verified and closed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.journeys.pictures import draw_corridor, take_picture

TEXT = "三号楼二单元楼道堆放纸箱，堵住消防通道"


def test_four_people_close_a_case_together(office: Any, phones: Callable[..., Any], tmp_path: Path) -> None:
    fire, desk = office.unit_of("fire1"), office.unit_of("village1")
    worker, village, brigade = (phones(device_scale_factor=2) for _ in range(3))
    township = phones(viewport={"width": 1280, "height": 800})
    for phone, account in ((worker, "worker1"), (village, "village1"), (township, "township1"), (brigade, "fire1")):
        phone.sign_in(account)
        phone.wait_for_pack()

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

    # The closure table, before: read what the screen of figures shows for the village here.

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
    township.set_moment(f".helper[data-unit='{desk}']", datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=6))
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

    # The closure table, after: received, due and closed of this village have moved by exactly one here.

    worker.show_case(case)
    worker.expect_state("closed")
    take_picture(worker, "timeline", "[data-testid=timeline]")
    [closed] = office.cases("worker1", TEXT)
    assert [step["action"] for step in closed["steps"]] == [
        "submit", "accept", "escalate", "accept", "dispatch", "sign", "sign", "feedback", "finish", "verify_pass",
    ]  # fmt: skip
    assert not any(photo["missing"] for photo in closed["photos"])
    assert len(closed["photos"]) == 3
