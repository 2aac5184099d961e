"""A gateway and its Internet, in namespaces of their own.

A test program calls lab.main(globals()).  It then runs again inside private
network, mount and process namespaces (and a user namespace where it is not
root): whatever happens, the kernel removes everything with the last process.

The network namespace of the program is the gateway: wan0 leads to isp0 in
the namespace "inet", which stands for the Internet and owns every address
that the gateway talks to.  The addresses look public, for only such ones are
published; nothing of it is ever connected to a real network.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import traceback

import inside
from dnsask import A, AAAA, SOA, ask, values  # noqa: F401 (for the tests)
from inside import SKIPPED, skip
from knot import Knot
from tools import Skipped, die_with_parent, setns_net, wait_until
from wire import Wire

# The gateway's addresses, before and after.
ISP4 = "5.6.7.1"
GW4, GW4_NEW = "5.6.7.5", "5.6.7.9"
PREFIX, PREFIX_NEW = "2a0a:600:0:1", "2a0a:600:0:2"
GW6, GW6_NEW = PREFIX + "::5", PREFIX_NEW + "::5"
# Point to point, as PPPoE has it: our address, and the peer's.
PPP4, PPP4_PEER = "5.6.8.7", "5.6.8.1"
# The second uplink of Lab.second_wan().
ISP4_B, ISP6_B = "5.6.9.1", "fe80::9"
GW4_B, GW4_B_NEW = "5.6.9.5", "5.6.9.9"
PREFIX_B = "2a0a:601:0:1"
GW6_B = PREFIX_B + "::5"
# Servers on the Internet.
NS4, NS6 = "1.2.3.53", "2a0a:53::53"
SECONDARIES4 = ["1.2.3.54", "1.2.3.55", "1.2.3.56"]
HTTP4 = "1.2.3.80"
DEAD4 = "1.2.3.99"  # routed, but nobody is there

TOP = os.environ.get("top_builddir") or os.getcwd()
RUN = "/run/lab"


def enter(limit_s=120):
    """Go on only inside the namespaces."""
    inside.enter(limit_s, "knotd")
    os.makedirs("/run/netns")
    os.makedirs(RUN)
    os.chmod(RUN, 0o755)
    inside.resolv_conf(NS4)


def own_etc():
    """From here on /etc is ours to change: links, renames, what is missing."""
    work = RUN + "/etc"
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    for name in ("passwd", "group", "hosts", "nsswitch.conf", "ld.so.cache"):
        if os.path.exists("/etc/" + name):
            shutil.copy("/etc/" + name, work)
    subprocess.run(["mount", "--bind", work, "/etc"], check=True)


class Ip:
    """`ip -batch -`, kept open so that a change costs no start of a program."""

    def __init__(self, *options):
        self.errors = open(f"{RUN}/ip-errors-{time.monotonic_ns()}", "w+")
        self.process = subprocess.Popen(
            ["ip", "-force", *options, "-batch", "-"],
            stdin=subprocess.PIPE,
            stderr=self.errors,
            preexec_fn=die_with_parent,
        )

    def __call__(self, *commands):
        """Returns the time just before the kernel was asked."""
        text = "".join(c + "\n" for c in commands).encode()
        t0 = time.monotonic()
        os.write(self.process.stdin.fileno(), text)
        return t0

    def close(self):
        """What went wrong, if anything."""
        self.process.stdin.close()
        self.process.wait(10)
        self.errors.seek(0)
        text = self.errors.read()
        self.errors.close()
        return text


class Lab:
    """The links, addresses and servers; `with Lab() as lab:`."""

    def __init__(self, secondaries=0, gateway=True, zones=None):
        self.n_secondaries = secondaries
        self.gateway = gateway
        self.zones = zones
        self.servers = []
        self.daemons = []
        self.ip = self.isp = self.wire = self.wire_b = self._netns = None

    def __enter__(self):
        try:
            self._links()
            self.wire = Wire(self)
            self.knot = self.start_knot()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _links(self):
        shutil.rmtree(f"{RUN}/t", ignore_errors=True)
        os.makedirs(f"{RUN}/t")
        subprocess.run(["ip", "netns", "add", "inet"], check=True)
        self._netns = os.open("/run/netns/inet", os.O_RDONLY | os.O_CLOEXEC)
        subprocess.run(
            ["ip", "link", "add", "wan0", "type", "veth"]
            + ["peer", "name", "isp0", "netns", "inet"],
            check=True,
        )
        owned = [NS4, HTTP4] + SECONDARIES4[: self.n_secondaries]
        self.batch(
            "link set lo up",
            "link set isp0 up",
            *(f"addr add {a}/32 dev lo" for a in owned),
            f"addr add {NS6}/128 dev lo nodad",
            f"addr add {ISP4}/24 dev isp0",
            f"addr add {PPP4_PEER}/32 dev isp0",
            "addr add fe80::1/64 dev isp0 nodad",
            "route add 5.6.0.0/16 dev isp0",
            "route add 2a0a:600::/32 dev isp0",
            netns="inet",
        )
        self.batch("link set wan0 up")
        # Wait for the carrier, or the first IPv6 packets are lost.
        wait_until(lambda: self.operstate() == "up", what="wan0 up")
        if self.gateway:
            self.batch(f"addr add {GW4}/24 dev wan0", f"route add default via {ISP4}")
        self.ip = Ip()
        self.isp = Ip("-n", "inet")

    @staticmethod
    def operstate(interface="wan0"):
        text = subprocess.run(
            ["ip", "-br", "link", "show", interface], capture_output=True, text=True
        ).stdout.split()
        return text[1].lower() if len(text) > 1 else ""

    def second_wan(self, metric=None):
        """wan1 to isp1, with an address; a default route where metric is."""
        self.batch("link add wan1 type veth peer name isp1 netns inet")
        self.batch(
            "link set isp1 up",
            f"addr add {ISP4_B}/24 dev isp1",
            f"addr add {ISP6_B}/64 dev isp1 nodad",
            "route add 2a0a:601::/32 dev isp1",
            netns="inet",
        )
        self.batch("link set wan1 up", f"addr add {GW4_B}/24 dev wan1")
        wait_until(lambda: self.operstate("wan1") == "up", what="wan1 up")
        self.wire_b = Wire(self, "isp1")
        if metric is not None:
            self.batch(f"route add default via {ISP4_B} dev wan1 metric {metric}")

    @staticmethod
    def batch(*commands, netns=None):
        """Many `ip` commands at once, done when this returns."""
        subprocess.run(
            ["ip"] + (["-n", netns] if netns else []) + ["-batch", "-"],
            input="".join(c + "\n" for c in commands),
            text=True,
            check=True,
        )

    def own(self, *addresses):
        """These stand on the Internet, too."""
        self.batch(*(f"addr add {a}/32 dev lo" for a in addresses), netns="inet")

    def swap(self, old=GW4, new=GW4_NEW):
        """The gateway gets another address, and the route with it."""
        return self.ip(
            f"addr del {old}/24 dev wan0",
            f"addr add {new}/24 dev wan0",
            f"route add default via {ISP4}",
        )

    @staticmethod
    def show(interface):
        """`ip address` of one interface."""
        return subprocess.run(
            ["ip", "address", "show", "dev", interface],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    @staticmethod
    def link_local(interface):
        text = Lab.show(interface)
        return text.split("inet6 fe80:")[1].split("/")[0].join(["fe80:", ""])

    @contextlib.contextmanager
    def inet(self):
        """This thread is on the Internet; sockets and children made here
        stay there."""
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            setns_net(self._netns)
            yield
        finally:
            setns_net(here)
            os.close(here)

    def start_knot(self):
        knot = Knot(self, f"{RUN}/t", NS4, NS6, zones=self.zones)
        others = SECONDARIES4[: self.n_secondaries]
        knot.start(secondaries=others)
        for address in others:
            second = Knot(self, f"{RUN}/t", address, zones=self.zones)
            second.start(primary=NS4)
        return knot

    def listen(self, address=HTTP4, port=0):
        """A TCP socket on the Internet that listens."""
        with self.inet():
            s = socket.create_server((address, port))
        return s

    def dns(self, name, kind, server=NS4):
        """What this server says, asked from the Internet's side."""
        with self.inet():
            return values(server, name, kind)

    def wait_dns(self, name, kind, want, server=NS4, deadline_s=10.0):
        want = sorted([want] if isinstance(want, str) else want)
        seen = []

        def right():
            seen[:] = [self.dns(name, kind, server)]
            return seen[0] == want

        try:
            wait_until(right, deadline_s)
        except AssertionError:
            raise AssertionError(
                f"{server} says {seen[0]} for {name}, not {want}"
            ) from None

    def __exit__(self, *_):
        for daemon in self.daemons:
            daemon.kill()
        for server in self.servers:
            server.kill()
        for wire in (self.wire, self.wire_b):
            if wire:
                wire.close()
        for batch in (self.ip, self.isp):
            if batch and (text := batch.close()):
                print("ip said:", text.strip())
        if self._netns is not None:
            # Whatever a test has made goes, too.
            for _, link in socket.if_nameindex():
                if link != "lo":
                    subprocess.run(
                        ["ip", "link", "del", link],
                        check=False, stderr=subprocess.DEVNULL,
                    )  # fmt: skip
            subprocess.run(["ip", "netns", "del", "inet"], check=False)
            os.close(self._netns)


def main(names, limit_s=120, before=None):
    """Runs every test_* of the caller, or those named as arguments."""
    enter(limit_s)
    try:
        if before:
            before()
    except Skipped as reason:
        skip(reason)
    tests = [(n, f) for n, f in names.items() if n.startswith("test_")]
    if sys.argv[1:]:
        tests = [(n, f) for n, f in tests if n in sys.argv[1:]]
    failed = skipped = 0
    for name, test in tests:
        began = time.monotonic()
        try:
            test()
            result = "ok  "
        except Skipped as reason:
            print(f"skip {name}: {reason}", flush=True)
            skipped += 1
            continue
        except Exception:  # one failure does not hide the others
            traceback.print_exc(file=sys.stdout)
            result = "FAIL"
            failed += 1
        print(f"{result} {name} ({time.monotonic() - began:.1f} s)", flush=True)
        assert threading.active_count() < 50
    sys.stdout.flush()
    os._exit(1 if failed else SKIPPED if skipped == len(tests) else 0)
