"""One question to one DNS server, spelled out: no resolver in between."""

import ipaddress
import os
import socket
import struct
import time
from collections import namedtuple

A, NS, CNAME, SOA, TXT, AAAA = 1, 2, 5, 6, 16, 28
NOERROR, NXDOMAIN, REFUSED, NOTAUTH = 0, 3, 5, 9
UPDATE = 5  # opcode

Answer = namedtuple("Answer", "rcode aa tc ra records")
Record = namedtuple("Record", "name type ttl value")


def pack_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def unpack_name(message, at):
    """The name at this place and the place after it."""
    labels, end, jumps = [], None, 0
    while True:
        length = message[at]
        if length & 0xC0 == 0xC0:
            if end is None:
                end = at + 2
            at = struct.unpack_from("!H", message, at)[0] & 0x3FFF
            jumps += 1
            if jumps > 64:
                raise ValueError("a name that goes in circles")
        elif length == 0:
            return ".".join(labels).lower(), (at + 1 if end is None else end)
        else:
            labels.append(message[at + 1 : at + 1 + length].decode("latin-1"))
            at += 1 + length


def _value(message, kind, at, length):
    data = message[at : at + length]
    if kind in (A, AAAA):
        return str(ipaddress.ip_address(data))
    if kind in (CNAME, NS):
        return unpack_name(message, at)[0]
    if kind == SOA:
        at = unpack_name(message, unpack_name(message, at)[1])[1]
        return struct.unpack_from("!I", message, at)[0]  # the serial
    return data


def parse(message):
    _, flags, questions, answers, _, _ = struct.unpack_from("!6H", message)
    at, records = 12, []
    for _ in range(questions):
        at = unpack_name(message, at)[1] + 4
    for _ in range(answers):
        name, at = unpack_name(message, at)
        kind, _, ttl, length = struct.unpack_from("!HHIH", message, at)
        at += 10
        records.append(Record(name, kind, ttl, _value(message, kind, at, length)))
        at += length
    return Answer(
        flags & 15, bool(flags & 0x400), bool(flags & 0x200), bool(flags & 0x80), records
    )


def udp_socket(server):
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    return socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)


def ask(server, name, kind, port=53, timeout=1.0, rd=False):
    """The server's own answer, or None where none came in time."""
    ident = os.urandom(2)
    message = ident + struct.pack("!5H", 0x100 if rd else 0, 1, 0, 0, 0)
    message += pack_name(name) + struct.pack("!2H", kind, 1)
    end = time.monotonic() + timeout
    with udp_socket(server) as s:
        try:
            s.connect((server, port))
            s.send(message)
            while (left := end - time.monotonic()) > 0:
                s.settimeout(left)
                reply = s.recv(65535)
                if len(reply) >= 12 and reply[:2] == ident:
                    return parse(reply)
        except (TimeoutError, ConnectionError, OSError):
            pass
    return None


def values(server, name, kind, **how):
    """The sorted values of an RRset; [] is absent, None no answer."""
    answer = ask(server, name, kind, **how)
    if answer is None or answer.rcode not in (NOERROR, NXDOMAIN):
        return None
    return sorted(r.value for r in answer.records if r.type == kind)
