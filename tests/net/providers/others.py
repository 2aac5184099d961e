"""APIs with ways of their own: Porkbun, netcup, ClouDNS, NameSilo, Spaceship,
TransIP, OVH, Technitium, AdGuard Home."""

import hashlib
import json
import time

from provider_api import WWW, Records, label
from provider_rows import PASSWORD, SECRET, TOKEN, V4, Check, Form, Table, basic

LATER = (900, 86400)
BUSY = [((429, "", {"Retry-After": "60"}), "slow", 60), ((500, ""), "retry"),
        ((418, "?"), "retry", LATER)]


def quote(text):
    return "".join(c if c.isalnum() and c.isascii() else "".join(
        f"%{b:02X}" for b in c.encode()) for c in text)


class Porkbun(Records):
    per_name = False
    default_ttl = 600
    AT = "/api/json/v3/dns"
    KEYS = {"apikey": TOKEN, "secretapikey": SECRET}
    OK = {"status": "SUCCESS"}

    def read(self, name, kinds, there):
        sub = label(name, "")
        return (f"POST {self.AT}/retrieveByNameType/example.org/{kinds[0]}" +
                ("/" + sub if sub else ""), self.KEYS, dict(
                    self.OK, cloudflare="enabled", records=[
                        {"id": i, "name": name, "type": k, "content": v,
                         "ttl": "3600", "prio": "0", "notes": "mine"}
                        for i, k, v in there]))

    def fields(self, name, kind, value, ttl):
        return dict(self.KEYS, name=label(name, ""), type=kind,
                    content=value, ttl=ttl)

    def update(self, name, kind, ident, old, new, ttl):
        return [(f"POST {self.AT}/edit/example.org/{ident}", dict(
            self.fields(name, kind, new, ttl), notes="mine"), self.OK)]

    def create(self, name, kind, new, ttl):
        return [(f"POST {self.AT}/create/example.org",
                 self.fields(name, kind, new, ttl), dict(
                     self.OK, id=432480875))]

    def delete(self, name, kind, ident, old):
        return [(f"POST {self.AT}/delete/example.org/{ident}", self.KEYS,
                 self.OK)]


def porkbun(status, text):
    return (status, {"status": "ERROR", "message": text})


t = Table("porkbun", "api.porkbun.com", {"key": TOKEN, "secret": SECRET})
api = Porkbun(t)
api.standard()
PORKBUN = BUSY + [
    (porkbun(400, "Invalid domain."), "refused"),
    (porkbun(400, "Invalid API key. (002)"), "refused"),
    (porkbun(400, "Domain is not opted in to API access."), "refused"),
    (porkbun(400, "?"), "retry", LATER), (porkbun(200, "?"), "retry"),
    ((503, "<html><body>Service Unavailable</body></html>"), "slow")]
api.answers(read=PORKBUN, write=PORKBUN)
READ = api.reads(WWW, {"A": [("1", "192.0.2.1")]}, "A")
EDIT = api.change(WWW, "A", [("1", "192.0.2.1")], [V4])[0]
t.row("an edit of what is so already", *READ, (*EDIT[:2], porkbun(
    400, "Edit error: We were unable to edit the DNS record.")),
    *api.reads(WWW, {"A": [("1", V4)]}, "A"), families="4",
    out="unchanged")


class Netcup(Records):
    LINE = "POST /run/webservice/servers/endpoint.php?JSON="
    WHO = {"customernumber": "12345", "apikey": TOKEN}

    @staticmethod
    def says(code, data="", status=None):
        return {"serverrequestid": "x", "clientrequestid": "", "action": "x",
                "status": status or ("success" if code == 2000 else "error"),
                "statuscode": code, "shortmessage": "?", "longmessage": "?",
                "responsedata": data}

    def ask(self, action, answer, **param):
        return (self.LINE, {"action": action, "param": dict(
            self.WHO, **param)}, answer)

    @property
    def prelude(self):
        return (self.ask("login", self.says(2000, {"apisessionid": "s3ss"}),
                         apipassword=PASSWORD),)

    def read(self, name, kinds, there):
        return self.ask("infoDnsRecords", self.says(2000, {"dnsrecords": [
            {"id": i, "hostname": label(name), "type": k, "priority": "0",
             "destination": v, "deleterecord": False, "state": "yes"}
            for i, k, v in there]}), domainname="example.org",
            apisessionid="s3ss")

    def write(self, records):
        return [self.ask("updateDnsRecords", self.says(
            2000, {"dnsrecords": records}), domainname="example.org",
            apisessionid="s3ss", dnsrecordset={"dnsrecords": records})]

    def go(self, title, talk, **row):
        records, rest = [], []
        for e in talk:
            inside = e[1]["param"].get("dnsrecordset")
            if inside:
                records += inside["dnsrecords"]
            else:
                rest.append(e)
        super().go(title, rest + (self.write(records) if records else []) +
                   [LOGOUT], **row)

    def update(self, name, kind, ident, old, new, ttl):
        return self.write([{
            "id": ident, "hostname": label(name), "type": kind,
            "priority": "0", "destination": new, "deleterecord": False,
            "state": "yes"}])

    def create(self, name, kind, new, ttl):
        return self.write([{"hostname": label(name), "type": kind,
                            "destination": new, "deleterecord": False}])

    def delete(self, name, kind, ident, old):
        return self.write([{
            "id": ident, "hostname": label(name), "type": kind,
            "priority": "0", "destination": old, "deleterecord": True,
            "state": "yes"}])


LOGOUT = ("?" + Netcup.LINE, {"action": "logout", "param": dict(
    Netcup.WHO, apisessionid="s3ss")}, Netcup.says(2000))
t = Table("netcup", "ccp.netcup.net", {
    "customer": "12345", "key": TOKEN, "password": PASSWORD})
api = Netcup(t)
api.standard()
NETCUP = BUSY + [(Netcup.says(5031), "refused"), (Netcup.says(4999), "retry")]
api.answers(prelude=BUSY + [(Netcup.says(4013), "refused")])


def answered(talk, at, table):
    for answer, out, *_ in table:
        changed = list(talk[:at]) + [talk[at][:-1] + (answer,)]
        t.row(f"{answer!r} to {talk[at][0]}"[:150], *changed, LOGOUT,
              families="4", out=out)


FIRST = [*api.prelude, *api.reads(WWW, {"A": [("1", "192.0.2.1")]}, "A")]
WRITE = api.change(WWW, "A", [("1", "192.0.2.1")], [V4])
answered(FIRST, 1, NETCUP)
answered(FIRST + WRITE, 2, NETCUP + [(Netcup.says(4013), "refused")])
t.row("the session is over: another one, once", api.prelude[0],
      (*FIRST[1][:2], Netcup.says(4001)), *FIRST, *WRITE, LOGOUT,
      families="4")


class Cloudns(Records):
    per_name = False
    WHO = {"auth-id": "77", "auth-password": PASSWORD,
           "domain-name": "example.org"}
    OK = {"status": "Success", "statusDescription": "?"}

    def read(self, name, kinds, there):
        return ("GET /dns/records.json?auth-id=77&auth-password="
                f"{quote(PASSWORD)}&domain-name=example.org"
                f"&host={label(name, '')}&type={kinds[0]}", {
                    i: {"id": i, "type": k, "host": label(name, ""),
                        "record": v, "ttl": "3600", "status": 1}
                    for i, k, v in there} or [])

    def update(self, name, kind, ident, old, new, ttl):
        return [("POST /dns/mod-record.json", Form(
            self.WHO, **{"record-id": ident, "host": label(name, ""),
                         "record": new, "ttl": str(ttl)}), self.OK)]

    def create(self, name, kind, new, ttl):
        return [("POST /dns/add-record.json", Form(
            self.WHO, **{"record-type": kind, "host": label(name, ""),
                         "record": new, "ttl": str(ttl)}),
            dict(self.OK, data={"id": 69469245}))]

    def delete(self, name, kind, ident, old):
        return [("POST /dns/delete-record.json", Form(
            self.WHO, **{"record-id": ident}), self.OK)]


def cloudns(text):
    return {"status": "Failed", "statusDescription": text}


t = Table("cloudns", "api.cloudns.net",
          {"username": "77", "password": PASSWORD})
api = Cloudns(t)
api.standard()
CLOUDNS = BUSY + [
    (cloudns("Invalid authentication, incorrect auth-id or auth-password."),
     "refused"), (cloudns("Missing domain-name"), "refused"),
    (cloudns("?"), "retry")]
api.answers(read=CLOUDNS, write=CLOUDNS)
t.row("a sub user", (api.read(WWW, ["A"], [])[0].replace("auth-id", "sub-"
                     "auth-id"), api.read(WWW, ["A"], [
                         ("1", "A", V4)])[1]), families="4",
      out="unchanged", settings={"username": None, "sub-username": "77"})


class Namesilo(Records):
    default_ttl = 3600
    job_ttl = 7200
    ASK = f"version=1&type=json&key={quote(TOKEN)}&domain=example.org"

    @staticmethod
    def says(code, **more):
        return {"request": {"operation": "x", "ip": "x"}, "reply": dict(
            {"code": code, "detail": "?"}, **more)}

    def read(self, name, kinds, there):
        return ("GET /api/dnsListRecords?" + self.ASK, self.says(
            300, resource_record=[
                {"record_id": i, "type": k, "host": name, "value": v,
                 "ttl": 3600, "distance": 0} for i, k, v in there]))

    def write(self, operation, **fields):
        query = "".join(f"&{k}={v}" for k, v in fields.items())
        return [(f"GET /api/{operation}?{self.ASK}{query}", self.says(
            "300", record_id="new"))]

    def update(self, name, kind, ident, old, new, ttl):
        return self.write("dnsUpdateRecord", rrid=ident,
                          rrhost=label(name, ""), rrvalue=new, rrttl=ttl)

    def create(self, name, kind, new, ttl):
        return self.write("dnsAddRecord", rrtype=kind,
                          rrhost=label(name, ""), rrvalue=new, rrttl=ttl)

    def delete(self, name, kind, ident, old):
        return self.write("dnsDeleteRecord", rrid=ident)


t = Table("namesilo", "www.namesilo.com", {"token": TOKEN})
api = Namesilo(t)
api.standard()
NAMESILO = BUSY + [(Namesilo.says(c), out) for c, out in (
    (110, "refused"), ("110", "refused"), (112, "refused"),
    (113, "refused"), (200, "refused"), (280, "refused"), (201, "retry"),
    (210, "retry"), (999, "retry"))]
api.answers(read=NAMESILO, write=NAMESILO)


class Spaceship(Records):
    AT = "/api/v1/dns/records/example.org"

    def read(self, name, kinds, there):
        return (f"GET {self.AT}?take=500&skip=0", {
            "items": [{"type": k, "name": label(name), "address": v,
                       "ttl": 3600, "group": {"type": "custom"}}
                      for _, k, v in there], "total": len(there)})

    def create(self, name, kind, new, ttl):
        return [(f"PUT {self.AT}", {"force": True, "items": [
            {"type": kind, "name": label(name), "address": new,
             "ttl": ttl}]}, 204)]

    def delete(self, name, kind, ident, old):
        return [(f"DELETE {self.AT}", [{"type": kind, "name": label(name),
                                        "address": old}], 204)]

    def update(self, name, kind, ident, old, new, ttl):
        return (self.create(name, kind, new, ttl) +
                self.delete(name, kind, ident, old))


def detail(status):
    return (status, {"detail": "?", "data": []})


t = Table("spaceship", "spaceship.dev", {"key": TOKEN, "secret": SECRET},
          {"X-Api-Key": TOKEN, "X-Api-Secret": SECRET})
api = Spaceship(t)
api.standard()
SHIP = BUSY + [(detail(401), "refused"), (detail(403), "refused")]
api.answers(read=SHIP + [(detail(404), "refused")], write=SHIP + [
    (detail(400), "refused"), (detail(422), "refused")])


class Transip(Records):
    AT = "/v6/domains/example.org/dns"

    def read(self, name, kinds, there):
        return (f"GET {self.AT}", {"dnsEntries": [
            {"name": label(name), "expire": 3600, "type": k, "content": v}
            for _, k, v in there], "_links": []})

    def entry(self, name, kind, value, ttl):
        return {"dnsEntry": {"name": label(name), "expire": ttl,
                             "type": kind, "content": value}}

    def update(self, name, kind, ident, old, new, ttl):
        return [(f"PATCH {self.AT}", self.entry(name, kind, new, 3600), 204)]

    def create(self, name, kind, new, ttl):
        return [(f"POST {self.AT}", self.entry(name, kind, new, ttl), 201)]

    def delete(self, name, kind, ident, old):
        return [(f"DELETE {self.AT}", self.entry(name, kind, old, 3600),
                 204)]


def error(status):
    return (status, {"error": "?"})


t = Table("transip", "api.transip.nl", {"token": TOKEN},
          {"Authorization": "Bearer " + TOKEN})
api = Transip(t)
api.job_ttl = 3600
api.standard(many=False)
TRANSIP = BUSY + [(error(401), "refused"), (error(403), "refused")]
api.answers(read=TRANSIP + [(error(404), "refused")], write=TRANSIP)


def ovh_signed(fault=None):
    """$1$ and the SHA-1 of all that a request is, keys included."""

    def check(request):
        stamp = request.header("x-ovh-timestamp")
        if abs(int(stamp or 0) - time.time()) > 60:
            return f"timestamp {stamp!r}"
        url = "http://" + request.header("host") + request.target
        text = "+".join([SECRET, "c0nsum-er", request.method, url,
                         request.body.decode(), stamp])
        wanted = "$1$" + hashlib.sha1(text.encode()).hexdigest()
        if request.header("x-ovh-signature") != wanted:
            return f"signature of {text!r}"
        if fault is None:
            return f"a body {request.body}" if request.body else None
        got = json.loads(request.body)
        return None if got == fault else f"{got}, not {fault}"

    return Check(check)


class Ovh(Records):
    per_name = False
    default_ttl = 60
    AT = "/1.0/domain/zone/example.org"

    def reads(self, name, there, only=None):
        talk = []
        for kind in [only] if only else ["A", "AAAA"]:
            talk.append((f"GET {self.AT}/record?fieldType={kind}&subDomain="
                         f"{label(name, '')}", ovh_signed(), [
                             int(i) for i, _ in there.get(kind, [])]))
            if not there.get(kind):
                talk.append(talk[-1])
            for i, v in there.get(kind, [])[:1]:
                talk.append((f"GET {self.AT}/record/{i}", ovh_signed(), {
                    "target": v, "ttl": 3600, "zone": "example.org",
                    "fieldType": kind, "id": int(i),
                    "subDomain": label(name, "")}))
        return talk

    def go(self, title, talk, **row):
        if any(not e[0].startswith("GET") for e in talk):
            talk = talk + [(f"POST {self.AT}/refresh", ovh_signed(), "null")]
        super().go(title, talk, **row)

    def update(self, name, kind, ident, old, new, ttl):
        return [(f"PUT {self.AT}/record/{ident}", ovh_signed(
            {"target": new, "ttl": ttl}), "null")]

    def create(self, name, kind, new, ttl):
        return [(f"POST {self.AT}/record", ovh_signed(
            {"fieldType": kind, "subDomain": label(name, ""), "target": new,
             "ttl": ttl}), {"id": 1553659740})]

    def delete(self, name, kind, ident, old):
        return [(f"DELETE {self.AT}/record/{ident}", ovh_signed(), "null")]


def ovh(status, code="x"):
    return (status, {"errorCode": code, "message": "?"})


t = Table("ovh", "eu.api.ovh.com", {
    "key": "appl-key", "secret": SECRET, "consumer-key": "c0nsum-er"},
    {"X-Ovh-Application": "appl-key", "X-Ovh-Consumer": "c0nsum-er"})
api = Ovh(t)
api.standard(many=False)
OVH = BUSY + [(ovh(403, "INVALID_CREDENTIAL"), "refused"),
              (ovh(403, "NOT_CREDENTIAL"), "refused"),
              (ovh(401), "refused"), (ovh(403), "refused")]
IDS, RECORD = api.reads(WWW, {"A": [("1", "192.0.2.1")]}, "A")
t.answers(IDS, table=OVH + [(ovh(404), "refused")], families="4")
t.answers(IDS, RECORD, table=OVH, families="4")
t.answers(IDS, RECORD, *api.change(WWW, "A", [("1", "192.0.2.1")], [V4]),
          table=OVH + [(ovh(400), "refused")], families="4")


class Technitium(Records):
    WHO = {"token": TOKEN, "domain": WWW, "zone": "example.org"}
    OK = {"status": "ok", "response": {}}

    def read(self, name, kinds, there):
        return ("POST /api/zones/records/get", Form(self.WHO, domain=name), {
            "status": "ok", "response": {
                "zone": {"name": "example.org", "type": "Primary"},
                "records": [{"disabled": False, "name": name, "type": k,
                             "ttl": 3600, "rData": {"ipAddress": v}}
                            for _, k, v in there]}})

    def form(self, operation, name, kind, **fields):
        return [(f"POST /api/zones/records/{operation}", Form(
            self.WHO, domain=name, type=kind, **fields), self.OK)]

    def update(self, name, kind, ident, old, new, ttl):
        return self.form("update", name, kind, ipAddress=old,
                         newIpAddress=new, ttl=str(ttl))

    def create(self, name, kind, new, ttl):
        return self.form("add", name, kind, ipAddress=new, ttl=str(ttl))

    def delete(self, name, kind, ident, old):
        return self.form("delete", name, kind, ipAddress=old)


t = Table("technitium", None, {"token": TOKEN})
api = Technitium(t)
api.standard()
TECH = BUSY + [
    ({"status": "invalid-token", "errorMessage": "?"}, "refused"),
    ({"status": "error", "errorMessage": "?", "stackTrace": ""}, "refused"),
    ({"what": "?"}, "retry")]
api.answers(read=TECH, write=TECH)


class Adguard(Records):
    """Neither types nor TTLs: a pair of a name and an answer."""

    def read(self, name, kinds, there):
        return ("GET /control/rewrite/list", [
            {"domain": name, "answer": v} for _, _, v in there] + [
                {"domain": name, "answer": "other.example.org"}])

    def update(self, name, kind, ident, old, new, ttl):
        return [("PUT /control/rewrite/update", {
            "target": {"domain": name, "answer": old},
            "update": {"domain": name, "answer": new}}, 200)]

    def create(self, name, kind, new, ttl):
        return [("POST /control/rewrite/add", {"domain": name,
                                               "answer": new}, 200)]

    def delete(self, name, kind, ident, old):
        return [("POST /control/rewrite/delete", {"domain": name,
                                                  "answer": old}, 200)]


t = Table("adguard", None, {"username": "us er", "password": PASSWORD},
          basic("us er", PASSWORD))
api = Adguard(t)
api.standard()
GUARD = BUSY + [((401, ""), "refused"), ((403, ""), "refused")]
api.answers(read=GUARD, write=GUARD)
