"""Parties are masked; whoever says what for sees them in full until the screen is left, and the phone keeps nothing."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import stamp

PHONE, NUMBER, NAME = "13812341234", "990101199001011234", "欧阳清欢"
EVERYTHING_KEPT = """async () => {
  const kept = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done, failed) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
    for (const store of db.objectStoreNames) {
      const rows = await new Promise((done) => {
        const asked = db.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => done(asked.result);
      });
      kept.push(JSON.stringify(rows));
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (/api/.test(request.url)) kept.push(request.url, await (await cache.match(request)).text());
    }
  }
  return kept.join("\\n");
}"""


@pytest.fixture
def case(office: Any) -> Any:
    """A matter with a party, filed by worker1."""
    party = {"name": NAME, "phone": PHONE, "id_number": NUMBER, "role": "住户"}
    body = {
        "category": "H-FOREST-01", "text": "住户反映山坡枯草过膝，靠近民房", "urgency": 1, "source": "visit",
        "location": None, "no_location_reason": "室内没有信号", "grid_code": None, "filed_at": stamp(), "photos": [],
        "parties": [party],
    }  # fmt: skip
    return office.ask("worker1", "PUT", f"/reports/{uuid.uuid4()}", body)["case"]


@pytest.mark.parametrize("screen", [(360, 640), (1280, 800)], ids=["phone", "desk"])
def test_parties_are_opened_for_a_purpose_and_never_kept(
    office: Any, phones: Callable[..., Any], case: Any, screen: tuple[int, int]
) -> None:
    cadre = phones(viewport={"width": screen[0], "height": screen[1]})
    cadre.sign_in("village1")
    cadre.wait_for_pack()
    cadre.show_case(case)
    parties = cadre.page.get_by_test_id("parties")
    expect(parties).to_contain_text("欧*")
    expect(parties).to_contain_text("138****1234")
    assert PHONE not in cadre.page.content()

    parties.get_by_role("button", name="查看完整信息").click()
    expect(parties.locator("input[name=purpose]")).to_be_focused()
    parties.locator("input[name=purpose]").fill("电话核实隐患位置")
    parties.get_by_role("button", name="查看", exact=True).click()
    for clear in (NAME, PHONE, NUMBER):
        expect(parties).to_contain_text(clear)
    kept = cadre.page.evaluate(EVERYTHING_KEPT)
    assert case["code"] in kept
    assert not [clear for clear in (NAME, PHONE, NUMBER) if clear in kept]
    logged = office.ask("auditor1", "GET", "/audit?action=open_parties&limit=1")["items"][0]
    assert (logged["object"], logged["detail"]) == (case["id"], {"purpose": "电话核实隐患位置"})

    cadre.page.get_by_role("button", name="返回").click()
    expect(cadre.page.get_by_test_id("parties")).to_have_count(0)
    cadre.page.go_back()
    expect(parties).to_contain_text("138****1234")
    assert PHONE not in cadre.page.content()


def test_without_a_network_parties_stay_masked(phones: Callable[..., Any], case: Any) -> None:
    cadre = phones()
    cadre.sign_in("village1")
    cadre.wait_for_pack()
    cadre.show_case(case)
    cadre.context.set_offline(True)
    parties = cadre.page.get_by_test_id("parties")
    parties.get_by_role("button", name="查看完整信息").click()
    parties.locator("input[name=purpose]").fill("电话核实隐患位置")
    parties.get_by_role("button", name="查看", exact=True).click()
    expect(parties).to_contain_text("连不上服务器")
    expect(parties).to_contain_text("138****1234")
