#!/usr/bin/env python3
"""Who lies on the way to the zone's servers causes no update."""

import os
import time

import dnsask
import lab
from evddnsd import NAME, PROVIDER, Evddnsd, record
from fakeclock import FakeClock
from knot import Knot
from lab import A, GW4, GW4_NEW, ISP4, NS4, SECONDARIES4, Lab
from nameservers import Dnsmasq, Unbound, redirected

LIE = "10.0.0.7"
# Long: 1,000 restarts, as promised; short: some.
LONG = os.environ.get("EVDDNS_LONG")
RESTARTS = 1000 if LONG else 6
# Updates go past the one who redirects, and nobody is asked for the address.
SOURCE_SURE = 'source "default" { confirm = "never" }\n'
PAST = PROVIDER.replace(f'"{NS4}"', f'"{NS4}:5300"')


def updates(net, since=0.0):
    """Also those to port 5300."""
    return [
        p
        for p in net.wire.packets
        if p.port in (53, 5300) and p.time >= since and p.protocol == 17
        and len(p.payload) > 12 and (p.payload[2] >> 3) & 15 == dnsask.UPDATE
        and not p.payload[2] & 0x80
    ]  # fmt: skip


def restarts(net, d, n=RESTARTS):
    """Nothing is sent for any of them."""
    before = len(updates(net))
    for _ in range(n):
        d.start()
        d.wait_log(event="state", after=d.started, name=NAME, family="ipv4",
                   text="checking -> ")  # fmt: skip
        d.stop()
        del d.lines[:]
    assert len(updates(net)) == before, [len(updates(net)), before]


def lied_to(net, port, protocols=("udp", "tcp"), believed=None):
    """Published before; then somebody answers in the servers' place."""
    d = Evddnsd(net, SOURCE_SURE + PAST + record()).start()
    d.wait_event(event="published", address=GW4)
    d.stop()
    assert len(updates(net)) == 1
    with redirected(net, port, protocols):
        d.start()
        if believed:
            d.wait_log(event="unchanged", after=d.started)
            assert d.find_log(event="checked", text="by UDP it is intercepted")
            assert ": right" in d.ctl("why", NAME), d.ctl("why", NAME)
        else:
            d.wait_log(event="intercepted", level="warning", after=d.started)
            assert "intercepted" in d.ctl("why", NAME), d.ctl("why", NAME)
            said = f"in their place, provider ns: {GW4}"
            lab.wait_until(lambda: said in d.ctl("why", NAME), 5, said)
        d.stop()
        restarts(net, d)
        # A change is sent all the same: it is news.
        d.start()
        d.wait_log(event="state", text="checking -> ", after=d.started)
        t0 = net.swap()
        d.wait_event(event="updated", address=GW4_NEW)
        net.wait_dns(NAME, A, GW4_NEW)
        assert len(updates(net, t0)) == 1
        time.sleep(0.3)
        d.stop()
        restarts(net, d, 3)
    d.start()
    d.wait_log(event="state", text="-> published", after=d.started)
    d.stop()
    assert len(updates(net)) == 2


def test_redirected_to_dnsmasq_that_rewrites():
    with Lab() as net:
        Dnsmasq(net, ISP4, port=5353).start(f"--address=/{NAME}/{LIE}")
        lied_to(net, 5353)


def test_redirected_to_dnsmasq_that_blocks():
    """NXDOMAIN, with all the authority in the world."""
    with Lab() as net:
        Dnsmasq(net, ISP4, port=5353).start(f"--address=/{NAME}/")
        lied_to(net, 5353)


def test_redirected_to_dnsmasq_that_forwards():
    """... to a resolver, whose answers are right, and not the servers'."""
    with Lab() as net:
        Unbound(net, ISP4, port=5354).start(stubs={"example.org": NS4})
        Dnsmasq(net, ISP4, port=5353).start(upstream=f"{ISP4}#5354")
        lied_to(net, 5353)


def test_redirected_to_unbound_that_rewrites():
    lines = f'local-data: "{NAME}. 60 IN A 9.9.9.9"'
    with Lab() as net:
        Unbound(net, ISP4, port=5353).start(lines, stubs={"example.org": NS4})
        lied_to(net, 5353)


def test_redirected_by_udp_alone():
    """TCP still finds the server itself."""
    with Lab() as net:
        Dnsmasq(net, ISP4, port=5353).start(f"--address=/{NAME}/{LIE}")
        lied_to(net, 5353, ("udp",), believed=True)


def test_nothing_known_and_all_redirected():
    """The resolver's "right" counts; else one update, and no second."""
    for says, n in ((GW4, 0), (LIE, 1)):
        with Lab(zones={"example.org": f"home A {GW4}"} if n == 0 else None) as net:
            Dnsmasq(net, ISP4, port=5353).start(f"--address=/{NAME}/{says}")
            config = SOURCE_SURE + PAST + record(verify="no")
            with redirected(net, 5353):
                d = Evddnsd(net, config).start()
                d.wait_log(event="state", text="-> published", name=NAME)
                d.stop()
                assert len(updates(net)) == n, (says, len(updates(net)))
                if n:
                    restarts(net, d)


def test_local_resolver_that_rewrites():
    """unbound says something else: the servers are asked, and not it."""
    lines = f'local-data: "{NAME}. 60 IN A {LIE}"'
    with Lab() as net:
        Unbound(net, "127.0.0.1", here=True).start(lines, stubs={"example.org": NS4})
        config = SOURCE_SURE + PAST + record() + 'resolver { servers = "127.0.0.1" }\n'
        d = Evddnsd(net, config).start()
        d.wait_event(event="published", address=GW4)
        d.stop()
        restarts(net, d)
        d.start()
        net.swap()
        d.wait_event(event="published", address=GW4_NEW)
        d.stop()
        assert len(updates(net)) == 2


def test_split_horizon():
    """Within, the same zone says something else, with authority."""
    inner = "10.99.0.53"
    with Lab() as net:
        net.batch(f"addr add {inner}/32 dev lo", netns="inet")
        Knot(net, f"{lab.RUN}/t", inner, zones={"example.org": f"home A {LIE}"}).start()
        config = SOURCE_SURE + PAST + record(verify="no")
        d = Evddnsd(net, config + f'resolver {{ servers = "{inner}" }}\n').start()
        d.wait_event(event="updated", address=GW4)
        assert d.find_log(event="checked", text="split horizon"), d.tail()
        d.stop()
        restarts(net, d)
        assert len(updates(net)) == 1
        # Outside, all is well: that is seen when it is asked.
        d.configure(config)
        d.start()
        d.wait_log(event="state", text="-> published", after=d.started)
        d.stop()
        assert len(updates(net)) == 1


def test_shown_differently():
    """Proxied: the servers say something else for ever. Sent twice, never
    a third time, over restarts too. Two minutes of grace are two leaps of
    the clock."""
    with Lab() as net:
        other = SECONDARIES4[0]
        net.batch(f"addr add {other}/32 dev lo", netns="inet")
        Knot(net, f"{lab.RUN}/t", other, zones={"example.org": "home 1 A 9.9.9.9"}).start()
        d = Evddnsd(net, SOURCE_SURE + PAST + record(nameservers=f'"{other}"', recheck="1s"))
        clock = FakeClock(f"{lab.RUN}/t/clock")
        d.env = clock.env
        d.start()
        watching = {"event": "state", "text": "verifying -> verifying (differs)"}
        d.wait_log(**watching)
        clock.set(100, 100, 100)
        d.wait_log(event="overdue", level="warning")
        t1 = d.wait_log(event="accepted", after=100 + d.started)["monotonic_s"]
        d.wait_log(after=t1, **watching)
        clock.set(200, 200, 200)
        d.wait_log(event="overruled")
        assert "shown differently" in d.ctl("why", NAME), d.ctl("why", NAME)
        time.sleep(3)  # three more looks
        d.stop()
        assert len(updates(net)) == 2, (len(updates(net)), d.tail())
        del d.lines[:]  # they are ahead of the test's own clock
        restarts(net, d, 3)
        assert len([x for x in d.lines if x["level"] == "warning"]) <= 1


if __name__ == "__main__":
    lab.main(globals(), limit_s=3600 if LONG else 120)
