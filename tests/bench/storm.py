#!/usr/bin/env python3
"""What does a storm of address events, or a host of addresses, do to us?

Runs the daemon in the lab of the network tests, as root and without any
privilege (a receive buffer no larger than net.core.rmem_max), and prints
Markdown: goal, and what was measured. See rows() for what is measured.

Environment:
  STORM_EVENTS   events of a storm (20000)
  STORM_ROUNDS   rounds of each row (3)
  STORM_ROWS     which rows, e.g. "stall,cpu" (all)

Ends with 1 when it could not measure; whether goals were met is printed.
"""

import contextlib
import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../net"))

import lab  # noqa: E402
from evddnsd import PROVIDER, Evddnsd, record  # noqa: E402
from lab import A, GW4, GW4_NEW, ISP4, NS4, TOP, Lab  # noqa: E402
from tools import die_with_parent, wait_until  # noqa: E402

EVENTS = int(os.environ.get("STORM_EVENTS", "20000"))
ROUNDS = int(os.environ.get("STORM_ROUNDS", "3"))
MANY = 10000
LINKS = 100
SINGLE = int(os.environ.get("STORM_SINGLE", "200"))
RTM_NEWADDR, RTM_DELADDR = 20, 21
NAMES = ["home.example.org", "two.example.org", "three.example.org"]
NOBODY = 65534

SOURCE = f"""\
source "default" {{
    interfaces = {{"wan0"}}
    reflectors4 = {{"dns:whoami.test@{NS4}/A"}}
    reflectors6 = {{}}
}}
"""


def say(text):
    print(text, file=sys.stderr, flush=True)


class Daemon(Evddnsd):
    """As root, or as nobody from its first instruction on."""

    def __init__(self, net, root, config=None, **more):
        self.root = root
        if config is None:
            config = SOURCE + PROVIDER + "".join(
                record(n, families='{"ipv4"}') for n in NAMES)
        more.setdefault("log_level", "info")
        super().__init__(net, config, **more)

    def command(self, *more):
        command = super().command(*more)
        if self.root:
            return command
        for place in (self.dir, self.state_dir, self.config_file,
                      self.hooks_dir, f"{self.hooks_dir}/10-record"):
            os.chown(place, NOBODY, NOBODY)
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}",
                "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
                *command]

    def settle(self):
        self.wait_event(event="published", deadline_s=20)
        pid = self.process.pid
        wait_until(lambda: at_rest(pid), 10, "the daemon at rest")


def cpu_ns(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[0])


def at_rest(pid):
    before = cpu_ns(pid)
    time.sleep(0.3)
    return cpu_ns(pid) == before


def private_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f
                   if line.startswith("Private_"))


def storm(n):
    for i in range(n // 2):
        address = f"5.6.9.{1 + i % 200}/32"
        yield f"addr add {address} dev wan0"
        yield f"addr del {address} dev wan0"


def swap(old, new):
    return (f"addr del {old}/24 dev wan0", f"addr add {new}/24 dev wan0",
            f"route add default via {ISP4}")


# ---- the rows ----

def stall(root):
    """The daemon is stopped in the middle of a storm for 2 s; how long after
    the last event, or after it goes on, is the right update on the wire, and
    how many updates did one name get?"""
    took, updates = [], []
    for i in range(ROUNDS):
        with Lab() as net:
            d = Daemon(net, root).start()
            d.settle()
            before = len(net.wire.updates())
            batch = threading.Thread(
                target=net.batch, args=(*storm(EVENTS),
                                        *swap(GW4, GW4_NEW)))
            batch.start()
            time.sleep(0.1)
            d.send(signal.SIGSTOP)
            time.sleep(2)
            batch.join()
            t0 = time.monotonic()
            d.send(signal.SIGCONT)
            for name in NAMES:
                net.wait_dns(name, A, GW4_NEW)
            sent = net.wire.updates()[before:]
            last = max(p.time for p, _ in sent)
            took.append((last - t0) * 1e3)
            updates.append(len(sent))
            d.stop()
            say(f"stall: {took[-1]:.1f} ms, {updates[-1]} updates")
    return [("right update on the wire after a storm of "
             f"{EVENTS} events, stalled 2 s", "≤ 20 ms",
             f"{statistics.median(took):.1f} ms (worst {max(took):.1f})",
             max(took) <= 20),
            ("updates per name meanwhile", "≤ 2", str(max(updates)),
             max(updates) <= 2)]


@contextlib.contextmanager
def reader():
    p = subprocess.Popen([TOP + "/tests/bench/reader"],
                         stdout=subprocess.PIPE, preexec_fn=die_with_parent)
    try:
        if p.stdout.readline() != b"ready\n":
            raise RuntimeError("the bare reader did not start")
        yield p.pid
    finally:
        p.kill()
        p.wait()


def cost(net, pid, events):
    """CPU time that these commands cost a process, in ns per event."""
    wait_until(lambda: at_rest(pid), 10, "rest")
    before = cpu_ns(pid)
    net.batch(*events)
    wait_until(lambda: at_rest(pid), 10, "rest")
    return (cpu_ns(pid) - before) / len(events)


def beside_reader(root, acts):
    """Ours and a bare libmnl reader's CPU for one of these, in µs."""
    ours, bare = [], []
    with Lab() as net:
        d = Daemon(net, root).start()
        d.settle()
        for _ in range(ROUNDS):
            ours.append(cost(net, d.process.pid, acts) / 1e3)
            d.send(signal.SIGSTOP)
            with reader() as pid:
                bare.append(cost(net, pid, acts) / 1e3)
            d.send(signal.SIGCONT)
            say(f"cpu: {ours[-1]:.2f} us, bare {bare[-1]:.2f} us")
        d.stop()
    return statistics.median(ours), statistics.median(bare)


def cpu(root):
    """CPU per event of a storm, beside a bare libmnl reader's."""
    ours, bare = beside_reader(root, list(storm(EVENTS)))
    return [(f"CPU of an event, storm of {EVENTS}", "≤ 2 × a bare reader",
             f"{ours:.1f} µs, {ours / bare:.2f} ×", ours <= 2 * bare)]


def containers(n):
    """Links that come, are given an address, and go: what a container does."""
    for i in range(n):
        yield f"link add c{i} type veth peer name d{i}"
        yield f"link set c{i} up"
        yield f"addr add 172.17.{i % 250}.1/24 dev c{i}"
        yield f"link del c{i}"


def links(root):
    """CPU of links that no source draws on, beside a bare libmnl reader's."""
    ours, bare = beside_reader(root, list(containers(LINKS)))
    return [(f"CPU of what {LINKS} containers do to links that no source "
             "names, each act", "≤ 2 × a bare reader",
             f"{ours:.1f} µs, {ours / bare:.2f} ×", ours <= 2 * bare)]


def many_addresses(dev):
    for i in range(MANY):
        yield f"addr add 5.64.{i // 250}.{1 + i % 250}/32 dev {dev}"


class Rtnetlink:
    """Changes addresses of this thread's namespace, starting no program."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.sock.bind((0, 0))

    def change(self, kind, ifindex, address):
        raw = socket.inet_aton(address)
        body = struct.pack("=BBBBi", socket.AF_INET, 32, 0, 0, ifindex)
        for attr in (1, 2):  # IFA_ADDRESS, IFA_LOCAL
            body += struct.pack("=HH", 8, attr) + raw
        flags = 5 | (0x600 if kind == RTM_NEWADDR else 0)
        self.sock.send(struct.pack("=IHHII", 16 + len(body), kind, flags,
                                   1, 0) + body)
        error = struct.unpack_from("=i", self.sock.recv(4096), 16)[0]
        if error:
            raise OSError(-error, f"address {address}")


def spaced(pids, n):
    """CPU of single events, far enough apart to be looked at one by one, in
    ns for each of these processes."""
    here, index = Rtnetlink(), socket.if_nametoindex("wan0")
    wait_until(lambda: all(map(at_rest, pids)), 10, "rest")
    before = [cpu_ns(pid) for pid in pids]
    for i in range(n):
        for kind in (RTM_NEWADDR, RTM_DELADDR):
            here.change(kind, index, f"5.6.9.{1 + i % 200}")
            time.sleep(0.025)
    wait_until(lambda: all(map(at_rest, pids)), 10, "rest")
    return [(cpu_ns(p) - b) / (2 * n) for p, b in zip(pids, before)]


def resync():
    out = subprocess.run([TOP + "/tests/bench/resync", "30"],
                         stdout=subprocess.PIPE, check=True, text=True)
    return [int(word) / 1e6 for word in out.stdout.split()]


def many_single(pid):
    with reader() as bare:
        ours, bare_ns = spaced([pid, bare], SINGLE)
    say(f"single: {ours / 1e3:.0f} us, bare {bare_ns / 1e3:.0f} us")
    return ours, bare_ns


def many(root):
    """An interface with 10,000 addresses, beside one with a few."""
    with Lab() as net:
        d = Daemon(net, root).start()
        d.settle()
        pid = d.process.pid
        # Whatever a first storm leaves behind is not the addresses'.
        net.batch(*storm(2000))
        few_kib = private_kib(pid)
        few_ns, few_bare = many_single(pid)
        net.batch(*many_addresses("wan0"))
        many_ns, many_bare = many_single(pid)
        many_storm = cost(net, pid, list(storm(2000)))
        with reader() as bare_pid:
            bare_storm = cost(net, bare_pid, list(storm(2000)))
        each = (private_kib(pid) - few_kib) * 1024 / MANY
        ours, bare = resync()
        d.stop()
    return [
        ("CPU of a single event, a few addresses", "–",
         f"{few_ns / 1e3:.0f} µs, {few_ns / few_bare:.2f} × a bare reader's",
         True),
        ("CPU of a single event, 10,000 addresses",
         "≤ 1.5 × with a few, or than a bare reader's grows",
         f"{many_ns / 1e3:.0f} µs, {many_ns / few_ns:.2f} × (a bare reader's "
         f"{many_bare / few_bare:.2f} ×)",
         many_ns <= few_ns * max(1.5, many_bare / few_bare)),
        ("CPU of an event in a storm, 10,000 addresses",
         "≤ 2 × a bare reader",
         f"{many_storm / 1e3:.1f} µs, {many_storm / bare_storm:.2f} ×",
         many_storm <= 2 * bare_storm),
        ("resync of 10,000 addresses", "≤ 2 × a bare dump",
         f"{ours:.1f} ms, {ours / bare:.2f} ×", ours <= 2 * bare),
        ("memory of an address", "≤ 300 bytes", f"{each:.0f}", each <= 300),
    ]


def rows():
    wanted = os.environ.get("STORM_ROWS", "stall,cpu,links,many").split(",")
    for root in (True, False):
        for row in (stall, cpu, links, many):
            if row.__name__ in wanted:
                for what, goal, seen, met in row(root):
                    yield "root" if root else "nobody", what, goal, seen, met


def main():
    lab.enter(limit_s=900)
    print("| as | what | goal | measured | met |\n|---|---|---|---|---|")
    for who, what, goal, seen, met in rows():
        print(f"| {who} | {what} | {goal} | {seen} "
              f"| {'yes' if met else '**no**'} |", flush=True)
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    try:
        code = main()
    except (AssertionError, RuntimeError, OSError,
            subprocess.CalledProcessError) as error:
        print(f"bench: could not measure: {error}", file=sys.stderr)
        code = 1
    sys.stderr.flush()
    os._exit(code)
