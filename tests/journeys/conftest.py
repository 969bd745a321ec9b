"""A real office in a process of its own and real phones in a real Chromium; nothing is stood in for.

An `office` is served from a fresh folder with the demonstration county. `phones()` gives a grid worker's phone
standing in worker1's first grid; what a thumb can do with it stands in `phone`.
"""

import json
import logging
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright

from geodata.demo import demo_county
from tests.journeys.phone import PASSWORD, SOON_MS, Phone

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


troubles = logging.getLogger(__name__)

OFFICE_ZONE = ZoneInfo("Asia/Shanghai")


def stamp() -> str:
    """Now, as devices write it."""
    return datetime.now(OFFICE_ZONE).isoformat(timespec="seconds")


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

    def run(self, *command: str) -> None:
        """Run one of the office's own commands beside the server."""
        environment = os.environ | {"GRIDLOOP_DATA_DIR": str(self.folder)}
        subprocess.run([GRIDLOOP, *command], env=environment, check=True, capture_output=True)

    def file(self, account: str, text: str, category: str = "H-FIRE-01", urgency: int = 1) -> dict[str, Any]:
        """A case that this person filed without a photo, by its worker's first grid."""
        body = {
            "category": category, "text": text, "urgency": urgency, "source": "visit", "location": None,
            "no_location_reason": "室内没有信号", "grid_code": None, "filed_at": stamp(), "photos": [],
        }  # fmt: skip
        case: dict[str, Any] = self.ask(account, "PUT", f"/reports/{uuid.uuid4()}", body)["case"]
        return case

    def move(self, account: str, case: dict[str, Any], action: str, **payload: Any) -> dict[str, Any]:
        """Make a move as this person, on the case as it stands; the case after it."""
        now = self.ask(account, "GET", f"/cases/{case['id']}")
        body = {"action": action, "based_on": now["version"], "payload": payload, "at": stamp()}
        moved: dict[str, Any] = self.ask(account, "PUT", f"/cases/{case['id']}/steps/{uuid.uuid4()}", body)["case"]
        return moved

    def unit_of(self, account: str) -> str:
        """The id of this person's first unit."""
        return str(self.ask(account, "GET", "/me")["units"][0]["id"])

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


def note_troubles(context: BrowserContext) -> None:
    """Log what went wrong underneath the screens; pytest shows it when the journey fails."""
    context.on("requestfailed", lambda asked: troubles.warning("no answer to %s: %s", asked.url, asked.failure))
    context.on("response", lambda got: got.status >= 400 and troubles.warning("%s answered %s", got.url, got.status))
    context.on("weberror", lambda error: troubles.warning("the page: %s", error.error))


@pytest.fixture
def phones(browser: Browser, office: Office) -> Iterator[Callable[..., Phone]]:
    """`phones(**options)`: a new phone with nothing on it; options are Playwright's for a context."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> Phone:
        context = browser.new_context(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            geolocation=where_worker1_stands(),
            **{"viewport": {"width": 360, "height": 640}, "permissions": ["geolocation"], **options},
        )
        context.set_default_timeout(SOON_MS)
        contexts.append(context)
        note_troubles(context)
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
