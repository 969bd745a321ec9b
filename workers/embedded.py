"""The courier inside the web process, where there is no Redis: one thread with the same loops, jobs and channels."""

import threading
from collections.abc import Sequence

from flask import Flask

from server.services.deliveries import Claim
from workers import jobs
from workers.carrying import BATCH, carry
from workers.relaying import HandOn, run
from workers.schedule import LOOPS, SCHEDULE

_ROOM = {"urgent": BATCH, "normal": BATCH, "digest": BATCH}


def start(app: Flask) -> threading.Event:
    """Carry messages on a thread that ends with the process. Returns: what stops it earlier.

    What it had in its hands when the process was killed is claimed again when the lease has run out.
    """
    jobs.use(app)
    stop = threading.Event()
    here = HandOn(room=lambda: dict(_ROOM), give=_carry)
    threading.Thread(target=run, args=(here, (*LOOPS, *SCHEDULE), stop), name="courier", daemon=True).start()
    return stop


def _carry(claims: Sequence[Claim]) -> None:
    with jobs.in_office():
        carry(claims)
