"""Which addresses a push may be sent to: an endpoint that a browser hands us is hostile input. Pure; no network."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from server.rules.refusals import Sentence

ENDPOINT_MAX = 1000
_NOT_A_URL: Sentence = ("不是有效的推送地址。", "This is not a push service's address.")
_NOT_HTTPS: Sentence = ("推送地址必须使用 https 和 443 端口。", "A push service is reached over https on port 443.")
NOT_PUBLIC: Sentence = ("推送地址不是公网地址。", "The push service's address is not a public one.")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A push endpoint taken apart; `origin` is what VAPID tokens are made out to."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        scheme, usual = ("https", 443) if self.secure else ("http", 80)
        return f"{scheme}://{self.host}" + ("" if self.port == usual else f":{self.port}")


def read_endpoint(text: str, *, loopback: bool) -> Endpoint | Sentence:
    """The endpoint, or why it is none we would call.

    Args:
        loopback: also this machine, on any port and without TLS: tests only.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _NOT_A_URL
    plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= ENDPOINT_MAX
    if not plain or not host or parts.username is not None or parts.password is not None or parts.fragment:
        return _NOT_A_URL
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if loopback and parts.scheme == "http" and _is_loopback(host):
        return Endpoint(False, host, port or 80, path)
    if parts.scheme != "https" or port not in (None, 443):
        return _NOT_HTTPS
    return Endpoint(True, host, 443, path)


def is_public(address: str) -> bool:
    """Is this an address on the open internet: not private, loopback, link-local, metadata, multicast, or a tunnel
    to one of those?"""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None) or _nat64(found)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not found.is_reserved


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _nat64(found: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
