#!/usr/bin/env python3
"""After an outage the event that ends it leads to an update at once, whatever
has grown meanwhile: the carrier, a route, somebody who answers. (resolv.conf:
test_resolvconf and test_start; the clock: test_clock; two hours of each, and
a thousand daemons: tests/unit/check_outage.)"""

import os
import re
import time

import lab
from evddnsd import NAME, PROVIDER, Evddnsd, record, source
from lab import A, GW4, GW4_NEW, ISP4, NS4, Lab

# Named, so that an address without a route is a candidate.
CONFIG = (
    source(interfaces='"wan0"', confirm_timeout="300ms")
    + PROVIDER.replace(f'server = "{NS4}"', f'server = "{NS4}"\n    timeout = 500ms')
    + record()
    + "resolver { timeout = 300ms tries = 1 }\n"
)
STRICT, OTHER = "strict.example.org", "other.example.org"
TIMEOUT_S = 0.5 + 0.3  # of an update; and of the carrier's own news
# How long it lasts: some tries have failed by then.
OUTAGE_S = float(os.environ.get("EVDDNS_OUTAGE_S", "5"))


def outage(net, begin):
    """Published; then nothing leads out, and the address is another."""
    d = Evddnsd(net, CONFIG).start()
    d.wait_event(event="published", address=GW4)
    t0 = time.monotonic()
    begin()
    d.wait_log(event="failed", after=t0, level="warning", deadline_s=20)
    time.sleep(OUTAGE_S)
    assert len([x for x in d.lines if x.get("event") == "failed"]) > 1, d.tail()
    assert net.dns(NAME, A) == [GW4]
    return d


def ends(net, d, t0):
    # Published; or right already, by what was on its way as it began to work.
    line = d.wait_log(event="recovered", after=t0)
    assert line["level"] == "notice" and "failed tries" in line["message"], line
    took = line["monotonic_s"] - t0
    # ... and what was on its way just then is waited for.
    assert took < 1.0 + TIMEOUT_S, f"only after {took:.2f} s:\n{d.tail()}"
    assert net.dns(NAME, A) == [GW4_NEW]
    # Told when it began and when it ended, with its count.
    grave = [x for x in d.lines if x["level"] == "warning" and x.get("event") == "failed"]
    assert len(grave) == 1, grave
    d.stop()


def test_carrier_back():
    with Lab() as net:
        def cut():
            net.batch("link set isp0 down", netns="inet")
            return net.swap()  # fmt: skip

        d = outage(net, cut)
        net.batch("link set isp0 up", "route replace 5.6.0.0/16 dev isp0", netns="inet")
        lab.wait_until(lambda: net.operstate() == "up", what="wan0 up")
        ends(net, d, time.monotonic() - 0.3)


def test_route_back():
    with Lab() as net:
        # Bound to an interface, what no route leads to is looked for on link;
        # the lab's Internet would answer there for all its addresses.
        with net.inet(), open("/proc/sys/net/ipv4/conf/isp0/arp_ignore", "w") as f:
            f.write("1")
        d = outage(net, lambda: net.ip(
            f"addr del {GW4}/24 dev wan0", f"addr add {GW4_NEW}/24 dev wan0"))  # fmt: skip
        ends(net, d, net.ip(f"route add default via {ISP4}"))


def test_somebody_answers_again():
    """The world was silent, without a word from the kernel. Whoever is answered
    first, here by hand, ends the waits of all: of a source whose reflectors
    were silent, of a record whose name servers were."""
    strict = source("strict", interfaces='"wan0"', confirm='"always"', confirm_timeout="300ms")
    text = CONFIG + strict + record(STRICT, source='"strict"') + record(OTHER)
    with Lab() as net:
        d = Evddnsd(net, text).start()
        for name in (NAME, STRICT, OTHER):
            d.wait_log(event="published", name=name)
        net.knot.pause()
        t0 = net.swap()
        line = d.wait_log(event="unconfirmed", after=t0, level="warning")
        assert "not published until it is" in line["message"], line
        d.wait_log(event="failed", after=t0, name=NAME, deadline_s=20)
        time.sleep(OUTAGE_S)
        net.knot.go_on()
        # Were it a backoff that ends, it would not be all of them at once.
        t0 = time.monotonic()
        d.ask(command="refresh", record=OTHER)
        for name in (OTHER, NAME, STRICT):
            # (What had left may have landed by now: then it is right already.)
            line = d.wait_log(event="state", text="-> published", after=t0, name=name)
            took = line["monotonic_s"] - t0
            assert took < 1.0 + TIMEOUT_S, f"{name} after {took:.2f} s:\n{d.tail()}"
        line = d.wait_log(event="confirmed", after=t0, level="notice", name="strict")
        assert re.search(r"after \d+ failed tr(y|ies)", line["message"]), line
        silent = [x for x in d.lines if x["level"] == "warning"
                  and x.get("event") in ("unconfirmed", "silent")]  # fmt: skip
        assert len(silent) <= 2, silent
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
