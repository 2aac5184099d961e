#!/usr/bin/env python3
"""Two uplinks, one of them dead: the carrier is up, and everything behind it
is dropped without a word. What lives does not wait for what is dead."""

import contextlib
import os
import subprocess
import time

import lab
from evddnsd import PROVIDER, Evddnsd, record, source
from lab import A, GW4, GW4_B, GW4_B_NEW, GW4_NEW, ISP4, ISP4_B, NS4, SECONDARIES4, Lab
from nameservers import Dnsmasq
from test_check_provider import Api

DEAD, LIVE = "dead.example.org", "live.example.org"
ISP_DNS = SECONDARIES4[2]  # a resolver that only the dead uplink leads to
OTHER_DNS = "1.2.3.57"     # ... and one of the other's
MANY = 150


@contextlib.contextmanager
def dead(net, link="isp0"):
    """Nothing that comes in there goes any further; ARP still answers."""
    text = (
        "add table inet dead\n"
        "add chain inet dead pre { type filter hook prerouting priority -300; }\n"
        f'add rule inet dead pre iifname "{link}" drop\n'
    )
    with net.inet():
        done = subprocess.run(["nft", "-f", "-"], input=text, text=True, capture_output=True)
    if done.returncode != 0:
        lab.skip("nftables cannot be used here: " + done.stderr.strip())
    try:
        yield
    finally:
        with net.inet():
            subprocess.run(["nft", "delete", "table", "inet", "dead"], check=True)


def two_wans(net):
    """The way out is wan0, the one that will die."""
    net.batch(f"route del default via {ISP4}", f"route add default via {ISP4} metric 100")
    net.second_wan(metric=200)


def config(names=(DEAD,), confirm_timeout="3s"):
    """Who is dead has time: "unconfirmed" is its first word."""
    how = {"confirm_timeout": confirm_timeout}
    return (
        source("a", interfaces='"wan0"', **how)
        + source("b", interfaces='"wan1"', **how)
        + PROVIDER
        + "".join(record(n, source='"a"', families='{"ipv4"}') for n in names)
        + record(LIVE, source='"b"', families='{"ipv4"}')
    )


def move(net, *which):
    """New addresses at the same moment; wan0's first."""
    commands = []
    if "wan0" in which:
        commands += [
            f"addr del {GW4}/24 dev wan0",
            f"addr add {GW4_NEW}/24 dev wan0",
            f"route add default via {ISP4} dev wan0 metric 100",
        ]
    if "wan1" in which:
        commands += [
            f"addr del {GW4_B}/24 dev wan1",
            f"addr add {GW4_B_NEW}/24 dev wan1",
            f"route add default via {ISP4_B} dev wan1 metric 200",
        ]
    return net.ip(*commands)


def lives(net, d, t0, address=GW4_B_NEW, **how):
    """Everything of the live one is over before anything of the dead one,
    though that was asked first."""
    line = d.wait_log(event="published", name=LIVE, after=t0, **how)
    assert net.dns(LIVE, A) == [address]
    at = d.lines.index(line)
    before = [x for x in d.lines[:at] if x["monotonic_s"] >= t0]
    early = [x for x in before if x.get("event") in ("unconfirmed", "failed")]
    assert not early, early
    return line


def threads(d):
    """How many each of our processes has, while questions are open."""
    pid = d.process.pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        ours = [str(pid)] + f.read().split()
    found = set()
    for p in ours:
        with contextlib.suppress(OSError):  # a hook that has ended meanwhile
            found.add(len(os.listdir(f"/proc/{p}/task")))
    return found


def dead_is_told(d, t0):
    d.wait_log(event="unconfirmed", name="a", after=t0)


def test_the_live_one_goes_on():
    """Both change, and only one is heard; the dead one comes back."""
    with Lab() as net:
        two_wans(net)
        d = Evddnsd(net, config()).start()
        d.wait_event(event="published", record=DEAD, address=GW4)
        d.wait_event(event="published", record=LIVE, address=GW4_B)
        time.sleep(1.4)  # Knot
        with dead(net):
            t0 = move(net, "wan0", "wan1")
            lives(net, d, t0)
            dead_is_told(d, t0)
            assert net.dns(DEAD, A) == [GW4]
            assert threads(d) <= {0, 1}, threads(d)
            # Nothing of the live one has left by the dead one.
            assert not [u for u in net.wire.updates(t0) if u[0].source == GW4_B_NEW]
        d.wait_event(event="published", record=DEAD, address=GW4_NEW, deadline_s=30)
        assert net.dns(DEAD, A) == [GW4_NEW]
        d.stop()


def test_many_that_are_dead():
    """So many that they fill every queue: the live one passes them all."""
    names = [f"d{n}.example.org" for n in range(MANY)]
    with Lab() as net:
        two_wans(net)
        d = Evddnsd(net, config(names, "500ms")).start()
        d.wait_event(event="published", record=LIVE, address=GW4_B)
        d.wait_event(event="published", record=names[-1], address=GW4, deadline_s=20)
        time.sleep(1.4)  # Knot
        with dead(net):
            t0 = move(net, "wan0")
            dead_is_told(d, t0)  # from now on they are at it
            t0 = move(net, "wan1")
            d.wait_log(event="published", name=LIVE, after=t0)
            t1 = time.monotonic()
            # Not one of the dead ones has had an end in the meantime.
            ended = [x for x in d.lines if t0 <= x["monotonic_s"] <= t1
                     and x.get("event") == "checked" and x.get("name") in names]
            assert not ended, (len(ended), ended[:2])
        d.stop()


def test_started_beside_the_dead():
    """Nothing is known yet, the first name server of resolv.conf is behind
    the dead uplink, and so is the default route."""
    with Lab() as net:
        two_wans(net)
        net.batch(f"addr add {ISP_DNS}/32 dev lo", f"addr add {OTHER_DNS}/32 dev lo",
                  netns="inet")  # fmt: skip
        net.batch(f"route add {OTHER_DNS}/32 via {ISP4_B} dev wan1")
        Dnsmasq(net, OTHER_DNS).start()
        with open("/etc/resolv.conf", "w", encoding="ascii") as f:
            f.write(f"nameserver {ISP_DNS}\nnameserver {OTHER_DNS}\n")
        try:
            with dead(net):
                d = Evddnsd(net, config()).start()
                lives(net, d, d.started, GW4_B)
                dead_is_told(d, d.started)
            d.wait_event(event="published", record=DEAD, address=GW4, deadline_s=30)
            d.stop()
        finally:
            with open("/etc/resolv.conf", "w", encoding="ascii") as f:
                f.write(f"nameserver {NS4}\n")


def test_name_servers_on_the_dead_side():
    """One that is only behind the dead uplink has no say, and then no
    moment; it counts again once it is back."""
    other = SECONDARIES4[0]
    with Lab(secondaries=1) as net:
        two_wans(net)
        net.batch(f"route add {other}/32 via {ISP4} dev wan0")
        d = Evddnsd(net, config()).start()
        d.wait_event(event="published", record=DEAD, address=GW4)
        d.wait_event(event="published", record=LIVE, address=GW4_B)
        time.sleep(1.4)  # Knot
        with dead(net):
            t0 = move(net, "wan1")
            lives(net, d, t0)
            assert d.find_log(event="checked", name=LIVE, after=t0,
                              text=f"({other}): no answer"), d.tail()  # fmt: skip
        time.sleep(1.4)  # Knot
        # It is back: what it says counts, and is waited for.
        seen = len(d.events())
        t0 = net.ip(
            f"addr del {GW4_B_NEW}/24 dev wan1",
            f"addr add {GW4_B}/24 dev wan1",
            f"route add default via {ISP4_B} dev wan1 metric 200",
        )
        d.wait_event(event="published", record=LIVE, address=GW4_B, skip=seen)
        assert d.find_log(event="checked", name=LIVE, after=t0,
                          text=f"({other}): {GW4_B}"), d.tail()  # fmt: skip
        assert net.dns(LIVE, A, other) == [GW4_B]
        d.stop()


def test_provider_that_is_asked_by_both():
    """An API: what the dead one asks holds no request of the other's up."""
    names = [f"d{n}.example.org" for n in range(6)]
    with Lab() as net:
        two_wans(net)
        api = Api(net)
        text = config(names).replace(PROVIDER, api.provider())
        d = Evddnsd(net, text.replace('"ns"', '"api"').replace("ttl = 60", "ttl = 3600"))
        d.start()
        d.wait_event(event="updated", record=LIVE, address=GW4_B)
        d.wait_event(event="updated", record=names[-1], address=GW4)
        with dead(net):
            t0 = move(net, "wan0", "wan1")
            d.wait_log(event="accepted", name=LIVE, after=t0)
            ended = [x for x in d.lines if x["monotonic_s"] >= t0 and x.get("name") in names
                     and x.get("event") in ("accepted", "failed")]
            assert not ended, ended
            assert api.held["live", "A"] == [GW4_B_NEW]
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
