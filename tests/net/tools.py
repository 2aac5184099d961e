"""What everybody here needs."""

import base64
import contextlib
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


_SECRET = re.compile(r"""(?<![-\w])((?:[a-z]+-)*(?:password|token|secret|key))"""
                     r"""\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)')""")
_SECRET_FILE = re.compile(r"""(?<![-\w])(?:[a-z]+-)*(?:password|token|secret|key)"""
                          r"""-file\s*=\s*"([^"]*)\"""")


def _secrets(config):
    """Of a configuration, and of the files that it names."""
    for setting, double, single in _SECRET.findall(config):
        secret = re.sub(r"\\(.)", r"\1", double) or single
        # The key of a pair may be no more than a name; one of TSIG is long.
        if len(secret) >= (24 if setting == "key" else 8) and \
                not secret.isalpha():
            yield secret
    for path in _SECRET_FILE.findall(config):
        # Gone meanwhile, or not to be read, as tests will have it.
        with contextlib.suppress(OSError), open(
                path, encoding="utf-8", errors="surrogateescape") as f:
            text = f.read(65536).strip()
            if "\n" not in text and len(text) >= 8 and not text.isalpha():
                yield text
            # Keys of TSIG, and of RSA in its lines.
            yield from re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", text)


def check_secrets(config, log):
    """No secret of a configuration may be in a log; words are no secrets."""
    for secret in _secrets(config):
        raw = secret.encode("utf-8", "surrogateescape")
        for form in (secret, urllib.parse.quote(raw, safe=""),
                     base64.b64encode(raw).decode()):
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
