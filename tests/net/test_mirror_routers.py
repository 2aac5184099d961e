#!/usr/bin/env python3
"""The mirror beside what real routers make the kernel do: prefixes advertised
and renumbered by radvd, leases renewed with dnsmasq."""

import mirror
from routers import Dnsmasq, Lease, Radvd
from test_mirror import DEPRECATED, TENTATIVE, ip, wan
from tools import wait_until


def of_prefix(m, prefix):
    for link in m.show()["links"]:
        for a in link["addrs"]:
            if a["addr"].startswith(prefix):
                return a
    return None


def usable(m, prefix):
    a = of_prefix(m, prefix)
    return a and not a["flags"] & (TENTATIVE | DEPRECATED)


def test_radvd_renumbers():
    with wan() as m:
        ip("addr add fe80::1/64 dev w1 nodad", netns="peer")
        radvd = Radvd("peer", "w1", {"2a0a:a::/64": (60, 120)})
        try:
            wait_until(lambda: usable(m, "2a0a:a:"), 20, "the first prefix")
            wait_until(lambda: m.show()["routes"], what="its default route")
            m.agrees()
            first = of_prefix(m, "2a0a:a:")
            # Each advertisement begins its lifetimes anew.
            for _ in range(2):
                left = of_prefix(m, "2a0a:a:")["preferred_s"]
                wait_until(
                    lambda: of_prefix(m, "2a0a:a:")["preferred_s"] < left, 10, "ageing"
                )
                wait_until(
                    lambda: of_prefix(m, "2a0a:a:")["preferred_s"] >= 59, 10, "renewal"
                )
                m.agrees()
            radvd.advertise({"2a0a:a::/64": (0, 120), "2a0a:b::/64": (60, 120)})
            wait_until(lambda: usable(m, "2a0a:b:"), 20, "the second prefix")
            m.agrees()
            assert of_prefix(m, "2a0a:a:")["flags"] & DEPRECATED
            assert of_prefix(m, "2a0a:a:")["addr"] == first["addr"]
            # It goes: its last word takes the route along.
            radvd.stop()
            wait_until(lambda: not m.show()["routes"], 10, "no route")
            m.agrees()
        finally:
            radvd.stop()


def test_dhcp_renewals():
    with wan() as m:
        ip("addr add 5.6.7.254/24 dev w1", netns="peer")
        dnsmasq = Dnsmasq("peer", "w1", "5.6.7.100", "5.6.7.150")
        try:
            lease = Lease("w0")
            lease.ask()
            m.agrees()
            assert m.addr(lease.address)["valid_s"] in (119, 120)
            for _ in range(3):
                address = lease.address
                wait_until(lambda: m.addr(address)["valid_s"] < 119, what="ageing")
                lease.renew()
                assert lease.address == address
                m.agrees()
                assert m.addr(address)["valid_s"] in (119, 120)
            # The server forgets it: another address takes its place.
            dnsmasq.stop()
            dnsmasq = Dnsmasq("peer", "w1", "5.6.7.10", "5.6.7.50")
            ip(f"addr del {lease.address}/24 dev w0")
            lease.ask()
            m.agrees()
            assert m.addr(lease.address) and not m.addr(address)
            assert m.show()["resyncs"] == 0
        finally:
            dnsmasq.stop()


if __name__ == "__main__":
    mirror.main(globals())
