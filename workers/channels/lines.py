"""One HTTP request to an address that was checked before: no redirects, no proxy, no second look-up, bounded time.

Connections are kept for the next request to the same host. A watch cuts a connection whose other side trickles.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from server.rules.endpoints import Endpoint
from workers.channels.answers import Answer

CONNECT_S = 5.0
WHOLE_S = 10.0
"""From the first byte sent to the last header read."""
STALE_S = 1.0
"""Within this time a kept connection shows that it had been closed."""
BODY_READ = 4096
"""What is read of an answer: refusals explain themselves in a line, more is not wanted."""
_IDLE_S = 20.0
_KEPT = 64


class NoAnswerError(Exception):
    """Nobody answered in time or in HTTP. `sent`: the request may have been taken all the same."""

    def __init__(self, word: str, *, sent: bool) -> None:
        super().__init__(word)
        self.word, self.sent = word, sent


class _Pinned(http.client.HTTPSConnection):
    """TLS with the name that was asked for, on the address that was checked."""

    def __init__(self, host: str, address: str, port: int, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=CONNECT_S, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), CONNECT_S)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


@dataclass
class _Idle:
    connection: http.client.HTTPConnection
    since: float


_context = ssl.create_default_context()
_idle: dict[tuple[str, str, int], list[_Idle]] = {}
_guard = threading.Lock()


def post(endpoint: Endpoint, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST `body` and read the answer's head.

    Raises:
        NoAnswerError: no connection, no answer in time, or something that is not HTTP.
    """
    key = (endpoint.host, address, endpoint.port)
    kept = _take(key)
    if kept is not None:
        begun = time.monotonic()
        try:
            return _ask(kept, key, endpoint, body, headers)
        except NoAnswerError as error:
            # A kept connection may have been closed by the other side meanwhile; once more on a new one. That shows at
            # once: whoever listens first and closes then would have twice the time.
            if error.word != "closed" or time.monotonic() - begun > STALE_S:
                raise
    return _ask(_dial(endpoint, address), key, endpoint, body, headers)


def _dial(endpoint: Endpoint, address: str) -> http.client.HTTPConnection:
    if endpoint.secure:
        connection: http.client.HTTPConnection = _Pinned(endpoint.host, address, endpoint.port, _context)
    else:
        connection = http.client.HTTPConnection(address, endpoint.port, timeout=CONNECT_S)
    try:
        connection.connect()
    except TimeoutError:
        raise NoAnswerError("no connection", sent=False) from None
    except ssl.SSLError:
        raise NoAnswerError("bad certificate", sent=False) from None
    except OSError:
        raise NoAnswerError("no connection", sent=False) from None
    return connection


def _ask(
    connection: http.client.HTTPConnection,
    key: tuple[str, str, int],
    endpoint: Endpoint,
    body: bytes,
    headers: Mapping[str, str],
) -> Answer:
    cut = threading.Event()

    def cut_off() -> None:
        cut.set()
        if connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    watch = threading.Timer(WHOLE_S, cut_off)
    watch.daemon = True
    watch.start()
    connection.sock.settimeout(WHOLE_S)
    try:
        connection.request("POST", endpoint.path, body, dict(headers))
        reply = connection.getresponse()
        short = len(reply.read(BODY_READ)) < BODY_READ
        found = Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()})
    except (http.client.RemoteDisconnected, ConnectionError):
        connection.close()
        raise NoAnswerError("cut off" if cut.is_set() else "closed", sent=True) from None
    except TimeoutError:
        connection.close()
        raise NoAnswerError("no answer", sent=True) from None
    except (OSError, http.client.HTTPException, ValueError):
        connection.close()
        raise NoAnswerError("cut off" if cut.is_set() else "not HTTP", sent=True) from None
    finally:
        watch.cancel()
    if reply.will_close or not short or cut.is_set():
        connection.close()
    else:
        _keep(key, connection)
    return found


def _take(key: tuple[str, str, int]) -> http.client.HTTPConnection | None:
    with _guard:
        waiting = _idle.get(key, [])
        while waiting:
            one = waiting.pop()
            if time.monotonic() - one.since < _IDLE_S:
                return one.connection
            one.connection.close()
    return None


def _keep(key: tuple[str, str, int], connection: http.client.HTTPConnection) -> None:
    with _guard:
        if sum(map(len, _idle.values())) >= _KEPT:
            for waiting in _idle.values():
                while waiting:
                    waiting.pop().connection.close()
        _idle.setdefault(key, []).append(_Idle(connection, time.monotonic()))
