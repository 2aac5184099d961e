"""A host behind a NAT router: the lab, with one more namespace between.

The network namespace of the program is now a host on the router's LAN: wan0
holds a private address. The namespace "router" translates (nftables) and, where
a test wants it, speaks NAT-PMP and PCP (miniupnpd). "inet" is as before, and
has reflectors: Knot's whoami, coturn, and such as lie.
"""

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import threading
import time

import lab
from certificate import make_certificate, server_context
from lab import ISP4, Lab
from tools import die_with_parent, need, setns_net, wait_until

HOST4, ROUTER4 = "192.168.77.2", "192.168.77.1"
WAN4, WAN4_NEW = "5.6.7.5", "5.6.7.9"
TURN4, LIAR4, DEAF4, TURN4_B = "1.2.3.34", "1.2.3.35", "1.2.3.36", "1.2.3.37"
LIE = "5.6.99.99"
ANNOUNCE = ("224.0.0.1", 5350)

RULES = """\
table inet filter {
    chain forward { type filter hook forward priority 0; jump miniupnpd; }
    chain miniupnpd { }
    chain prerouting_miniupnpd { }
    chain postrouting_miniupnpd { }
    chain prerouting {
        type nat hook prerouting priority -100; jump prerouting_miniupnpd;
    }
    chain postrouting {
        type nat hook postrouting priority 100;
        jump postrouting_miniupnpd;
        oifname "ext0" masquerade;
    }
}
"""

MINIUPNPD = """\
ext_ifname=ext0
listening_ip=lan0
http_port=5000
enable_natpmp=yes
enable_upnp=yes
secure_mode=yes
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
uuid=8e4f3c7a-0000-4000-8000-000000000000
min_lifetime=120
max_lifetime=86400
allow 1024-65535 192.168.77.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
"""


class NatLab(Lab):
    """wan: the router's own address, perhaps one that is not public."""

    def __init__(self, wan=WAN4, **more):
        super().__init__(gateway=False, **more)
        self.wan = wan
        self.router = self._router = None
        self.programs = []

    def _links(self):
        need("nft")
        shutil.rmtree(f"{lab.RUN}/t", ignore_errors=True)
        os.makedirs(f"{lab.RUN}/t")
        for name in ("inet", "router"):
            subprocess.run(["ip", "netns", "add", name], check=True)
        self._netns = os.open("/run/netns/inet", os.O_RDONLY | os.O_CLOEXEC)
        self._router = os.open("/run/netns/router", os.O_RDONLY | os.O_CLOEXEC)
        self.batch(
            "link add wan0 type veth peer name lan0 netns router",
            "link set wan0 up",
        )
        self.batch(
            "link set lo up",
            "link add ext0 type veth peer name isp0 netns inet",
            "link set ext0 up", "link set lan0 up",
            f"addr add {ROUTER4}/24 dev lan0",
            netns="router",
        )  # fmt: skip
        owned = [lab.NS4, lab.HTTP4, TURN4, LIAR4, DEAF4, TURN4_B]
        self.batch(
            "link set lo up", "link set isp0 up",
            *(f"addr add {a}/32 dev lo" for a in owned),
            f"addr add {lab.NS6}/128 dev lo nodad",
            f"addr add {ISP4}/24 dev isp0",
            # The carrier's side of another NAT.
            "addr add 100.64.0.1/24 dev isp0",
            "addr add 10.7.7.1/24 dev isp0",
            "route add 5.6.0.0/16 dev isp0",
            netns="inet",
        )  # fmt: skip
        wait_until(lambda: self.operstate() == "up", what="wan0 up")
        with self.inside(self._router):
            with open("/proc/sys/net/ipv4/ip_forward", "w") as f:
                f.write("1")
            subprocess.run(["nft", "-f", "-"], input=RULES, text=True, check=True)
        self.ip = lab.Ip()
        self.isp = lab.Ip("-n", "inet")
        self.router = lab.Ip("-n", "router")
        self.set_wan(None, self.wan)
        self.batch(f"addr add {HOST4}/24 dev wan0", f"route add default via {ROUTER4}")

    @contextlib.contextmanager
    def inside(self, netns):
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            setns_net(netns)
            yield
        finally:
            setns_net(here)
            os.close(here)

    def at_router(self):
        return self.inside(self._router)

    def set_wan(self, old, new):
        """As a new lease does it; the time just before."""
        gateway = {"100": "100.64.0.1", "10": "10.7.7.1"}.get(
            new.split(".")[0], ISP4)
        return self.router(
            *([f"addr del {old}/24 dev ext0"] if old else []),
            f"addr add {new}/24 dev ext0",
            f"route replace default via {gateway}",
        )  # fmt: skip

    def run(self, command, netns, name):
        with self.inside(netns), open(f"{lab.RUN}/t/{name}.log", "wb") as log:
            p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log, preexec_fn=die_with_parent)
        self.programs.append(p)
        return p

    def log(self, name):
        with open(f"{lab.RUN}/t/{name}.log", errors="replace") as f:
            return f.read()

    def start_miniupnpd(self):
        need("miniupnpd")
        path = f"{lab.RUN}/t/miniupnpd.conf"
        with open(path, "w", encoding="ascii") as f:
            f.write(MINIUPNPD)
        p = self.run(
            ["miniupnpd", "-d", "-f", path, "-P", f"{lab.RUN}/t/upnpd.pid"],
            self._router, "miniupnpd",
        )  # fmt: skip
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.05)
            s.connect((ROUTER4, 5351))

            def speaks():
                assert p.poll() is None, self.log("miniupnpd")
                try:
                    s.send(b"\0\0")
                    return s.recv(64)
                except OSError:
                    return None

            wait_until(speaks, 5, "miniupnpd")
        return p

    def start_coturn(self, address=TURN4):
        need("turnserver")
        name = "turn-" + address
        p = self.run(
            ["turnserver", "-c", "/dev/null", "-n", f"--listening-ip={address}",
             "--listening-port=3478", f"--relay-ip={address}", "--stun-only",
             "--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout",
             "--simple-log", f"--pidfile={lab.RUN}/t/{name}.pid",
             f"--userdb={lab.RUN}/t/{name}.db"],
            self._netns, name,
        )  # fmt: skip

        def listens():
            assert p.poll() is None, self.log(name)
            with self.inet():
                s = socket.socket()
                s.settimeout(0.2)
                try:
                    return s.connect_ex((address, 3478)) == 0
                finally:
                    s.close()

        wait_until(listens, 8, "coturn")
        return p

    def start_stun(self, address, answer):
        """A STUN server of ours: answer(the sender's address) -> address."""
        with self.inet():
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((address, 3478))
        fake = FakeStun(s, answer)
        self.programs.append(fake)
        return fake

    def announce(self, data=b"\0\x80\0\0\0\0\0\x01" + bytes(4), count=1):
        """As from the router, or from anybody on its LAN."""
        with self.at_router():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                             socket.inet_aton(ROUTER4))
                for _ in range(count):
                    s.sendto(data, ANNOUNCE)

    def __exit__(self, *_):
        for p in self.programs:
            p.kill()
            if hasattr(p, "wait"):
                p.wait()
        if self.router and (text := self.router.close()):
            print("ip said of the router:", text.strip())
        super().__exit__()
        if self._router is not None:
            subprocess.run(["ip", "netns", "del", "router"], check=False)
            os.close(self._router)


class FakeStun:
    def __init__(self, s, answer):
        self.socket, self.answer = s, answer
        self.asked = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                data, peer = self.socket.recvfrom(2048)
            except OSError:
                return
            self.asked.append(peer)
            said = self.answer(peer[0])
            if said is None or len(data) < 20:
                continue
            value = struct.pack("!HHI", 1, peer[1] ^ 0x2112, struct.unpack(
                "!I", socket.inet_aton(said))[0] ^ 0x2112A442)
            self.socket.sendto(
                struct.pack("!HH", 0x101, 12) + data[4:20]
                + struct.pack("!HH", 0x20, 8) + value, peer)

    def kill(self):
        self.socket.close()


class HttpsEcho:
    """Tells who asks, in the way that the path names; its CA is self.ca."""

    def __init__(self, net, address=lab.HTTP4):
        need("openssl")
        self.ca = f"{lab.RUN}/t/echo.pem"
        make_certificate(self.ca, "IP:" + address)
        self.context, self.socket = server_context(self.ca), net.listen(address, 443)
        self.asked = []
        net.programs.append(self)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                c, peer = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(c, peer[0]),
                             daemon=True).start()

    def _serve(self, c, peer):
        try:
            c = self.context.wrap_socket(c, server_side=True)
            path = c.recv(4096).decode("latin-1").split()[1]
            self.asked.append(path)
            body = {
                "/big": (peer + "\n") * (10 << 20 >> 3),
                "/html": f"<!DOCTYPE html><p>{peer}</p>",
                "/json": '{"you": {"ip": "%s"}}' % peer,
            }.get(path, peer + "\n")
            c.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                      + body.encode())
            c.unwrap()
        except (OSError, IndexError):
            pass
        finally:
            c.close()

    def kill(self):
        self.socket.close()


class RouterWire:
    """Every NAT-PMP and PCP question that reaches the router."""

    def __init__(self, net):
        self.questions = []
        with net.at_router():
            self.socket = socket.socket(
                socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                frame, where = self.socket.recvfrom(2048)
            except OSError:
                return
            if where[0] != "lan0" or where[2] == socket.PACKET_OUTGOING:
                continue
            if frame[12:14] != b"\x08\0" or frame[23] != 17:
                continue
            header = (frame[14] & 15) * 4
            udp = frame[14 + header:]
            if udp[2:4] == struct.pack("!H", 5351):
                self.questions.append((time.monotonic(), udp[8:]))

    def kill(self):
        self.socket.close()
