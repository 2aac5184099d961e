#!/usr/bin/env python3
"""A thousand names at providers that batch: a request for each hundred.

The servers keep what they are told, and their answers are as large as the
real ones': Cloudflare's and Google's tell all that was changed.
"""

import json
import re
import subprocess
import urllib.parse

from notify_lab import Notify, main
from test_engine import Api, account

N = 1000
MOST = N // 100
NAMES = [f"h{i}.some-site.example.org" for i in range(N)]


def jobs(generation, families="46"):
    for i, name in enumerate(NAMES):
        job = {"account": "p", "name": name, "zone": "example.org", "id": i,
               "more": i < N - 1}
        if "4" in families:
            job["ipv4"] = [f"198.51.{100 + generation}.{i % 250 + 1}"]
        if "6" in families:
            job["ipv6"] = [f"2001:db8:{generation}::{i + 1:x}"]
        yield job


class Held:
    """RRsets by name and type, and how often somebody came."""

    def __init__(self):
        self.sets, self.last, self.writes = {}, 0, []
        self.api = Api(self.answer)

    def told(self, n):
        """Sends a generation of all names; how many requests that took."""
        before = len(self.api.calls)
        n.send(*self.wanted)
        replies = [n.reply(60) for _ in range(N)]
        bad = [r for r in replies if r["status"] != "done"]
        assert not bad, bad[0]
        self.index()
        for job in self.wanted:
            for kind, key in (("A", "ipv4"), ("AAAA", "ipv6")):
                if key in job:
                    held = self.value(job["name"], kind)
                    assert held == job[key], (job["name"], held)
        return len(self.api.calls) - before

    def index(self):
        """Before value() is asked."""

    def round(self, n, generation, families="46"):
        self.wanted = list(jobs(generation, families))
        count = self.told(n)
        print(f"    {type(self).__name__.lower()}, families {families}, "
              f"generation {generation}: {count} requests")
        return count


class Cloudflare(Held):
    """Records with ids; at most so many changes in a batch."""

    most = 3500

    def index(self):
        self.values = {}
        for r in self.sets.values():
            self.values.setdefault((r["name"], r["type"]), []).append(
                r["content"])

    def value(self, name, kind):
        return self.values[name, kind]

    @staticmethod
    def full(record):
        return dict({
            "proxiable": True, "proxied": False, "settings": {}, "meta": {},
            "comment": "a remark of somebody's, of some length", "tags": [],
            "created_on": "2025-01-01T05:20:00.123456Z",
            "modified_on": "2025-01-01T05:20:00.123456Z"}, **record)

    def batch(self, body):
        asked = json.loads(body)
        n = sum(len(v) for v in asked.values())
        self.writes.append(n)
        if n > self.most:
            return 400, json.dumps({"success": False, "errors": [
                {"code": 9207, "message": "too many of them"}]})
        for r in asked.get("deletes", []):
            del self.sets[r["id"]]
        for r in asked.get("patches", []):
            self.sets[r["id"]] = dict(self.sets[r["id"]], **r)
        for r in asked.get("posts", []):
            if r["name"] in getattr(self, "bad", ()):
                return 400, json.dumps({"success": False, "errors": [
                    {"code": 9005, "message": "content is not valid"}]})
        done = []
        for r in asked.get("posts", []):
            self.last += 1
            r["id"] = f"{self.last:032x}"
            self.sets[r["id"]] = self.full(r)
            done.append(self.sets[r["id"]])
        result = {"posts": done, "puts": [], "deletes": [], "patches": [
            self.sets[r["id"]] for r in asked.get("patches", [])]}
        return 200, json.dumps({"success": True, "result": result})

    def answer(self, method, target, _headers, body):
        url = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path.endswith("/zones"):
            return 200, json.dumps({"success": True, "result": [
                {"id": "z", "name": "example.org"}]})
        if url.path.endswith("/batch"):
            return self.batch(body)
        if method == "POST":
            return self.batch(json.dumps({"posts": [json.loads(body)]}))
        records = [r for r in self.sets.values()
                   if query.get("name", r["name"]) == r["name"]]
        size, page = int(query["per_page"]), int(query.get("page", 1))
        return 200, json.dumps({"success": True, "errors": [], "result":
                                records[(page - 1) * size:page * size]})


TOKEN = 'token = "0123456789abcdef"'


def test_cloudflare(directory):
    server = Cloudflare()
    config = account("cloudflare", server.api.port, TOKEN)
    with Notify(directory, config) as n:
        assert server.round(n, 1) <= MOST           # new ones
        assert server.round(n, 2) <= MOST           # whose ids are known
        assert server.round(n, 3, "4") <= MOST
    with Notify(directory, config) as n:            # ... and are not
        assert server.round(n, 4) <= MOST
    assert all(r["comment"] for r in server.sets.values())
    assert len(server.sets) == 2 * N


def test_cloudflare_takes_fewer_at_once(directory):
    """A batch that is too large goes out in halves, and arrives."""
    server = Cloudflare()
    server.most = 200
    with Notify(directory, account("cloudflare", server.api.port,
                                   TOKEN)) as n:
        # The zone, its records, one that is refused, and what was left.
        assert server.round(n, 1) == 3 + MOST
        assert len([w for w in server.writes if w <= 200]) == MOST
        server.writes.clear()
        assert server.round(n, 2) == 1 + MOST
        assert server.writes == [200] * 10
        server.writes.clear()
        assert server.round(n, 3, "4") == 5
        assert server.writes == [200] * 5
    with Notify(directory, account("cloudflare", server.api.port,
                                   TOKEN)) as n:    # changes, ids unknown
        assert server.round(n, 4) == 3 + MOST


def test_a_bad_name_spoils_no_other(directory):
    server = Cloudflare()
    server.bad = {NAMES[123]}
    with Notify(directory, account("cloudflare", server.api.port,
                                   TOKEN)) as n:
        n.send(*jobs(1, "4"))
        replies = {r["id"]: r for r in (n.reply(60) for _ in range(N))}
        assert replies.pop(123)["status"] == "retry"
        assert {r["status"] for r in replies.values()} == {"done"}
        assert len(server.writes) <= 30, server.writes


class Googlecloud(Held):
    def value(self, name, kind):
        return self.sets.get((name + ".", kind), {}).get("rrdatas", [])

    def change(self, body):
        asked = json.loads(body)
        assert len(asked["additions"]) <= 1000, "more than a change may hold"
        for r in asked["deletions"]:
            held = self.sets.pop((r["name"], r["type"]), None)
            if held != r:
                return 412, '{"error": {"code": 412}}'
        for r in asked["additions"]:
            self.sets[r["name"], r["type"]] = r
        return 200, json.dumps(dict(asked, status="done", id="1"))

    def answer(self, method, target, _headers, body):
        url = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path.endswith("/token"):
            return 200, '{"access_token": "t0k3n-0123", "expires_in": 3600}'
        if url.path.endswith("/changes"):
            return self.change(body)
        if url.path.endswith("/managedZones"):
            return 200, json.dumps({"managedZones": [
                {"name": "mine", "dnsName": "example.org."}]})
        first = int(query.get("pageToken", 0))
        last = first + int(query["maxResults"])
        sets = [dict(r, kind="dns#resourceRecordSet", signatureRrdatas=[])
                for r in self.sets.values()]
        answer = {"rrsets": sets[first:last]}
        if len(sets) > last:
            answer["nextPageToken"] = str(last)
        return 200, json.dumps(answer)


def test_googlecloud(directory):
    key = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA"],
                         check=True, capture_output=True, text=True).stdout
    with open(directory + "/account.json", "w", encoding="utf-8") as f:
        json.dump({"client_email": "me@example.org", "private_key": key}, f)
    subprocess.run(["chmod", "600", directory + "/account.json"], check=True)
    server = Googlecloud()
    config = account("googlecloud", server.api.port,
                     f'key-file = "{directory}/account.json" '
                     'project = "p-1"')
    with Notify(directory, config) as n:
        assert server.round(n, 1) <= MOST
        assert server.round(n, 2) <= MOST
        assert server.round(n, 3, "4") <= MOST


class Powerdns(Held):
    def value(self, name, kind):
        return self.sets[name + ".", kind]

    def answer(self, method, target, _headers, body):
        assert method == "PATCH", target
        for r in json.loads(body)["rrsets"]:
            self.sets[r["name"], r["type"]] = [
                c["content"] for c in r["records"]]
        return 204, ""


class Desec(Held):
    def value(self, name, kind):
        return self.sets[name, kind]

    def answer(self, method, target, _headers, body):
        assert method == "PATCH", target
        for r in json.loads(body):
            self.sets[r["subname"] + ".example.org", r["type"]] = r["records"]
        return 200, body.decode()


class Route53(Held):
    def value(self, name, kind):
        return self.sets[name + ".", kind]

    def answer(self, method, target, _headers, body):
        if "hostedzonesbyname" in target:
            return 200, ("<r><HostedZones><HostedZone><Id>/hostedzone/Z1"
                         "</Id><Name>example.org.</Name></HostedZone>"
                         "</HostedZones></r>")
        changes = re.findall("<Name>(.*?)</Name>\\s*<Type>(.*?)</Type>.*?"
                             "<Value>(.*?)</Value>", body.decode(), re.S)
        # A set that is replaced counts twice, and so do its values' lengths.
        assert 2 * len(changes) <= 1000
        assert 2 * sum(len(c[2]) for c in changes) <= 32000
        for name, kind, value in changes:
            self.sets[name, kind] = [value]
        return 200, "<r></r>"


def test_others(directory):
    for kind, settings in ((Powerdns, TOKEN), (Desec, TOKEN),
                           (Route53, 'key = "AKID" secret = "0123456789"')):
        server = kind()
        with Notify(directory, account(kind.__name__.lower(),
                                       server.api.port, settings)) as n:
            # Of fifteen requests a minute that deSEC takes ten are enough.
            for generation in (1,) if kind is Desec else (1, 2):
                assert server.round(n, generation) <= MOST


if __name__ == "__main__":
    main(globals())
