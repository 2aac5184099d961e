"""Every leg of the daemon's way, and how each can break.

    kernel --(1)--> evddnsd --(2) DNS proxy--> Knot
                       |
                  evddns-notify --(2)--> Knot     --(3) HTTPS--> provider

Leg 1 overruns, leg 2 loses, delays, doubles and spoils, leg 3 fails in each
way that TLS and HTTP can; and each of the two processes may be killed.  What
must never happen is watched at the far end of each leg.
"""

import contextlib
import os
import queue
import select
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.parse

import dnsask
import lab as _lab
from knot import Knot
from lab import HTTP4, NS4, Lab

REAL_PORT = 5300  # Knot itself; the proxy has its place at port 53
GATEWAYS = ("5.6.",)
NAME_HTTP = "web.example.net"
MIN_INTERVAL_S = 2

DNS_FAULTS = ("silent", "half", "twice", "wrong id", "late", "lost answers")
TLS_FAULTS = ("wrong CA", "expired", "wrong name", "cut off")
HTTP_FAULTS = ("half answer", "hangs", "hangs up", "500", "503", "slow down", "ban",
               "lost answer")  # fmt: skip


class FaultLab(Lab):
    """The lab, with a proxy in the name server's place."""

    def start_knot(self):
        knot = Knot(self, f"{_lab.RUN}/t", NS4, zones=self.zones)
        knot.ports = (REAL_PORT,)
        self.proxy = DnsProxy(self)
        knot.start()
        return knot


class DnsProxy:
    """UDP and TCP at NS4:53. Only what comes from the gateway suffers."""

    def __init__(self, net):
        self.net = net
        self.fault = None
        self.updates = []  # (time, source, name of the zone, id)
        self.jobs = queue.SimpleQueue()
        self.closing = False
        with net.inet():
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind((NS4, 53))
            self.tcp = socket.create_server((NS4, 53))
        for _ in range(6):
            threading.Thread(target=self._work, daemon=True).start()
        threading.Thread(target=self._accept, daemon=True).start()
        threading.Thread(target=self._receive, daemon=True).start()
        net.servers.append(self)

    def kill(self):
        self.closing = True
        self.udp.close()
        self.tcp.close()

    def _receive(self):
        while not self.closing:
            with contextlib.suppress(OSError):
                message, client = self.udp.recvfrom(65535)
                self.jobs.put((message, client))

    def _accept(self):
        while not self.closing:
            with contextlib.suppress(OSError):
                connection, client = self.tcp.accept()
                self.jobs.put((connection, client))

    def _work(self):
        with self.net.inet():
            upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while True:
            what, client = self.jobs.get()
            with contextlib.suppress(OSError, struct.error, IndexError, ValueError):
                if isinstance(what, bytes):
                    self._datagram(upstream, what, client)
                else:
                    self._connection(what, client)

    def _note(self, message, client):
        if (message[2] >> 3) & 15 == dnsask.UPDATE and client[0].startswith(GATEWAYS):
            self.updates.append((time.monotonic(), client[0], message[:2]))

    @staticmethod
    def _whoami(message, client):
        """Knot would see the proxy's own address."""
        name, at = dnsask.unpack_name(message, 12)
        if name != "whoami.test":
            return None
        reply = message[:2] + struct.pack("!5H", 0x8400, 1, 1, 0, 0)
        reply += message[12 : at + 4] + b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4)
        return reply + socket.inet_aton(client[0])

    def _datagram(self, upstream, message, client):
        fault = self.fault if client[0].startswith(GATEWAYS) else None
        if fault == "silent":
            return
        self._note(message, client)
        if fault == "late":
            time.sleep(0.3)
        reply = self._whoami(message, client)
        for _ in range(2 if fault == "twice" else 1):
            if reply is None or fault == "twice":
                reply = self._whoami(message, client) or self._forward(upstream, message)
        if reply is None or fault == "lost answers":
            return
        if fault == "half":
            reply = reply[: len(reply) // 2]
        if fault == "wrong id":
            reply = bytes([reply[0] ^ 0x55]) + reply[1:]
        for _ in range(2 if fault == "twice" else 1):
            self.udp.sendto(reply, client)

    @staticmethod
    def _forward(upstream, message):
        upstream.settimeout(1.0)
        upstream.sendto(message, (NS4, REAL_PORT))
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            reply = upstream.recv(65535)
            if reply[:2] == message[:2]:
                return reply
        return None

    def _connection(self, connection, client):
        fault = self.fault if client[0].startswith(GATEWAYS) else None
        with connection, self.net.inet():
            if fault in ("silent", "wrong id"):
                return  # closed at once
            with socket.create_connection((NS4, REAL_PORT), 2) as upstream:
                self._pump(connection, upstream, fault, client)

    def _pump(self, connection, upstream, fault, client):
        ends = {connection: upstream, upstream: connection}
        while True:
            ready, _, _ = select.select(list(ends), [], [], 5)
            if not ready:
                return
            for s in ready:
                data = s.recv(65535)
                if not data:
                    return
                if s is connection and len(data) > 14:
                    self._note(data[2:], client)
                if s is upstream and fault in ("half", "lost answers"):
                    connection.sendall(data[: len(data) // 2] if fault == "half" else b"")
                    return
                ends[s].sendall(data)


def publish(net, name, address):
    """What a provider does once it has accepted something."""
    rr = dnsask.pack_name(name)
    message = os.urandom(2) + struct.pack("!5H", dnsask.UPDATE << 11, 1, 0, 2, 0)
    message += dnsask.pack_name(name.split(".", 1)[1]) + struct.pack("!HH", 6, 1)
    message += rr + struct.pack("!HHIH", 1, 255, 0, 0)
    message += rr + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(address)
    with net.inet(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((HTTP4, 0))
        s.settimeout(2)
        s.sendto(message, (NS4, REAL_PORT))
        reply = s.recv(512)
    assert reply[3] & 15 == 0, f"Knot says {reply[3] & 15}"


class Certificates:
    """A CA of ours, one that nobody knows, and what a server may show."""

    def __init__(self):
        if not shutil.which("openssl"):
            _lab.skip("openssl is not installed")
        self.dir = f"{_lab.RUN}/t/certificates"
        os.makedirs(self.dir, exist_ok=True)
        for ca in ("ours", "theirs"):
            self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
                          "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                          "-subj", f"/CN={ca}", "-keyout", f"{ca}.key", "-out",
                          f"{ca}.pem")  # fmt: skip
        self.ca_file = f"{self.dir}/ours.pem"
        self.contexts = {
            None: self._server("good", "ours", HTTP4, "2"),
            "wrong CA": self._server("unknown", "theirs", HTTP4, "2"),
            "expired": self._server("expired", "ours", HTTP4, "-1"),
            "wrong name": self._server("other", "ours", "1.2.3.4", "2"),
        }

    def _openssl(self, *command):
        subprocess.run(["openssl", *command], cwd=self.dir, check=True,
                       capture_output=True)  # fmt: skip

    def _server(self, name, ca, address, days):
        self._openssl("req", "-newkey", "ec", "-pkeyopt",
                      "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                      "-addext", f"subjectAltName=IP:{address}", "-keyout",
                      f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem",
                      "-CAkey", f"{ca}.key", "-days", days, "-copy_extensions",
                      "copyall", "-out", f"{name}.pem")  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{self.dir}/{name}.pem", f"{self.dir}/{name}.key")
        return context


class Provider:
    """dyndns2 over TLS, whose word stands in DNS at once; and a witness."""

    def __init__(self, net, certificates):
        self.net, self.certificates = net, certificates
        self.fault = None
        self.requests = []  # times
        self.banned = False  # until mended() is called
        self.rest_until = 0.0
        self.broken_rules = []
        self.in_flight = {}  # by where they come from
        self.lock = threading.Lock()
        self.listener = net.listen(HTTP4)
        self.url = f"https://{HTTP4}:{self.listener.getsockname()[1]}"
        self.closing = False
        threading.Thread(target=self._accept, daemon=True).start()
        net.servers.append(self)

    def kill(self):
        self.closing = True
        self.listener.close()

    def restarted(self):
        """What the daemon knew may be older by a second."""
        self.requests.append(0.0)

    def mended(self):
        self.banned = False

    def _accept(self):
        while not self.closing:
            with contextlib.suppress(OSError):
                connection, (source, _) = self.listener.accept()
                threading.Thread(
                    target=self._serve, args=(connection, source), daemon=True
                ).start()

    def _serve(self, connection, source):
        fault = self.fault
        connection.settimeout(10)
        with contextlib.suppress(OSError, ssl.SSLError, ValueError), connection:
            if fault == "cut off":
                connection.recv(20)
                return
            context = self.certificates.contexts.get(fault) or self.certificates.contexts[None]
            with context.wrap_socket(connection, server_side=True) as tls:
                while self._request(tls, source):
                    pass

    @staticmethod
    def _read(tls):
        data = b""
        while b"\r\n\r\n" not in data:
            more = tls.recv(65536)
            if not more:
                return None
            data += more
        url = urllib.parse.urlsplit(data.split(b" ", 2)[1].decode())
        return dict(urllib.parse.parse_qsl(url.query))

    def _witness(self, source):
        """One more request: was it allowed? Some are longer on their way."""
        now = time.monotonic()
        last = self.requests[-1] if self.requests else 0.0
        if self.banned:
            self.broken_rules.append("a request after a ban")
        if now < self.rest_until - 0.05:
            self.broken_rules.append(f"{self.rest_until - now:.2f} s before it may")
        if last and now - last < MIN_INTERVAL_S - 0.5:
            self.broken_rules.append(f"a request {now - last:.2f} s after the last one")
        # One whose address is gone cannot even say that it was given up.
        if self.in_flight.get(source):
            self.broken_rules.append("two updates of one name at once")
        self.requests.append(now)

    def _request(self, tls, source):
        query = self._read(tls)
        if query is None:
            return False
        with self.lock:
            self._witness(source)
            self.in_flight[source] = self.in_flight.get(source, 0) + 1
            fault = self.fault
        try:
            return self._answer(tls, query, fault)
        finally:
            with self.lock:
                self.in_flight[source] -= 1

    def _say(self, tls, status, body, headers="", length=None):
        n = len(body) if length is None else length
        text = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {n}\r\n\r\n{body}"
        tls.sendall(text.encode())

    def _answer(self, tls, query, fault):
        if fault == "hangs":
            tls.recv(1)  # until it has had enough
            return False
        if fault == "hangs up":
            return False
        if fault == "500":
            self._say(tls, "500 Internal Server Error", "oops")
        elif fault == "503":
            self.rest_until = time.monotonic() + 1
            self._say(tls, "503 Service Unavailable", "later", "Retry-After: 1\r\n")
        elif fault == "slow down":
            self.rest_until = time.monotonic() + 1
            self._say(tls, "429 Too Many Requests", "slow", "Retry-After: 1\r\n")
        elif fault == "ban":
            self.banned = True
            self._say(tls, "200 OK", "abuse")
        elif fault == "half answer":
            publish(self.net, query["hostname"], query["myip"])
            self._say(tls, "200 OK", "go", length=400)
            return False
        else:
            publish(self.net, query["hostname"], query["myip"])
            if fault == "lost answer":
                return False
            self._say(tls, "200 OK", "good " + query["myip"])
        return True
