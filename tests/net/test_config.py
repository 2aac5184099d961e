#!/usr/bin/env python3
"""A wrong configuration: every fault with its line, and nothing started."""

import os
import re
import subprocess

import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, program, record
from lab import Lab

# A text and the lines that must be complained of, with a word of each.
ROWS = [
    ("unknown setting, with the nearest word",
     PROVIDER + 'record "home.example.org" {\n provider = "ns"\n famlies = "ipv4"\n}\n',
     [(10, "famlies"), (10, "families")]),
    ("unknown provider of a record",
     PROVIDER + 'record "home.example.org" {\n provider = "nx"\n}\n', [(9, "nx")]),
    ("no host name", PROVIDER + 'record "home..example" { provider = "ns" }\n',
     [(8, "home..example")]),
    ("twice the same", PROVIDER + record() + record(), [(12, NAME)]),
    ("a family that is none",
     PROVIDER + 'record "a.example.org" {\n provider = "ns"\n families = "ipv5"\n}\n',
     [(10, "ipv5")]),
    ("an unknown provider type",
     'provider "x" {\n type = "clodflare"\n}\nrecord "a.example.org" {}\n',
     [(2, "clodflare")]),
    ("a provider without a type", 'provider "x" {\n server = "1.2.3.53"\n}\n'
     'record "a.example.org" {}\n', [(1, "type")]),
    ("a provider that lacks what its type needs",
     'provider "x" {\n type = "dyndns2"\n endpoint = "https://a.example"\n}\n'
     'record "a.example.org" {}\n', [(None, "username"), (None, "password")]),
    ("a setting that the type does not have",
     'provider "x" {\n type = "rfc2136"\n server = "1.2.3.53"\n tokn = "x"\n}\n'
     'record "a.example.org" {}\n', [(4, "tokn")]),
    ("an environment variable that is not set",
     'provider "x" {\n type = "rfc2136"\n server = "${NO_SUCH_VARIABLE}"\n}\n'
     'record "a.example.org" {}\n', [(3, "NO_SUCH_VARIABLE")]),
    ("a quote without its end",
     PROVIDER + 'record "home.example.org {\n', [(8, "")]),
    ("certificates that are not there",
     PROVIDER + record() + 'source "s" {\n quorum = 1\n ca-file = "/none.pem"\n}\n',
     [(14, "/none.pem: No such file")]),
    ("certificates that are a directory",
     PROVIDER + record() + 'source "s" { ca-file = "/usr" }\n',
     [(12, "/usr: Is a directory")]),
    ("a provider's certificates that are not there",
     'provider "x" {\n type = "dyndns2"\n endpoint = "https://a.example"\n'
     ' username = "a"\n password = "b"\n ca-file = "/none.pem"\n}\n'
     'record "a.example.org" {}\n', [(6, "/none.pem: No such file")]),
    ("waiting for ever", PROVIDER + record() + 'source "s" {\n'
     ' confirm-timeout = 0\n}\n', [(13, "confirm-timeout")]),
    ("a shared name where none can be",
     'provider "x" {\n type = "dyndns2"\n endpoint = "https://a.example"\n'
     ' username = "a"\n password = "b"\n}\n'
     'record "a.example.org" { owner = "gw1" }\n', [(7, "owner")]),
    ("all of them in one run",
     'record "a.example.org" { provider = "ns" famlies = "ipv4" }\n'
     'record "b..example.org" { provider = "ns" }\n'
     'record "c.example.org" { provider = "ns" recheck = 12 }\n' + PROVIDER,
     [(1, "famlies"), (2, "b..example.org"), (3, "recheck")]),
]  # fmt: skip


def faults(daemon, said):
    """{line: texts} of everything said about the file."""
    out = {}
    pattern = re.escape(daemon.config_file) + r":(?:(\d+):)? (.*)"
    for number, text in re.findall(pattern, said):
        out.setdefault(int(number) if number else None, []).append(text)
    return out


def test_faults():
    wrong = []
    with Lab(gateway=False) as net:
        for title, text, wants in ROWS:
            d = Evddnsd(net, text, name="f")
            for args in (["-t"], []):
                status, said = d.run(*args)
                got = faults(d, said)
                if status != 78:
                    wrong.append(f"{title}: exit {status}: {said}")
                for line, word in wants:
                    texts = got.get(line, []) if line else sum(got.values(), [])
                    if not any(word in t for t in texts):
                        wrong.append(f"{title}: line {line} {word!r}: {said}")
    assert not wrong, "\n".join(wrong)


def test_a_good_one():
    with Lab(gateway=False) as net:
        d = Evddnsd(net)
        status, said = d.run("-t")
        assert status == 0, said


def test_secrets_that_others_can_read():
    with Lab(gateway=False) as net:
        d = Evddnsd(net)
        os.chmod(d.config_file, 0o644)
        status, said = d.run("-t")
        assert status == 78 and faults(d, said), said
        # Without a secret in it anybody may read it.
        secret = d.dir + "/gw.key"
        with open(secret, "w", encoding="ascii") as f:
            f.write(re.search(r' key = "(.*)"', PROVIDER).group(1) + "\n")
        os.chmod(secret, 0o600)
        text = re.sub(r' key = ".*"', f' key-file = "{secret}"', PROVIDER)
        d.configure(SOURCE + text + record())
        os.chmod(d.config_file, 0o644)
        status, said = d.run("-t")
        assert status == 0, said
        os.chmod(secret, 0o644)
        status, said = d.run("-t")
        assert status == 78 and secret in said, said


def test_no_file():
    with Lab(gateway=False) as net:
        d = Evddnsd(net)
        os.unlink(d.config_file)
        status, said = d.run()
        assert status == 78 and d.config_file in said, said


def test_usage():
    with Lab(gateway=False):
        for args, want in ((["--no-such-option"], 64), (["-l", "loud"], 64),
                           (["-V"], 0), (["-h"], 0)):
            done = subprocess.run([program(), *args], capture_output=True, text=True)
            assert done.returncode == want, (args, done)
            assert done.stdout or done.stderr, args


def test_nothing_secret_is_said():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published")
        d.stop()
        key = re.search(r' key = "(.*)"', PROVIDER).group(1)
        assert not [x for x in d.lines if key in str(x)]
        assert not [x for x in d.other if key in x]


if __name__ == "__main__":
    lab.main(globals())
