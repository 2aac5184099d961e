#!/usr/bin/env python3
"""A delegated prefix: the gateway's own name, and hosts behind it."""

import time

import lab
from evddnsd import NAME, PROVIDER, Evddnsd, record, source
from lab import AAAA, Lab

OLD, NEW = "2a0a:600:0:f", "2a0a:600:0:e"
NAS, PC = "nas.example.org", "pc.example.org"
MAC, EUI64 = '"02:00:5e:10:20:30"', ":0:5eff:fe10:2030"  # the universal bit flips
PC_HOST = "::10:20ff:fe30:4050"


def nas_at(prefix):
    return prefix + EUI64


def pc_at(prefix):
    return prefix + PC_HOST[1:]  # four groups of it, so no "::"


def delegated(net, *addresses):
    """PPPoE as providers do it: no address on the uplink, a prefix on the LAN."""
    net.batch(
        "link add br-lan type bridge",
        "link set br-lan up",
        "addr add fe80::5/64 dev wan0 nodad",
        "route add default via fe80::1 dev wan0",
        *(f"addr add {a}/64 dev br-lan nodad" for a in addresses),
    )
    net.batch(
        *(f"route add {p}::/64 via fe80::5 dev isp0" for p in (OLD, NEW)),
        netns="inet",
    )


def hosts(**settings):
    settings = dict({"families": '"ipv6"', "prefix_from": '"br-lan"'}, **settings)
    return (
        source()
        + PROVIDER
        + record(NAS, ipv6_host=MAC, **settings)
        + record(PC, ipv6_host=f'"{PC_HOST}"', **settings)
    )


def renumbered(net):
    return net.ip(
        f"addr add {NEW}::1/64 dev br-lan nodad valid_lft 9000 preferred_lft 4500",
        f"addr change {OLD}::1/64 dev br-lan valid_lft 900 preferred_lft 0",
    )


def test_the_kernels_own_choice():
    """The uplink holds none: the address that the kernel would use."""
    with Lab() as net:
        delegated(net, OLD + "::1")
        text = source() + PROVIDER + record(families='"ipv6"')
        d = Evddnsd(net, text).start()
        d.wait_event(event="published", address=OLD + "::1")
        source_line = d.find_log(event="confirmed", text="confirmed: dns:")
        assert source_line, d.tail()
        renumbered(net)
        d.wait_event(event="published", address=NEW + "::1")
        d.stop()
        assert net.dns(NAME, AAAA) == [NEW + "::1"]


def test_hosts_move_together():
    """One message for the zone, one event for the prefix."""
    with Lab() as net:
        delegated(net, "fd00::1", OLD + "::1")
        d = Evddnsd(net, hosts()).start()
        for name, address in ((NAS, nas_at(OLD)), (PC, pc_at(OLD))):
            d.wait_event(event="published", record=name, address=address)
            assert net.dns(name, AAAA) == [address]
        time.sleep(1.4)  # Knot
        t0 = renumbered(net)
        for name, address in ((NAS, nas_at(NEW)), (PC, pc_at(NEW))):
            d.wait_event(event="published", record=name, address=address)
            assert net.dns(name, AAAA) == [address]
        # The old one goes at last: nothing follows.
        t1 = net.ip(f"addr del {OLD}::1/64 dev br-lan")
        d.wait_log(event="heard", after=t1)
        d.stop()
        assert len(net.wire.updates(t0)) == 1
        events = [e["env"] for e in d.events() if e["event"] == "prefix"]
        assert [e["EVDDNS_PREFIX"] for e in events] == [OLD + "::/64", NEW + "::/64"]
        assert "EVDDNS_OLD_PREFIX" not in events[0]
        assert events[1]["EVDDNS_OLD_PREFIX"] == OLD + "::/64"
        assert events[1]["EVDDNS_INTERFACE"] == "br-lan"


def test_prefix_length():
    """Hosts on several subnets of one prefix."""
    with Lab() as net:
        delegated(net, OLD + "::1")
        text = hosts(ipv6_prefix_length=60)
        text = text.replace(PC_HOST, "::3:0:0:0:9")
        d = Evddnsd(net, text).start()
        d.wait_event(event="published", record=PC, address="2a0a:600:0:3::9")
        d.wait_event(event="prefix", prefix="2a0a:600::/60")
        d.stop()


def test_from_the_source_itself():
    """Without prefix-from it is the prefix of the source's own address."""
    with Lab() as net:
        net.batch(
            f"addr add {lab.GW6}/64 dev wan0 nodad",
            "route add default via fe80::1 dev wan0",
        )
        text = source() + PROVIDER + record(NAS, ipv6_host=MAC, families='"ipv6"')
        d = Evddnsd(net, text).start()
        d.wait_event(event="published", address=nas_at(lab.PREFIX))
        # Another address on the same prefix is no news for the host.
        t0 = net.ip(
            f"addr add {lab.PREFIX}::77/64 dev wan0 nodad",
            f"addr del {lab.GW6}/64 dev wan0",
        )
        d.wait_log(event="unchanged", name=NAS, after=t0)
        d.stop()
        assert not net.wire.updates(t0)


def test_no_address_of_its_own():
    """A LAN without prefix yet: nothing is published, nothing fails."""
    with Lab() as net:
        delegated(net, "fd00::1")
        d = Evddnsd(net, hosts()).start()
        d.wait_log(event="heard")
        net.ip(f"addr add {OLD}::1/64 dev br-lan nodad")
        d.wait_event(event="published", record=NAS, address=nas_at(OLD))
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
