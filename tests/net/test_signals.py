#!/usr/bin/env python3
"""HUP, USR1, TERM and INT."""

import os
import signal
import subprocess

import knot
import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import A, DEAD4, GW4, GW4_NEW, Lab

OTHER = "other.example.org"


def test_reload():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", record=NAME)
        d.configure(SOURCE + PROVIDER + record() + record(OTHER))
        d.send(signal.SIGHUP)
        d.wait_event(event="published", record=OTHER, address=GW4)
        d.wait_event(event="reload")
        # What did not change was left alone.
        assert len(net.wire.updates()) == 2
        d.stop()


def test_reload_of_an_invalid_file():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", record=NAME)
        d.configure(SOURCE + PROVIDER + record() + 'record "x..y" {}\n')
        d.send(signal.SIGHUP)
        d.wait_log(level="error", text=d.config_file + ":")
        net.swap()
        d.wait_event(event="published", address=GW4_NEW)
        d.stop()


def test_look_again():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", record=NAME)
        # Somebody else changed it: nothing here can have heard of that.
        with net.inet():
            subprocess.run(
                ["knsupdate"], check=True, text=True,
                input=f"server {lab.NS4}\nzone example.org\n"
                f"key hmac-sha256:gw:{knot.KEY}\n"
                f"del {NAME} A\nadd {NAME} 60 A 9.9.9.9\nsend\n",
            )  # fmt: skip
        assert net.dns(NAME, A) == ["9.9.9.9"]
        t0 = d.send(signal.SIGUSR1)
        d.wait_log(event="checked", after=t0)
        d.wait_log(event="published", after=t0)
        assert net.dns(NAME, A) == [GW4]
        d.stop()


def test_interrupt_stops_it():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published")
        d.stop(signal.SIGINT)


def test_stops_in_the_middle_of_everything():
    """A server that is silent and a hook that hangs hold nothing up."""
    with Lab() as net:
        slow = PROVIDER.replace(lab.NS4, DEAD4)
        d = Evddnsd(net, SOURCE + slow + record())
        d.add_hook("05-slow", f"#!/bin/sh\necho $$ >{d.dir}/pid; exec sleep 600\n")
        d.start()
        lab.wait_until(lambda: os.path.exists(d.dir + "/pid"), what="the hook")
        lab.wait_until(
            lambda: [p for p in net.wire.packets if p.target == DEAD4], 10, "a request"
        )
        d.stop()
        with open(d.dir + "/pid", encoding="ascii") as f:
            pid = int(f.read())
        lab.wait_until(lambda: not os.path.exists(f"/proc/{pid}/exe") or
                       not _runs(pid), 2, "the hook is gone")


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_children_never_outlive_it():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published")
        pid = d.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            children = [int(x) for x in f.read().split()]
        d.kill()
        lab.wait_until(lambda: not any(_runs(c) for c in children), 2, "no child")


if __name__ == "__main__":
    lab.main(globals())
