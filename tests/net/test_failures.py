#!/usr/bin/env python3
"""What goes wrong goes wrong for one record alone, and is said once."""

import time

import knot
import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from knot import Knot
from lab import A, DEAD4, GW4, GW4_NEW, NS4, SECONDARIES4, Lab

GOOD = "good.example.org"


def provider(name, server=NS4, key_name=knot.KEY_NAME, key=knot.KEY, more=""):
    return (
        f'provider "{name}" {{\n    type = "rfc2136"\n    server = "{server}"\n'
        f'    key-name = "{key_name}"\n    key-algorithm = "hmac-sha256"\n'
        f'    key = "{key}"\n{more}}}\n'
    )


def config(bad):
    """A record at a bad provider, and a good one."""
    return (
        SOURCE + PROVIDER + bad + record(NAME, provider='"bad"')
        + record(GOOD, provider='"ns"')
    )  # fmt: skip


def neighbour_is_well(net, daemon):
    """The good record is on time whatever the bad one does."""
    daemon.wait_event(event="published", record=GOOD, address=GW4)
    t0 = net.swap()
    net.wait_dns(GOOD, A, GW4_NEW)
    assert time.monotonic() - t0 < 3
    assert daemon.is_alive()


def refused(bad, *words):
    with Lab() as net:
        d = Evddnsd(net, config(bad)).start()
        event = d.wait_event(event="refused", record=NAME)
        assert event["provider"] == "bad" and event["error"], event
        for word in words:
            assert d.find_log(text=word, name=NAME), d.tail()
        n = len(net.wire.updates())
        neighbour_is_well(net, d)
        d.stop()
        assert net.dns(NAME, A) == []
        # A refusal that is no abuse may be tried again on a new address.
        assert len(net.wire.updates()) <= n + 3
        said = [x for x in d.lines if x["level"] in ("warning", "error")]
        assert 1 <= len([x for x in said if x.get("name") == NAME]) <= 3, d.tail()


def test_wrong_secret():
    refused(provider("bad", key="d3Jvbmctc2VjcmV0LXdyb25nLXNlY3JldC13cm9uZzE="), "BADSIG")


def test_unknown_key():
    refused(provider("bad", key_name="nobody"), "knows no key")


def test_a_key_that_may_not():
    """Knot says BADKEY for a key that it knows but that may not do this."""
    refused(provider("bad", key_name="idle", key=knot.IDLE_KEY))


def test_server_that_does_not_hold_the_zone():
    """The provider's server answers NOTAUTH for a zone that it lacks."""
    other = SECONDARIES4[0]
    with Lab() as net:
        net.batch(f"addr add {other}/32 dev lo", netns="inet")
        Knot(net, f"{lab.RUN}/t", other, zones={"other.test": ""}).start()
        d = Evddnsd(net, config(provider("bad", server=other))).start()
        event = d.wait_event(event="refused", record=NAME)
        assert "NOTAUTH" in event["error"] or d.find_log(text="NOTAUTH"), event
        neighbour_is_well(net, d)
        d.stop()


def test_server_that_is_silent():
    with Lab() as net:
        bad = provider("bad", server=DEAD4, more="    timeout = 1s\n")
        d = Evddnsd(net, config(bad)).start()
        d.wait_event(event="published", record=GOOD, address=GW4)
        event = d.wait_event(event="failed", record=NAME, deadline_s=20)
        assert event["provider"] == "bad" and event["retry_in"] > 0, event
        neighbour_is_well(net, d)
        d.stop()


def test_server_that_is_closed():
    """Nobody listens on that port: an answer of its own kind."""
    with Lab() as net:
        d = Evddnsd(net, config(provider("bad", server=f"{NS4}:5399"))).start()
        d.wait_event(event="failed", record=NAME, deadline_s=20)
        neighbour_is_well(net, d)
        d.stop()


def test_recovers_when_the_server_is_back():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        net.knot.kill()
        net.swap()
        d.wait_event(event="failed", deadline_s=30)
        net.knot.run()
        d.wait_event(event="published", address=GW4_NEW, deadline_s=40)
        d.wait_event(event="recovered", deadline_s=5)
        d.stop()


def test_alias():
    """An UPDATE at a CNAME is answered NOERROR and ignored: never sent."""
    zones = {"example.org": "home CNAME elsewhere\nelsewhere A 9.9.9.9"}
    with Lab(zones=zones) as net:
        d = Evddnsd(net).start()
        event = d.wait_event(event="refused", record=NAME)
        assert d.find_log(text="CNAME", name=NAME), (event, d.tail())
        d.stop()
        assert not net.wire.updates()


def test_absent_is_published_and_silence_is_not_absence():
    """Nobody answers: what is known is kept, nothing is sent twice."""
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        d.stop()
        net.knot.pause()
        d = Evddnsd(net, name="d").start()
        d.wait_log(event="checked", name=NAME, deadline_s=20)
        net.knot.go_on()
        d.stop()
        assert len(net.wire.updates()) == 1
        assert net.dns(NAME, A) == [GW4]


def test_zone_that_nobody_knows():
    with Lab() as net:
        text = SOURCE + PROVIDER + record("home.nowhere.test") + record(GOOD)
        d = Evddnsd(net, text).start()
        d.wait_event(event="published", record=GOOD)
        assert d.is_alive()
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
