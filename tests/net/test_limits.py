#!/usr/bin/env python3
"""What a provider documents as its limit holds over restarts of everything."""

import contextlib
import json
import os
import signal
import threading
import time

import lab
from evddnsd import SOURCE, Evddnsd, record
from fakehttp import FakeHttp, says
from lab import Lab

# A token takes longer than the process would wait for one.
BURST, PER_S = 5, 60

TYPE = f"""type "limited" {{
    title = "With a limit"
    limit = "{BURST}/{PER_S}s"
    in-flight = 2
    setting "token" {{ required = yes  secret = yes }}
    step "set" {{
        for = family
        url = "/set"
        query = {{"name={{name}}", "ip={{address}}", "token={{token}}"}}
        answer "ok" {{ word = fine }}
    }}
}}
"""


def config(url, names=12):
    text = SOURCE + (
        f'provider "p" {{\n type = "limited"\n endpoint = "{url}"\n'
        ' token = "not a word 7"\n min-interval = 0\n}\n'
    )
    for i in range(names):
        text += record(f"h{i}.example.org", provider='"p"', check="none",
                       verify="no", families='"ipv4"').replace("ttl = 60", "")
    return text


def begin(net, hold=None, names=12):
    """A daemon whose server holds requests back while hold is not set."""
    def answer(handler, request):
        if hold:
            hold.wait(20)
        says("fine")(handler, request)

    fake = FakeHttp(net, answer)
    d = Evddnsd(net, config(fake.url, names))
    os.makedirs(d.dir + "/providers")
    with open(d.dir + "/providers/limited.conf", "w", encoding="utf-8") as f:
        f.write(TYPE)
    return fake, d.start()


def begin_held(net):
    """Two requests are on their way and unanswered: until hold is set."""
    hold = threading.Event()
    fake, d = begin(net, hold)
    lab.wait_until(lambda: len(fake.requests) == 2, 10, "two requests")
    return fake, d, hold


def update_processes(d):
    with open(f"/proc/{d.process.pid}/task/{d.process.pid}/children",
              encoding="ascii") as f:
        pids = f.read().split()
    found = []
    for pid in pids:
        # It may end between the two.
        with (contextlib.suppress(FileNotFoundError, ProcessLookupError),
              open(f"/proc/{pid}/comm", encoding="ascii") as f):
            if f.read().strip() == "evddns-notify":
                found.append(int(pid))
    return found


def update_process(d):
    found = update_processes(d)
    return found[0] if found else None


def spent(d):
    """How much of the limit the state on disk says is used up."""
    try:
        with open(d.state_dir + "/state.json", encoding="utf-8") as f:
            account = json.loads(f.read().split("\n", 1)[1])["accounts"]["p"]
        left_s = account["limits"][0] / 1000 - time.time()
    except (FileNotFoundError, KeyError):
        return 0
    return left_s * BURST / PER_S


def allowed(fake, most=0):
    """The bucket at the server's side: never more (than `most`) beyond it."""
    level, last = BURST, None
    for r in sorted(fake.requests, key=lambda r: r.time):
        if last is not None:
            level = min(BURST, level + (r.time - last) * BURST / PER_S)
        last, level = r.time, level - 1
        # A request may have waited for its turn on the way here.
        assert level > -0.1 - most, f"{len(fake.requests)} requests: {level}"


def test_update_process_is_killed_in_the_burst():
    with Lab() as net:
        fake, d, hold = begin_held(net)
        pid = update_process(d)
        os.kill(pid, signal.SIGKILL)
        hold.set()
        d.wait_log(text="killed by signal 9")
        lab.wait_until(lambda: update_process(d) not in (None, pid), 10,
                       "another process")
        lab.wait_until(lambda: len(fake.requests) >= BURST, 10, "the burst")
        d.wait_log(text="limit of requests")
        allowed(fake)
        d.stop()


def ends_in_the_burst(number):
    with Lab() as net:
        fake, d = begin(net, names=BURST - 1)
        lab.wait_until(lambda: len(fake.requests) == BURST - 1, 10, "burst")
        if number == signal.SIGKILL:
            lab.wait_until(lambda: spent(d) > BURST - 2, 10, "it is on disk")
            d.kill()
        else:
            d.stop()
        d.configure(config(fake.url))
        d.start()
        d.wait_log(text="limit of requests", after=d.started)
        assert len(fake.requests) <= BURST, len(fake.requests)
        allowed(fake)
        d.stop()
        # Over another restart nothing is forgotten.
        d.start()
        d.wait_log(text="backoff", after=d.started)
        allowed(fake)
        d.stop()


def test_daemon_ends_in_the_burst():
    ends_in_the_burst(signal.SIGTERM)


def test_daemon_is_killed_in_the_burst():
    """What it counted is on disk 20 ms later."""
    ends_in_the_burst(signal.SIGKILL)


def reload(fake, d):
    """Another token: another process, beside the one with requests."""
    pid = update_process(d)
    d.configure(config(fake.url, 20).replace("word 7", "word 8"))
    d.send(signal.SIGHUP)
    return pid


def test_a_reload_waits_for_what_is_under_way():
    """No token is taken twice: the next process gets its jobs after that."""
    with Lab() as net:
        fake, d, hold = begin_held(net)
        began = time.monotonic()
        reload(fake, d)
        d.wait_log(text="reloaded")
        lab.wait_until(lambda: len(update_processes(d)) == 2, 10, "both")
        assert len(fake.requests) == 2, len(fake.requests)
        hold.set()
        took = time.monotonic() - began
        d.wait_log(text="limit of requests")
        lab.wait_until(lambda: len(fake.requests) >= BURST, 10, "the burst")
        # Unless this machine was stopped for as long as they would wait.
        allowed(fake, most=0 if took < 4 else 1)
        d.stop()


def test_a_reload_counts_on():
    """A provider that hangs: they go on side by side, and still count."""
    with Lab() as net:
        fake, d, hold = begin_held(net)
        reload(fake, d)
        # Two of each are held back; both know it when that is on disk.
        lab.wait_until(lambda: len(fake.requests) == 4, 10, "four requests")
        lab.wait_until(lambda: spent(d) > 3, 10, "four are counted")
        hold.set()
        d.wait_log(text="limit of requests")
        # The last one is there for whoever comes first: perhaps for both.
        allowed(fake, most=1)
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
