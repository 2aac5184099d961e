#!/usr/bin/env python3
"""One job finds out for all of an account: the session, a zone, its records.

Where its way out may be dead, one that goes by another way does.
"""

import json
import subprocess
import threading
import time

from notify_lab import Notify, main, need, write
from test_engine import SESSION, Api, account, job, own_type

WAYS = ("198.51.100.1", "198.51.100.2")  # where jobs are to leave from
SOON_S, LIMIT = 6, "timeout = 12s"


def by(way, i, **members):
    return job(id=i, name=f"h{i}.example.org", source=WAYS[way], **members)


class Hangs(Api):
    """The first that asks for this path is not answered."""

    def __init__(self, path, answer, first=None):
        self.path, self.rest, self.asked = path, answer, 0
        self.first = first or (lambda: (0, 60))
        self.lock = threading.Lock()
        super().__init__(self.one)

    def one(self, method, target, headers, body):
        if target.startswith(self.path):
            with self.lock:
                self.asked += 1
                number = self.asked
            if number == 1:
                return self.first()
        return self.rest(method, target, headers, body)


def session(_method, target, _headers, _body):
    return 200, json.dumps({"sid": "s1d-0123"} if target == "/login" else {})


def served(n, *ids, status="done"):
    got = {}
    while len(got) < len(ids):
        reply = n.reply(SOON_S)
        got[reply["id"]] = reply
    assert set(got) == set(ids), got
    assert {r["status"] for r in got.values()} == {status}, got


def test_session(directory):
    own_type(directory, "s", SESSION)
    api = Hangs("/login", session)
    with Notify(directory, account("s", api.port, LIMIT)) as n:
        n.send(by(0, 1), by(1, 2), by(0, 3), by(1, 4))
        # The third goes by what the second found out.
        served(n, 2, 3, 4)
        assert api.asked == 2, api.asked


def test_same_way(directory):
    """By the same way nobody would fare better: nothing is asked twice."""
    own_type(directory, "s", SESSION)
    api = Hangs("/login", session)
    with Notify(directory, account("s", api.port, "timeout = 2s")) as n:
        n.send(*(by(0, i) for i in range(1, 5)))
        served(n, 1, 2, 3, 4, status="retry")
        assert api.asked == 1, api.asked


def test_failure_is_of_one_way(directory):
    """What was not reached by one way may be by another; what was said is
    said to all."""
    own_type(directory, "s", SESSION)
    api = Hangs("/login", session, lambda: (0, 0.1))
    with Notify(directory, account("s", api.port, LIMIT)) as n:
        n.send(by(0, 1), by(1, 2), by(0, 3))
        got = {r["id"]: r["status"] for r in (
            n.reply(SOON_S) for _ in range(3))}
        assert got == {1: "retry", 2: "done", 3: "retry"}, got
    api = Hangs("/login", session, lambda: (503, "busy"))
    with Notify(directory, account("s", api.port, LIMIT)) as n:
        n.send(by(0, 1), by(1, 2), by(0, 3))
        served(n, 1, 2, 3, status="retry")
        assert api.asked == 1, api.asked


def test_slow_is_not_dead(directory):
    """Both ways take their time: everything is done, nobody begins anew."""
    own_type(directory, "s", SESSION)
    slow = threading.Event()

    def late(method, target, headers, body):
        if target == "/login":
            slow.wait(1.5)
        return session(method, target, headers, body)

    api = Api(late)
    with Notify(directory, account("s", api.port, LIMIT)) as n:
        n.send(by(0, 1), by(1, 2), by(0, 3))
        served(n, 1, 2, 3)
    logins = [c for c in api.calls if c[1] == "/login"]
    assert len(logins) == 2, len(logins)


def cloudflare(method, target, _headers, body):
    if "/zones?" in target:
        return 200, json.dumps({"success": True, "result": [
            {"id": "z", "name": "example.org"}]})
    return 200, json.dumps({"success": True, "result": []})


def test_zone(directory):
    api = Hangs("/client/v4/zones?", cloudflare)
    with Notify(directory, account("cloudflare", api.port,
                                   f'token = "t0k3n" {LIMIT}')) as n:
        n.send(by(0, 1), by(1, 2), by(0, 3))
        served(n, 2, 3)


def test_list(directory):
    """Of a zone's records, for several names."""
    api = Hangs("/client/v4/zones/z/dns_records?per_page=2500", cloudflare)
    with Notify(directory, account("cloudflare", api.port,
                                   f'token = "t0k3n" {LIMIT}')) as n:
        n.send(*(by(i // 2, i, more=i < 3) for i in range(4)))
        served(n, 2, 3)
        assert api.asked == 2, api.asked


class Google:
    """Counts who asks for a token, and for the zone."""

    def __init__(self, directory):
        key = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA"],
                             check=True, capture_output=True,
                             text=True).stdout
        path = write(directory, "account.json", json.dumps(
            {"client_email": "me@example.org", "private_key": key}))
        self.api = Api(self.answer)
        self.config = account("googlecloud", self.api.port,
                              f'key-file = "{path}" project = "p-1"')

    @staticmethod
    def answer(_method, target, _headers, _body):
        if target == "/token":
            return 200, '{"access_token": "t0k3n-0123", "expires_in": 3600}'
        if target.startswith("/dns/v1/projects/p-1/managedZones?"):
            return 200, json.dumps({"managedZones": [
                {"name": "mine", "dnsName": "example.org."}]})
        return 200, json.dumps({"rrsets": []})

    def asked(self):
        """Tokens, zones, all others, since this was asked last."""
        targets = [c[1] for c in self.api.calls]
        self.api.calls.clear()
        tokens = sum(t == "/token" for t in targets)
        zones = sum("managedZones?" in t for t in targets)
        return tokens, zones, len(targets) - tokens - zones


def test_what_a_restart_asks_again(directory):
    """One token and one zone for a process, however many jobs it has; they
    are secrets of that process, and the next one asks for its own."""
    need("openssl")
    google = Google(directory)
    for number in range(2):
        with Notify(directory, google.config) as n:
            began = time.monotonic()
            n.send(*(job(id=i, name=f"h{i}.example.org") for i in range(20)))
            assert all(n.reply()["status"] == "done" for _ in range(20))
            took = time.monotonic() - began
            assert google.asked() == (1, 1, 40)
            began = time.monotonic()
            assert n.do(**job(ipv4=["192.0.2.8"]))["status"] == "done"
            print(f"    process {number + 1}: 20 names {took * 1e3:.0f} ms, "
                  f"one more {(time.monotonic() - began) * 1e3:.0f} ms")
            assert google.asked() == (0, 0, 2)


if __name__ == "__main__":
    main(globals())
