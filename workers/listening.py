"""The web server's socket and processes: Granian with one listening socket, owned by the main process.

Granian by itself lets every worker bind the port with SO_REUSEPORT. Then a second server starts beside the
first without an error, and a crashed worker's port is closed until its successor is up. With one socket that
the workers inherit, a taken port is refused by the kernel, and connections wait while a worker is replaced.
It knows nothing of the application it serves.
"""

import errno
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from server.config import SettingsError
from workers.lifeline import end_with_parent
from workers.stopping import hear_stops

_BACKLOG = 1024
# How long running requests may take to finish after SIGTERM; a photo on a bad line, but not for ever.
DRAIN_S = 30


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen.

    Raises:
        SettingsError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} at {host} is taken by another program; stop it or set GRIDLOOP_PORT to a free one."
            ) from None
        # The standard library repeats the address in brackets.
        reason = str(error.strerror).partition(" (while")[0]
        raise SettingsError(f"Cannot listen at GRIDLOOP_HOST {host}, port {port}: {reason}.") from None
    # Accepted connections inherit it; without it small answers wait for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)
    return listener


class Server(MPServer):
    """Granian serving WSGI on a socket that is listening already."""

    def __init__(self, listener: socket.socket, **options: Any) -> None:
        super().__init__("", interface=Interfaces.WSGI, websockets=False, **options)
        self._listener = listener

    def _init_shared_socket(self) -> None:
        # Granian 2.8 offers no public way to hand it a socket; tests/workers holds this against upgrades.
        holder = SocketHolder(self._listener.fileno(), False, _BACKLOG)  # type: ignore[call-arg]  # its stub lags
        self._ssp = None
        self._shd = holder  # type: ignore[assignment]  # inferred as None there
        self._sso = self._listener


def serve(
    listener: socket.socket,
    load: Callable[[], Any],
    *,
    processes: int,
    threads: int,
    logging: dict[str, Any],
) -> None:
    """Serve the WSGI application that `load` builds in every worker, until SIGTERM, SIGINT or SIGHUP.

    A worker that crashes is replaced; one that crashes again at once ends the server (SystemExit 1), so that
    whoever supervises it sees it. Running requests have `DRAIN_S` seconds to finish.
    """
    # Workers must inherit the socket and the lock; it is also Linux's default up to Python 3.13.
    multiprocessing.set_start_method("fork", force=True)
    main = os.getpid()

    def start_worker(*arguments: Any) -> None:
        end_with_parent(main)
        # Ctrl-C in a terminal reaches the whole group: only the main process is to act on it.
        os.setpgid(0, 0)
        not_yet_serving = signal.getsignal(signal.SIGTERM)

        def stop() -> None:
            handler = signal.getsignal(signal.SIGTERM)
            if not callable(handler) or handler is not_yet_serving:
                os._exit(0)  # nothing is running that could be finished
            handler(signal.SIGTERM, None)

        hear_stops(stop)
        MPServer._spawn_wsgi_worker(*arguments)

    server = Server(
        listener,
        workers=processes,
        blocking_threads=threads,
        backlog=_BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN_S,
        log_level=LogLevels.error,
        log_dictconfig=logging,
    )
    hear_stops(server.signal_handler_interrupt)
    server.serve(spawn_target=start_worker, target_loader=load, wrap_loader=False)
