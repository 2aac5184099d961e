#!/usr/bin/env python3
"""on-stop: what is taken away when the daemon ends, and within what time."""

import signal
import subprocess
import time

import knot
import lab
from dnsask import TXT, ask
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record, source
from lab import A, AAAA, GW4, GW6, NS4, Lab
from tools import wait_until

KEPT = "kept.example.org"
OTHER = "9.9.9.9"
TERM = signal.SIGTERM


def config(**settings):
    return SOURCE + PROVIDER + record(on_stop="remove", **settings) + record(KEPT)


def published(d, settle=True):
    d.start()
    for name in (NAME, KEPT):
        d.wait_event(event="published", record=name, address=GW4)
    if settle:  # Knot answers late when updates follow within a second
        time.sleep(1.4)


def knsupdate(net, commands):
    with net.inet():
        subprocess.run(
            ["knsupdate"], check=True, text=True,
            input=f"server {NS4}\nzone example.org\n"
            f"key hmac-sha256:gw:{knot.KEY}\n{commands}send\n",
        )  # fmt: skip


def test_removed_and_published_again():
    with Lab() as net:
        d = Evddnsd(net, config())
        published(d)
        # Another's value in the same set is none of ours.
        knsupdate(net, f"add {NAME} 60 A {OTHER}\n")
        time.sleep(1.4)
        t0 = time.monotonic()
        d.stop()
        assert d.find_log(event="withdrawn", name=NAME, after=t0), d.tail()
        assert not d.find_log(text="not withdrawn"), d.tail()
        assert net.dns(NAME, A) == [OTHER]
        assert net.dns(KEPT, A) == [GW4]
        assert len(net.wire.updates(t0)) == 1
        # DNS was not asked first.
        assert not d.find_log(event="checked", after=t0), d.tail()
        last = d.wait_event(event="updated", record=NAME, old_address=GW4)
        assert "EVDDNS_ADDRESS" not in last["env"], last
        assert d.events()[-1]["event"] == "stop", d.events()
        # The next start publishes anew.
        knsupdate(net, f"del {NAME} A\n")
        time.sleep(1.4)
        t1 = time.monotonic()
        d.start()
        d.wait_log(event="published", name=NAME, after=t1)
        assert net.dns(NAME, A) == [GW4]
        assert len(net.wire.updates(t1)) == 1
        # A reload is no end.
        t2 = d.send(signal.SIGHUP)
        d.wait_event(event="reload")
        time.sleep(0.5)
        assert not net.wire.updates(t2)
        assert net.dns(NAME, A) == [GW4]
        time.sleep(1.0)
        d.stop(signal.SIGINT)
        assert net.dns(NAME, A) == []
        assert net.dns(KEPT, A) == [GW4]


def test_server_that_does_not_answer():
    with Lab() as net:
        d = Evddnsd(net, config())
        published(d, settle=False)
        net.knot.pause()
        t0 = time.monotonic()
        took = d.stop()
        line = d.find_log(text="not withdrawn before the end", after=t0)
        assert line and line["level"] == "warning", d.tail()
        assert NAME in line["message"] and KEPT not in line["message"], line
        assert took >= 0.6, took
        # Told once.
        assert sum("not withdrawn" in x["message"] for x in d.lines) == 1
        net.knot.go_on()


def test_second_term_ends_at_once():
    with Lab() as net:
        d = Evddnsd(net, config())
        published(d, settle=False)
        net.knot.pause()
        d.send(TERM)
        d.wait_log(text="stopping")
        time.sleep(0.1)
        took = d.stop(TERM)
        assert took < 0.5, took
        net.knot.go_on()


def test_update_under_way():
    """It is waited for, and what it has published taken away."""
    with Lab() as net:
        text = config(check="none").replace(SOURCE, source(confirm="never"))
        d = Evddnsd(net, text)
        published(d)
        net.knot.pause()
        t0 = net.swap()
        wait_until(lambda: net.wire.updates(t0), what="an update on its way")
        d.send(TERM)
        time.sleep(0.2)
        net.knot.go_on()
        assert d.process.wait(5) == 0
        d.reader.join(2)
        assert d.find_log(event="withdrawn", name=NAME, after=t0), d.tail()
        assert net.dns(NAME, A) == []
        assert len(net.wire.updates(t0)) == 2


def test_server_that_is_gone():
    with Lab() as net:
        d = Evddnsd(net, config())
        published(d, settle=False)
        net.knot.kill()
        d.stop()
        assert d.find_log(text="not withdrawn before the end"), d.tail()
        # What has become of it is not known: the next start asks and sends.
        net.knot.start()
        t0 = time.monotonic()
        d.start()
        d.wait_log(event="published", name=NAME, after=t0)
        assert net.dns(NAME, A) == [GW4]
        d.kill()


def test_while_it_waits():
    """The address is gone, the server answers: what was published goes."""
    with Lab() as net:
        net.second_wan(metric=200)
        d = Evddnsd(net, config().replace(SOURCE, source(interfaces='"wan0"')))
        published(d)
        net.ip(f"addr del {GW4}/24 dev wan0")
        d.wait_event(event="lost")
        d.stop()
        assert net.dns(NAME, A) == []
        assert net.dns(KEPT, A) == [GW4]


def test_both_families_in_one_update():
    """The update process has ended meanwhile; another name was never accepted."""
    with Lab() as net:
        net.ip(
            f"addr add {GW6}/64 dev wan0 nodad",
            "route add default via fe80::1 dev wan0",
        )
        more = record("new.example.net", on_stop="remove")
        d = Evddnsd(net, config() + more + "notify { linger = 500ms }\n")
        d.start()
        for address in (GW4, GW6):
            d.wait_event(event="published", record=NAME, address=address)
        time.sleep(1.4)
        t0 = time.monotonic()
        d.stop()
        assert net.dns(NAME, A) == [] and net.dns(NAME, AAAA) == []
        assert len(net.wire.updates(t0)) == 1
        assert not d.find_log(text="not withdrawn"), d.tail()


def test_dry_run_and_one_pass():
    with Lab() as net:
        d = Evddnsd(net, config())
        published(d, settle=False)
        d.kill()
        t0 = time.monotonic()
        d.args = ["-n"]
        d.start()
        d.wait_log(text="started", after=t0)
        d.wait_log(event="checked", name=NAME, after=t0)
        d.stop()
        assert not net.wire.updates(t0)
        assert subprocess.run(d.command("-1"), check=False).returncode == 0
        d.args = []
        assert subprocess.run(d.command("-1"), check=False).returncode == 0
        assert not net.wire.updates(t0)
        assert net.dns(NAME, A) == [GW4]


def test_shared_name():
    with Lab() as net:
        d = Evddnsd(net, config(owner='"gw1"'))
        published(d)
        marks = "_evddns." + NAME

        def texts():
            with net.inet():
                answer = ask(NS4, marks, TXT)
            return [r.value for r in answer.records if r.type == TXT]

        assert texts()
        knsupdate(net, f"add {NAME} 60 A {OTHER}\nadd {marks} 60 TXT \"gw2 A {OTHER}\"\n")
        time.sleep(1.4)
        d.stop()
        assert net.dns(NAME, A) == [OTHER]
        left = texts()
        assert len(left) == 1 and b"gw2" in left[0], left


if __name__ == "__main__":
    lab.main(globals())
