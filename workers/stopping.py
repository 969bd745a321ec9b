"""Hears the signals that ask a process to stop, on a thread of its own; what stopping means is the caller's.

Python runs a signal's handler in the main thread only, and does not wake it when the kernel gave the signal to
another one. That happens whenever a thread starts at that moment, and the web server starts threads as requests
come: a main thread that only waits then never hears that it should stop. So the signals are blocked everywhere and
one thread takes them, one by one.
"""

import signal
import threading
from collections.abc import Callable

# A hangup is a closed terminal: it stops like the others.
STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def hear_stops(stop: Callable[[], None]) -> None:
    """Call `stop` for every SIGTERM, SIGINT or SIGHUP from now on, on a thread that ends with the process.

    Call it before other threads start: they, and processes forked later, inherit that these signals are blocked.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)

    def listen() -> None:
        while True:
            signal.sigwait(STOPS)
            stop()

    threading.Thread(target=listen, name="stops", daemon=True).start()
