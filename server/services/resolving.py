"""Looks up a push endpoint's host and keeps only addresses we would connect to; it connects to nothing."""

import socket
import threading

from server.rules.endpoints import NOT_PUBLIC, Endpoint, is_public, read_endpoint
from server.rules.refusals import Sentence

PATIENCE_S = 3.0
"""A name server that hangs must not hold a web thread."""
_UNKNOWN: Sentence = ("暂时查不到推送服务器的地址。", "The push service's host cannot be found just now.")


def addresses_of(endpoint: Endpoint) -> list[str] | Sentence:
    """The addresses to connect to: every one that the name stands for is public, or none is used.

    For plain HTTP (`read_endpoint` lets it pass to this machine only, in tests) the host is the address.
    """
    if not endpoint.secure:
        return [endpoint.host]
    found = _look_up(endpoint.host, endpoint.port)
    if not found:
        return _UNKNOWN
    return found if all(is_public(address) for address in found) else NOT_PUBLIC


def check(text: str, *, loopback: bool) -> Sentence | None:
    """Why this text is no endpoint we would push to, if it is none. Takes a moment: not inside a transaction."""
    endpoint = read_endpoint(text, loopback=loopback)
    if not isinstance(endpoint, Endpoint):
        return endpoint
    found = addresses_of(endpoint)
    return None if isinstance(found, list) else found


def _look_up(host: str, port: int) -> list[str]:
    answers: list[str] = []

    def ask() -> None:
        try:
            for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                answers.append(str(address[0]))
        except (OSError, UnicodeError):
            answers.clear()

    asking = threading.Thread(target=ask, name="resolve", daemon=True)
    asking.start()
    asking.join(PATIENCE_S)
    return [] if asking.is_alive() else list(dict.fromkeys(answers))
