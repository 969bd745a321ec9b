"""Firefox ESR without a window, driven over Marionette by a few words: pages, and the notices it draws itself.

Marionette's language is JSON behind its length: [0, id, command, parameters] is answered by [1, id, error, result].
"""

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

# Start-up takes twenty seconds on a busy machine.
HANGS_AFTER_S = 60

PREFS: dict[str, Any] = {
    "dom.push.testing.allowInsecureServerURL": True,
    "dom.push.connection.enabled": True,
    "permissions.default.desktop-notification": 1,
    "alerts.useSystemBackend": False,
    "remote.prefs.recommended": False,
    # Nothing leaves this machine.
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage": "about:blank",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "browser.aboutwelcome.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "services.settings.server": "http://127.0.0.1:1/",
    "extensions.getAddons.cache.enabled": False,
    "intl.accept_languages": "zh-CN,zh",
}


_ALERT = "Services.wm.getMostRecentWindow('alert:alert')"
"""The window that Firefox draws a notice in where it does not leave that to the system."""


class Firefox:
    """One profile; it can be started again and remembers what a profile does."""

    def __init__(self, profile: Path, push_server: str) -> None:
        self._profile = profile
        profile.mkdir(exist_ok=True)
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            self._port = door.getsockname()[1]
        prefs = {**PREFS, "dom.push.serverURL": push_server, "marionette.port": self._port}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in prefs.items()]
        (profile / "user.js").write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._last = 0

    def start(self) -> "Firefox":
        program = shutil.which("firefox-esr")
        assert program, "firefox-esr is missing; TESTS_WITHOUT=firefox leaves these tests out"
        self._process = subprocess.Popen(
            [
                program, "--headless", "--no-remote", "--marionette", "-remote-allow-system-access",
                "--profile", self._profile,
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._socket = self._connect()
        self._receive()
        self.ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        self.ask("WebDriver:SetTimeouts", {"script": HANGS_AFTER_S * 1000})
        return self

    def quit(self) -> None:
        """As a person does, so that the profile is written."""
        if self._process is None:
            return
        try:
            self.ask("Marionette:Quit", {"flags": ["eForceQuit"]})
            self._process.wait(HANGS_AFTER_S)
        except (OSError, subprocess.TimeoutExpired, AssertionError):
            self._process.kill()
            self._process.wait()
        self._process = None

    def ask(self, command: str, parameters: dict[str, Any] | None = None) -> Any:
        assert self._socket is not None
        self._last += 1
        text = json.dumps([0, self._last, command, parameters or {}]).encode()
        self._socket.sendall(f"{len(text)}:".encode() + text)
        _kind, _number, error, result = self._receive()
        assert error is None, f"{command}: {error}"
        return result.get("value") if isinstance(result, dict) and set(result) == {"value"} else result

    def open(self, url: str) -> None:
        self.ask("WebDriver:Navigate", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of a script in the page."""
        return self.ask("WebDriver:ExecuteScript", {"script": script, "args": list(arguments)})

    def fill(self, selector: str, text: str) -> None:
        self.ask("WebDriver:ElementSendKeys", {"id": self._find(selector), "text": text})

    def click(self, selector: str) -> None:
        self.ask("WebDriver:ElementClick", {"id": self._find(selector)})

    def _find(self, selector: str) -> str:
        self.until("return document.querySelector(arguments[0]) !== null", selector)
        found = self.ask("WebDriver:FindElement", {"using": "css selector", "value": selector})
        return str(next(iter(found.values())))

    def in_browser(self, script: str) -> Any:
        """The value of a script in the browser's own windows."""
        self.ask("Marionette:SetContext", {"value": "chrome"})
        try:
            return self.run(script)
        finally:
            self.ask("Marionette:SetContext", {"value": "content"})

    def until(self, script: str, *arguments: Any) -> Any:
        """Ask the page until the answer is true."""
        return _until(lambda: self.run(script, *arguments), script)

    def until_in_browser(self, script: str) -> Any:
        return _until(lambda: self.in_browser(script), script)

    def close_page(self) -> None:
        """Close the page's tab; the browser itself goes on with an empty one."""
        page = self.ask("WebDriver:GetWindowHandle")
        other = self.ask("WebDriver:NewWindow", {"type": "tab"})["handle"]
        self.ask("WebDriver:SwitchToWindow", {"handle": page})
        self.ask("WebDriver:CloseWindow")
        self.ask("WebDriver:SwitchToWindow", {"handle": other})

    def pages(self) -> list[str]:
        """Addresses of all tabs."""
        return list(
            self.in_browser(
                "return [...Services.wm.getEnumerator('navigator:browser')]"
                ".flatMap(w => w.gBrowser.browsers.map(b => b.currentURI.spec))"
            )
        )

    def notice(self) -> str:
        """Wait for a notice on the screen; its title."""
        return str(self.until_in_browser(f"return {_ALERT}?.document.getElementById('alertTitleLabel')?.value"))

    def click_notice(self) -> None:
        self.in_browser(f"{_ALERT}.onAlertClick()")
        self.until_in_browser(f"return {_ALERT} === null")

    def show_page(self, address: str) -> None:
        """Wait for a tab with this address and go on in it."""
        _until(lambda: address in self.pages(), address)
        for handle in self.ask("WebDriver:GetWindowHandles"):
            self.ask("WebDriver:SwitchToWindow", {"handle": handle})
            if self.run("return location.href") == address:
                return
        raise AssertionError(address)

    def _connect(self) -> socket.socket:
        give_up = time.monotonic() + HANGS_AFTER_S
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self._port), HANGS_AFTER_S)
            except OSError:
                assert time.monotonic() < give_up, "Firefox does not start"
                time.sleep(0.1)

    def _receive(self) -> Any:
        assert self._socket is not None
        length = b""
        while (one := self._socket.recv(1)) != b":":
            assert one, "Firefox hung up"
            length += one
        text = b""
        while len(text) < int(length):
            part = self._socket.recv(int(length) - len(text))
            assert part, "Firefox hung up"
            text += part
        return json.loads(text)


def _until(found: Any, what: str) -> Any:
    give_up = time.monotonic() + HANGS_AFTER_S
    while not (answer := found()):
        assert time.monotonic() < give_up, f"never came: {what}"
        time.sleep(0.1)
    return answer
