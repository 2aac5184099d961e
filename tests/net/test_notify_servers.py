#!/usr/bin/env python3
"""Several servers in order, clocks, large messages; and yadifa's server."""

import os
import socket
import subprocess
import time

from fakeclock import FakeClock
from notify_lab import (
    SECRET, ZONE, Notify, Server, account, bind, expect, free_port, job,
    knot, main, need, powerdns, values, write,
)
from tools import Skipped

NAME = "home.example.org"


def servers(*ports, host="127.0.0.1", **more):
    several = ", ".join(f'"{host}:{p}"' for p in ports)
    return account(0, **more).replace("key-name", f"server = {{{several}}} "
                                      "key-name", 1)


class Deaf:
    """A server that hears everything and says nothing."""

    def __init__(self, port=0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]

    def heard(self):
        self.socket.setblocking(False)
        n = 0
        try:
            while self.socket.recv(65536):
                n += 1
        except BlockingIOError:
            return n


def test_the_next_server(directory):
    deaf, closed = Deaf(), free_port()
    with knot(directory) as server:
        # Nobody listens at the first: at once.
        with Notify(directory, servers(closed, server.port)) as n:
            started = time.monotonic()
            expect(n.do(**job(ipv4=["192.0.2.1"])), "done")
            assert time.monotonic() - started < 2.5
        # The first is silent: after a while, and then not again.
        with Notify(directory, servers(deaf.port, server.port)) as n:
            started = time.monotonic()
            expect(n.do(**job(ipv4=["192.0.2.2"])), "done")
            assert 3 < time.monotonic() - started < 6
            assert deaf.heard() > 1
            started = time.monotonic()
            expect(n.do(**job(ipv4=["192.0.2.3"])), "done")
            assert time.monotonic() - started < 2.5 and deaf.heard() == 0
        assert values(server.port, NAME) == ["192.0.2.3"]


def test_the_first_one_is_back(directory):
    """Another one takes over, and for a minute the first is let alone."""
    first, second = free_port(), directory + "/second"
    os.mkdir(second)
    clock = FakeClock(directory + "/clock")
    with knot(second) as other, Notify(
            directory, servers(first, other.port),
            env=dict(os.environ, **clock.env)) as n:
        expect(n.do(**job(ipv4=["192.0.2.1"])), "done", str(other.port))
        with knot(directory, port=first):
            expect(n.do(**job(ipv4=["192.0.2.2"])), "done", str(other.port))
            clock.set(61, 61, 61)
            expect(n.do(**job(ipv4=["192.0.2.3"])), "done", str(first))
            assert values(first, NAME) == ["192.0.2.3"]
        assert values(other.port, NAME) == ["192.0.2.2"]
        expect(n.do(**job(ipv4=["192.0.2.4"])), "done", str(other.port))


def test_all_in_time(directory):
    """`timeout` bounds it all, and leaves something for the next server."""
    need("mount")
    deaf, _resolver = Deaf(), Deaf(53)
    write(directory, "resolv.conf", "nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", directory + "/resolv.conf",
                    os.path.realpath("/etc/resolv.conf")], check=True)
    extra = "timeout = 2s"
    with knot(directory) as server:
        rows = {
            "name": (account(53, "name", host="ns.example.net", extra=extra),
                     "retry", "ns.example.net", "no answer in time"),
            "zone": (account(None, "zone", extra=extra), "retry",
                     "the zone of", "no answer in time"),
            "silent": (servers(deaf.port, server.port, name="silent",
                               extra=extra), "done"),
            "after": (servers(1, server.port, name="after", extra=extra)
                      .replace("127.0.0.1:1\"", "ns.example.net:53\""),
                      "done"),
        }
        with Notify(directory, "".join(r[0] for r in rows.values())) as n:
            started = time.monotonic()
            for i, name in enumerate(rows):
                n.send({"account": name, "name": f"n{i}.example.org",
                        "ipv4": ["192.0.2.7"],
                        **({} if name == "zone" else
                           {"zone": "example.org"})})
            replies = {r["id"]: r for r in (n.reply() for _ in rows)}
            assert time.monotonic() - started < 4
        for i, (_, *want) in enumerate(rows.values(), 1):
            expect(replies[i], *want)
    subprocess.run(["umount", os.path.realpath("/etc/resolv.conf")],
                   check=True)


def test_udp_does_not_get_through(directory):
    """A firewall that drops it: TCP does."""
    need("nft")
    with knot(directory) as server, Notify(directory, "".join(
            account(server.port, name, extra=f"timeout = {t}")
            for name, t in (("short", "4s"), ("long", "9s")))) as n:
        rule = subprocess.run(
            ["nft", "-f", "-"], text=True, capture_output=True, check=False,
            input="add table inet f\nadd chain inet f i "
            "{ type filter hook input priority 0; }\n"
            f"add rule inet f i udp dport {server.port} drop\n")
        if rule.returncode:
            raise Skipped("nftables cannot be used here: " + rule.stderr)
        try:
            started = time.monotonic()
            n.send(job("a.example.org", account="short", ipv4=["192.0.2.7"]),
                   {"account": "long", "name": "b.example.org",
                    "ipv4": ["192.0.2.8"]})
            expect(n.reply(), "done")
            assert time.monotonic() - started < 3
            expect(n.reply(), "done")  # its zone was looked for first
        finally:
            subprocess.run(["nft", "delete", "table", "inet", "f"],
                           check=True)
        assert values(server.port, "a.example.org") == ["192.0.2.7"]
        assert values(server.port, "b.example.org") == ["192.0.2.8"]


def test_a_secondary_passes_it_on(directory):
    """Its answer is signed with the id that the primary saw."""
    need("named")
    port = free_port()
    with bind(directory) as server:
        write(directory, "second.conf", f"""options {{
    directory "{directory}"; pid-file "{directory}/second.pid";
    session-keyfile "{directory}/second.key"; listen-on-v6 {{ none; }};
    managed-keys-directory "{directory}"; dnssec-validation no;
    listen-on port {port} {{ 127.0.0.1; }}; recursion no; }};
controls {{ }};
key "ddns-key" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
zone "example.org" {{ type secondary; file "second";
    primaries port {server.port} {{ 127.0.0.1; }};
    allow-update-forwarding {{ any; }}; }};
""")
        with Server(directory, port, ["named", "-g", "-c", directory +
                                      "/second.conf"], "second"), Notify(
                directory, account(port)) as n:
            expect(n.do(**job(ipv4=["192.0.2.1"])), "done", str(port))
            assert values(server.port, NAME) == ["192.0.2.1"]


def test_a_secondary_is_no_primary(directory):
    """The first takes no updates of the zone: the next one does."""
    other = directory + "/other"
    os.mkdir(other)
    with knot(directory) as server, knot(other, zone="example.org",
                                         acl="update-type: [TXT]") as denies:
        with Notify(directory, servers(denies.port, server.port)) as n:
            expect(n.do(**job(ipv4=["192.0.2.1"])), "done")
            assert values(server.port, NAME) == ["192.0.2.1"]
        # All of them refuse: for good. One is away: not for good.
        with Notify(directory, servers(denies.port, denies.port)) as n:
            expect(n.do(**job(ipv4=["192.0.2.1"])), "refused", "knows no key")
        with Notify(directory, servers(free_port(), denies.port)) as n:
            expect(n.do(**job(ipv4=["192.0.2.1"])), "retry", "nobody listens")


def test_clocks(directory):
    """A server whose clock differs: how far, and whose is ahead."""
    clock = FakeClock(directory + "/clock")
    for start in (knot, bind, powerdns, yadifa):
        for off_s, word in ((3000, "behind"), (-500, "ahead of"), (200, None)):
            clock.set(off_s)
            own = f"{directory}/{start.__name__}{off_s}"
            os.mkdir(own)
            Server.env = clock.env
            try:
                server = start(own)
            finally:
                Server.env = {}
            with server, Notify(own, account(server.port)) as n:
                reply = n.do(**job(ipv4=["192.0.2.7"]))
                if word is None:
                    expect(reply, "done")
                    continue
                assert reply["clock"] is True, reply
                if start is powerdns:  # as to a wrong secret
                    expect(reply, "refused", "without signature", "clock")
                    continue
                expect(reply, "retry", "BADTIME", word)
                seconds = int(reply["text"].split(" s ", 1)[0].split()[-1])
                assert abs(seconds - abs(off_s)) < 10, reply


def test_large(directory):
    """90 addresses of one name, and 2,000 names: by TCP."""
    many = [f"10.1.{i >> 8}.{i & 255}" for i in range(90)]
    for start in (knot, bind, powerdns):
        with start(directory) as server, Notify(
                directory, account(server.port)) as n:
            expect(n.do(**job(ipv4=many)), "done")
            expect(n.do(**job(ipv4=[])), "done")
            if start is powerdns:  # it takes seconds
                continue
            n.send(*[job(f"n{i}.example.org", ipv4=["192.0.2.1"],
                         more=i < 1999) for i in range(2000)])
            replies = [n.reply(30) for _ in range(2000)]
            assert all(r["status"] == "done" for r in replies)
            sent = {r["sent_monotonic_ns"] for r in replies}
            assert len(sent) <= 6, len(sent)


def yadifa(directory):
    need("yadifad")
    port = free_port()
    for name in ("zones", "keys", "xfr", "log"):
        os.mkdir(f"{directory}/{name}")
    write(directory, "zones/example.org",
          "$ORIGIN example.org.\n" + ZONE.format(zone="example.org"))
    write(directory, "yadifad.conf", f"""<main>
    daemon off
    chroot off
    datapath "{directory}/zones"
    keyspath "{directory}/keys"
    xfrpath "{directory}/xfr"
    logpath "{directory}/log"
    pidfile "{directory}/yadifad.pid"
    listen 127.0.0.1 port {port}
    allow-query any
    allow-update none
    allow-transfer none
</main>
<key>
    name ddns-key
    algorithm hmac-sha256
    secret {SECRET}
</key>
<acl>
    upd key ddns-key
</acl>
<zone>
    type primary
    domain example.org
    file example.org
    allow-update upd
</zone>
<channels>
    out STDERR
</channels>
<loggers>
    system prod out
    server prod out
</loggers>
""")
    return Server(directory, port, ["yadifad", "-c",
                                    directory + "/yadifad.conf"], "yadifa")


def test_yadifa(directory):
    with yadifa(directory) as server:
        config = (account(server.port) +
                  account(server.port, "secret", secret=SECRET[::-1][1:] +
                          "=") + account(server.port, "key", key="nobody") +
                  account(server.port, "unsigned", secret=None))
        with Notify(directory, config) as n:
            expect(n.do(**job(ipv4=["192.0.2.7"], ipv6=["2001:db8::7"])),
                   "done")
            assert values(server.port, NAME) == ["192.0.2.7"]
            expect(n.do(**job(ipv4=["192.0.2.8"], owner="gw1")), "done")
            assert values(server.port, NAME) == ["192.0.2.7", "192.0.2.8"]
            expect(n.do(**job(ipv4=[], owner="gw1")), "done")
            assert values(server.port, NAME) == ["192.0.2.7"]
            expect(n.do(**job("alias.example.org", ipv4=["192.0.2.7"])),
                   "refused", "CNAME")
            expect(n.do(**job(account="key", ipv4=["192.0.2.7"])), "refused",
                   "nobody")
            for wrong in ("secret", "unsigned"):
                expect(n.do(**job(account=wrong, ipv4=["192.0.2.7"])),
                       "refused")


if __name__ == "__main__":
    main(globals())
