#!/usr/bin/env python3
"""What the manual promises, tried by a stranger who has read nothing else."""

import base64
import json
import os
import re
import socket
import subprocess

import knot
import lab
from evddnsd import CTL, NAME, PROVIDER, SOURCE, Evddnsd, record
from lab import GW4, ISP4, Lab
from tools import Skipped, die_with_parent, wait_until

IDN = "b\u00fcro.example.org"


def test_a_family_is_left_alone_only_beside_another():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        for args in (["status", "--json"], ["status", "--json", NAME]):
            shown = json.loads(d.ctl(*args))["records"]
            assert [r["family"] for r in shown] == ["ipv4"], shown
        text = d.ctl("metrics")
        assert 'evddns_records{state="waiting"} 0\n' in text, text
        assert 'family="ipv6"' not in text, text
        d.stop()


def test_what_has_no_address_at_all_waits():
    with Lab() as net:
        net.ip("addr flush dev wan0")
        wait_until(lambda: "inet " not in net.show("wan0"))
        d = Evddnsd(net).start()
        d.wait_log(text="started")
        shown = json.loads(d.ctl("status", "--json"))["records"]
        assert {r["family"]: r["state"] for r in shown} == {
            "ipv4": "waiting",
            "ipv6": "waiting",
        }, shown
        net.ip(f"addr add {GW4}/24 dev wan0", f"route add default via {ISP4}")
        d.wait_event(event="published", address=GW4)
        shown = json.loads(d.ctl("status", "--json"))["records"]
        assert [r["family"] for r in shown] == ["ipv4"], shown
        d.stop()


def test_a_record_is_known_however_it_is_written():
    with Lab() as net:
        d = Evddnsd(net, SOURCE + PROVIDER + record() + record(IDN)).start()
        d.wait_event(event="published", record=NAME)
        for name in (NAME, NAME + ".", NAME.upper()):
            for command in ("why", "status", "refresh", "retry"):
                d.ctl(command, name)
        assert "xn--" in d.ctl("why", IDN.upper())
        for name in ("other.example.org", "a..b", "", "."):
            assert "no such record" in d.ctl("why", name, status=69), name
        d.stop()


def test_hooks_can_be_tried():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        n = len(d.events())
        record_has = {"record": NAME, "family": "ipv4", "provider": "ns"}
        for event, has in {
            "address": {"address": GW4, "interface": "wan0", "family": "ipv4"},
            "lost": {"old_address": GW4, "family": "ipv4"},
            "published": {"address": GW4, **record_has},
            "failed": {"address": GW4, "error": "this is a test", **record_has},
            "reload": {},
        }.items():
            d.ctl("test-hook", event)
            seen = d.wait_event(skip=n, event=event)
            assert {k: seen.get(k) for k in has} == has, seen
            n += 1
        # Of what nobody has, the name alone is told.
        d.ctl("test-hook", "prefix")
        assert "prefix" not in d.wait_event(skip=n, event="prefix")
        assert "hooks" in d.ctl("test-hook", "nonsense", status=69)
        d.stop()


def shown(d):
    return json.loads(d.ctl("status", "--json"))["records"]


def shown_state(d):
    return os.path.exists(d.dir + "/control") and shown(d)[0]["state"]


def test_why_tells_what_is_next_and_when():
    with Lab() as net:
        name = record(on_loss="remove", on_loss_hold="1h")
        d = Evddnsd(net, SOURCE + PROVIDER + name).start()
        d.wait_event(event="published", address=GW4)
        assert "looks at the name servers again" in d.ctl("why", NAME)
        net.ip("addr flush dev wan0")
        d.wait_event(event="lost")
        assert shown(d)[0]["state"] == "waiting" and shown(d)[0]["next"]
        assert "takes away what is published" in d.ctl("why", NAME)
        d.stop()


def test_times_outlive_a_restart_and_latency_is_the_kernels():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        last = shown(d)[0]["last_update"]
        assert last
        d.stop()
        d.start()
        wait_until(lambda: shown_state(d) == "published")
        assert shown(d)[0]["last_update"] == last
        d.configure(SOURCE + PROVIDER + record() + record("new.example.org"))
        d.ctl("reload")
        new = d.wait_event(event="published", record="new.example.org")
        assert "latency_ms" not in new, new
        d.stop()


def test_who_asks_for_a_reload_is_told_what_came_of_it():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        good = SOURCE + PROVIDER + record()
        d.configure(good + 'record "x.example.org" { tll = 5 }\nrecord "" {}\n')
        text = d.ctl("reload", status=69)
        assert "faults, the old configuration goes on" in text, text
        at = good.count("\n") + 1
        assert f'{d.config_file}:{at}: unknown setting "tll"' in text, text
        assert f'{d.config_file}:{at + 1}: "" is not a host name' in text, text
        assert NAME in d.ctl("status")
        d.configure(good + record("x.example.org"))
        d.ctl("reload")
        # What is asked after the answer is of the new one.
        assert "x.example.org" in d.ctl("status")
        d.stop()


def test_each_line_is_answered_in_turn():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(d.dir + "/control")
            lines = s.makefile()
            s.sendall(b'{"command":"reload"}\n{"command":"status"}\nrubbish\n{"comm')
            assert json.loads(lines.readline()) == {"ok": True}
            assert json.loads(lines.readline())["records"][0]["name"] == NAME
            assert "error" in json.loads(lines.readline())
            s.sendall(b'and":"nonsense"}\n')
            assert "error" in json.loads(lines.readline())
            s.sendall(b'{"command":"' + b"[" * 4000)
            s.sendall(b"[" * 1000)
            assert "4096 bytes" in json.loads(lines.readline())["error"]
        d.stop()


def test_who_says_no_more_is_answered():
    """As `printf … | nc -N` has it; and many lines wait their turn."""
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        for line in b"status", b"why", b"reload":
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(10)
                s.connect(d.dir + "/control")
                request = b'{"command":"%s","record":"%s"}\n' % (line, NAME.encode())
                s.sendall(request * 3)
                s.shutdown(socket.SHUT_WR)
                with s.makefile() as f:
                    answers = [json.loads(x) for x in f]
                assert len(answers) == 3, (line, answers)
                assert not any("error" in x for x in answers), answers
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(d.dir + "/control")
            s.sendall(b'{"command":"?"}\n' * 3000)
            with s.makefile() as f:
                for _ in range(3000):
                    assert json.loads(f.readline()) == {"error": "unknown command"}
        d.stop()


SAMPLE = re.compile(
    r"([a-zA-Z_:][a-zA-Z0-9_:]*)"
    r'(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})?'
    r" (-?[0-9]+(?:\.[0-9]+)?)"
)
ENDINGS = {"counter": "_total", "info": "_info"}


def test_metrics_are_openmetrics():
    with Lab() as net:
        odd = PROVIDER.replace('"ns"', "'a \"b\" \\c'")
        d = Evddnsd(
            net, SOURCE + PROVIDER + odd + record() + record("x.example.org",
            provider="'a \"b\" \\c'"),
        ).start()  # fmt: skip
        d.wait_event(event="published", record="x.example.org")
        text = d.ctl("metrics")
        assert text.endswith("\n# EOF\n"), text
        family, kind, seen = None, None, set()
        for line in text[: -len("# EOF\n")].splitlines():
            if line.startswith("# TYPE "):
                _, _, family, kind = line.split(" ")
                assert "# " + family not in seen, f"{family} comes twice"
                seen.add("# " + family)
            elif line.startswith("# "):
                assert line.split(" ")[1:3] == ["HELP", family], line
            else:
                assert SAMPLE.fullmatch(line), line
                name, _, value = SAMPLE.fullmatch(line).groups()
                assert name == family + ENDINGS.get(kind, ""), line
                assert line.rsplit(" ", 1)[0] not in seen, line
                seen.add(line.rsplit(" ", 1)[0])
                assert float(value) >= 0, line
        d.stop()


def readable_memory(pid):
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
        for line in maps:
            ends, rights, *rest = line.split()
            if "r" not in rights or rest[-1].startswith("[v"):
                continue
            start, end = (int(x, 16) for x in ends.split("-"))
            if end - start > 1 << 28:
                continue  # a sanitizer's own, terabytes of nothing
            with open(f"/proc/{pid}/mem", "rb", 0) as f:
                f.seek(start)
                yield f.read(end - start)


def test_the_daemon_holds_no_secret_and_no_door():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        d.ctl("reload")
        secrets = knot.KEY.encode(), base64.b64decode(knot.KEY)
        for memory in readable_memory(d.process.pid):
            for secret in secrets:
                assert secret not in memory
        for kind in ("tcp", "tcp6"):
            with open(f"/proc/{d.process.pid}/net/{kind}", encoding="ascii") as f:
                states = [line.split()[3] for line in f.readlines()[1:]]
            assert "0A" not in states, f"somebody listens: {states}"
        d.stop()


NOBODY = 65534


def need_somebody_else():
    try:
        os.chown(f"{lab.RUN}/t", NOBODY, -1)
    except OSError as e:
        raise Skipped(f"nobody is not in this namespace ({e.strerror})") from None
    os.chown(f"{lab.RUN}/t", 0, -1)


def test_whom_it_becomes_can_go_on():
    with Lab() as net:
        need_somebody_else()
        d = Evddnsd(net, args=["-u", "nobody"])
        os.rmdir(d.state_dir)
        # A process that gave up root cannot be traced, nor trace itself.
        os.environ["ASAN_OPTIONS"] = "detect_leaks=0"
        try:
            d.start()
        finally:
            del os.environ["ASAN_OPTIONS"]
        d.wait_log(event="published")
        assert os.stat(d.state_dir).st_uid == NOBODY
        assert os.stat(d.dir + "/control").st_uid == NOBODY
        wait_until(lambda: os.path.exists(d.state_dir + "/state.json"))
        # The daemon's user may act.
        done = subprocess.run(
            ["setpriv", "--reuid", "nobody", "--regid", "nogroup"]
            + ["--clear-groups", CTL, "-S", d.dir + "/control", "refresh"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        d.stop()


def test_closed_descriptors_are_nobodys():
    with Lab() as net:
        d = Evddnsd(net)
        p = subprocess.Popen(
            ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *d.command()],
            preexec_fn=die_with_parent,
        )
        try:
            net.wait_dns(NAME, lab.A, GW4)
            for fd in "012":
                link = os.readlink(f"/proc/{p.pid}/fd/{fd}")
                assert link == "/dev/null", (fd, link)
        finally:
            p.kill()
            p.wait()


def test_an_unknown_user_is_wrong_usage():
    with Lab() as net:
        d = Evddnsd(net)
        for user in ("nosuch", "root:nosuch", ""):
            status, text = d.run("-u", user, "-t")
            assert status == 64 and "no such user" in text, (status, text)


def test_who_starts_it_sees_why_it_does_not():
    with Lab() as net:
        d = Evddnsd(net, 'record "x.example.org" { ttl = soon }\n')
        d.log_level = "notice"
        for how in (["-t"], ["-b"], ["--syslog"], ["-1"], []):
            done = subprocess.run(
                [x for x in d.command(*how) if x not in ("--log-format", "json")],
                capture_output=True, text=True, check=False, timeout=20,
            )  # fmt: skip
            assert done.returncode == 78, (how, done)
            assert f"{d.config_file}:1: ttl is" in done.stderr, (how, done.stderr)


def test_every_fault_has_a_file_and_a_line():
    with Lab() as net:
        d = Evddnsd(net)
        d.log_level = "notice"
        good = SOURCE + PROVIDER + record()
        os.makedirs(d.dir + "/empty")
        token = f'provider "c" {{ type = "cloudflare" token-file = "{d.dir}/t" }}\n'
        with open(d.dir + "/t", "w", encoding="ascii") as f:
            os.fchmod(f.fileno(), 0o600)
            f.write("\n")
        for text, what in {
            "": "there is no record",
            "#" * (11 << 20): "is larger than 1 MiB",
            "\x7fELF\x02\x01\x00": "control character",
            good + 'control { group = "nosuch" }': 'no group "nosuch"',
            good + 'control { admin-group = "nosuch" }': "control: admin-group: there",
            good + 'hooks { directory = "/no/such" }': "/no/such: No such file",
            token + record(provider='"c"'): f"{d.dir}/t: it is empty",
            good + 'include("empty")': "is a directory",
        }.items():
            d.configure(text, hooks=False)
            done = subprocess.run(
                [x for x in d.command("-t") if x not in ("--log-format", "json")],
                capture_output=True, text=True, check=False, timeout=20,
            )  # fmt: skip
            assert done.returncode == 78 and what in done.stderr, (what, done)
            for line in done.stderr.splitlines():
                file, number, message = line.split(":", 2)
                assert file == d.config_file and int(number) > 0, line
                assert message.startswith(" ") and message.strip(), line
        d.configs = good


if __name__ == "__main__":
    lab.main(globals())
