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


def refused_by_powerdns(net, off_s):
    """A daemon that it has refused for its clock."""
    directory = f"{lab.RUN}/t/pdns"
    os.mkdir(directory)
    server = powerdns(directory)
    net.servers.append(Ended(server))
    clock = FakeClock(f"{lab.RUN}/t/clock", off_s)
    d = Evddnsd(net, SOURCE + account(server.port) + record(
        check='"none"', verify='"no"'))
    d.env = clock.env
    d.start()
    event = d.wait_event(event="refused", record=NAME)
    assert "clock here" in event["error"], event
    return d, clock, server


class Ended:
    def __init__(self, server):
        self.server = server

    def kill(self):
        self.server.__exit__()


def mended(d, server, t0, event="recovered"):
    wait_until(lambda: values(server.port, NAME) == [GW4], 10)
    assert time.monotonic() - t0 < 2.5
    d.wait_event(event=event, record=NAME)
    d.stop()


def test_refused_by_powerdns():
    """It says no more than REFUSED: told so, and not for ever."""
    with Lab() as net:
        d, clock, server = refused_by_powerdns(net, -1000000)
        # Not by itself, and not for a look.
        d.send(signal.SIGUSR1)
        d.wait_log(text="looking at everything again")
        time.sleep(0.5)
        assert len([e for e in d.events() if e["event"] == "refused"]) == 1
        t0 = time.monotonic()
        clock.set(0)
        mended(d, server, t0)


def test_refused_by_powerdns_before_a_restart():
    """It stands, and the clock's being set ends it all the same."""
    with Lab() as net:
        d, clock, server = refused_by_powerdns(net, -3600)
        d.stop()
        asked = pdns_refusals(server)
        assert asked >= 1
        d.start()
        event = d.wait_event(event="refused", record=NAME, skip=len(d.events()))
        assert "clock here" in event["error"], event
        time.sleep(0.5)
        assert pdns_refusals(server) == asked
        t0 = time.monotonic()
        clock.set(0)
        mended(d, server, t0)


def test_set_while_we_were_away():
    """Ahead, so that the refusal seems to be of the future."""
    with Lab() as net:
        d, clock, server = refused_by_powerdns(net, 3600)
        d.stop()
        clock.set(0)
        t0 = time.monotonic()
        d.start()
        mended(d, server, t0, "updated")


def pdns_refusals(server):
    with open(server.log.name, encoding="utf-8") as f:
        return f.read().count("denied:")


if __name__ == "__main__":
    lab.main(globals())
