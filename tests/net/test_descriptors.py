#!/usr/bin/env python3
"""No descriptor for the n-th call, none at all for a while, many clients.

Whoever is short of descriptors lives, says so once, and makes DNS right when
they are back; who only talks to the control socket cannot make it so.
"""

import json
import os
import resource
import socket
import time

import lab
from faults import GOOD, LONG, Story, spread
from lab import A, Lab, wait_until

LIMIT_S = 3600 if LONG else 150

# Each makes a descriptor.
MAKERS = "socket,socketpair,pipe2,openat,accept4,epoll_create1,eventfd2,memfd_create,dup,dup3"


def fail_everywhere(program, error, count):
    with Lab() as net:
        story, trace = Story(net), f"{lab.RUN}/t/trace"
        story.begin()
        common = ["-p", program, "-s", MAKERS, "-t", trace]
        d = story.daemon(fault=common)
        assert story.run(d), d.tail()
        with open(trace, encoding="utf-8", errors="replace") as f:
            rows = [line.split(" ") for line in f]
        total, ended = len(rows), 0
        # What the loader lacks is not ours to say.
        first = 1 + [r[5].endswith(".conf\n") for r in rows].index(True)
        for n in spread(total, count, first):
            story.begin()
            d = story.daemon(fault=[*common, "-n", str(n), "-e", error])
            try:
                lived = story.run(d)
                ended += not lived
                check_end(story, d, lived)
            except AssertionError:
                with open(trace, encoding="utf-8", errors="replace") as f:
                    print(f"{program}: call {n}:", [x for x in f if "failed" in x])
                print(d.tail())
                raise
            finally:
                net.daemons.clear()
        print(f"{program}, {error}: {total} calls, {ended} did not start")


def check_end(story, d, lived):
    code = d.process.returncode
    assert code >= 0, f"killed by signal {-code}"
    story.check_repeats()
    if lived:
        assert code == 0, code
        return
    assert d.find_log(text="started, ") is None, "it ended after its start"
    assert code in (69, 71), f"exit status {code}"
    said = [x for x in d.lines if x["level"] in ("error", "warning")] + d.other
    assert 1 <= len(said) <= 2, said


def test_no_descriptor_at_a_call_of_the_daemon():
    fail_everywhere("evddnsd", "EMFILE", 24)


def test_no_descriptor_at_a_call_of_the_update_process():
    fail_everywhere("evddns-notify", "ENFILE", 16)


def open_files(d):
    return len(os.listdir(f"/proc/{d.process.pid}/fd"))


def limit(d, n):
    hard = resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, (n, hard))


def test_none_at_all_for_a_while():
    with Lab() as net:
        story = Story(net)
        story.begin()
        d = story.daemon().start()
        d.settled()
        before = open_files(d)
        limit(d, 3)
        began = d.lines[-1]["monotonic_s"]
        story.change()
        d.wait_log(after=began, text="selected", name="default")
        # Some tries later it still lives, and has said it once.
        time.sleep(2.5)
        assert d.is_alive() and not story.is_right()
        said = [x for x in d.lines if x["monotonic_s"] > began
                and x["level"] in ("warning", "error")]  # fmt: skip
        assert len(said) <= 4, d.tail()
        limit(d, 256)
        assert story.wait_right(d, 8), d.tail()
        d.wait_state("published")
        wait_until(lambda: open_files(d) <= before, 10, "no descriptor is left open")
        d.stop()


def test_a_thousand_clients_take_none():
    with Lab() as net:
        story = Story(net)
        story.begin()
        d = story.daemon().start()
        d.settled()
        limit(d, open_files(d) + 40)
        clients = []
        for _ in range(1000):
            s = socket.socket(socket.AF_UNIX)
            s.setblocking(False)
            try:
                s.connect(d.dir + "/control")
            except BlockingIOError:
                # The queue is full: it is emptied a few at a time.
                time.sleep(0.002)
            clients.append(s)
        t0 = story.change()
        wait_until(story.is_right, 5, "DNS is right")
        assert time.monotonic() - t0 < 2, d.tail()
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(d.dir + "/control")
            s.sendall(b'{"command":"status"}\n')
            assert json.loads(s.makefile().readline())["records"]
        for s in clients:
            s.close()
        d.wait_state("published")
        assert story.dns.says(GOOD, A) == [story.here]
        d.stop()


if __name__ == "__main__":
    lab.main(globals(), LIMIT_S)
