"""The closed loop on screens only: filed, sent up, dispatched, handled together, fed back, verified and closed.

With TAKE_PICTURES=1 the screens on the way are also written into docs/pictures.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import expect

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
TEXT = "三号楼二单元楼道堆放纸箱，堵住消防通道"


def test_four_people_close_a_case_together(office: Any, phones: Callable[..., Any], tmp_path: Path) -> None:
    fire = office.ask("fire1", "GET", "/me")["units"][0]["id"]
    desk = office.ask("village1", "GET", "/me")["units"][0]["id"]
    worker, village, township, brigade = (phones(device_scale_factor=2) for _ in range(4))
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

    find(village, "accept", case)
    make(village, "accept")
    make(village, "escalate", reason="住户拒绝清理，村里没有执法权", work_done="已上门劝说两次并张贴告知书")

    find(township, "accept", case)
    make(township, "accept")
    find(township, "dispatch", case)
    begin(township, "dispatch")
    township.page.locator(f"[data-need=lead] .choice[data-unit='{fire}']").click()
    expect(township.page.locator(f"[data-need=co] [data-unit='{fire}'] input")).to_be_disabled()
    township.page.locator(f"[data-need=co] .choice[data-unit='{desk}']").click()
    submit = township.page.get_by_test_id("submit-move")
    submit.click()
    expect(township.page.locator(".page__foot .note--bad")).to_contain_text("时限")
    soon = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=6)
    township.page.locator(f".helper[data-unit='{desk}'] input").fill(f"{soon:%Y-%m-%dT%H:%M}")
    take_picture(township, "dispatch", ".helper")
    submit.click()
    expect_step(township, "dispatch")
    expect(township.page.locator("[data-testid=assignments] .task")).to_have_count(2)

    for phone in (brigade, village):
        find(phone, "sign", case)
        make(phone, "sign")
    take_picture(brigade, "case", "[data-testid=assignments]")
    make(village, "feedback", result="已协助腾出临时堆放点，住户同意搬离")
    show(brigade, case)
    expect(brigade.page.locator("[data-role=co][data-state=reported]")).to_be_visible()
    begin(brigade, "finish")
    brigade.page.locator("[data-need=result] .choice").first.click()
    brigade.page.locator("[data-need=text] textarea").fill("纸箱已全部清出，消防通道恢复畅通")
    brigade.attach(draw_corridor(tmp_path / "after.jpg", boxes=0))
    brigade.page.get_by_test_id("submit-move").click()
    expect_state(brigade, "awaiting_verification")
    brigade.expect_unsent(0)

    find(township, "verify", case)
    begin(township, "verify_pass")
    township.page.locator("[data-need=mode] .choice").first.click()
    township.page.locator("[data-need=note] textarea").fill("现场查看，通道畅通，住户满意")
    township.attach(draw_corridor(tmp_path / "verified.jpg", boxes=0, light=30))
    take_picture(township, "verify")
    township.page.get_by_test_id("submit-move").click()
    expect_state(township, "closed")
    township.expect_unsent(0)

    show(worker, case)
    expect_state(worker, "closed")
    [closed] = office.cases("worker1", TEXT)
    assert [step["action"] for step in closed["steps"]] == [
        "submit", "accept", "escalate", "accept", "dispatch", "sign", "sign", "feedback", "finish", "verify_pass",
    ]  # fmt: skip
    assert not any(photo["missing"] for photo in closed["photos"])
    assert len(closed["photos"]) == 3


def find(phone: Any, ask: str, case: dict[str, Any]) -> None:
    """Follow the home screen's row to what waits for this person, and open the case there."""
    phone.open()
    phone.page.reload()
    phone.page.locator(f"[data-ask={ask}]").click()
    phone.page.locator(f"[data-code='{case['code']}']").click()
    expect(phone.page.locator(f"[data-testid=case][data-code='{case['code']}']")).to_be_visible()


def show(phone: Any, case: dict[str, Any]) -> None:
    phone.open()
    phone.open(f"case/{case['id']}")


def begin(phone: Any, action: str) -> None:
    phone.page.locator(f"a[data-action={action}]").click()
    expect(phone.page.get_by_test_id("submit-move")).to_be_visible()


def make(phone: Any, action: str, **texts: str) -> None:
    """Make a move that needs nothing but texts, and see it in the history."""
    begin(phone, action)
    for name, text in texts.items():
        phone.page.locator(f"[data-need={name}] textarea").fill(text)
    phone.page.get_by_test_id("submit-move").click()
    expect_step(phone, action)


def expect_step(phone: Any, action: str) -> None:
    expect(phone.page.locator(f"[data-testid=timeline] [data-action={action}]").first).to_be_visible()


def expect_state(phone: Any, state: str) -> None:
    expect(phone.page.get_by_test_id("case")).to_have_attribute("data-state", state)


def draw_corridor(path: Path, boxes: int, light: int = 0) -> Path:
    """A drawn photo of a corridor, with cardboard boxes in the way or without."""
    picture = Image.new("RGB", (960, 720), (196 + light, 192 + light, 180 + light))
    pen = ImageDraw.Draw(picture)
    pen.polygon([(0, 720), (340, 420), (620, 420), (960, 720)], fill=(128 + light, 124 + light, 118 + light))
    pen.polygon([(0, 0), (340, 150), (340, 420), (0, 720)], fill=(178 + light, 182 + light, 170 + light))
    pen.polygon([(960, 0), (620, 150), (620, 420), (960, 720)], fill=(166 + light, 170 + light, 160 + light))
    pen.rectangle((420, 220, 540, 420), fill=(92, 116, 104), outline=(60, 74, 66), width=6)
    pen.rectangle((440, 170, 520, 200), fill=(22, 140, 80))
    pen.rectangle((700, 250, 760, 400), fill=(176, 34, 30), outline=(120, 20, 18), width=5)
    for box in range(boxes):
        left, top = 190 + box % 3 * 150, 540 - box // 3 * 130 - box % 2 * 14
        pen.rectangle((left, top, left + 160, top + 130), fill=(176, 132, 82), outline=(116, 82, 46), width=4)
        pen.rectangle((left + 66, top, left + 94, top + 130), fill=(200, 164, 116))
    picture.filter(ImageFilter.GaussianBlur(1.5)).save(path, quality=90)
    return path


def take_picture(phone: Any, name: str, middle: str = ".bar") -> None:
    """Write the screen into docs/pictures if asked to, with this (a selector) in its middle as far as it scrolls."""
    if not os.environ.get("TAKE_PICTURES"):
        return
    phone.page.evaluate("document.activeElement.blur(), window.scrollTo(0, 0)")
    phone.page.locator(middle).first.evaluate("element => element.scrollIntoView({ block: 'center' })")
    phone.page.wait_for_timeout(500)
    shown = Image.open(BytesIO(phone.page.screenshot()))
    shown.convert("RGB").quantize(128).save(PICTURES / f"{name}.png", optimize=True)
