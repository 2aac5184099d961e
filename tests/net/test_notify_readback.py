#!/usr/bin/env python3
"""What we send beside what nsupdate and knsupdate send for the same, record
for record and in the same order; and what tshark makes of it."""

import os
import socket
import struct
import subprocess
import sys
import threading

from notify_lab import (
    SECRET, Notify, account, expect, job, knot, main, need, wait_for, write,
)

NAME = "home.example.org"
MARKS = "_evddns.home.example.org"
OPCODE_UPDATE = 5
REVERSE = "2.0.192.in-addr.arpa"
LABEL = "x" * 63
LONG = f"{LABEL}.{LABEL}.{LABEL}.{'y' * 40}.example.org"


class Ear:
    """Hears updates, by UDP and TCP; with a server behind it hands them on."""

    def __init__(self, behind=None):
        self.behind = behind
        self.heard = []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.create_server(("127.0.0.1", self.port))
        for loop in (self.hear_udp, self.hear_tcp):
            threading.Thread(target=loop, daemon=True).start()

    def take(self, wire):
        if wire[2] >> 3 & 15 == OPCODE_UPDATE and wire not in self.heard:
            self.heard.append(wire)

    def hear_udp(self):
        while True:
            wire, peer = self.udp.recvfrom(65536)
            self.take(wire)
            if not self.behind:
                continue
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.connect(("127.0.0.1", self.behind))
                s.send(wire)
                self.udp.sendto(s.recv(65536), peer)

    def hear_tcp(self):
        while True:
            c, _ = self.tcp.accept()
            with c:
                size = struct.unpack("!H", c.recv(2, socket.MSG_WAITALL))[0]
                self.take(c.recv(size, socket.MSG_WAITALL))

    def wait(self, n=1):
        wait_for(lambda: len(self.heard) >= n, f"{n} updates")
        return self.heard[:n]


def dnspython():
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        import dns.message
        import dns.tsigkeyring
    except ImportError:
        need("python3-dnspython")
    return dns


def decode(wire):
    """Its sections in order, and its signature, which dnspython verifies."""
    dns = dnspython()
    m = dns.message.from_wire(
        wire, keyring=dns.tsigkeyring.from_text({"ddns-key": SECRET}))
    assert m.had_tsig and m.opcode() == OPCODE_UPDATE
    t = m.tsig[0]
    assert t.original_id == m.id
    return ([shown(dns, s) for s in m.sections[:3]],
            (m.tsig.name, t.algorithm, t.fudge, len(t.mac), t.error, t.other),
            (m.flags, m.edns))


def shown(dns, section):
    """NAME TTL CLASS TYPE [DATA] of each record; class NONE or ANY deletes."""
    lines = []
    for rrset in section:
        kind = dns.rdataclass.to_text(rrset.rdclass if rrset.deleting is None
                                      else rrset.deleting)
        head = (f"{rrset.name} {rrset.ttl} {kind} "
                f"{dns.rdatatype.to_text(rrset.rdtype)}")
        lines += [f"{head} {r}" for r in rrset] or [head]
    return lines


def ours(directory, jobs):
    ear = Ear()
    with Notify(directory, account(ear.port)) as n:
        n.send(*[dict(j, more=i + 1 < len(jobs)) for i, j in enumerate(jobs)])
        return ear.wait()[0]


def theirs(program, lines, zone="example.org"):
    """The same, typed into one of the others."""
    need(program)
    ear = Ear()
    script = (f"server 127.0.0.1 {ear.port}\nzone {zone}.\n"
              f"key hmac-sha256:ddns-key {SECRET}\n"
              if program == "nsupdate" else
              f"server 127.0.0.1 {ear.port}\nzone {zone}.\n"
              f"key hmac-sha256:ddns-key:{SECRET}\n")
    p = subprocess.Popen([program], stdin=subprocess.PIPE,
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        p.stdin.write((script + "\n".join(lines) + "\nsend\n").encode())
        p.stdin.flush()
        return ear.wait()[0]
    finally:
        p.kill()
        p.communicate()


def adds(name, kind, *data, ttl=60):
    return [f"update add {name}. {ttl} {kind} {d}" for d in data]


def deletes(name, kind, *data):
    return [f"update delete {name}. {kind} {d}" for d in data or ("",)]


def no_cname(name):
    return [f"prereq nxrrset {name}. CNAME"]


# What is asked of us, and what somebody would type.
ROWS = {
    "both families": (
        [job(ipv4=["192.0.2.7"], ipv6=["2001:db8::7"], ttl=30)],
        no_cname(NAME) +
        deletes(NAME, "A") + adds(NAME, "A", "192.0.2.7", ttl=30) +
        deletes(NAME, "AAAA") + adds(NAME, "AAAA", "2001:db8::7", ttl=30)),
    "several values": (
        [job(ipv4=["192.0.2.7", "192.0.2.8"])],
        no_cname(NAME) + deletes(NAME, "A") +
        adds(NAME, "A", "192.0.2.7", "192.0.2.8")),
    "exactly ours goes": (
        [job(ipv4=[], was={"ipv4": ["192.0.2.7"]})],
        no_cname(NAME) + deletes(NAME, "A", "192.0.2.7")),
    "the new one comes first": (
        [job(ipv4=["192.0.2.8"], was={"ipv4": ["192.0.2.7"]})],
        no_cname(NAME) + adds(NAME, "A", "192.0.2.8") +
        deletes(NAME, "A", "192.0.2.7")),
    "everything goes": (
        [job(ipv6=[])], no_cname(NAME) + deletes(NAME, "AAAA")),
    "it must be there": (
        [job(ipv4=["192.0.2.8"], create=False)],
        no_cname(NAME) + [f"prereq yxrrset {NAME}. A"] +
        deletes(NAME, "A") + adds(NAME, "A", "192.0.2.8")),
    "apex": (
        [job("example.org", ipv4=["192.0.2.8"])],
        no_cname("example.org") + deletes("example.org", "A") +
        adds("example.org", "A", "192.0.2.8")),
    "wildcard": (
        [job("*.example.org", ipv4=["192.0.2.8"])],
        no_cname("*.example.org") + deletes("*.example.org", "A") +
        adds("*.example.org", "A", "192.0.2.8")),
    "as long as names get": (
        [job(LONG, ipv4=["192.0.2.8"])],
        no_cname(LONG) + deletes(LONG, "A") + adds(LONG, "A", "192.0.2.8")),
    "three names in one": (
        [job(f"n{i}.example.org", ipv4=[f"192.0.2.{i}"]) for i in range(3)],
        sum((no_cname(f"n{i}.example.org") for i in range(3)), []) +
        sum((deletes(f"n{i}.example.org", "A") +
             adds(f"n{i}.example.org", "A", f"192.0.2.{i}")
             for i in range(3)), [])),
    "a thousand names, by TCP": (
        [job(f"n{i}.example.org", ipv4=["192.0.2.1"]) for i in range(1000)],
        sum((no_cname(f"n{i}.example.org") for i in range(1000)), []) +
        sum((deletes(f"n{i}.example.org", "A") +
             adds(f"n{i}.example.org", "A", "192.0.2.1")
             for i in range(1000)), [])),
}


def compare(row, mine, lines, zone="example.org"):
    sections, signature, flags = decode(mine)
    assert flags == (OPCODE_UPDATE << 11, -1), (row, flags)
    assert sections[0] == [f"{zone}. 0 IN SOA"], (row, sections[0])
    for program in ("nsupdate", "knsupdate"):
        other = decode(theirs(program, lines, zone))
        for i, title in enumerate(("zone", "prerequisites", "updates")):
            assert sections[i] == other[0][i], (
                f"{row}: {title} beside {program}'s", sections[i][:10],
                other[0][i][:10])
        assert signature == other[1], (row, program, signature, other[1])


def test_beside_nsupdate(directory):
    for row, (jobs, lines) in ROWS.items():
        compare(row, ours(directory, jobs), lines)


def test_shared_name_beside_nsupdate(directory):
    """Marks, and what two owners of one address make sure of."""
    def mark(owner):
        return f'"v=evddns1 owner={owner} ipv4=192.0.2.1"'

    with knot(directory) as server:
        ear = Ear(server.port)
        with Notify(directory, account(ear.port)) as n:
            for owner in ("gw1", "gw2"):
                expect(n.do(**job(owner=owner, ipv4=["192.0.2.1"])), "done")
            expect(n.do(**job(owner="gw2", ipv4=[])), "done")
        first, _, last = ear.wait(3)
        compare("a first owner", first, no_cname(NAME) + adds(
            NAME, "A", "192.0.2.1") + adds(MARKS, "TXT", mark("gw1")))
        compare("one of two goes", last, no_cname(NAME) + [
            f"prereq yxrrset {MARKS}. TXT {mark(o)}" for o in ("gw1", "gw2")] +
            deletes(MARKS, "TXT", mark("gw2")))


def test_reverse_beside_nsupdate(directory):
    name = "7." + REVERSE
    with knot(directory, reverse=REVERSE) as server:
        ear = Ear(server.port)
        with Notify(directory, account(ear.port)) as n:
            expect(n.do(**job(ipv4=["192.0.2.7"], ptr=True)), "done")
            compare("a reverse name", ear.wait(2)[1], no_cname(name) +
                    deletes(name, "PTR") + adds(name, "PTR", NAME + "."),
                    REVERSE)


def pcap(wires):
    """As they would have been seen on the wire, by UDP."""
    out = struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for i, wire in enumerate(wires):
        udp = struct.pack("!4H", 4711, 53, 8 + len(wire), 0)
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(wire), i, 0, 64,
                         17, 0, bytes([192, 0, 2, 1]), bytes([192, 0, 2, 53]))
        packet = ip + udp + wire
        out += struct.pack("=4I", 1, i, len(packet), len(packet)) + packet
    return out


def test_tshark(directory):
    need("tshark")
    rows = list(ROWS)
    wires = [ours(directory, ROWS[row][0]) for row in rows]
    path = os.path.join(directory, "updates.pcap")
    with open(path, "wb") as f:
        f.write(pcap(wires))
    fields = ["dns.flags.opcode", "dns.count.zones", "dns.count.prerequisites",
              "dns.count.updates", "dns.count.add_rr", "dns.tsig.algorithm_name",
              "dns.tsig.error", "dns.tsig.mac_size", "_ws.malformed",
              "_ws.expert.message"]
    out = subprocess.run(
        ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|"] +
        [x for f in fields for x in ("-e", f)], capture_output=True,
        text=True, check=True, env=dict(os.environ, HOME=directory)).stdout
    lines = out.splitlines()
    assert len(lines) == len(rows), out
    for row, wire, line in zip(rows, wires, lines):
        zone, prereqs, updates = (len(s) for s in decode(wire)[0])
        want = ["5", zone, prereqs, updates, 1, "hmac-sha256", "0", "32"]
        assert line.split("|")[:8] == [str(w) for w in want], (row, line)
        # It knows the signature's field, but no algorithm but GSS's.
        assert line.split("|")[8:] == [
            "", "No dissector for algorithm:hmac-sha256"], (row, line)


if __name__ == "__main__":
    main(globals())
