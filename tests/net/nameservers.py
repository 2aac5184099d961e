"""Other name servers and resolvers than Knot, started where they are wanted.

Each takes the lab and an address; `here=True` starts it on the gateway,
else it stands on the Internet.
"""

import contextlib
import os
import shutil
import struct
import subprocess

import dnsask
import knot
import lab as _lab
from tools import die_with_parent, wait_until

NOTIFY = 4  # opcode


class Server:
    """A program that answers at an address, with a folder of its own."""

    program = None

    def __init__(self, net, address, port=53, here=False):
        if not shutil.which(self.program):
            _lab.skip(f"{self.program} is not installed")
        self.net, self.address, self.port, self.here = net, address, port, here
        self.dir = f"{_lab.RUN}/t/{self.program}-{address}-{port}"
        self.process = None
        os.makedirs(self.dir, exist_ok=True)
        net.servers.append(self)

    def where(self):
        return contextlib.nullcontext() if self.here else self.net.inet()

    def write(self, name, text):
        with open(f"{self.dir}/{name}", "w", encoding="utf-8") as f:
            f.write(text)

    def run(self, *command):
        self.log = open(f"{self.dir}/log", "a", encoding="utf-8")
        with self.where():
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=self.log,
                stderr=self.log, preexec_fn=die_with_parent, cwd=self.dir,
            )  # fmt: skip
        wait_until(self.answers, 20, f"{self.program} at {self.address} answers")
        return self

    def ask(self, name, kind, **how):
        with self.where():
            return dnsask.ask(self.address, name, kind, port=self.port, timeout=0.3, **how)

    def answers(self):
        if self.process.poll() is not None:
            with open(f"{self.dir}/log", encoding="utf-8") as f:
                raise AssertionError(f"{self.program} has ended:\n{f.read()}")
        return self.ask("a.question.test", dnsask.A) is not None

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.log.close()


_NAMED = """\
options {{
    directory "{dir}"; pid-file "{dir}/pid"; session-keyfile "{dir}/session";
    managed-keys-directory "{dir}"; listen-on port {port} {{ {address}; }};
    listen-on-v6 {{ none; }}; recursion {recursion}; allow-recursion {{ any; }};
    dnssec-validation no; notify no; allow-notify {{ any; }};
    allow-transfer {{ any; }}; max-refresh-time 3600; {options}
}};
controls {{ }};
key "{key_name}" {{ algorithm hmac-sha256; secret "{key}"; }};
"""


class Named(Server):
    """BIND. zones: {name: "lines of a zone file" or None (secondary)}."""

    program = "named"

    def start(self, zones, primary=None, recursion=False, options=""):
        text = _NAMED.format(
            dir=self.dir, port=self.port, address=self.address, options=options,
            recursion="yes" if recursion else "no", key_name=knot.KEY_NAME, key=knot.KEY,
        )  # fmt: skip
        for zone, lines in zones.items():
            if primary:
                text += (
                    f'zone "{zone}" {{ type secondary; file "{zone}.zone"; '
                    f"primaries {{ {primary}; }}; }};\n"
                )
                continue
            self.write(f"{zone}.zone", "$TTL 60\n" + lines + "\n")
            text += (
                f'zone "{zone}" {{ type primary; file "{zone}.zone"; '
                f'update-policy {{ grant "{knot.KEY_NAME}" zonesub ANY; }}; }};\n'
            )
        self.write("named.conf", text)
        return self.run("named", "-g", "-n", "1", "-c", self.dir + "/named.conf")


class Unbound(Server):
    """lines stand in the server section; stubs: {zone: address}."""

    program = "unbound"

    def start(self, lines="", stubs=None):
        text = (
            f'server:\n    interface: {self.address}\n    port: {self.port}\n'
            f'    do-daemonize: no\n    username: ""\n    chroot: ""\n'
            f'    directory: "{self.dir}"\n    pidfile: "{self.dir}/pid"\n'
            "    use-syslog: no\n    access-control: 0.0.0.0/0 allow\n"
            '    module-config: "iterator"\n    do-not-query-localhost: no\n'
            "    num-threads: 1\n    do-ip6: no\n"
        )
        text += "".join(f"    {line}\n" for line in lines.splitlines())
        for zone, address in (stubs or {}).items():
            text += f'stub-zone:\n    name: "{zone}"\n    stub-addr: {address}\n'
        text += "remote-control:\n    control-enable: no\n"
        self.write("unbound.conf", text)
        return self.run("unbound", "-d", "-c", self.dir + "/unbound.conf")


class Dnsmasq(Server):
    """Forwards to upstream, and whatever the options add."""

    program = "dnsmasq"

    def start(self, *options, upstream=_lab.NS4):
        # -d: in a user namespace it may not change its groups.
        return self.run(
            "dnsmasq", "-d", "-C", "/dev/null", "--no-resolv", "--no-hosts",
            f"--listen-address={self.address}", "--bind-interfaces",
            f"--port={self.port}", f"--server={upstream}", "--log-facility=-",
            f"--pid-file={self.dir}/pid", *options,
        )  # fmt: skip


def send_notify(net, server, zone, source=_lab.NS4):
    """A NOTIFY (RFC 1996), as the primary would send it."""
    message = struct.pack("!6H", 4711, NOTIFY << 11 | 0x400, 1, 0, 0, 0)
    message += dnsask.pack_name(zone) + struct.pack("!2H", dnsask.SOA, 1)
    with net.inet(), dnsask.udp_socket(server) as s:
        s.bind((source, 0))
        s.sendto(message, (server, 53))


@contextlib.contextmanager
def redirected(net, to_port, protocols=("udp", "tcp")):
    """All questions to port 53 that reach the Internet end up here."""
    if not shutil.which("nft"):
        _lab.skip("nft is not installed")
    rules = "".join(
        f'add rule ip hijack pre iifname "isp0" {p} dport 53 redirect to :{to_port}\n'
        for p in protocols
    )
    text = (
        "add table ip hijack\n"
        "add chain ip hijack pre { type nat hook prerouting priority -100; }\n" + rules
    )
    with net.inet():
        done = subprocess.run(["nft", "-f", "-"], input=text, text=True, capture_output=True)
    if done.returncode != 0:
        _lab.skip("nftables cannot be used here: " + done.stderr.strip())
    try:
        yield
    finally:
        with net.inet():
            subprocess.run(["nft", "delete", "table", "ip", "hijack"], check=True)
