#!/usr/bin/env python3
"""Records tests/support/streams/*.nl anew: what this kernel says when an
address, a link or a route meets its fate.

Run in the build directory; needs namespaces, radvd and dnsmasq.

usage: record_streams.py DIRECTORY [NAME...]
"""

import contextlib
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../net"))

import lab  # noqa: E402
from routers import Dnsmasq, Lease, Radvd  # noqa: E402
from test_mirror import ip, sysctl, wan  # noqa: E402
from tools import die_with_parent  # noqa: E402

DIRECTORY = None


@contextlib.contextmanager
def recording(name):
    """Yields what does one act and writes down that it did."""
    p = subprocess.Popen(
        [os.path.join(lab.TOP, "tests/support/nl_record"),
         os.path.join(DIRECTORY, name + ".nl")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        preexec_fn=die_with_parent,
    )  # fmt: skip
    assert p.stdout.readline() == "ready\n"

    def act(*commands, wait_s=0.1, netns=None):
        for command in commands:
            p.stdin.write(f"ip {command}\n")
            p.stdin.flush()
            time.sleep(0.02)
            ip(command, netns=netns)
            # Nobody asserts on time here: what comes late is not recorded.
            time.sleep(wait_s)

    yield act
    p.stdin.close()
    assert p.wait(5) == 0


def v4_add_replace(act, m):
    act("addr add 5.6.7.1/24 dev w0", "addr replace 5.6.7.1/24 dev w0")


def v4_secondaries(act, m):
    act("addr add 5.6.7.1/24 dev w0", "addr add 5.6.7.2/24 dev w0",
        "addr del 5.6.7.1/24 dev w0")  # fmt: skip


def v4_promoted(act, m):
    sysctl("ipv4/conf/w0/promote_secondaries", "1")
    v4_secondaries(act, m)


def v4_lifetimes(act, m):
    act("addr add 5.6.7.2/24 dev w0",
        "addr change 5.6.7.2/24 dev w0 valid_lft 100 preferred_lft 50",
        "addr change 5.6.7.2/24 dev w0 valid_lft 100 preferred_lft 0")  # fmt: skip
    act("addr change 5.6.7.2/24 dev w0 valid_lft 2 preferred_lft 1", wait_s=4)


def v4_routes_with_address(act, m):
    act("addr add 5.6.7.9/32 dev w0", "addr del 5.6.7.9/32 dev w0",
        "addr add 5.6.7.1/24 dev w0", "route add default via 5.6.7.254",
        "addr del 5.6.7.1/24 dev w0")  # fmt: skip


def v4_peers(act, m):
    act("addr add 5.6.8.7 peer 5.6.8.1/32 dev w0", "route add default dev w0",
        "addr del 5.6.8.7 peer 5.6.8.1/32 dev w0",
        "addr add 5.6.8.9 peer 5.6.8.1/32 dev w0", "route add default dev w0")  # fmt: skip


def v6_dad(act, m):
    act("addr add 2a0a:1::1/64 dev w0", wait_s=3)


def v6_nodad(act, m):
    act("addr add 2a0a:1::2/64 dev w0 nodad", "addr del 2a0a:1::2/64 dev w0")


def v6_optimistic(act, m):
    sysctl("ipv6/conf/w0/optimistic_dad", "1")
    sysctl("ipv6/conf/all/optimistic_dad", "1")
    act("addr add 2a0a:1::3/64 dev w0 optimistic", wait_s=3)


def v6_duplicate(act, m):
    ip("addr add 2a0a:1::dd/64 dev w1 nodad", netns="peer")
    act("addr add 2a0a:1::dd/64 dev w0", wait_s=2)


def v6_lifetimes(act, m):
    act("addr add 2a0a:1::1/64 dev w0 nodad",
        "addr change 2a0a:1::1/64 dev w0 valid_lft 100 preferred_lft 50",
        "addr change 2a0a:1::1/64 dev w0 valid_lft 100 preferred_lft 0")  # fmt: skip
    act("addr change 2a0a:1::1/64 dev w0 valid_lft 2 preferred_lft 1", wait_s=5)


def _both(act):
    act("addr add 5.6.7.7/24 dev w0", "addr add 2a0a:1::7/64 dev w0 nodad",
        "route add default via 5.6.7.254",
        "route add default via fe80::1 dev w0")  # fmt: skip


def carrier(act, m):
    _both(act)
    act("link set w1 down", "link set w1 up", netns="peer", wait_s=1.5)


def down_and_up(act, m):
    _both(act)
    act("link set w0 down", "link set w0 up", wait_s=3)


def rename_up(act, m):
    _both(act)
    act("link set w0 name ppp7", "link set ppp7 name w0")


def rename_down(act, m):
    _both(act)
    act("link set w0 down", "link set w0 name ppp7", "link set ppp7 name w0")
    act("link set w0 up", wait_s=3)


def altnames(act, m):
    act("link property add dev w0 altname xdsl altname a-name-longer-than-15",
        "link property del dev w0 altname xdsl")  # fmt: skip


def namespace_move(act, m):
    _both(act)
    act("link set w0 netns peer")
    act(f"link set w0 netns {os.getpid()}", netns="peer")
    # A dump tells of a link-local address long before an event does.
    act("link set w0 up", wait_s=3)


def deleted(act, m):
    _both(act)
    act("link del w0")


def made_again(act, m):
    for i in range(2):
        act("link add ppp0 type veth peer name x0", "link set x0 up",
            "link set ppp0 up", f"addr add 5.6.9.{i} peer 5.6.9.254/32 dev ppp0",
            "route add default dev ppp0", "link del ppp0")  # fmt: skip


def bridge(act, m):
    act("link add br0 type bridge", "link set w0 master br0", "link set br0 up",
        "link set w0 nomaster", "link del br0", wait_s=0.3)  # fmt: skip


def routes(act, m):
    act("addr add 5.6.7.1/24 dev w0", "addr add 5.7.7.1/24 dev w0",
        "route add default via 5.6.7.254 metric 10",
        "route replace default via 5.7.7.254 metric 10",
        "route add default via 5.6.7.254 metric 5", "route del default metric 5",
        "route append default via 5.6.7.253 metric 10",
        "route add default via 5.6.7.254 table 100")  # fmt: skip


def multipath(act, m):
    act("link add v0 type veth peer name v1", "link set v0 up", "link set v1 up",
        "addr add 5.6.7.1/24 dev w0", "addr add 5.7.7.1/24 dev v0",
        "route add default nexthop via 5.6.7.254 weight 2 nexthop via 5.7.7.254",
        "route add default via fe80::1 dev w0 metric 9",
        "route append default via fe80::2 dev v0 metric 9",
        "link set v0 down", "link set v0 up", "link del v0", wait_s=0.3)  # fmt: skip


def renumbered(act, m):
    ip("addr add fe80::1/64 dev w1 nodad", netns="peer")
    radvd = Radvd("peer", "w1", {"2a0a:a::/64": (60, 120)})
    act("netns list", wait_s=9)
    radvd.advertise({"2a0a:a::/64": (0, 120), "2a0a:b::/64": (60, 120)})
    act("netns list", wait_s=7)
    radvd.stop()
    act("netns list", wait_s=1)


def leases(act, m):
    ip("addr add 5.6.7.254/24 dev w1", netns="peer")
    dnsmasq = Dnsmasq("peer", "w1", "5.6.7.100", "5.6.7.150")
    lease = Lease("w0")
    lease.ask()
    for _ in range(3):
        act("netns list", wait_s=1.2)
        lease.renew()
    dnsmasq.stop()


SCENES = [
    v4_add_replace, v4_secondaries, v4_promoted, v4_lifetimes,
    v4_routes_with_address, v4_peers, v6_dad, v6_nodad, v6_optimistic,
    v6_duplicate, v6_lifetimes, carrier, down_and_up, rename_up, rename_down,
    altnames, namespace_move, deleted, made_again, bridge, routes, multipath,
    renumbered, leases,
]  # fmt: skip


def main():
    global DIRECTORY
    DIRECTORY = os.path.abspath(sys.argv[1])
    wanted = sys.argv[2:]
    lab.enter(limit_s=600)
    for scene in SCENES:
        if wanted and scene.__name__ not in wanted:
            continue
        with wan() as m, recording(scene.__name__) as act:
            if scene is v6_duplicate:
                time.sleep(3)
            scene(act, m)
        print(scene.__name__, flush=True)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
