"""A gateway and an Internet, in namespaces of their own.

The gateway is the network namespace that we run in ourselves; its wan0 is one
end of a veth pair. "inet", the other one, holds a Knot DNS server that serves
example.org to all and takes signed updates of it, and tells whoever asks for
whoami.test the address he comes from.

wan0 always holds a private address, so that its routes stay when its public
address is changed, and both ends know each other's hardware address, so that
no ARP is in any figure. The addresses look public since the daemon, rightly,
would not publish those of the documentation ranges.
"""

import base64
import os
import shutil
import socket
import subprocess
import sys
import time

SERVER = "5.6.8.53"
NETNS = "/run/netns/inet"
WORK = "/run/bench"
ZONE = "example.org"
NAME = "home.example.org"
KEY_NAME = "bench"
KEY_FILE = WORK + "/key"
WHOAMI = "whoami.test"
MAC = {"wan0": "02:00:00:00:00:01", "inet0": "02:00:00:00:00:02"}

KNOT_CONF = """\
server:
    rundir: {work}/knot
    listen: {server}@53
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {work}/knot
log:
  - target: stderr
    any: warning
key:
  - id: {key_name}
    algorithm: hmac-sha256
    secret: {key}
acl:
  - id: update
    key: {key_name}
    action: update
template:
  - id: default
    storage: {work}/knot
    zonefile-sync: -1
zone:
  - domain: {zone}
    file: {zone}.zone
    acl: update
  - domain: {whoami}
    file: {whoami}.zone
    module: mod-whoami
"""

ZONE_FILE = """\
$ORIGIN {zone}.
$TTL 3600
@ SOA ns1 hostmaster 1 3600 600 86400 60
@ NS ns1
ns1 A {server}
"""


def enter():
    """Runs us again where nothing that we do is seen or stays."""
    if os.environ.pop("BENCH_INSIDE", None):
        return
    command = ["unshare", "--net", "--mount", "--pid", "--fork",
               "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command += ["--user", "--map-root-user"]
    os.environ["BENCH_INSIDE"] = "1"
    os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
    os.execvp("unshare", command + [sys.executable] + sys.argv)


def run(command):
    subprocess.run(command.split(), check=True)


def write(path, text, mode=0o600):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "w") as file:
        file.write(text)


def set_up(public):
    """The two namespaces; the gateway's first public address is given."""
    for tool in ("ip", "nsenter", "knotd"):
        if not shutil.which(tool):
            raise RuntimeError(f"{tool} is not installed")
    run("mount -t tmpfs tmpfs /run")
    os.makedirs(WORK + "/knot")
    # IPv6 would send packets and address events of its own.
    write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1")
    run("ip netns add inet")
    run(f"ip link add wan0 address {MAC['wan0']} type veth "
        f"peer name inet0 address {MAC['inet0']} netns inet")
    run("ip link set lo up")
    run("ip -n inet link set lo up")
    run(f"ip -n inet addr add {SERVER}/32 dev lo")
    address_links(public)


def address_links(public):
    """wan0 and inet0 as neighbours, with addresses and routes."""
    run("ip addr add 10.255.0.2/30 dev wan0")
    run(f"ip addr add {public}/32 dev wan0")
    run("ip -n inet addr add 10.255.0.1/30 dev inet0")
    run("ip link set wan0 up")
    run("ip -n inet link set inet0 up")
    run(f"ip neigh replace 10.255.0.1 lladdr {MAC['inet0']} dev wan0")
    run(f"ip -n inet neigh replace 10.255.0.2 lladdr {MAC['wan0']} dev inet0")
    run("ip route add default via 10.255.0.1")
    run("ip -n inet route add 5.6.7.0/24 via 10.255.0.2")


def question(name):
    labels = b"".join(bytes([len(part)]) + part.encode()
                      for part in name.split("."))
    return (b"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels +
            b"\x00\x00\x01\x00\x01")


def ask(name, source):
    """The server's answer in bytes, or none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.2)
        sock.bind((source, 0))
        sock.connect((SERVER, 53))
        try:
            sock.send(question(name))
            return sock.recv(4096)
        except (socket.timeout, ConnectionRefusedError):
            return b""


def start_knot(public):
    """Returns once it serves, and has been seen to be a reflector."""
    key = base64.b64encode(os.urandom(32)).decode()
    write(KEY_FILE, key + "\n")
    write(WORK + "/nsupdate.key",
          f'key "{KEY_NAME}" {{ algorithm hmac-sha256; secret "{key}"; }};\n')
    for zone in (ZONE, WHOAMI):
        write(f"{WORK}/knot/{zone}.zone",
              ZONE_FILE.format(zone=zone, server=SERVER))
    write(WORK + "/knot.conf", KNOT_CONF.format(
        work=WORK, server=SERVER, zone=ZONE, whoami=WHOAMI, key=key,
        key_name=KEY_NAME))
    knot = subprocess.Popen(["nsenter", "--net=" + NETNS, "knotd", "-c",
                             WORK + "/knot.conf"])
    deadline = time.monotonic() + 20
    while socket.inet_aton(public) not in ask(WHOAMI, public):
        if knot.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("Knot does not answer")
        time.sleep(0.05)
    return knot
