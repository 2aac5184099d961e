"""evddns-notify by hand: jobs in, replies out, real servers beside it.

A test program calls main(globals()): it runs again inside private network,
mount and process namespaces with nothing but a loopback interface, then each
test_* function runs.  Exit 77 where that is not permitted.
"""

import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

import inside
from inside import SKIPPED
from tools import Skipped, check_secrets, need

TOP = os.environ.get("top_builddir") or os.getcwd()
PROGRAM = os.path.join(TOP, "notify", "evddns-notify")
SECRET = "c2VjcmV0IG9mIHRoZSBkZG5zIGtleSwgMzIgYnl0ZXM="
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQsIHdoaWNoIGlzIHdyb25nISE="

ZONE = """$TTL 60
@ SOA ns1.{zone}. admin.{zone}. 1 3600 600 86400 60
@ NS ns1.{zone}.
ns1 A 127.0.0.1
alias CNAME ns1.{zone}.
www A 192.0.2.1
"""


def main(module, limit_s=240):
    inside.enter(limit_s)
    inside.resolv_conf("127.0.0.1")  # nobody is there
    subprocess.run(["ip", "-6", "addr", "add", "2001:db8::53/128", "dev",
                    "lo"], check=False, capture_output=True)
    names = [n for n in module if n.startswith("test_")]
    wanted = sys.argv[1:] or names
    failed = skipped = 0
    for name in wanted:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="evddns.") as directory:
            try:
                module[name](directory)
                print(f"ok   {name} ({time.monotonic() - started:.2f} s)",
                      flush=True)
            except Skipped as reason:
                skipped += 1
                print(f"skip {name}: {reason}", flush=True)
            except Exception:  # told, and the next test runs
                failed += 1
                print(f"FAIL {name}", flush=True)
                traceback.print_exc(file=sys.stdout)
                for log in sorted(os.listdir(directory)):
                    if log.endswith(".log"):
                        with open(os.path.join(directory, log),
                                  errors="replace") as f:
                            print(f"--- {log}\n{f.read()[-3000:]}")
    sys.exit(1 if failed else SKIPPED if skipped == len(wanted) else 0)


def free_port(kind=socket.SOCK_DGRAM, host="127.0.0.1"):
    """Ours alone: nobody else lives in this namespace."""
    while True:
        s = socket.socket(socket.AF_INET, kind)
        s.bind((host, 0))
        port = s.getsockname()[1]
        s.close()
        other = socket.socket(socket.AF_INET, socket.SOCK_STREAM
                              if kind == socket.SOCK_DGRAM
                              else socket.SOCK_DGRAM)
        try:
            other.bind((host, port))
            return port
        except OSError:
            continue
        finally:
            other.close()


def wait_for(condition, what, limit_s=20):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {limit_s} s")


# ---- programs ----

class Child:
    """A program that runs as long as `with` does; its words are in a log."""

    env = {}  # of those started next, besides ours

    def __init__(self, directory, name, command, **how):
        self.log = open(os.path.join(directory, name + ".log"), "ab+")
        how = {"stdout": self.log, "cwd": directory,
               "env": dict(os.environ, **self.env), **how}
        self.process = subprocess.Popen(command, stderr=self.log, **how)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()


class Notify(Child):
    def __init__(self, directory, config, *options, env=None, through=()):
        self.path = write(directory, "evddns.conf", config)
        super().__init__(
            directory, "notify",
            [*through, PROGRAM, "-c", self.path, *options], cwd=None, env=env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pending = b""
        self.last = 0

    def __exit__(self, *_):
        super().__exit__()
        with open(self.path, errors="replace") as f:
            check_secrets(f.read(), self.stderr())

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, *jobs):
        """In one write, as the daemon does."""
        lines = []
        for job in jobs:
            if "cancel" not in job and "prepare" not in job:
                self.last += 1
                job.setdefault("id", self.last)
            lines.append(json.dumps(job) + "\n")
        self.write("".join(lines).encode())

    def reply(self, limit_s=20):
        end = time.monotonic() + limit_s
        while b"\n" not in self.pending:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [],
                                              left)[0]:
                raise AssertionError("no reply in time")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise AssertionError("evddns-notify has ended: " +
                                     self.stderr()[-2000:])
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        return json.loads(line)

    def do(self, limit_s=20, **job):
        self.send(job)
        return self.reply(limit_s)

    def end(self, limit_s=20):
        """Closes its input; returns what it still said, and its status."""
        self.process.stdin.close()
        status = self.process.wait(limit_s)
        rest = self.pending + self.process.stdout.read()
        self.pending = b""
        return [json.loads(line) for line in rest.splitlines()], status

    def stderr(self):
        if not self.log.closed:
            self.log.flush()
        with open(self.log.name, errors="replace") as f:
            return f.read()


def run(directory, config, *options, stdin=b"", env=None):
    path = write(directory, "evddns.conf", config)
    return subprocess.run([PROGRAM, *options, "-c", path], input=stdin,
                          capture_output=True, env=env, timeout=60,
                          check=False)


def write(directory, name, text, mode=0o600):
    path = os.path.join(directory, name)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def account(port, name="ns", secret=SECRET, key="ddns-key",
            algorithm="hmac-sha256", host="127.0.0.1", extra=""):
    signed = "" if secret is None else (
        f'key-name = "{key}" key-algorithm = "{algorithm}" '
        f'key = "{secret}"')
    server = f'server = "{host}:{port}"' if port else ""
    return (f'provider "{name}" {{ type = "rfc2136" {server} {signed} '
            f'{extra} }}\n')


def quoted(text):
    """As a string of a configuration."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace(
        "$", "\\$") + '"'


def job(name="home.example.org", **members):
    """For account()."""
    return dict({"account": "ns", "name": name, "zone": "example.org"},
                **members)


def expect(reply, status, *words):
    assert reply["status"] == status, reply
    for word in words:
        assert word in reply["text"], (word, reply)


# ---- DNS, just enough ----

def encode_name(name):
    out = b""
    for label in filter(None, name.split(".")):
        out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def query(port, name, rtype=1, host="127.0.0.1", limit_s=3):
    """The addresses (or other data in hex) that a server answers."""
    wire = struct.pack("!6H", 4711, 0, 1, 0, 0, 0)
    wire += encode_name(name) + struct.pack("!2H", rtype, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(limit_s)
        s.connect((host, port))
        s.send(wire)
        data = s.recv(4096)
    count, at = struct.unpack("!H", data[6:8])[0], len(wire)
    found = []
    for _ in range(count):
        while data[at] and data[at] < 192:
            at += data[at] + 1
        at += 2 if data[at] else 1
        kind, _, ttl, size = struct.unpack("!2HIH", data[at:at + 10])
        at += 10
        if kind == rtype and kind in (1, 28):
            family = socket.AF_INET if kind == 1 else socket.AF_INET6
            found.append((socket.inet_ntop(family, data[at:at + size]), ttl))
        at += size
    return sorted(found)


def query_text(port, name):
    """The TXT records of a name, of one string each."""
    wire = struct.pack("!6H", 4712, 0, 1, 0, 0, 0)
    wire += encode_name(name) + struct.pack("!2H", 16, 1)
    with socket.create_connection(("127.0.0.1", port), timeout=3) as s:
        s.sendall(struct.pack("!H", len(wire)) + wire)
        size = struct.unpack("!H", s.recv(2, socket.MSG_WAITALL))[0]
        data = s.recv(size, socket.MSG_WAITALL)
    count, at, found = struct.unpack("!H", data[6:8])[0], len(wire), []
    for _ in range(count):
        while data[at] and data[at] < 192:
            at += data[at] + 1
        at += 2 if data[at] else 1
        kind, size = struct.unpack("!H6xH", data[at:at + 10])
        at += 10
        if kind == 16:
            found.append(data[at + 1:at + 1 + data[at]].decode())
        at += size
    return sorted(found)


def values(port, name, rtype=1):
    return [text for text, _ in query(port, name, rtype)]


class Server(Child):
    """A DNS server; up once it answers for its zone."""

    def __init__(self, directory, port, command, name):
        super().__init__(directory, name, command)
        self.port = port
        wait_for(self.answers, f"{name} is up")

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.log.name}: ended")
        try:
            return values(self.port, "www.example.org") == ["192.0.2.1"]
        except OSError:
            return False


def knot(directory, zone="example.org", acl="", port=None,
         open_to_all=False, reverse=None):
    """reverse: another zone that it has."""
    need("knotd")
    port = port or free_port()
    keys = ("address: 127.0.0.1" if open_to_all else
            "key: [ddns-key, sha1-key, sha512-key]")
    write(directory, "zone", ZONE.format(zone=zone))
    zones = [(zone, "zone")]
    if reverse:
        write(directory, "reverse", "@ 60 SOA ns1.example.org. admin."
              "example.org. 1 3600 600 86400 60\n@ 60 NS ns1.example.org.\n")
        zones.append((reverse, "reverse"))
    zones = "".join(f"""  - domain: {z}
    storage: "{directory}"
    file: {f}
    acl: upd
""" for z, f in zones)
    write(directory, "knot.conf", f"""server:
    rundir: "{directory}"
    listen: [127.0.0.1@{port}, 2001:db8::53@{port}]
log:
  - target: stdout
    any: info
database:
    storage: "{directory}"
key:
  - id: ddns-key
    algorithm: hmac-sha256
    secret: {SECRET}
  - id: sha1-key
    algorithm: hmac-sha1
    secret: {SECRET}
  - id: sha512-key
    algorithm: hmac-sha512
    secret: {SECRET}
acl:
  - id: upd
    {keys}
    action: update
    {acl}
zone:
{zones}""")
    return Server(directory, port, ["knotd", "-c",
                                    os.path.join(directory, "knot.conf")],
                  "knot")


def bind(directory):
    need("named")
    port = free_port()
    write(directory, "zone", ZONE.format(zone="example.org"))
    write(directory, "named.conf", f"""options {{
    directory "{directory}"; pid-file "{directory}/named.pid";
    session-keyfile "{directory}/session.key";
    managed-keys-directory "{directory}";
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    recursion no; dnssec-validation no; }};
controls {{ }};
key "ddns-key" {{ algorithm hmac-sha256; secret "{SECRET}"; }};
key "limited" {{ algorithm hmac-sha512; secret "{SECRET}"; }};
zone "example.org" {{ type primary; file "zone";
    update-policy {{ grant ddns-key zonesub ANY;
        grant limited name only.example.org. A AAAA;
        grant limited name four.example.org. A; }}; }};
""")
    return Server(directory, port, ["named", "-g", "-c",
                                    os.path.join(directory, "named.conf")],
                  "named")


def powerdns(directory):
    need("pdns_server", "sqlite3", "pdnsutil")
    port = free_port()
    database = os.path.join(directory, "pdns.sqlite3")
    schema = "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql"
    if not os.path.exists(schema):
        raise Skipped("PowerDNS's sqlite3 schema is not installed")
    with open(schema) as f:
        subprocess.run(["sqlite3", database], stdin=f, check=True)
    write(directory, "pdns.conf", f"""launch=gsqlite3
gsqlite3-database={database}
gsqlite3-dnssec=yes
local-address=127.0.0.1
local-port={port}
socket-dir={directory}
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
zone-cache-refresh-interval=0
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
""")
    tool = ["pdnsutil", "--config-dir=" + directory]
    zone = write(directory, "zone", ZONE.format(zone="example.org"))
    for command in (
        ["load-zone", "example.org", zone],
        ["import-tsig-key", "ddns-key", "hmac-sha256", SECRET],
        ["set-meta", "example.org", "TSIG-ALLOW-DNSUPDATE", "ddns-key"],
    ):
        subprocess.run(tool + command, check=True, capture_output=True)
    return Server(directory, port,
                  ["pdns_server", "--config-dir=" + directory,
                   "--daemon=no", "--guardian=no", "--disable-syslog=yes"],
                  "pdns")


def nsd(directory):
    need("nsd")
    port = free_port()
    write(directory, "zone", ZONE.format(zone="example.org"))
    write(directory, "nsd.conf", f"""server:
    ip-address: 127.0.0.1@{port}
    username: ""
    zonesdir: "{directory}"
    database: ""
    pidfile: "{directory}/nsd.pid"
    xfrdfile: "{directory}/xfrd"
    xfrdir: "{directory}"
    zonelistfile: "{directory}/list"
    server-count: 1
remote-control:
    control-enable: no
zone:
    name: example.org
    zonefile: zone
""")
    return Server(directory, port,
                  ["nsd", "-d", "-c", os.path.join(directory, "nsd.conf")],
                  "nsd")
