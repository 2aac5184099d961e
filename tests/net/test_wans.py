#!/usr/bin/env python3
"""Two uplinks: who is followed, and who is asked about whom."""

import subprocess
import time

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record, source
from lab import A, AAAA, GW4, GW4_B, ISP4, ISP4_B, NS4, Lab
from notify_lab import Notify, expect, job

FIRST, SECOND = "first.example.org", "second.example.org"


def route(metric, via=ISP4, dev="wan0"):
    return f"route add default via {via} dev {dev} metric {metric}"


def unroute(metric, via=ISP4, dev="wan0"):
    return f"route del default via {via} dev {dev} metric {metric}"


def two_wans(net):
    """wan0 with metric 100, wan1 with 200."""
    net.batch(f"route del default via {ISP4}", route(100))
    net.second_wan(metric=200)


def moves(net, d, want, *commands):
    """The name follows, and with one update."""
    time.sleep(1.4)  # Knot
    seen = len(d.events())
    t0 = net.ip(*commands)
    d.wait_event(event="published", address=want, skip=seen)
    assert net.dns(NAME, A) == [want]
    updates = net.wire.updates(t0) + net.wire_b.updates(t0)
    assert len(updates) == 1, updates
    # It left by the uplink that it is about, from its address.
    assert updates[0][0].source == want, updates


def test_failover_and_back():
    """Metric, route removed, link down, both ways."""
    with Lab() as net:
        two_wans(net)
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        moves(net, d, GW4_B, route(50, ISP4_B, "wan1"))
        moves(net, d, GW4, unroute(50, ISP4_B, "wan1"))
        moves(net, d, GW4_B, unroute(100))
        moves(net, d, GW4, route(100))
        moves(net, d, GW4_B, "link set wan0 down")
        moves(net, d, GW4, "link set wan0 up", route(100))
        d.stop()


def test_several_next_hops():
    """One route by both: by the heavier one, by the one that lives; of equals
    nothing moves."""
    def both(first, second):
        return (f"route replace default nexthop via {ISP4} dev wan0 weight {first}"
                f" nexthop via {ISP4_B} dev wan1 weight {second}")  # fmt: skip

    with Lab() as net:
        net.second_wan()
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        t0 = net.ip(both(1, 1))
        d.wait_log(event="heard", after=t0)
        time.sleep(0.2)
        assert not net.wire.updates(t0) + net.wire_b.updates(t0)
        moves(net, d, GW4_B, both(1, 9))
        moves(net, d, GW4, both(9, 1))
        moves(net, d, GW4_B, "link set wan0 down")
        moves(net, d, GW4, "link set wan0 up", both(9, 1))
        # A next hop object that becomes another: no route is told of.
        net.batch(f"nexthop add id 5 via {ISP4} dev wan0", "route replace default nhid 5")
        moves(net, d, GW4_B, f"nexthop replace id 5 via {ISP4_B} dev wan1")
        d.stop()


def test_a_refused_bind_is_an_error():
    """An interface or an address that is not there: nothing is sent at all."""
    with Lab() as net:
        t0 = time.monotonic()
        with Notify(lab.RUN + "/t", PROVIDER) as n:
            for words, members in (
                ("source address is not", {"source": "5.6.7.99"}),
                ("interface is not there", {"source": GW4, "interface": "ppp0"}),
            ):
                expect(n.do(**job(ipv4=[GW4], **members)), "retry", words)
        assert not [p for p in net.wire.packets if p.time > t0 and p.port == 53]
        assert net.dns(NAME, A) == []


def test_order_of_preference():
    with Lab() as net:
        two_wans(net)
        text = source(interfaces='{"wan1", "wan0"}') + PROVIDER + record()
        d = Evddnsd(net, text).start()
        d.wait_event(event="published", address=GW4_B)
        moves(net, d, GW4, "link set wan1 down")
        moves(net, d, GW4_B, "link set wan1 up", route(200, ISP4_B, "wan1"))
        # A cable that is out fails over too, while there is another.
        time.sleep(1.4)
        seen = len(d.events())
        net.batch("link set isp1 down", netns="inet")
        d.wait_event(event="published", address=GW4, skip=seen)
        d.stop()


def each_about_itself(net, d):
    for name, address in ((FIRST, GW4), (SECOND, GW4_B)):
        d.wait_event(event="published", record=name, address=address)
        assert net.dns(name, A) == [address]
    d.stop()
    # Each question left by the uplink that it was about.
    for wire, own in ((net.wire, GW4), (net.wire_b, GW4_B)):
        sources = {p.source for p in wire.packets if p.target == NS4}
        assert sources == {own}, sources
        asked = [m for _p, m in wire.dns() if b"\x06whoami" in m.lower()]
        assert asked, "nobody was asked by this uplink"


def two_sources(**second):
    return (
        source("a", interfaces='"wan0"')
        + source("b", **second)
        + PROVIDER
        + record(FIRST, source='"a"')
        + record(SECOND, source='"b"')
    )


def test_each_is_asked_about_itself():
    with Lab() as net:
        two_wans(net)
        d = Evddnsd(net, two_sources(interfaces='"wan1"')).start()
        each_about_itself(net, d)


def test_policy_routing():
    """The second uplink has no route but in a table of its own."""
    with Lab() as net:
        net.second_wan()
        net.batch(
            f"route add default via {ISP4_B} dev wan1 table 102",
            f"rule add from {GW4_B} lookup 102",
        )
        d = Evddnsd(net, two_sources(interfaces='"wan1"')).start()
        each_about_itself(net, d)


def test_fwmark():
    """The way of marked packets, with nothing named."""
    with Lab() as net:
        net.second_wan()
        net.batch(
            f"route add default via {ISP4_B} dev wan1 table 102",
            "rule add fwmark 2 lookup 102",
        )
        d = Evddnsd(net, two_sources(fwmark="2")).start()
        each_about_itself(net, d)


def test_rule_alone():
    """Nothing changes but the rule that marked packets go by, both ways."""
    rule = "fwmark 3 lookup 103"
    with Lab() as net:
        net.second_wan()
        net.batch(
            f"route add default via {ISP4_B} dev wan1 table 103",
            f"rule add {rule}",
        )
        text = source(fwmark="3") + PROVIDER + record()
        d = Evddnsd(net, text).start()
        d.wait_event(event="published", address=GW4_B)
        for act, want in (("del", GW4), ("add", GW4_B)):
            time.sleep(1.4)  # Knot
            seen = len(d.events())
            net.ip(f"rule {act} {rule}")
            d.wait_event(event="published", address=want, skip=seen)
            assert net.dns(NAME, A) == [want]
        # One that concerns nobody: nothing is sent.
        t0 = net.ip("rule add fwmark 7 lookup 103")
        d.wait_log(event="heard", after=t0)
        d.stop()
        net.batch("rule del fwmark 7 lookup 103", f"rule del {rule}")
        assert not net.wire.updates(t0) + net.wire_b.updates(t0)



def moves6(net, d, want, *commands):
    time.sleep(1.4)  # Knot
    seen = len(d.events())
    t0 = net.ip(*commands)
    d.wait_event(event="published", address=want, skip=seen)
    assert net.dns(NAME, AAAA) == [want]
    assert len(net.wire.updates(t0) + net.wire_b.updates(t0)) == 1


def test_failover_of_ipv6():
    """Each family follows its own route."""
    with Lab() as net:
        net.second_wan()
        second = "default via fe80::9 dev wan1 metric"
        net.batch(
            f"addr add {lab.GW6}/64 dev wan0 nodad",
            f"addr add {lab.GW6_B}/64 dev wan1 nodad",
            "route add default via fe80::1 dev wan0 metric 100",
            f"route add {second} 200",
        )
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=lab.GW6)
        d.wait_event(event="published", address=GW4)
        moves6(net, d, lab.GW6_B, f"route add {second} 50")
        moves6(net, d, lab.GW6, f"route del {second} 50")
        moves6(net, d, lab.GW6_B, "route del default via fe80::1 dev wan0 metric 100")
        assert net.dns(NAME, A) == [GW4]
        d.stop()


def test_each_family_by_its_own_uplink():
    """IPv6 has an uplink that knows no IPv4, as a tunnel is one; the server
    of the updates has nothing but IPv4."""
    with Lab() as net:
        net.second_wan()
        net.batch(
            f"addr del {GW4_B}/24 dev wan1",
            f"addr add {lab.GW6_B}/64 dev wan1 nodad",
            "route add default via fe80::9 dev wan1",
        )
        # The kernel there would answer for addresses of any interface.
        subprocess.run(
            ["ip", "netns", "exec", "inet", "sh", "-c",
             "echo 1 >/proc/sys/net/ipv4/conf/isp1/arp_ignore"], check=True,
        )  # fmt: skip
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        d.wait_event(event="published", address=lab.GW6_B)
        time.sleep(1.4)  # Knot
        another = lab.PREFIX_B + "::77"
        t0 = net.ip(
            f"addr add {another}/64 dev wan1 nodad",
            f"addr del {lab.GW6_B}/64 dev wan1",
        )
        d.wait_event(event="published", address=another)
        d.stop()
        (update,) = net.wire.updates(t0)
        assert update[0].source == GW4 and not net.wire_b.updates()


def test_carrier_of_the_route():
    """Where the kernel leaves routes without carrier out, so do we."""
    with Lab() as net:
        for name in ("all", "wan0"):
            path = f"/proc/sys/net/ipv4/conf/{name}/ignore_routes_with_linkdown"
            with open(path, "w", encoding="ascii") as f:
                f.write("1")
        two_wans(net)
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        for want, state in ((GW4_B, "down"), (GW4, "up")):
            time.sleep(1.4)  # Knot
            seen = len(d.events())
            net.batch(f"link set isp0 {state}", netns="inet")
            d.wait_event(event="published", address=want, skip=seen)
            assert net.dns(NAME, A) == [want]
            if state == "up":
                net.batch("route replace 5.6.0.0/16 dev isp0", netns="inet")
        d.stop()


def test_no_route_at_all_for_a_moment():
    """A route that goes and comes takes nothing away."""
    with Lab() as net:
        d = Evddnsd(net, SOURCE + PROVIDER + record()).start()
        d.wait_event(event="published", address=GW4)
        t0 = net.ip(f"route del default via {ISP4}")
        d.wait_log(event="heard", after=t0)
        t1 = net.ip(f"route add default via {ISP4}")
        d.wait_log(event="heard", after=t1)
        time.sleep(1.2)  # a loss would be told after a second
        assert not d.find_log(event="lost", after=t0)
        d.stop()
        assert not net.wire.updates(t0)


if __name__ == "__main__":
    lab.main(globals())
