"""Services that take many names in one request."""

from provider_rows import PASSWORD, TOKEN, V4, Table, basic
from providers import clouds

NAMES = [f"h{i}.example.org" for i in range(100)]
OLD, NEW = NAMES[0], NAMES[1]  # one changes, one is right, the rest is made
OUTS = ["done", "unchanged"] + ["done"] * 98


def held(found):
    return [found(OLD, "192.0.2.1"), found(NEW, V4)]


t = Table("desec", "desec.io", {"token": TOKEN})
AT = "/api/v1/domains/example.org/rrsets/"


def desec(name, value, ttl=3600):
    return {"subname": name.split(".")[0], "type": "A", "ttl": ttl,
            "records": [value]}


PATCH = [desec(n, V4) for n in NAMES]
t.row("a hundred names", (f"PATCH {AT}", PATCH, PATCH), families="4",
      names=NAMES)
t.row("a hundred names, and ours alone taken from each",
      *[(f"GET {AT}?subname=h{i}&type=A", [dict(
          desec(n, V4), records=["198.51.100.9", V4])])
        for i, n in enumerate(NAMES[:3])],
      (f"PATCH {AT}", [desec(n, "198.51.100.9") for n in NAMES[:3]], []),
      families="4", names=NAMES[:3], ipv4=[], was={"ipv4": [V4]})

t.row("a hundred names, none to be made",
      *[(f"GET {AT}?subname=h{i}&type=A", [desec(n, "192.0.2.1")]
         if i else []) for i, n in enumerate(NAMES[:3])],
      (f"PATCH {AT}", [desec(n, V4) for n in NAMES[1:3]], []),
      families="4", names=NAMES[:3], create=False,
      outs=["refused", "done", "done"])

t = Table("powerdns", None, {"token": TOKEN})
AT = "/api/v1/servers/localhost/zones/example.org."


def powerdns(name, value, ttl=3600):
    return {"name": name + ".", "type": "A", "ttl": ttl, "comments": [],
            "records": [{"content": value, "disabled": False}]}


def replace(name):
    rrset = powerdns(name, V4, 300)
    del rrset["comments"]
    return dict(rrset, changetype="REPLACE")


t.row("a hundred names", (f"PATCH {AT}", {"rrsets": [
    replace(n) for n in NAMES]}, 204), families="4", names=NAMES)

AT = "/2013-04-01/hostedzone/Z0401/rrset/"
t = Table("route53", None, {"key": clouds.ID, "secret": clouds.AWS})
t.row("a hundred names", *clouds.Route53.prelude, (
    f"POST {AT}", clouds.aws([("UPSERT", n + ".", "A", "300", [V4])
                              for n in NAMES]), clouds.Route53.DONE),
      families="4", names=NAMES)

t = Table("googlecloud", None, {"key": clouds.ACCOUNT, "project": "p-1"})
AT = "/dns/v1/projects/p-1/managedZones"


def google(name, value, ttl=3600):
    return {"name": name + ".", "type": "A", "ttl": ttl, "rrdatas": [value]}


PARTS = {"deletions": [google(OLD, "192.0.2.1")], "additions": [
    google(n, V4, 3600 if n == OLD else 300) for n in NAMES if n != NEW]}
t.row("a hundred names", *clouds.Google.prelude,
      (f"GET {AT}/mine/rrsets?maxResults=1000", {"rrsets": held(google)}),
      (f"POST {AT}/mine/changes", PARTS, dict(PARTS, status="pending")),
      families="4", names=NAMES, outs=OUTS)

TWENTY = [f"h{i}.example.org" for i in range(20)]
t = Table("dyndns2", None, {"username": "u", "password": PASSWORD},
          basic("u", PASSWORD))
LINES = [f"good {V4}", f"nochg {V4}", "nohost", "dnserr"] + ["good"] * 16
t.row("twenty names, a line for each",
      (f"GET /nic/update?hostname={','.join(TWENTY)}&myip={V4}",
       "\r\n".join(LINES)), families="4", names=TWENTY,
      outs=["done", "unchanged", "refused", "retry"] + ["done"] * 16)
t.row("twenty names, one line for all",
      (f"GET /nic/update?hostname={','.join(TWENTY)}&myip={V4}",
       "badauth"), families="4", names=TWENTY, outs=["refused"] * 20)
