"""nginx in front of Gridloop for tests: the shipped file inside Debian's own nginx.conf, on free ports, with a
certificate of the test's own. Only what an operator would change is changed."""

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.provision import SYSTEM_PATH
from tests.workers.conftest import HANGS_AFTER_S, free_port, wait_until
from tests.workers.couriers.gateways import Authority

TOP = Path(__file__).resolve().parents[2]
NAME = "grid.example.org"
"""The name in the shipped files."""
SHIPPED = {"systemd": TOP / "deploy/nginx/gridloop.conf", "compose": TOP / "deploy/compose/nginx.conf"}


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Front:
    """A running nginx, and how a client of it asks."""

    folder: Path
    secure_port: int
    plain_port: int
    authority: Authority
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.authority.bundle)

    def connect(self, source: str = "127.0.0.1") -> http.client.HTTPSConnection:
        """A connection for the office's name, from one of this machine's addresses."""
        connection = http.client.HTTPSConnection(
            NAME, self.secure_port, timeout=HANGS_AFTER_S, context=self.tls(), source_address=(source, 0)
        )
        # The name is this machine; TLS still asks for the name's certificate.
        connection._create_connection = lambda _address, *rest: socket.create_connection(  # type: ignore[attr-defined]
            ("127.0.0.1", self.secure_port), *rest
        )
        return connection

    def ask(
        self, method: str, path: str, body: bytes | None = None, source: str = "127.0.0.1", **headers: str
    ) -> Answer:
        """One request; header names are written with underscores."""
        connection = self.connect(source)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Host": NAME, **named})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()


def program() -> str:
    found = shutil.which("nginx", path=SYSTEM_PATH)
    assert found, "nginx is missing; TESTS_WITHOUT=nginx leaves these tests out"
    return found


def deployed(shipped: Path, servers: Sequence[str], certificate: Path, ports: Mapping[int, int]) -> str:
    """The shipped file with the values of this deployment: ports, where Gridloop listens, certificate, folder."""
    text = shipped.read_text()
    for usual, port in ports.items():
        text = re.sub(rf"(listen (?:\[::\]:)?){usual}\b", rf"\g<1>{port}", text)
    if not _speaks_ipv6():
        text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.M)
    lines = "\n".join(f"    server {one};" for one in servers)
    # `resolve` needs a newer nginx than Debian 12's, and an address is what it would find.
    text, found = re.subn(r"^    server [\w.]+:8000(?: resolve)?;$", lines, text, flags=re.M)
    assert found == 1
    text, found = re.subn(r"/etc/ssl/gridloop/\w+\.pem", str(certificate), text)
    assert found == 2
    return text.replace("/opt/gridloop/", f"{TOP}/")


def around(folder: Path) -> str:
    """Debian's nginx.conf with its files in `folder`, including ours and nothing else."""
    text = Path("/etc/nginx/nginx.conf").read_text()
    text = re.sub(r"^user .*$", "user root;" if os.geteuid() == 0 else "", text, flags=re.M)
    text = re.sub(r"^pid .*$", f"pid {folder}/nginx.pid;\ndaemon off;", text, flags=re.M)
    text = re.sub(r"^\s*include \S*(modules-enabled|conf\.d)\S*$", "", text, flags=re.M)
    text = text.replace("/var/log/nginx", str(folder))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    held = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    text, found = re.subn(r"include /etc/nginx/sites-enabled/\*;", f"{held}\ninclude {folder}/gridloop.conf;", text)
    assert found == 1
    return text


@contextmanager
def nginx(
    folder: Path, authority: Authority, servers: Sequence[str], shipped: Path, changes: Mapping[str, str] | None = None
) -> Iterator[Front]:
    """nginx in front of these servers, until the end.

    Args:
        changes: further values of the shipped file, for tests that cannot wait a minute; each must be there.
    """
    folder.mkdir(parents=True)
    authority.context(NAME)
    front = Front(folder, free_port(), free_port(), authority)
    text = deployed(shipped, servers, authority.folder / f"{NAME}.pem", {80: front.plain_port, 443: front.secure_port})
    for old, new in (changes or {}).items():
        assert old in text
        text = text.replace(old, new)
    (folder / "gridloop.conf").write_text(text)
    (folder / "nginx.conf").write_text(around(folder))
    command = [program(), "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with (folder / "out").open("wb") as out:
        front.process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    try:
        wait_until(lambda: _answers(front.secure_port))
        yield front
    finally:
        front.process.terminate()
        front.process.wait(HANGS_AFTER_S)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _speaks_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
