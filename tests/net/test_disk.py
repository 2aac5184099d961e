#!/usr/bin/env python3
"""Disks that are full, read only or broken; files that are not ours.

Each is said once; it runs on in memory, what DNS says decides, and the file
is there again when the disk is.
"""

import contextlib
import os
import random
import resource
import shutil
import subprocess
import time

import lab
from faults import BAD, GOOD, LONG, SEED, Story, read_state
from lab import Lab, wait_until

LIMIT_S = 1200 if LONG else 120


@contextlib.contextmanager
def begun():
    with Lab() as net:
        story = Story(net)
        story.begin()
        yield story


@contextlib.contextmanager
def small_disk(d):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k,mode=0700", "tmpfs",
                    d.state_dir], check=True)  # fmt: skip
    try:
        yield
    finally:
        subprocess.run(["umount", d.state_dir], check=True)


def once(d, *words):
    said = [x for x in d.about_state() if any(w in x for w in words)]
    assert len(said) == 1, d.about_state()


def changes(story, d):
    """An update is as quick as ever."""
    t0 = story.change()
    assert story.wait_right(d), d.tail()
    wait_until(lambda: d.state() == "published", 10, "published")
    return t0


def fill(path):
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as f:
        while f.write(b"x" * 4096):
            pass


def test_a_disk_that_is_full_for_a_while():
    with begun() as story:
        d = story.daemon()
        with small_disk(d):
            fill(d.state_dir + "/full")
            d.start()
            d.settled()
            changes(story, d)
            once(d, "cannot be written (No space left on device)")
            assert read_state(d) is None
            os.unlink(d.state_dir + "/full")
            changes(story, d)
            wait_until(lambda: read_state(d), 10, "the file is written again")
            d.wait_log(text="is written again")
            d.stop()
            assert len(d.about_state()) == 2, d.about_state()
            notes = read_state(d)["records"]
            assert notes[f"{GOOD} ipv4 ns"]["accepted"] == [story.here], notes
            assert notes[f"{BAD} ipv4 no"]["refused"]["for"] == [story.here], notes


def test_what_was_written_before_the_disk_was_full_stands():
    """A new file that does not fit leaves the old one whole."""
    with begun() as story:
        d = story.daemon()
        with small_disk(d):
            d.start()
            d.settled()
            old = wait_until(lambda: read_state(d), 10, "written")
            fill(d.state_dir + "/full")
            changes(story, d)
            d.wait_log(text="cannot be written")
            assert read_state(d)["records"].keys() == old["records"].keys()
            d.kill()


def test_every_call_that_writes_fails():
    """Each error of each call about the new file, the first and the third time."""
    errors = {"openat": ["EROFS", "ENOSPC", "EMFILE", "EACCES"], "write": ["ENOSPC", "EIO"],
              "close": ["EIO"], "rename": ["EIO", "EROFS"]}  # fmt: skip
    with begun() as story:
        for call, kinds in errors.items():
            for n, error in enumerate(kinds):
                story.begin()
                fault = ["-p", "evddnsd", "-f", "state.json.new", "-s", call]
                d = story.daemon(fault=[*fault, "-n", str(1 + n % 2), "-e", error])
                d.start()
                d.settled()
                changes(story, d)
                d.wait_log(text="is written again")
                d.send(15)
                assert d.process.wait(10) == 0
                once(d, "cannot be written")
                once(d, "is written again")
                assert read_state(d)["records"], (call, error)
                assert not os.path.exists(d.state_dir + "/state.json.new")
                story.net.daemons.clear()


def test_every_call_that_reads_fails():
    """What cannot be read is put aside, and said; DNS decides."""
    errors = {"openat": ["EIO", "EACCES"], "newfstatat,fstat": ["EIO"], "read": ["EIO"]}
    with begun() as story:
        for call, kinds in errors.items():
            for error in kinds:
                story.begin()
                d = story.daemon().start()
                d.settled()
                d.stop()
                fault = ["-p", "evddnsd", "-f", "state.json", "-s", call]
                d = story.daemon(fault=[*fault, "-n", "1", "-e", error])
                d.start()
                d.settled()
                once(d, "is put aside")
                d.send(15)
                assert d.process.wait(10) == 0
                assert len(story.dns.updates_of(GOOD)) == 1
                story.net.daemons.clear()


# What may stand there in place of a state file.
def directory(path):
    os.makedirs(path + "/in-it")


def symlink(path):
    os.symlink("/etc/hostname", path)


def fifo(path):
    os.mkfifo(path, 0o600)


def too_large(path):
    with open(path, "wb") as f:
        f.truncate((32 << 20) + 1)


def another_version(path):
    with open(path, "wb") as f:
        f.write(b'evddns-state 2 00000000\n{"records":{}}')


def empty(path):
    open(path, "wb").close()


def for_everybody(path):
    open(path, "wb").close()
    os.chmod(path, 0o606)


def test_what_is_no_state_file():
    with begun() as story:
        for make in (directory, symlink, fifo, too_large, another_version, empty,
                     for_everybody):  # fmt: skip
            story.begin()
            d = story.daemon()
            make(d.state_dir + "/state.json")
            d.start()
            d.settled()
            assert story.is_right()
            once(d, "is put aside")
            assert len(d.about_state()) == 1, d.about_state()
            d.stop()
            assert read_state(d)["records"], make.__name__
            assert os.path.lexists(d.state_dir + "/state.json.bad")
            story.net.daemons.clear()


def test_a_shortage_of_descriptors_costs_no_refusal():
    """Rather no start than one that has forgotten what was refused."""
    with begun() as story:
        d = story.daemon().start()
        d.settled()
        d.stop()
        old = read_state(d)
        for error in "EMFILE", "ENFILE":
            fault = ["-p", "evddnsd", "-f", "state.json", "-s", "openat", "-n", "1"]
            d = story.daemon(fault=[*fault, "-e", error]).start()
            assert d.process.wait(10) == 71, d.tail()
            d.reader.join(5)
            said = [x for x in d.lines if x["level"] in ("error", "warning")]
            assert len(said) == 1 and "too many open files" in said[0]["message"].lower(), said
            assert read_state(d) == old
            story.net.daemons.clear()
        sent = len(story.dns.updates_of(BAD))
        d = story.daemon().start()
        d.settled()
        assert len(story.dns.updates_of(BAD)) == sent
        d.stop()


def test_a_directory_that_goes_away_is_made_again():
    with begun() as story:
        d = story.daemon().start()
        d.settled()
        d.wait_log(event="accepted", name=GOOD)
        wait_until(lambda: accepted_on_disk(d), 10, "written")
        shutil.rmtree(d.state_dir)
        changes(story, d)
        wait_until(lambda: accepted_on_disk(d), 10, "written again")
        assert os.stat(d.state_dir).st_mode & 0o777 == 0o700
        assert not d.about_state(), d.about_state()
        d.stop()


def test_what_stands_where_it_writes():
    """It neither follows, nor waits, nor writes to what is somebody else's."""
    with begun() as story:
        other = f"{lab.RUN}/t/other"
        ways = {"symlink": os.symlink, "link": os.link, "fifo": lambda _, p: os.mkfifo(p)}
        for name, make in ways.items():
            story.begin()
            with open(other, "w", encoding="ascii") as f:
                f.write("untouched")
            d = story.daemon()
            make(other, d.state_dir + "/state.json.new")
            d.start()
            d.settled()
            d.stop()
            assert read_state(d)["records"], name
            assert not d.about_state(), d.about_state()
            with open(other, encoding="ascii") as f:
                assert f.read() == "untouched", name
            story.net.daemons.clear()


def test_no_file_may_grow():
    """As `ulimit -f` or LimitFSIZE= has it: an error, not the end."""
    with begun() as story:
        d = story.daemon().start()
        d.settled()
        # What it begins with, it needs to write: the accounts, in memory.
        resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE, (64, 64))
        changes(story, d)
        d.wait_log(text="cannot be written (File too large)")
        assert d.is_alive()
        assert read_state(d)["records"]
        d.stop()


def test_a_file_that_is_damaged_somewhere():
    """DNS decides: what stands there is not sent again."""
    with begun() as story:
        d = story.daemon().start()
        d.settled()
        d.stop()
        with open(d.state_dir + "/state.json", "rb") as f:
            whole = f.read()
        dice = random.Random(SEED)
        ways = [("cut", n) for n in range(len(whole))]
        ways += [("flip", n) for n in range(8 * len(whole))]
        # The unit tests take them all; here it is the whole daemon.
        for way, n in dice.sample(ways, 300 if LONG else 12):
            text = bytearray(whole)
            if way == "cut":
                del text[n:]
            else:
                text[n // 8] ^= 1 << n % 8
            with open(d.state_dir + "/state.json", "wb") as f:
                f.write(text)
            sent = len(story.dns.updates_of(GOOD))
            again = story.daemon().start()
            again.settled()
            once(again, "is put aside")
            again.stop()
            assert len(story.dns.updates_of(GOOD)) == sent, (way, n)
            assert read_state(again)["records"]
            story.net.daemons.clear()


def test_a_power_cut_repeats_a_value_once_at_most():
    """Neither the file nor the servers know of it: once more, never twice."""
    with begun() as story:
        d = story.daemon().start()
        d.settled()
        story.dns.shown = {}  # the other servers lag behind
        address = story.here
        for _ in range(3):
            d.kill()
            for name in os.listdir(d.state_dir):
                os.truncate(f"{d.state_dir}/{name}", 0)
            d = story.daemon().start()
            d.wait_state("verifying")
            d.wait_log(event="accepted", name=GOOD)
            wait_until(lambda: accepted_on_disk(d), 10, "written")
            # With its file there, a restart repeats nothing.
            sent = len(story.dns.updates_of(GOOD, [address]))
            d.kill()
            d = story.daemon().start()
            d.wait_state("verifying")
            assert len(story.dns.updates_of(GOOD, [address])) == sent
        assert len(story.dns.updates_of(GOOD, [address])) == 1 + 3
        d.kill()


def accepted_on_disk(d):
    path = d.state_dir + "/state.json"
    # An empty one is put aside before there is another.
    if not os.path.exists(path) or os.path.getsize(path) == 0:
        return False
    return "accepted" in (read_state(d) or {"records": {}})["records"].get(
        f"{GOOD} ipv4 ns", {})


def is_at_rest(d):
    """Nothing is left to be written: a write follows another in a second."""
    return time.time() - os.stat(d.state_dir + "/state.json").st_mtime > 1.2


def test_what_is_sent_is_sent_first():
    """No disk stands in the way of an event, and nothing waits for one."""
    with begun() as story:
        trace = f"{lab.RUN}/t/trace"
        d = story.daemon(fault=["-p", "evddnsd,evddns-notify", "-t", trace]).start()
        d.settled()
        wait_until(lambda: is_at_rest(d), 10, "at rest")
        d.ask(command="status")  # in the trace, what comes after it is the change
        changes(story, d)
        d.send(15)
        d.process.wait(10)
        with open(trace, encoding="utf-8", errors="replace") as f:
            rows = [line.rstrip("\n").split(" ", 5) for line in f]
        calls = [r[3] for r in rows]
        assert not {"fsync", "fdatasync", "sync", "syncfs", "sync_file_range"} & set(calls)
        sent = [i for i, r in enumerate(rows)
                if r[2] == "evddns-notify" and r[3] in ("sendto", "sendmsg")]  # fmt: skip
        written = [i for i, r in enumerate(rows)
                   if r[5].endswith("state.json.new") or r[3].startswith("rename")]  # fmt: skip
        assert written and written[0] > sent[0]
        # The change: heard, sent, and only then written.
        asked = max(i for i, call in enumerate(calls) if call == "accept4")
        heard = min(i for i, r in enumerate(rows) if i > asked
                    and r[2:4] == ["evddnsd", "recvmsg"] and int(r[4]) > 0)  # fmt: skip
        first = min(i for i in sent if i > heard)
        assert not [i for i in written if heard < i < first], (heard, first)
        assert max(written) > first
        d.process = None


def test_modes():
    """Nobody else reads what is there, whatever the umask."""
    with begun() as story:
        d = story.daemon()
        os.rmdir(d.state_dir)
        old = os.umask(0)
        try:
            d.start()
        finally:
            os.umask(old)
        d.settled()
        wait_until(lambda: read_state(d), 10, "written")
        assert os.stat(d.state_dir).st_mode & 0o777 == 0o700
        assert os.stat(d.state_dir + "/state.json").st_mode & 0o777 == 0o600
        assert os.stat(d.dir + "/control").st_mode & 0o777 in (0o600, 0o660)
        d.stop()


if __name__ == "__main__":
    lab.main(globals(), LIMIT_S)
