"""Knot DNS, started inside the lab's Internet."""

import contextlib
import os
import shutil
import signal
import subprocess

from dnsask import SOA, ask
from tools import die_with_parent, wait_until

KEY_NAME = "gw"
KEY = "c2VjcmV0LW9mLXRoZS1nYXRld2F5LTAxMjM0NTY3ODk="
# A key that the server knows but that may change nothing.
IDLE_KEY = "aWRsZS1rZXktb2YtdGhlLWdhdGV3YXktMDEyMzQ1Njc="
ZONE = "example.org"
# A provider's own place on the lab's Internet: it may change every zone.
HTTP4 = "1.2.3.80"

_ZONE_FILE = """\
$ORIGIN {zone}.
$TTL 60
@ SOA ns1 admin 1 3600 600 86400 60
@ NS ns1
ns1 A {ns4}
{ns6}
{more}
"""

_SERVER = """\
server:
    rundir: "{dir}"
    listen: [ {listen} ]
    user: root:root
    udp-workers: 1
    tcp-workers: 2
    background-workers: 1
log:
  - target: stdout
    any: info
database:
    storage: "{dir}/db"
    timer-db-max-size: 16M
    journal-db-max-size: 64M
key:
  - id: {key_name}
    algorithm: hmac-sha256
    secret: {key}
  - id: idle
    algorithm: hmac-sha256
    secret: {idle_key}
acl:
  - id: update
    key: {key_name}
    action: update
  - id: local
    address: {http4}
    action: update
  - id: transfer
    action: [ transfer, notify ]
"""


class Knot:
    """One server; its zones are {name: lines of zone file} or one example.org."""

    def __init__(self, lab, top, address, address6=None, zones=None, here=False):
        self.lab = lab
        self.address, self.address6 = address, address6
        self.zones = zones or {ZONE: ""}
        self.here = here  # on the gateway, not on the Internet
        self.notify = True  # tell secondaries at once
        self.zone_options = ""
        self.more_listen = []
        self.ports = (53, 5300)
        self.env = {}
        self.dir = f"{top}/knot-{address}"
        self.process = None

    def _zone_file(self, zone, more, secondaries):
        for n, other in enumerate(secondaries, 2):
            more += f"\n@ NS ns{n}\nns{n} A {other}"
        ns6 = f"ns1 AAAA {self.address6}" if self.address6 else ""
        with open(f"{self.dir}/{zone}.zone", "w", encoding="utf-8") as f:
            f.write(_ZONE_FILE.format(zone=zone, ns4=self.address, ns6=ns6, more=more))

    def _config(self, primary, secondaries):
        # 5300 is for updates past whoever redirects port 53.
        addresses = [a for a in (self.address, self.address6, *self.more_listen) if a]
        listen = [f"{a}@{p}" for a in addresses for p in self.ports]
        text = _SERVER.format(
            dir=self.dir, listen=", ".join(listen),
            key_name=KEY_NAME, key=KEY, idle_key=IDLE_KEY, http4=HTTP4,
        )
        remotes = [primary] if primary else secondaries
        if remotes:
            text += "remote:\n"
        for remote in remotes:
            text += f"  - id: r{remote}\n    address: {remote}\n"
        text += "zone:\n"
        for zone in self.zones:
            text += (
                f"  - domain: {zone}\n    storage: {self.dir}\n"
                f"    file: {zone}.zone\n    zonefile-sync: -1\n"
                "    journal-content: none\n    acl: [ update, local, transfer ]\n"
                + self.zone_options
            )
            if primary:
                text += f"    master: r{primary}\n"
            elif secondaries and self.notify:
                text += f"    notify: [ {', '.join('r' + s for s in secondaries)} ]\n"
        if not primary:
            # Answers with the address that the question came from.
            text += (
                f"  - domain: whoami.test\n    storage: {self.dir}\n"
                "    file: whoami.test.zone\n    module: mod-whoami\n"
            )
        with open(f"{self.dir}/knot.conf", "w", encoding="utf-8") as f:
            f.write(text)

    def start(self, primary=None, secondaries=()):
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir + "/db")
        if not primary:
            for zone, more in self.zones.items():
                self._zone_file(zone, more, secondaries)
            self._zone_file("whoami.test", "", ())
        self._config(primary, list(secondaries))
        self.lab.servers.append(self)
        self.run()

    def run(self):
        """(Again) with the files there are."""
        self.log = open(f"{self.dir}/log", "a+", encoding="utf-8")
        with self.where():
            self.process = subprocess.Popen(
                ["knotd", "-c", f"{self.dir}/knot.conf"],
                stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                preexec_fn=die_with_parent, env=dict(os.environ, **self.env),
            )
        zones = list(self.zones)
        wait_until(
            lambda: all(self.serial(z) is not None for z in zones),
            20, f"Knot at {self.address} serves {zones}",
        )

    def where(self):
        return contextlib.nullcontext() if self.here else self.lab.inet()

    def serial(self, zone=ZONE):
        with self.where():
            answer = ask(self.address, zone, SOA, timeout=0.2)
        if not answer or answer.rcode or not answer.aa:
            return None
        return answer.records[0].value if answer.records else None

    def pause(self):
        """Hears everything, answers nothing."""
        self.process.send_signal(signal.SIGSTOP)
        # Its threads stop one after the other.
        wait_until(lambda: set(self._thread_states()) == {"T"}, what="a stop")

    def _thread_states(self):
        tasks = f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/stat", encoding="ascii") as f:
                yield f.read().rpartition(")")[2].split()[0]

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.log.close()
