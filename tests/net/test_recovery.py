#!/usr/bin/env python3
"""After an outage the event that ends it leads to an update at once, whatever
has grown meanwhile: here the carrier. (resolv.conf: test_resolvconf; the clock:
test_clock; a route: test_start; two hours of each, and a thousand daemons:
tests/unit/check_outage.)"""

import os
import time

import lab
from evddnsd import NAME, PROVIDER, Evddnsd, record, source
from lab import A, GW4, GW4_NEW, NS4, Lab

# Named, so that an address without a route is a candidate.
CONFIG = (
    source(interfaces='"wan0"', confirm_timeout="300ms")
    + PROVIDER.replace(f'server = "{NS4}"', f'server = "{NS4}"\n    timeout = 500ms')
    + record()
    + "resolver { timeout = 300ms tries = 1 }\n"
)
TIMEOUT_S = 0.5 + 0.3  # of an update; and of the carrier's own news
# How long it lasts: some tries have failed by then.
OUTAGE_S = float(os.environ.get("EVDDNS_OUTAGE_S", "5"))


def outage(net, begin):
    """Published; then nothing leads out, and the address is another."""
    d = Evddnsd(net, CONFIG).start()
    d.wait_event(event="published", address=GW4)
    t0 = begin()
    d.wait_log(event="failed", after=t0, level="warning", deadline_s=20)
    time.sleep(OUTAGE_S)
    assert len([x for x in d.lines if x.get("event") == "failed"]) > 1, d.tail()
    assert net.dns(NAME, A) == [GW4]
    return d


def ends(net, d, t0):
    line = d.wait_log(event="published", after=t0)
    took = line["monotonic_s"] - t0
    # ... and what was on its way just then is waited for.
    assert took < 1.0 + TIMEOUT_S, f"only after {took:.2f} s:\n{d.tail()}"
    assert net.dns(NAME, A) == [GW4_NEW]
    # Told when it began and when it ended, with its count.
    grave = [x for x in d.lines if x["level"] == "warning" and x.get("event") == "failed"]
    assert len(grave) == 1, grave
    line = d.wait_log(event="recovered", after=t0)
    assert line["level"] == "notice" and "failed tries" in line["message"], line
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


if __name__ == "__main__":
    lab.main(globals())
