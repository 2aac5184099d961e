"""A name server of our own: says what it knows, takes updates, counts them.

One UDP socket on the lab's Internet.  It answers for ZONE and for
whoami.test, verifies and signs as RFC 8945 has it, and applies what RFC 2136
updates ask for, without looking at prerequisites.  Real servers stand
elsewhere in these tests; this one is for thousands of daemons in a row.
"""

import base64
import hashlib
import hmac
import ipaddress
import socket
import struct
import threading
import time
from collections import namedtuple

import knot
import lab as _lab
from dnsask import A, AAAA, NOTAUTH, NS, NXDOMAIN, REFUSED, SOA, UPDATE
from dnsask import pack_name, unpack_name

ADDRESS = "1.2.3.60"
ZONE = knot.ZONE
ANY, TSIG = 255, 250
BADSIG = 16
ALGORITHM = pack_name("hmac-sha256")

# One name in one update: the addresses that it is given, [] for none.
Update = namedtuple("Update", "time name kind values answered")


class _Message:
    """Taken apart as far as needed."""

    def __init__(self, wire):
        self.wire = wire
        self.id, self.flags = struct.unpack_from("!2H", wire)
        self.opcode = (self.flags >> 11) & 15
        counts = struct.unpack_from("!4H", wire, 4)
        self.question, at = unpack_name(wire, 12)
        self.kind = struct.unpack_from("!H", wire, at)[0]
        self.question_end = at + 4
        at, self.sections, self.signed_at = at + 4, [], None
        for count in counts[1:]:
            section = []
            for _ in range(count):
                start = at
                name, at = unpack_name(wire, at)
                kind, cls, ttl, size = struct.unpack_from("!HHIH", wire, at)
                at += 10
                section.append((name, kind, cls, ttl, wire[at : at + size]))
                at += size
                if kind == TSIG:
                    self.signed_at = start
            self.sections.append(section)

    def mac(self, key):
        """The request's MAC where it is right, else None."""
        if self.signed_at is None:
            return None
        name, _, cls, ttl, rdata = self.sections[2][-1]
        after = rdata[len(ALGORITHM) :]
        size = struct.unpack_from("!H", after, 8)[0]
        mac = after[10 : 10 + size]
        count = struct.unpack_from("!H", self.wire, 10)[0] - 1
        message = self.wire[:10] + struct.pack("!H", count)
        message += self.wire[12 : self.signed_at]
        variables = pack_name(name) + struct.pack("!HI", cls, ttl) + ALGORITHM
        want = hmac.digest(key, message + variables + after[:8] + bytes(4), hashlib.sha256)
        return mac if want == mac else None

    def reply(self, flags, rcode):
        head = struct.pack("!6H", self.id, 0x8000 | self.opcode << 11 | flags | rcode,
                           1, 0, 0, 0)
        return head + self.wire[12 : self.question_end]


def _signed(reply, key, mac, error=0):
    stamp = struct.pack("!HIH", 0, int(time.time()), 300)
    owner = pack_name(knot.KEY_NAME)
    tail = struct.pack("!2H", error, 0)
    variables = owner + struct.pack("!HI", ANY, 0) + ALGORITHM + stamp + tail
    if mac is None:
        digest = b""
    else:
        digest = hmac.digest(key, struct.pack("!H", len(mac)) + mac + reply + variables,
                             hashlib.sha256)
    rdata = ALGORITHM + stamp + struct.pack("!H", len(digest)) + digest + reply[:2] + tail
    return (reply[:10] + struct.pack("!H", 1) + reply[12:] + owner
            + struct.pack("!2HIH", TSIG, ANY, 0, len(rdata)) + rdata)


class FakeDns:
    """`refused` holds names whose updates are refused."""

    def __init__(self, net, address=ADDRESS, key=knot.KEY):
        self.key = base64.b64decode(key)
        self.address = address
        self.records = {}  # (name, kind): [bytes]
        self.shown = None  # instead of records, to questions
        self.refused = set()
        self.updates = []
        self.questions = 0
        net.batch(f"addr replace {address}/32 dev lo", netns="inet")
        with net.inet():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()
        net.servers.append(self)

    def _serve(self):
        while True:
            try:
                wire, peer = self.socket.recvfrom(65535)
            except OSError:
                return
            try:
                reply = self._answer(_Message(wire), peer)
            except (struct.error, IndexError, ValueError):
                continue
            try:
                self.socket.sendto(reply, peer)
            except OSError:
                return

    def _answer(self, m, peer):
        if m.opcode == UPDATE:
            return self._update(m)
        self.questions += 1
        return self._query(m, peer)

    def _query(self, m, peer):
        def rr(name, kind, rdata):
            return (pack_name(name) + struct.pack("!2HIH", kind, 1, 5, len(rdata))
                    + rdata)

        name, zone = m.question, ZONE
        soa = pack_name("ns1." + zone) + pack_name("admin." + zone)
        soa += struct.pack("!5I", 1, 3600, 600, 86400, 5)
        answers, authority = [], []
        known = self.records if self.shown is None else self.shown
        if name.endswith("whoami.test"):
            if m.kind == A:
                answers = [rr(name, A, ipaddress.ip_address(peer[0]).packed)]
        elif name == zone and m.kind == SOA:
            answers = [rr(name, SOA, soa)]
        elif name == zone and m.kind == NS:
            answers = [rr(name, NS, pack_name("ns1." + zone))]
        elif name == "ns1." + zone and m.kind == A:
            answers = [rr(name, A, ipaddress.ip_address(self.address).packed)]
        else:
            answers = [rr(name, m.kind, v) for v in known.get((name, m.kind), [])]
        if not answers:
            authority = [rr(zone, SOA, soa)]
        exists = answers or name in (zone, "whoami.test") or any(
            n == name and v for (n, _), v in known.items())
        reply = m.reply(0x400, 0 if exists else NXDOMAIN)
        counts = struct.pack("!3H", len(answers), len(authority), 0)
        return reply[:6] + counts + reply[12:] + b"".join(answers + authority)

    def _update(self, m):
        mac = m.mac(self.key)
        names = {name for name, kind, _, _, _ in m.sections[1] if kind in (A, AAAA)}
        rcode = 0
        if mac is None:
            rcode = NOTAUTH
        elif names & self.refused:
            rcode = REFUSED
        for name in sorted(names):
            for kind in (A, AAAA):
                mine = [r for r in m.sections[1] if r[0] == name and r[1] == kind]
                if mine:
                    self._one(name, kind, mine, rcode)
        reply = m.reply(0, rcode)
        if mac is None:
            return _signed(reply, self.key, None, BADSIG)
        return _signed(reply, self.key, mac)

    def _one(self, name, kind, rows, rcode):
        values = list(self.records.get((name, kind), []))
        for _, _, cls, _, rdata in rows:
            if cls == ANY:
                values = []
            elif cls == 254:
                values = [v for v in values if v != rdata]
            elif rdata not in values:
                values.append(rdata)
        texts = sorted(str(ipaddress.ip_address(v)) for v in values)
        self.updates.append(Update(time.monotonic(), name, kind, texts, rcode))
        if rcode == 0:
            self.records[(name, kind)] = values

    def says(self, name, kind=A):
        return sorted(str(ipaddress.ip_address(v))
                      for v in self.records.get((name, kind), []))

    def updates_of(self, name, values=None):
        return [u for u in self.updates
                if u.name == name and (values is None or u.values == values)]

    def kill(self):
        self.socket.close()


def provider(name="ns", address=ADDRESS, key=knot.KEY, more=""):
    return (
        f'provider "{name}" {{\n    type = "rfc2136"\n    server = "{address}"\n'
        f'    key-name = "{knot.KEY_NAME}"\n    key-algorithm = "hmac-sha256"\n'
        f'    key = "{key}"\n{more}}}\n'
    )


SOURCE = (
    'source "default" {\n'
    f'    reflectors4 = {{"dns:whoami.test@{ADDRESS}/A"}}\n'
    "    reflectors6 = {}\n}\n"
)
assert _lab.NS4 != ADDRESS
