#!/usr/bin/env python3
"""A name of several gateways, seen from one daemon; create = no."""

import ipaddress
import json
import os
import shutil
import signal
import subprocess
import time

import knot
import lab
from dnsask import TXT, ask, unpack_name
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import A, GW4, GW4_NEW, GW6, NS4, Lab
from tools import wait_until

MARKS = "_evddns." + NAME
PTR = 12
REVERSE6 = "0.0.6.0.a.0.a.2.ip6.arpa"
OTHER = "9.9.9.9"


def other(net, **members):
    """What another gateway would say."""
    path = f"{lab.RUN}/other.conf"
    with open(path, "w", encoding="utf-8") as f:
        f.write(PROVIDER)
    os.chmod(path, 0o600)
    job = {"id": 1, "account": "ns", "name": NAME, "zone": "example.org", **members}
    out = subprocess.run(
        [os.path.join(lab.TOP, "notify", "evddns-notify"), "-c", path],
        input=json.dumps(job), text=True, capture_output=True, check=True,
    )  # fmt: skip
    reply = json.loads(out.stdout)
    assert reply["status"] == "done", reply


def marks(net, whole=False):
    with net.inet():
        answer = ask(NS4, MARKS, TXT)
    texts = [r.value[1:].decode() for r in answer.records if r.type == TXT]
    return sorted(t if whole else t.split(" until=")[0] for t in texts)


def config(**settings):
    return SOURCE + PROVIDER + record(owner='"gw1"', **settings)


def test_shared():
    with Lab() as net:
        other(net, owner="gw2", ipv4=[OTHER])
        d = Evddnsd(net, config()).start()
        d.wait_event(event="published", address=GW4)
        assert sorted(net.dns(NAME, A)) == sorted([GW4, OTHER])
        net.swap(GW4, GW4_NEW)
        d.wait_event(event="published", address=GW4_NEW)
        assert sorted(net.dns(NAME, A)) == sorted([GW4_NEW, OTHER])
        assert marks(net) == [
            f"v=evddns1 owner=gw1 ipv4={GW4_NEW}",
            f"v=evddns1 owner=gw2 ipv4={OTHER}",
        ]
        # What the state forgot is still known by the marks.
        d.stop()
        shutil.rmtree(d.state_dir)
        os.mkdir(d.state_dir)
        net.swap(GW4_NEW, GW4)
        d = Evddnsd(net, config(), name="d").start()
        d.wait_event(event="published", address=GW4, skip=len(d.events()))
        assert sorted(net.dns(NAME, A)) == sorted([GW4, OTHER])
        sent = len(net.wire.updates())
        d.stop()
        # Nothing is to be said again.
        d = Evddnsd(net, config(), name="d").start()
        d.wait_log(event="checked", name=NAME, family="ipv4")
        wait_until(lambda: d.find_log(event="unchanged", name=NAME), 5)
        d.stop()
        assert len(net.wire.updates()) == sent


def test_one_address_of_two():
    """It is marked though it stands there already."""
    with Lab() as net:
        other(net, owner="gw2", ipv4=[GW4])
        d = Evddnsd(net, config()).start()
        d.wait_event(event="published", address=GW4)
        assert len(marks(net)) == 2
        assert net.dns(NAME, A) == [GW4]
        net.swap(GW4, GW4_NEW)
        d.wait_event(event="published", address=GW4_NEW)
        assert sorted(net.dns(NAME, A)) == sorted([GW4, GW4_NEW])
        other(net, owner="gw2", ipv4=[])
        assert net.dns(NAME, A) == [GW4_NEW]
        d.stop()


def test_silent_owner():
    """Its part goes; ours is renewed, and nobody is told of it."""
    with Lab() as net:
        other(net, owner="gw2", ipv4=[OTHER], owner_expire_s=1)
        d = Evddnsd(net, config(owner_expire="6s")).start()
        d.wait_event(event="published", address=GW4)
        t0 = time.monotonic()
        wait_until(lambda: net.dns(NAME, A) == [GW4], 10)
        assert len(marks(net)) == 1
        first = marks(net, whole=True)
        wait_until(lambda: marks(net, whole=True) != first, 10)
        told = [x for x in d.lines if x["level"] in ("notice", "warning")
                and x["monotonic_s"] > t0]  # fmt: skip
        assert not told, told
        events = [e["event"] for e in d.events()]
        assert events.count("updated") == events.count("published") == 1, events
        d.stop()


def ptr(net, name):
    with net.inet():
        answer = ask(NS4, name, PTR)
    return [unpack_name(r.value, 0)[0] for r in answer.records if r.type == PTR]


def test_ptr():
    """The reverse name comes along; where it may not, it is told once."""
    zones = {"example.org": "", "7.6.5.in-addr.arpa": "", REVERSE6: ""}
    with Lab(zones=zones) as net:
        net.batch(
            f"addr add {GW6}/64 dev wan0 nodad",
            "route add default via fe80::1 dev wan0",
        )
        d = Evddnsd(net, SOURCE + PROVIDER + record(ptr="yes")).start()
        d.wait_event(event="published", address=GW4)
        six = ipaddress.ip_address(GW6).reverse_pointer
        wait_until(lambda: ptr(net, six) == [NAME], 5)
        wait_until(lambda: ptr(net, "5.7.6.5.in-addr.arpa") == [NAME], 5)
        net.swap(GW4, GW4_NEW)
        d.wait_event(event="published", address=GW4_NEW)
        wait_until(lambda: ptr(net, "9.7.6.5.in-addr.arpa") == [NAME], 5)
        wait_until(lambda: ptr(net, "5.7.6.5.in-addr.arpa") == [], 5)
        d.stop()


def vandal(net, name, target):
    """Somebody else's PTR record, in place of ours."""
    script = f"server {NS4}\nkey hmac-sha256:{knot.KEY_NAME} {knot.KEY}\n"
    script += f"update delete {name}. PTR\n"
    script += f"update add {name}. 60 PTR {target}.\n" if target else ""
    with net.inet():
        subprocess.run(["nsupdate"], input=script + "send\n", text=True, check=True)


def test_ptr_is_repaired():
    """Missing or wrong while the address is right: at start, by a reload."""
    reverse = "5.7.6.5.in-addr.arpa"
    with Lab(zones={"example.org": "", "7.6.5.in-addr.arpa": ""}) as net:
        other(net, ipv4=[GW4])
        d = Evddnsd(net, SOURCE + PROVIDER + record()).start()
        d.wait_log(event="checked", name=NAME, family="ipv4")
        wait_until(lambda: d.find_log(event="unchanged", name=NAME), 5)
        assert ptr(net, reverse) == []
        d.configure(SOURCE + PROVIDER + record(ptr="yes"))
        d.send(signal.SIGHUP)
        wait_until(lambda: ptr(net, reverse) == [NAME], 10)
        d.wait_log(event="reverse", level="notice")
        d.stop()
        vandal(net, reverse, "somebody.example.net")
        assert ptr(net, reverse) == ["somebody.example.net"]
        d = Evddnsd(net, SOURCE + PROVIDER + record(ptr="yes"))
        d.start()
        wait_until(lambda: ptr(net, reverse) == [NAME], 10)
        d.wait_log(event="reverse", level="notice")
        # What is right is left alone, and a look is enough to find out.
        sent = len(net.wire.updates())
        t0 = time.monotonic()
        d.send(signal.SIGUSR1)
        d.wait_log(after=t0, event="reverse", text="it is right")
        assert len(net.wire.updates()) == sent
        # One pass does it, too, before it ends.
        d.stop()
        vandal(net, reverse, None)
        status, text = d.run("-1")
        assert status == 0, text
        assert ptr(net, reverse) == [NAME], text


def test_ptr_goes_with_the_address():
    """And only the one that says this name."""
    reverse = "5.7.6.5.in-addr.arpa"
    with Lab(zones={"example.org": "", "7.6.5.in-addr.arpa": ""}) as net:
        d = Evddnsd(net, SOURCE + PROVIDER + record(
            ptr="yes", on_stop='"remove"')).start()
        d.wait_event(event="published", address=GW4)
        wait_until(lambda: ptr(net, reverse) == [NAME], 5)
        other(net, name="b.example.org", ipv4=[GW4])
        d.stop()
        assert net.dns(NAME, A) == []
        wait_until(lambda: ptr(net, reverse) == [], 5)
        # It says another name by now: that stays.
        d = Evddnsd(net, SOURCE + PROVIDER + record(
            ptr="yes", on_stop='"remove"'), name="d2").start()
        d.wait_event(event="published", address=GW4)
        wait_until(lambda: ptr(net, reverse) == [NAME], 5)
        vandal(net, reverse, "b.example.org")
        d.stop()
        assert net.dns(NAME, A) == []
        assert ptr(net, reverse) == ["b.example.org"]


def test_ptr_of_a_shared_address():
    """Who leaves it late does not take the reverse name along."""
    reverse = "5.7.6.5.in-addr.arpa"
    with Lab(zones={"example.org": "", "7.6.5.in-addr.arpa": ""}) as net:
        other(net, owner="gw1", ipv4=[GW4], ptr=True)
        wait_until(lambda: ptr(net, reverse) == [NAME], 5)
        other(net, owner="gw2", ipv4=[GW4], ptr=True)
        other(net, owner="gw1", ipv4=[], was={"ipv4": [GW4]}, ptr=True,
              ptr_was=[GW4])  # fmt: skip
        assert net.dns(NAME, A) == [GW4] and ptr(net, reverse) == [NAME]
        other(net, owner="gw2", ipv4=[], was={"ipv4": [GW4]}, ptr=True,
              ptr_was=[GW4])  # fmt: skip
        assert net.dns(NAME, A) == []
        wait_until(lambda: ptr(net, reverse) == [], 5)


def test_ptr_refused():
    """Told when it begins, once; the name is right all the same."""
    with Lab() as net:
        d = Evddnsd(net, SOURCE + PROVIDER + record(ptr="yes")).start()
        d.wait_event(event="published", address=GW4)
        line = d.wait_log(deadline_s=20, event="reverse", level="warning")
        assert "5.7.6.5.in-addr.arpa" in line["message"], line
        net.swap(GW4, GW4_NEW)
        d.wait_event(event="published", address=GW4_NEW)
        d.wait_log(deadline_s=20, event="reverse", text="9.7.6.5.in-addr.arpa")
        d.stop()
        told = [x for x in d.lines if x.get("event") == "reverse"
                and x["level"] == "warning"]  # fmt: skip
        assert len(told) == 1, told


def test_create_no():
    with Lab() as net:
        text = SOURCE + PROVIDER + record(create="no")
        d = Evddnsd(net, text).start()
        event = d.wait_event(event="refused", record=NAME)
        assert "create = no" in event["error"], event
        assert net.dns(NAME, A) == []
        other(net, ipv4=[OTHER])
        net.swap(GW4, GW4_NEW)
        d.wait_event(event="published", address=GW4_NEW)
        assert net.dns(NAME, A) == [GW4_NEW]
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
