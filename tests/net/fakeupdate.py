"""A server of updates that answers as a test says: rightly signed or not."""

import base64
import hashlib
import hmac
import socket
import struct
import threading
import time

from notify_lab import SECRET, encode_name

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
               name="ddns-key", mac=None):
        """mac: this one, whatever would be right."""
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
        if mac is None:
            mac = hmac.digest(key, struct.pack("!H", len(self.mac)) +
                              self.mac + head + variables, hashlib.sha256)
        rdata = (self.algorithm + stamp + struct.pack("!H", len(mac)) + mac +
                 self.id + struct.pack("!2H", error, len(other)) + other)
        return (head[:10] + struct.pack("!H", 1) + head[12:] + owner +
                struct.pack("!2HIH", 250, 255, 0, len(rdata)) + rdata)


class Fake:
    """
    answer(update, n) returns datagrams, and functions that are called with
    who asked; by TCP messages, and functions of the connection.
    """

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
                if callable(data):
                    data(c)
                else:
                    c.sendall(struct.pack("!H", len(data)) + data)
            c.close()
