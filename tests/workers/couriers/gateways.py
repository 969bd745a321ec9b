"""The other sides of robots and text messages, speaking their protocols: WeCom, DingTalk and Feishu behind real TLS
under their own names (reached through a proxy, as in many offices), and a gateway that checks signatures."""

import hmac
import json
import ssl
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

ROBOT_HOSTS = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn")


class Authority:
    """A certificate authority that nobody but a test trusts."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        self.bundle = folder / "authority.pem"
        self.bundle.write_bytes(self._sign("tests", self._key.public_key(), ca=True).public_bytes(Encoding.PEM))

    def context(self, *hosts: str) -> ssl.SSLContext:
        """A server's side of TLS for these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        path = self.folder / f"{hosts[0]}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(private + self._sign(hosts[0], key.public_key(), *hosts).public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _sign(self, name: str, key: ec.EllipticCurvePublicKey, *hosts: str, ca: bool = False) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in hosts]), False)
        return builder.sign(self._key, SHA256())


@dataclass(frozen=True)
class Said:
    """One message that a robot or gateway was asked to pass on."""

    host: str
    path: str
    body: dict[str, Any]
    headers: dict[str, str]


class Robots:
    """A proxy behind which the three chat services are."""

    def __init__(self, authority: Authority) -> None:
        self.said: list[Said] = []
        self.refusals: dict[str, list[tuple[str, Any]]] = {host: [] for host in ROBOT_HOSTS}
        """What each service answers next, status and body, instead of passing a message on."""
        context, world = authority.context(*ROBOT_HOSTS), self

        class Proxy(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self) -> None:
                host = self.path.partition(":")[0]
                if host not in ROBOT_HOSTS:
                    self.send_error(502)
                    return
                self.send_response(200)
                self.end_headers()
                with context.wrap_socket(self.connection, server_side=True) as inner:
                    world._answer(host, inner)
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, host: str, inner: ssl.SSLSocket) -> None:
        reader = inner.makefile("rb")
        _method, path, _version = reader.readline().decode().split()
        headers: dict[str, str] = {}
        while line := reader.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = json.loads(reader.read(int(headers["content-length"])))
        status, answer = "200 OK", {"code": 0, "msg": "success"} if "feishu" in host else {"errcode": 0, "errmsg": "ok"}
        if self.refusals[host]:
            status, answer = self.refusals[host].pop(0)
        else:
            self.said.append(Said(host, path, body, headers))
        text = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
        inner.sendall(f"{head}Connection: close\r\n\r\n".encode() + text)


class Gateway:
    """Passes text messages on, one for each id, when the signature is right and fresh."""

    def __init__(self, secret: str) -> None:
        self.sent: dict[str, Said] = {}
        self.asked = 0
        gateway = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                timestamp = self.headers["X-Gridloop-Timestamp"]
                signed = hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, "sha256").hex()
                gateway.asked += 1
                right = hmac.compare_digest(signed, self.headers["X-Gridloop-Signature"])
                fresh = abs(datetime.now(UTC).timestamp() - int(timestamp)) < 300
                if right and fresh:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    gateway.sent.setdefault(headers["idempotency-key"], Said("", self.path, json.loads(body), headers))
                self.send_response(202 if right and fresh else 403)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}/send"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
