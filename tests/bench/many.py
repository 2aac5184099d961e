#!/usr/bin/env python3
"""What many records cost in one daemon: memory, status, wakeups, start.

MANY says how many (1000); MANY_IDLE_S how long it is watched at rest (300;
0: not); MANY_EVENTS how many events are counted that concern one record
alone, beside others that do not care (100; 0: none). Prints goal and measured
as Markdown.
"""

import json
import os
import socket
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "net"))

import lab  # noqa: E402
from evddnsd import PROVIDER, SOURCE, Evddnsd, record  # noqa: E402
from lab import GW4, GW4_NEW, ISP4, Lab  # noqa: E402
from storm import at_rest, spaced  # noqa: E402

COUNTS = [int(n) for n in os.environ.get("MANY", "1000").split(",")]
IDLE_S = int(os.environ.get("MANY_IDLE_S", "300"))
EVENTS = int(os.environ.get("MANY_EVENTS", "100"))
MIB = {1000: 5, 10000: 25}
# Of what does not use the interface that the events are about.
IDLE = 'source "idle" {\n    interfaces = "dum0"\n    confirm = "never"\n}\n'
ASIDE4 = "5.6.77.7"


def ask(d, command):
    t0 = time.monotonic()
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(d.dir + "/control")
        s.sendall(json.dumps({"command": command}).encode() + b"\n")
        data = b""
        while not data.endswith(b"\n"):
            data += s.recv(1 << 20)
    took_ms = (time.monotonic() - t0) * 1000  # not Python's reading of it
    return json.loads(data), took_ms


def kib(pid, key):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(int(x.split()[1]) for x in f if x.startswith(key + ":"))


def wakeups(pid):
    return kib(pid, "voluntary_ctxt_switches")


def published(d):
    records = ask(d, "status")[0]["records"]
    return [r for r in records if r["state"] == "published"]


def wait_all(d, n, address, limit_s=180):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        good = [r for r in published(d) if r["published"] == [address]]
        if len(good) == n:
            return
        time.sleep(0.25)
    raise RuntimeError(f"{len(good)} of {n} published:\n{d.tail(5)}")


def measure(n):
    names = "".join(
        record(f"n{i}.example.org", families='{"ipv4"}') for i in range(n)
    )
    with Lab() as net:
        text = SOURCE + PROVIDER + names + "notify { linger = 2s }\n"
        d = Evddnsd(net, log_level="warning")
        d.configure(text, hooks=False)
        d.start()
        lab.wait_until(lambda: os.path.exists(d.dir + "/control"), 30, "it")
        wait_all(d, n, GW4)
        t0 = net.ip(
            f"addr del {GW4}/24 dev wan0",
            f"addr add {GW4_NEW}/24 dev wan0",
            f"route add default via {ISP4}",
        )
        wait_all(d, n, GW4_NEW)
        changed_s = time.monotonic() - t0
        time.sleep(14)  # the update process ends, memory is given back
        rss = kib(d.process.pid, "VmRSS")
        status = min(ask(d, "status")[1] for _ in range(20))
        time.sleep(12)
        before = wakeups(d.process.pid)
        time.sleep(IDLE_S)
        woken = wakeups(d.process.pid) - before
        d.stop()
    goal = MIB.get(n, n * 25 / 10000)
    rows = [
        (f"RSS with {n} records", f"≤ {goal} MiB", f"{rss / 1024:.2f} MiB",
         rss <= goal * 1024),
        (f"all {n} changed and seen in DNS", "–", f"{changed_s:.2f} s", True),
        (f"`status` of {n} records", "≤ 5 ms per 1,000", f"{status:.2f} ms",
         status <= 5 * n / 1000),
    ]  # fmt: skip
    if IDLE_S:
        rows.append((f"wakeups in {IDLE_S} idle s", "0", str(woken), woken == 0))
    return rows


def beside(net, n, log_level="warning"):
    """A daemon with one record of wan0, and n that do not care for it."""
    names = "".join(
        record(f"i{i}.example.org", families='{"ipv4"}', source='"idle"', verify='"no"')
        for i in range(n)
    )
    d = Evddnsd(net, log_level=log_level, name=f"beside{n}")
    one = SOURCE.replace('"default" {', '"default" {\n    interfaces = "wan0"')
    d.configure(
        one + IDLE + PROVIDER + record(families='{"ipv4"}') + names
        + "notify { linger = 2s }\n", hooks=False)
    d.start()
    lab.wait_until(lambda: os.path.exists(d.dir + "/control"), 30, "it")
    lab.wait_until(lambda: len(published(d)) == n + 1, 60, "all published")
    return d


def event_cost(n):
    """Two daemons hear the same events; both are looked at in turn."""
    with Lab() as net:
        net.batch("link add dum0 type veth peer name dum1", "link set dum1 up",
                  f"addr add {ASIDE4}/32 dev dum0", "link set dum0 up")
        daemons = [beside(net, k) for k in (1, n)]
        pids = [d.process.pid for d in daemons]
        time.sleep(14)  # the update processes end, memory is given back
        lab.wait_until(lambda: all(map(at_rest, pids)), 20, "rest")
        few_ns, many_ns = spaced(pids, EVENTS)
        for d in daemons:
            d.stop()
    return [
        (f"CPU of an event beside {n} records that do not care for it",
         "≤ 1.2 × beside 1", f"{many_ns / 1e3:.0f} µs, {many_ns / few_ns:.2f} ×",
         many_ns <= 1.2 * few_ns),
    ]  # fmt: skip


def main():
    lab.enter(limit_s=1200)
    rows = [row for n in COUNTS for row in measure(n)]
    rows += event_cost(COUNTS[0]) if EVENTS else []
    print("| many records | at most | seen | met |\n|---|---|--:|---|")
    for what, most, seen, met in rows:
        print(f"| {what} | {most} | {seen} | {'yes' if met else '**no**'} |")


if __name__ == "__main__":
    main()
