"""The load: one process that keeps many connections busy with prepared requests and times every answer.

    python -m tests.bench.load PORT CONNECTIONS SECONDS < REQUESTS

REQUESTS is a pickled list of complete HTTP requests. Each connection sends its next one as soon as the last is
answered; when the time is up nothing new is sent. The outcome is printed as JSON: statuses, seconds, milliseconds.
"""

import json
import pickle
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Line:
    """One connection: when its request went out, and what has come back so far."""

    socket: socket.socket
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    expected: int = 0

    def send(self, request: bytes) -> None:
        self.received.clear()
        self.expected = 0
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take in what is there; True when the answer is whole."""
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise ConnectionError("the server closed a connection")
        self.received += piece
        if not self.expected:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            at = self.received.lower().index(b"content-length:", 0, end) + 15
            self.expected = end + 4 + int(self.received[at : self.received.index(b"\r\n", at)])
        return len(self.received) >= self.expected

    @property
    def status(self) -> int:
        return int(self.received[9:12])


def drive(port: int, connections: int, seconds: float, requests: Iterator[bytes]) -> dict[str, object]:
    """Keep the connections busy for this long.

    Returns: {statuses: {status: count}, seconds, milliseconds: [of each answer]}.
    """
    watched = selectors.DefaultSelector()
    for _ in range(connections):
        time.sleep(0.01)  # phones do not knock within the same microsecond, when one server process takes them all
        line = Line(socket.create_connection(("127.0.0.1", port)))
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        watched.register(line.socket, selectors.EVENT_READ, line)
    statuses: Counter[int] = Counter()
    milliseconds: list[float] = []
    began = time.perf_counter()
    for key in watched.get_map().values():
        key.data.send(next(requests))
    busy = connections
    while busy:
        for key, _ in watched.select():
            line = key.data
            if not line.receive():
                continue
            now = time.perf_counter()
            statuses[line.status] += 1
            milliseconds.append((now - line.sent_at) * 1000)
            if now - began < seconds:
                line.send(next(requests))
            else:
                busy -= 1
    took = time.perf_counter() - began
    for key in list(watched.get_map().values()):
        key.data.socket.close()
    return {"statuses": statuses, "seconds": took, "milliseconds": milliseconds}


if __name__ == "__main__":
    port, connections, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    prepared: list[bytes] = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own parent wrote it
    sys.stdout.write(json.dumps(drive(port, connections, seconds, iter(prepared))))
