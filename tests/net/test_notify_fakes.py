#!/usr/bin/env python3
"""Servers that misbehave: late, twice, wrong, forged, truncated, off in time."""

import time

from fakeupdate import Fake
from notify_lab import SECRET, Notify, account, expect, main, write


def do(directory, answer, tcp_answer=None, timeout="15s", n_names=1):
    fake = Fake(answer, tcp_answer)
    config = account(fake.port, extra=f"timeout = {timeout}")
    with Notify(directory, config) as n:
        started = time.monotonic()
        for i in range(n_names):
            n.send({"account": "ns", "name": f"home{i}.example.org",
                    "zone": "example.org", "ipv4": ["192.0.2.7"],
                    "more": i + 1 < n_names})
        reply = n.reply()
        for _ in range(n_names - 1):
            n.reply()
        assert n.end()[0] == []
        fake.took = time.monotonic() - started
        return reply, fake


def test_repeats_are_the_same(directory):
    """Two are lost, the third is answered, late answers come twice."""
    reply, fake = do(directory, lambda u, n: [u.answer()] * 2 if n == 3
                     else [])
    expect(reply, "done")
    assert len(set(fake.seen)) == 1 and len(fake.seen) == 3
    assert 2.5 < fake.took < 6


def test_refused_budget(directory):
    """A server that refuses everything is not asked name by name for ever."""
    _, fake = do(directory, lambda u, n: [u.answer(5)],
                 lambda u, n: [u.answer(5)], n_names=200)
    assert len(fake.seen) <= 45, len(fake.seen)


def test_address_just_announced(directory):
    """The route comes a moment after the job."""
    fake = Fake(lambda u, n: [u.answer()])
    import subprocess
    config = (f'provider "ns" {{ type = "rfc2136" key-name = "ddns-key" '
              f'key = "{SECRET}" server = "198.51.100.53:{fake.port}" }}')
    fake.udp2 = None
    with Notify(directory, config) as n:
        n.send({"account": "ns", "name": "h.example.org",
                "zone": "example.org", "ipv4": ["192.0.2.7"]})
        time.sleep(0.03)
        subprocess.run(["ip", "route", "add", "local", "198.51.100.53",
                        "dev", "lo"], check=True)
        # Nobody answers there: what counts is that it went out.
        reply = n.reply()
        expect(reply, "retry")
        assert "no route" not in reply["text"], reply
        assert reply["sent_monotonic_ns"] > 0


def test_cancel(directory):
    fake = Fake(lambda u, n: [])
    with Notify(directory, account(fake.port)) as n:
        job = {"account": "ns", "name": "h.example.org",
               "zone": "example.org", "ipv4": ["192.0.2.7"]}
        n.send(dict(job, id=7))
        n.send({"cancel": 7}, {"cancel": 7}, {"cancel": 99})
        reply = n.reply()
        assert reply["id"] == 7 and reply["status"] == "cancelled"
        n.send(dict(job, id=8, more=True), {"cancel": 8})
        assert n.reply()["status"] == "cancelled"
        n.send(dict(job, id=9), dict(job, id=9))
        reply = n.reply()
        assert reply["id"] is None and reply["status"] == "refused"
        n.send({"cancel": 9})
        assert n.reply()["id"] == 9
        assert n.end() == ([], 0)


def test_lines_that_are_no_jobs(directory):
    with Notify(directory, account(1)) as n:
        for line in (b"x", b"[]", b"{}", b"7", b'"x"', b"{" * 5000,
                     b"\xff\xfe", b'{"id":"x"}', b'{"account":"ns"}',
                     b"a" * 70000, b"\0", b'{"id":1.5,"account":"ns"}'):
            n.write(line + b"\n")
            reply = n.reply()
            assert reply["id"] is None and reply["status"] == "refused", line
            assert reply["text"]
        for members in ({"account": "nobody"}, {"name": "-x.example"},
                        {"ipv4": ["::1"]}, {"ipv6": ["192.0.2.1"]},
                        {"ipv4": "192.0.2.1"}, {"ttl": -1}, {"ttl": "x"},
                        {"zone": "example.com"}, {"surprise": 1},
                        {"owner": "gw 1"}, {"ipv4": ["192.0.2.1"] * 1001},
                        {"interface": "x" * 40}, {"mark": 2 ** 33}):
            job = {"account": "ns", "name": "h.example.org",
                   "ipv4": ["192.0.2.1"]}
            reply = n.do(**dict(job, **members))
            assert reply["id"] == n.last, (members, reply)
            assert reply["status"] == "refused", (members, reply)
        n.write(b"\n  \n")
        assert n.end() == ([], 0)


def test_prepare(directory):
    fake = Fake(lambda u, n: [u.answer()])
    with Notify(directory, account(fake.port)) as n:
        n.send({"prepare": ["ns", "nobody"]}, {"prepare": []})
        expect(n.do(account="ns", name="h.example.org", zone="example.org",
                    ipv4=["192.0.2.7"]), "done")
        assert len(fake.seen) == 1


def test_output_lost(directory):
    with Notify(directory, account(1)) as n:
        n.process.stdout.close()
        try:
            for _ in range(100):
                n.write(b"x\n")
                time.sleep(0.01)
        except BrokenPipeError:
            pass
        assert n.process.wait(10) == 74
    write(directory, "x", "")


if __name__ == "__main__":
    main(globals())
