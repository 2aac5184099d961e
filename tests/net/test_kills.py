#!/usr/bin/env python3
"""Killed at a system call, and started again: nothing lost, nothing twice.

A run is a start, an update, a refusal, a change of address, another update,
another refusal and a stop.  Its system calls are counted; then it is killed
before the n-th, for many n (EVDDNS_LONG: for every n), and goes on without
the tracer.
"""

import lab
from evddnsd import Evddnsd
from faults import BAD, GOOD, LONG, Story, read_state, spread
from lab import Lab

LIMIT_S = 3600 if LONG else 150


def told(d, addresses, before=float("inf")):
    """What it said before something was killed: {(name, address)}."""
    lines = [x for x in d.lines if x["monotonic_s"] <= before]
    accepted = [x["message"] for x in lines if x.get("event") == "accepted"]
    refused = [x for x in lines if x.get("event") == "refused"]
    out = {(GOOD, a) for a in addresses if any(a in text for text in accepted)}
    # A refusal's line does not tell the address: there is one of each.
    return out | {(BAD, a) for a in addresses[: len(refused)]}


def go_on(story, d):
    """The same disk, no tracer: what it owes is done, and no more."""
    again = Evddnsd(story.net, story.config(), name=f"d{story.n}")
    again.__class__ = d.__class__
    again.fault, again.preload, again.env = None, {}, None
    read_state(again)
    again.start()
    again.wait_state("published")
    assert story.is_right(), (story.dns.says(GOOD), again.tail())
    again.wait_state("refused", BAD)
    return again


def calls(path):
    """[(program, call, path)] of a trace, in order."""
    with open(path, encoding="utf-8", errors="replace") as f:
        rows = [line.rstrip("\n").split(" ", 5) for line in f]
    return [(r[2], r[3], r[5]) for r in rows if r[0].isdigit()]


def what_was_done(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return [x for x in f.read().split("\n") if x.startswith(("killed", "failed"))]


def kill_everywhere(program, count, first_call, after=None):
    """`first_call` begins what is ours; before it there is the loader."""
    with Lab() as net:
        story = Story(net)
        trace = f"{lab.RUN}/t/trace"
        story.begin()
        d = story.daemon(fault=["-p", program, "-t", trace])
        assert story.run(d), d.tail()
        order = [call for _, call, _ in calls(trace)]
        ours = order.index(first_call) + 1
        numbers = spread(ours, 4) + spread(len(order), count, ours + 1)
        killed = 0
        for n in sorted(set(numbers)):
            story.begin()
            addresses = [story.here, story.next]
            d = story.daemon(fault=["-p", program, "-n", str(n), "-t", trace])
            try:
                if not story.run(d):
                    killed += 1
                (after or restarted)(story, d, addresses)
            except Exception:
                print(f"{program} killed at call {n}: {what_was_done(trace)}")
                print(d.tail())
                raise
            finally:
                net.daemons.clear()
        print(f"{program}: {len(order)} calls, {len(numbers)} kills tried, {killed} died")


def restarted(story, d, addresses):
    seen = told(d, addresses)
    again = go_on(story, d)
    story.check_repeats(seen)
    assert not again.about_state(), again.about_state()
    again.stop()
    assert read_state(again) is not None


def test_the_daemon_killed_at_a_call():
    kill_everywhere("evddnsd", 44, "epoll_create1")


def lived(story, d, addresses):
    """The daemon starts another one; a start that fails says why."""
    if d.find_log(text="started, ") is None:
        said = [x for x in d.lines if x["level"] in ("error", "warning")]
        assert len(said) == 1 and d.process.returncode == 71, d.tail()
        restarted(story, d, addresses)
        return
    assert d.process.returncode == 0, d.tail()
    died = d.find_log(text="update process was killed")
    story.check_repeats(told(d, addresses, died["monotonic_s"] if died else 1e9))
    failed = d.find_log(event="failed", name=GOOD)
    if failed:
        # DNS is asked within a second, and another process is started.
        again = d.find_log(failed["monotonic_s"], event="state", name=GOOD)
        assert "-> checking" in again["message"], d.tail()
        assert again["monotonic_s"] - failed["monotonic_s"] < 1.0, d.tail()


def test_the_update_process_killed_at_a_call():
    kill_everywhere("evddns-notify", 30, "epoll_create1", lived)


def test_a_child_killed_before_it_is_another_program():
    kill_everywhere("fork", 12, "rt_sigaction", lived)


if __name__ == "__main__":
    lab.main(globals(), LIMIT_S)
