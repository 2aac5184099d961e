"""What everybody here needs."""

import base64
import ctypes
import re
import shutil
import signal
import threading
import time
import urllib.parse

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_CLONE_NEWNET = 0x40000000


class Skipped(Exception):
    """Raised by a test that cannot be had here: says why."""


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(f"{program} is not installed")


def die_with_parent():
    """For preexec_fn: no child outlives the test."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_SECRET = re.compile(r"""(?<![-\w])(password|token|secret|key)\s*=\s*"""
                     r"""(?:"((?:[^"\\]|\\.)*)"|'([^']*)')""")


def check_secrets(config, log):
    """No secret of a configuration may be in a log; words are no secrets."""
    for setting, double, single in _SECRET.findall(config):
        secret = re.sub(r"\\(.)", r"\1", double) or single
        # The key of a pair may be no more than a name; one of TSIG is long.
        if len(secret) < (24 if setting == "key" else 8) or secret.isalpha():
            continue
        forms = [secret, urllib.parse.quote(secret, safe=""),
                 base64.b64encode(secret.encode()).decode()]
        for form in forms:
            assert form not in log, f"a log tells the secret {secret!r}"


def setns_net(fd):
    """This thread moves to another network namespace."""
    if _libc.setns(fd, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Lag:
    """How long others had the processors when we wanted one, in all."""

    _STEP_S = 0.01

    def __init__(self):
        self.total_s = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        before = time.monotonic()
        while True:
            time.sleep(self._STEP_S)
            now = time.monotonic()
            # What a timer of an idle machine is late by is nobody's fault.
            self.total_s += max(0.0, now - before - self._STEP_S - 0.002)
            before = now


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
