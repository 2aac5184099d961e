#!/usr/bin/env python3
"""A reload compares: what did not change is not disturbed."""

import os
import threading
import time

import knot
import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import A, DEAD4, GW4, GW4_NEW, Lab

OTHER = "other.example.org"
LONG = os.environ.get("EVDDNS_LONG") == "1"


def status_of(d, name, provider="ns"):
    for r in d.ask(command="status", record=name).get("records", ()):
        if r["family"] == "ipv4" and r["provider"] == provider:
            r["next"] = None  # rounded to a second, now this way, now that
            return r
    return None


def reload(d, text):
    """Until it is in use, or was refused."""
    d.configure(text)
    t0 = time.monotonic()
    d.ask(command="reload")
    line = lab.wait_until(
        lambda: d.find_log(after=t0, text="reloaded ")
        or d.find_log(after=t0, text="reload: "),
        what="the reload",
    )
    return t0, line


def test_what_is_as_before_is_left_alone():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", record=NAME)
        before = status_of(d, NAME)
        began = time.monotonic()
        for _ in range(3):
            t0, _line = reload(d, SOURCE + PROVIDER + record() + "# again\n")
            assert not d.find_log(after=t0, event="state"), d.tail()
        assert status_of(d, NAME) == before
        asked = [p for p in net.wire.packets if p.time > began and p.target == lab.NS4]
        assert not asked, "a reload asked somebody"
        d.stop()


def test_one_comes_and_one_goes():
    with Lab() as net:
        d = Evddnsd(net, SOURCE + PROVIDER + record()).start()
        d.wait_event(event="published", record=NAME)
        t0, _line = reload(d, SOURCE + PROVIDER + record() + record(OTHER))
        d.wait_event(event="published", record=OTHER, address=GW4)
        assert not d.find_log(after=t0, event="state", name=NAME), d.tail()
        t0, _line = reload(d, SOURCE + PROVIDER + record(OTHER))
        assert status_of(d, NAME) is None
        assert not d.find_log(after=t0, event="state"), d.tail()
        # What is gone is let alone, and not withdrawn.
        net.swap(GW4, GW4_NEW)
        net.wait_dns(OTHER, A, GW4_NEW)
        assert net.dns(NAME, A) == [GW4]
        d.stop()


def test_a_changed_record_is_looked_at_and_not_sent_again():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", record=NAME)
        t0, _line = reload(d, SOURCE + PROVIDER + record(recheck="30m"))
        d.wait_log(after=t0, event="checked", name=NAME)
        lab.wait_until(lambda: status_of(d, NAME)["state"] == "published")
        assert len(net.wire.updates()) == 1
        d.stop()


def test_requests_in_flight_go_on():
    """A silent server is waited for across reloads: sent once."""
    with Lab() as net:
        slow = PROVIDER.replace(lab.NS4, DEAD4).replace('"ns"', '"slow"')
        text = SOURCE + PROVIDER + slow
        mine = record(NAME, provider='"slow"')
        d = Evddnsd(net, text + mine).start()
        d.wait_event(event="start")
        lab.wait_until(lambda: status_of(d, NAME, "slow")["state"] == "updating")
        sent = status_of(d, NAME, "slow")["last_update"]
        for i in range(3):
            t0, _line = reload(d, text + mine + record(f"x{i}.example.org"))
            d.wait_event(event="published", record=f"x{i}.example.org")
            assert not d.find_log(after=t0, event="state", name=NAME), d.tail()
        now = status_of(d, NAME, "slow")
        assert now["state"] == "updating" and now["last_update"] == sent, now
        d.stop()


def test_refused_ones_that_were_mended_start_again():
    with Lab() as net:
        wrong = PROVIDER.replace("key = ", "key = ").replace(
            'c2VjcmV0LW9m', 'd3JvbmctLW9m'
        )
        assert wrong != PROVIDER
        d = Evddnsd(net, SOURCE + wrong + record()).start()
        d.wait_event(event="refused", record=NAME)
        n = len(net.wire.updates())
        # Another record has changed, this one has not.
        t0, _line = reload(d, SOURCE + wrong + record() + "# again\n")
        time.sleep(0.2)
        assert len(net.wire.updates()) == n, d.tail()
        t0, _line = reload(d, SOURCE + PROVIDER + record())
        d.wait_event(event="published", record=NAME)
        d.wait_event(event="recovered", record=NAME)
        d.stop()


def write_key(path, secret, over):
    """As an editor does, or in place."""
    at = path + ".new" if over else path
    with open(os.open(at, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as f:
        f.write(secret + "\n")
    if over:
        os.rename(at, path)


def watches(d):
    """How many inotify descriptors it has open."""
    links = [f"/proc/{d.process.pid}/fd/{fd}" for fd in os.listdir(f"/proc/{d.process.pid}/fd")]
    return sum(os.path.lexists(x) and "inotify" in os.readlink(x) for x in links)


def secret_is_mended(over):
    wrong = knot.KEY[:-4] + "AAA="
    with Lab() as net:
        d = Evddnsd(net, "")
        key = d.dir + "/gw.key"
        write_key(key, wrong, over)
        by_file = PROVIDER.replace(f'key = "{knot.KEY}"', 'key-file = "gw.key"')
        assert by_file != PROVIDER
        d.configure(SOURCE + by_file + record())
        d.start()
        d.wait_event(event="refused", record=NAME)
        lab.wait_until(lambda: watches(d) == 2, what="the watch")  # and resolv.conf's
        n, t0 = len(net.wire.updates()), time.monotonic()
        # The same once more is no other secret.
        write_key(key, wrong, over)
        d.wait_log(after=t0, text="reloaded ")
        assert len(net.wire.updates()) == n, d.tail()
        t0 = time.monotonic()
        write_key(key, knot.KEY, over)
        d.wait_log(after=t0, text='provider "ns" has refused something, and its file ')
        d.wait_event(event="published", record=NAME)
        d.wait_event(event="recovered", record=NAME)
        lab.wait_until(lambda: watches(d) == 1, what="the end of the watch")
        d.stop()


def test_a_secret_file_that_was_replaced_ends_a_refusal():
    secret_is_mended(over=True)


def test_a_secret_file_that_was_written_ends_a_refusal():
    secret_is_mended(over=False)


def test_an_invalid_file_changes_nothing():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", record=NAME)
        before = status_of(d, NAME)
        for bad in ('record "x..y" {}\n', "recrod\n", 'provider "p" { type = "?" }\n'):
            t0, line = reload(d, SOURCE + PROVIDER + record() + bad)
            assert line["level"] == "error", d.tail()
            d.wait_log(after=t0, text="the old configuration goes on")
            assert status_of(d, NAME) == before
        d.stop()


def test_a_changed_resolver_is_used():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", record=NAME)
        more = f'resolver {{ servers = {{"{lab.NS4}"}} timeout = 1s }}\n'
        t0, _line = reload(d, SOURCE + PROVIDER + record() + more)
        net.swap(GW4, GW4_NEW)
        d.wait_event(event="published", address=GW4_NEW)
        d.stop()


def _weigh(pid):
    fds = len(os.listdir(f"/proc/{pid}/fd"))
    with open(f"/proc/{pid}/statm", encoding="ascii") as f:
        pages = int(f.read().split()[1])
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        children = len(f.read().split())
    return fds, pages * os.sysconf("SC_PAGE_SIZE") >> 10, children


def test_many_reloads_under_load_leak_nothing():
    """Records come, go and change, addresses change, people ask."""
    rounds = 1000 if LONG else 120
    names = [f"n{i}.example.org" for i in range(8)]
    with Lab() as net:
        d = Evddnsd(net, SOURCE + PROVIDER + record(), log_level="info")
        d.start()
        d.wait_event(event="published", record=NAME)
        over = threading.Event()

        def people():
            while not over.wait(0.01):
                d.ask(command="status")

        asker = threading.Thread(target=people, daemon=True)
        asker.start()
        old, new = GW4, GW4_NEW
        weights = []
        for i in range(rounds):
            text = SOURCE + PROVIDER + record()
            for k, name in enumerate(names):
                if (i + k) % 3:
                    text += record(name, ttl=60 + (i + k) % 5)
            if i % 7 == 0:
                text += 'record "x..y" {}\n'
            if i % 5 == 0:
                text += f'resolver {{ timeout = {1 + i % 2}s }}\n'
            if i % 10 == 0:
                net.swap(old, new)
                old, new = new, old
            reload(d, text)
            if i % (rounds // 4) == rounds // 8:
                weights.append(_weigh(d.process.pid))
        over.set()
        asker.join()
        reload(d, SOURCE + PROVIDER + record())
        net.wait_dns(NAME, A, old)
        lab.wait_until(
            lambda: status_of(d, NAME)["state"] == "published", 30, "rest"
        )
        print("fds, KiB, children:", weights)
        first = weights[0]
        # Processes with an old configuration end after their last job, and
        # the last questions are still being asked.
        lab.wait_until(
            lambda: _weigh(d.process.pid)[0] <= first[0] + 2
            and _weigh(d.process.pid)[2] <= 1,
            30,
            "descriptors and children gone",
        )
        last = _weigh(d.process.pid)
        if not _is_sanitized(d):
            assert last[1] <= weights[1][1] + 1024, weights
        d.stop()


def _is_sanitized(d):
    with open(f"/proc/{d.process.pid}/maps", encoding="ascii") as f:
        return "asan" in f.read() or _weigh(d.process.pid)[1] > 30000


if __name__ == "__main__":
    lab.main(globals())
