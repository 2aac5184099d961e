"""What an Internet provider's router says: radvd and dnsmasq in a namespace,
and the little of a DHCP client that a test needs."""

import os
import signal
import socket
import struct
import subprocess

import lab
from tools import die_with_parent

MAGIC = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5


class _Server:
    def __init__(self, netns, program, *words):
        if not any(os.access(f"{d}/{program}", os.X_OK)
                   for d in os.environ["PATH"].split(":")):  # fmt: skip
            lab.skip(f"{program} is not installed")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", netns, program, *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )  # fmt: skip

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Radvd(_Server):
    """Advertises prefixes: {"2a0a:a::/64": (preferred_s, valid_s), …}."""

    def __init__(self, netns, device, prefixes):
        self.file = f"{lab.RUN}/radvd-{netns}.conf"
        self.device = device
        self._write(prefixes)
        subprocess.run(
            ["ip", "netns", "exec", netns, "sh", "-c",
             "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding"], check=True,
        )  # fmt: skip
        super().__init__(netns, "radvd", "-n", "-C", self.file, "-m", "stderr",
                         "-p", self.file + ".pid")  # fmt: skip

    def _write(self, prefixes):
        with open(self.file, "w", encoding="ascii") as f:
            f.write(f"interface {self.device} {{\n  AdvSendAdvert on;\n"
                    "  MinRtrAdvInterval 3;\n  MaxRtrAdvInterval 4;\n")  # fmt: skip
            for prefix, (preferred, valid) in prefixes.items():
                f.write(f"  prefix {prefix} {{ AdvPreferredLifetime {preferred};"
                        f" AdvValidLifetime {valid}; }};\n")  # fmt: skip
            f.write("};\n")
        os.chmod(self.file, 0o644)

    def advertise(self, prefixes):
        self._write(prefixes)
        self.process.send_signal(signal.SIGHUP)


class Dnsmasq(_Server):
    """Leases addresses of a range, for 2 minutes, the least it knows."""

    def __init__(self, netns, device, first, last):
        super().__init__(
            netns, "dnsmasq", "-d", "-C", "/dev/null", "--port=0", "--no-ping",
            f"--interface={device}", "--bind-interfaces",
            f"--dhcp-range={first},{last},2m", "--dhcp-authoritative",
            f"--dhcp-leasefile={lab.RUN}/leases-{netns}", "--pid-file=",
        )  # fmt: skip


class Lease:
    """Of this interface: ask(), and after that renew()."""

    def __init__(self, device):
        self.device = device
        self.address = self.server = None
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
            s.bind((device, 0))
            self.mac = s.getsockname()[4]

    def _exchange(self, kind, want, options=b"", ciaddr="0.0.0.0"):
        """The answer's (address, options), asked anew until it comes."""
        xid = os.urandom(4)
        message = struct.pack(
            "!BBBB4sHH4s12s16s192x4sBBB", 1, 1, 6, 0, xid, 0, 0x8000,
            socket.inet_aton(ciaddr), bytes(12), self.mac, MAGIC, 53, 1, kind,
        ) + options + b"\xff"  # fmt: skip
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                         self.device.encode())  # fmt: skip
            s.bind(("", 68))
            s.settimeout(0.5)
            for _ in range(20):
                s.sendto(message, ("255.255.255.255", 67))
                try:
                    answer = s.recv(2048)
                except TimeoutError:
                    continue
                found = self._options(answer[240:])
                if answer[4:8] == xid and found.get(53) == bytes([want]):
                    return socket.inet_ntoa(answer[16:20]), found
        raise AssertionError("no DHCP server answers")

    @staticmethod
    def _options(data):
        found = {}
        while data and data[0] != 255:
            if data[0] == 0:
                data = data[1:]
                continue
            found[data[0]] = data[2 : 2 + data[1]]
            data = data[2 + data[1] :]
        return found

    def _take(self, address, options):
        """As clients do: the lease's time is the address's."""
        self.address, self.server = address, options[54]
        (self.lease_s,) = struct.unpack("!I", options[51])
        lab.Lab.batch(
            f"addr replace {address}/24 dev {self.device} "
            f"valid_lft {self.lease_s} preferred_lft {self.lease_s}"
        )

    def ask(self):
        address, options = self._exchange(DISCOVER, OFFER)
        wanted = b"\x32\x04" + socket.inet_aton(address)
        wanted += b"\x36\x04" + options[54]
        self._take(*self._exchange(REQUEST, ACK, wanted))

    def renew(self):
        self._take(*self._exchange(REQUEST, ACK, ciaddr=self.address))
