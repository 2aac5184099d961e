"""A daemon that something happens to: at a system call, at an allocation.

tests/support/fault runs it under a tracer, tests/support/fault_alloc.so is
preloaded.  Both need no rights.
"""

import json
import os
import random
import signal
import zlib

import fakedns
import lab as _lab
from evddnsd import Evddnsd, record
from lab import A, GW4, GW4_NEW, wait_until

LONG = bool(os.environ.get("EVDDNS_LONG"))
SEED = int(os.environ.get("EVDDNS_SEED", "7"))

FAULT = os.path.join(_lab.TOP, "tests", "support", "fault")
ALLOC = os.path.join(_lab.TOP, "tests", "support", "fault_alloc.so")

def _is_sanitized():
    with open(os.path.join(_lab.TOP, "daemon", "evddnsd"), "rb") as f:
        return b"__asan_init" in f.read()


SANITIZED = _is_sanitized()

GOOD, BAD = "good.example.org", "bad.example.org"


class Faulty(Evddnsd):
    """`fault` are the tracer's options, `env` more of its environment."""

    def __init__(self, net, config, fault=None, env=None, **how):
        super().__init__(net, config, **how)
        self.fault, self.preload = fault, env or {}
        if fault is not None and SANITIZED:
            # Who looks for leaks is a tracer, too: there can be one.
            options = os.environ.get("ASAN_OPTIONS", "")
            self.env = {"ASAN_OPTIONS": options + ":detect_leaks=0"}

    def configure(self, text, hooks=False):
        super().configure(text, hooks)

    def command(self, *more):
        command = super().command(*more)
        if self.preload:
            command = ["env", *(f"{k}={v}" for k, v in self.preload.items()), *command]
        if self.fault is not None:
            command = [FAULT, *self.fault, "--", *command]
        return command

    def state(self, name=GOOD):
        """The state that the log told last."""
        for line in reversed(self.lines):
            if line.get("event") == "state" and line.get("name") == name:
                return line["message"].split("-> ")[1].split(" ")[0]
        return None

    def settled(self):
        """The good name is published, the bad one refused."""
        self.wait_state("published")
        self.wait_state("refused", BAD)

    def wait_state(self, state, name=GOOD, deadline_s=15):
        wait_until(lambda: self.state(name) == state or not self.is_alive(), deadline_s,
                   f"{name} is {state}")
        assert self.state(name) == state, self.tail()

    def about_state(self):
        """What it says of its state file."""
        return [x["message"] for x in self.lines if x["message"].startswith("state")]


class Story:
    """One server, and daemons one after another, each with its own disk."""

    def __init__(self, net):
        self.net = net
        self.dns = fakedns.FakeDns(net)
        self.dns.refused.add(BAD)
        self.here, self.next = GW4, GW4_NEW
        self.n = 0

    def config(self, more=""):
        settings = {
            "nameservers": f'{{"{fakedns.ADDRESS}"}}',
            "families": '"ipv4"',
        }
        return (
            fakedns.SOURCE + fakedns.provider() + fakedns.provider("no")
            + record(GOOD, **settings)
            + record(BAD, **dict(settings, provider='"no"')) + more
        )  # fmt: skip

    def begin(self):
        """Nothing is known to anybody."""
        self.n += 1
        self.dns.records.clear()
        self.dns.updates.clear()

    def daemon(self, **how):
        return Faulty(self.net, self.config(), name=f"d{self.n}", **how)

    def change(self):
        """The gateway gets its other address."""
        t0 = self.net.swap(self.here, self.next)
        self.here, self.next = self.next, self.here
        return t0

    def is_right(self):
        return self.dns.says(GOOD, A) == [self.here]

    def wait_right(self, d, deadline_s=15):
        """Until DNS is right, or the daemon is gone: True if right."""
        wait_until(lambda: self.is_right() or not d.is_alive(), deadline_s,
                   f"{GOOD} says {self.here}: it says {self.dns.says(GOOD)}\n{d.tail()}")
        return self.is_right()

    def whole(self, d, deadline_s=20):
        """One change and one refusal, and the end: False if it died."""

        def settled(refusals):
            said = [x for x in d.lines if x.get("event") == "refused"]
            return (
                not d.is_alive()
                or d.state() == "published" and self.is_right()
                and len(said) >= refusals
            )  # fmt: skip

        for turn in (1, 2):
            if turn == 2:
                self.change()
            try:
                wait_until(lambda: settled(turn), deadline_s)
            except AssertionError:
                raise AssertionError(f"{self.here} is not published:\n{d.tail()}") from None
            if not d.is_alive():
                return False
        return True


    def run(self, d, deadline_s=20):
        """All of that from the start to its end: False if it died, or did not
        start."""
        d.start()
        lived = self.whole(d, deadline_s)
        if lived:
            d.send(signal.SIGTERM)
        d.process.wait(10)
        d.reader.join(5)
        return lived

    def check_repeats(self, seen=()):
        """No value is sent more than twice; what is in `seen`, once."""
        for name in GOOD, BAD:
            for address in GW4, GW4_NEW:
                sent = len(self.dns.updates_of(name, [address]))
                most = 1 if (name, address) in seen else 2
                assert sent <= most, (
                    f"{name} {address}: {sent} updates, not {most}: {self.dns.updates}"
                )


def read_state(d):
    """The state file as people would read it; None where there is none."""
    try:
        with open(d.state_dir + "/state.json", "rb") as f:
            head, _, body = f.read().partition(b"\n")
    except FileNotFoundError:
        return None
    magic, version, crc = head.decode().split(" ")
    assert (magic, version) == ("evddns-state", "1"), head
    assert zlib.crc32(body) == int(crc, 16), "torn"
    return json.loads(body)


def spread(total, count, first=1):
    """So many of first..total, even, with a start that the seed says."""
    if SANITIZED:
        count = count // 2 + 1
    if LONG or total - first + 1 <= count:
        return list(range(first, total + 1))
    step = (total - first + 1) / count
    start = random.Random(SEED).random() * step
    return sorted({first + int(start + i * step) for i in range(count)})
