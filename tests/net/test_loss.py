#!/usr/bin/env python3
"""on-loss: what is taken away, when, and what is never a loss."""

import signal
import time

import lab
from evddnsd import NAME, PROVIDER, Evddnsd, record, source
from lab import A, GW4, GW4_NEW, ISP4, Lab

OTHER = "kept.example.org"
HOLD_S = 1.0
ROUTE = f"route add default via {ISP4} dev wan0"


def config(hold="1s", **settings):
    return (
        source(interfaces='"wan0"', **settings)
        + PROVIDER
        + record(on_loss="remove", on_loss_hold=hold)
        + record(OTHER)
    )


def two_ways(net):
    """The servers are reached whatever becomes of wan0."""
    net.second_wan(metric=200)


def published(net, d, text):
    d.configure(text)
    d.start()
    for name in (NAME, OTHER):
        d.wait_event(event="published", record=name, address=GW4)


def updates(net, since):
    return net.wire.updates(since) + net.wire_b.updates(since)


def removed(net, d, t0, hold_s=HOLD_S):
    line = d.wait_log(event="withdrawn", name=NAME, after=t0)
    assert line["monotonic_s"] - t0 >= hold_s, line
    assert GW4 in line["message"], line
    assert net.dns(NAME, A) == []
    # Without on-loss = remove it stays, and so does the zone.
    assert net.dns(OTHER, A) == [GW4]


def test_removed_after_the_hold():
    with Lab() as net:
        two_ways(net)
        d = Evddnsd(net)
        published(net, d, config())
        t0 = net.ip(f"addr del {GW4}/24 dev wan0")
        lost = d.wait_event(event="lost")
        assert lost["env"]["EVDDNS_OLD_ADDRESS"] == GW4, lost
        removed(net, d, t0)
        last = d.wait_event(event="updated", record=NAME, old_address=GW4)
        assert "EVDDNS_ADDRESS" not in last["env"], last
        # And published again when there is one again.
        time.sleep(max(0, t0 + HOLD_S + 1.4 - time.monotonic()))
        net.ip(f"addr add {GW4_NEW}/24 dev wan0", ROUTE)
        for name in (NAME, OTHER):
            d.wait_event(event="published", record=name, address=GW4_NEW)
        d.stop()


def test_back_within_the_hold():
    with Lab() as net:
        two_ways(net)
        d = Evddnsd(net)
        published(net, d, config(hold="2s"))
        t0 = net.ip(f"addr del {GW4}/24 dev wan0")
        d.wait_log(event="heard", after=t0)
        time.sleep(1.2)  # into the hold: nothing may happen
        t1 = net.ip(f"addr add {GW4}/24 dev wan0", ROUTE)
        d.wait_log(event="unchanged", name=NAME, after=t1)
        time.sleep(1.2)  # past the first hold's end
        assert not d.find_log(event="withdrawn")
        d.stop()
        assert not updates(net, t0)
        assert net.dns(NAME, A) == [GW4]


def test_link_down_is_a_loss_and_carrier_is_none():
    with Lab() as net:
        two_ways(net)
        d = Evddnsd(net)
        published(net, d, config(hold="1s"))
        t0 = net.isp("link set isp0 down")
        lab.wait_until(lambda: net.operstate() == "down", what="carrier lost")
        d.wait_log(event="heard", after=t0)
        time.sleep(1.6)  # longer than the hold
        assert not updates(net, t0)
        assert not d.find_log(after=t0, event="lost")
        net.isp("link set isp0 up")
        lab.wait_until(lambda: net.operstate() == "up", what="carrier back")
        t1 = net.ip("link set wan0 down")
        removed(net, d, t1)
        d.stop()
        assert len(updates(net, t0)) == 1


def test_interface_deleted():
    with Lab() as net:
        two_ways(net)
        d = Evddnsd(net)
        published(net, d, config(hold="0"))
        t0 = net.ip("link del wan0")
        removed(net, d, t0, 0)
        d.stop()


def test_not_fit_is_not_lost():
    """A deprecated address is there all the same, until it is deleted."""
    with Lab() as net:
        two_ways(net)
        d = Evddnsd(net)
        published(net, d, config(hold="500ms"))
        t0 = net.ip(f"addr change {GW4}/24 dev wan0 valid_lft 900 preferred_lft 0")
        d.wait_event(event="lost")
        time.sleep(0.7)  # longer than the hold
        assert not updates(net, t0)
        t1 = net.ip(f"addr del {GW4}/24 dev wan0")
        removed(net, d, t1, 0.5)
        d.stop()


def test_a_private_address_is_left():
    """The modem's network stays on the WAN: no comfort."""
    with Lab() as net:
        two_ways(net)
        net.batch("addr add 192.168.100.2/24 dev wan0")
        d = Evddnsd(net)
        published(net, d, config(hold="500ms"))
        t0 = net.ip(
            f"addr del {GW4}/24 dev wan0", f"route del default via {ISP4} dev wan0"
        )
        removed(net, d, t0, 0.5)
        d.stop()


def test_a_reload_forgets_nothing():
    with Lab() as net:
        two_ways(net)
        d = Evddnsd(net)
        published(net, d, config(hold="30s"))
        t0 = net.ip(f"addr del {GW4}/24 dev wan0")
        d.wait_event(event="lost")
        d.configure(config(hold="500ms", confirm_timeout="3s"))
        d.process.send_signal(signal.SIGHUP)
        removed(net, d, t0, 0.5)
        d.stop()


def test_nothing_seen_is_no_loss():
    """It was gone before the daemon came: who knows what that means."""
    with Lab() as net:
        two_ways(net)
        d = Evddnsd(net)
        published(net, d, config(hold="0"))
        d.stop()
        t0 = net.ip(f"addr del {GW4}/24 dev wan0")
        lab.wait_until(lambda: GW4 not in net.show("wan0"))
        d.start()
        d.wait_log(event="heard", after=t0)
        time.sleep(0.5)
        d.stop()
        assert not updates(net, t0)
        assert net.dns(NAME, A) == [GW4]


def test_one_of_two_is_an_ordinary_update():
    """keep = all: the set shrinks at once, no hold."""
    with Lab() as net:
        two_ways(net)
        net.batch(f"addr add {GW4_NEW}/24 dev wan0")
        d = Evddnsd(net, config(hold="1h", keep="all")).start()
        net.wait_dns(NAME, A, [GW4, GW4_NEW])
        d.wait_event(event="published", record=NAME)
        time.sleep(1.4)  # Knot
        t0 = net.ip(f"addr del {GW4_NEW}/24 dev wan0", f"route replace default via {ISP4}")
        net.wait_dns(NAME, A, [GW4])
        d.stop()
        assert len(updates(net, t0)) == 1


if __name__ == "__main__":
    lab.main(globals())
