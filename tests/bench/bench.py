#!/usr/bin/env python3
"""How long after the kernel's event is the update sent, and at what cost?

Measures evddnsd beside the floor program (floor.c) in one run: blocks of
address changes, in turn with each of the programs at work and all others
ended, so that whatever else the machine does falls on all of them alike.
Then weighs the idle daemon against an empty program. Prints Markdown.

Environment:
  BENCH_ROUNDS      changes for each row with a target (100)
  BENCH_SPACING_MS  least time between two changes (1400)
  BENCH_REST_MS     between the loss of the old address and the new one (20)
  BENCH_IDLE_S      how long the idle daemon is watched (300; 0: not)
  BENCH_ROWS        which rows, e.g. "floor,fast,start" (all)
  BENCH_PREFIX      a command to run evddnsd under, such as a tracer

Ends with 1 when it could not measure; whether targets were met is printed.
"""

import itertools
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import lab  # noqa: E402

TOP = os.environ.get("top_builddir", ".")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "100"))
SPACING_MS = int(os.environ.get("BENCH_SPACING_MS", "1400"))
REST_MS = int(os.environ.get("BENCH_REST_MS", "20"))
IDLE_S = int(os.environ.get("BENCH_IDLE_S", "300"))
BLOCK = 10
STARTS = 20
# Changes at the start of a block that nobody counts: the update process is
# started, has made its first signature and found the zone.
WARM_UP = 2

PEER = """\
ip -4 -o monitor address dev wan0 | while read -r a b c address rest; do
    case $a in Deleted) continue ;; esac
    printf 'server %s\\nzone %s\\nupdate delete %s A\\n%s\\nsend\\n' {server} \
        {zone} {name} "update add {name} 60 A ${{address%/*}}" |
        nsupdate -k {work}/nsupdate.key
done
"""

CONF = """\
notify {{ linger = {linger} }}
hooks {{ directory = "{work}/hooks.d" }}
resolver {{ servers = {{"{server}"}} }}
source "default" {{
    interfaces = {{"wan0"}}
    reflectors4 = {{"dns:{whoami}@{server}/A"}}
    {source}
}}
provider "ns" {{
    type = "rfc2136"
    server = "{server}"
    key-name = "{key_name}"
    key-algorithm = "hmac-sha256"
    key-file = "{key_file}"
}}
record "{name}" {{
    provider = "ns"
    families = {{"ipv4"}}
    {record}
}}
"""


def fill(text, **more):
    return text.format(server=lab.SERVER, zone=lab.ZONE, name=lab.NAME,
                       work=lab.WORK, whoami=lab.WHOAMI,
                       key_name=lab.KEY_NAME, key_file=lab.KEY_FILE, **more)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Addresses:
    """Ever new ones; the first of take() is the one that wan0 holds now."""

    def __init__(self):
        self.ring = itertools.cycle(f"5.6.7.{i}" for i in range(1, 251))
        self.now = next(self.ring)

    def take(self, n):
        taken = [self.now] + [next(self.ring) for _ in range(n)]
        self.now = taken[-1]
        return taken


# ---- the programs ----

def start_floor(addresses):
    p = subprocess.Popen(
        [TOP + "/tests/bench/floor", "wan0", lab.SERVER, lab.ZONE, lab.NAME,
         lab.KEY_NAME, lab.KEY_FILE] + addresses, stdout=subprocess.PIPE)
    if p.stdout.readline() != b"ready\n":
        raise RuntimeError("the floor program did not start")
    return p


def start_peer(_):
    return subprocess.Popen(["sh", "-c", fill(PEER)], start_new_session=True)


def start_daemon(title, linger="60s", source="", record=""):
    work = f"{lab.WORK}/{title}"
    os.makedirs(lab.WORK + "/hooks.d", exist_ok=True)
    os.makedirs(work, exist_ok=True)
    lab.write(work + "/evddns.conf",
              fill(CONF, linger=linger, source=source, record=record))
    with open(work + "/log", "a", encoding="utf-8") as log:
        p = subprocess.Popen(
            os.environ.get("BENCH_PREFIX", "").split() +
            [TOP + "/daemon/evddnsd", "-c", work + "/evddns.conf", "-s", work,
             "-S", work + "/control", "-l", "warning"], stderr=log)
    deadline = time.monotonic() + 10
    while not os.path.exists(work + "/control"):
        if p.poll() is not None or time.monotonic() > deadline:
            tell_log(title)
            raise RuntimeError("evddnsd did not start")
        time.sleep(0.01)
    return p


def tell_log(title):
    path = f"{lab.WORK}/{title}/log"
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as log:
            say("".join(log.readlines()[-20:]))


def stop(p):
    p.terminate()
    try:
        p.wait(5)
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()
        raise RuntimeError("a program did not end in 5 s") from None


def stop_peer(p):
    os.killpg(p.pid, 15)
    p.wait()


def change(addresses):
    """The first address becomes each of the others in turn: their times."""
    out = subprocess.run(
        [TOP + "/tests/bench/change", "wan0", lab.NETNS, lab.SERVER, lab.NAME,
         str(SPACING_MS), str(REST_MS)] + addresses,
        stdout=subprocess.PIPE, check=True)
    return [tuple(map(int, line.split()[1:]))
            for line in out.stdout.decode().splitlines()]


class Row:
    def __init__(self, title, text, start, rounds=ROUNDS, end=stop):
        self.title, self.text = title, text
        self.start, self.end = start, end
        self.rounds = rounds
        self.wire, self.answer = [], []
        self.lost = 0

    def block(self, addresses):
        """One block, or the rest of the rounds."""
        n = min(BLOCK, self.rounds - len(self.wire) - self.lost)
        if n <= 0:
            return False
        taken = addresses.take(WARM_UP + n)
        p = self.start(taken)
        times = change(taken)[WARM_UP:]
        self.end(p)
        for wire, answer in times:
            if wire < 0 or answer < 0:
                self.lost += 1
                continue
            self.wire.append(wire / 1e6)
            self.answer.append(answer / 1e6)
        if self.lost > self.rounds / 2:
            tell_log(self.title)
            raise RuntimeError(f"{self.title}: most updates never came")
        return True


def rows():
    few = math.ceil(ROUNDS / 5)
    never = {"source": 'confirm = "never"', "record": 'check = "none"'}
    found = [
        Row("floor", "floor: libmnl → prebuilt UPDATE", start_floor),
        Row("fast", "evddnsd, `confirm = never`, `check = none`",
            lambda _: start_daemon("fast", **never)),
        Row("defaults", "evddnsd, defaults: confirmed and checked first",
            lambda _: start_daemon("defaults")),
        Row("cold", "evddnsd, defaults, after a long rest: no update process",
            lambda _: start_daemon("cold", linger="0"), rounds=few),
    ]
    if shutil.which("nsupdate"):
        found.append(Row("peer", "`ip monitor` + sh + nsupdate", start_peer,
                         rounds=few, end=stop_peer))
    wanted = os.environ.get("BENCH_ROWS")
    if wanted:
        found = [r for r in found if r.title in wanted.split(",")]
    return found


def measure_changes(found, addresses):
    went_on = True
    while went_on:
        went_on = False
        for row in found:
            if row.block(addresses):
                went_on = True
                say(f"{row.title}: {len(row.wire)} of {row.rounds}"
                    f", median {statistics.median(row.wire or [0]):.3f} ms")


# ---- the start ----

def start_once(work):
    """Milliseconds from before exec until the kernel's tables were read."""
    t0 = time.clock_gettime(time.CLOCK_MONOTONIC)
    p = subprocess.Popen(
        [TOP + "/daemon/evddnsd", "-c", work + "/evddns.conf", "-s", work,
         "-S", work + "/control", "-l", "debug", "--log-format", "json"],
        stderr=subprocess.PIPE)
    for line in p.stderr:
        said = json.loads(line)
        if said.get("event") == "heard":
            break
    else:
        raise RuntimeError("evddnsd ended before it had heard the kernel")
    p.stderr.close()
    stop(p)
    return (said["monotonic_s"] - t0) * 1000


def measure_starts():
    work = lab.WORK + "/start"
    os.makedirs(lab.WORK + "/hooks.d", exist_ok=True)
    os.makedirs(work)
    lab.write(work + "/evddns.conf",
              fill(CONF, linger="60s", source="", record=""))
    return [start_once(work) for _ in range(STARTS)]


# ---- the idle daemon ----

def status(pid, *words):
    """Sums of these lines over all threads of a process."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status",
                  encoding="utf-8") as file:
            total += sum(int(line.split()[1]) for line in file
                         if line.split(":")[0] in words)
    return total


def wakeups(pid):
    return status(pid, "voluntary_ctxt_switches",
                  "nonvoluntary_ctxt_switches")


def weigh(pid):
    kib = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if words[-1] == "kB":
                kib[words[0].rstrip(":")] = int(words[1])
    kib["Private"] = kib["Private_Clean"] + kib["Private_Dirty"]
    return kib


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
        return file.read().split()


def await_rest(pid):
    """Until the update process is gone and the daemon sleeps."""
    deadline = time.monotonic() + 120
    seen = -1
    while children(pid) or wakeups(pid) != seen:
        if time.monotonic() > deadline:
            raise RuntimeError("the daemon never comes to rest")
        seen = wakeups(pid)
        time.sleep(5)


def measure_idle(addresses):
    """What the daemon weighs and does while nothing happens."""
    daemon = start_daemon("idle", linger="2s")
    change(addresses.take(WARM_UP))
    await_rest(daemon.pid)
    empty = subprocess.Popen([TOP + "/tests/bench/empty"])
    say(f"idle: watching for {IDLE_S} s")
    before = wakeups(daemon.pid)
    time.sleep(IDLE_S)
    result = {"wakeups": wakeups(daemon.pid) - before,
              "evddnsd": weigh(daemon.pid), "empty": weigh(empty.pid)}
    stop(empty)
    stop(daemon)
    return result


# ---- tables ----

def p95(values):
    return sorted(values)[math.ceil(len(values) * 0.95) - 1]


def print_changes(found):
    floor = next((r for r in found if r.title == "floor"), None)
    print("| from RTM_NEWADDR, ms | n | UPDATE on the wire: median | p95 "
          "| min | × floor | new answer served: median | p95 | × floor |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    ratios = {}
    for row in found:
        wire, answer = (statistics.median(v) for v in (row.wire, row.answer))
        times = ["–", "–"]
        if floor:
            ratios[row.title] = wire / statistics.median(floor.wire)
            times = [f"{ratios[row.title]:.2f}",
                     f"{answer / statistics.median(floor.answer):.2f}"]
        lost = f" ({row.lost} lost)" if row.lost else ""
        print(f"| {row.text} | {len(row.wire)}{lost} | {wire:.3f} "
              f"| {p95(row.wire):.3f} | {min(row.wire):.3f} | {times[0]} "
              f"| {answer:.3f} | {p95(row.answer):.3f} | {times[1]} |")
    return ratios


def print_idle(idle):
    print("\n| at rest, KiB | RSS | PSS | private clean | private dirty "
          "| private |\n|---|--:|--:|--:|--:|--:|")
    for title in ("evddnsd", "empty"):
        w = idle[title]
        print(f"| {title if title == 'evddnsd' else 'an empty program'} "
              f"| {w['Rss']} | {w['Pss']} | {w['Private_Clean']} "
              f"| {w['Private_Dirty']} | {w['Private']} |")


def change_targets(found, ratios):
    """What is asked of the rows, compared within this one run."""
    targets = []
    medians = {r.title: (statistics.median(r.wire), statistics.median(
        r.answer)) for r in found}
    for title, most in (("fast", 2), ("defaults", 5)):
        if title in ratios:
            targets.append((f"UPDATE on the wire, {title}",
                            f"≤ {most} × floor", f"{ratios[title]:.2f} ×",
                            ratios[title] <= most))
    if "fast" in medians and "floor" in medians:
        ratio = medians["fast"][1] / medians["floor"][1]
        targets.append(("new answer served, fast", "≤ 2 × floor",
                        f"{ratio:.2f} ×", ratio <= 2))
    if "fast" in medians and "peer" in medians:
        ratio = medians["peer"][0] / medians["fast"][0]
        targets.append(("`ip monitor` + sh + nsupdate, slower by",
                        "≥ 40 ×", f"{ratio:.1f} ×", ratio >= 40))
    return targets


def print_targets(targets, starts, idle):
    if starts:
        first = statistics.median(starts)
        targets.append(("start until the kernel's tables are read", "≤ 5 ms",
                        f"{first:.1f} ms, p95 {p95(starts):.1f}", first <= 5))
    if idle:
        own, spare = idle["evddnsd"], 819
        more = own["Private"] - idle["empty"]["Private"]
        targets += [
            ("RSS at rest", "≤ 3 MiB", f"{own['Rss']} KiB",
             own["Rss"] <= 3072),
            ("private dirty", "≤ 0.5 MiB", f"{own['Private_Dirty']} KiB",
             own["Private_Dirty"] <= 512),
            ("private bytes", "≤ an empty program + 0.8 MiB",
             f"+ {more} KiB", more <= spare),
            (f"wakeups in {IDLE_S} idle s", "0", str(idle["wakeups"]),
             idle["wakeups"] == 0),
        ]
    if not targets:
        return
    print("\n| target | asked | seen | met |\n|---|---|--:|---|")
    for what, most, seen, met in targets:
        print(f"| {what} | {most} | {seen} | {'yes' if met else '**no**'} |")


def main():
    lab.enter()
    addresses = Addresses()
    found = rows()
    idle = starts = None
    wanted = os.environ.get("BENCH_ROWS", "start").split(",")
    lab.set_up(addresses.now)
    knot = lab.start_knot(addresses.now)
    measure_changes(found, addresses)
    if "start" in wanted:
        starts = measure_starts()
    if IDLE_S and any(r.title not in ("floor", "peer") for r in found):
        idle = measure_idle(addresses)
    stop(knot)
    ratios = print_changes(found)
    if idle:
        print_idle(idle)
    print_targets(change_targets(found, ratios), starts, idle)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"bench: could not measure: {error}")
