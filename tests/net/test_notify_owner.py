#!/usr/bin/env python3
"""Names that several gateways share, exact removal, and create = no."""

import os
import random
import time

from notify_lab import (
    Notify, account, bind, expect, job, knot, main, powerdns, query_text,
    values, wait_for,
)

A, AAAA = 1, 28
NAME = "home.example.org"
MARKS = "_evddns.home.example.org"
ROUNDS = 10000 if os.environ.get("EVDDNS_LONG") else 40
PASSES = min(ROUNDS, 1000)


def done(n, sent, reply=None):
    """As the daemon does: what was not answered in time is said again."""
    reply = reply or n.do(30, **sent)
    for _ in range(10):
        if reply["status"] != "retry" or "in time" not in reply["text"]:
            break
        reply = n.do(30, **{k: v for k, v in sent.items() if k != "id"})
    return reply


def marks(server):
    """{(owner, address): until} of the documented format."""
    found = {}
    for text in query_text(server.port, MARKS):
        words = text.split(" ")
        assert words[0] == "v=evddns1", text
        pairs = dict(w.split("=", 1) for w in words[1:])
        address = pairs.get("ipv4") or pairs.get("ipv6")
        found[pairs["owner"], address] = int(pairs.get("until", 0))
    return found


def sharing(server, directory):
    with Notify(directory, account(server.port)) as n:
        def tell(owner, now, was=None, family="ipv4", **more):
            members = {"owner": owner, family: now, **more}
            if was is not None:
                members["was"] = {family: was}
            expect(done(n, job(**members)), "done")

        tell("gw1", ["192.0.2.1"])
        tell("gw2", ["192.0.2.2"])
        tell("gw3", ["192.0.2.3"])
        tell("gw1", ["2001:db8::1"], family="ipv6")
        assert values(server.port, NAME) == ["192.0.2.1", "192.0.2.2",
                                             "192.0.2.3"]
        assert set(marks(server)) == {
            ("gw1", "192.0.2.1"), ("gw2", "192.0.2.2"), ("gw3", "192.0.2.3"),
            ("gw1", "2001:db8::1")}
        # Each one's own value, known from the job or from the mark.
        tell("gw1", ["192.0.2.11"], ["192.0.2.1"])
        tell("gw2", ["192.0.2.12"])
        assert values(server.port, NAME) == ["192.0.2.11", "192.0.2.12",
                                             "192.0.2.3"]
        assert values(server.port, NAME, AAAA) == ["2001:db8::1"]
        # The loser's late removal does not take the winner's.
        tell("gw1", [], ["192.0.2.11"])
        assert values(server.port, NAME) == ["192.0.2.12", "192.0.2.3"]
        tell("gw1", [], family="ipv6")
        assert values(server.port, NAME, AAAA) == []
        assert set(marks(server)) == {("gw2", "192.0.2.12"),
                                      ("gw3", "192.0.2.3")}


def one_address_of_two(server, directory):
    """It stays as long as one of them has it."""
    with Notify(directory, account(server.port)) as n:
        for owner in ("gw2", "gw3"):
            expect(n.do(**job(owner=owner, ipv4=["192.0.2.5"])), "done")
        expect(n.do(**job(owner="gw2", ipv4=["192.0.2.6"],
                          was={"ipv4": ["192.0.2.5"]})), "done")
        assert values(server.port, NAME) == ["192.0.2.5", "192.0.2.6"]
        expect(n.do(**job(owner="gw3", ipv4=[])), "done")
        assert values(server.port, NAME) == ["192.0.2.6"]
        assert set(marks(server)) == {("gw2", "192.0.2.6")}
        expect(n.do(**job(owner="gw2", ipv4=[])), "done")


def silent_owners(server, directory):
    with Notify(directory, account(server.port)) as n:
        def tell(owner, addr, expire):
            expect(n.do(**job(owner=owner, ipv4=[addr],
                              owner_expire_s=expire)), "done")

        tell("gw8", "192.0.2.8", 1)
        tell("gw9", "192.0.2.9", 1000)
        until = marks(server)
        assert 990 < until["gw9", "192.0.2.9"] - time.time() < 1010
        assert ("gw8", "192.0.2.8") in until

        def gone():
            tell("gw9", "192.0.2.9", 1000)
            return ("gw8", "192.0.2.8") not in marks(server)

        wait_for(gone, "the silent owner's mark is gone", 6)
        assert "192.0.2.8" not in values(server.port, NAME)
        assert "192.0.2.9" in values(server.port, NAME)
        # One who does not ask for it is told of nobody's end.
        tell("gw8", "192.0.2.8", 1)
        time.sleep(2.2)  # the server's seconds must pass
        expect(n.do(**job(owner="gw7", ipv4=["192.0.2.7"])), "done")
        assert "192.0.2.8" in values(server.port, NAME)
        for owner in ("gw7", "gw9"):
            expect(n.do(**job(owner=owner, ipv4=[], owner_expire_s=1000)),
                   "done")
        assert "192.0.2.8" not in values(server.port, NAME)


def three_at_once(server, directory):
    """Each in a process of its own; in the end each one's last value."""
    owners = ["gw1", "gw2", "gw3"]
    dice = random.Random(7)
    notifies = []
    for owner in owners:
        own = os.path.join(directory, owner)
        os.makedirs(own, exist_ok=True)
        notifies.append(Notify(own, account(server.port)))
    try:
        last, sent = {}, {}
        started = time.monotonic()
        for i in range(ROUNDS):
            for k, (owner, n) in enumerate(zip(owners, notifies)):
                addr = f"10.{k}.{dice.randrange(256)}.{dice.randrange(256)}"
                was = [last[owner]] if owner in last else []
                sent[n] = job(owner=owner, ipv4=[addr], was={"ipv4": was})
                n.send(sent[n])
                last[owner] = addr
            for n in notifies:
                expect(done(n, sent[n], n.reply(30)), "done")
            if i % 100 == 0 or i + 1 == ROUNDS:
                assert values(server.port, NAME) == sorted(last.values())
        took = time.monotonic() - started
        assert set(marks(server)) == set(last.items())
        print(f"     {ROUNDS} rounds of 3 owners: {took:.1f} s, "
              f"{3 * ROUNDS / took:.0f} updates a second", flush=True)
        for owner, n in zip(owners, notifies):
            expect(n.do(**job(owner=owner, ipv4=[])), "done")
        assert values(server.port, NAME) == [] and marks(server) == {}
    finally:
        for n in notifies:
            n.__exit__()


def passed_on(server, directory, apart=False):
    """
    One takes an address up in the moment that the other leaves it; apart:
    whose other family may not be made, so that each goes by itself.
    """
    shared, other = "192.0.2.77", "192.0.2.78"
    paths = [os.path.join(directory, f"pass{k}{apart}") for k in range(2)]
    more = {"ipv6": ["2001:db8::1"], "create": False} if apart else {}
    for path in paths:
        os.makedirs(path, exist_ok=True)
    with Notify(paths[0], account(server.port)) as a, Notify(
            paths[1], account(server.port)) as b:
        for i in range(PASSES):
            expect(done(a, job(owner="gw1", ipv4=[shared])), "done")
            expect(done(b, job(owner="gw2", ipv4=[])), "done")
            left = [other] if i % 2 else []
            leaves = job(owner="gw1", ipv4=left, was={"ipv4": [shared]},
                         **more)
            takes = job(owner="gw2", ipv4=[shared])
            a.send(leaves)
            b.send(takes)
            reply = done(a, leaves, a.reply(30))
            if apart:
                assert reply["families"] == {"ipv4": "done",
                                             "ipv6": "refused"}, reply
            else:
                expect(reply, "done")
            expect(done(b, takes, b.reply(30)), "done")
            assert values(server.port, NAME) == sorted([shared] + left), i
        for n, owner in ((a, "gw1"), (b, "gw2")):
            expect(n.do(**job(owner=owner, ipv4=[])), "done")
        assert values(server.port, NAME) == [] and marks(server) == {}


def exact(server, directory):
    """Without owner: what was ours goes, what is another's stays."""
    with Notify(directory, account(server.port)) as n:
        expect(n.do(**job(ipv4=["192.0.2.1", "192.0.2.2"])), "done")
        expect(n.do(**job(ipv4=[], was={"ipv4": ["192.0.2.1",
                                                 "192.0.2.9"]})), "done")
        assert values(server.port, NAME) == ["192.0.2.2"]
        expect(n.do(**job(ipv4=[])), "done")
        assert values(server.port, NAME) == []


def must_exist(server, directory):
    name = "made.example.org"
    with Notify(directory, account(server.port)) as n:
        expect(n.do(**job(name, ipv4=["192.0.2.1"], create=False)),
               "refused", "NXRRSET", "create = no")
        assert values(server.port, name) == []
        expect(n.do(**job(name, ipv4=["192.0.2.1"])), "done")
        expect(n.do(**job(name, ipv4=["192.0.2.2"], create=False)), "done")
        assert values(server.port, name) == ["192.0.2.2"]
        reply = n.do(**job(name, ipv4=["192.0.2.3"], ipv6=["2001:db8::3"],
                           create=False))
        assert reply["families"] == {"ipv4": "done", "ipv6": "refused"}, reply
        assert values(server.port, name) == ["192.0.2.3"]
        assert values(server.port, name, AAAA) == []


def everything(server, directory):
    exact(server, directory)
    must_exist(server, directory)
    sharing(server, directory)
    one_address_of_two(server, directory)
    silent_owners(server, directory)
    passed_on(server, directory)
    passed_on(server, directory, apart=True)
    three_at_once(server, directory)


def test_knot(directory):
    with knot(directory) as server:
        everything(server, directory)


def test_bind(directory):
    with bind(directory) as server:
        everything(server, directory)


def test_powerdns(directory):
    with powerdns(directory) as server:
        everything(server, directory)


def test_without_key(directory):
    """Times are then those of the clock here."""
    with knot(directory, open_to_all=True) as server:
        port = server.port
        with Notify(directory, account(port, secret=None)) as n:
            expect(n.do(**job(owner="gw1", ipv4=["192.0.2.1"],
                              owner_expire_s=60)), "done")
            assert values(port, NAME) == ["192.0.2.1"]
            left = marks(server)["gw1", "192.0.2.1"] - time.time()
            assert 50 < left < 70


def test_denied_marks(directory):
    """A key that may not write the marks: nothing happens, and it is told."""
    acl = "update-type: [A, AAAA]"
    with knot(directory, acl=acl) as server, Notify(
            directory, account(server.port)) as n:
        expect(n.do(**job(owner="gw1", ipv4=["192.0.2.1"])), "refused",
               MARKS, "TXT")
        assert values(server.port, NAME) == []


if __name__ == "__main__":
    main(globals(), 3600 if os.environ.get("EVDDNS_LONG") else 240)
