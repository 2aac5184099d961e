#!/usr/bin/env python3
"""resolv.conf comes late, changes, and leads elsewhere."""

import os
import time

import lab
from evddnsd import PROVIDER, SOURCE, Evddnsd, record
from lab import DEAD4, GW4, GW4_NEW, NS4, Lab

CONF = "/etc/resolv.conf"
QUICK = "resolver { timeout = 400ms tries = 2 }\n"
CONFIG = SOURCE + PROVIDER + record() + QUICK
# Nor can the account's own server be asked.
NOBODY = CONFIG.replace(f'server = "{NS4}"', f'server = "{DEAD4}"\n    timeout = 300ms')


def say(server, path=CONF):
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write(f"nameserver {server}\n")
    os.rename(path + ".new", path)


def remove(path=CONF):
    if os.path.lexists(path):
        os.remove(path)


def seen_after(d, change, text=f"({NS4}): "):
    """The servers are asked again, soon after the change alone."""
    t0 = time.monotonic()
    change()
    line = d.wait_log(event="checked", after=t0, text=text)
    assert line["monotonic_s"] - t0 < 1, line
    d.wait_log(event="state", after=t0, text="-> published")
    return t0


def blind(net, before):
    """Published before; started again where nobody can be asked."""
    say(NS4)
    d = Evddnsd(net, CONFIG).start()
    d.wait_event(event="published", address=GW4)
    d.stop()
    before()
    d.configure(NOBODY)
    d.start()
    d.wait_log(event="state", after=d.started, text="unknown, no news", deadline_s=15)
    return d


def test_missing_at_the_start():
    with Lab() as net:
        d = blind(net, remove)
        seen_after(d, lambda: say(NS4))
        d.stop()
        assert len(net.wire.updates()) == 1


def test_renamed_over():
    with Lab() as net:
        d = blind(net, lambda: say(DEAD4))
        seen_after(d, lambda: say(NS4))
        d.stop()
        assert len(net.wire.updates()) == 1


def test_written_in_place():
    def write():
        with open(CONF, "w", encoding="ascii") as f:
            f.write(f"nameserver {NS4}\n")

    with Lab() as net:
        d = blind(net, lambda: say(DEAD4))
        seen_after(d, write)
        d.stop()
        assert len(net.wire.updates()) == 1


def test_link_to_what_does_not_exist_yet():
    """As systemd-resolved has it: ../run/systemd/resolve/…"""

    def link():
        remove()
        os.symlink("../run/resolve/stub-resolv.conf", CONF)

    def appear():
        os.makedirs("/run/resolve", exist_ok=True)
        say(NS4, "/run/resolve/stub-resolv.conf")

    with Lab() as net:
        d = blind(net, link)
        seen_after(d, appear)
        # ... and what the link leads to is followed from then on.
        say(DEAD4, "/run/resolve/stub-resolv.conf")
        d.wait_log(text="resolv.conf has changed", after=d.lines[-1]["monotonic_s"])
        remove()
        d.stop()
        assert len(net.wire.updates()) == 1


def test_changes_under_way_cost_nothing():
    """A question to a dead server is asked again of the new one."""
    with Lab() as net:
        say(NS4)
        d = Evddnsd(net, CONFIG.replace("400ms", "10s")).start()
        d.wait_event(event="published", address=GW4)
        d.stop()
        say(DEAD4)
        d.start()
        d.wait_log(event="state", after=d.started, text="-> checking")
        seen_after(d, lambda: say(NS4))
        for _ in range(20):
            say(DEAD4)
            say(NS4)
        t0 = net.swap()
        d.wait_event(event="published", address=GW4_NEW)
        d.stop()
        assert len(net.wire.updates()) == 2, t0


if __name__ == "__main__":
    lab.main(globals(), before=lab.own_etc)
