#!/usr/bin/env python3
"""PowerDNS and etcd as they are, told by the types of their names."""

import base64
import json
import os
import subprocess
import urllib.request

from notify_lab import (
    Child, Notify, free_port, main, need, quoted, values, wait_for,
)

WWW, APEX, STAR = "www.example.org", "example.org", "*.example.org"
KEY = 'a"p\\i k&e:y'


def call(url, body=None, method=None, **headers):
    request = urllib.request.Request(
        url, None if body is None else json.dumps(body).encode(), headers,
        method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or "null")


def is_up(url, **headers):
    try:
        call(url, **headers)
        return True
    except OSError:
        return False


class Powerdns(Child):
    def __init__(self, directory):
        need("pdns_server", "sqlite3")
        self.dns, self.http = free_port(), free_port()
        base = os.path.join(directory, "pdns.sqlite3")
        schema = "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql"
        with open(schema) as f:
            subprocess.run(["sqlite3", base], stdin=f, check=True)
        super().__init__(directory, "pdns", [
            "pdns_server", f"--config-dir={directory}", "--daemon=no",
            "--guardian=no", "--disable-syslog=yes", "--launch=gsqlite3",
            f"--gsqlite3-database={base}", "--local-address=127.0.0.1",
            f"--local-port={self.dns}", f"--socket-dir={directory}",
            "--api=yes", f"--api-key={KEY}", "--webserver=yes",
            "--webserver-address=127.0.0.1",
            f"--webserver-port={self.http}", "--cache-ttl=0",
            "--query-cache-ttl=0", "--zone-cache-refresh-interval=0"])
        self.url = f"http://127.0.0.1:{self.http}/api/v1/servers/localhost"
        wait_for(lambda: is_up(self.url, **{"X-API-Key": KEY}), "pdns is up")
        self.zones("POST", "", {"name": APEX + ".", "kind": "Native",
                                "nameservers": ["ns1.example.org."]})

    def zones(self, method, at, body=None):
        return call(f"{self.url}/zones{at}", body, method,
                    **{"X-API-Key": KEY})

    def set(self, name, kind, ttl, *contents):
        self.zones("PATCH", "/example.org.", {"rrsets": [
            {"name": name + ".", "type": kind, "ttl": ttl,
             "changetype": "REPLACE", "records": [
                 {"content": c, "disabled": False} for c in contents]}]})

    def rrset(self, name, kind):
        zone = self.zones("GET", "/example.org.")
        return next(((s["ttl"], sorted(r["content"] for r in s["records"]))
                     for s in zone["rrsets"]
                     if (s["name"], s["type"]) == (name + ".", kind)), None)


def types(directory):
    """Ours, where the program looks first."""
    top = os.environ.get("top_srcdir") or os.path.join(
        os.path.dirname(os.path.abspath(__file__)), "..", "..")
    os.symlink(os.path.abspath(os.path.join(top, "notify", "providers")),
               os.path.join(directory, "providers"))


def account(name, kind, url, **settings):
    text = "".join(f" {k} = {quoted(v)}" for k, v in settings.items())
    return (f'provider "{name}" {{ type = "{kind}" endpoint = "{url}"'
            f' min-interval = 0{text} }}\n')


def job(name, **members):
    return dict({"account": "p", "name": name, "zone": APEX}, **members)


def test_powerdns(directory):
    types(directory)
    with Powerdns(directory) as server:
        url = f"http://127.0.0.1:{server.http}"
        config = (account("p", "powerdns", url, token=KEY) +
                  account("wrong", "powerdns", url, token="no"))
        with Notify(directory, config) as n:
            def ask(status, *args, **members):
                reply = n.do(**job(*args, **members))
                assert reply["status"] == status, reply
                return reply

            ask("done", WWW, ipv4=["192.0.2.7"], ipv6=["2001:db8::7"], ttl=60)
            assert server.rrset(WWW, "A") == (60, ["192.0.2.7"])
            assert server.rrset(WWW, "AAAA") == (60, ["2001:db8::7"])
            assert values(server.dns, WWW) == ["192.0.2.7"]
            ask("unchanged", WWW, ipv4=["192.0.2.7"], ipv6=["2001:db8::7"])
            ask("done", STAR, ipv4=["192.0.2.8"])
            assert values(server.dns, "any.example.org") == ["192.0.2.8"]
            ask("done", APEX, ipv4=["192.0.2.9"])
            assert values(server.dns, APEX) == ["192.0.2.9"]
            # What others put there stays, and so does the TTL.
            server.set(WWW, "A", 1234, "192.0.2.7", "198.51.100.99")
            ask("done", WWW, ipv4=["192.0.2.8"], was={"ipv4": ["192.0.2.7"]})
            assert server.rrset(WWW, "A") == (
                1234, ["192.0.2.8", "198.51.100.99"])
            ask("done", WWW, ipv4=[], was={"ipv4": ["192.0.2.8"]})
            assert server.rrset(WWW, "A") == (1234, ["198.51.100.99"])
            ask("done", WWW, ipv6=[], was={"ipv6": ["2001:db8::7"]})
            assert server.rrset(WWW, "AAAA") is None
            ask("refused", WWW, ipv4=["192.0.2.7"], account="wrong")
            ask("refused", "www.example.com", ipv4=["192.0.2.7"],
                zone="example.com")
            # Many at once share one request.
            n.send(*[job(f"h{i}.example.org", ipv4=[f"192.0.2.{i}"],
                         more=i < 99) for i in range(100)])
            assert {n.reply()["status"] for _ in range(100)} == {"done"}
            assert values(server.dns, "h42.example.org") == ["192.0.2.42"]


class Etcd(Child):
    def __init__(self, directory):
        need("etcd")
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in "cp")
        self.url = client
        super().__init__(directory, "etcd", [
            "etcd", "--data-dir", os.path.join(directory, "etcd"),
            "--listen-client-urls", client, "--advertise-client-urls",
            client, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster",
            f"default={peer}"])
        wait_for(lambda: is_up(client + "/version"), "etcd is up")

    def ask(self, what, token=None, **body):
        headers = {"Authorization": token} if token else {}
        return call(f"{self.url}/v3/{what}", body, **headers)

    def found(self, under, token=None):
        def b64(text):
            return base64.b64encode(text.encode()).decode()

        got = self.ask("kv/range", token, key=b64(under + "/"),
                       range_end=b64(under + "0"))
        return sorted(json.loads(base64.b64decode(kv["value"]))["host"]
                      for kv in got.get("kvs", []))


def test_etcd(directory):
    types(directory)
    with Etcd(directory) as server:
        config = (account("p", "etcd", server.url) +
                  account("two", "etcd", server.url, instance="gw2") +
                  account("short", "etcd", server.url, lease="2",
                          instance="gw3") +
                  account("login", "etcd", server.url, username="root",
                          password=KEY) +
                  account("wrong", "etcd", server.url, username="root",
                          password="no"))
        at = "/skydns/org/example/www"
        with Notify(directory, config) as n:
            def ask(status, **members):
                reply = n.do(**job(WWW, **members))
                assert reply["status"] == status, reply

            ask("done", ipv4=["192.0.2.7"], ipv6=["2001:db8::7"])
            assert server.found(at) == ["192.0.2.7", "2001:db8::7"]
            ask("done", ipv4=["192.0.2.8"])
            assert server.found(at) == ["192.0.2.8", "2001:db8::7"]
            ask("done", ipv4=["192.0.2.9"], account="two")
            assert len(server.found(at)) == 3
            ask("done", ipv4=[], ipv6=[], was={"ipv4": ["192.0.2.8"],
                                               "ipv6": ["2001:db8::7"]})
            assert server.found(at) == ["192.0.2.9"]
            # A gateway that is no more takes its address with it.
            ask("done", ipv4=["192.0.2.5"], account="short")
            assert server.found(at) == ["192.0.2.5", "192.0.2.9"]
            wait_for(lambda: server.found(at) == ["192.0.2.9"],
                     "the lease is over", 30)
            server.ask("auth/user/add", name="root", password=KEY)
            server.ask("auth/user/grant", user="root", role="root")
            server.ask("auth/enable")
            ask("done", ipv4=["192.0.2.10"], account="login")
            ask("refused", ipv4=["192.0.2.11"], account="wrong")
            ask("refused", ipv4=["192.0.2.11"], account="p")
            token = server.ask("auth/authenticate", name="root",
                               password=KEY)["token"]
            assert server.found(at, token) == ["192.0.2.10", "192.0.2.9"]


if __name__ == "__main__":
    main(globals())
