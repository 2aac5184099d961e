"""etcd's JSON gateway, with the keys that CoreDNS reads."""

import base64
import json

from provider_rows import PASSWORD, V4, V6, Check, Table

LATER = (900, 86400)


def b64(text):
    return base64.b64encode(text.encode()).decode()


def put(name, family, address, ttl=60, lease=None, instance="evddns"):
    key = b64(f"/skydns/{'/'.join(reversed(name.split('.')))}/"
              f"{instance}-{family}")

    def fault(request):
        body = json.loads(request.body)
        value = json.loads(base64.b64decode(body.pop("value")))
        wanted = {"key": key} if lease is None else {"key": key,
                                                     "lease": lease}
        if value != {"host": address, "ttl": ttl}:
            return f"value {value}"
        return None if body == wanted else f"{body}, not {wanted}"

    return ("POST /v3/kv/put", Check(fault),
            {"header": {"cluster_id": "1", "revision": "2"}})


def fails(status, code, text="?"):
    return (status, {"error": text, "message": text, "code": code})


WWW = "www.example.org"
t = Table("etcd", None)
t.row("both", put(WWW, "ipv4", V4), put(WWW, "ipv6", V6))
t.row("a TTL", put(WWW, "ipv4", V4, 30), families="4", ttl=30)
t.row("apex", put("example.org", "ipv4", V4), families="4",
      name="example.org")
t.row("wildcard", put("*.example.org", "ipv4", V4), families="4",
      name="*.example.org")
t.row("one of several gateways", put(WWW, "ipv4", V4, instance="gw2"),
      families="4", settings={"instance": "gw2"})
t.row("taken away", ("POST /v3/kv/deleterange", {"key": b64(
    "/skydns/org/example/www/evddns-ipv4")}, {"header": {}, "deleted": "1"}),
    families="4", ipv4=[], was={"ipv4": [V4]})
t.row("with a lease", ("POST /v3/lease/grant", {"TTL": "600"}, {
    "header": {}, "ID": "7668", "TTL": "600"}),
    put(WWW, "ipv4", V4, lease="7668"), families="4",
    settings={"lease": "600"})
LOGIN = ("POST /v3/auth/authenticate", {"name": "root",
                                        "password": PASSWORD})
AUTH = {"username": "root", "password": PASSWORD}
t.row("with a login", (*LOGIN, {"header": {}, "token": "abc.7"}),
      put(WWW, "ipv4", V4), families="4", settings=AUTH)
t.row("a stale token: another one, once",
      (*LOGIN, {"header": {}, "token": "abc.7"}),
      (*put(WWW, "ipv4", V4)[:2], fails(401, 16, "invalid auth token")),
      (*LOGIN, {"header": {}, "token": "abc.8"}),
      put(WWW, "ipv4", V4), families="4", settings=AUTH)
t.answers((*LOGIN, 0), table=[(fails(
    400, 3, "authentication failed, invalid user ID or password"),
    "refused")], families="4", settings=AUTH)
t.answers(put(WWW, "ipv4", V4), families="4", table=[
    (fails(400, 3, "user name is empty"), "refused"),
    (fails(403, 7, "permission denied"), "refused"),
    (fails(503, 14), "retry"), (fails(504, 4), "retry"),
    (fails(429, 8, "etcdserver: too many requests"), "slow"),
    ((429, ""), "slow"), ((500, ""), "retry"), ((418, "?"), "retry", LATER)])
