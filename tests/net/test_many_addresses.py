#!/usr/bin/env python3
"""Hundreds of addresses on one interface: what an event is about decides
whether anybody looks at all of them, never which address is chosen."""

import json
import os
import random
import signal
import socket
import subprocess
import time

import lab
from evddnsd import PROVIDER, Evddnsd, record
from lab import GW4, Lab
from tools import wait_until

SOURCE = """\
source "default" {
    interfaces = {"wan0"}
    reflectors4 = {}
    reflectors6 = {}
    confirm = "never"
}
"""
CONFIG = SOURCE + PROVIDER + record(check='"none"', verify="no")


def act(dice):
    """A command that may well be refused."""
    address = dice.choice([
        f"5.6.7.{dice.randint(1, 9)}/24", f"5.6.{dice.randint(8, 12)}.1/32",
        f"192.168.1.{dice.randint(1, 3)}/24", f"2a0a:600::{dice.randint(1, 9)}/64",
        f"2a0a:60{dice.randint(1, 3)}::1/64",
        f"5.6.13.{dice.randint(1, 3)} peer 5.6.7.254/32",
    ])  # fmt: skip
    lifetimes = dice.choice(["", "valid_lft 500 preferred_lft 400",
                             "valid_lft 500 preferred_lft 0",
                             "valid_lft 500 preferred_lft 100"])  # fmt: skip
    return dice.choice([
        f"addr add {address} dev wan0 nodad",
        f"addr replace {address} dev wan0 nodad {lifetimes}",
        f"addr replace {address} dev wan0 nodad {lifetimes}",
        f"addr del {address} dev wan0",
        f"route replace default via 5.6.7.254 dev wan0 metric {dice.randint(1, 3)}",
        f"route replace default via 5.6.7.254 dev wan0 src 5.6.7.{dice.randint(1, 9)}"
        f" metric {dice.randint(1, 3)}",
        f"route replace default via fe80::1 dev wan0 metric {dice.randint(1, 3)}",
        f"route del default metric {dice.randint(1, 3)}",
    ])  # fmt: skip


def wanted(d):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(d.dir + "/control")
        s.sendall(b'{"command":"status"}\n')
        answer = json.loads(s.makefile().readline())
    return {r["family"]: r["wanted"] for r in answer["records"]}


def heard(d, n):
    """All that came before has been heard when the last word has; twice, for
    the kernel's routing follows its word, and is looked at some 20 ms later."""
    for word in ("addr add", "addr del"):
        seen = len(d.lines)
        Lab.batch(f"{word} 10.77.{n % 250}.1/32 dev mark0")
        wait_until(lambda s=seen: any(map(is_word, d.lines[s:])), 10, "the word")
        time.sleep(0.05)


def is_word(line):
    """With a dump all interfaces are told of at once, by no name."""
    return (line.get("event") == "heard"
            and (line.get("name") == "mark0" or "everything" in line["message"]))


def look_again(d):
    t0 = time.monotonic() - 0.001
    d.send(signal.SIGUSR1)
    d.wait_log(after=t0, text="looking at everything again")


def test_a_glance_is_enough():
    """After acts at random the daemon wants what it also wants when it is
    told to look at everything."""
    seed = int(os.environ.get("SEED", time.time_ns() % 1000000))
    rounds = 300 if os.environ.get("EVDDNS_LONG") else 40
    print("SEED", seed)
    dice = random.Random(seed)
    with Lab() as net:
        d = Evddnsd(net, config=CONFIG).start()
        d.wait_event(event="updated", address=GW4)
        net.batch("link add mark0 type veth peer name mark1", "link set mark0 up")
        seen = set()
        n = 0
        # Until it was seen to want different things, whatever the dice say.
        while n < rounds or (len(seen) < 3 and n < 50 * rounds):
            acts = [act(dice) for _ in range(dice.randint(1, 5))]
            subprocess.run(
                ["ip", "-force", "-batch", "-"], input="\n".join(acts) + "\n",
                text=True, stderr=subprocess.DEVNULL, check=False,
            )  # fmt: skip
            heard(d, n)
            before = wanted(d)
            seen.add(str(before))
            look_again(d)
            after = wanted(d)
            assert after == before, (
                f"seed {seed}, round {n}: {before}, then {after}: {acts}\n"
                + d.tail() + Lab.show("wan0")
            )
            n += 1
        assert len(seen) > 2, seen
        net.batch("link del mark0")
        d.stop()


def test_hundreds():
    with Lab() as net:
        d = Evddnsd(net, config=CONFIG).start()
        d.wait_event(event="updated", address=GW4)
        net.batch(*(f"addr add 5.64.{i // 250}.{1 + i % 250}/32 dev wan0"
                    for i in range(600)))  # fmt: skip
        # The chosen one goes: the first of the others follows.
        net.ip(f"addr del {GW4}/24 dev wan0", "addr add 10.9.9.1/24 dev wan0")
        wait_until(lambda: wanted(d)["ipv4"] == ["5.64.0.1"], what="another one")
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
