"""A new version of the app is offered, waits for an open form, and takes all unsent work along."""

import http.client
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

DIST = Path(__file__).resolve().parents[2] / "pwa" / "dist"
KEPT_BACK = {"connection", "content-length", "date", "server", "transfer-encoding"}


class Front(SimpleHTTPRequestHandler):
    """What nginx does when scaled out: files from a folder, /api passed on to the office."""

    def __init__(self, *args: Any, office: str, **more: Any) -> None:
        self.office = urlsplit(office).netloc
        super().__init__(*args, **more)

    def pass_on(self) -> None:
        office = http.client.HTTPConnection(self.office, timeout=30)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        office.request(self.command, self.path, body, dict(self.headers))
        reply = office.getresponse()
        content = reply.read()
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in KEPT_BACK:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        if self.path.startswith("/api/"):
            self.pass_on()
        else:
            super().do_GET()

    do_PUT = do_POST = do_DELETE = do_PATCH = pass_on  # noqa: N815  # names the base class calls

    def end_headers(self) -> None:
        if not self.path.startswith("/api/"):
            self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing: pytest's output is for failures."""


@dataclass
class Site:
    """The app served from a folder of its own, so that a test may publish another version."""

    url: str
    folder: Path

    def publish_another_version(self) -> None:
        """The same app under another mark: the page says which one it is."""
        page = (self.folder / "index.html").read_text()
        (self.folder / "index.html").write_text(page.replace("<html ", '<html data-edition="second" '))
        worker = (self.folder / "sw.js").read_text()
        renamed, times = re.subn(r"`gridloop-[0-9a-f]{12}`", "`gridloop-second`", worker)
        assert times == 1
        (self.folder / "sw.js").write_text(renamed)


@pytest.fixture
def site(office: Any, tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    shutil.copytree(DIST, folder)
    served = partial(Front, office=office.url, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(f"http://127.0.0.1:{server.server_port}", folder)
    server.shutdown()
    server.server_close()


def test_an_update_waits_for_the_open_form_and_keeps_unsent_work(
    office: Any, site: Site, phones: Callable[..., Any], photograph: Callable[..., Path]
) -> None:
    phone = phones()
    phone.url = site.url
    phone.open()
    phone.sign_in("worker1")
    phone.wait_for_pack()
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    # Everything the app sends from here on is lost on the way; reading still works.
    phone.context.route("**/api/v1/reports/**", lambda route: route.abort())
    text = "更新之前：桥栏松动"
    hashes = phone.report(text, photograph(120))
    phone.begin_report()
    phone.write("更新时正开着的表单")
    phone.wait_until_kept()

    site.publish_another_version()
    second = phone.context.new_page()
    second.goto(site.url)
    second.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update()).then(() => true)")
    second.get_by_role("button", name="更新").click()
    expect(second.locator("html")).to_have_attribute("data-edition", "second")

    # The form in the first tab runs on undisturbed, with the version it began with.
    phone.page.bring_to_front()
    expect(phone.page.get_by_test_id("text")).to_have_value("更新时正开着的表单")
    expect(phone.page.locator("html[data-edition]")).to_have_count(0)
    phone.write("更新时正开着的表单，接着写")
    phone.wait_until_kept()
    phone.open("tray")
    expect(phone.page.locator("html")).to_have_attribute("data-edition", "second")
    expect(phone.page.get_by_test_id("draft")).to_contain_text("接着写")
    expect(phone.page.get_by_test_id("item")).to_contain_text(text)

    phone.context.unroute_all()
    phone.page.get_by_role("button", name="立即发送").click()
    phone.until(lambda: office.cases("worker1", text), text)
    [case] = office.cases("worker1", text)
    assert [photo["sha256"] for photo in case["photos"]] == hashes
