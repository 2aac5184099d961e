#!/usr/bin/env python3
"""IPv6: duplicate address detection, deprecation, renumbering."""

import lab
from evddnsd import NAME, Evddnsd
from lab import AAAA, GW4, GW6, GW6_NEW, PREFIX, PREFIX_NEW, Lab

ROUTE = "route add default via fe80::1 dev wan0"


def published(net, daemon, address):
    event = daemon.wait_event(event="published", address=address)
    assert net.dns(NAME, AAAA) == [address]
    return event


def aaaa_updates(net, since=0.0):
    """Updates that carry an IPv6 address of ours."""
    prefix = bytes.fromhex("2a0a0600")
    return [u for u in net.wire.updates(since) if prefix in u[0].payload]


def test_waits_for_dad():
    """Published when the address is good: not before, and soon after."""
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        t0 = net.ip(f"addr add {GW6}/64 dev wan0", ROUTE)
        event = published(net, d, GW6)
        assert event["family"] == "ipv6", event
        updates = aaaa_updates(net, t0)
        assert len(updates) == 1
        # One probe, one second, and up to one of random delay before it.
        assert 0.9 < updates[0][0].time - t0 < 4, updates[0][0].time - t0
        d.stop()


def test_optimistic():
    """It may be used while detection is under way, but it is not ours yet:
    the kernel tells of it when it is."""
    def optimistic(value):
        for name in ("optimistic_dad", "use_optimistic"):
            for where in ("all", "wan0"):
                path = f"/proc/sys/net/ipv6/conf/{where}/{name}"
                with open(path, "w", encoding="ascii") as f:
                    f.write(value)

    with Lab() as net:
        optimistic("1")
        try:
            d = Evddnsd(net).start()
            d.wait_event(event="published", address=GW4)
            t0 = net.ip(f"addr add {GW6}/64 dev wan0 optimistic", ROUTE)
            published(net, d, GW6)
            (update,) = aaaa_updates(net, t0)
            assert update[0].time - t0 > 0.9
            d.stop()
        finally:
            optimistic("0")


def test_dadfailed_is_never_published():
    duplicate = PREFIX + "::dd"
    with Lab() as net:
        net.batch(f"addr add {duplicate}/64 dev isp0 nodad", netns="inet")
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        net.ip(f"addr add {duplicate}/64 dev wan0", ROUTE)
        lab.wait_until(lambda: "dadfailed" in net.show("wan0"), 5, "dadfailed")
        net.ip(f"addr add {GW6}/64 dev wan0 nodad")
        published(net, d, GW6)
        d.stop()
        assert len(aaaa_updates(net)) == 1


def test_renumbering():
    """The new prefix comes, the old one is deprecated, then goes."""
    with Lab() as net:
        d = Evddnsd(net).start()
        net.ip(f"addr add {GW6}/64 dev wan0 nodad", ROUTE)
        published(net, d, GW6)
        t0 = net.ip(
            f"addr add {GW6_NEW}/64 dev wan0 nodad valid_lft 3600 preferred_lft 1800",
            f"addr change {GW6}/64 dev wan0 valid_lft 3600 preferred_lft 0",
        )
        event = published(net, d, GW6_NEW)
        assert event["old_address"] == GW6, event
        t1 = net.ip(f"addr del {GW6}/64 dev wan0")
        d.wait_log(event="heard", after=t1)
        d.stop()
        assert 1 <= len(aaaa_updates(net, t0)) <= 2
        assert not aaaa_updates(net, t1)
        assert net.dns(NAME, AAAA) == [GW6_NEW]


def test_lifetimes_refreshed_change_nothing():
    """Every router advertisement says NEWADDR again."""
    with Lab() as net:
        d = Evddnsd(net).start()
        life = f"addr change {GW6}/64 dev wan0 valid_lft 3600 preferred_lft "
        net.ip(f"addr add {GW6}/64 dev wan0 nodad", ROUTE, life + "1800")
        published(net, d, GW6)
        t0 = net.ip(*[life + str(1800 + n) for n in range(50)])
        d.wait_log(event="heard", after=t0)
        net.ip(f"addr add {GW6_NEW}/64 dev wan0 nodad", f"addr del {GW6}/64 dev wan0")
        published(net, d, GW6_NEW)
        d.stop()
        assert len(aaaa_updates(net)) == 2


def test_one_family_leaves_the_other_alone():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        net.ip(f"addr add {GW6}/64 dev wan0 nodad", ROUTE)
        published(net, d, GW6)
        assert net.dns(NAME, lab.A) == [GW4]
        t0 = net.ip(f"addr del {GW6}/64 dev wan0")
        d.wait_log(event="heard", after=t0)
        d.stop()
        # on-loss = keep: gone here, kept there.
        assert net.dns(NAME, AAAA) == [GW6]
        assert net.dns(NAME, lab.A) == [GW4]


def test_temporary_and_deprecated_are_passed_over():
    with Lab() as net:
        d = Evddnsd(net).start()
        net.ip(
            f"addr add {PREFIX_NEW}::bad/64 dev wan0 nodad preferred_lft 0 valid_lft 900",
            "addr add fd00:1::5/64 dev wan0 nodad",
            ROUTE,
            f"addr add {GW6}/64 dev wan0 nodad",
        )
        published(net, d, GW6)
        d.stop()
        assert len(aaaa_updates(net)) == 1


if __name__ == "__main__":
    lab.main(globals())
