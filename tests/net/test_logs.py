#!/usr/bin/env python3
"""What the log says: a failure that repeats when it begins and when it ends,
with its count; the same facts as text and as JSON; the journal's priorities.

(Name servers that are silent: test_start; reflectors, and a provider:
test_recovery; hooks: tests/unit/check_hooks; the disk: test_disk.)
"""

import json
import os
import re
import signal
import subprocess
import threading
import time

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import DEAD4, GW4, GW4_NEW, NS4, Lab
from tools import die_with_parent

GRAVE = ("error", "warning", "notice")
PRIORITIES = {"error": 3, "warning": 4, "notice": 5, "info": 6, "debug": 7}
QUICK = "resolver { timeout = 300ms tries = 1 }\n"


def grave(d, after=0.0, **fields):
    return [
        x for x in d.lines
        if x["level"] in GRAVE and x["monotonic_s"] >= after
        and all(x.get(k) == v for k, v in fields.items())
    ]  # fmt: skip


def children(d):
    pid = d.process.pid
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(x) for x in f.read().split()]


def kill_update_process(d):
    """How many there were."""
    n = 0
    for pid in children(d):
        try:
            if os.readlink(f"/proc/{pid}/exe").endswith("/evddns-notify"):
                os.kill(pid, signal.SIGKILL)
                n += 1
        except (FileNotFoundError, ProcessLookupError):
            pass
    return n


def test_update_process_that_dies_again_and_again():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        killed, done = 0, threading.Event()

        def killer():
            nonlocal killed
            while not done.is_set():
                killed += kill_update_process(d)
                time.sleep(0.002)

        thread = threading.Thread(target=killer)
        thread.start()
        t0 = net.swap()
        # Two tries have failed by then, of which the first was told.
        lab.wait_until(lambda: killed >= 2, 30, "2 of them killed")
        done.set()
        thread.join()
        d.wait_event(event="published", address=GW4_NEW, deadline_s=30)
        line = d.wait_log(after=t0, text="the update process works again, after")
        assert line["level"] == "notice", line
        assert int(re.search(r"after (\d+) failures", line["message"])[1]) >= 2, line
        assert len([x for x in grave(d, t0) if "killed by signal 9" in x["message"]
                    and not x.get("event")]) == 1, d.tail()  # fmt: skip
        assert len(grave(d, t0, event="failed")) <= 1, d.tail()
        d.stop()


def test_another_failure_is_told_too():
    """Name servers that are silent, then a provider that is: each is begun."""
    dead = PROVIDER.replace(
        f'server = "{NS4}"', f'server = "{DEAD4}"\n    timeout = 300ms'
    )
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        d.stop()
        net.knot.pause()
        d.configure(SOURCE + dead + record() + QUICK)
        d.start()
        line = d.wait_log(15, after=d.started, event="silent")
        assert line["level"] == "warning", line
        net.knot.go_on()
        t0 = net.swap()
        line = d.wait_log(15, after=t0, event="failed")
        assert line["level"] == "warning" and DEAD4 in line["message"], line
        d.ask(command="retry", record=NAME)
        d.wait_log(15, after=line["monotonic_s"] + 0.001, event="failed", level="debug")
        assert len(grave(d, t0, event="failed")) == 1, d.tail()
        d.stop()


def test_control_socket_that_cannot_be_opened():
    with Lab() as net:
        d = Evddnsd(net)
        place = d.dir + "/run"
        with open(place, "w", encoding="ascii"):
            pass  # a file, where its folder should be
        d.args = ["-S", place + "/control"]
        d.start()
        d.wait_event(event="published", address=GW4)
        line = d.wait_log(text="control socket")
        assert line["level"] == "warning" and "until a reload" in line["message"], line
        os.unlink(place)
        t0 = d.send(signal.SIGHUP)
        line = d.wait_log(after=t0, text="control socket")
        assert line["level"] == "notice" and "is open" in line["message"], line
        assert os.path.exists(place + "/control")
        d.stop()


def run_once(d, *args, journal=False):
    """One pass: the lines of its standard error."""
    ours, theirs = os.pipe()
    st = os.fstat(theirs)
    env = dict(os.environ)
    env.pop("JOURNAL_STREAM", None)
    if journal:
        env["JOURNAL_STREAM"] = f"{st.st_dev}:{st.st_ino}"
    process = subprocess.Popen(
        d.command("-1", *args), stdin=subprocess.DEVNULL, stderr=theirs, env=env,
        preexec_fn=die_with_parent,
    )  # fmt: skip
    os.close(theirs)
    with os.fdopen(ours, encoding="utf-8") as f:
        lines = f.read().splitlines()
    assert process.wait() == 0, lines
    return lines


def facts(text):
    """What does not change from one run to the next."""
    return re.sub(r"\d+", "N", text)


def one_story(*args, journal=False):
    with Lab() as net:
        d = Evddnsd(net, log_level="info")
        return run_once(d, *args, journal=journal)


def test_text_and_json_say_the_same():
    said = [json.loads(x) for x in one_story()]
    as_json = {
        facts("{}{}{}{}: {}".format(
            x["subject"], " " + x["name"] if "name" in x else "",
            "/" + x["family"] if "family" in x else "",
            " at " + x["provider"] if "provider" in x else "", x["message"]))
        if "subject" in x else facts(x["message"])
        for x in said
    }  # fmt: skip
    as_text = {facts(x) for x in one_story("--log-format", "text")}
    # What a hook's end says depends on when it is cut short.
    as_json, as_text = (
        {x for x in s if not x.startswith("hook")} for s in (as_json, as_text)
    )
    assert as_json == as_text, (as_json ^ as_text)
    assert any(x.startswith(f"record {NAME}/ipvN at ns: published") for x in as_text)


def test_the_journal_is_told_how_grave_it_is():
    levels = {facts(x["message"]): x["level"] for x in map(json.loads, one_story())}
    for how in ("text", "json"):
        lines = one_story("--log-format", how, journal=True)
        assert lines
        for line in lines:
            match = re.fullmatch(r"<([3-7])>(.*)", line)
            assert match, line
            text = match[2]
            if how == "json":
                text = json.loads(text)["message"]
            for message, level in levels.items():
                if facts(text).endswith(message):
                    assert PRIORITIES[level] == int(match[1]), line


if __name__ == "__main__":
    lab.main(globals())
