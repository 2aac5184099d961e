#!/usr/bin/env python3
"""evddns-notify --load: what it says of good and bad configurations."""

import array
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess

from notify_lab import (
    PROGRAM, SECRET, Child, Notify, main, need, run, wait_for, write,
)

GOOD = f"""
provider "ns" {{
    type = "rfc2136"
    server = {{ "192.0.2.53", "ns2.example.net:5353" }}
    zone = "Example.ORG."
    key-name = "gw" key = "{SECRET}"
    min-interval = 1m
}}
provider "dyn" {{
    type = "dyndns2" server = "dyn.example" username = "me"
    password = "hunter2-secret" timeout = 1500ms
}}
record "home.example.org" {{ provider = "ns" }}
source "x" {{ nonsense = "for the daemon to judge" }}
"""


def load(directory, text, **env):
    done = run(directory, text, "--load", env=dict(os.environ, **env))
    return done.returncode, json.loads(done.stdout)


def faults(directory, text, **env):
    status, said = load(directory, text, **env)
    assert status == 78, said
    path = os.path.join(directory, "evddns.conf")
    assert all(f["file"] == path for f in said["faults"]), said
    return [(f["line"], f["text"]) for f in said["faults"]]


def expect(found, *wanted):
    """Each wanted is (line, word, …)."""
    for line, *words in wanted:
        assert any(l == line and all(w in t for w in words)
                   for l, t in found), (line, words, found)
    assert len(found) == len(wanted), found


def test_good(directory):
    status, said = load(directory, GOOD)
    assert status == 0
    ns, dyn = said["accounts"]
    assert len(ns.pop("digest")) == 16, ns
    assert ns == {"name": "ns", "type": "rfc2136", "can_look": True,
                  "ipv4": True, "ipv6": True, "zone_batch": True, "min_interval_s": 60,
                  "refresh_s": 0, "retry_refused_s": 86400, "timeout_s": 15,
                  "zone": "example.org", "limits": [],
                  "hosts": ["192.0.2.53", "ns2.example.net"],
                  "secret_files": []}
    assert dyn["timeout_s"] == 2 and dyn["zone"] is None
    assert dyn["hosts"] == ["dyn.example"]
    assert "hunter2" not in json.dumps(said) and SECRET not in json.dumps(
        said)


def test_sealed(directory):
    path = write(directory, "evddns.conf", GOOD)
    ours, theirs = socket.socketpair()
    p = subprocess.Popen([PROGRAM, "--load", "-c", path], stdout=theirs,
                         stdin=subprocess.DEVNULL)
    theirs.close()
    fds = array.array("i")
    data = b""
    while True:
        more, control, _, _ = ours.recvmsg(65536, socket.CMSG_SPACE(16))
        for level, kind, value in control:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                fds.frombytes(value)
        if not more:
            break
        data += more
    assert p.wait(10) == 0 and len(fds) == 1
    assert len(json.loads(data)["accounts"]) == 2
    seals = fcntl.fcntl(fds[0], 1034)
    assert seals & 0xf == 0xf, seals
    try:
        os.pwrite(fds[0], b"x", 0)
        raise AssertionError("it could be written")
    except OSError:
        pass
    # Twice from the same one, and its process hides its memory.
    for _ in range(2):
        run_fd = os.dup(fds[0])
        p = subprocess.Popen(["sh", "-c", f"exec {PROGRAM} --sealed 3 "
                              f"3<&{run_fd}"], pass_fds=[run_fd],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        p.stdin.write(b'{"id":1,"account":"nobody","name":"a.example",'
                      b'"ipv4":[]}\n')
        p.stdin.flush()
        assert b"nobody" in p.stdout.readline()
        p.stdin.close()
        assert p.wait(10) == 0
        os.close(run_fd)
    plain = write(directory, "plain", "[]")
    with open(plain) as f:
        bad = subprocess.run(["sh", "-c", f"{PROGRAM} --sealed 3 "
                              f"3<&{f.fileno()}"], pass_fds=[f.fileno()],
                             stdin=subprocess.DEVNULL, capture_output=True,
                             check=False)
    assert bad.returncode == 65 and b"not sealed" in bad.stderr


def test_faults_all_at_once(directory):
    found = faults(directory, f"""provider "a" {{ type = "rfc2137" }}
provider "b" {{ type = "rfc2136"
    servr = "192.0.2.1"
    timeout = 0
    min-interval = "soon"
    zone = "-bad-"
}}
provider "c" {{ type = "rfc2136"
    key-name = "x"
    key-algorithm = "hmac-md5"
    key = "{SECRET}"
}}
provider "d" {{ type = "rfc2136" key-name = "x" key = "not base64!" }}
provider "e" {{ }}
provider "f" {{ type = "dyndns2" }}
provider "a" {{ type = "rfc2136" }}
provider "g" {{ type = "dyndns2" endpoint = "ftp://x" username = "u"
    password = "p" }}
provider "h" {{ type = "rfc2136" key = "{SECRET}" }}
provider "i" {{ type = "rfc2136" key-name = "x" key = "{SECRET}"
    secret = "{SECRET}" }}
provider "j" {{ type = "rfc2136" ca-file = "/x" }}
provider "k" {{ type = "rfc2136" key-name = "x" }}
provider "l" {{ type = "rfc2136" server = "a b" }}
provider "m" {{ type = "carrier-pigeon" }}
provider "n" {{ type = "rfc2136" timeout = 5s timeout = 6s }}
""")
    expect(found,
           (1, "rfc2137", 'did you mean "rfc2136"'),
           (3, "servr", 'did you mean "server"'),
           (4, "timeout", "for ever"), (5, "min-interval", "duration"),
           (6, "zone"),
           (10, "hmac-md5", "hmac-sha1, hmac-sha256 and hmac-sha512"),
           (13, "base64"), (14, "type is missing"),
           (15, "username is missing"), (15, "password is missing"),
           (16, '"a" is there already'), (17, "https://host"), (19, "key-name"),
           (21, "secret", "before"), (22, "ca-file"), (23, "key"),
           (24, "server"), (25, "carrier-pigeon", "--list-providers"),
           (26, "timeout", "already"))


def test_secret_files(directory):
    good = write(directory, "good", SECRET + "\n")
    open_ = write(directory, "open", SECRET + "\n", 0o644)
    write(directory, "empty", "")
    write(directory, "binary", "a\0b")
    write(directory, "huge", "a" * 70000)

    def config(line):
        return (f'provider "p" {{ type = "rfc2136" key-name = "k"\n{line} '
                f"}}\n")
    assert load(directory, config(f'key-file = "{good}"'))[0] == 0
    assert load(directory, config('key-file = "good"'))[0] == 0
    assert load(directory, config('key-credential = "good"'),
                CREDENTIALS_DIRECTORY=directory)[0] == 0
    for line, *words in (
            (f'key-file = "{open_}"', "others can read", "0644"),
            ('key-file = "missing"', "missing", "No such file"),
            ('key-file = "/dev/null"', "plain file"),
            (f'key-file = "{directory}"', "plain file"),
            ('key-file = "empty"', "it is empty"),
            ('key-file = "binary"', "NUL"), ('key-file = "huge"', "64 KiB"),
            ('key-credential = "good"', "CREDENTIALS_DIRECTORY")):
        expect(faults(directory, config(line)), (2, *words))
    expect(faults(directory, config('key-credential = "../good"'),
                  CREDENTIALS_DIRECTORY=directory), (2, "no name"))
    # The configuration itself, with and without a secret in it.
    path = write(directory, "open.conf", config(f'key = "{SECRET}"'), 0o644)
    done = subprocess.run([PROGRAM, "--load", "-c", path],
                          capture_output=True, check=False)
    assert done.returncode == 78 and b"others can read" in done.stdout
    assert SECRET.encode() not in done.stdout + done.stderr
    path = write(directory, "open.conf", config(f'key-file = "{good}"'),
                 0o644)
    done = subprocess.run([PROGRAM, "--load", "-c", path],
                          capture_output=True, check=False)
    assert done.returncode == 0
    # A group that is not ours, and one that is allowed.
    os.chmod(good, 0o640)
    os.chown(good, 0, 0)
    assert load(directory, config(f'key-file = "{good}"'))[0] == 0
    if os.geteuid() == 0:
        try:
            os.chown(good, 0, 4711)
        except OSError:
            return  # a user namespace has no such group
        expect(faults(directory, config(f'key-file = "{good}"')),
               (2, "group 4711"))
        done = run(directory, config(f'key-file = "{good}"'), "--load",
                   "--group", "4711")
        assert done.returncode == 0


def test_its_memory_is_nobody_elses(directory):
    """No core file, though whoever starts it would have one; nor may others
    of its user look into it."""
    need("setpriv")
    # Root may look into everything, but for this.
    plain = ["setpriv", "--bounding-set=-sys_ptrace",
             "--inh-caps=-sys_ptrace"]

    def can_look(pid):
        return subprocess.run([*plain, "head", "-c0", f"/proc/{pid}/mem"],
                              capture_output=True, check=False).returncode == 0

    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    with (Notify(directory, GOOD, through=plain) as n,
          Child(directory, "sleep", [*plain, "sleep", "60"]) as other):
        n.do(account="no such")  # it has begun
        wait_for(lambda: can_look(other.process.pid), "one can look")
        pid = n.process.pid
        assert not can_look(pid)
        with open(f"/proc/{pid}/limits") as f:
            limit = next(x for x in f if x.startswith("Max core file size"))
        assert limit.split()[4:6] == ["0", "0"], limit
        # Not SIGQUIT: who is started in the background ignores that.
        n.process.send_signal(signal.SIGABRT)
        end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert end.si_code == os.CLD_KILLED, end


def test_by_hand(directory):
    done = run(directory, 'provider "a" {\n  typ = "rfc2136"\n}\n')
    assert done.returncode == 78
    assert done.stderr.decode().startswith(
        os.path.join(directory, "evddns.conf") + ":"), done
    done = subprocess.run([PROGRAM, "-c", directory + "/none"],
                          capture_output=True, check=False)
    assert done.returncode == 78 and b"none" in done.stderr
    for options, status in ((["-V"], 0), (["-h"], 0), ([], 64), (["-x"], 64),
                            (["-c", "x", "extra"], 64), (["--load"], 64),
                            (["--sealed", "3", "-c", "x"], 64),
                            (["--sealed", "9"], 65)):
        done = subprocess.run([PROGRAM, *options], capture_output=True,
                              stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == status, (options, done)
    out = subprocess.run([PROGRAM, "-V"], capture_output=True, check=True)
    assert b"libcurl" in out.stdout and b"ldns" in out.stdout


if __name__ == "__main__":
    main(globals())
