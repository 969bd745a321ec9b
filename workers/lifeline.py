"""Ties a child process to its parent's life (Linux); it asks nothing of the parent and never outlives it."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int) -> None:
    """Have the kernel kill this process the moment process `parent` is gone, however it went.

    SIGKILL and not a request to finish: a server that died without a word is about to be restarted, and what
    was committed is safe. Raises OSError where the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_PDEATHSIG")
    if os.getppid() != parent:
        # It died between the fork and the line above, too early for the signal.
        os._exit(1)
