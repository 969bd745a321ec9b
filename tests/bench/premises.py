"""Premises for a measurement: a database of its own, the office's commands run in it, its server started and killed.

PostgreSQL is the throw-away cluster that `__main__` starts with fsync on; nothing here touches another one.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from server.config import Settings, read_settings
from server.keys import make_keys

OWNER, APPLICATION = "gridloop_owner", "gridloop_app"
PROGRAM = Path(sys.executable).with_name("gridloop")
STARTS_WITHIN_S = 120


@dataclass(frozen=True)
class Spent:
    """What a command took: seconds on the wall, processor seconds, its peak memory in MB, and what it printed."""

    seconds: float
    processor: float
    peak_mb: float
    output: str


@dataclass(frozen=True)
class Premises:
    """An office's environment: where its database, keys and photos are. `postgres` is its database's name, if any."""

    folder: Path
    environment: Mapping[str, str]
    postgres: str | None

    @property
    def settings(self) -> Settings:
        return read_settings(self.environment)

    def run(self, *arguments: str) -> Spent:
        """Run `gridloop ARGUMENTS`; RuntimeError with its words when it fails."""
        began = time.perf_counter()
        with (self.folder / "command.log").open("w+b") as log:
            process = subprocess.Popen(
                [PROGRAM, *arguments], env=self._environ(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - began
            log.seek(0)
            output = log.read().decode(errors="replace")
        if process.returncode != 0:
            raise RuntimeError(f"gridloop {arguments[0]} ended with {process.returncode}: {output}")
        return Spent(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output.strip())

    def serve(self) -> "Serving":
        """Start `gridloop serve` and wait until it is ready."""
        with (self.folder / "serve.log").open("ab") as log:
            process = subprocess.Popen(
                [PROGRAM, "serve"], env=self._environ(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        serving = Serving(process, self.settings.port)
        serving.wait_until_ready()
        return serving

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """As superuser, outside the office, to look and to tidy."""
        return psycopg.connect(dbname=self.postgres, autocommit=True)

    def _environ(self) -> dict[str, str]:
        # `gridloop` must not find the test cluster's superuser in PGUSER and PGPASSWORD.
        plain = {name: text for name, text in os.environ.items() if not name.startswith(("PG", "GRIDLOOP_"))}
        return plain | dict(self.environment)


@dataclass(frozen=True)
class Serving:
    """A running server's main process."""

    process: "subprocess.Popen[bytes]"
    port: int

    def wait_until_ready(self) -> None:
        """Until /readyz says so; RuntimeError when the process ends or hangs."""
        give_up = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < give_up:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}; see serve.log")
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=STARTS_WITHIN_S)
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            connection.close()
            time.sleep(0.05)
        raise RuntimeError("the server did not become ready")

    def kill(self) -> None:
        """kill -9 of the main process; its workers die with it."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end and wait; kill it when it does not."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def rent(kind: str, folder: Path) -> Iterator[Premises]:
    """Premises with an empty database of this kind ("postgresql" or "sqlite"), migrated; given back at the end."""
    keys = folder / "keys.json"
    make_keys(keys)
    environment = {
        "GRIDLOOP_DATA_DIR": str(folder), "GRIDLOOP_KEYS_FILE": str(keys), "GRIDLOOP_PORT": str(free_port()),
    }  # fmt: skip
    if kind == "sqlite":
        premises = Premises(folder, environment, None)
        premises.run("migrate")
        yield premises
        return
    # Scaled out: couriers carry the messages elsewhere, and nothing here asks Redis for anything.
    environment["GRIDLOOP_REDIS_URL"] = "redis://127.0.0.1:9/0"
    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(dbname="postgres", autocommit=True) as connection:
        for role in (OWNER, APPLICATION):
            with contextlib.suppress(psycopg.errors.DuplicateObject):
                connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
        connection.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    with psycopg.connect(dbname=name, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    where = f"{os.environ['PGHOST']}:{os.environ['PGPORT']}/{name}"
    environment["GRIDLOOP_DATABASE_URL"] = f"postgresql://{APPLICATION}:{APPLICATION}@{where}"
    environment["GRIDLOOP_MIGRATE_URL"] = f"postgresql://{OWNER}:{OWNER}@{where}"
    premises = Premises(folder, environment, name)
    try:
        premises.run("migrate")
        yield premises
    finally:
        with psycopg.connect(dbname="postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def processor_seconds(process: int) -> float:
    """Processor time of a running process and its children so far (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(int(child)) for child in children)


def wait_for_port(port: int) -> None:
    """Until something listens there; RuntimeError when nothing does."""
    give_up = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens at port {port}")
