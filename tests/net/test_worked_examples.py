#!/usr/bin/env python3
"""The worked examples of evddns.conf(5): each loads as printed, and does in
the network that it is for what the page says of it."""

import os
import re
import subprocess
import time

import knot
import lab
from evddnsd import Evddnsd, program
from lab import A, AAAA, GW4, GW4_B, ISP4, ISP4_B, NS4, PPP4, PPP4_PEER, RUN, Lab
from routers import Radvd
from test_renumbering import addresses, set_ipv6
from tools import wait_until

MAN = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "man", "evddns.conf.5")
OLD, NEW = "2a0a:600:0:f", "2a0a:600:0:e00"


def examples():
    """What is printed, by the words before it."""
    with open(MAN, encoding="utf-8") as f:
        text = f.read().split(".Sh EXAMPLES\n", 1)[1].split(".Sh SEE ALSO", 1)[0]
    found = {}
    for part in text.split(".Ed\n"):
        words, _, body = part.partition(".Bd -literal")
        body = body.partition("\n")[2].replace("\\e", "\\")
        if "provider " in body and "record " in body:
            found[words.split(".Pp\n")[-1]] = body
    return found


def example(begin):
    (text,) = [t for w, t in examples().items() if w.startswith(begin)]
    return text


def directory():
    """Stands for /etc/evddns."""
    path = RUN + "/t/etc"
    os.makedirs(path, mode=0o755, exist_ok=True)
    for name, text in (
        ("gw.key", f"hmac-sha256:{knot.KEY_NAME}:{knot.KEY}\n"),
        ("server.key", f"hmac-sha256:{knot.KEY_NAME}:{knot.KEY}\n"),
        ("dyn", "a password\n"),
    ):
        fd = os.open(f"{path}/{name}", os.O_CREAT | os.O_WRONLY, 0o600)
        with os.fdopen(fd, "w") as f:
            f.write(text)
    return path


def start(net, begin, more=()):
    """With the lab's server, and what the lab needs besides."""
    text = example(begin).replace("/etc/evddns", directory())
    text = re.sub(r'\s+server\s+= "192.0.2.53"', "", text)
    text = text.replace('type = "rfc2136"', 'type     = "rfc2136"')
    text = text.replace('type     = "rfc2136"', f'type = "rfc2136"  server = "{NS4}"')
    for old, new in more:
        assert old in text, text
        text = text.replace(old, new)
    return Evddnsd(net, text).start()


def published(net, d, name, kind, want, skip=0):
    d.wait_event(event="published", record=name, address=want, skip=skip)
    assert net.dns(name, kind) == [want]


def test_each_loads():
    with Lab(gateway=False) as _net:
        place = directory()
        found = examples()
        assert len(found) == 6, list(found)
        for words, text in found.items():
            path = place + "/evddns.conf"
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace("/etc/evddns", place))
            p = subprocess.run(
                [program(), "-t", "-c", path], capture_output=True, text=True,
                env=dict(os.environ, CREDENTIALS_DIRECTORY=place), check=False,
            )  # fmt: skip
            assert p.returncode == 0, (words, p.stderr)


def dial_in(address):
    return (
        "link set ppp0 up",
        f"addr add {address} peer {PPP4_PEER}/32 dev ppp0",
        "route add default dev ppp0",
        "addr add fe80::5/64 dev ppp0 nodad",
        "route add default via fe80::1 dev ppp0",
    )


def test_pppoe():
    """No address on the uplink but IPv4; a dial-in makes it anew."""
    with Lab(gateway=False) as net:
        net.batch(
            "link set wan0 name ppp0",
            "link add br-lan type bridge",
            "link set br-lan up",
            f"addr add {OLD}::1/64 dev br-lan nodad",
            *dial_in(PPP4),
        )
        net.batch(f"route add {OLD}::/64 via fe80::5 dev isp0", netns="inet")
        d = start(net, "A gateway on PPPoE")
        name = "home.example.org"
        published(net, d, name, A, PPP4)
        published(net, d, name, AAAA, OLD + "::1")
        time.sleep(1.4)  # Knot
        # It goes, and one of that name comes with another index.
        net.batch("link set ppp0 netns inet", "link add x0 type veth peer name x1")
        net.batch(f"link set ppp0 netns {os.getpid()}", netns="inet")
        again = PPP4.rsplit(".", 1)[0] + ".77"
        skip = len(d.events())
        net.ip(*dial_in(again))
        published(net, d, name, A, again, skip)
        d.stop()


def test_two_uplinks():
    with Lab(gateway=False) as net:
        net.second_wan()
        net.batch(
            "link set wan0 name ppp0",
            "link set wan1 name wwan0",
            f"addr add {GW4}/24 dev ppp0",
            f"route add default via {ISP4} dev ppp0 metric 100",
            f"route add default via {ISP4_B} dev wwan0 table 102",
            f"rule add from {GW4_B} lookup 102",
        )
        d = start(net, "Two uplinks", [(
            "confirm = always",
            f'confirm = always  reflectors4 = {{"dns:whoami.test@{NS4}/A"}}')])
        for name, want in (("dsl", GW4), ("lte", GW4_B), ("home", GW4), ("vpn", GW4)):
            published(net, d, name + ".example.org", A, want)
        asked = [p for p, m in net.wire_b.dns() if b"\x06whoami" in m.lower()]
        assert asked and {p.source for p in asked} == {GW4_B}
        time.sleep(1.4)  # Knot
        skip, t0 = len(d.events()), time.monotonic()
        net.ip(f"route add default via {ISP4_B} dev wwan0 metric 50")
        published(net, d, "home.example.org", A, GW4_B, skip)
        time.sleep(1.4)  # Knot
        # Nobody else moved; the last one does by its order.
        assert len(net.wire.updates(t0) + net.wire_b.updates(t0)) == 1
        skip = len(d.events())
        net.ip("link set ppp0 down")
        published(net, d, "vpn.example.org", A, GW4_B, skip)
        assert net.dns("dsl.example.org", A) == [GW4]
        d.stop()


def test_server():
    with Lab() as net:
        set_ipv6("use_tempaddr", 2)
        radvd = Radvd("inet", "isp0", {OLD + "::/64": (600, 1200)})
        try:
            d = start(net, "A server with privacy addresses")
            stays(net, d, OLD)
            time.sleep(1.4)  # Knot
            radvd.advertise({OLD + "::/64": (0, 1200), NEW + "::/64": (600, 1200)})
            stays(net, d, NEW)
            d.stop()
        finally:
            radvd.stop()
            set_ipv6("use_tempaddr", 0)


def stays(net, d, prefix):
    for name, temporary in (("server", False), ("peer", True)):
        (want,) = wait_until(
            lambda t=temporary: addresses(prefix, t), 20, f"an address in {prefix}"
        )
        published(net, d, name + ".example.org", AAAA, want)


def hosts(prefix):
    """The last one is on another subnet of the /56."""
    return {
        "nas": prefix + ":0:5eff:fe10:2030",
        "printer": prefix + ":10:20ff:fe30:4050",
        "cam": prefix.rsplit(":", 1)[0] + f":{int(prefix.split(':')[-1], 16) & 0xff00 | 3:x}::9",
    }


def test_lan_hosts():
    with Lab() as net:
        net.batch(
            "link add br-lan type bridge",
            "link set br-lan up",
            f"addr add {OLD}::1/64 dev br-lan nodad",
        )
        d = start(net, "Hosts on the LAN")
        for name, want in hosts(OLD).items():
            published(net, d, name + ".example.org", AAAA, want)
        time.sleep(1.4)  # Knot
        skip = len(d.events())
        t0 = net.ip(
            f"addr add {NEW}::1/64 dev br-lan nodad",
            f"addr del {OLD}::1/64 dev br-lan",
        )
        for name, want in hosts(NEW).items():
            published(net, d, name + ".example.org", AAAA, want, skip)
        assert len(net.wire.updates(t0)) == 1
        prefixes = [e for e in d.events()[skip:] if e["event"] == "prefix"]
        assert len(prefixes) == 1, prefixes
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
