#!/usr/bin/env python3
"""Servers that misbehave: late, twice, wrong, forged, truncated, off in time."""

import base64
import hashlib
import hmac
import socket
import struct
import threading
import time

from notify_lab import (
    SECRET, Notify, account, encode_name, expect, main, write,
)

KEY = base64.b64decode(SECRET)


class Update:
    """A signed request, taken apart as far as an answer needs it."""

    def __init__(self, wire):
        self.wire = wire
        self.id = wire[:2]
        zone_end = wire.index(b"\0", 12) + 5
        self.zone = wire[12:zone_end]
        name = encode_name("ddns-key")
        at = wire.rindex(name + struct.pack("!2HI", 250, 255, 0))
        rdata = at + len(name) + 10
        self.algorithm = wire[rdata:rdata + 13]
        rdata += 13
        size = struct.unpack("!H", wire[rdata + 8:rdata + 10])[0]
        self.mac = wire[rdata + 10:rdata + 10 + size]
        variables = (name + struct.pack("!HI", 255, 0) + self.algorithm +
                     wire[rdata:rdata + 8] + bytes(4))
        count = struct.unpack("!H", wire[10:12])[0] - 1
        message = wire[:10] + struct.pack("!H", count) + wire[12:at]
        self.good = hmac.digest(KEY, message + variables,
                                hashlib.sha256) == self.mac

    def answer(self, rcode=0, sign=True, error=0, now=None, other=b"",
               ident=None, opcode=5, zone=None, flags=0, key=KEY,
               name="ddns-key"):
        zone = self.zone if zone is None else zone
        head = (ident or self.id) + struct.pack(
            "!5H", 0x8000 | opcode << 11 | flags | rcode, 1, 0, 0, 0) + zone
        if not sign:
            return head
        moment = int(time.time() if now is None else now)
        stamp = struct.pack("!HIH", moment >> 32, moment & 0xffffffff, 300)
        owner = encode_name(name)
        variables = (owner + struct.pack("!HI", 255, 0) + self.algorithm +
                     stamp + struct.pack("!2H", error, len(other)) + other)
        mac = hmac.digest(key, struct.pack("!H", len(self.mac)) + self.mac +
                          head + variables, hashlib.sha256)
        rdata = (self.algorithm + stamp + struct.pack("!H", len(mac)) + mac +
                 self.id + struct.pack("!2H", error, len(other)) + other)
        return (head[:10] + struct.pack("!H", 1) + head[12:] + owner +
                struct.pack("!2HIH", 250, 255, 0, len(rdata)) + rdata)


class Fake:
    """answer(update, n) returns datagrams; TCP connections get the first."""

    def __init__(self, answer, tcp_answer=None):
        self.answer, self.tcp_answer = answer, tcp_answer
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind(("127.0.0.1", self.port))
        self.tcp.listen()
        self.seen = []
        for loop in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=loop, daemon=True).start()

    def serve_udp(self):
        while True:
            wire, peer = self.udp.recvfrom(65536)
            update = Update(wire)
            assert update.good, "the signature is wrong"
            self.seen.append(wire)
            for data in self.answer(update, len(self.seen)):
                if callable(data):
                    data(peer)
                else:
                    self.udp.sendto(data, peer)

    def serve_tcp(self):
        while True:
            c, _ = self.tcp.accept()
            size = struct.unpack("!H", c.recv(2, socket.MSG_WAITALL))[0]
            update = Update(c.recv(size, socket.MSG_WAITALL))
            for data in (self.tcp_answer or self.answer)(update, 0):
                c.sendall(struct.pack("!H", len(data)) + data)
            c.close()


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


def test_good(directory):
    reply, fake = do(directory, lambda u, n: [u.answer()])
    expect(reply, "done")
    assert len(fake.seen) == 1


def test_repeats_are_the_same(directory):
    """Two are lost, the third is answered, late answers come twice."""
    reply, fake = do(directory, lambda u, n: [u.answer()] * 2 if n == 3
                     else [])
    expect(reply, "done")
    assert len(set(fake.seen)) == 1 and len(fake.seen) == 3
    assert 2.5 < fake.took < 6


def test_wrong_ones_are_not_believed(directory):
    """What does not belong to the question is as if it had not come."""
    def answer(u, n):
        return [
            b"", b"x", u.wire, u.wire[:12],
            u.answer(ident=b"\0\0" if u.id != b"\0\0" else b"\1\1"),
            u.answer(opcode=0), u.answer(zone=encode_name("example.com") +
                                         struct.pack("!2H", 6, 1)),
            u.answer(key=b"another key"), u.answer(name="other-key"),
            u.answer(now=time.time() - 4000),
            u.answer(rcode=5, key=b"another key"),
            u.answer(sign=False),
            u.answer()]
    expect(do(directory, answer)[0], "done")


def test_unsigned_success_is_none(directory):
    reply, fake = do(directory, lambda u, n: [u.answer(sign=False)])
    expect(reply, "retry", "without signature")
    assert fake.took < 5


def test_bad_signature_is_told(directory):
    reply, _ = do(directory, lambda u, n: [u.answer(key=b"x")])
    expect(reply, "retry", "not rightly")


def test_silence(directory):
    reply, fake = do(directory, lambda u, n: [], timeout="700ms")
    expect(reply, "retry", "no answer in time")
    assert 0.6 < fake.took < 3


def test_from_another_address(directory):
    def answer(u, n):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.2", 0))
        return [lambda peer: s.sendto(u.answer(), peer)]
    expect(do(directory, answer, timeout="700ms")[0], "retry", "no answer")


def test_clock(directory):
    ahead = int(time.time()) + 1000
    other = struct.pack("!HI", ahead >> 32, ahead & 0xffffffff)
    reply, _ = do(directory, lambda u, n: [u.answer(9, error=18,
                                                    other=other)])
    expect(reply, "retry", "BADTIME", "behind")
    seconds = int(reply["text"].split(" s behind")[0].split()[-1])
    assert 990 <= seconds <= 1010


def test_truncated_goes_to_tcp(directory):
    reply, _ = do(directory, lambda u, n: [u.answer(flags=0x200, sign=False)],
                  lambda u, n: [u.answer()])
    expect(reply, "done")


def test_tcp_cut_short(directory):
    reply, _ = do(directory, lambda u, n: [u.answer(flags=0x200, sign=False)],
                  lambda u, n: [])
    expect(reply, "retry", "closed")


def test_every_rcode(directory):
    wanted = {0: "done", 1: "refused", 2: "retry", 3: "retry", 4: "refused",
              5: "refused", 6: "retry", 7: "refused", 8: "retry",
              9: "refused", 10: "refused", 11: "retry", 15: "retry"}
    for rcode, status in wanted.items():
        reply, _ = do(directory, lambda u, n, r=rcode: [u.answer(r)])
        assert reply["status"] == status, (rcode, reply)
        assert len(reply["text"]) > 10


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
