#!/usr/bin/env python3
"""What the manual promises, tried by a stranger who has read nothing else."""

import json
import os
import subprocess

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import GW4, ISP4, Lab
from tools import wait_until

CTL = os.path.join(lab.TOP, "ctl", "evddnsctl")
IDN = "b\u00fcro.example.org"


def ctl(d, *args, status=0):
    done = subprocess.run(
        [CTL, "-S", d.dir + "/control", *args],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.returncode == status, (args, done.returncode, done.stderr)
    return done.stdout + done.stderr


def test_a_family_is_left_alone_only_beside_another():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        for args in (["status", "--json"], ["status", "--json", NAME]):
            shown = json.loads(ctl(d, *args))["records"]
            assert [r["family"] for r in shown] == ["ipv4"], shown
        text = ctl(d, "metrics")
        assert 'evddns_records{state="waiting"} 0\n' in text, text
        assert 'family="ipv6"' not in text, text
        d.stop()


def test_what_has_no_address_at_all_waits():
    with Lab() as net:
        net.ip("addr flush dev wan0")
        wait_until(lambda: "inet " not in net.show("wan0"))
        d = Evddnsd(net).start()
        d.wait_log(text="started")
        shown = json.loads(ctl(d, "status", "--json"))["records"]
        assert {r["family"]: r["state"] for r in shown} == {
            "ipv4": "waiting",
            "ipv6": "waiting",
        }, shown
        net.ip(f"addr add {GW4}/24 dev wan0", f"route add default via {ISP4}")
        d.wait_event(event="published", address=GW4)
        shown = json.loads(ctl(d, "status", "--json"))["records"]
        assert [r["family"] for r in shown] == ["ipv4"], shown
        d.stop()


def test_a_record_is_known_however_it_is_written():
    with Lab() as net:
        d = Evddnsd(net, SOURCE + PROVIDER + record() + record(IDN)).start()
        d.wait_event(event="published", record=NAME)
        for name in (NAME, NAME + ".", NAME.upper()):
            for command in ("why", "status", "refresh", "retry"):
                ctl(d, command, name)
        assert "xn--" in ctl(d, "why", IDN.upper())
        for name in ("other.example.org", "a..b", "", "."):
            assert "no such record" in ctl(d, "why", name, status=69), name
        d.stop()


def test_hooks_can_be_tried():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        n = len(d.events())
        record_has = {"record": NAME, "family": "ipv4", "provider": "ns"}
        for event, has in {
            "address": {"address": GW4, "interface": "wan0", "family": "ipv4"},
            "lost": {"old_address": GW4, "family": "ipv4"},
            "published": {"address": GW4, **record_has},
            "failed": {"address": GW4, "error": "this is a test", **record_has},
            "reload": {},
        }.items():
            ctl(d, "test-hook", event)
            seen = d.wait_event(skip=n, event=event)
            assert {k: seen.get(k) for k in has} == has, seen
            n += 1
        # Of what nobody has, the name alone is told.
        ctl(d, "test-hook", "prefix")
        assert "prefix" not in d.wait_event(skip=n, event="prefix")
        assert "hooks" in ctl(d, "test-hook", "nonsense", status=69)
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
