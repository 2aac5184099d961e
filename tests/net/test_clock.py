#!/usr/bin/env python3
"""A gateway whose clock is wrong, as after a start without a battery."""

import os
import signal
import time

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from fakeclock import FakeClock
from lab import A, GW4, SECONDARIES4, Lab
from nameservers import Named
from notify_lab import account, powerdns, values
from tools import wait_until

SECOND = SECONDARIES4[0]
BIND_ZONE = f"@ SOA ns1 admin 1 3600 600 86400 60\n@ NS ns1\nns1 A {SECOND}"


def started(net, off_s, server=None):
    clock = FakeClock(f"{lab.RUN}/t/clock", off_s)
    config = SOURCE + PROVIDER + record()
    if server:
        config = config.replace(f'server = "{lab.NS4}"', f'server = "{server}"')
        config += f'resolver {{ servers = {{"{server}"}} }}\n'
    d = Evddnsd(net, config)
    d.env = clock.env
    return d.start(), clock


def told(d, off_s):
    """How far it is off, and what comes next."""
    line = d.wait_log(event="failed", name=NAME, level="warning")
    text = line["message"]
    assert "BADTIME" in text and "when the clock is set" in text, text
    assert ("behind" if off_s < 0 else "ahead of") in text, text
    seconds = int(text.split(" s ", 1)[0].split()[-1])
    assert abs(seconds - abs(off_s)) < 15, text
    event = d.wait_event(event="failed", record=NAME)
    assert "BADTIME" in event["error"], event
    assert int(event["env"]["EVDDNS_RETRY_IN"]) >= 40, event


def waits_then_sends(net, d, clock, server=lab.NS4):
    """Nothing until the clock is set; then at once."""
    assert len(net.wire.updates()) == 1
    records = d.ask(command="status")["records"]
    assert {r["state"] for r in records if r["family"] == "ipv4"} == {"backoff"}
    time.sleep(1.5)
    assert len(net.wire.updates()) == 1
    t0 = time.monotonic()
    clock.set(0)
    d.wait_event(event="published", address=GW4)
    first = net.wire.updates(since=t0)[0][0]
    assert first.time - t0 < 3, f"{first.time - t0:.3f} s after it was set"
    assert len(net.wire.updates()) == 2
    assert net.dns(NAME, A, server) == [GW4]
    d.wait_log(event="recovered", name=NAME)
    d.stop()


def test_behind():
    with Lab() as net:
        d, clock = started(net, -1000000)
        told(d, -1000000)
        waits_then_sends(net, d, clock)


def test_ahead_of_bind():
    with Lab(zones={"other.test": ""}) as net:
        net.batch(f"addr add {SECOND}/32 dev lo", netns="inet")
        Named(net, SECOND).start({"example.org": BIND_ZONE})
        d, clock = started(net, 2000, server=SECOND)
        told(d, 2000)
        waits_then_sends(net, d, clock, SECOND)


def test_refused_by_powerdns():
    """It says no more than REFUSED: told so, and not for ever."""
    with Lab() as net:
        directory = f"{lab.RUN}/t/pdns"
        os.mkdir(directory)
        with powerdns(directory) as server:
            clock = FakeClock(f"{lab.RUN}/t/clock", -1000000)
            d = Evddnsd(net, SOURCE + account(server.port) + record(
                check='"none"', verify='"no"'))
            d.env = clock.env
            d.start()
            event = d.wait_event(event="refused", record=NAME)
            assert "clock here" in event["error"], event
            # Not by itself, and not for a look.
            d.send(signal.SIGUSR1)
            d.wait_log(text="looking at everything again")
            time.sleep(0.5)
            assert len([e for e in d.events() if e["event"] == "refused"]) == 1
            t0 = time.monotonic()
            clock.set(0)
            wait_until(lambda: values(server.port, NAME) == [GW4], 10)
            assert time.monotonic() - t0 < 1.5
            d.wait_event(event="recovered", record=NAME)
            d.stop()


if __name__ == "__main__":
    lab.main(globals())
