"""A real office in a process of its own and real phones in a real Chromium; nothing is stood in for.

An `office` is served from a fresh folder with the demonstration county. `phones()` gives a grid worker's phone
standing in worker1's first grid. A phone's verbs do what a thumb would do, through the screens only.
"""

import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from geodata.demo import demo_county

ROOT = Path(__file__).resolve().parents[2]
GRIDLOOP = ROOT / ".venv" / "bin" / "gridloop"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "gridloop-demo"
SOON_MS = 20_000
"""How long a screen may take on a busy machine before a journey gives up, in milliseconds."""


@dataclass
class Office:
    """The served office: its address, its folder, and the API as one person sees it."""

    url: str
    folder: Path
    _tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, account: str, method: str, path: str, body: Any = None) -> Any:
        """The JSON that this person gets; None for an empty answer."""
        if account not in self._tokens:
            self._tokens[account] = self._sign_in(account)["token"]
        return self._call(method, path, body, {"Authorization": f"Bearer {self._tokens[account]}"})

    def cases(self, account: str, text: str) -> list[dict[str, Any]]:
        """Every case this person sees whose title begins like `text`, whole."""
        items = self.ask(account, "GET", "/cases?limit=200")["items"]
        found = [item["id"] for item in items if item["title"].startswith(text)]
        return [self.ask(account, "GET", f"/cases/{one}") for one in found]

    def end_sessions(self, account: str) -> None:
        """Revoke every session of this person, as an administrator or a long absence would."""
        own = self._sign_in(account)["token"]
        bearer = {"Authorization": f"Bearer {own}"}
        sessions = self._call("GET", "/sessions", None, bearer)["items"]
        for one in sorted(sessions, key=lambda session: session["current"]):
            self._call("DELETE", f"/sessions/{one['id']}", None, bearer)
        self._tokens.pop(account, None)

    def photo_file(self, sha256: str) -> bytes:
        """The bytes the office keeps under this hash."""
        return (self.folder / "photos" / sha256[:2] / sha256).read_bytes()

    def _sign_in(self, account: str) -> Any:
        return self._call("POST", "/sessions", {"account": account, "password": PASSWORD}, {})

    def _call(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310  # our own server on loopback
            f"{self.url}/api/v1{path}", data, {"Content-Type": "application/json", **headers}, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310
            text = reply.read()
        return json.loads(text) if text else None


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


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    if "browser" in os.environ.get("TESTS_WITHOUT", "").split(","):
        pytest.skip("this machine lacks browser")
    with serving_office(tmp_path_factory.mktemp("office")) as served:
        yield served


@contextmanager
def serving_office(folder: Path, port: int | None = None, **settings: str) -> Iterator[Office]:
    """An office with the demonstration county, served from this folder; `settings` are added to its environment."""
    if not (ROOT / "pwa" / "dist" / "index.html").exists():
        pytest.fail("pwa/dist is missing: build the app first (make test does)")
    if port is None:
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            port = door.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRIDLOOP_")}
    environment = kept | {"GRIDLOOP_DATA_DIR": str(folder), "GRIDLOOP_PORT": str(port)}
    environment |= {f"GRIDLOOP_{name.upper()}": value for name, value in settings.items()}
    for command in ("migrate", "demo"):
        subprocess.run([GRIDLOOP, command], env=environment, check=True, capture_output=True)
    with (folder / "serve.log").open("wb") as log:
        serving = subprocess.Popen([GRIDLOOP, "serve"], env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(serving, url, folder / "serve.log")
        yield Office(url, folder)
    finally:
        serving.terminate()
        serving.wait(30)


def wait_until_ready(serving: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(600):
        if serving.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the office does not serve:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    expect.set_options(timeout=SOON_MS)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright_driver: Playwright) -> Iterator[Browser]:
    opened = playwright_driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield opened
    opened.close()


def where_worker1_stands() -> dict[str, float]:
    point = demo_county().grids[0].geometry.representative_point()
    return {"longitude": point.x, "latitude": point.y, "accuracy": 9}


@pytest.fixture
def phones(browser: Browser, office: Office) -> Iterator[Callable[..., Phone]]:
    """`phones(**options)`: a new phone with nothing on it; options are Playwright's for a context."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> Phone:
        context = browser.new_context(
            viewport={"width": 360, "height": 640},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            geolocation=where_worker1_stands(),
            **{"permissions": ["geolocation"], **options},
        )
        context.set_default_timeout(SOON_MS)
        contexts.append(context)
        phone = Phone(context.new_page(), context, office.url)
        phone.open()
        return phone

    yield make
    for context in contexts:
        context.close()


@dataclass
class OwnBrowser:
    """A Chromium process with a profile of its own, to be killed and started again."""

    driver: Playwright
    profile: Path
    url: str
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Phone:
        port_file = self.profile / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [CHROMIUM, "--headless", "--remote-debugging-port=0", f"--user-data-dir={self.profile}", *FLAGS],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(300):
            if port_file.exists() and "\n" in port_file.read_text():
                break
            time.sleep(0.1)
        port = port_file.read_text().splitlines()[0]
        context = self.driver.chromium.connect_over_cdp(f"http://127.0.0.1:{port}").contexts[0]
        context.grant_permissions(["geolocation"])
        context.set_geolocation(where_worker1_stands())
        context.set_default_timeout(SOON_MS)
        phone = Phone(context.new_page(), context, self.url)
        phone.open()
        return phone

    def kill(self) -> None:
        """End the browser as a phone without memory does: at once, without a word to the page."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def own_browser(playwright_driver: Playwright, office: Office, tmp_path: Path) -> Iterator[OwnBrowser]:
    owned = OwnBrowser(playwright_driver, tmp_path / "profile", office.url)
    yield owned
    owned.kill()


@pytest.fixture
def photograph(tmp_path: Path) -> Callable[..., Path]:
    """`photograph(side)`: a photo nobody else has; 1,000 pixels a side weigh some 300 KB when shrunk."""

    def make(side: int = 1000) -> Path:
        noise = random.Random().randbytes(side * side * 3 // 16)
        picture = Image.frombytes("RGB", (side // 4, side // 4), noise[: side * side * 3 // 16])
        path = tmp_path / f"{random.getrandbits(64):x}.jpg"
        picture.resize((side, side)).save(path, quality=95)
        return path

    return make
