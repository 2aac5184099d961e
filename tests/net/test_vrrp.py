#!/usr/bin/env python3
"""Two gateways, of which keepalived makes one the active one."""

import contextlib
import os
import subprocess

import lab
from dnsask import TXT, ask
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import A, ISP4, NS4, Lab
from tools import die_with_parent, need, setns_net, wait_until
from wire import Wire

# The gateways' own addresses are private; the public one moves.
OWN = {"a": "192.168.50.11", "b": "192.168.50.12"}
SHARED = "192.168.50.1"
VIP, VIP_B = "5.6.7.5", "5.6.7.9"
# Nothing but an address of its own is worth publishing.
CONFIG = SOURCE.replace("{", "{ behind-nat = ignore", 1) + PROVIDER

KEEPALIVED = """\
global_defs {{
    vrrp_version 3
    router_id {name}
    enable_script_security
}}
vrrp_instance wan {{
    state BACKUP
    interface wan0
    virtual_router_id 51
    priority {priority}
    advert_int 0.1
    virtual_ipaddress {{ {shared}/24 dev wan0 }}
    virtual_ipaddress_excluded {{ {public}/24 dev wan0 }}
}}
"""


class Pair:
    """Gateway a is where the test runs, b is a namespace beside it."""

    def __init__(self, net):
        self.net = net
        subprocess.run(["ip", "netns", "add", "gwb"], check=True)
        self.fd = os.open("/run/netns/gwb", os.O_RDONLY | os.O_CLOEXEC)
        net.batch(
            "link add br0 type bridge forward_delay 0",
            "link set br0 up",
            f"addr del {ISP4}/24 dev isp0",
            "link set isp0 master br0",
            "link add isp2 type veth peer name wan0 netns gwb",
            "link set isp2 master br0 up",
            f"addr add {ISP4}/24 dev br0",
            "addr add 192.168.50.254/24 dev br0",
            netns="inet",
        )
        for name in OWN:
            net.batch(
                "link set lo up",
                "link set wan0 up",
                f"addr add {OWN[name]}/24 dev wan0",
                "route add default via 192.168.50.254 dev wan0",
                netns="gwb" if name == "b" else None,
            )
        self.wire_b = Wire(net, "isp2")
        self.routers = {}

    @contextlib.contextmanager
    def at(self, name):
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if name == "b":
                setns_net(self.fd)
            yield
        finally:
            setns_net(here)
            os.close(here)

    def master(self, name, public, priority):
        path = f"{lab.RUN}/t/keepalived-{name}"
        with open(path + ".conf", "w", encoding="utf-8") as f:
            f.write(KEEPALIVED.format(name=name, priority=priority,
                                      shared=SHARED, public=public))
        os.chmod(path + ".conf", 0o600)
        with open(path + ".log", "a", encoding="utf-8") as log, self.at(name):
            self.routers[name] = subprocess.Popen(
                ["keepalived", "-n", "-l", "-P", "-f", path + ".conf",
                 "-p", path + ".pid", "-r", path + ".vrrp"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent,
            )  # fmt: skip

    def leave(self, name):
        self.routers[name].terminate()
        self.routers.pop(name).wait(10)

    def daemon(self, name, **settings):
        d = Evddnsd(self.net, CONFIG + record(**settings), name=name)
        with self.at(name):
            return d.start()

    def updates(self):
        return len(self.net.wire.updates()), len(self.wire_b.updates())

    def close(self):
        for name in list(self.routers):
            self.leave(name)
        self.wire_b.close()
        os.close(self.fd)
        subprocess.run(["ip", "netns", "del", "gwb"], check=False)


@contextlib.contextmanager
def pair():
    with Lab(gateway=False) as net:
        p = Pair(net)
        try:
            yield net, p
        finally:
            for d in net.daemons:
                d.kill()
            p.close()


def test_name_follows():
    """Each has a public address of its own while it is the active one."""
    with pair() as (net, p):
        a, b = p.daemon("a"), p.daemon("b")
        p.master("a", VIP, 150)
        a.wait_event(event="published", address=VIP)
        p.master("b", VIP_B, 100)
        before = p.updates()
        p.leave("a")
        b.wait_event(event="published", address=VIP_B)
        assert net.dns(NAME, A) == [VIP_B]
        a.wait_event(event="lost")
        assert p.updates() == (before[0], before[1] + 1), p.updates()
        skip = len(a.events())
        p.master("a", VIP, 150)
        a.wait_event(event="published", address=VIP, skip=skip)
        assert net.dns(NAME, A) == [VIP]
        b.wait_event(event="lost")
        assert p.updates() == (before[0] + 1, before[1] + 1), p.updates()
        a.stop()
        b.stop()


def owners(net):
    with net.inet():
        answer = ask(NS4, "_evddns." + NAME, TXT)
    texts = [r.value[1:].decode() for r in answer.records if r.type == TXT]
    return sorted(t.split("owner=")[1].split(" ")[0] for t in texts)


def test_late_removal():
    """The loser removes what it published: the winner's stays."""
    with pair() as (net, p):
        more = {"on_loss": "remove", "on_loss_hold": "500ms"}
        a = p.daemon("a", owner='"gw-a"', **more)
        b = p.daemon("b", owner='"gw-b"', **more)
        p.master("a", VIP, 150)
        a.wait_event(event="published", address=VIP)
        assert owners(net) == ["gw-a"]
        p.master("b", VIP, 100)
        p.leave("a")
        b.wait_event(event="published", address=VIP)
        wait_until(lambda: owners(net) == ["gw-b"], 10)
        assert net.dns(NAME, A) == [VIP]
        p.leave("b")
        wait_until(lambda: owners(net) == [], 10)
        assert net.dns(NAME, A) == []
        a.stop()
        b.stop()


if __name__ == "__main__":
    lab.main(globals(), before=lambda: need("keepalived"))
