#!/usr/bin/env python3
"""Started with nothing there: it says once what it waits for, and goes on.

No link, no address, no route, no DNS, no clock, a root that cannot be
written: no start depends on what comes later.
"""

import contextlib
import os
import signal
import subprocess
import time

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record, source
from fakeclock import FakeClock
from lab import A, DEAD4, GW4, GW4_NEW, ISP4, NS4, Lab
from manager import Manager

GRAVE = ("notice", "warning", "error")
CONF = "/etc/resolv.conf"


def grave(d):
    return [x for x in d.lines if x["level"] in GRAVE]


class Waiting:
    """The daemon, and what it and the manager say while it waits."""

    def __init__(self, net, config=None, env=None):
        self.net = net
        self.manager = Manager()
        self.d = Evddnsd(net, config)
        self.d.env = {**self.manager.env, **(env or {})}
        self.d.start()

    def waits(self, text, status=None, deadline_s=10, said=1):
        """It has said so, in one line, and goes on saying nothing."""
        d = self.d
        self.manager.wait("READY=1")
        line = d.wait_log(deadline_s, text=text)
        assert line["level"] in GRAVE, line
        self.manager.wait(status or text)
        # Neither noise nor a look at everything is news.
        self.net.batch("addr add 127.9.9.9/32 dev lo", "addr del 127.9.9.9/32 dev lo")
        t0 = time.monotonic()
        d.send(signal.SIGUSR1)
        d.wait_log(after=t0, text="looking at everything")
        time.sleep(1.3)
        assert len(grave(d)) == said, d.tail()
        assert d.is_alive()
        return line

    def goes_on(self, t0, within_s=2.0, address=GW4):
        line = self.d.wait_log(after=t0, event="published", name=NAME)
        assert line["monotonic_s"] - t0 < within_s, self.d.tail()
        assert self.net.dns(NAME, A) == [address]
        self.manager.wait("STATUS=1 of 1 published")
        self.d.stop()
        self.manager.close()


def arrives(net, address=GW4):
    """An address, and then a route."""
    return net.ip(f"addr add {address}/24 dev wan0", f"route add default via {ISP4}")


def test_no_link():
    with Lab(gateway=False) as net:
        subprocess.run(["ip", "link", "del", "wan0"], check=True)
        w = Waiting(net)
        w.waits("waiting for a link (no interface but the loopback exists)")
        # The modem comes up: the line is told once more only for what lacks.
        subprocess.run(
            ["ip", "link", "add", "wan0", "type", "veth"]
            + ["peer", "name", "isp0", "netns", "inet"], check=True,
        )  # fmt: skip
        net.batch(
            "link set isp0 up", f"addr add {ISP4}/24 dev isp0",
            "route add 5.6.0.0/16 dev isp0", netns="inet",
        )  # fmt: skip
        net.batch("link set wan0 up")
        w.goes_on(arrives(net))


def test_named_link_that_comes_later():
    with Lab(gateway=False) as net:
        net.batch("link set wan0 name eth9")
        w = Waiting(net, source(interfaces='"wan0"') + PROVIDER + record())
        w.waits("waiting for a link (wan0 does not exist)")
        net.batch("link set eth9 down")
        net.batch("link set eth9 name wan0", "link set wan0 up")
        w.goes_on(arrives(net))


def test_no_carrier():
    with Lab() as net:
        net.batch("link set isp0 down", netns="inet")
        lab.wait_until(lambda: net.operstate() != "up", what="no carrier")
        net.batch("route del default", f"addr del {GW4}/24 dev wan0")
        w = Waiting(net)
        w.waits("waiting for a link (wan0 has no carrier)")
        net.batch(
            "link set isp0 up", "route replace 5.6.0.0/16 dev isp0", netns="inet"
        )
        w.goes_on(arrives(net))


def test_no_address():
    with Lab(gateway=False) as net:
        w = Waiting(net)
        w.waits("waiting for an address (wan0 has none that could be published)")
        w.goes_on(arrives(net))


def test_no_route():
    with Lab(gateway=False) as net:
        net.batch(f"addr add {GW4}/24 dev wan0")
        w = Waiting(net)
        w.waits("waiting for a route (wan0 has an address, but there is no default route)")
        w.goes_on(net.ip(f"route add default via {ISP4}"))


def test_each_lack_is_told_once_and_a_loss_tells_its_own():
    """A boot in slow motion: link, address, route; then all of it goes."""
    with Lab(gateway=False) as net:
        net.batch("link set wan0 down")
        w = Waiting(net)
        w.waits("waiting for a link (wan0 is down)")
        net.ip("link set wan0 up")
        w.waits("waiting for an address", said=2)
        net.ip(f"addr add {GW4}/24 dev wan0")
        w.waits("waiting for a route", said=3)
        t0 = net.ip(f"route add default via {ISP4}")
        w.d.wait_log(after=t0, event="published", name=NAME)
        n = len(grave(w.d))
        t0 = net.ip(f"addr del {GW4}/24 dev wan0")
        line = w.d.wait_log(after=t0, event="lost")
        assert "; waiting for an address" in line["message"], line
        time.sleep(1.5)
        assert len(grave(w.d)) == n + 1, w.d.tail()
        w.goes_on(arrives(net, GW4_NEW), address=GW4_NEW)


@contextlib.contextmanager
def own_etc():
    """Only for so long: without it resolv.conf names our server."""
    lab.own_etc()
    try:
        yield
    finally:
        subprocess.run(["umount", "/etc"], check=True)


def resolv_conf(server):
    with open(CONF + ".new", "w", encoding="ascii") as f:
        f.write(f"nameserver {server}\n")
    os.rename(CONF + ".new", CONF)


QUICK = "resolver { timeout = 300ms tries = 1 }\n"


def test_no_dns():
    """Nothing is known, and nobody can be asked where the provider is."""
    named = PROVIDER.replace(f'"{NS4}"', '"ns1.example.org"\n    timeout = 2s')
    with Lab() as net, own_etc():
        resolv_conf(DEAD4)
        w = Waiting(net, SOURCE + named + record() + QUICK)
        line = w.waits("update failed", "backoff", deadline_s=25)
        assert "ns1.example.org" in line["message"], line
        assert "waiting for the network" in line["message"], line
        t0 = time.monotonic()
        resolv_conf(NS4)
        line = w.d.wait_log(after=t0, event="published", name=NAME)
        assert line["monotonic_s"] - t0 < 2, w.d.tail()
        w.d.wait_log(after=t0, event="recovered", name=NAME)
        w.d.stop()


def test_no_dns_and_it_was_published_before():
    """What is known stays as it is, whatever the number of names."""
    names = [f"n{i}.example.org" for i in range(5)]
    text = SOURCE + PROVIDER + "".join(record(n) for n in names) + QUICK
    with Lab() as net, own_etc():
        resolv_conf(NS4)
        d = Evddnsd(net, text).start()
        for name in names:
            d.wait_log(event="published", name=name)
        d.stop()
        resolv_conf(DEAD4)
        net.knot.pause()
        n = len(net.wire.updates())
        w = Waiting(net, text)
        w.waits("no DNS: the name servers of ", "no name server could be asked", 25)
        net.knot.go_on()
        t0 = time.monotonic()
        resolv_conf(NS4)
        line = w.d.wait_log(after=t0, text="name servers answer again after ")
        assert line["monotonic_s"] - t0 < 2, w.d.tail()
        w.manager.wait("STATUS=5 of 5 published")
        assert len(net.wire.updates()) == n, "sent, though nothing had changed"
        assert len(grave(w.d)) == 2, w.d.tail()
        w.d.stop()


def test_no_clock():
    """1970: no signature of ours is valid, until somebody sets the clock."""
    with Lab() as net:
        clock = FakeClock(f"{lab.RUN}/t/clock", 60 - int(time.time()))
        w = Waiting(net, env=clock.env)
        line = w.waits("update failed", "backoff")
        assert "waiting for the clock" in line["message"], line
        t0 = time.monotonic()
        clock.set(0)
        w.goes_on(t0, within_s=1.0)


def test_nothing_can_be_written():
    """Neither state nor socket: what they are for is lost, and no more."""
    with Lab() as net:
        d = Evddnsd(net)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", d.dir + "/state"], check=True)
        manager = Manager()
        os.makedirs(d.state_dir + "/run")
        # Of the mount alone: that may be done without root, too.
        subprocess.run(["mount", "-o", "remount,bind,ro", d.state_dir], check=True)
        try:
            d.args = ["-S", d.state_dir + "/run/control"]
            d.env = manager.env
            d.start()
            manager.wait("READY=1")
            d.wait_event(event="published", address=GW4)
            net.swap()
            d.wait_event(event="published", address=GW4_NEW)
            time.sleep(1.2)  # the next write would be due
            said = [x for x in grave(d) if x.get("event") != "published"]
            assert len(said) == 2, said
            assert "control" in said[0]["message"] + said[1]["message"], said
            d.stop()
        finally:
            subprocess.run(["umount", d.state_dir], check=True)


if __name__ == "__main__":
    lab.main(globals())
