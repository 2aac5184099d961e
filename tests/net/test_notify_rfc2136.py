#!/usr/bin/env python3
"""DNS UPDATE by evddns-notify against Knot, BIND, PowerDNS and NSD."""

import os
import socket
import subprocess
import time

from notify_lab import (
    OTHER_SECRET, SECRET, Notify, account, bind, expect, free_port, job,
    knot, main, need, powerdns, query, values, wait_for, write,
)

A, AAAA = 1, 28


def both_families(server, directory):
    with Notify(directory, account(server.port)) as n:
        before = time.monotonic_ns()
        reply = n.do(**job(ipv4=["192.0.2.7"], ipv6=["2001:db8::7"], ttl=30))
        expect(reply, "done")
        assert reply["families"] == {"ipv4": "done", "ipv6": "done"}
        assert before < reply["sent_monotonic_ns"] < time.monotonic_ns()
        assert query(server.port, "home.example.org") == [("192.0.2.7", 30)]
        assert values(server.port, "home.example.org", AAAA) == [
            "2001:db8::7"]
        # One family alone leaves the other; the whole set is replaced.
        expect(n.do(**job(ipv4=["192.0.2.8", "192.0.2.9"])), "done")
        assert query(server.port, "home.example.org") == [
            ("192.0.2.8", 60), ("192.0.2.9", 60)]
        assert values(server.port, "home.example.org", AAAA) == [
            "2001:db8::7"]
        expect(n.do(**job(ipv6=[])), "done")
        assert values(server.port, "home.example.org", AAAA) == []
        assert len(values(server.port, "home.example.org")) == 2
        # Apex and wildcard.
        expect(n.do(**job("example.org", ipv4=["192.0.2.3"])), "done")
        assert values(server.port, "example.org") == ["192.0.2.3"]
        expect(n.do(**job("*.example.org", ipv4=["192.0.2.4"])), "done")
        assert values(server.port, "whatever.example.org") == ["192.0.2.4"]
        assert n.end() == ([], 0)


def cname_is_told(server, directory):
    with Notify(directory, account(server.port)) as n:
        expect(n.do(**job("alias.example.org", ipv4=["192.0.2.7"])),
               "refused", "alias.example.org is a CNAME")


def test_knot(directory):
    with knot(directory) as server:
        both_families(server, directory)
        cname_is_told(server, directory)
        for algorithm in ("sha1", "sha512"):
            with Notify(directory, account(
                    server.port, key=f"{algorithm}-key",
                    algorithm=f"hmac-{algorithm}")) as n:
                expect(n.do(**job(ipv4=["192.0.2.11"])), "done")


def test_knot_ipv6(directory):
    with knot(directory) as server, Notify(
            directory, account(server.port, host="[2001:db8::53]")) as n:
        expect(n.do(**job(ipv6=["2001:db8::9"])), "done")
        assert values(server.port, "home.example.org", AAAA) == [
            "2001:db8::9"]


def test_knot_refusals(directory):
    acl = ("update-owner: name\n    update-owner-match: equal\n"
           "    update-owner-name: [home, alias]\n"
           "    update-type: [A, AAAA]")
    with knot(directory, acl=acl) as server:
        config = (account(server.port) +
                  account(server.port, "secret", secret=OTHER_SECRET) +
                  account(server.port, "key", key="nobody") +
                  account(server.port, "algorithm", algorithm="hmac-sha1") +
                  account(server.port, "unsigned", secret=None))
        with Notify(directory, config) as n:
            expect(n.do(**job(ipv4=["192.0.2.7"])), "done")
            expect(n.do(**job(account="secret", ipv4=["192.0.2.7"])),
                   "refused", "BADSIG", "secret")
            expect(n.do(**job(account="key", ipv4=["192.0.2.7"])),
                   "refused", "knows no key", "nobody")
            expect(n.do(**job(account="algorithm", ipv4=["192.0.2.7"])),
                   "refused")
            expect(n.do(**job("other.example.org", ipv4=["192.0.2.7"])),
                   "refused", "knows no key", "other.example.org")
            expect(n.do(**job("www.other.org", zone="other.org",
                              ipv4=["192.0.2.7"])), "refused")
            expect(n.do(**job(account="unsigned", ipv4=["192.0.2.7"])),
                   "refused")
            n.end()
            assert SECRET not in n.stderr()


def test_knot_takes_one_family(directory):
    """The other one is kept back by nobody, alone or among many."""
    both = {"ipv4": ["192.0.2.7"], "ipv6": ["2001:db8::7"]}
    with knot(directory, acl="update-type: [AAAA]") as server, Notify(
            directory, account(server.port)) as n:
        n.send(*[job(f"n{i}.example.org", more=i < 4, **both)
                 for i in range(5)])
        for _ in range(5):
            reply = n.reply()
            expect(reply, "refused", "knows no key", "A of n")
            assert reply["families"] == {"ipv4": "refused", "ipv6": "done"}
        for i in range(5):
            assert values(server.port, f"n{i}.example.org") == []
            assert values(server.port, f"n{i}.example.org", AAAA) == [
                "2001:db8::7"]


def test_knot_many(directory):
    """A thousand names in one go: gathered, by TCP, one answer each."""
    with knot(directory) as server, Notify(directory,
                                           account(server.port)) as n:
        names = [f"host-{i}.example.org" for i in range(1000)]
        started = time.monotonic()
        n.send(*(job(name, ipv4=[f"192.0.2.{i % 250}"],
                     more=i + 1 < len(names))
                 for i, name in enumerate(names)))
        replies = [n.reply() for _ in names]
        took = time.monotonic() - started
        assert {r["status"] for r in replies} == {"done"}
        assert {r["id"] for r in replies} == set(range(1, 1001))
        sent = {r["sent_monotonic_ns"] for r in replies}
        assert 1 <= len(sent) <= 3, len(sent)
        assert values(server.port, "host-999.example.org") == ["192.0.2.249"]
        print(f"     1,000 names in {len(sent)} message(s), "
              f"{took * 1000:.0f} ms")


def test_knot_one_bad_among_many(directory):
    """A CNAME, and a name outside the zone, keep nobody else back."""
    with knot(directory) as server, Notify(directory,
                                           account(server.port)) as n:
        names = [f"h{i}.example.org" for i in range(20)]
        names[7] = "alias.example.org"
        n.send(*(job(name, ipv4=["192.0.2.7"], more=i + 1 < len(names))
                 for i, name in enumerate(names)))
        replies = {r["id"]: r for r in (n.reply() for _ in names)}
        for i, name in enumerate(names):
            if i == 7:
                expect(replies[i + 1], "refused", "CNAME")
            else:
                expect(replies[i + 1], "done")
                assert values(server.port, name) == ["192.0.2.7"]


def test_gathering_has_an_end(directory):
    """The last job of a group never comes: the others go all the same."""
    with knot(directory) as server, Notify(directory,
                                           account(server.port)) as n:
        expect(n.do(**job(ipv4=["192.0.2.7"], more=True)), "done")
        n.send(job(ipv4=["192.0.2.8"], more=True))
        replies, status = n.end()
        assert status == 0 and len(replies) == 1
        expect(replies[0], "done")


def test_zone_is_found(directory):
    """Neither job nor account names it; the account's server is asked."""
    with knot(directory) as server, Notify(directory,
                                           account(server.port)) as n:
        for name in ("new.example.org", "example.org", "www.example.org",
                     "a.b.c.example.org", "new.example.org"):
            reply = n.do(account="ns", name=name, ipv4=["192.0.2.77"])
            expect(reply, "done")
            assert values(server.port, name) == ["192.0.2.77"]


def test_resolver_finds_zone_and_primary(directory):
    """No server configured: the SOA, by the system's resolver."""
    need("mount")
    with knot(directory, port=53) as server:
        write(directory, "resolv.conf", "nameserver 127.0.0.1\n")
        subprocess.run(["mount", "--bind",
                        os.path.join(directory, "resolv.conf"),
                        os.path.realpath("/etc/resolv.conf")], check=True)
        with Notify(directory, account(None)) as n:
            expect(n.do(account="ns", name="new.example.org",
                        ipv4=["192.0.2.78"]), "done", "127.0.0.1")
            expect(n.do(**job(ipv4=["192.0.2.79"])), "done")
            # Who is named there need not be to be had.
            expect(n.do(**job(ipv4=["192.0.2.80"], resolve={
                "ns1.example.org": ["127.0.0.9"]})), "retry", "127.0.0.9",
                "ns1.example.org is the zone's primary", "server must name")
        assert values(53, "home.example.org") == ["192.0.2.79"]


def test_servers_in_order(directory):
    dead, silent = free_port(), free_port()
    with knot(directory) as server, socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", silent))
        config = (f'provider "ns" {{ type = "rfc2136" key-name = "ddns-key" '
                  f'key = "{SECRET}" server = {{ "127.0.0.1:{dead}", '
                  f'"[2001:db8::53]:{dead}", "127.0.0.1:{server.port}" }} }}'
                  f'provider "down" {{ type = "rfc2136" '
                  f'server = "127.0.0.1:{dead}" }}'
                  f'provider "silent" {{ type = "rfc2136" timeout = 500ms '
                  f'server = "127.0.0.1:{silent}" }}')
        with Notify(directory, config) as n:
            expect(n.do(**job(ipv4=["192.0.2.5"])), "done",
                   str(server.port))
            expect(n.do(**job(account="down", ipv4=["192.0.2.5"])), "retry",
                   "refused", str(dead))
            started = time.monotonic()
            expect(n.do(**job(account="silent", ipv4=["192.0.2.5"])),
                   "retry", "no answer")
            assert 0.4 < time.monotonic() - started < 3


def test_sources(directory):
    with knot(directory) as server, Notify(directory,
                                           account(server.port)) as n:
        # A local server is asked as the kernel likes, whatever the job says.
        expect(n.do(**job(ipv4=["192.0.2.5"], source="203.0.113.9")), "done")
        expect(n.do(**job(ipv4=["192.0.2.6"], interface="lo",
                          source={"ipv4": "127.0.0.1", "ipv6": None})),
               "done")
        expect(n.do(**job(ipv4=["192.0.2.6"], interface="none0")), "done")
    # Nothing leads to this one: then what the job says holds.
    with Notify(directory, account(53, host="192.0.2.53")) as n:
        expect(n.do(**job(ipv4=["192.0.2.6"], interface="none0")), "retry",
               "interface")


def test_hints(directory):
    with knot(directory) as server, Notify(
            directory, account(server.port, host="ns.invalid")) as n:
        expect(n.do(**job(ipv4=["192.0.2.6"],
                          resolve={"ns.invalid": ["127.0.0.1"]})), "done")


def test_bind(directory):
    with bind(directory) as server:
        both_families(server, directory)
        cname_is_told(server, directory)
        config = (account(server.port, "secret", secret=OTHER_SECRET) +
                  account(server.port, "key", key="nobody") +
                  account(server.port, "limited", key="limited",
                          algorithm="hmac-sha512") +
                  account(server.port, "unsigned", secret=None))
        with Notify(directory, config) as n:
            expect(n.do(**job(account="secret", ipv4=["192.0.2.7"])),
                   "refused", "BADSIG")
            expect(n.do(**job(account="key", ipv4=["192.0.2.7"])),
                   "refused", "knows no key")
            expect(n.do(**job("only.example.org", account="limited",
                              ipv4=["192.0.2.7"])), "done")
            expect(n.do(**job(account="limited", ipv4=["192.0.2.7"])),
                   "refused", "REFUSED", "policy")
            expect(n.do(**job("www.other.org", zone="other.org",
                              account="limited", ipv4=["192.0.2.7"])),
                   "refused", "NOTAUTH", "other.org")
            expect(n.do(**job(account="unsigned", ipv4=["192.0.2.7"])),
                   "refused", "REFUSED", "unsigned")
            # So is one family.
            reply = n.do(**job("four.example.org", account="limited",
                               ipv4=["192.0.2.7"], ipv6=["2001:db8::7"]))
            expect(reply, "refused", "AAAA of four.example.org")
            assert reply["families"] == {"ipv4": "done", "ipv6": "refused"}
            assert values(server.port, "four.example.org") == ["192.0.2.7"]
            expect(n.do(**job(account="limited", ipv4=["192.0.2.7"],
                              ipv6=["2001:db8::7"])), "refused",
                   "may not change home.example.org")
            # One that may not be changed among one that may.
            n.send(job("only.example.org", account="limited", more=True,
                       ipv4=["192.0.2.8"]),
                   job(account="limited", ipv4=["192.0.2.8"]))
            said = sorted(n.reply()["status"] for _ in range(2))
            assert said == ["done", "refused"], said
            assert values(server.port, "only.example.org") == ["192.0.2.8"]


def test_powerdns(directory):
    with powerdns(directory) as server:
        both_families(server, directory)
        config = (account(server.port) +
                  account(server.port, "secret", secret=OTHER_SECRET))
        with Notify(directory, config) as n:
            reply = n.do(**job("alias.example.org", ipv4=["192.0.2.7"]))
            expect(reply, "refused", "CNAME")
            expect(n.do(**job(account="secret", ipv4=["192.0.2.7"])),
                   "refused", "REFUSED", "secret")


def test_look(directory):
    """What the server holds, and whether key and zone are right."""
    with knot(directory) as server, Notify(
            directory, account(server.port) +
            account(server.port, "secret", secret=OTHER_SECRET) +
            account(server.port, "key", key="nobody") +
            account(server.port, "unsigned", secret=None)) as n:
        expect(n.do(**job(ipv4=["192.0.2.7"])), "done")
        both = ["ipv4", "ipv6"]
        for members in ({}, {"account": "unsigned"}):
            look = {"account": "ns", "name": "home.example.org", "look": True,
                    "zone": "example.org", "families": both, **members}
            reply = n.do(**look)
            expect(reply, "done", "example.org")
            assert reply["values"] == {"ipv4": ["192.0.2.7"], "ipv6": []}
        del look["zone"]
        look.update(account="ns", families=["ipv4"])
        assert n.do(**look)["values"] == {"ipv4": ["192.0.2.7"]}
        for more, word in (({"account": "secret"}, "BADSIG"),
                           ({"account": "key"}, "knows no key"),
                           ({"zone": "org"}, "REFUSED"),
                           ({"name": "alias.example.org"}, "CNAME")):
            expect(n.do(**dict(look, **more)), "refused", word)


def test_key_files(directory):
    bind_file = write(directory, "bind.key", 'key "DDNS-key." {\n'
                      f'\talgorithm HMAC-SHA256;\n\tsecret "{SECRET}";\n}};\n')
    line_file = write(directory, "line.key",
                      f"hmac-sha256:ddns-key:{SECRET}\n")
    knot_file = write(directory, "knot.key", "# hmac-sha256:x:y\nkey:\n"
                      "  - id: ddns-key\n    algorithm: hmac-sha256\n"
                      f"    secret: {SECRET}\n")
    bare_file = write(directory, "bare.key", SECRET + "\n")
    with knot(directory) as server:
        for settings in (f'key-file = "{bind_file}"',
                         f'key-file = "{line_file}"',
                         f'key-file = "{knot_file}"',
                         f'key-name = "ddns-key" secret-file = "{bare_file}"',
                         'key-name = "ddns-key" key-credential = "bare.key"',
                         'key-file = "line.key"'):
            config = (f'provider "ns" {{ type = "rfc2136" {settings} '
                      f'server = "127.0.0.1:{server.port}" }}')
            with Notify(directory, config, env=dict(
                    os.environ, CREDENTIALS_DIRECTORY=directory)) as n:
                expect(n.do(**job(ipv4=["192.0.2.7"])), "done")


def test_dry_run(directory):
    with knot(directory) as server, Notify(
            directory, account(server.port), "--dry-run") as n:
        expect(n.do(**job(ipv4=["192.0.2.123"])), "done", "dry run",
               "192.0.2.123", "home.example.org")
        assert values(server.port, "home.example.org") == []
        assert "192.0.2.123" in n.stderr() and SECRET not in n.stderr()


def test_trace(directory):
    with knot(directory) as server, Notify(directory, account(server.port),
                                           "-v") as n:
        expect(n.do(**job(ipv4=["192.0.2.123"])), "done")
        wait_for(lambda: "NOERROR" in n.stderr(), "the trace")
        assert "192.0.2.123" in n.stderr() and SECRET not in n.stderr()


if __name__ == "__main__":
    main(globals())
