#!/usr/bin/env python3
"""The worked examples of evddns.conf(5), on the servers they are for."""

import os
import shlex
import subprocess

from notify_lab import (
    ZONE, Notify, Server, free_port, main, need, values, write,
)

MAN = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "man", "evddns.conf.5")


def example(name):
    with open(MAN, encoding="utf-8") as f:
        text = f.read().split(f'.\\" example: {name}\n', 1)[1]
    block = text.split("\n", 1)[1].split(".Ed\n", 1)[0]
    return block.replace("\\e", "\\")


def here(text, directory, port=0):
    for place in ("/etc/evddns", "/etc/knot", "/etc/bind", "/var/lib/bind"):
        text = text.replace(place, directory)
    return text.replace("192.0.2.53", f"127.0.0.1:{port}")


def run(commands, directory):
    """Each command of an example; what they print."""
    out = ""
    for line in commands.splitlines():
        line = line.replace("pdnsutil", "pdnsutil --config-dir=" +
                            shlex.quote(directory))
        out += subprocess.run(line, shell=True, check=True, text=True,
                              capture_output=True).stdout
    return out


def publish(directory, port):
    os.chmod(directory + "/gw.key", 0o600)
    config = here(example("evddns.conf"), directory, port)
    with Notify(directory, config) as n:
        for more in ({}, {"owner": "gw1"}):
            reply = n.do(account="ns", name="home.example.org",
                         ipv4=["192.0.2.7"], ipv6=["2001:db8::7"], **more)
            assert reply["status"] == "done", reply
        reply = n.do(account="ns", name="home.example.org", ipv4=[],
                     owner="gw1")
        assert reply["status"] == "done", reply
    assert values(port, "home.example.org") == []
    assert values(port, "home.example.org", 28) == ["2001:db8::7"]


def test_knot(directory):
    need("knotd", "keymgr")
    port = free_port()
    run(here(example("knot commands"), directory), directory)
    write(directory, "example.org.zone", ZONE.format(zone="example.org"))
    write(directory, "knot.conf", f"""server:
    rundir: {directory}
    listen: 127.0.0.1@{port}
database:
    storage: {directory}
template:
  - id: default
    storage: {directory}
""" + here(example("knot.conf"), directory))
    with Server(directory, port, ["knotd", "-c", directory + "/knot.conf"],
                "knot"):
        publish(directory, port)


def test_bind(directory):
    need("named", "tsig-keygen")
    port = free_port()
    run(here(example("bind commands"), directory), directory)
    write(directory, "example.org", ZONE.format(zone="example.org"))
    write(directory, "named.conf", f"""options {{
    directory "{directory}"; pid-file "{directory}/named.pid";
    session-keyfile "{directory}/session.key";
    managed-keys-directory "{directory}"; dnssec-validation no;
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; }};
controls {{ }};
""" + here(example("named.conf"), directory))
    with Server(directory, port, ["named", "-g", "-c",
                                  directory + "/named.conf"], "named"):
        publish(directory, port)


def test_powerdns(directory):
    need("pdns_server", "sqlite3", "pdnsutil")
    port = free_port()
    database = directory + "/pdns.sqlite3"
    with open("/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql",
              encoding="utf-8") as f:
        subprocess.run(["sqlite3", database], stdin=f, check=True)
    write(directory, "pdns.conf", f"""launch=gsqlite3
gsqlite3-database={database}
local-address=127.0.0.1
local-port={port}
socket-dir={directory}
cache-ttl=0
""" + example("pdns.conf"))
    zone = write(directory, "zone", ZONE.format(zone="example.org"))
    run(f"pdnsutil load-zone example.org {zone}", directory)
    words = run(example("pdns commands"), directory).split("\n")
    name, algorithm, secret = next(w for w in words if w.startswith("gw.")
                                   ).split()
    write(directory, "gw.key", f"{algorithm.rstrip('.')}:{name}:{secret}\n")
    with Server(directory, port,
                ["pdns_server", "--config-dir=" + directory, "--daemon=no",
                 "--guardian=no", "--disable-syslog=yes"], "pdns"):
        publish(directory, port)


if __name__ == "__main__":
    main(globals())
