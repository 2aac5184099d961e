#!/usr/bin/env python3
"""-1: one pass and an exit status; -n: no request at all."""

import time

import knot
import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import A, DEAD4, GW4, NS4, Lab


def test_all_right():
    with Lab() as net:
        d = Evddnsd(net)
        status, said = d.run("-1")
        assert status == 0, said
        net.wait_dns(NAME, A, GW4)
        assert len(net.wire.updates()) == 1
        status, said = d.run("-1")
        assert status == 0, said
        assert len(net.wire.updates()) == 1


def test_not_now():
    with Lab() as net:
        dead = PROVIDER.replace(NS4, DEAD4).replace("}", "    timeout = 1s\n}")
        began = time.monotonic()
        status, said = Evddnsd(net, SOURCE + dead + record()).run("-1", timeout=60)
        assert status == 75, f"{status}: {said}"
        assert time.monotonic() - began < 30


def test_refused():
    with Lab() as net:
        wrong = PROVIDER.replace(
            knot.KEY, "d3Jvbmctc2VjcmV0LXdyb25nLXNlY3JldC13cm9uZzE="
        )
        status, said = Evddnsd(net, SOURCE + wrong + record()).run("-1")
        assert status == 77, f"{status}: {said}"


def test_no_address():
    """Nothing to publish is nothing that could be made right."""
    with Lab(gateway=False) as net:
        status, said = Evddnsd(net).run("-1", timeout=60)
        assert status == 75, f"{status}: {said}"


def test_dry_run():
    with Lab() as net:
        d = Evddnsd(net)
        status, said = d.run("-1", "-n")
        assert status in (0, 75), f"{status}: {said}"
        assert GW4 in said and NAME in said, said
        assert knot.KEY not in said
        assert not net.wire.updates()
        assert net.dns(NAME, A) == []
        assert not d.events(), "a dry run runs no hooks"


if __name__ == "__main__":
    lab.main(globals())
