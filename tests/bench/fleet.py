#!/usr/bin/env python3
"""A thousand gateways publish into one zone: what do the servers take?

The gateways are the jobs of one evddns-notify: each has a name, a socket, a
message and a signature of its own, as it would have at its own place. The
whole fleet gets new addresses, at once or spread over some seconds, as after
an outage of a region; then one account has all the names, and its jobs are
gathered.  Prints Markdown.

Environment:
  FLEET_SIZE    gateways (1000)
  FLEET_SPREAD  seconds over which they come, e.g. "0,2,10" (0,2,10)
"""

import os
import random
import select
import statistics
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "net"))

import notify_lab  # noqa: E402
from notify_lab import (  # noqa: E402
    Notify, Skipped, account, bind, knot, powerdns, values,
)

SIZE = int(os.environ.get("FLEET_SIZE", "1000"))
SPREADS = [float(s) for s in os.environ.get("FLEET_SPREAD", "0,2,10").split(",")]
SERVERS = {"Knot DNS": knot, "BIND": bind, "PowerDNS": powerdns}


def job(i, turn, **more):
    return {"account": "ns", "name": f"gw-{i}.example.org",
            "zone": "example.org", "ipv4": [f"10.{turn}.{i >> 8}.{i & 255}"],
            **more}


def receive(n, sent, took, wrong):
    """All replies that are here."""
    while select.select([n.process.stdout], [], [], 0)[0] or b"\n" in n.pending:
        reply = n.reply(1)
        took.append(time.monotonic() - sent[reply["id"]])
        if reply["status"] != "done":
            wrong.append(reply)


def fleet(n, spread, turn):
    """Each at its own time: (seconds until each was accepted, the failed)."""
    dice = random.Random(turn)
    times = sorted(dice.uniform(0, spread) for _ in range(SIZE))
    sent, took, wrong = {}, [], []
    start = time.monotonic()
    for i, when in enumerate(times):
        while (left := start + when - time.monotonic()) > 0:
            select.select([n.process.stdout], [], [], left)
            receive(n, sent, took, wrong)
        one = job(i, turn)
        n.send(one)
        sent[one["id"]] = max(start + when, start)
    while len(took) < SIZE:
        select.select([n.process.stdout], [], [], 30)
        receive(n, sent, took, wrong)
    return sorted(took), wrong, time.monotonic() - start


def gathered(n, turn):
    """All names of one account: ms until the server has taken them all."""
    jobs = [job(i, turn, more=i + 1 < SIZE) for i in range(SIZE)]
    start = time.monotonic()
    n.send(*jobs)
    replies = [n.reply() for _ in range(SIZE)]
    took = 1000 * (time.monotonic() - start)
    assert all(r["status"] == "done" for r in replies), replies[0]
    return took, len({r["sent_monotonic_ns"] for r in replies})


def spread_text(spread):
    return "at once" if spread == 0 else f"over {spread:g} s"


def measure(title, start):
    with tempfile.TemporaryDirectory(prefix="evddns.") as directory:
        with start(directory) as server, Notify(
                directory, account(server.port)) as n:
            for turn, spread in enumerate(SPREADS):
                took, wrong, whole = fleet(n, spread, turn)
                print(f"| {title} | {SIZE} gateways {spread_text(spread)} | "
                      f"{SIZE / whole:.0f} | "
                      f"{1000 * statistics.median(took):.0f} ms | "
                      f"{1000 * took[int(0.99 * SIZE) - 1]:.0f} ms | "
                      f"{1000 * took[-1]:.0f} ms | {len(wrong)} |", flush=True)
                last = values(server.port, f"gw-{SIZE - 1}.example.org")
                if not wrong:
                    assert last == job(SIZE - 1, turn)["ipv4"], last
                time.sleep(1.4)  # Knot is slow just after an update
            best = []
            for turn in range(5):
                best.append(gathered(n, 100 + turn))
                time.sleep(1.4)
            took, messages = sorted(best)[len(best) // 2]
            print(f"| {title} | one account with {SIZE} names | "
                  f"{1000 * SIZE / took:.0f} | | | {took:.0f} ms, {messages} "
                  f"message{'s' * (messages > 1)} | 0 |", flush=True)
            if title == "Knot DNS" and SIZE == 1000:
                met = "met" if took <= 60 and messages <= 3 else "not met"
                print(f"| | (goal: 60 ms, 3 messages: {met}) | | | | | |",
                      flush=True)


def main(_directory):
    print("| server | load | updates a second | median | 99 % | all | "
          "not taken in 15 s |\n|---|---|---|---|---|---|---|", flush=True)
    for title, start in SERVERS.items():
        try:
            measure(title, start)
        except Skipped as reason:
            print(f"| {title} | {reason} | | | | | |")


if __name__ == "__main__":
    notify_lab.main({"test_fleet": main}, 600)
