"""The shipped nginx files, run for real in front of a serving Gridloop."""

import contextlib
import gzip
import hashlib
import http.client
import io
import json
import random
import re
import shutil
import socket
import ssl
import subprocess
import time
import uuid
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from server import create_app
from server.db import db
from tests.conftest import settings_for, sign_in
from tests.deploy.front import NAME, SHIPPED, TOP, Answer, Front, nginx
from tests.workers.conftest import HANGS_AFTER_S, PROGRAM, Running, starting
from tests.workers.couriers.gateways import Authority

pytestmark = pytest.mark.nginx

PIECE = int(re.search(r"PIECE = (\d+) \* 1024", (TOP / "pwa/src/tray/upload.ts").read_text())[1]) * 1024
"""What a phone sends at once."""
HIDDEN = ("/metrics", "/metrics?all=1", "//metrics", "/%6Detrics", "/./metrics", "/api/../metrics", "/metrics/")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, keys_file: Path) -> Iterator[Running]:
    """`gridloop serve` as it is behind nginx: on this machine only, known under its public name."""
    folder = tmp_path_factory.mktemp("behind")
    shutil.copy(sqlite_template, folder / "gridloop.sqlite")
    given = {"data_dir": str(folder), "keys_file": str(keys_file), "public_url": f"https://{NAME}"}
    with starting(folder) as start:
        yield start(PROGRAM, "serve", **given).wait_until_it_answers()


@pytest.fixture(scope="module", params=SHIPPED)
def front(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, office: Running, authority: Authority
) -> Iterator[Front]:
    """nginx with each of the shipped files."""
    folder = tmp_path_factory.mktemp("nginx") / request.param
    with nginx(folder, authority, [f"127.0.0.1:{office.port}"], SHIPPED[request.param]) as front:
        yield front


@pytest.fixture(scope="module")
def bearer(office: Running, keys_file: Path) -> str:
    """worker1, signed in."""
    app = create_app(settings_for(office.log.parent, keys_file))
    token = sign_in(app, "worker1")
    with app.app_context():
        db.engine.dispose()
    return f"Bearer {token}"


def send(front: Front, method: str, path: str, body: Any, bearer: str, **headers: str) -> Answer:
    content = json.dumps(body).encode()
    return front.ask(method, path, content, Authorization=bearer, Content_Type="application/json", **headers)


def test_plain_http_is_sent_to_https(front: Front):
    connection = http.client.HTTPConnection("127.0.0.1", front.plain_port, timeout=HANGS_AFTER_S)
    connection.request("GET", "/?x=1", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/?x=1")
    connection.close()


def test_tls_is_of_this_decade_and_speaks_http_2(front: Front):
    def speak(version: ssl.TLSVersion) -> str | None:
        context = front.tls()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        plain = socket.create_connection(("127.0.0.1", front.secure_port), HANGS_AFTER_S)
        with plain, context.wrap_socket(plain, server_hostname=NAME) as secure:
            return secure.version()

    assert speak(ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert speak(ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    with pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises((ssl.SSLError, ConnectionError)):
        speak(ssl.TLSVersion.TLSv1_1)
    asked = subprocess.run(
        ["curl", "--silent", "--show-error", "--cacert", front.authority.bundle, "--write-out", "%{http_version}",
         "--resolve", f"{NAME}:{front.secure_port}:127.0.0.1", f"https://{NAME}:{front.secure_port}/healthz"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert asked.stdout.endswith("2")


def test_files_that_never_change_are_kept_and_all_others_are_asked_for_anew(front: Front):
    if not (TOP / "pwa/dist/index.html").exists():
        pytest.fail("pwa/dist is missing: build the app first (make test does)")
    page = front.ask("GET", "/")
    assert (page.status, page.headers["cache-control"]) == (200, "no-cache")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    hashed = re.findall(r"/assets/[\w.-]+\.(?:js|css)", page.body.decode())
    assert len(hashed) > 1
    for path in hashed:
        file = front.ask("GET", path, Accept_Encoding="gzip")
        assert file.status == 200
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.headers["x-content-type-options"] == "nosniff"
        # A phone on 2G pays for every byte.
        assert file.headers["content-encoding"] == "gzip"
        assert gzip.decompress(file.body) == (TOP / f"pwa/dist{path}").read_bytes()
    for path in ("/sw.js", "/manifest.webmanifest"):
        file = front.ask("GET", path)
        assert (file.status, file.headers["cache-control"]) == (200, "no-cache")
        again = front.ask("GET", path, If_None_Match=file.headers["etag"])
        assert again.status == 304
    assert front.ask("GET", "/assets/of-another-version.js").status == 404


def test_every_answer_asks_browsers_to_stay_with_https(front: Front):
    asset = re.search(r"/assets/[\w.-]+\.js", front.ask("GET", "/").body.decode())[0]
    for path in ("/", asset, "/assets/none.js", "/api/v1/me", "/metrics"):
        assert front.ask("GET", path).headers["strict-transport-security"] == "max-age=31536000", path


def test_a_pack_that_was_compressed_on_the_way_is_known_again(front: Front, bearer: str):
    me = front.ask("GET", "/api/v1/me", Authorization=bearer).json
    path = f"/api/v1/packs/{me['grids'][0]['code'][:12]}"
    pack = front.ask("GET", path, Authorization=bearer, Accept_Encoding="gzip")
    assert (pack.status, pack.headers["content-encoding"]) == (200, "gzip")
    again = front.ask("GET", path, Authorization=bearer, Accept_Encoding="gzip", If_None_Match=pack.headers["etag"])
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("path", HIDDEN)
def test_figures_are_not_for_the_public(front: Front, office: Running, path: str):
    answer = front.ask("GET", path)
    assert answer.status == 404
    assert b"gridloop_" not in answer.body
    assert b"gridloop_" in office.ask("/metrics")[1]


def a_photo(size: int) -> bytes:
    """A JPEG nobody else has, of exactly this size."""
    noise = Image.frombytes("RGB", (200, 200), random.Random().randbytes(200 * 200 * 3))
    written = io.BytesIO()
    noise.save(written, "JPEG", quality=95)
    picture = written.getvalue()
    comments, rest = b"", size - len(picture)
    while rest:
        # A comment has at most 65,535 bytes and at least its own length; none may be left shorter than that.
        length = rest if rest <= 65_000 else 60_000
        comments += b"\xff\xfe" + (length - 2).to_bytes(2) + bytes(length - 4)
        rest -= length
    return picture[:2] + comments + picture[2:]


def file_with(front: Front, bearer: str, photos: list[bytes]) -> str:
    """worker1 files a report that lists these photos; its id."""
    report_id = str(uuid.uuid4())
    body = {
        "category": "H-FIRE-01", "text": "楼道堆放杂物，堵住了消防通道。", "urgency": 2, "source": "patrol",
        "location": None, "no_location_reason": "室内没有信号", "filed_at": "2026-11-20T09:30:00+08:00",
        "photos": [hashlib.sha256(photo).hexdigest() for photo in photos],
    }  # fmt: skip
    answer = send(front, "PUT", f"/api/v1/reports/{report_id}", body, bearer)
    assert answer.status == 201, answer
    return report_id


def missing(front: Front, bearer: str, report_id: str) -> list[bool]:
    case = front.ask("GET", f"/api/v1/cases/{report_id}", Authorization=bearer).json
    return [photo["missing"] for photo in case["photos"]]


def test_a_photo_of_ten_megabytes_passes_and_a_larger_one_is_refused_in_words(front: Front, bearer: str):
    photo = a_photo(10 * 1000 * 1000)
    report_id = file_with(front, bearer, [photo])
    path = f"/api/v1/reports/{report_id}/photos/{hashlib.sha256(photo).hexdigest()}"
    sent = front.ask("PUT", path, photo, Authorization=bearer, Content_Type="image/jpeg")
    assert sent.status == 201, sent
    assert missing(front, bearer, report_id) == [False]
    ours = front.ask("PUT", path, bytes(11 * 1024 * 1024), Authorization=bearer, Content_Type="image/jpeg")
    # Larger than nginx takes: refused before the bytes are sent, as a client that waits to be asked sees.
    connection = front.connect()
    connection.putrequest("PUT", path)
    for name, value in {"Authorization": bearer, "Content-Type": "image/jpeg", "Content-Length": str(64 << 20)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    theirs = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    connection.close()
    for refused in (ours, theirs):
        assert refused.status == 413
        assert refused.headers["content-type"] == "application/problem+json"
    assert theirs.json == ours.json


def test_an_upload_that_is_cut_goes_on_where_it_was(front: Front, bearer: str):
    """As phones do it, in pieces; the piece that was cut is all that is sent twice."""
    photo = a_photo(9 * PIECE + 1234)
    report_id = file_with(front, bearer, [photo])
    named = {"report_id": report_id, "sha256": hashlib.sha256(photo).hexdigest()}
    metadata = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in named.items())
    tus = {"Authorization": bearer, "Tus_Resumable": "1.0.0"}
    made = front.ask("POST", "/api/v1/uploads", b"", **tus, Upload_Length=str(len(photo)), Upload_Metadata=metadata)
    assert made.status == 201, made
    path, offset, sent, cuts = made.headers["location"], 0, 0, 0
    while offset < len(photo):
        piece = photo[offset : offset + PIECE]
        if cuts < 2 and offset == PIECE * (1 + 2 * cuts):
            cuts += 1
            sent += cut_short(front, path, offset, piece, bearer)
            asked = front.ask("HEAD", path, **tus)
            assert (asked.status, int(asked.headers["upload-offset"])) == (200, offset)
            continue
        sent += len(piece)
        told = front.ask(
            "PATCH", path, piece, **tus, Upload_Offset=str(offset), Content_Type="application/offset+octet-stream"
        )
        assert told.status == 204, told
        offset = int(told.headers["upload-offset"])
    assert cuts == 2
    assert sent <= len(photo) + cuts * PIECE
    assert missing(front, bearer, report_id) == [False]


def cut_short(front: Front, path: str, offset: int, piece: bytes, bearer: str) -> int:
    """Send most of a piece and hang up; how many bytes left."""
    connection = front.connect()
    connection.putrequest("PATCH", path)
    for name, value in {
        "Authorization": bearer, "Tus-Resumable": "1.0.0", "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream", "Content-Length": str(len(piece)),
    }.items():  # fmt: skip
        connection.putheader(name, value)
    connection.endheaders(piece[: len(piece) * 3 // 4])
    connection.close()
    return len(piece) * 3 // 4


def look(front: Front, source: str, **headers: str) -> int:
    body = json.dumps({"code": "990101-20261120-1-1", "secret": "wrong"}).encode()
    return front.ask("POST", "/api/v1/look", body, source, Content_Type="application/json", **headers).status


def test_tries_are_counted_by_the_caller_s_address_as_nginx_saw_it(front: Front, office: Running):
    """Whoever claims to be somebody else is still counted, and nobody else pays for it."""
    guesser = "127.0.0.21" if front.folder.name == "systemd" else "127.0.0.31"
    statuses = [look(front, guesser, X_Forwarded_For=f"203.0.113.{number}") for number in range(22)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert look(front, guesser[:-1] + "2") == 404
    # Past nginx, and so from an address that nobody vouches for.
    claims = {"X-Forwarded-For": "203.0.113.9", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", office.port, source_address=(guesser, 0))
    connection.request("POST", "/api/v1/look", json.dumps({"code": "x", "secret": "y"}), claims)
    assert connection.getresponse().status == 429
    connection.close()


def test_cookies_go_over_tls_only(front: Front):
    body = {"account": "worker1", "password": "gridloop-demo"}
    cookie = send(front, "POST", "/api/v1/sessions", body, "").headers["set-cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie


class Mute:
    """A Gridloop that takes connections and says nothing."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._door.getsockname()[1]}"

    def heard(self) -> bool:
        """Did anybody come?"""
        self._door.settimeout(0.2)
        try:
            self._door.accept()
        except TimeoutError:
            return False
        return True


@pytest.mark.parametrize("shipped", SHIPPED)
def test_nobody_waits_for_ever(tmp_path: Path, authority: Authority, shipped: str):
    """The shipped patience is a minute; here it is a second, in the same places."""
    mute = Mute()
    shorter = {"client_body_timeout 60s": "client_body_timeout 1s", "proxy_read_timeout 60s": "proxy_read_timeout 1s"}
    with nginx(tmp_path / "nginx", authority, [mute.address], SHIPPED[shipped], shorter) as front:
        connection = front.connect()
        connection.putrequest("PUT", "/api/v1/reports/x")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"a beginning")
        started = time.monotonic()
        with contextlib.suppress(http.client.RemoteDisconnected):
            assert connection.getresponse().status == 408
        assert 0.5 < time.monotonic() - started < HANGS_AFTER_S / 2
        connection.close()
        assert not mute.heard(), "a request that never came whole"
        assert front.ask("GET", "/api/v1/me").status == 504
        assert mute.heard()


def test_one_web_process_of_two_may_be_away(tmp_path: Path, authority: Authority, office: Running):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        away = f"127.0.0.1:{closed.getsockname()[1]}"
    servers = [away, f"127.0.0.1:{office.port}"]
    with nginx(tmp_path / "nginx", authority, servers, SHIPPED["systemd"]) as front:
        assert {front.ask("GET", "/readyz").status for _ in range(6)} == {200}
