#!/usr/bin/env python3
"""What a real kernel does to links, addresses and routes: after each act the
mirror says what ip(8) says."""

import contextlib
import os
import random
import subprocess
import time

import mirror
from lab import Lab
from mirror import Mirror
from tools import Skipped, wait_until

DEPRECATED, DADFAILED, TENTATIVE = 0x20, 0x8, 0x40


def sysctl(name, value):
    with open(f"/proc/sys/net/{name}", "w", encoding="ascii") as f:
        f.write(value)


def ip(*commands, netns=None):
    Lab.batch(*commands, netns=netns)


@contextlib.contextmanager
def wan():
    """w0, whose other end w1 is in the namespace "peer"."""
    ip("netns add peer")
    ip("link add w0 type veth peer name w1 netns peer",
       "link set w0 up")  # fmt: skip
    ip("link set w1 up", netns="peer")
    try:
        with Mirror() as m:
            yield m
    finally:
        sysctl("ipv4/conf/all/ignore_routes_with_linkdown", "0")
        sysctl("ipv6/conf/all/optimistic_dad", "0")
        # Whoever it is now, it goes with its other end.
        subprocess.run(["ip", "-n", "peer", "link", "del", "w1"], check=False,
                       stderr=subprocess.DEVNULL)  # fmt: skip
        ip("netns del peer")
        subprocess.run(["ip", "link", "del", "v0"], check=False,
                       stderr=subprocess.DEVNULL)  # fmt: skip


def run(m, *commands):
    """Each command by itself, and the mirror beside ip(8) after each."""
    for command in commands:
        ip(command)
        m.agrees()


def test_add_replace_delete():
    with wan() as m:
        run(
            m,
            "addr add 5.6.7.1/24 dev w0",
            "addr replace 5.6.7.1/24 dev w0",
            "addr add 5.6.7.9/32 dev w0",
            "addr add 2a0a::1/64 dev w0 nodad",
            "addr add 5.6.8.7 peer 5.6.8.1/32 dev w0",
            "addr add 5.6.8.7 peer 5.6.8.2/32 dev w0",
            "addr del 5.6.8.7 peer 5.6.8.1/32 dev w0",
            "addr add 2a0a::7 peer 2a0a::8/128 dev w0 nodad",
            "addr change 2a0a::7 peer 2a0a::9/128 dev w0 nodad",
        )
        assert m.addr("2a0a::7")["peer"] == "2a0a::9"
        assert m.addr("5.6.8.7")["peer"] == "5.6.8.2"
        run(m, "addr flush dev w0")
        assert m.show()["resyncs"] == 0


def test_who_made_it():
    """IFA_PROTO: the kernel, for loopback (1) and link-local addresses (3)."""
    with wan() as m:
        wait_until(lambda: m.addr("::1"), what="the loopback's")
        if not m.addr("::1")["protocol"]:
            raise Skipped("this kernel does not say who made an address")
        assert m.addr("::1")["protocol"] == 1
        wait_until(lambda: protocols(m) == {0, 1, 3}, what="link-local addresses")
        ip("addr add 5.6.7.1/24 dev w0")
        m.agrees()
        assert m.addr("5.6.7.1")["protocol"] == 0


def protocols(m):
    return {0} | {a["protocol"] for x in m.show()["links"] for a in x["addrs"]}


def test_secondaries():
    for promote in "0", "1":
        with wan() as m:
            sysctl("ipv4/conf/w0/promote_secondaries", promote)
            run(
                m,
                "addr add 5.6.7.1/24 dev w0",
                "addr add 5.6.7.2/24 dev w0",
                "addr add 5.6.7.3/24 dev w0",
                "addr del 5.6.7.1/24 dev w0",
            )
            assert (m.addr("5.6.7.2") is not None) == (promote == "1")
            assert m.show()["resyncs"] == 0


def lifetimes(m, address):
    ip(f"addr add {address} dev w0 valid_lft 1000 preferred_lft 500")
    plain = address.split("/")[0]
    run(
        m,
        f"addr change {address} dev w0 valid_lft 100 preferred_lft 50",
        f"addr change {address} dev w0 valid_lft 100 preferred_lft 0",
    )
    assert m.addr(plain)["flags"] & DEPRECATED
    run(m, f"addr change {address} dev w0 valid_lft 2 preferred_lft 1")
    assert not m.addr(plain)["flags"] & DEPRECATED
    wait_until(lambda: m.addr(plain)["flags"] & DEPRECATED, what="deprecated")
    m.agrees()
    wait_until(lambda: not m.addr(plain), what="expired")
    m.agrees()


def test_lifetimes():
    with wan() as m:
        sysctl("ipv6/conf/w0/accept_dad", "0")
        lifetimes(m, "5.6.7.1/24")
        lifetimes(m, "2a0a::1/64")
        assert m.show()["resyncs"] == 0


def settled(m):
    return not any(
        a["flags"] & TENTATIVE and not a["flags"] & DADFAILED
        for link in m.show()["links"] for a in link["addrs"]
    )  # fmt: skip


def test_duplicate_address_detection():
    with wan() as m:
        wait_until(lambda: settled(m), what="link-local addresses")
        ip("addr add 2a0a::dd/64 dev w1 nodad", netns="peer")
        run(m, "addr add 2a0a::dd/64 dev w0", "addr add 2a0a::1/64 dev w0")
        wait_until(lambda: m.addr("2a0a::dd")["flags"] & DADFAILED, what="it failed")
        m.agrees()
        sysctl("ipv6/conf/w0/optimistic_dad", "1")
        sysctl("ipv6/conf/all/optimistic_dad", "1")
        ip("addr add 2a0a::2/64 dev w0 optimistic")
        # The kernel is silent until it is over: so is the mirror.
        wait_until(lambda: m.addr("2a0a::2"), what="optimistic")
        wait_until(lambda: settled(m), what="no more tentative")
        m.agrees()
        assert m.show()["resyncs"] == 0


def test_carrier():
    with wan() as m:
        ip("addr add 5.6.7.1/24 dev w0", "addr add 2a0a::1/64 dev w0 nodad",
           "route add default via 5.6.7.254", "route add default via fe80::1 dev w0",
           "route add default via 5.6.7.253 dev w0 metric 20 table 100")  # fmt: skip
        m.agrees()
        for sysctl_is in "0", "1":
            sysctl("ipv4/conf/all/ignore_routes_with_linkdown", sysctl_is)
            ip("link set w1 down", netns="peer")
            m.agrees()
            assert m.addr("5.6.7.1") and m.addr("2a0a::1")
            ip("link set w1 up", netns="peer")
            m.agrees()
        # Ours down: IPv6 addresses and all routes go; up: they do not return.
        run(m, "link set w0 down", "link set w0 up")
        assert m.addr("5.6.7.1") and not m.addr("2a0a::1")
        assert m.show()["routes"] == []


def test_names():
    with wan() as m:
        ip("addr add 5.6.7.1/24 dev w0", "addr add 2a0a::1/64 dev w0 nodad")
        run(
            m,
            "link set w0 name ppp7",
            "link property add dev ppp7 altname xdsl altname a-name-longer-than-15",
            # Of a link that is down the kernel would not say so until it is up.
            "link property del dev ppp7 altname xdsl",
            "link set ppp7 down",
            "link set ppp7 name w0",
            "link set w0 up",
            "link add br0 type bridge",
            "link set w0 master br0",
            "link set br0 up",
            "link set w0 nomaster",
            "link del br0",
        )
        assert m.show()["resyncs"] == 0


def test_namespaces():
    with wan() as m:
        ip("link add w8 type veth peer name w9 netns peer")  # takes an index
        ip("addr add 5.6.7.1/24 dev w0", "route add default via 5.6.7.254")
        run(m, "link set w0 netns peer")
        assert not m.addr("5.6.7.1") and m.show()["routes"] == []
        # A local one takes the index that it had, if the kernel lets it.
        run(m, "link add w7 type veth peer name w6")
        ip("link set w0 netns " + str(os.getpid()), netns="peer")
        run(m, "link set w0 up", "addr add 5.6.7.2/24 dev w0")
        run(m, "link del w8", "link del w7")


def test_deleted_and_made_again():
    with wan() as m:
        for i in range(3):
            ip("link add ppp0 type veth peer name x0", "link set ppp0 up",
               f"addr add 5.6.9.{i} peer 5.6.9.254/32 dev ppp0",
               "addr add 2a0a:9::1/64 dev ppp0 nodad", "link set x0 up",
               "route add default dev ppp0 metric 5")  # fmt: skip
            m.agrees()
            run(m, "link del ppp0")


def test_routes():
    with wan() as m:
        ip("link add v0 type veth peer name v1", "link set v0 up", "link set v1 up",
           "addr add 5.6.7.1/24 dev w0", "addr add 5.7.7.1/24 dev v0",
           "addr add 5.7.7.2/24 dev v0",
           "addr add 2a0a::1/64 dev w0 nodad", "addr add 2a0b::1/64 dev v0 nodad")  # fmt: skip
        m.agrees()
        run(
            m,
            "route add default via 5.6.7.254 metric 100",
            "route add default via 5.7.7.254 metric 200",
            "route change default via 5.7.7.253 metric 200",
            "route replace default via 5.7.7.254 src 5.7.7.2 metric 50",
            "route append default via 5.6.7.253 metric 50",
            "route prepend default via 5.6.7.252 metric 50",
            "route del default via 5.7.7.254 metric 50",
            "route add default via 5.6.7.254 table 100",
            "route add default via inet6 fe80::1 dev w0 table 70000",
            "route add unreachable default metric 4000",
            "route add 0.0.0.0/1 via 5.6.7.254",
            "route add 128.0.0.0/1 via 5.6.7.254",
            "route add default metric 7 nexthop via 5.6.7.254 weight 2 "
            "nexthop via 5.7.7.254 weight 200",
            "route replace default metric 7 nexthop via 5.6.7.253 weight 1 "
            "nexthop via 5.7.7.254 weight 1",
            "link set v0 down",
            "link set v0 up",
            "route add default via fe80::1 dev w0 metric 10",
            "route append default via fe80::2 dev w0 metric 10",
            "route add default via fe80::3 dev v0 metric 20",
            "route replace default via fe80::4 dev w0 metric 20",
            "route add 2000::/3 via fe80::1 dev w0",
            "route del default via fe80::1 dev w0 metric 10",
            "nexthop add id 5 via 5.6.7.251 dev w0",
            "nexthop add id 6 via 5.7.7.251 dev v0",
            "nexthop add id 7 group 5,3/6",
            "route add default nhid 5 metric 9",
            "route add default nhid 7 metric 11",
            "nexthop replace id 5 via 5.7.7.250 dev v0",
            "nexthop del id 6",
            "addr del 5.7.7.2/24 dev v0",
            "addr del 5.6.7.1/24 dev w0",
        )


def random_act(dice):
    """A command that may well be refused."""
    dev = dice.choice(["w0", "v0", "v1"])
    address = dice.choice(
        [f"5.6.7.{dice.randint(1, 9)}/24", f"5.6.{dice.randint(1, 9)}.1/32",
         f"2a0a::{dice.randint(1, 9)}/64"])  # fmt: skip
    gateway = dice.choice(["5.6.7.254", "5.6.7.253", "fe80::1", "fe80::2"])
    metric = f"metric {dice.randint(1, 3)}"
    return dice.choice([
        f"addr add {address} dev {dev}",
        f"addr add {address} dev {dev} nodad valid_lft 100 preferred_lft 50",
        f"addr replace {address} dev {dev} valid_lft 90 preferred_lft 0",
        f"addr del {address} dev {dev}",
        f"route add default via {gateway} dev {dev} {metric}",
        f"route replace default via {gateway} dev {dev} {metric}",
        f"route append default via {gateway} dev {dev} {metric}",
        f"route del default {metric}",
        f"-6 route del default {metric}",
        "route replace default nexthop via 5.6.7.254 dev w0 "
        f"nexthop via 5.6.7.253 dev v0 {metric}",
        f"link set {dev} down",
        f"link set {dev} up",
        f"link set {dev} up",
        f"link property add dev {dev} altname {dice.choice('ab')}lt",
        f"link property del dev {dev} altname {dice.choice('ab')}lt",
        "link del v0",
        "link add v0 type veth peer name v1",
    ])  # fmt: skip


def test_at_random():
    """Whatever is done, in bursts of any length, the mirror ends up where the
    kernel is; and that is also where a new dump finds it."""
    seed = int(os.environ.get("SEED", time.time_ns() % 1000000))
    rounds = 400 if os.environ.get("EVDDNS_LONG") else 20
    print("SEED", seed)
    dice = random.Random(seed)
    with wan() as m:
        for n in range(rounds):
            acts = [random_act(dice) for _ in range(dice.randint(1, 40))]
            subprocess.run(
                ["ip", "-force", "-batch", "-"], input="\n".join(acts) + "\n",
                text=True, stderr=subprocess.DEVNULL, check=False,
            )  # fmt: skip
            try:
                m.agrees()
            except AssertionError as e:
                raise AssertionError(f"round {n} of seed {seed}: {acts}\n{e}") from e
        before = m.show()["resyncs"]
        assert m.resync()["resyncs"] > before
        m.agrees()


if __name__ == "__main__":
    mirror.main(globals())
