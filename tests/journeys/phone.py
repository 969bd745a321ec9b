"""A phone in somebody's hands: its verbs do what a thumb would do, through the screens only."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

PASSWORD = "gridloop-demo"
SOON_MS = 20_000
"""How long a screen may take on a busy machine before a journey gives up, in milliseconds."""


@dataclass
class Phone:
    """One page of the app in the hands of one person."""

    page: Page
    context: BrowserContext
    url: str

    def open(self, screen: str = "") -> None:
        self.page.goto(f"{self.url}/#/{screen}")

    def sign_in(self, account: str) -> None:
        self.page.fill("input[name=account]", account)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("button[type=submit]")
        expect(self.page.get_by_test_id("unsent")).to_be_visible()

    def wait_for_pack(self) -> None:
        """The small map is drawn from the offline pack: once it is there, everything needed offline is."""
        expect(self.page.locator(".map svg")).to_be_visible()

    def begin_report(self) -> None:
        self.open("report/new")
        expect(self.page.get_by_test_id("text")).to_be_visible()

    def attach(self, photo: Path) -> None:
        figures = self.page.locator("figure.photos__one")
        before = figures.count()
        self.page.get_by_test_id("album").set_input_files(photo)
        expect(figures).to_have_count(before + 1)

    def choose_category(self, search: str) -> None:
        self.page.get_by_test_id("category").click()
        self.page.fill("input.search", search)
        self.page.locator(".choice").first.click()

    def write(self, text: str) -> None:
        self.page.get_by_test_id("text").fill(text)

    def wait_until_kept(self) -> None:
        expect(self.page.get_by_test_id("kept")).to_have_attribute("data-kept", "saved")

    def hashes(self) -> list[str]:
        """Hashes of the photos shown in the form."""
        figures = self.page.locator("figure.photos__one")
        return [figures.nth(n).get_attribute("data-sha256") or "" for n in range(figures.count())]

    def send(self) -> None:
        self.page.get_by_test_id("send").click()
        expect(self.page.get_by_test_id("send")).to_have_count(0)

    def report(self, text: str, *photos: Path) -> list[str]:
        """File a report through the form; the hashes of its photos."""
        self.begin_report()
        for photo in photos:
            self.attach(photo)
        self.choose_category("占用")
        self.write(text)
        expect(self.page.get_by_test_id("place-grid")).to_be_visible()
        hashes = self.hashes()
        self.send()
        return hashes

    def until(self, found: Callable[[], Any], what: str) -> Any:
        """Ask until the answer is true; the browser goes on meanwhile."""
        for _ in range(SOON_MS // 100):
            if answer := found():
                return answer
            self.page.wait_for_timeout(100)
        pytest.fail(f"never came: {what}")

    def begin_move(self, action: str) -> None:
        """Open a move's form from the case shown, behind 更多 if it stands there."""
        expect(self.page.get_by_test_id("moves")).to_be_visible()
        button = self.page.locator(f"[data-testid=moves] a[data-action={action}]")
        if not button.count():
            self.page.get_by_test_id("more-moves").click()
        button.first.click()
        expect(self.page.get_by_test_id("submit-move")).to_be_visible()

    def fill_in(self, **texts: str) -> None:
        """Write into the text fields of the form shown."""
        for name, text in texts.items():
            self.page.locator(f"[data-need={name}]").locator("textarea, input.weui-input").first.fill(text)

    def choose(self, need: str, value: str) -> None:
        """Pick one of the offered values of a field."""
        self.page.locator(f"[data-need={need}] .choice[data-value='{value}']").click()

    def set_moment(self, within: str, when: datetime) -> None:
        """Choose a day and a time in the field that this selector names."""
        field = self.page.locator(within)
        field.locator("[data-part=day]").select_option(f"{when:%Y-%m-%d}")
        field.locator("[data-part=hour]").select_option(f"{when:%H}")

    def submit(self) -> None:
        self.page.get_by_test_id("submit-move").click()

    def make(self, action: str, **texts: str) -> None:
        """Make a move that needs nothing but texts, and see it in the history."""
        self.begin_move(action)
        self.fill_in(**texts)
        self.submit()
        self.expect_step(action)

    def expect_step(self, action: str) -> None:
        expect(self.page.locator(f"[data-testid=timeline] [data-action={action}]").first).to_be_visible()

    def expect_state(self, state: str) -> None:
        expect(self.page.get_by_test_id("case")).to_have_attribute("data-state", state)

    def show_case(self, case: dict[str, Any]) -> None:
        """Open a case anew."""
        self.open()
        self.open(f"case/{case['id']}")
        expect(self.page.locator(f"[data-testid=case][data-code='{case['code']}']")).to_be_visible()

    def find_case(self, ask: str, case: dict[str, Any]) -> None:
        """Follow the home screen's row to what asks something of this person, and open the case there."""
        self.open()
        self.page.reload()
        self.page.locator(f"[data-ask={ask}]").click()
        self.page.locator(f"[data-code='{case['code']}']").click()
        expect(self.page.locator(f"[data-testid=case][data-code='{case['code']}']")).to_be_visible()

    def is_asked_to_sign_in(self) -> bool:
        return self.page.get_by_test_id("expired").is_visible()

    def sign_in_again(self) -> None:
        """Follow the banner that asks for it; the account is already filled in."""
        self.page.get_by_test_id("expired").click()
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("button[type=submit]")
        expect(self.page.get_by_test_id("expired")).to_have_count(0)

    def expect_unsent(self, count: int) -> None:
        self.open()
        expect(self.page.get_by_test_id("unsent")).to_have_attribute("data-count", str(count))
