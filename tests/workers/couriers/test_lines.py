"""A push leaves for the address that was checked and no other, within bounded time, and hears every status out."""

import http.server
import secrets
import socket
import ssl
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from server.config import Settings
from server.keys import read_keys
from server.office import Office
from server.rules.endpoints import Endpoint
from server.services import resolving
from server.services.deliveries import Claim, Errand
from tests.workers.couriers.gateways import Authority
from tests.workers.couriers.push_service import PushService
from workers.channels import lines, sms, webpush
from workers.channels.answers import Answer
from workers.channels.lines import NoAnswerError, post

HOST = "updates.push.example.org"


@contextmanager
def listening(serve: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server on this machine that does with each connection what it is told; its port."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def run() -> None:
            while True:
                try:
                    connection, _ = door.accept()
                except OSError:
                    return
                threading.Thread(target=speak, args=(connection,), daemon=True).start()

        def speak(connection: socket.socket) -> None:
            try:
                with context.wrap_socket(connection, server_side=True) if context else connection as inner:
                    serve(inner)
            except OSError:
                return

        threading.Thread(target=run, daemon=True).start()
        yield door.getsockname()[1]


def answering(text: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(text)

    return serve


CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


def test_it_connects_to_the_checked_address_and_wants_the_name_s_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    authority = Authority(tmp_path)
    monkeypatch.setattr(lines, "_context", ssl.create_default_context(cafile=authority.bundle))
    with listening(answering(CREATED), authority.context(HOST)) as port:
        assert post(Endpoint(True, HOST, port, "/x"), "127.0.0.1", b"x", {}).status == 201
        with pytest.raises(NoAnswerError, match="bad certificate"):
            post(Endpoint(True, "other.example.org", port, "/x"), "127.0.0.1", b"x", {})


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path):
    with listening(answering(CREATED), Authority(tmp_path).context(HOST)) as port:
        with pytest.raises(NoAnswerError, match="bad certificate") as refused:
            post(Endpoint(True, HOST, port, "/x"), "127.0.0.1", b"x", {})
        assert not refused.value.sent


def trickle(connection: socket.socket) -> None:
    connection.recv(65536)
    for byte in b"HTTP/1.1 201 Created\r\nX: " + b"x" * 10_000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def hang(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.recv(1)


@pytest.mark.parametrize("serve", [hang, trickle])
def test_whoever_does_not_answer_is_cut_off(serve: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "WHOLE_S", 0.5)
    with listening(serve) as port:
        with pytest.raises(NoAnswerError) as given_up:
            post(Endpoint(False, "127.0.0.1", port, "/x"), "127.0.0.1", b"x", {})
        assert given_up.value.sent


@pytest.mark.parametrize("text", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
def test_what_is_not_http_is_no_answer(text: bytes):
    with listening(answering(text)) as port, pytest.raises(NoAnswerError):
        post(Endpoint(False, "127.0.0.1", port, "/x"), "127.0.0.1", b"x", {})


def test_nobody_listening_is_no_answer_and_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(NoAnswerError) as refused:
        post(Endpoint(False, "127.0.0.1", port, "/x"), "127.0.0.1", b"x", {})
    assert not refused.value.sent


def test_a_connection_is_kept_and_one_that_was_closed_meanwhile_is_made_anew():
    accepted: list[int] = []

    class Door(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            accepted.append(1)
            super().setup()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()
            # Closed without a word after the second answer, as servers do with idle connections.
            self.close_connection = len(posts) == 1
            posts.append(1)

        def log_message(self, *_: Any) -> None:
            """Silent."""

    posts: list[int] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = Endpoint(False, "127.0.0.1", server.server_port, "/x")
    assert [post(endpoint, "127.0.0.1", b"x", {}).status for _ in range(4)] == [201] * 4
    assert len(accepted) == 2
    server.shutdown()
    server.server_close()


def test_whoever_listens_on_a_kept_connection_and_then_closes_it_gets_no_second_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "STALE_S", 0.1)
    door, accepted = socket.create_server(("127.0.0.1", 0)), []

    def listen() -> None:
        while True:
            connection, _ = door.accept()
            accepted.append(connection)
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
            connection.recv(65_536)
            time.sleep(0.3)
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    endpoint = Endpoint(False, "127.0.0.1", door.getsockname()[1], "/x")
    assert post(endpoint, "127.0.0.1", b"x", {}).status == 201
    with pytest.raises(NoAnswerError, match="closed"):
        post(endpoint, "127.0.0.1", b"x", {})
    assert len(accepted) == 1
    door.close()


NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "word", "state", "wait", "gone"),
    [
        (201, {}, "delivered", "delivered", None, False),
        (202, {}, "delivered", "delivered", None, False),
        (404, {}, "status 404", "dropped", None, True),
        (410, {}, "status 410", "dropped", None, True),
        (429, {"retry-after": "120"}, "status 429", "waiting", timedelta(seconds=120), False),
        (503, {"retry-after": "Fri, 20 Nov 2026 04:05:00 GMT"}, "status 503", "waiting", timedelta(minutes=5), False),
        (429, {"retry-after": "soon"}, "status 429", "waiting", None, False),
        (429, {"retry-after": "9" * 30}, "status 429", "waiting", timedelta(days=1), False),
        (500, {}, "status 500", "waiting", None, False),
        (413, {}, "status 413", "dead", None, False),
        (400, {}, "status 400", "dead", None, False),
        (301, {"location": "http://169.254.169.254/"}, "status 301", "dead", None, False),
    ],
)
def test_what_a_status_means(
    status: int, headers: dict[str, str], word: str, state: str, wait: timedelta | None, gone: bool
):
    outcome = webpush.judge(Answer(status, headers), NOW)
    assert (outcome.word, outcome.state, outcome.retry_after, outcome.gone) == (word, state, wait, gone)


def errand(endpoint: str) -> Errand:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    address = {
        "endpoint": endpoint,
        "p256dh": base64url(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)),
        "auth": base64url(secrets.token_bytes(16)),
    }
    return Errand(
        Claim(uuid4(), 1, "urgent"), "webpush", address, "特急", "Emergency", "case-1", uuid4(), "990101-1", uuid4(), 4,
        1, collected=False,
    )  # fmt: skip


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def office(sqlite_settings: Settings) -> Office:
    return Office(replace(sqlite_settings, push_loopback=True), read_keys(sqlite_settings.keys_file))


@pytest.fixture
def push() -> Iterator[PushService]:
    service = PushService()
    yield service
    service.stop()


def test_the_push_service_takes_what_we_send_and_refuses_a_wrong_key_and_an_expired_token(
    office: Office, push: PushService, monkeypatch: pytest.MonkeyPatch
):
    channel = push.open_channel(office.keys.push_public)
    assert webpush.send(errand(push.endpoint(channel)), office).word == "delivered"
    assert webpush.send(replace(errand(push.endpoint(channel)), urgency=2), office).word == "delivered"
    told = [(post.headers["urgency"], post.headers["ttl"]) for post in push.accepted()]
    assert told == [("high", "14400"), ("normal", "86400")]
    other = push.open_channel(base64url(b"\x04" + secrets.token_bytes(64)))
    assert webpush.send(errand(push.endpoint(other)), office) == ("status 403", "dead", None, False)
    expired = Vapid02.from_raw(urlsafe_b64encode(office.keys.push or b"")).sign(
        {"aud": push.origin, "sub": "mailto:a@example.org", "exp": int(time.time()) - 60}
    )["Authorization"]
    elsewhere = Vapid02.from_raw(urlsafe_b64encode(office.keys.push or b"")).sign(
        {"aud": "https://example.org", "sub": "mailto:a@example.org", "exp": int(time.time()) + 60}
    )["Authorization"]
    for token in (expired, elsewhere, expired[:-4] + "AAAA", "vapid t=x,k=y"):
        monkeypatch.setattr(webpush, "_token", lambda *_, token=token: token)
        assert webpush.send(errand(push.endpoint(channel)), office).word == "status 401"


def test_an_endpoint_that_came_to_mean_our_own_network_is_not_called(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Checked when it was kept, and again now: the name may mean another address today."""
    called: list[object] = []
    monkeypatch.setattr(lines, "post", lambda *arguments: called.append(arguments))
    monkeypatch.setattr(resolving, "_look_up", lambda _host, _port: ["10.0.0.1"])
    assert webpush.send(errand(f"https://{HOST}/x"), office).word == "bad address"
    assert webpush.send(errand("https://127.0.0.1/x"), office).word == "bad address"
    assert webpush.send(errand("http://10.0.0.1/x"), office).state == "dead"
    assert called == []


def test_a_gateway_s_whole_address_is_asked(office: Office, monkeypatch: pytest.MonkeyPatch):
    asked: list[Endpoint] = []

    def post(endpoint: Endpoint, *_: object) -> Answer:
        asked.append(endpoint)
        return Answer(200, {})

    monkeypatch.setattr(lines, "post", post)
    settings = replace(office.settings, sms_url="https://gateway.example/send?account=7", sms_secret="secret")
    to = replace(errand("https://x/"), channel="sms", address={"phone": "13812341234"})
    assert sms.send(to, Office(settings, office.keys)).word == "delivered"
    assert asked == [Endpoint(True, "gateway.example", 443, "/send?account=7")]


def test_topics_and_payloads_keep_within_what_services_take():
    long = replace(errand("https://x/"), zh="字" * 800, tag="t" * 200)
    assert len(webpush.topic_of(long)) <= 32
    assert len(webpush.encrypt(long.address, webpush.payload_of(long))) <= 4096
    with pytest.raises(ValueError, match="line"):
        webpush.payload_of(replace(long, en="x" * 3000))
