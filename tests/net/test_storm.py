#!/usr/bin/env python3
"""More than anybody can follow: right in the end, and quiet about it."""

import os
import random
import signal
import time

import lab
from evddnsd import NAME, Evddnsd
from lab import A, GW4, GW4_NEW, ISP4, Lab


def storm(n):
    for i in range(n):
        address = f"5.6.9.{1 + i % 200}/32"
        yield f"addr add {address} dev wan0"
        yield f"addr del {address} dev wan0"


def end(net):
    return net.swap()


def test_storm():
    with Lab() as net:
        d = Evddnsd(net, log_level="info").start()
        d.wait_event(event="published", address=GW4)
        net.batch(*storm(2500))
        end(net)
        net.wait_dns(NAME, A, GW4_NEW)
        d.wait_event(event="published", address=GW4_NEW)
        # An address that is gone before anybody looked is nobody's news.
        assert len(net.wire.updates()) <= 4, len(net.wire.updates())
        d.stop()


def test_overrun():
    """Stopped while the kernel's queue overflows: what is lost is the
    newest, so only looking again can be right."""
    with Lab() as net:
        d = Evddnsd(net, log_level="info").start()
        d.wait_event(event="published", address=GW4)
        d.send(signal.SIGSTOP)
        try:
            # Enough for 8 MiB of queue, which root may have.
            net.batch(*storm(6000))
            net.batch(
                f"addr del {GW4}/24 dev wan0",
                f"addr add {GW4_NEW}/24 dev wan0",
                f"route add default via {ISP4}",
            )
        finally:
            d.send(signal.SIGCONT)
        net.wait_dns(NAME, A, GW4_NEW)
        d.wait_event(event="published", address=GW4_NEW)
        assert len(net.wire.updates()) <= 4, len(net.wire.updates())
        d.stop()


def test_flapping_address():
    """Away and back: one update at most for the time that it was away."""
    with Lab() as net:
        d = Evddnsd(net, log_level="info").start()
        d.wait_event(event="published", address=GW4)
        for _ in range(20):
            net.ip(
                f"addr del {GW4}/24 dev wan0",
                f"addr add {GW4}/24 dev wan0",
                f"route add default via {ISP4}",
            )
        t0 = end(net)
        d.wait_event(event="published", address=GW4_NEW)
        d.stop()
        assert len(net.wire.updates()) == 2
        assert net.wire.updates()[1][0].time > t0


def test_flips_at_any_moment():
    """To and fro at random moments, so that a change meets every state of a
    record: asked, sent, accepted, watched.  Each time right in the end."""
    seed = int(os.environ.get("SEED", time.time_ns() % 1000000))
    print("SEED", seed)
    dice = random.Random(seed)
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        old, new = GW4, GW4_NEW
        for _ in range(25):
            for _ in range(dice.randint(2, 9)):
                net.ip(
                    f"addr del {old}/24 dev wan0",
                    f"addr add {new}/24 dev wan0",
                    f"route add default via {ISP4}",
                )
                old, new = new, old
                # No wait for anything: the moment is what is tested.
                time.sleep(dice.random() * 0.012)
            try:
                net.wait_dns(NAME, A, old, deadline_s=6)
            except AssertionError as e:
                raise AssertionError(f"{d.tail(300)}\n{e}") from e
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
