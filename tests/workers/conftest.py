"""Real server processes for the tests of this room: started, asked over HTTP, and always ended."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

# Far above what a start takes on a slow machine; reaching it means that it hangs.
HANGS_AFTER_S = 60
PROGRAM = Path(sys.executable).with_name("gridloop")


@dataclass
class Running:
    """A server's main process, the port it was told to use, and the file its log goes to."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def ask(self, path: str = "/healthz") -> tuple[int, bytes]:
        """GET `path`; (status, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANGS_AFTER_S)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def wait_until_it_answers(self) -> "Running":
        def answers() -> bool:
            assert self.process.poll() is None, f"it ended: {self.log.read_text()}"
            try:
                return self.ask()[0] > 0
            except OSError:
                return False

        wait_until(answers)
        return self

    def workers(self) -> list[int]:
        """Process ids of the living children."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if parent(pid) == self.process.pid]

    def wait_until(self, holds: Callable[[], bool]) -> None:
        wait_until(holds)

    def is_gone(self, pid: int) -> bool:
        return parent(pid) is None

    def threads_that_take(self, what: signal.Signals, pid: int) -> int:
        """How many threads of a process do not block a signal."""
        statuses = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
        assert len(statuses) > 1
        masks = [int(re.search(r"^SigBlk:\s+(\w+)$", status, re.M)[1], 16) for status in statuses]
        return sum(not mask & 1 << (what - 1) for mask in masks)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(how)
        return self.process.wait(HANGS_AFTER_S)


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + HANGS_AFTER_S
    while not holds():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)


def parent(pid: int) -> int | None:
    """The parent of a process, or None when it has ended (a zombie serves nothing either)."""
    try:
        state, ppid = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else int(ppid)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def surroundings(**settings: str) -> dict[str, str]:
    """The environment without anybody's Gridloop settings, and with these."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("GRIDLOOP_")}
    return ours | {f"GRIDLOOP_{key.upper()}": value for key, value in settings.items()}


@pytest.fixture
def gridloop(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`gridloop(*arguments, **settings)` runs a command that is expected to end, on this test's own data folder."""

    def gridloop(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *arguments],
            env=surroundings(**({"data_dir": str(tmp_path / "data")} | settings)),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=HANGS_AFTER_S,
            check=False,
        )

    return gridloop


@contextmanager
def starting(folder: Path) -> Iterator[Callable[..., Running]]:
    """`start(*command, port=…, **settings)`; whatever still runs at the end is killed."""
    started: list[Running] = []

    def start(*command: str | Path, port: int | None = None, **settings: str) -> Running:
        port = port or free_port()
        log = folder / f"log-{len(started)}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                env=surroundings(port=str(port), **settings),
                stdout=file,
                stderr=file,
                cwd=folder,
                start_new_session=True,
            )
        started.append(Running(process, port, log))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts processes for one test."""
    with starting(tmp_path) as start:
        yield start


@pytest.fixture
def serve(start: Callable[..., Running], tmp_path: Path) -> Callable[..., Running]:
    """`serve(**settings)` starts `gridloop serve` on this test's own data folder and waits until it answers."""

    def serve(**settings: str) -> Running:
        settings = {"data_dir": str(tmp_path / "data")} | settings
        return start(PROGRAM, "serve", **settings).wait_until_it_answers()

    return serve
