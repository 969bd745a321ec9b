"""Lets one `gridloop serve` have an embedded database to itself; it does not lock the database for anyone else."""

import fcntl
import os
import time
from pathlib import Path

from server.config import SettingsError

# A killed server's worker is gone within milliseconds, yet a supervisor may restart it faster than that.
_PATIENCE_S = 2.0


def hold_alone(database: Path) -> int:
    """Take the lock file beside `database` and keep it while any process holds the returned descriptor.

    Processes forked afterwards inherit the descriptor, so the lock ends with the last process that serves,
    not with the first one that dies.

    Returns:
        The open descriptor; keep it, closing it gives the lock up.

    Raises:
        SettingsError: another process serves this database, or the folder cannot be written.
    """
    path = database.with_name(f"{database.name}.serving")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SettingsError(f"The folder {path.parent} cannot be written: {error.strerror}.") from None
    if not _locked_within(descriptor, _PATIENCE_S):
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise SettingsError(
            f"Another gridloop serve (process {holder}) already serves {database}; stop it first, "
            "or use PostgreSQL to serve with several processes."
        )
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return descriptor


def _locked_within(descriptor: int, seconds: float) -> bool:
    give_up = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                return False
            time.sleep(0.05)
        else:
            return True
