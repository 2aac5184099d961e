#!/usr/bin/env python3
"""A thousand gateways publish into one zone: what do the servers take?

The gateways are the jobs of one evddns-notify: each has a name, a socket, a
message and a signature of its own, as it would have at its own place. The
whole fleet gets new addresses, at once or spread over some seconds, as after
an outage of a region; then one account has all the names, and its jobs are
gathered.  The very messages of that are then sent by a bare program too,
which does nothing else: what it takes is the server's.  Prints Markdown.

Environment:
  FLEET_SIZE    gateways (1000)
  FLEET_SPREAD  seconds over which they come, e.g. "0,2,10" (0,2,10)
"""

import json
import os
import random
import select
import socket
import statistics
import struct
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
TURNS = 7
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
    lines = []
    for i in range(SIZE):
        n.last += 1
        lines.append(json.dumps(job(i, turn, id=n.last, more=i + 1 < SIZE)))
    data = ("\n".join(lines) + "\n").encode()
    start = time.monotonic()
    n.write(data)
    answers = b""
    while answers.count(b"\n") < SIZE:
        answers += os.read(n.process.stdout.fileno(), 1 << 20)
    took = 1000 * (time.monotonic() - start)
    replies = [json.loads(line) for line in answers.splitlines()]
    assert all(r["status"] == "done" for r in replies), replies[0]
    return took, len({r["sent_monotonic_ns"] for r in replies})


def receive_all(connection):
    """The messages of one connection, until it is closed or silent."""
    messages = []
    connection.settimeout(1)
    try:
        while size := connection.recv(2, socket.MSG_WAITALL):
            messages.append(connection.recv(struct.unpack("!H", size)[0],
                                            socket.MSG_WAITALL))
    except TimeoutError:
        pass
    return messages


def record(directory, turn):
    """What evddns-notify sends for all names of one account."""
    with socket.create_server(("127.0.0.1", 0)) as listener, Notify(
            directory, account(listener.getsockname()[1])) as n:
        n.send(*[job(i, turn, more=i + 1 < SIZE) for i in range(SIZE)])
        connection, _ = listener.accept()
        with connection:
            return receive_all(connection)


def bare(port, messages):
    """ms until the server has answered them all, one after the other."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = time.monotonic()
        for message in messages:
            s.sendall(struct.pack("!H", len(message)) + message)
            size = struct.unpack("!H", s.recv(2, socket.MSG_WAITALL))[0]
            reply = s.recv(size, socket.MSG_WAITALL)
            assert reply[3] & 15 == 0, f"rcode {reply[3] & 15}"
        return 1000 * (time.monotonic() - start)


def spread_text(spread):
    return "at once" if spread == 0 else f"over {spread:g} s"


def one_account(title, server, n, directory):
    """In turns, for the machine is not the same all the time."""
    own = os.path.join(directory, "recorded")
    os.mkdir(own)
    recorded = [record(own, 200 + turn) for turn in range(2)]
    ours, servers_own = [], []
    for turn in range(TURNS):
        ours.append(gathered(n, 100 + turn))
        time.sleep(1.4)
        servers_own.append(bare(server.port, recorded[turn % 2]))
        time.sleep(1.4)
    took, messages = sorted(ours)[TURNS // 2]
    alone = sorted(servers_own)[TURNS // 2]
    print(f"| {title} | one account with {SIZE} names | "
          f"{1000 * SIZE / took:.0f} | | | {took:.0f} ms, {messages} "
          f"message{'s' * (messages > 1)} | 0 |", flush=True)
    print(f"| {title} | … the same bytes, bare sender | "
          f"{1000 * SIZE / alone:.0f} | | | {alone:.0f} ms | |", flush=True)
    if SIZE == 1000:
        met = took <= 60 and messages <= 3
        print(f"| | (goal: 60 ms, 3 messages: "
              f"{'met' if met else 'not met'}; ours beside the server's own: "
              f"{took - alone:+.0f} ms) | | | | | |", flush=True)


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
            one_account(title, server, n, directory)


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
