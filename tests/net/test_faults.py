#!/usr/bin/env python3
"""Faults on every leg at random moments, and what must hold all the same.

Seeded ($SEED); $EVDDNS_EPISODES says how many (12).  After each episode: DNS is
right within a second of the last fault's end, or of what a server's own word
and the account's spacing allow.  All the time: never two updates of one name
at once, never a request to an account that has banned us, never more of them
than its bucket allows, no secret in any line.
"""

import contextlib
import json
import os
import random
import signal
import time

import lab
from evddnsd import NAME, Evddnsd, record, source
from faultlab import (
    DNS_FAULTS, HTTP_FAULTS, MIN_INTERVAL_S, NAME_HTTP, TLS_FAULTS, Certificates,
    FaultLab, Provider,
)  # fmt: skip
from knot import KEY, KEY_NAME
from lab import A, GW4, ISP4, NS4
from tools import Lag, check_secrets

EPISODES = int(os.environ.get("EVDDNS_EPISODES", "12"))
SEED = int(os.environ.get("SEED", time.time_ns() % 1000000))
PASSWORD = "a-Secret.of:the?web&account"
# An update on its way is waited for, so long at most.
TIMEOUT_S = 1
# On a machine that others use, too; but no longer than that.
STARVED_MOST_S = 40


def config(provider):
    return (
        source(confirm_timeout="600ms")
        + f'provider "ns" {{\n    type = "rfc2136"\n    server = "{NS4}"\n'
        f'    key-name = "{KEY_NAME}"\n    key-algorithm = "hmac-sha256"\n'
        f'    key = "{KEY}"\n    timeout = {TIMEOUT_S}s\n}}\n'
        f'provider "web" {{\n    type = "dyndns2"\n    endpoint = "{provider.url}"\n'
        f'    username = "somebody"\n    password = "{PASSWORD}"\n'
        f'    ca-file = "{provider.certificates.ca_file}"\n'
        f"    timeout = {TIMEOUT_S}s\n    min-interval = {MIN_INTERVAL_S}s\n}}\n"
        + record(NAME, families='{"ipv4"}')
        + record(NAME_HTTP, provider='"web"', families='{"ipv4"}', ttl=60)
        + "resolver { timeout = 300ms tries = 2 }\n"
    )


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(x) for x in f.read().split()]


class Run:
    def __init__(self, net, dice):
        self.net, self.dice = net, dice
        self.provider = Provider(net, Certificates())
        self.address = GW4
        self.d = Evddnsd(net, config(self.provider))
        self.d.start()
        self.said = []
        self.lag = Lag()
        self.n = 0

    # ---- what happens ----

    def swap(self):
        """Another address; its default route goes and comes with it."""
        old, self.n = self.address, self.n + 1
        self.address = f"5.6.{20 + self.n // 200}.{1 + self.n % 200}"
        self.net.ip(
            f"addr del {old}/{24 if old == GW4 else 16} dev wan0",
            f"addr add {self.address}/16 dev wan0",
            f"route add default via {ISP4}",
        )

    def overrun(self):
        """More than the socket's queue holds, while it is not read."""
        self.d.send(signal.SIGSTOP)
        try:
            self.net.batch(
                *(f"addr {act} 5.6.10.{1 + i % 200}/32 dev wan0"
                  for i in range(3000) for act in ("add", "del"))
            )  # fmt: skip
            self.swap()
        finally:
            self.d.send(signal.SIGCONT)

    def kill_notify(self):
        for pid in children(self.d.process.pid):
            with contextlib.suppress(ProcessLookupError):  # it may end itself
                os.kill(pid, signal.SIGKILL)

    def kill_daemon(self):
        self.d.process.kill()
        self.d.process.wait()
        self.d.reader.join(2)
        self.provider.restarted()
        time.sleep(self.dice.random() * 0.5)
        self.d.start()

    def fail_dns(self):
        self.net.proxy.fault = self.dice.choice(DNS_FAULTS)
        return self.net.proxy.fault

    def fail_web(self):
        self.provider.fault = self.dice.choice(TLS_FAULTS + HTTP_FAULTS)
        return self.provider.fault

    def no_route(self):
        self.net.ip("route del default")

    def no_carrier(self):
        self.net.isp("link set isp0 down")

    # ---- episodes ----

    def faults(self):
        acts = [self.fail_dns, self.fail_web, self.fail_dns, self.fail_web,
                self.overrun, self.kill_notify, self.kill_daemon, self.no_route,
                self.no_carrier]  # fmt: skip
        for _ in range(self.dice.randint(1, 4)):
            act = self.dice.choice(acts)
            self.said.append(act() or act.__name__)
            time.sleep(self.dice.random() * 0.3)
            if self.dice.randint(0, 2):
                self.swap()
                self.said.append("swap")
                time.sleep(self.dice.random() * 0.6)

    def end(self):
        """Everything works again; returns when."""
        # Knot answers late what follows another update within a second.
        while time.monotonic() - max([0.0] + [u[0] for u in self.net.proxy.updates[-1:]]) < 1.2:
            time.sleep(0.05)
        time.sleep(self.dice.random() * 0.4)
        self.net.batch("link set isp0 up", netns="inet")
        self.net.batch("route replace 5.6.0.0/16 dev isp0", netns="inet")
        lab.wait_until(lambda: self.net.operstate() == "up", what="wan0 up")
        self.net.proxy.fault = self.provider.fault = None
        if self.provider.banned:
            self.provider.mended()
            self.ask(command="retry", record=NAME_HTTP)
        # Somebody is dialled in again: the event that says so.
        self.swap()
        return time.monotonic()

    def due(self, ended, name):
        """A second, what is on its way, and what a rest lasts."""
        web, rested = self.provider, ended
        if name == NAME_HTTP:
            last = max([0.0] + web.requests[-2:])
            rested = max(ended, web.rest_until, last + MIN_INTERVAL_S)
            rested += MIN_INTERVAL_S  # one more, that was sent too early
        return rested + 1.0 + TIMEOUT_S

    def settle(self, ended):
        kept_s = self.lag.total_s
        for name in (NAME, NAME_HTTP):
            due = self.due(ended, name)
            while (says := self.net.dns(name, A)) != [self.address]:
                # Each of half a dozen processes may have had to wait so long.
                late_s = min(STARVED_MOST_S, 6 * (self.lag.total_s - kept_s))
                assert time.monotonic() < due + late_s, (
                    f"{name} is {says}, not {self.address}, "
                    f"{time.monotonic() - ended:.2f} s after the end\n{self.d.tail(150)}"
                )
                time.sleep(0.01)

    def ask(self, **request):
        def answer():
            try:
                return self.d.ask(**request)
            except (ConnectionError, FileNotFoundError, ValueError):
                return None  # it is just being started

        return lab.wait_until(answer, 5, "an answer")

    def episode(self, number):
        self.said.append(f"--- {number}")
        self.faults()
        self.settle(self.end())
        assert not self.provider.broken_rules, self.provider.broken_rules
        assert self.d.is_alive()

    def secrets(self):
        """Also what people are shown."""
        shown = json.dumps([self.ask(command="status"), self.ask(command="why", record=NAME),
                            self.ask(command="why", record=NAME_HTTP)])  # fmt: skip
        check_secrets(self.d.configs, shown + "\n".join(map(str, self.d.lines)))


def run(net, dice):
    r = Run(net, dice)
    for name in (NAME, NAME_HTTP):
        r.d.wait_log(event="published", name=name)
    fds = len(os.listdir(f"/proc/{r.d.process.pid}/fd"))
    try:
        for i in range(EPISODES):
            r.episode(i)
    except BaseException:
        print("SEED", SEED, *r.said[-60:])
        raise
    r.secrets()
    # The last hooks are still to end.
    lab.wait_until(
        lambda: len(os.listdir(f"/proc/{r.d.process.pid}/fd")) <= fds + 4
        and len(children(r.d.process.pid)) <= 1,
        20, "no descriptor and no child lost",
    )  # fmt: skip
    r.d.stop()


def test_faults():
    with FaultLab(zones={"example.org": "", "example.net": ""}) as net:
        run(net, random.Random(SEED))


if __name__ == "__main__":
    lab.main(globals(), limit_s=120 + 10 * EPISODES)
