"""Cloudflare API 4: developers.cloudflare.com/api, a recording, and the
codes that people met."""

from provider_api import WWW, Records
from provider_rows import TOKEN, V4, Table

ZONE = "GET /client/v4/zones?name=example.org"
AT = "/client/v4/zones/z1/dns_records"


def ok(result, **more):
    return dict({"success": True, "errors": [], "messages": [],
                 "result": result}, **more)


def fails(status, *codes):
    return (status, {"success": False, "messages": [], "result": None,
                     "errors": [{"code": c, "message": "?"} for c in codes]})


def record(name, ident, kind, value, ttl=3600):
    return {"id": ident, "name": name, "type": kind, "content": value,
            "proxiable": True, "proxied": True, "ttl": ttl, "settings": {},
            "meta": {}, "comment": "mine", "tags": [],
            "created_on": "2025-08-27T20:36:17.634961Z",
            "modified_on": "2025-08-27T20:36:17.634961Z"}


t = Table("cloudflare", "api.cloudflare.com", {"token": TOKEN},
          {"Authorization": "Bearer " + TOKEN})


class Cloudflare(Records):
    default_ttl = 1
    prelude = ((ZONE, ok([{"id": "z1", "name": "example.org"}],
                         result_info={"count": 1, "page": 1})),)

    def read(self, name, kinds, there):
        others = [record(name, "x1", "TXT", "192.0.2.1")]
        return (f"GET {AT}?name={name}&per_page=100", ok(
            [record(name, *r) for r in there] + others))

    def update(self, name, kind, ident, old, new, ttl):
        return [(f"PATCH {AT}/{ident}", {
            "type": kind, "name": name, "content": new, "ttl": ttl,
            "proxied": True}, ok(record(name, ident, kind, new, ttl)))]

    def create(self, name, kind, new, ttl):
        return [(f"POST {AT}", {"type": kind, "name": name, "content": new,
                                "ttl": ttl},
                 ok(record(name, "new", kind, new, ttl)))]

    def delete(self, name, kind, ident, old):
        return [(f"DELETE {AT}/{ident}", ok({"id": ident}))]


api = Cloudflare(t)
api.standard()
TOKENS = [(fails(403, 10000), "refused"), (fails(401, 10000), "refused"),
          (fails(403, 9109), "refused"), (fails(400, 6003), "refused"),
          (fails(400, 6111), "refused"), (fails(400, 9106), "refused")]
BUSY = [((429, {"success": False, "errors": [{"code": 971}]},
          {"Retry-After": "60"}), "slow", 60), ((500, "oops"), "retry"),
        ((522, "<html>"), "retry"), ((404, "?"), "retry", (900, 86400))]
api.answers(prelude=TOKENS + BUSY + [
    (ok([], result_info={"count": 0}), "refused")],
    read=TOKENS + BUSY, write=TOKENS + BUSY + [
    (fails(400, 81053), "refused"), (fails(400, 81054), "refused"),
    (fails(200, 1), "retry"), (fails(400, 1234), "retry", (900, 86400))])
lost = api.reads(WWW, {"A": [("1", "192.0.2.1")]}, "A")
change = api.change(WWW, "A", [("1", "192.0.2.1")], [V4])
t.row("the record has gone: looked up again, and made", *api.prelude, *lost,
      (*change[0][:2], fails(404, 81044)), *api.prelude, *api.reads(WWW, {}, "A"),
      *api.make(WWW, "A", [V4]), families="4")
t.row("somebody made the same: read again", *api.prelude,
      *api.reads(WWW, {}, "A"),
      (*api.make(WWW, "A", [V4])[0][:2], fails(400, 81058)), *api.prelude,
      *api.reads(WWW, {"A": [("2", V4)]}, "A"), families="4",
      out="unchanged")
NAMES = [f"h{i}.example.org" for i in range(100)]
PARTS = {"deletes": [], "patches": [
    {"id": "i0", "type": "A", "name": NAMES[0], "content": V4, "ttl": 3600,
     "proxied": True}], "posts": [
    {"type": "A", "name": name, "content": V4, "ttl": 1}
    for name in NAMES[2:]]}
t.row("a hundred names in one batch", *api.prelude,
      (f"GET {AT}?per_page=2500&page=1", ok(
          [record(NAMES[0], "i0", "A", "192.0.2.1")] +
          [record(NAMES[1], "i1", "A", V4)])),
      (f"POST {AT}/batch", PARTS, ok(dict(PARTS, puts=[]))), families="4",
      names=NAMES, outs=["done", "unchanged"] + ["done"] * 98)
