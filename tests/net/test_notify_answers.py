#!/usr/bin/env python3
"""Each answer to an update: its class, and the sentence that says what to
look at; and what is no answer at all."""

import socket
import struct
import time

from fakeupdate import Fake
from notify_lab import (
    OTHER_SECRET, Notify, account, bind, encode_name, expect, job,
    knot, main, nsd, powerdns,
)
from test_notify_servers import yadifa

BADSIG, BADKEY, BADTIME, BADTRUNC = 16, 17, 18, 22
SERVFAIL, NOTIMP, REFUSED, NOTAUTH = 2, 4, 5, 9
TC = 0x200
# So long evddns-notify waits for something better.
HURRY_S = 1


def signed(rcode, **more):
    return lambda u, n: [u.answer(rcode, **more)]


def bare(rcode):
    return lambda u, n: [u.answer(rcode, sign=False)]


def error(code, unsigned=False, off_s=None):
    """NOTAUTH with an error in its TSIG record; BADTIME with the time."""
    def answer(u, _):
        other = b""
        if off_s is not None:
            now = int(time.time()) + off_s
            other = struct.pack("!HI", now >> 32, now & 0xffffffff)
        return [u.answer(NOTAUTH, error=code, other=other,
                         mac=b"" if unsigned else None)]
    return answer


def by_tcp(answer):
    """Truncated by UDP; then this."""
    return (lambda u, n: [u.answer(flags=TC, sign=False)], answer)


def raw(data, wait_s=0):
    """By TCP: these bytes, and nothing more for a while."""
    def write(u, connection):
        connection.sendall(data(u))
        time.sleep(wait_s)
    return by_tcp(lambda u, n: [lambda c: write(u, c)])


def framed(u):
    wire = u.answer()
    return struct.pack("!H", len(wire)) + wire


def from_address(address):
    def answer(u, _):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((address, 0))
        return [lambda peer: s.sendto(u.answer(), peer)]
    return answer, lambda u, n: []


def later(after_s):
    """To the first message only, long after it was repeated."""
    def answer(u, n):
        if n > 1:
            return []
        time.sleep(after_s)
        return [u.answer()]
    return answer


def forged(*wrong):
    """These first, then the right one."""
    return lambda u, n: [w(u) for w in wrong] + [u.answer()]


OTHER_ID = {b"\0\0": b"\1\1"}
WRONG = [
    lambda u: b"", lambda u: b"x", lambda u: u.wire, lambda u: u.wire[:12],
    lambda u: u.answer(ident=OTHER_ID.get(u.id, b"\0\0")),
    lambda u: u.answer(opcode=0),
    lambda u: u.answer(zone=encode_name("example.com") +
                       struct.pack("!2H", 6, 1)),
    lambda u: u.answer(key=b"another key"),
    lambda u: u.answer(name="other-key"),
    lambda u: u.answer(now=time.time() - 4000),
    lambda u: u.answer(now=time.time() + 4000),
    lambda u: u.answer(mac=b""), lambda u: u.answer(mac=b"\0" * 32),
    lambda u: u.answer(sign=False),
]

# What anybody could say; refusals of this kind are believed after a while.
UNPROVEN = [lambda u, r=r: u.answer(r, sign=False) for r in range(16)] + [
    lambda u: u.answer(REFUSED, key=b"another key"),
    lambda u: u.answer(NOTAUTH, error=BADKEY, mac=b""),
    lambda u: u.answer(NOTAUTH, error=BADSIG, mac=b""),
    lambda u: u.answer(NOTAUTH, error=BADTIME, mac=b""),
]

NAME = "home.example.org"
# title: (answer by UDP, or both ways), status, words
ROWS = {
    "NOERROR": (signed(0), "done", "NOERROR from"),
    "FORMERR": (signed(1), "refused", "FORMERR", "understand DNS UPDATE"),
    "SERVFAIL": (signed(2), "retry", "SERVFAIL", "its log says why"),
    "NXDOMAIN": (signed(3), "retry", "NXDOMAIN", "makes no sense"),
    "NOTIMP": (signed(4), "refused", "NOTIMP", "takes no DNS UPDATE"),
    "REFUSED": (signed(5), "refused", "REFUSED", "the key ddns-key",
                NAME, "update policy"),
    "YXDOMAIN": (signed(6), "retry", "YXDOMAIN", "makes no sense"),
    "YXRRSET": (signed(7), "refused", NAME, "is a CNAME"),
    "NXRRSET": (signed(8), "retry", "NXRRSET", "makes no sense"),
    "NOTAUTH": (signed(9), "refused", "NOTAUTH",
                "is not the primary server of the zone example.org"),
    "NOTZONE": (signed(10), "refused", "NOTZONE", NAME, "zone example.org"),
    "an rcode that nobody has": (signed(12), "retry", "rcode 12"),
    "BADSIG": (error(BADSIG, unsigned=True), "refused", "BADSIG",
               "another secret or algorithm", "ddns-key"),
    "BADKEY": (error(BADKEY, unsigned=True), "refused", "BADKEY",
               "knows no key ddns-key", "hmac-sha256", NAME),
    "BADTIME, behind": (error(BADTIME, off_s=1000), "retry", "BADTIME",
                        " s behind", "set it"),
    "BADTIME, ahead": (error(BADTIME, off_s=-1000), "retry", "BADTIME",
                       " s ahead of", "set it"),
    "BADTIME without a time": (error(BADTIME), "retry", "BADTIME",
                               "the clocks differ"),
    "BADTRUNC": (error(BADTRUNC), "refused", "BADTRUNC",
                 "longer signatures"),
    "BADSIG with a signature": (error(BADSIG), "refused", "BADSIG"),
    "BADKEY with a signature": (error(BADKEY), "refused", "BADKEY"),
    "an error that nobody has": (error(99), "refused", "NOTAUTH"),
    "unsigned NOERROR": (bare(0), "retry", "without signature"),
    "unsigned FORMERR": (bare(1), "refused", "without signature", "FORMERR"),
    "unsigned SERVFAIL": (bare(2), "retry", "without signature", "SERVFAIL"),
    "unsigned NOTIMP": (bare(4), "refused", "without signature", "NOTIMP"),
    "unsigned REFUSED": (bare(5), "refused", "REFUSED (without signature)",
                         "name, secret and right", "clock"),
    "unsigned YXRRSET": (bare(7), "retry", "without signature"),
    "unsigned NOTAUTH": (bare(9), "refused", "without signature", "NOTAUTH",
                         "knows no key ddns-key"),
    "unsigned NOTZONE": (bare(10), "refused", "without signature",
                         "NOTZONE"),
    "another key's signature": (signed(0, key=b"x"), "retry", "not rightly"),
    "another key's name": (signed(0, name="other-key"), "retry",
                           "not rightly"),
    "half a signature": (signed(0, mac=b"\0" * 16), "retry", "not rightly"),
    "no answer": (lambda u, n: [], "retry", "no answer in time"),
    "an answer from another address": (from_address("127.0.0.2"), "retry",
                                       "no answer in time"),
    "an answer from another port": (from_address("127.0.0.1"), "retry",
                                    "no answer in time"),
    "another id": (lambda u, n: [WRONG[4](u)], "retry", "no answer in time"),
    "late": (later(1.6), "done", "NOERROR"),
    "twice": (lambda u, n: [u.answer()] * 2, "done", "NOERROR"),
    "after much that is wrong": (forged(*WRONG), "done", "NOERROR"),
    "after what is not proven": (forged(*UNPROVEN), "done", "NOERROR"),
    "by TCP": (by_tcp(signed(0)), "done", "NOERROR"),
    "by TCP, truncated again": (by_tcp(signed(0, flags=TC)), "retry",
                                "closed"),
    "by TCP, unsigned REFUSED": (by_tcp(bare(5)), "refused",
                                 "REFUSED (without signature)"),
    "by TCP, BADSIG": (by_tcp(error(BADSIG, unsigned=True)), "refused",
                       "BADSIG"),
    "TCP closed at once": (raw(lambda u: b""), "retry", "closed"),
    "half a length": (raw(lambda u: framed(u)[:1]), "retry", "closed"),
    "a length alone": (raw(lambda u: framed(u)[:2]), "retry", "closed"),
    "half a message": (raw(lambda u: framed(u)[:40]), "retry", "closed"),
    "all but a byte": (raw(lambda u: framed(u)[:-1]), "retry", "closed"),
    "half a message, then nothing": (raw(lambda u: framed(u)[:40], 30),
                                     "retry", "no answer in time"),
    "a message of no bytes": (raw(lambda u: b"\0\0"), "retry", "closed"),
}


def test_rows(directory):
    """All at once, each at a server of its own."""
    fakes = [Fake(*(way if isinstance(way, tuple) else (way,)))
             for way, *_ in ROWS.values()]
    config = "".join(account(f.port, f"a{i}", extra="timeout = 3s")
                     for i, f in enumerate(fakes))
    started, took = time.monotonic(), {}
    with Notify(directory, config) as n:
        for i in range(len(fakes)):
            n.send(job(account=f"a{i}", ipv4=["192.0.2.7"]))
        replies = {}
        for _ in fakes:
            reply = n.reply()
            replies[reply["id"]] = reply
            took[reply["id"]] = time.monotonic() - started
    for i, (title, (_, status, *words)) in enumerate(ROWS.items(), 1):
        reply = replies[i]
        assert reply["status"] == status, (title, reply)
        for word in words:
            assert word in reply["text"], (title, word, reply)
        port = str(fakes[i - 1].port)
        assert port in reply["text"] or "CNAME" in reply["text"], reply
        assert bool(reply.get("clock")) == (
            "BADTIME" in title or "unsigned REFUSED" in title), (title, reply)
        if title in ("REFUSED", "by TCP, BADSIG", "BADTRUNC"):
            assert took[i] < HURRY_S, (title, took[i])


def test_another_server_after_doubt(directory):
    """What the last one leaves open is not final, whoever refused before."""
    refuses, silent = Fake(signed(REFUSED)), Fake(lambda u, n: [])
    doubtful, good = Fake(bare(REFUSED)), Fake(signed(0))

    def several(name, *servers):
        texts = ", ".join(f'"127.0.0.1:{s.port}"' for s in servers)
        return account(0, name, extra=f"server = {{{texts}}} timeout = 6s")

    rows = {
        "a": ((refuses, silent), "retry", "no answer"),
        "b": ((silent, doubtful), "retry", "no answer"),
        "c": ((refuses, doubtful), "refused", "update policy"),
        "d": ((doubtful, good), "done", "NOERROR"),
        "e": ((doubtful, doubtful), "refused", "without signature"),
    }
    config = "".join(several(k, *v[0]) for k, v in rows.items())
    with Notify(directory, config) as n:
        for name in rows:
            n.send(job(account=name, ipv4=["192.0.2.7"]))
        replies = {}
        for _ in rows:
            reply = n.reply()
            replies[list(rows)[reply["id"] - 1]] = reply
    for name, (_, *want) in rows.items():
        expect(replies[name], *want)


# What real servers say: title, account, job, and what each makes of it.
WRONG_ACCOUNTS = {
    "right": {},
    "secret": {"secret": OTHER_SECRET},
    "key": {"key": "nobody"},
    "algorithm": {"algorithm": "hmac-sha1"},
    "unsigned": {"secret": None},
}
CNAME = ("refused", "is a CNAME")
NO_KEY = ("refused", "knows no key", "BADKEY")
NO_SECRET = ("refused", "BADSIG", "another secret")
UNSIGNED_REFUSED = ("refused", "REFUSED (without signature)", "secret")
GIVE_A_KEY = ("refused", "REFUSED", "give the account a key")
MISSING = ("refused", "NXRRSET", "create = no")
NOT_PRIMARY = ("refused", "NOTAUTH", "not the primary", "other.org")
REAL = {
    knot: {"secret": NO_SECRET, "key": NO_KEY, "algorithm": NO_KEY,
           "unsigned": ("refused", "NOTAUTH", "no unsigned updates"),
           "zone": ("refused", "NOTAUTH", "other.org")},
    bind: {"secret": NO_SECRET, "key": NO_KEY, "algorithm": NO_KEY,
           "unsigned": GIVE_A_KEY, "zone": NOT_PRIMARY},
    powerdns: {"secret": UNSIGNED_REFUSED, "key": UNSIGNED_REFUSED,
               "algorithm": UNSIGNED_REFUSED, "unsigned": GIVE_A_KEY,
               "zone": NOT_PRIMARY},
    yadifa: {"secret": NO_SECRET, "key": NO_KEY, "algorithm": NO_KEY,
             "unsigned": GIVE_A_KEY,
             # It sends back what it got, which is no answer.
             "zone": ("retry", "no answer in time")},
}


def rows_of(said):
    rows = {
        "right": (("done", "NOERROR"), {}),
        "CNAME": (CNAME, {"name": "alias.example.org"}),
        "create = no": (MISSING, {"name": "x.example.org", "create": False}),
        "other zone": (said["zone"], {"name": "x.other.org",
                                      "zone": "other.org"}),
    }
    for wrong in list(WRONG_ACCOUNTS)[1:]:
        rows[wrong] = (said[wrong], {"account": wrong})
    return rows


def test_real_servers(directory):
    for start, said in REAL.items():
        rows = rows_of(said)
        with start(directory) as server, Notify(directory, "".join(
                account(server.port, name, extra="timeout = 3s", **wrong)
                for name, wrong in WRONG_ACCOUNTS.items())) as n:
            n.send(*[dict(job(account="right", ipv4=["192.0.2.7"]), **members)
                     for _, members in rows.values()])
            replies = {r["id"]: r for r in (n.reply() for _ in rows)}
        for i, (title, (want, _)) in enumerate(rows.items(), 1):
            what = (start.__name__, title, replies[i])
            assert replies[i]["status"] == want[0], what
            for word in want[1:]:
                assert word in replies[i]["text"], what


def test_nsd(directory):
    with nsd(directory) as server, Notify(
            directory, account(server.port, secret=None) +
            account(server.port, "signed")) as n:
        expect(n.do(**job(ipv4=["192.0.2.7"])), "refused", "NOTIMP",
               "takes no DNS UPDATE at all")
        expect(n.do(**job(account="signed", ipv4=["192.0.2.7"])), "refused",
               "without signature", "NOTIMP")


if __name__ == "__main__":
    main(globals())
