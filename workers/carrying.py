"""Carries deliveries out: counts their tries, sends them side by side, writes down each outcome as it comes.

The same function serves RQ's jobs and the embedded thread. Nothing is sent inside a transaction.
"""

import queue
import threading
from collections.abc import Sequence
from datetime import timedelta

import structlog

from server import clock
from server.db import transaction
from server.office import Office, office
from server.services import deliveries
from server.services.deliveries import Claim, Errand, Outcome
from workers.channels import CHANNELS

BATCH = 10
"""Deliveries in one job: enough to share its cost, few enough to be repeated when a worker dies."""
_WAITS_S = 30.0
"""Far more than a channel takes: each bounds its own time."""

_log = structlog.get_logger("gridloop.courier")


def carry(claims: Sequence[Claim]) -> int:
    """Try each delivery once. Returns: how many were tried."""
    here = office()
    lease = timedelta(seconds=here.settings.courier_lease_s)
    with transaction() as tx:
        errands = deliveries.set_out(tx, here.keys, claims, clock.now(), lease)
    done: queue.SimpleQueue[tuple[Errand, Outcome]] = queue.SimpleQueue()
    for errand in errands:
        threading.Thread(target=_send, args=(errand, here, done), name="errand", daemon=True).start()
    for _ in errands:
        errand, outcome = done.get(timeout=_WAITS_S)
        with transaction() as tx:
            deliveries.finish(tx, errand, outcome, clock.now())
        _log.info("tried", channel=errand.channel, outcome=outcome.word, delivery=str(errand.claim.id))
    return len(errands)


def _send(errand: Errand, here: Office, done: queue.SimpleQueue[tuple[Errand, Outcome]]) -> None:
    try:
        outcome = CHANNELS[errand.channel](errand, here)
    except Exception as error:
        # One errand that no channel foresaw must not take the others along; the name says what to look for.
        _log.exception("errand_failed", channel=errand.channel)
        outcome = Outcome(f"accident {type(error).__name__}"[:60], "waiting")
    done.put((errand, outcome))
