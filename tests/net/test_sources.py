#!/usr/bin/env python3
"""Interfaces: which one, whatever becomes of them."""

import os
import shutil
import signal
import socket
import subprocess
import time

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record, source
from lab import A, GW4, GW4_B, GW4_B_NEW, GW4_NEW, ISP4, ISP4_B, TOP, Lab
from tools import Skipped


def why(d, name=NAME):
    entries = d.ask(command="why", record=name)["entries"]
    return [line for e in entries for line in e["addresses"]]


def source_status(d, family="ipv4"):
    found = [s for s in d.ask(command="status")["sources"] if s["family"] == family]
    return found[0]


def config(**settings):
    return source(**settings) + PROVIDER + record()


def all_updates(net, since=0.0):
    second = net.wire_b.updates(since) if net.wire_b else []
    return net.wire.updates(since) + second


def settled(d, t0, *interfaces):
    """The daemon has heard of that, and thought about it."""
    for _ in interfaces or (None,):
        d.wait_log(event="heard", after=t0)
    time.sleep(0.3)


def test_not_there_yet():
    """A name, and a pattern, for an interface that comes later."""
    with Lab() as net:
        text = (
            source("a", interfaces='"wan1"')
            + source("b", interfaces='{"ppp*", "wan[1-9]"}')
            + PROVIDER
            + record("a.example.org", source='"a"')
            + record("b.example.org", source='"b"')
        )
        d = Evddnsd(net, text).start()
        d.wait_log(text="started")
        net.second_wan(metric=200)
        for name in ("a.example.org", "b.example.org"):
            d.wait_event(event="published", record=name, address=GW4_B)
        d.stop()


def test_dialled_in_again():
    """Deleted and made anew: another ifindex, another address."""
    with Lab() as net:
        net.second_wan(metric=200)
        d = Evddnsd(net, config(interfaces='"wan1"')).start()
        d.wait_event(event="published", address=GW4_B)
        before = socket.if_nametoindex("wan1")
        t0 = time.monotonic()
        net.batch("link del wan1")
        net.wire_b.close()
        net.second_wan(metric=200)
        assert socket.if_nametoindex("wan1") != before
        d.wait_log(event="unchanged", after=t0)
        assert not all_updates(net, t0)
        net.ip(
            f"addr add {GW4_B_NEW}/24 dev wan1",
            f"addr del {GW4_B}/24 dev wan1",
            f"addr replace {GW4_B_NEW}/24 dev wan1",
            f"route replace default via {ISP4_B} dev wan1 metric 200",
        )
        d.wait_event(event="published", address=GW4_B_NEW)
        d.stop()


def test_rename_while_up():
    """A name that is meant comes; one that is followed by its route stays."""
    with Lab() as net:
        text = (
            source()
            + source("p", interfaces='"ppp*"')
            + PROVIDER
            + record()
            + record("ppp.example.org", source='"p"')
        )
        d = Evddnsd(net, text).start()
        d.wait_event(event="published", record=NAME, address=GW4)
        time.sleep(1.4)  # Knot
        t0 = net.ip("link set wan0 name ppp7")
        d.wait_event(event="published", record="ppp.example.org", address=GW4)
        assert source_status(d)["interface"] == "ppp7"
        assert len(all_updates(net, t0)) == 1
        t1 = net.ip("link set ppp7 name wan0")
        settled(d, t1)
        d.stop()
        assert not all_updates(net, t1)
        assert net.dns("ppp.example.org", A) == [GW4]


def test_names_change_hands():
    """Alternative names come late and wander, names are swapped."""
    with Lab() as net:
        net.second_wan(metric=200)
        d = Evddnsd(net, config(interfaces='{"uplink-*", "dsl"}')).start()
        d.wait_log(text="started")
        for want, interface, acts in (
            (GW4_B, "wan1", ["link property add dev wan1 altname uplink-dsl"]),
            (GW4, "wan0", ["link property del dev wan1 altname uplink-dsl",
                           "link property add dev wan0 altname uplink-dsl"]),
            (GW4_B, "dsl", ["link property del dev wan0 altname uplink-dsl",
                            "link set wan1 name dsl"]),
            (GW4, "dsl", ["link set dsl name wan1", "link set wan0 name dsl"]),
        ):  # fmt: skip
            seen = len(d.events())
            time.sleep(1.4 if seen else 0)  # Knot
            t0 = net.ip(*acts)
            d.wait_event(event="published", address=want, skip=seen)
            assert len(all_updates(net, t0)) == 1
            assert source_status(d)["interface"] == interface
        d.stop()


def test_all_of_them():
    """keep = all: the set follows, in one update for each change."""
    wans = [GW4, GW4_B]
    with Lab() as net:
        net.second_wan(metric=200)
        d = Evddnsd(net, config(keep="all", interfaces='"wan*"')).start()
        d.wait_event(event="published")
        assert net.dns(NAME, A) == wans
        for address, interface in ((GW4, "wan0"), (GW4_B, "wan1")):
            assert f"{address} on {interface}: chosen" in why(d)
        for want, acts in (
            (wans + [GW4_NEW], [f"addr add {GW4_NEW}/24 dev wan0"]),
            # Another order is no news, nor is one that nobody can reach.
            (None, ["addr add 10.0.0.5/24 dev wan0",
                    f"addr del {GW4_NEW}/24 dev wan0",
                    f"addr add {GW4_NEW}/24 dev wan0"]),
            (wans, [f"addr change {GW4_NEW}/24 dev wan0 "
                    "valid_lft 900 preferred_lft 0"]),
            ([GW4], ["link set wan1 down"]),
        ):  # fmt: skip
            time.sleep(1.4)  # Knot
            seen, t0 = len(d.events()), net.ip(*acts)
            if want is None:
                settled(d, t0)
                assert not all_updates(net, t0)
                continue
            d.wait_event(event="published", skip=seen)
            assert net.dns(NAME, A) == sorted(want)
            assert len(all_updates(net, t0)) == 1
        d.stop()


def test_scope_any():
    """Private addresses go out where that is wanted; global ones before."""
    with Lab(gateway=False) as net:
        net.batch(
            "addr add 192.168.9.5/24 dev wan0",
            "addr add fd00::5/64 dev wan0 nodad",
            "route add default via 192.168.9.1",
            "route add default via fe80::1 dev wan0",
        )
        net.batch("addr add 192.168.9.1/24 dev isp0", netns="inet")
        d = Evddnsd(net, config(scope="any")).start()
        d.wait_event(event="published", address="192.168.9.5")
        d.wait_event(event="published", address="fd00::5")
        time.sleep(1.4)  # Knot
        net.ip(f"addr add {lab.GW6}/64 dev wan0 nodad")
        d.wait_event(event="published", address=lab.GW6)
        assert net.dns(NAME, A) == ["192.168.9.5"]
        assert net.dns(NAME, lab.AAAA) == [lab.GW6]
        d.stop()


def test_tunnels_ports_and_veths_are_no_uplinks():
    """A VPN that takes the default route is not published."""
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise Skipped("/dev/net/tun may not be opened")
    with Lab() as net:
        # The lab's uplink is a veth itself: a bridge over it is none.
        net.batch(
            f"route del default via {ISP4}",
            "link add br-wan type bridge",
            "link set br-wan up",
            f"addr del {GW4}/24 dev wan0",
            "link set wan0 master br-wan",
            f"addr add {GW4}/24 dev br-wan",
            f"route add default via {ISP4} dev br-wan metric 100",
            "tuntap add tun0 mode tun",
            "link set tun0 up",
            "addr add 8.8.4.1/24 dev tun0",
            "route add 0.0.0.0/1 dev tun0",
            "route add 128.0.0.0/1 dev tun0",
            "link add veth7 type veth peer name veth8",
            "link set veth7 up",
            "link set veth8 up",
            "addr add 8.8.5.1/24 dev veth7",
            "route add default dev veth7 metric 50",
            "addr add 8.8.6.1/24 dev wan0",
            f"route add 1.2.3.0/24 via {ISP4} dev br-wan",
            "route add default dev wan0 metric 60",
        )
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        lines = why(d)
        for address in ("8.8.4.1", "8.8.5.1", "8.8.6.1"):
            line = [x for x in lines if x.startswith(address)]
            assert line and "must be named" in line[0], lines
        assert source_status(d)["interface"] == "br-wan"
        # Named, it is taken.
        time.sleep(1.4)  # Knot
        d.configure(config(interfaces='"tun0"', confirm="never"))
        d.process.send_signal(signal.SIGHUP)
        net.wait_dns(NAME, A, "8.8.4.1")
        d.stop()


def test_every_loser_has_its_reason():
    """`why` names each address that was looked at, and what put it away."""
    losers = {
        f"addr add {lab.PREFIX}::de/64 dev wan0 nodad valid_lft 900 preferred_lft 0":
            "deprecated",
        "addr add fd00::5/64 dev wan0 nodad": "unique local",
        "addr add 2001:db8::5/64 dev wan0 nodad": "special purpose",
        f"addr add {lab.PREFIX}::/64 dev wan0 nodad": "anycast",
        f"addr add {lab.PREFIX}::77/64 dev wan0 nodad valid_lft 900 preferred_lft 800":
            "another one is better",
        f"addr add {lab.PREFIX}::dd/64 dev wan0": "duplicate (somebody else",
        "addr add 10.0.0.5/24 dev wan0": "private",
        "addr add 100.64.0.5/24 dev wan0": "carrier NAT",
        "addr add 192.0.2.5/24 dev wan0": "special purpose",
        "addr add 169.254.1.5/16 dev wan0 scope link": "on its link only",
        f"addr add {lab.GW4_NEW}/24 dev wan0": "another one is better",
    }
    with Lab() as net:
        net.batch(f"addr add {lab.PREFIX}::dd/64 dev isp0 nodad", netns="inet")
        net.batch(
            f"addr add {lab.GW6}/64 dev wan0 nodad",
            "route add default via fe80::1 dev wan0",
            *losers,
        )
        net.second_wan(metric=200)
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        d.wait_event(event="published", address=lab.GW6)
        lab.wait_until(lambda: "dadfailed" in net.show("wan0"), what="dadfailed")
        lab.wait_until(lambda: any("(somebody" in x for x in why(d)), what="told")
        lines = why(d)
        losers["addr add " + GW4_B] = "not on the interface of the default route"
        for command, reason in losers.items():
            address = command.split()[2].split("/")[0]
            (line,) = [x for x in lines if x.startswith(address + " on ")]
            assert reason in line, (line, reason)
        for address in (GW4, lab.GW6):
            assert f"{address} on wan0: chosen" in lines, lines
        d.stop()


def test_behind_nat_is_said_once():
    """Carrier NAT, once; IPv6 is published all the same."""
    with Lab(gateway=False) as net:
        net.batch(
            "addr add 100.64.0.5/10 dev wan0",
            f"addr add {lab.GW6}/64 dev wan0 nodad",
            "route add default via fe80::1 dev wan0",
            "route add default via 100.64.0.1 dev wan0",
        )
        text = config().replace(lab.NS4, lab.NS6).replace(f'"{lab.NS6}"', f'"[{lab.NS6}]"')
        d = Evddnsd(net, text).start()
        d.wait_log(event="behind-nat", text="carrier NAT")
        for n in range(20):
            t0 = net.ip(f"addr replace 100.64.0.5/10 dev wan0 valid_lft {900 + n} preferred_lft 800")
        net.ip(
            "addr add 100.65.0.6/32 dev wan0",
            "addr add 192.168.1.5/24 dev wan0",
            "addr del 192.168.1.5/24 dev wan0",
            "addr del 100.65.0.6/32 dev wan0",
        )
        settled(d, t0)
        said = [x for x in d.lines if x.get("event") == "behind-nat"]
        assert len(said) == 1 and said[0]["level"] == "warning", said
        status = source_status(d)
        assert status["behind_nat"] is True, status
        assert source_status(d, "ipv6")["behind_nat"] is False
        # Another address of its own ends it.
        net.ip(f"addr add {GW4}/24 dev wan0")
        lab.wait_until(lambda: not source_status(d)["behind_nat"], what="no NAT")
        d.stop()


def test_hundreds_of_containers():
    """Links that no source draws on cost no look."""
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        time.sleep(0.3)
        t0 = time.monotonic()
        for n in range(40):
            net.batch(
                f"link add c{n} type veth peer name d{n}",
                f"link set c{n} up",
                f"addr add 172.17.{n}.1/24 dev c{n}",
                f"link del c{n}",
            )
        settled(d, t0)
        states = [x for x in d.lines if x.get("event") == "state"]
        assert not [x for x in states if x["monotonic_s"] > t0], d.tail()
        assert not net.wire.dns(t0)
        d.stop()


def as_nobody(d):
    """The same daemon without any right; its programs are copied to where
    nobody may look."""
    for folder, name in (("daemon", "evddnsd"), ("notify", "evddns-notify")):
        os.makedirs(f"{d.dir}/tree/{folder}")
        shutil.copy(os.path.join(TOP, folder, name), f"{d.dir}/tree/{folder}")
    try:
        for path in (d.dir, d.hooks_dir, d.state_dir):
            os.chown(path, 65534, 65534)
        for top, _, files in os.walk(d.dir):
            for f in files:
                os.chown(os.path.join(top, f), 65534, 65534)
    except OSError as e:
        raise Skipped("no such user in this namespace") from e
    command = d.command
    d.command = lambda *more: [
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
        "--bounding-set=-all", "--inh-caps=-all", f"{d.dir}/tree/daemon/evddnsd",
        *command(*more)[1:],
    ]  # fmt: skip
    probe = subprocess.run(d.command("-V"), capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        raise Skipped(f"setpriv: {probe.stderr}")


def test_without_any_right():
    """uid nobody does the same: hears, binds, moves with the route."""
    with Lab() as net:
        net.batch(
            f"route del default via {ISP4}",
            f"route add default via {ISP4} dev wan0 metric 100",
        )
        net.second_wan(metric=200)
        d = Evddnsd(net)
        as_nobody(d)
        d.start()
        d.wait_event(event="published", address=GW4)
        with open(f"/proc/{d.process.pid}/status", encoding="ascii") as f:
            status = f.read()
        assert "CapEff:\t0000000000000000" in status, status
        time.sleep(1.4)  # Knot
        t0 = net.ip(f"route del default via {ISP4} dev wan0 metric 100")
        d.wait_event(event="published", address=GW4_B)
        (update,) = all_updates(net, t0)
        assert update[0].source == GW4_B, update
        d.stop()


def test_mark_without_the_right():
    """-t says so when the mark of a source cannot be set."""
    with Lab() as net:
        d = Evddnsd(net, config(fwmark="7"))
        status, text = d.run("-t")
        assert status == 0, text
        as_nobody(d)
        status, text = d.run("-t")
        assert "CAP_NET_ADMIN" in text and "fwmark" in text, text
        assert status == 78, text
        assert f"{d.config_file}:1: " in text, text
        # Who does not look: each question fails, none leaves without it. The
        # machine's own resolver (RD) is nobody's uplink.
        t0 = time.monotonic()
        d.start()
        d.wait_log(event="unconfirmed")
        d.stop()
        assert not [m for _p, m in net.wire.dns(t0) if not m[2] & 1]


def test_a_secondary_is_promoted_or_not():
    """The primary goes: its secondaries stay, or go with it."""
    for promote, left in ((1, GW4_NEW), (0, None)):
        with Lab() as net:
            with open("/proc/sys/net/ipv4/conf/wan0/promote_secondaries", "w") as f:
                f.write(str(promote))
            with open("/proc/sys/net/ipv4/conf/all/promote_secondaries", "w") as f:
                f.write("0")
            net.batch(f"addr add {GW4_NEW}/24 dev wan0")
            d = Evddnsd(net, SOURCE + PROVIDER + record()).start()
            d.wait_event(event="published", address=GW4)
            time.sleep(1.4)  # Knot
            t0 = net.ip(f"addr del {GW4}/24 dev wan0", f"route add default via {ISP4}")
            if left:
                d.wait_event(event="published", address=left)
            else:
                d.wait_event(event="lost")
            d.stop()
            assert len(all_updates(net, t0)) == (1 if left else 0)
            assert net.dns(NAME, A) == [left or GW4]


if __name__ == "__main__":
    lab.main(globals())
