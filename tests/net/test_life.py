#!/usr/bin/env python3
"""The life of a daemon: its manager, its people, its disk, its restarts."""

import grp
import json
import os
import socket
import subprocess
import time

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import A, GW4, GW4_NEW, Lab
from manager import Manager
from tools import Skipped



def test_the_service_manager_is_told():
    with Lab() as net:
        manager = Manager(watchdog_usec=900000)
        d = Evddnsd(net)
        d.env = manager.env
        d.start()
        assert "STATUS=" in manager.wait("READY=1")
        manager.wait("STATUS=1 of 1 published")
        manager.told.clear()
        for _ in range(3):
            manager.wait("WATCHDOG=1")
            manager.told.clear()
        d.ask(command="reload")
        text = manager.wait("RELOADING=1")
        usec = int(text.split("MONOTONIC_USEC=")[1].split("\n")[0])
        assert abs(time.monotonic() - usec / 1e6) < 5
        manager.wait("READY=1")
        d.stop()
        manager.wait("STOPPING=1")


def test_events_are_told_as_they_happen():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(d.dir + "/control")
            s.sendall(b'{"command":"events"}\n')
            # Answered in order: the next one proves that this one is heard.
            s.sendall(b'{"command":"log-level","level":"debug"}\n')
            lines = s.makefile()
            assert json.loads(lines.readline()) == {"ok": True}
            net.swap()
            seen = []
            while not seen or seen[-1].get("event") != "published":
                seen.append(json.loads(lines.readline()))
        assert seen[-1]["address"] == GW4_NEW and seen[-1]["record"] == NAME
        states = [e["state"] for e in seen if e["event"] == "state"]
        assert states[-1] == "published" and "updating" in states, states
        d.stop()


def test_metrics():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        text = d.ctl("metrics")
        assert text.endswith("# EOF\n"), text
        want = f'evddns_record_published{{name="{NAME}",family="ipv4",provider="ns"}} 1'
        assert want in text.split("\n"), text
        for want in (
            'evddns_updates_sent_total{provider="ns"} 1',
            'evddns_updates_answered_total{provider="ns",result="done"} 1',
            'evddns_updates_answered_total{provider="ns",result="refused"} 0',
        ):
            assert want in text.split("\n"), text
        d.stop()


def test_who_sends_without_end_or_never_reads():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)

        def resident():
            with open(f"/proc/{d.process.pid}/statm", encoding="ascii") as f:
                return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

        before = resident()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(d.dir + "/control")
            sent = 0
            try:
                while sent < 1 << 28:
                    sent += s.send(b"x" * 65536)
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert sent < 1 << 24, "it goes on reading a line without end"
        lazy = []
        for _ in range(40):
            s = socket.socket(socket.AF_UNIX)
            s.connect(d.dir + "/control")
            s.setblocking(False)
            try:
                while True:
                    s.send(b'{"command":"status"}\n')
            except (BlockingIOError, BrokenPipeError, ConnectionResetError):
                pass
            lazy.append(s)
        t0 = time.monotonic()
        assert d.ask(command="status")["records"]
        assert time.monotonic() - t0 < 1
        net.swap()
        net.wait_dns(NAME, A, GW4_NEW)
        assert resident() - before < 8 << 20, (before, resident())
        for s in lazy:
            s.close()
        d.stop()


def test_who_watches_keeps_nobody_out():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        watchers = []
        for _ in range(40):
            s = socket.socket(socket.AF_UNIX)
            s.connect(d.dir + "/control")
            s.sendall(b'{"command":"events"}\n')
            watchers.append(s)
        assert d.ask(command="status")["records"]
        # The last of them still watches.
        net.swap()
        watchers[-1].settimeout(10)
        assert b'"event"' in watchers[-1].recv(4096)
        for s in watchers:
            s.close()
        d.stop()


def test_a_watcher_that_does_not_read():
    """Let go when too much is unread; nobody else waits for it."""
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        lazy = socket.socket(socket.AF_UNIX)
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect(d.dir + "/control")
        lazy.sendall(b'{"command":"events"}\n')
        keen = socket.socket(socket.AF_UNIX)
        keen.settimeout(10)
        keen.connect(d.dir + "/control")
        keen.sendall(b'{"command":"events"}\n')
        told = 0
        # Each look at a record is some 400 bytes of events.
        for _ in range(3000):
            assert d.ask(command="refresh", record=NAME) == {"ok": True}
            told += keen.recv(65536).count(b"\n")
        assert told >= 3000, told
        assert d.is_alive()
        t0 = net.swap()
        d.wait_log(event="published", after=t0)
        left = 0
        lazy.settimeout(10)
        while data := lazy.recv(65536):
            left += len(data)
        assert left < 1 << 20, left
        lazy.close()
        keen.close()
        d.stop()


def test_groups_may_ask_or_act():
    names = [g.gr_name for g in grp.getgrall() if g.gr_gid not in (0, 65534)]
    if os.geteuid() != 0 or len(names) < 2 or not _may_setgid(names[0]):
        raise Skipped("there are no two groups here that one may be in")
    asks, acts = names[0], names[1]
    with Lab() as net:
        text = SOURCE + PROVIDER + record()
        groups = f'control {{ group = "{asks}" admin-group = "{acts}" }}\n'
        d = Evddnsd(net, text + groups).start()
        d.wait_event(event="published", address=GW4)
        assert os.stat(d.dir + "/control").st_mode & 0o777 == 0o660
        assert "records" in _as(d, asks, command="status")
        assert "error" in _as(d, asks, command="refresh")
        # Where no access control list is to be had, he must be in both.
        assert _as(d, acts, asks, command="refresh") == {"ok": True}
        assert _as(d, acts, asks, command="log-level", level="info") == {"ok": True}
        if _has_list(d.dir + "/control"):
            assert _as(d, acts, command="refresh") == {"ok": True}
            assert "records" in _as(d, acts, command="status")
        if len(names) > 2:
            assert "PermissionError" in _as(d, names[2], command="status")
        d.configure(text)
        d.ask(command="reload")
        lab.wait_until(
            lambda: os.stat(d.dir + "/control").st_mode & 0o777 == 0o600, 10, "0600"
        )
        d.stop()


def _may_setgid(name):
    gid = grp.getgrnam(name).gr_gid
    return (
        subprocess.run(
            ["python3", "-c", f"import os; os.setgid({gid})"],
            capture_output=True, check=False,
        ).returncode == 0
    )  # fmt: skip


def _has_list(path):
    try:
        return bool(os.getxattr(path, "system.posix_acl_access"))
    except OSError:
        return False


def _as(d, *groups, **request):
    """Of nobody who is in these groups."""
    gids = [grp.getgrnam(g).gr_gid for g in groups]
    code = (
        "import os,socket,sys\n"
        f"os.setgroups({gids}); os.setgid({gids[0]}); os.setuid(65534)\n"
        "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
        "s.sendall(sys.argv[2].encode() + b'\\n')\n"
        "sys.stdout.write(s.makefile().readline())\n"
    )
    out = subprocess.run(
        ["python3", "-c", code, d.dir + "/control", json.dumps(request)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if not out.stdout:
        return out.stderr
    return json.loads(out.stdout)


def test_a_refusal_outlives_a_kill():
    with Lab() as net:
        wrong = PROVIDER.replace("c2VjcmV0LW9m", "d3JvbmctLW9m")
        d = Evddnsd(net, SOURCE + wrong + record()).start()
        d.wait_event(event="refused", record=NAME)
        n = len(net.wire.updates())
        d.kill()
        d = Evddnsd(net, SOURCE + wrong + record()).start()
        lab.wait_until(
            lambda: d.find_log(text="started, ")
            and d.ask(command="status")["records"][0]["state"] == "refused",
            10,
            "refused again",
        )
        assert len(net.wire.updates()) == n, "what was refused was sent again"
        d.kill()
        # Mended while nobody ran.
        d = Evddnsd(net, SOURCE + PROVIDER + record()).start()
        net.wait_dns(NAME, A, GW4)
        d.stop()


def test_a_directory_that_cannot_be_written_is_said_once():
    with Lab() as net:
        d = Evddnsd(net)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", d.state_dir], check=True
        )
        try:
            d.start()
            d.wait_event(event="published", address=GW4)
            net.swap()
            net.wait_dns(NAME, A, GW4_NEW)
            d.wait_event(event="published", address=GW4_NEW)
            time.sleep(1.2)  # the next write would be due
            said = [x for x in d.lines if "cannot be written" in x["message"]]
            assert len(said) == 1, d.tail()
            d.stop()
        finally:
            subprocess.run(["umount", d.state_dir], check=True)


def test_two_on_one_directory():
    """The second says so and writes nothing there, until the first has ended."""

    def kept(d):
        with open(d.state_dir + "/state.json", encoding="utf-8") as f:
            return json.loads(f.read().split("\n", 1)[1])["records"]

    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        lab.wait_until(lambda: os.path.exists(d.state_dir + "/state.json"), 10, "state")
        other = Evddnsd(net, name="e")
        other.state_dir = d.state_dir
        other.configure(SOURCE + PROVIDER + record("other.example.org"))
        other.start()
        other.wait_event(event="published", record="other.example.org")
        line = other.wait_log(text="is another evddnsd's")
        assert line["level"] == "warning", line
        # One pass beside them is none the worse for it.
        status, said = Evddnsd(net, name="d").run("-1")
        assert status == 0 and "is another evddnsd's" in said, (status, said)
        assert f"{NAME} ipv4 ns" in kept(d) and len(kept(d)) == 1, kept(d)
        d.stop()
        t0 = net.swap()
        other.wait_log(after=t0, event="published")
        line = other.wait_log(after=t0, text="is written again", deadline_s=30)
        assert "other.example.org ipv4 ns" in kept(other), kept(other)
        assert len([x for x in other.lines if "another evddnsd" in x["message"]]) == 1
        other.stop()


def test_a_dry_run_beside_it():
    """It says what it would send, shows what stands, and changes nothing."""
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        d.stop()
        with open(d.state_dir + "/state.json", "rb") as f:
            before = f.read()
        net.swap()
        dry = Evddnsd(net, name="d", args=["-n"]).start()
        dry.wait_log(text=f"would send {GW4_NEW}", name=NAME)
        r = lab.wait_until(
            lambda: [x for x in dry.ask(command="status")["records"] if x["note"]], 10, "it"
        )[0]
        assert r["state"] == "updating" and r["published"] == [GW4], r
        assert r["wanted"] == [GW4_NEW] and r["last_change"] is None, r
        why = dry.ctl("why", NAME)
        assert f"a dry run: DNS says {GW4}, {GW4_NEW} would be sent; next: " in why, why
        text = dry.ctl("metrics")
        assert 'evddns_record_published{name="home.example.org",family="ipv4",provider="ns"} 0' in text
        assert 'evddns_updates_sent_total{provider="ns"} 0' in text, text
        dry.stop()
        with open(d.state_dir + "/state.json", "rb") as f:
            assert f.read() == before
        assert net.dns(NAME, A) == [GW4]


if __name__ == "__main__":
    lab.main(globals())
