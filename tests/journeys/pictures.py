"""Pictures on a journey: photos drawn for it, and with TAKE_PICTURES=1 its screens kept in docs/pictures."""

import os
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"


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
