#!/usr/bin/env python3
"""What providers do to a gateway, by real routers: prefixes of radvd, with
privacy addresses; leases of dnsmasq."""

import ipaddress
import json
import subprocess
import time

import lab
from evddnsd import NAME, PROVIDER, Evddnsd, record, source
from lab import A, AAAA, GW4, ISP4, Lab
from routers import Dnsmasq, Lease, Radvd
from tools import wait_until

OLD, NEW = "2a0a:600:0:a", "2a0a:600:0:b"
STABLE, PRIVATE = "stable.example.org", "private.example.org"


def addresses(prefix, temporary):
    """Those that are ready, as the kernel shows them."""
    text = subprocess.run(
        ["ip", "-6", "-j", "address", "show", "dev", "wan0"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = []
    for a in json.loads(text)[0]["addr_info"]:
        ready = not a.get("tentative") and not a.get("deprecated")
        if ready and bool(a.get("temporary")) == temporary:
            if ipaddress.ip_address(a["local"]) in ipaddress.ip_network(prefix + "::/64"):
                found.append(a["local"])
    return found


def preferred_s(prefix):
    text = subprocess.run(
        ["ip", "-6", "-j", "address", "show", "dev", "wan0", "-temporary"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    found = [a for i in json.loads(text) if i for a in i["addr_info"]]
    return [a for a in found if a.get("local", "").startswith(prefix)][0]["preferred_life_time"]


def set_ipv6(name, value):
    with open(f"/proc/sys/net/ipv6/conf/wan0/{name}", "w", encoding="ascii") as f:
        f.write(str(value))


def config():
    return (
        source("no")
        + source("only", ipv6_temporary="only")
        + PROVIDER
        + record(STABLE, source='"no"', families='"ipv6"')
        + record(PRIVATE, source='"only"', families='"ipv6"')
    )


def both_published(net, d, prefix):
    for name, temporary in ((STABLE, False), (PRIVATE, True)):
        (want,) = wait_until(
            lambda t=temporary: addresses(prefix, t), 20, f"an address in {prefix}"
        )
        d.wait_event(event="published", record=name, address=want)
        assert net.dns(name, AAAA) == [want]


def test_radvd_and_privacy_addresses():
    """Never the temporary one, never one of the old prefix."""
    with Lab() as net:
        set_ipv6("use_tempaddr", 2)
        d = Evddnsd(net, config()).start()
        radvd = Radvd("inet", "isp0", {OLD + "::/64": (600, 1200)})
        try:
            both_published(net, d, OLD)
            # Renewed at each advertisement: nothing changes for that.
            t0 = time.monotonic()
            wait_until(lambda: preferred_s(OLD) < 599, what="ageing")
            wait_until(lambda: preferred_s(OLD) >= 599, what="renewal")
            assert not net.wire.updates(t0), d.tail()
            t0, seen = time.monotonic(), len(d.events())
            radvd.advertise({OLD + "::/64": (0, 1200), NEW + "::/64": (600, 1200)})
            both_published(net, d, NEW)
            # The old one is deprecated before the new one is through its
            # duplicate detection: nobody calls that a loss.
            told = [e for e in d.events()[seen:] if e["event"] in ("lost", "prefix")]
            assert [e.get("prefix") for e in told] == 2 * [NEW + "::/64"], told
            # One for each name, or one for both.
            assert 1 <= len(net.wire.updates(t0)) <= 2
            t1 = net.ip(*[f"addr del {a}/64 dev wan0" for a in old_ones()])
            d.wait_log(event="heard", after=t1)
            d.stop()
            assert not net.wire.updates(t1)
            # Who prefers them takes one, and another one without them.
            (private,), (stable,) = addresses(NEW, True), addresses(NEW, False)
            d.configure(source(ipv6_temporary="prefer") + PROVIDER
                        + record(families='"ipv6"'))  # fmt: skip
            d.start()
            d.wait_event(event="published", record=NAME, address=private)
            net.ip(f"addr del {private}/64 dev wan0")
            d.wait_event(event="published", record=NAME, address=stable)
            d.stop()
        finally:
            radvd.stop()
            set_ipv6("use_tempaddr", 0)


def old_ones():
    text = subprocess.run(
        ["ip", "-6", "-j", "address", "show", "dev", "wan0", "deprecated"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [
        a["local"] for i in json.loads(text) if i for a in i["addr_info"]
        if a.get("local", "").startswith(OLD + ":")
    ]  # fmt: skip


def test_leases_are_renewed():
    """A renewal is no update; another lease is one."""
    with Lab(gateway=False) as net:
        dnsmasq = Dnsmasq("inet", "isp0", "5.6.7.100", "5.6.7.150")
        try:
            lease = Lease("wan0")
            lease.ask()
            net.batch(f"route add default via {ISP4}")
            d = Evddnsd(net).start()
            d.wait_event(event="published", address=lease.address)
            t0 = time.monotonic()
            for _ in range(3):
                lease.renew()
            t1 = net.ip("addr add 10.77.0.1/32 dev wan0", "addr del 10.77.0.1/32 dev wan0")
            d.wait_log(event="heard", after=t1)
            time.sleep(0.3)
            assert not net.wire.updates(t0)
            time.sleep(1.1)  # Knot
            # The server has forgotten it.
            dnsmasq.stop()
            dnsmasq = Dnsmasq("inet", "isp0", "5.6.7.10", "5.6.7.50")
            before = lease.address
            net.batch(f"addr del {before}/24 dev wan0")
            t1 = time.monotonic()
            lease.ask()
            net.batch(f"route add default via {ISP4}")
            assert lease.address != before
            d.wait_event(event="published", address=lease.address)
            d.stop()
            assert net.dns(NAME, A) == [lease.address]
            assert len(net.wire.updates(t1)) == 1
        finally:
            dnsmasq.stop()


def kernel_sends_from(kind):
    """To the world, by wan0."""
    text = subprocess.run(
        ["ip", "-j", "route", "get", "3000::1" if kind == AAAA else "198.41.0.4",
         "oif", "wan0"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return json.loads(text)[0]["prefsrc"]


def test_nothing_flaps():
    """Old and new live together, then the old one goes, each way."""
    new6, new4 = lab.GW6_NEW, lab.GW4_NEW
    with Lab() as net:
        with open("/proc/sys/net/ipv4/conf/wan0/promote_secondaries", "w") as f:
            f.write("1")
        net.batch(
            f"addr add {lab.GW6}/64 dev wan0 nodad valid_lft 4000 preferred_lft 2000",
            "route add default via fe80::1 dev wan0",
        )
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        d.wait_event(event="published", address=lab.GW6)
        time.sleep(1.4)  # Knot
        # The new ones come, and the old ones live on: the kernel decides.
        t0 = net.ip(
            f"addr add {new4}/24 dev wan0",
            f"addr add {new6}/64 dev wan0 nodad valid_lft 4000 preferred_lft 2000",
        )
        assert kernel_sends_from(A) == GW4 and kernel_sends_from(AAAA) == new6
        d.wait_event(event="published", address=new6)
        time.sleep(1.4)  # Knot
        assert len(net.wire.updates(t0)) == 1
        assert net.dns(NAME, A) == [GW4]
        # The old ones end, one by deprecation, which is no news any more.
        t1 = net.ip(
            f"addr change {lab.GW6}/64 dev wan0 valid_lft 4000 preferred_lft 0",
            f"addr del {GW4}/24 dev wan0",
            f"route replace default via {ISP4}",
        )
        d.wait_event(event="published", address=new4)
        assert len(net.wire.updates(t1)) == 1
        # And are deleted: nothing more.
        time.sleep(1.4)  # Knot
        t2 = net.ip(f"addr del {lab.GW6}/64 dev wan0")
        d.wait_log(event="heard", after=t2)
        time.sleep(0.3)
        d.stop()
        assert not net.wire.updates(t2)
        assert net.dns(NAME, A) == [new4]
        assert net.dns(NAME, AAAA) == [new6]


if __name__ == "__main__":
    lab.main(globals())
