"""Lists longer than a page: what lies behind 更多 comes once, however often it is tapped; another list begins anew."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

MANY, A_PAGE = 55, 50


def test_the_rest_of_a_list_and_of_the_notices_comes_on_demand(office: Any, phones: Callable[..., Any]) -> None:
    for number in range(MANY):
        office.file("worker100", f"第 {number} 处护坡开裂，有碎石滚落", "H-FOREST-01")
    desk = next(f"village{n}" for n in range(1, 20) if office.cases(f"village{n}", f"第 {MANY - 1} 处护坡"))
    cadre = phones()
    cadre.sign_in(desk)
    cadre.wait_for_pack()
    for screen, lines in (("cases/all", "[data-testid=cases] [data-code]"), ("inbox", "[data-testid=inbox] a")):
        cadre.open(screen)
        shown = cadre.page.locator(lines)
        expect(shown).to_have_count(A_PAGE)
        more = cadre.page.get_by_role("button", name="更多")
        cadre.context.set_offline(True)
        more.click()
        expect(cadre.page.get_by_role("status").filter(has_text="连不上服务器")).to_be_visible()
        expect(shown).to_have_count(A_PAGE)
        cadre.context.set_offline(False)
        # Both taps before the page can draw anything in between.
        more.evaluate("button => { button.click(); button.click(); }")
        expect(more).to_have_count(0)
        count = len(office.ask(desk, "GET", f"/{screen.split('/')[0]}?limit=200")["items"])
        assert count >= MANY
        expect(shown).to_have_count(count)
    cadre.open("cases/accept")
    expect(cadre.page.locator("[data-testid=cases][data-list=accept] [data-code]")).to_have_count(A_PAGE)
    cadre.open("cases/all")
    expect(cadre.page.locator("[data-testid=cases][data-list=all] [data-code]")).to_have_count(A_PAGE)
