"""Two things that everybody here needs."""

import ctypes
import signal
import time

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWNET = 0x40000000


def die_with_parent():
    """For preexec_fn: no child outlives the test."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def setns_net(fd):
    """This thread moves to another network namespace."""
    if _libc.setns(fd, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def wait_until(predicate, deadline_s=5.0, what=None):
    """Asks until the answer is not false; returns it."""
    end = time.monotonic() + deadline_s
    while True:
        got = predicate()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(
                f"not within {deadline_s} s: {what or predicate.__name__}"
            )
        time.sleep(0.004)
