#!/usr/bin/env python3
"""The zone's own servers: which they are, and what they say."""

import time

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from knot import Knot
from lab import A, AAAA, DEAD4, GW4, GW4_NEW, NS4, SECONDARIES4, Lab
from nameservers import Dnsmasq, Named, send_notify

SECOND, THIRD = SECONDARIES4[:2]


def resolver(address, timeout="2s"):
    return f'resolver {{ servers = {{"{address}"}} timeout = {timeout} }}\n'


def nobody(config):
    """The account's own server cannot be asked either."""
    return config.replace(f'server = "{NS4}"', f'server = "{DEAD4}"\n    timeout = 300ms')


def delayed(net, daemon, secondary, zone="example.org"):
    """Accepted, but the secondary has not transferred it yet."""
    t0 = daemon.started
    daemon.wait_event(event="updated", address=GW4)
    line = daemon.wait_log(event="checked", after=t0, text=f"({secondary}): absent")
    assert line["name"] == NAME
    time.sleep(0.5)  # it goes on looking
    assert not [e for e in daemon.events() if e["event"] == "published"]
    send_notify(net, secondary, zone)
    event = daemon.wait_event(event="published", address=GW4, deadline_s=40)
    assert event["latency_ms"] >= 500, event
    assert net.dns(NAME, A, secondary) == [GW4]
    daemon.restarts_for_nothing()
    assert len(net.wire.updates()) == 1


def test_knot_secondary_that_is_late():
    with Lab() as net:
        net.knot.kill()
        net.own(SECOND)
        net.knot.notify = False
        net.knot.start(secondaries=[SECOND])
        Knot(net, f"{lab.RUN}/t", SECOND).start(primary=NS4)
        delayed(net, Evddnsd(net).start(), SECOND)


def test_bind_primary_and_secondary():
    zone = f"@ SOA ns1 admin 1 3600 600 86400 60\n@ NS ns1\n@ NS ns2\nns1 A {SECOND}\nns2 A {THIRD}"
    with Lab(zones={"other.test": ""}) as net:
        net.own(SECOND, THIRD)
        Named(net, SECOND).start({"example.org": zone}, options="allow-query { any; };")
        Named(net, THIRD).start({"example.org": None}, primary=SECOND)
        lab.wait_until(lambda: net.dns("ns1.example.org", A, THIRD) == [SECOND], 10)
        config = SOURCE + PROVIDER.replace(NS4, SECOND) + record() + resolver(SECOND)
        d = Evddnsd(net, config).start()
        d.wait_event(event="updated", address=GW4)
        d.wait_log(event="checked", text=f"({THIRD}): absent")
        assert not [e for e in d.events() if e["event"] == "published"]
        send_notify(net, THIRD, "example.org", source=SECOND)
        d.wait_event(event="published", address=GW4, deadline_s=40)
        d.restarts_for_nothing()
        assert len(net.wire.updates()) == 1


def test_bind_with_recursion():
    """AA and RA of its own zone: it must be believed."""
    zone = f"@ SOA ns1 admin 1 3600 600 86400 60\n@ NS ns1\nns1 A {SECOND}\nhome A {GW4_NEW}"
    with Lab(zones={"other.test": ""}) as net:
        net.own(SECOND)
        bind = Named(net, SECOND).start({"example.org": zone}, recursion=True)
        answer = bind.ask(NAME, A)
        assert answer.aa and answer.ra, answer
        config = SOURCE + PROVIDER.replace(NS4, SECOND) + record() + resolver(SECOND)
        d = Evddnsd(net, config).start()
        d.wait_event(event="published", address=GW4)
        assert not d.find_log(event="intercepted"), d.tail()
        t0 = net.swap()
        d.wait_event(event="published", address=GW4_NEW)
        assert len(net.wire.updates(t0)) == 1
        d.restarts_for_nothing()


def test_a_lame_and_a_dead_server():
    """They have no vote, and hold nothing up."""
    more = f"@ NS ns2\n@ NS ns3\nns2 A {SECOND}\nns3 A {DEAD4}"
    with Lab(zones={"example.org": more}) as net:
        net.own(SECOND)
        Knot(net, f"{lab.RUN}/t", SECOND, zones={"other.test": ""}).start()
        d = Evddnsd(net).start()
        event = d.wait_event(event="published", address=GW4)
        assert event["latency_ms"] < 3000, event
        assert d.find_log(event="checked", text=f"({SECOND}): REFUSED"), d.tail()
        assert d.find_log(event="checked", text=f"({DEAD4}): no answer"), d.tail()
        t0 = net.swap()
        d.wait_event(event="published", address=GW4_NEW)
        # Known to be dead: nobody waits for it any more.
        sent = net.wire.updates(t0)[0][0].time - t0
        assert sent < 1.5, sent
        d.restarts_for_nothing()
        assert len(net.wire.updates(t0)) == 1


def test_all_servers_dead():
    """Unknown: what is news is sent, what was accepted is not, ever."""
    with Lab() as net:
        # Known by their names, and gone.
        Dnsmasq(net, "127.0.0.1", here=True).start(f"--address=/ns1.example.org/{DEAD4}")
        config = SOURCE + PROVIDER + record(verify="no") + resolver("127.0.0.1", "300ms")
        d = Evddnsd(net, config).start()
        d.wait_event(event="updated", address=GW4)
        assert d.find_log(event="checked", text=f"({DEAD4}): no answer"), d.tail()
        d.configure(nobody(config))
        for _ in range(3):
            d.stop()
            d.start()
            d.wait_log(event="state", text="unknown, no news", after=d.started)
        assert len(net.wire.updates()) == 1
        d.stop()
        d.configure(config)
        d.start()
        d.wait_log(event="state", text="checking -> ", after=d.started)
        t0 = net.swap()
        net.wait_dns(NAME, A, GW4_NEW)
        assert len(net.wire.updates(t0)) == 1
        d.stop()


def test_all_servers_dead_and_nothing_known():
    """The resolver says that it is right: that is enough."""
    with Lab(zones={"example.org": f"home A {GW4}"}) as net:
        Dnsmasq(net, "127.0.0.1", here=True).start(f"--address=/ns1.example.org/{DEAD4}")
        config = nobody(SOURCE + PROVIDER + record() + resolver("127.0.0.1", "300ms"))
        d = Evddnsd(net, config).start()
        d.wait_log(event="unchanged", family="ipv4")
        assert d.find_log(event="checked", text=f"resolver: {GW4}"), d.tail()
        d.stop()
        assert not net.wire.updates()


def test_wildcard():
    with Lab(zones={"example.org": f"* A {GW4}"}) as net:
        d = Evddnsd(net).start()
        d.wait_log(event="unchanged", family="ipv4")
        assert not net.wire.updates()
        net.swap()
        d.wait_event(event="published", address=GW4_NEW)
        assert net.dns("elsewhere.example.org", A) == [GW4]
        d.stop()


def test_where_the_zone_is():
    """An empty non-terminal; a name deep below; a delegation below the apex;
    a wildcard above; an alias beside."""
    zones = {
        "example.org": "x.ent TXT there\nsub NS ns1.sub\nns1.sub A 1.2.3.53\n"
        "alias CNAME www.other.test\n*.wild A 9.9.9.9",
        "sub.example.org": "",
        "other.test": "www A 9.9.9.9",
    }
    names = [
        "ent.example.org", "a.b.c.d.example.org", "home.sub.example.org",
        "sub.example.org", "q.wild.example.org", "example.org",
    ]  # fmt: skip
    with Lab(zones=zones) as net:
        config = SOURCE + PROVIDER + "".join(record(n) for n in names)
        d = Evddnsd(net, config + record("alias.example.org")).start()
        for name in names:
            d.wait_event(event="published", record=name, address=GW4)
            zone = "sub.example.org" if "sub" in name else "example.org"
            assert d.find_log(event="checked", name=name, text=f"zone {zone},"), name
        d.wait_event(event="refused", record="alias.example.org")
        assert d.find_log(text="zone example.org, ", name="alias.example.org")
        before = len(net.wire.updates())
        d.stop()
        d.start()
        for name in names:
            d.wait_log(event="unchanged", name=name, after=d.started)
        d.stop()
        assert len(net.wire.updates()) == before


def test_signed_zone_with_large_answers():
    """Signed, and so many servers that their names need TCP."""
    many = "".join(
        f"@ NS a-name-server-with-quite-a-long-name-number-{n}-of-many\n"
        f"a-name-server-with-quite-a-long-name-number-{n}-of-many A {NS4}\n"
        for n in range(2, 22)
    )
    with Lab(zones={"other.test": ""}) as net:
        net.knot.kill()
        net.knot.zones = {"example.org": many}
        net.knot.zone_options = "    dnssec-signing: on\n"
        net.knot.start()
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        assert any(p.protocol == 6 for p, _ in net.wire.dns()), "no TCP"
        d.restarts_for_nothing()


def test_primary_on_loopback():
    """It is the gateway itself; dnsmasq on it is the resolver."""
    zone = "ns1 A 127.0.0.1"
    with Lab() as net:
        net.batch("addr add 127.0.0.53/8 dev lo")
        knot = Knot(net, f"{lab.RUN}/t", "127.0.0.53", here=True, zones={"example.org": ""})
        knot.start()
        Dnsmasq(net, "127.0.0.1", here=True).start(upstream="127.0.0.53")
        config = SOURCE + PROVIDER.replace(NS4, "127.0.0.53") + record() + resolver("127.0.0.1")
        d = Evddnsd(net, config).start()
        d.wait_event(event="published", address=GW4)
        d.wait_log(event="checked", text="(127.0.0.53): " + GW4)
        t0 = net.swap()
        event = d.wait_event(event="published", address=GW4_NEW)
        assert event["latency_ms"] < 2000, (t0, zone, event)
        d.stop()


def test_primary_on_the_lan():
    lan, server = "192.168.77.1", "192.168.77.53"
    with Lab() as net:
        net.batch("link add lan0 type veth peer name lan1", "link set lan0 up", "link set lan1 up",
                  f"addr add {lan}/24 dev lan0", f"addr add {server}/32 dev lan1")  # fmt: skip
        Knot(net, f"{lab.RUN}/t", server, here=True, zones={"example.org": ""}).start()
        config = SOURCE + PROVIDER.replace(NS4, server) + record() + resolver(server)
        d = Evddnsd(net, config).start()
        d.wait_event(event="published", address=GW4)
        net.swap()
        d.wait_event(event="published", address=GW4_NEW)
        d.stop()


def test_server_that_is_this_very_gateway():
    """Its name still says the address that we had: we ask at the new one."""
    with Lab(zones={"other.test": ""}) as net:
        with open("/proc/sys/net/ipv4/ip_nonlocal_bind", "w") as f:
            f.write("1")
        knot = Knot(net, f"{lab.RUN}/t", GW4, here=True, zones={"example.org": ""})
        knot.more_listen = [GW4_NEW, "127.0.0.53"]
        knot.start()
        config = SOURCE + PROVIDER.replace(NS4, "127.0.0.53") + record()
        d = Evddnsd(net, config + resolver("127.0.0.53")).start()
        d.wait_event(event="published", address=GW4)
        net.swap()
        event = d.wait_event(event="published", address=GW4_NEW)
        assert event["latency_ms"] < 2000, event
        assert d.find_log(event="checked", text=f"({GW4_NEW}): {GW4_NEW}"), d.tail()
        d.stop()


def test_servers_of_the_other_family():
    """A delegated prefix only, as PPPoE has it: no IPv4 at all."""
    prefix, host = "2a0a:600:0:7", "2a0a:600:0:7::1"
    with Lab(gateway=False) as net:
        net.batch("link add br-lan type bridge", "link set br-lan up",
                  f"addr add {host}/64 dev br-lan nodad",
                  "route add default via fe80::1 dev wan0")  # fmt: skip
        net.batch(f"route add {prefix}::/64 via {net.link_local('wan0')} dev isp0", netns="inet")
        config = SOURCE + PROVIDER.replace(f'"{NS4}"', f'"{lab.NS6}"') + record()
        d = Evddnsd(net, config + resolver(lab.NS6)).start()
        d.wait_event(event="published", address=host)
        assert net.dns(NAME, AAAA) == [host]
        assert d.find_log(event="checked", text=f"({NS4}): no answer"), d.tail()
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
