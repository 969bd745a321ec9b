"""A push service for tests: what a browser maker runs, on this machine, speaking the real protocols on both sides.

To browsers, Mozilla's WebSocket protocol (hello, register, unregister, notification, ack). To applications, RFC 8030
with 8188, 8291 and 8292: it checks the VAPID token's signature, audience and expiry and the key that the browser
subscribed for, keeps one waiting message per topic, and cannot read what it carries. It can be told to fail.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

Fault = Callable[["Post"], tuple[int, dict[str, str]] | None]
"""Decides a request's fate: a status with headers, or None for the usual treatment. It may also hang, or `drop`."""


@dataclass
class Channel:
    """One subscription: its token in the endpoint, the key it is for, and what waits for its browser."""

    token: str
    channel_id: str
    key: str | None
    uaid: str | None
    gone: bool = False
    waiting: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Post:
    """One request that an application made."""

    token: str
    headers: dict[str, str]
    body: bytes
    at: float


class DropError(Exception):
    """Close the connection without a word."""


class PushService:
    """Both doors, until `stop`."""

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.posts: list[tuple[Post, int]] = []
        self.acks: list[str] = []
        self.fault: Fault = lambda _post: None
        self.online: dict[str, ServerConnection] = {}
        self._unknown: set[str] = set()
        self._lock = threading.RLock()
        self._sockets: Server = serve(self._browser, "127.0.0.1", 0)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        self.browsers_at = f"ws://127.0.0.1:{self._sockets.socket.getsockname()[1]}/"
        for target in (self._sockets.serve_forever, self._http.serve_forever):
            threading.Thread(target=target, daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._sockets.shutdown()

    def forget(self) -> None:
        """As if nothing had been sent yet."""
        with self._lock:
            self.posts.clear()
            self.channels.clear()

    def lose_browsers(self) -> None:
        """Know no browser any more, nor what it registered: each is somebody new when it says hello again."""
        with self._lock:
            for channel in self.channels.values():
                channel.gone = True
                self._unknown.add(channel.uaid or "")

    def open_channel(self, key: str | None, channel_id: str = "", uaid: str | None = None) -> Channel:
        """What `register` does; tests without a browser call it themselves."""
        channel = Channel(uuid.uuid4().hex, channel_id or str(uuid.uuid4()), key, uaid)
        with self._lock:
            self.channels[channel.token] = channel
        return channel

    def endpoint(self, channel: Channel) -> str:
        return f"{self.origin}/push/{channel.token}"

    def accepted(self) -> list[Post]:
        """Requests that were taken (201), in the order in which they were judged."""
        with self._lock:
            return [post for post, status in self.posts if status == 201]

    def statuses(self) -> list[int]:
        with self._lock:
            return [status for _post, status in self.posts]

    # To applications

    def take(self, post: Post) -> tuple[int, dict[str, str]]:
        """Judge one request."""
        with self._lock:
            channel = self.channels.get(post.token)
        if (decided := self.fault(post)) is not None:
            return decided
        if channel is None or channel.gone:
            return 410, {}
        if (refused := self._refuse(post, channel)) is not None:
            return refused, {}
        version = str(uuid.uuid4())
        notification = {
            "messageType": "notification", "channelID": channel.channel_id, "version": version,
            "data": _base64url(post.body), "headers": {"encoding": "aes128gcm"},
        }  # fmt: skip
        with self._lock:
            channel.waiting[post.headers.get("topic", version)] = notification
        self._flush(channel)
        return 201, {"Location": f"{self.origin}/message/{version}", "TTL": post.headers["ttl"]}

    def _refuse(self, post: Post, channel: Channel) -> int | None:
        headers = post.headers
        if not headers.get("ttl", "").isdigit() or headers.get("content-encoding") != "aes128gcm":
            return 400
        topic = headers.get("topic", "x")
        if len(topic) > 32 or not topic.replace("-", "").replace("_", "").isalnum():
            return 400
        if headers.get("urgency", "normal") not in ("very-low", "low", "normal", "high"):
            return 400
        if len(post.body) > 4096:
            return 413
        if not _is_aes128gcm(post.body):
            return 400
        return _judge_vapid(headers.get("authorization", ""), channel.key, self.origin)

    # To browsers

    def _browser(self, socket: ServerConnection) -> None:
        uaid = ""
        try:
            for text in socket:
                message = json.loads(text)
                kind = message.get("messageType", "ping")
                if kind == "ping":
                    socket.send("{}")
                elif kind == "hello":
                    uaid = message.get("uaid") or ""
                    uaid = uuid.uuid4().hex if uaid in self._unknown else uaid or uuid.uuid4().hex
                    self._greet(socket, uaid)
                elif kind == "register":
                    channel = self.open_channel(message.get("key"), message["channelID"], uaid)
                    answer = {"status": 200, "channelID": channel.channel_id, "pushEndpoint": self.endpoint(channel)}
                    socket.send(json.dumps({"messageType": "register", **answer}))
                elif kind == "unregister":
                    for channel in self._of(uaid):
                        channel.gone = channel.gone or channel.channel_id == message["channelID"]
                    answer = {"status": 200, "channelID": message["channelID"]}
                    socket.send(json.dumps({"messageType": "unregister", **answer}))
                elif kind == "ack":
                    self._acknowledge(uaid, [one["version"] for one in message["updates"]])
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                if self.online.get(uaid) is socket:
                    del self.online[uaid]

    def _greet(self, socket: ServerConnection, uaid: str) -> None:
        hello = {"messageType": "hello", "status": 200, "uaid": uaid, "use_webpush": True, "broadcasts": {}}
        socket.send(json.dumps(hello))
        with self._lock:
            self.online[uaid] = socket
        for channel in self._of(uaid):
            self._flush(channel)

    def _of(self, uaid: str) -> list[Channel]:
        with self._lock:
            return [channel for channel in self.channels.values() if channel.uaid == uaid]

    def _flush(self, channel: Channel) -> None:
        """Everything that waits and was not acknowledged goes to the browser, if it is there."""
        with self._lock:
            socket = self.online.get(channel.uaid or "")
            waiting = list(channel.waiting.values())
        if socket is None:
            return
        for notification in waiting:
            try:
                socket.send(json.dumps(notification))
            except ConnectionClosed:
                return

    def _acknowledge(self, uaid: str, versions: list[str]) -> None:
        with self._lock:
            self.acks += versions
            for channel in self._of(uaid):
                for topic in [one for one, kept in channel.waiting.items() if kept["version"] in versions]:
                    del channel.waiting[topic]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                post = Post(self.path.removeprefix("/push/"), headers, body, time.monotonic())
                try:
                    status, extra = service.take(post)
                except DropError:
                    self.close_connection = True
                    return
                with service._lock:
                    service.posts.append((post, status))
                self.send_response(status)
                for name, value in {**extra, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Silent."""

        return Door


def _judge_vapid(header: str, subscribed_for: str | None, origin: str) -> int | None:
    """RFC 8292: the status that refuses this Authorization header, or None."""
    scheme, _, rest = header.partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if scheme != "vapid" or not {"t", "k"} <= parts.keys():
        return 401
    try:
        signed, _, signature = parts["t"].rpartition(".")
        head, claims = (json.loads(_decode(part)) for part in signed.split("."))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(parts["k"]))
        raw = _decode(signature)
        pair = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        key.verify(pair, signed.encode(), ec.ECDSA(SHA256()))
    except (ValueError, KeyError, InvalidSignature):
        return 401
    in_time = time.time() < claims.get("exp", 0) <= time.time() + 86_400 + 60
    if head.get("alg") != "ES256" or claims.get("aud") != origin or not in_time:
        return 401
    if not str(claims.get("sub", "")).startswith(("mailto:", "https://")):
        return 401
    return 403 if subscribed_for and _decode(subscribed_for) != _decode(parts["k"]) else None


def _is_aes128gcm(body: bytes) -> bool:
    """RFC 8188's header as RFC 8291 wants it: salt, record size, an uncompressed point; then at least a tag."""
    if len(body) < 16 + 4 + 1 + 65 + 18 or body[20] != 65:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), body[21:86])
    except ValueError:
        return False
    return True


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
