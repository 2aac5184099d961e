#!/usr/bin/env python3
"""Whom a record has asked before an update: the resolver, listed servers, or
nobody at all."""

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from knot import Knot
from lab import A, GW4, GW4_NEW, NS4, SECONDARIES4, Lab
from nameservers import Dnsmasq

SECOND, THIRD = SECONDARIES4[:2]
# The name itself, and not its zone's SOA or NS.
ASKED = b"\x04home\x07example\x03org\0\0\x01\0\x01"


def whom(net, since=0.0):
    """Who was asked about the name itself."""
    return {p.target for p, m in net.wire.dns(since) if ASKED in m.lower()
            and not (m[2] >> 3) & 15}  # fmt: skip


def test_recursive():
    """The resolver alone is asked, and what it has cached counts."""
    with Lab() as net:
        net.own(SECOND)
        Dnsmasq(net, SECOND).start("--cache-size=0")
        more = record(check='"recursive"', families='{"ipv4"}')
        d = Evddnsd(net, SOURCE + PROVIDER + more + f'resolver {{ servers = "{SECOND}" }}\n')
        d.start()
        d.wait_event(event="published", address=GW4)
        assert d.find_log(event="checked", text=f"resolver: {GW4}"), d.tail()
        t0 = net.swap()
        d.wait_event(event="published", address=GW4_NEW)
        assert len(net.wire.updates(t0)) == 1
        d.restarts_for_nothing(event="state", text="-> published")
        assert whom(net) == {SECOND}, whom(net)


def test_listed_servers():
    """They are asked in place of the zone's own, by address or by name, with
    a port; and they alone."""
    with Lab() as net:
        net.own(SECOND, THIRD)
        for address in (SECOND, THIRD):
            Knot(net, f"{lab.RUN}/t", address).start(primary=NS4)
        # 5300 is where Knot listens, too.
        listed = f'{{"{SECOND}", "ns1.example.org", "{THIRD}:5300"}}'
        d = Evddnsd(net, SOURCE + PROVIDER + record(
            nameservers=listed, verify="no", families='{"ipv4"}')).start()
        d.wait_event(event="updated", address=GW4)
        for who in (f"{SECOND}: absent", f"ns1.example.org ({NS4}): absent",
                    f"{THIRD} ({THIRD}:5300): absent"):
            assert d.find_log(event="checked", text=who), (who, d.tail())
        d.stop()
        assert whom(net) == {SECOND, NS4}, whom(net)  # the third by its port


def test_none():
    """Nobody is asked: what the provider took last is known, and all."""
    with Lab() as net:
        d = Evddnsd(net, SOURCE + PROVIDER + record(
            check='"none"', verify="no", families='{"ipv4"}')).start()
        d.wait_event(event="updated", address=GW4)
        d.restarts_for_nothing(event="state", text="-> published")
        assert len(net.wire.updates()) == 1
        d.start()
        d.wait_log(event="state", after=d.started, text="-> published")
        t0 = net.swap()
        d.wait_event(event="updated", address=GW4_NEW)
        d.stop()
        assert len(net.wire.updates(t0)) == 1
        assert whom(net) == set(), whom(net)
        assert net.dns(NAME, A) == [GW4_NEW]


if __name__ == "__main__":
    lab.main(globals())
