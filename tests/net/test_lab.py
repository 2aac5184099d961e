#!/usr/bin/env python3
"""The lab itself: what the other tests take for granted."""

import os
import subprocess
import time

import knot
import lab
from lab import A, AAAA, GW4, GW4_NEW, GW6, NS4, NS6, Lab, ask


def test_whoami_answers_with_the_asker():
    with Lab() as net:
        answer = lab.wait_until(lambda: ask(NS4, "whoami.test", A))
        assert answer.aa and answer.records[0].value == GW4, answer
        net.batch(
            f"addr add {GW6}/64 dev wan0 nodad", "route add default via fe80::1 dev wan0"
        )
        answer = lab.wait_until(lambda: ask(NS6, "whoami.test", AAAA))
        assert answer.aa and answer.records[0].value == GW6, answer


def test_change_of_address():
    with Lab() as net:
        t0 = net.ip(
            f"addr del {GW4}/24 dev wan0",
            f"addr add {GW4_NEW}/24 dev wan0",
            f"route add default via {lab.ISP4}",
        )
        assert time.monotonic() - t0 < 1

        def moved():
            answer = ask(NS4, "whoami.test", A, timeout=0.1)
            return answer and answer.records[0].value == GW4_NEW

        lab.wait_until(moved)


def test_absent_is_not_silence():
    with Lab() as net:
        assert net.dns("nobody.example.org", A) == []
        assert net.dns("nobody.example.org", A, server=lab.DEAD4) is None


def test_wire_sees_questions_and_updates():
    with Lab() as net:
        ask(NS4, "whoami.test", A)
        lab.wait_until(lambda: net.wire.dns(), what="the question")
        assert not net.wire.updates()
        subprocess.run(
            ["knsupdate"],
            input=f"server {NS4}\nzone example.org\n"
            f"key hmac-sha256:gw:{knot.KEY}\n"
            "add home.example.org 60 A 5.6.7.5\nsend\n",
            text=True, check=True,
        )
        net.wait_dns("home.example.org", A, "5.6.7.5")
        assert [z for _, z in net.wire.updates()] == ["example.org"]


def test_secondaries_follow():
    with Lab(secondaries=2) as net:
        answer = ask(NS4, "example.org", lab.SOA)
        assert answer.aa
        for server in lab.SECONDARIES4[:2]:
            assert net.dns("ns1.example.org", A, server) == [NS4]


def test_nothing_of_it_is_outside():
    assert os.getpid() == 1
    links = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True)
    assert [line.split()[0] for line in links.stdout.splitlines()] == ["lo"]


if __name__ == "__main__":
    lab.main(globals())
