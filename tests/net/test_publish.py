#!/usr/bin/env python3
"""From the kernel's event to the DNS answer, and not once too often."""

import os
import shutil
import time

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import A, AAAA, GW4, GW4_NEW, ISP4, PPP4, PPP4_PEER, Lab


def events_of(daemon, name=NAME):
    return [e["event"] for e in daemon.events() if e.get("record") == name]


def published(net, daemon, address, skip=0):
    """Waits for the hook, and looks at DNS itself."""
    event = daemon.wait_event(event="published", address=address, skip=skip)
    assert net.dns(NAME, A) == [address]
    return event


def test_first_publication():
    with Lab() as net:
        assert net.dns(NAME, A) == []
        d = Evddnsd(net).start()
        event = published(net, d, GW4)
        assert event["record"] == NAME and event["family"] == "ipv4", event
        assert event["provider"] == "ns" and event["interface"] == "wan0", event
        assert events_of(d)[:2] == ["updated", "published"], events_of(d)
        assert len(net.wire.updates()) == 1
        d.stop()
        assert len(net.wire.updates()) == 1
        # It keeps what it published: on-stop = keep.
        assert net.dns(NAME, A) == [GW4]


def test_a_right_name_is_never_updated():
    with Lab() as net:
        d = Evddnsd(net).start()
        published(net, d, GW4)
        for state in ("kept", "lost", "damaged"):
            d.stop()
            if state == "lost":
                shutil.rmtree(d.state_dir)
                os.mkdir(d.state_dir)
            if state == "damaged":
                for name in os.listdir(d.state_dir):
                    path = os.path.join(d.state_dir, name)
                    if os.path.isfile(path):
                        with open(path, "wb") as f:
                            f.write(b'{"half": \0\xff')
            d = Evddnsd(net, name="d").start()
            d.wait_log(event="checked", name=NAME, family="ipv4")
            d.wait_log(event="unchanged", name=NAME, family="ipv4")
            assert len(net.wire.updates()) == 1, state
        d.stop()
        assert len(net.wire.updates()) == 1


def test_ipv4_swap():
    with Lab() as net:
        d = Evddnsd(net).start()
        published(net, d, GW4)
        t0 = net.swap()
        event = published(net, d, GW4_NEW)
        assert event["old_address"] == GW4, event
        assert 0 <= event["latency_ms"] < 5000, event
        stages = ["heard", "confirmed", "checked", "sent", "accepted", "published"]
        times = [d.wait_log(event=s, after=t0)["monotonic_s"] for s in stages]
        assert times[0] < 1 + t0, times
        assert max(times[:3]) <= times[3] <= times[4] <= times[5], times
        assert len(net.wire.updates()) == 2
        d.stop()


def test_pppoe_order():
    """Address first, route later: no failure, and no wait for a backoff."""
    with Lab() as net:
        d = Evddnsd(net).start()
        published(net, d, GW4)
        net.ip(f"addr del {GW4}/24 dev wan0")
        t0 = net.ip(f"addr add {PPP4} peer {PPP4_PEER}/32 dev wan0")
        d.wait_log(event="heard", after=t0)
        t0 = net.ip(f"route add default via {PPP4_PEER} dev wan0")
        net.wait_dns(NAME, A, PPP4)
        assert time.monotonic() - t0 < 3
        published(net, d, PPP4)
        assert "failed" not in events_of(d) and "refused" not in events_of(d)
        # The peer's address is not ours.
        assert len(net.wire.updates()) == 2
        d.stop()


def test_old_and_new_together():
    """While both are there, the kernel's own choice is the answer."""
    with Lab() as net:
        with open("/proc/sys/net/ipv4/conf/wan0/promote_secondaries", "w") as f:
            f.write("1")
        d = Evddnsd(net).start()
        published(net, d, GW4)
        t0 = net.ip(f"addr add {GW4_NEW}/24 dev wan0")
        d.wait_log(event="heard", after=t0)
        t1 = net.ip(f"route replace default via {ISP4} src {GW4_NEW}")
        published(net, d, GW4_NEW)
        assert len(net.wire.updates(t0)) == 1
        assert net.wire.updates(t0)[0][0].time >= t1
        t2 = net.ip(f"addr del {GW4}/24 dev wan0")
        d.wait_log(event="heard", after=t2)
        d.stop()
        assert len(net.wire.updates(t0)) == 1
        assert net.dns(NAME, A) == [GW4_NEW]


def test_repeated_newaddr():
    with Lab() as net:
        d = Evddnsd(net).start()
        published(net, d, GW4)
        # All of them are heard before what comes after them.
        net.ip(*[f"addr replace {GW4}/24 dev wan0"] * 50)
        net.swap()
        published(net, d, GW4_NEW)
        d.stop()
        assert len(net.wire.updates()) == 2


def test_a_fresh_address_can_be_used():
    """The kernel tells of an address a moment before it can be bound, and
    the route comes later still: never a failure, however often."""
    with Lab() as net:
        d = Evddnsd(net).start()
        published(net, d, GW4)
        old, new = GW4, GW4_NEW
        for _ in range(30):
            t0 = net.swap(old, new)
            try:
                lab.wait_until(lambda t0=t0: net.wire.updates(t0), 3, "an update")
            except AssertionError as e:
                raise AssertionError(d.tail(1000)) from e
            assert net.wire.updates(t0)[0][0].source == new
            net.wait_dns(NAME, A, new)
            old, new = new, old
        d.stop()
        bad = {"failed", "refused", "recovered"}
        assert not bad & set(events_of(d)), d.tail(2000)


def test_every_server_agrees_before_published():
    with Lab(secondaries=2) as net:
        d = Evddnsd(net).start()
        published(net, d, GW4)
        for server in lab.SECONDARIES4[:2]:
            assert net.dns(NAME, A, server) == [GW4]
        net.swap()
        published(net, d, GW4_NEW)
        for server in lab.SECONDARIES4[:2]:
            assert net.dns(NAME, A, server) == [GW4_NEW]
        d.stop()


def test_several_records_one_message():
    """All records of a zone that changed go in one UPDATE."""
    names = [f"h{n}.example.org" for n in range(20)]
    with Lab() as net:
        d = Evddnsd(net, SOURCE + PROVIDER + "".join(record(n) for n in names))
        d.start()
        for name in names:
            net.wait_dns(name, A, GW4)
        t0 = net.swap()
        for name in names:
            net.wait_dns(name, A, GW4_NEW)
        d.stop()
        assert len(net.wire.updates(t0)) <= 2, len(net.wire.updates(t0))


def test_no_address_yet():
    """It waits, says so, and needs nobody to come back."""
    with Lab(gateway=False) as net:
        d = Evddnsd(net).start()
        d.wait_event(event="start")
        net.ip(f"addr add {GW4}/24 dev wan0", f"route add default via {ISP4}")
        published(net, d, GW4)
        assert "failed" not in events_of(d)
        d.stop()


def test_private_addresses_stay_private():
    with Lab(gateway=False) as net:
        d = Evddnsd(net).start()
        t0 = net.ip(
            "addr add 192.168.1.7/24 dev wan0",
            "addr add 100.64.3.7/24 dev wan0",
            "addr add 203.0.113.7/24 dev wan0",
            "addr add fd00:1::7/64 dev wan0 nodad",
            f"addr add {GW4}/24 dev wan0",
            f"route add default via {ISP4}",
        )
        published(net, d, GW4)
        d.stop()
        assert len(net.wire.updates(t0)) == 1
        assert net.dns(NAME, AAAA) == []


if __name__ == "__main__":
    lab.main(globals())
