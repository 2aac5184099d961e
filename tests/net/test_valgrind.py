#!/usr/bin/env python3
"""A whole life of both processes under valgrind: nothing read that was never
written, nothing after it was freed, nothing lost.

One account speaks DNS UPDATE, one HTTPS.  They start, publish, follow a new
address, are asked all that can be asked, reload, are refused, and stop; and
evddns-notify reads the configuration alone, sends what it is told to, and
reads what no job is.
"""

import glob
import json
import os
import subprocess

import lab
from evddnsd import NAME, Evddnsd, record, source
from faultlab import NAME_HTTP, Certificates, FaultLab, Provider
from faults import SANITIZED
from knot import KEY, KEY_NAME
from lab import A, ISP4, NS4
from tools import need

FAILED = 99
SUPPRESSIONS = os.path.join(os.environ.get("top_srcdir", "."), "tests/support/valgrind.supp")
OPTIONS = [
    "--leak-check=full", "--show-leak-kinds=definite,possible",
    "--errors-for-leak-kinds=definite,possible", f"--error-exitcode={FAILED}",
    f"--suppressions={SUPPRESSIONS}", "--num-callers=30", "--trace-children=yes", "--quiet",
    "--vgdb=no",  # its pipes stay in /tmp
    # What a hook is, others answer for.
    "--trace-children-skip=*/10-record,/bin/*,/usr/bin/*",
]  # fmt: skip
BAD, NEW = "bad.example.org", "new.example.org"
NEXT = "5.6.7.9"


def valgrind(name):
    need("valgrind")
    return ["valgrind", *OPTIONS, f"--log-file={lab.RUN}/t/{name}.%p"]


def complaints(name):
    """What it wrote of any process, but for lines without a word."""
    out = []
    for path in glob.glob(f"{lab.RUN}/t/{name}.*"):
        with open(path, encoding="utf-8", errors="replace") as f:
            out += [x for x in f.read().split("\n") if x.partition("== ")[2].strip()]
    return "\n".join(out)


class Watched(Evddnsd):
    # Thirty times as slow, and on a machine that others use, too.
    answers_within_s = 100

    def command(self, *more):
        return [*valgrind("valgrind"), *super().command(*more)]


def config(provider):
    return (
        source(confirm_timeout="5s")
        + f'provider "ns" {{\n    type = "rfc2136"\n    server = "{NS4}"\n'
        f'    key-name = "{KEY_NAME}"\n    key-algorithm = "hmac-sha256"\n'
        f'    key = "{KEY}"\n}}\n'
        + f'provider "no" {{\n    type = "rfc2136"\n    server = "{NS4}"\n'
        f'    key-name = "{KEY_NAME}"\n    key-algorithm = "hmac-sha256"\n'
        f'    key = "{KEY[:-4]}AAA="\n}}\n'
        f'provider "web" {{\n    type = "dyndns2"\n    endpoint = "{provider.url}"\n'
        f'    username = "somebody"\n    password = "a-Secret.of:the?web"\n'
        f'    ca-file = "{provider.certificates.ca_file}"\n    min-interval = 2s\n}}\n'
        + record(NAME, families='{"ipv4"}')
        + record(BAD, provider='"no"', families='{"ipv4"}')
        + record(NAME_HTTP, provider='"web"', families='{"ipv4"}', ttl=60)
        + "resolver { timeout = 2s tries = 2 }\n"
    )


def published(net, address):
    for name in NAME, NAME_HTTP:
        net.wait_dns(name, A, address, deadline_s=100)


def ask_everything(d):
    for request in (
        {"command": "status"}, {"command": "status", "record": NAME},
        {"command": "why", "record": NAME}, {"command": "why", "record": BAD},
        {"command": "why", "record": NAME_HTTP}, {"command": "metrics"},
        {"command": "log-level", "level": "info"}, {"command": "log-level"},
        {"command": "test-hook", "event": "published"}, {"command": "?"}, {},
        {"command": "log-level", "level": "debug"}, {"command": "why", "record": "no.such"},
    ):  # fmt: skip
        assert d.ask(**request), request
    assert "error" not in d.ask(command="refresh")
    assert "error" not in d.ask(command="retry", record=BAD)


def test_a_daemon_and_its_update_process():
    with FaultLab(zones={"example.org": "", "example.net": ""}) as net:
        web = Provider(net, Certificates())
        text = config(web)
        d = Watched(net, text).start()
        published(net, lab.GW4)
        d.wait_log(100, event="refused", name=BAD)
        ask_everything(d)
        net.ip(f"addr del {lab.GW4}/24 dev wan0", f"addr add {NEXT}/24 dev wan0",
               f"route add default via {ISP4}")  # fmt: skip
        published(net, NEXT)
        # One goes, one comes, one changes; and one file is no configuration.
        d.configure(text.replace(BAD, NEW).replace("ttl = 60", "ttl = 61"))
        assert "error" not in d.ask(command="reload")
        d.wait_log(100, event="refused", name=NEW)
        d.configure("recrod\n")
        assert "error" in d.ask(command="reload")
        d.send(15)
        code = d.process.wait(60)
        d.reader.join(5)
        said = complaints("valgrind")
        assert not said, said[:6000]
        assert code == 0, (code, d.tail())
        # Both were looked at: the loader, and who sent the updates.
        assert len(glob.glob(f"{lab.RUN}/t/valgrind.*")) >= 3
        d.process = None


def test_the_update_process_alone():
    with FaultLab(zones={"example.org": "", "example.net": ""}) as net:
        web = Provider(net, Certificates())
        d = Evddnsd(net, config(web))
        jobs = [
            {"prepare": ["ns", "web", "?"]},
            {"id": 1, "account": "ns", "name": NAME, "zone": "example.org",
             "ipv4": [lab.GW4], "ttl": 60},
            {"id": 2, "account": "no", "name": BAD, "ipv4": [lab.GW4]},
            {"id": 3, "account": "web", "name": NAME_HTTP, "ipv4": [lab.GW4]},
            {"id": 4, "account": "ns", "name": "x.example.org", "zone": "example.org",
             "ipv4": [], "ipv6": ["2a0a::1"], "owner": "gw", "more": True},
            {"id": 5, "account": "?", "name": NAME}, {"cancel": 3}, {"cancel": 77}, [],
        ]  # fmt: skip
        text = "".join(json.dumps(j) + "\n" for j in jobs) + "{\n"
        notify = os.path.join(lab.TOP, "notify", "evddns-notify")
        for option, said_of_1 in ("-v", '"id":1,"status":"done"'), ("--dry-run", '"id":1,'):
            done = subprocess.run(
                [*valgrind("alone"), notify, "-c", d.config_file, option], input=text,
                capture_output=True, text=True, timeout=150, check=False,
            )  # fmt: skip
            said = complaints("alone")
            assert not said, said[:6000]
            assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
            assert said_of_1 in done.stdout, done.stdout


if __name__ == "__main__":
    if SANITIZED:
        # The other build of quickstart check is looked at.
        print("a sanitizer does the same: nothing more to be seen here")
    else:
        lab.main(globals(), 500)
