#!/usr/bin/env python3
"""Behind a NAT router: how long from a new WAN address to the update?

The router is miniupnpd with nftables, which announces the change; its word
and a STUN server's (coturn, or a small one of ours where that is not installed)
make the quorum. The WAN address is deleted and added by `ip`, and the clock
runs from just before that until the UPDATE is seen on the far side of the
router. Prints Markdown.

Environment:
  BENCH_ROUNDS      changes (100; 30 at most are made)
  BENCH_SPACING_MS  least time between two (1400)
  BENCH_ROWS        not run unless "nat" is among them (all)
"""

import math
import os
import statistics
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "net"))

import lab  # noqa: E402
from evddnsd import PROVIDER, Evddnsd, record  # noqa: E402
from natlab import TURN4, WAN4, NatLab  # noqa: E402

ROUNDS = min(30, int(os.environ.get("BENCH_ROUNDS", "100")))
SPACING_S = int(os.environ.get("BENCH_SPACING_MS", "1400")) / 1000
GOAL_MS = 50
# The first changes find both processes cold, and nobody counts them.
WARM_UP = 2

SOURCE = f"""\
source "default" {{
    reflectors4 = {{"nat-pmp", "stun:{TURN4}"}}
}}
"""


def measure(net, daemon):
    took, lost, now = [], 0, WAN4
    for i in range(WARM_UP + ROUNDS):
        new = f"5.6.7.{10 + i}"
        t0 = net.set_wan(now, new)
        now = new
        try:
            daemon.wait_event(event="published", address=new, deadline_s=5)
        except AssertionError:
            lost += 1
            continue
        sent = [u[0].time for u in net.wire.updates(t0)]
        if i >= WARM_UP and sent:
            took.append(1000 * (sent[0] - t0))
        time.sleep(max(0, t0 + SPACING_S - time.monotonic()))
    return took, lost


def test_bench():
    with NatLab() as net:
        net.start_miniupnpd()
        net.start_stun(TURN4, lambda peer: peer)
        d = Evddnsd(net, SOURCE + PROVIDER + record(families='{"ipv4"}'),
                    log_level="warning").start()
        d.wait_event(event="published", address=WAN4)
        took, lost = measure(net, d)
        d.stop()
    median = statistics.median(took)
    p95 = sorted(took)[math.ceil(len(took) * 0.95) - 1]
    met = "yes" if median <= GOAL_MS else "**no**"
    print("\n| behind miniupnpd, ms | n | median | p95 | min "
          "| at most | met |\n|---|--:|--:|--:|--:|--:|---|")
    print(f"| WAN change → UPDATE on the wire | {len(took)} ({lost} lost) "
          f"| {median:.1f} | {p95:.1f} | {min(took):.1f} | {GOAL_MS} | {met} |")


if __name__ == "__main__":
    rows = os.environ.get("BENCH_ROWS")
    if rows and "nat" not in rows.split(","):
        sys.exit(0)
    lab.main(globals(), limit_s=300)
