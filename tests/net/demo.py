#!/usr/bin/env python3
"""What evddns is for, in half a minute: `./quickstart`.

Real address changes on a gateway, and for each one the time from the
kernel's event to the answer of every name server.  Ends with 0 only if every
answer was right.
"""

import os
import sys
import textwrap
import time

import knot
import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import A, AAAA, GW4, GW4_NEW, GW6, GW6_NEW, ISP4, PPP4, PPP4_PEER, Lab

STAGES = ["heard", "confirmed", "checked", "sent", "accepted", "published", "hook"]
HEADS = ["heard", "confirm", "check", "sent", "accept", "public", "hook"]
SERVERS = [("ns1", lab.NS4), ("ns2", lab.SECONDARIES4[0])]
# Knot answers an update late where it follows the last one within a second;
# a timeline should show the client.
SPACING_S = 1.6

CHANGES = [
    ("IPv4: another address", "ipv4", GW4_NEW, [
        f"addr del {GW4}/24 dev wan0",
        f"addr add {GW4_NEW}/24 dev wan0",
        f"route add default via {ISP4}",
    ]),
    ("IPv6: the first one", "ipv6", GW6, [
        f"addr add {GW6}/64 dev wan0 nodad",
        "route add default via fe80::1 dev wan0",
    ]),
    ("PPPoE: delete, add, then the route", "ipv4", PPP4, [
        f"addr del {GW4_NEW}/24 dev wan0",
        f"addr add {PPP4} peer {PPP4_PEER}/32 dev wan0",
        f"route add default via {PPP4_PEER} dev wan0",
    ]),
    ("renumbering: old prefix deprecated", "ipv6", GW6_NEW, [
        f"addr add {GW6_NEW}/64 dev wan0 nodad",
        f"addr change {GW6}/64 dev wan0 preferred_lft 0 valid_lft 7200",
    ]),
]  # fmt: skip


def bold(text):
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def stage_time(daemon, stage, family, since):
    """When this stage was first reached after that time, or None."""
    for line in list(daemon.lines):
        if line.get("event") != stage or line["monotonic_s"] < since:
            continue
        if line.get("family") not in (family, None):
            continue
        if stage == "hook" and not line["message"].startswith("published"):
            continue
        return line["monotonic_s"]
    return None


def timeline(daemon, family, t0):
    out = ""
    for stage in STAGES:
        at = stage_time(daemon, stage, family, t0)
        out += f"{(at - t0) * 1000:8.1f}" if at else f"{'-':>8}"
    return out


def answers(net, kind, want):
    """Each name server's own words, and whether all are right."""
    said, right = [], True
    for name, address in SERVERS:
        got = net.dns(NAME, kind, address)
        right = right and got == [want]
        said.append(f"{name} {' '.join(got) if got else 'nothing'}")
    return "   ".join(said), right


def watch(net, daemon, title, family, want, t0):
    kind = A if family == "ipv4" else AAAA
    try:
        daemon.wait_event(event="published", address=want, deadline_s=15)
        daemon.wait_log(event="hook", family=family, after=t0, text="published")
        fault = None
    except AssertionError as e:
        fault = str(e)
    print(f"{title:<36}" + timeline(daemon, family, t0))
    said, right = answers(net, kind, want)
    print(f"    {said}   {'right' if right else bold('WRONG')}", flush=True)
    if fault:
        print(textwrap.indent(fault, "    "))
    return right and not fault


def main():
    lab.enter(180)
    with Lab(secondaries=1) as net:
        config = SOURCE + PROVIDER + record()
        print(bold("evddnsd on a gateway, in private network namespaces"))
        print(f"wan0 {GW4}, Knot DNS as ns1 and ns2 of {knot.ZONE}. The configuration:")
        shown = config.replace(knot.KEY, "…")
        print("\n" + textwrap.indent(shown, "    "))
        daemon = Evddnsd(net, config)
        print("ms since the change was given to the kernel; public: all servers agree")
        print("(ns2 gets the zone from ns1, which waits 1 s before it says a word)")
        print(" " * 36 + "".join(f"{h:>8}" for h in HEADS), flush=True)
        t0 = time.monotonic()
        daemon.start()
        right = watch(net, daemon, "start: nothing published yet", "ipv4", GW4, t0)
        for title, family, want, commands in CHANGES:
            time.sleep(SPACING_S)
            t0 = net.ip(*commands)
            right &= watch(net, daemon, title, family, want, t0)
        try:
            took = daemon.stop()
            print(f"stopped in {took * 1000:.0f} ms")
        except AssertionError as e:
            print(e)
            right = False
    done = f"{len(CHANGES) + 1} changes, "
    print(bold(done + ("every answer right" if right else "NOT every answer right")))
    sys.stdout.flush()
    os._exit(0 if right else 1)


if __name__ == "__main__":
    main()
