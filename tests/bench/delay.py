#!/usr/bin/env python3
"""The same changes where every answer takes 20 ms.

Between the gateway and its Internet stands delay.c, which holds back each
frame on its way to the gateway: every reflector and name server is 20 ms
away. The update must be on the wire one round trip after the kernel's event,
and 3 ms for all of our own work. Then the daemon is started again and again:
none of it may send anything.

Environment, besides bench.py's:
  BENCH_DELAY_ROUNDS  changes for each row (50)
  BENCH_TTL_ROUNDS    ... with the NS set's TTL over (20; 0: not)
  BENCH_RESTARTS      how often it is started again (1000; 0: not)
"""

import fcntl
import os
import socket
import statistics
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))

import bench  # noqa: E402
import lab  # noqa: E402
from fakeclock import FakeClock  # noqa: E402

DELAY_MS = 20
GOAL_MS = DELAY_MS + 3
ROUNDS = int(os.environ.get("BENCH_DELAY_ROUNDS", "50"))
TTL_ROUNDS = int(os.environ.get("BENCH_TTL_ROUNDS", "20"))
RESTARTS = int(os.environ.get("BENCH_RESTARTS", "1000"))

NO_OFFLOAD = """
import sys; sys.path.insert(0, {path!r}); sys.dont_write_bytecode = True
import delay; delay.no_offload({name!r})
"""


def no_offload(name):
    """Every frame is whole when it leaves: no checksum, no segment undone."""
    import ctypes

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for command in (0x17, 0x1F, 0x24):  # STXCSUM, STSO, SGSO
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            request = struct.pack("16sP8x", name.encode(), ctypes.addressof(value))
            fcntl.ioctl(s, 0x8946, request)  # SIOCETHTOOL


def put_between():
    """wan0 and inet0 are no longer each other's ends: delay is."""
    lab.run("ip link del wan0")
    lab.run("ip netns add path")
    for near, far, netns in (("wan0", "near0", None), ("inet0", "far0", "inet")):
        at = ["-n", netns] if netns else []
        subprocess.run(["ip", *at, "link", "add", near, "address", lab.MAC[near], "type", "veth",
                        "peer", "name", far, "netns", "path"], check=True)
        lab.run(f"ip -n path link set {far} up promisc on")
        code = NO_OFFLOAD.format(path=os.path.dirname(os.path.abspath(__file__)), name=near)
        into = ["nsenter", f"--net=/run/netns/{netns}"] if netns else []
        subprocess.run([*into, sys.executable, "-c", code], check=True)
    relay = subprocess.Popen(
        ["nsenter", "--net=/run/netns/path", bench.TOP + "/tests/bench/delay",
         "near0", "far0", str(DELAY_MS)], stdout=subprocess.PIPE)
    if relay.stdout.readline() != b"ready\n":
        raise RuntimeError("the delay program did not start")
    return relay


class TtlRow(bench.Row):
    """The zone's TTL is an hour. Before each change the daemon's clock, and
    nobody else's, goes on by two."""

    def block(self, addresses):
        if self.wire or self.lost:
            return False
        clock = FakeClock(f"{lab.WORK}/clock")
        os.environ.update(clock.env)
        try:
            p = self.start(None)
        finally:
            for name in clock.env:
                del os.environ[name]
        for n in range(bench.WARM_UP + self.rounds):
            ahead = 7200 * (n + 1)
            clock.set(boottime_s=ahead, monotonic_s=ahead)  # TSIG goes by the other
            wire, answer = bench.change(addresses.take(1))[0]
            if wire < 0 or answer < 0:
                self.lost += 1
            elif n >= bench.WARM_UP:
                self.wire.append(wire / 1e6)
                self.answer.append(answer / 1e6)
        self.end(p)
        return True


def rows():
    found = [
        bench.Row("warm", "defaults", lambda _: bench.start_daemon("warm"), rounds=ROUNDS),
        bench.Row("cold", "defaults, no update process",
                  lambda _: bench.start_daemon("cold", linger="0"), rounds=ROUNDS),
    ]
    if TTL_ROUNDS:
        found.append(TtlRow("ttl", "defaults, no update process, the NS set's TTL over",
                            lambda _: bench.start_daemon("ttl", linger="0", record="recheck = 0"),
                            rounds=TTL_ROUNDS))
    wanted = os.environ.get("BENCH_ROWS")
    return [r for r in found if not wanted or r.title in wanted.split(",")]


def serial():
    """The zone's, which every update raises."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2)
        s.connect((lab.SERVER, 53))
        s.send(lab.question(lab.ZONE)[:-4] + b"\x00\x06\x00\x01")
        return struct.unpack_from("!I", s.recv(4096)[-20:])[0]


def restart(addresses):
    """How many updates all the restarts led to."""
    p = bench.start_daemon("restart")
    bench.change(addresses.take(1))
    bench.stop(p)
    before = serial()
    for n in range(RESTARTS):
        p = bench.start_daemon("restart")
        time.sleep(0.08)  # it has asked, been told, and would have sent
        bench.stop(p)
        os.remove(f"{lab.WORK}/restart/control") if os.path.exists(
            f"{lab.WORK}/restart/control") else None
        if n % 100 == 99:
            bench.say(f"restarts: {n + 1} of {RESTARTS}")
    return serial() - before


def main():
    lab.enter()
    addresses = bench.Addresses()
    lab.set_up(addresses.now)
    relay = put_between()
    lab.address_links(addresses.now)
    knot = lab.start_knot(addresses.now)
    found = rows()
    bench.measure_changes(found, addresses)
    needless = restart(addresses) if RESTARTS and not os.environ.get("BENCH_ROWS") else None
    bench.stop(knot)
    relay.kill()
    relay.wait()
    print(f"\n| {DELAY_MS} ms to everybody; from RTM_NEWADDR, ms | n | UPDATE on the wire: "
          "median | p95 | min | goal | met |\n|---|--:|--:|--:|--:|--:|---|")
    for row in found:
        if not row.wire:
            raise RuntimeError(f"{row.title}: no update ever came")
        wire = statistics.median(row.wire)
        print(f"| {row.text} | {len(row.wire)} | {wire:.3f} | {bench.p95(row.wire):.3f} "
              f"| {min(row.wire):.3f} | ≤ {GOAL_MS} | {'yes' if wire <= GOAL_MS else '**no**'} |")
    if needless is not None:
        print(f"\n| target | at most | seen | met |\n|---|---|--:|---|\n"
              f"| needless updates in {RESTARTS} restarts | 0 | {needless} "
              f"| {'yes' if needless == 0 else '**no**'} |")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"bench: could not measure: {error}")
