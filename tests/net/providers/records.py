"""JSON APIs whose records have ids: DigitalOcean, Linode, Vultr, DNSimple,
Name.com, IONOS, LuaDNS, Simply, Netlify, bunny.  From their specifications
and recordings, as far as there are any."""

from provider_api import WWW, Records, label
from provider_rows import PASSWORD, TOKEN, V4, Table, basic

LATER = (900, 86400)
BUSY = [((429, "", {"Retry-After": "60"}), "slow", 60), ((500, ""), "retry"),
        ((503, "<html>"), "retry"), ((418, "?"), "retry", LATER)]
BEARER = {"Authorization": "Bearer " + TOKEN}


class Rest(Records):
    """GET list, POST list, PUT or PATCH id, DELETE id."""

    AT, METHOD, CREATED, UPDATED, DELETED = None, "PUT", 201, 200, 204

    def new(self, name, kind, value, ttl):
        raise NotImplementedError

    changed = new  # what an update sends

    def update(self, name, kind, ident, old, new, ttl):
        return [(f"{self.METHOD} {self.AT}/{ident}",
                 self.changed(name, kind, new, ttl), self.UPDATED)]

    def create(self, name, kind, new, ttl):
        return [(f"POST {self.AT}", self.new(name, kind, new, ttl),
                 self.CREATED)]

    def delete(self, name, kind, ident, old):
        return [(f"DELETE {self.AT}/{ident}", self.DELETED)]


class Digitalocean(Rest):
    AT, METHOD = "/v2/domains/example.org/records", "PATCH"

    def read(self, name, kinds, there):
        return (f"GET {self.AT}?name={name}&per_page=200", {
            "domain_records": [
                {"id": int(i), "type": k, "name": label(name), "data": v,
                 "priority": None, "port": None, "ttl": 3600, "weight": None,
                 "flags": None, "tag": None} for i, k, v in there],
            "links": {}, "meta": {"total": len(there)}})

    def new(self, name, kind, value, ttl):
        return {"type": kind, "name": label(name), "data": value, "ttl": ttl}

    def changed(self, name, kind, value, ttl):
        return {"type": kind, "data": value, "ttl": ttl}


def ocean(status, ident):
    return (status, {"id": ident, "message": "?", "request_id": "x"})


t = Table("digitalocean", "api.digitalocean.com", {"token": TOKEN}, BEARER)
api = Digitalocean(t)
api.standard()
OCEAN = BUSY + [(ocean(401, "unauthorized"), "refused"),
                (ocean(429, "too_many_requests"), "slow"),
                (ocean(500, "server_error"), "retry")]
api.answers(read=OCEAN + [(ocean(404, "not_found"), "refused")],
            write=OCEAN + [(ocean(422, "unprocessable_entity"), "refused")])


def gone(a, table, missing, **row):
    """An id that is no longer there: read again, and made."""
    there = {"A": [("1", "192.0.2.1")]}
    change = a.change(WWW, "A", there["A"], [V4])[0]
    table.row("the record has gone", *a.prelude, *a.reads(WWW, there, "A"),
              (*change[:2], missing), *a.zones, *a.reads(WWW, {}, "A"),
              *a.make(WWW, "A", [V4]), families="4", **row)


gone(api, t, ocean(404, "not_found"))


class Linode(Rest):
    AT, CREATED = "/v4/domains/42/records", 200
    job_ttl = 3600
    prelude = (("GET /v4/domains", {
        "data": [{"id": 42, "domain": "example.org", "type": "master",
                  "status": "active"}], "page": 1, "pages": 1,
        "results": 1}),)

    def read(self, name, kinds, there):
        return (f"GET {self.AT}?page=1&page_size=500", {
            "data": [{"id": int(i), "type": k, "name": label(name, ""),
                      "target": v, "ttl_sec": 3600, "priority": 0,
                      "weight": 0, "port": 0} for i, k, v in there] + [
                {"id": 7, "type": "A", "name": "other", "target": V4,
                 "ttl_sec": 0}],
            "page": 1, "pages": 1, "results": len(there) + 1})

    def new(self, name, kind, value, ttl):
        return {"type": kind, "name": label(name, ""), "target": value,
                "ttl_sec": ttl}

    def changed(self, name, kind, value, ttl):
        return {"target": value, "ttl_sec": ttl}


def linode(status):
    return (status, {"errors": [{"field": "x", "reason": "?"}]})


t = Table("linode", "api.linode.com", {"token": TOKEN}, BEARER)
api = Linode(t)
api.standard()
LINODE = BUSY + [(linode(401), "refused"), (linode(403), "refused")]
api.answers(prelude=LINODE + [({"data": [], "page": 1, "pages": 1,
                                "results": 0}, "refused")],
            read=LINODE, write=LINODE + [(linode(400), "refused")])
gone(api, t, linode(404))
t.row("a TTL between those that there are", *api.prelude,
      *api.reads(WWW, {}, "A"), *api.make(WWW, "A", [V4], 3600),
      families="4", ttl=301)


class Vultr(Rest):
    AT, METHOD, UPDATED = "/v2/domains/example.org/records", "PATCH", 204

    def read(self, name, kinds, there):
        return (f"GET {self.AT}?per_page=500", {
            "records": [{"id": i, "type": k, "name": label(name, ""),
                         "data": v, "priority": -1, "ttl": 3600}
                        for i, k, v in there],
            "meta": {"total": len(there), "links": {"next": "",
                                                    "prev": ""}}})

    def new(self, name, kind, value, ttl):
        return {"type": kind, "name": label(name, ""), "data": value,
                "ttl": ttl}

    def changed(self, name, kind, value, ttl):
        return {"data": value, "ttl": ttl}


def vultr(status):
    return (status, {"error": "?", "status": status})


t = Table("vultr", "api.vultr.com", {"token": TOKEN}, BEARER)
api = Vultr(t)
api.standard()
VULTR = BUSY + [(vultr(401), "refused"), (vultr(403), "refused")]
api.answers(read=VULTR + [(vultr(404), "refused")],
            write=VULTR + [(vultr(400), "refused")])
gone(api, t, vultr(404))
page = {"records": [{"id": "x", "type": "A", "name": "other", "data": V4,
                     "ttl": 300, "priority": -1}],
        "meta": {"total": 2, "links": {"next": "bmV4dA==", "prev": ""}}}
t.row("a second page", (f"GET {api.AT}?per_page=500", page),
      (f"GET {api.AT}?per_page=500&cursor=bmV4dA%3D%3D",
       api.read(WWW, ["A"], [("1", "A", V4)])[1]), families="4",
      out="unchanged")


class Dnsimple(Rest):
    AT, METHOD = "/v2/1010/zones/example.org/records", "PATCH"
    default_ttl = 3600
    zones = ()  # that is the session's
    prelude = (("GET /v2/whoami", {"data": {
        "user": None, "account": {"id": 1010, "email": "x@example.org"}}}),)

    def read(self, name, kinds, there):
        return (f"GET {self.AT}?name={label(name, '')}&per_page=100", {
            "data": [{"id": int(i), "zone_id": "example.org", "parent_id": None,
                      "name": label(name, ""), "content": v, "ttl": 3600,
                      "priority": None, "type": k, "regions": ["global"],
                      "system_record": False} for i, k, v in there],
            "pagination": {"current_page": 1, "per_page": 100,
                           "total_entries": len(there), "total_pages": 1}})

    def new(self, name, kind, value, ttl):
        return {"type": kind, "name": label(name, ""), "content": value,
                "ttl": ttl}

    def changed(self, name, kind, value, ttl):
        return {"content": value, "ttl": ttl}


def message(status):
    return (status, {"message": "?"})


t = Table("dnsimple", "api.dnsimple.com", {"token": TOKEN}, BEARER)
api = Dnsimple(t)
api.standard()
SIMPLE = BUSY + [(message(401), "refused"), (message(403), "refused"),
                 (message(402), "refused"), (message(504), "retry")]
api.answers(prelude=SIMPLE + [({"data": {"user": {"id": 1}, "account": None}},
                               "refused")],
            read=SIMPLE + [(message(404), "refused")],
            write=SIMPLE + [(message(400), "refused")])
gone(api, t, message(404))
t.row("the account is set", *api.reads(WWW, {"A": [("1", V4)]}, "A"),
      families="4", out="unchanged", settings={"account": "1010"})


class Namecom(Rest):
    AT, CREATED = "/v4/domains/example.org/records", 200

    def read(self, name, kinds, there):
        records = []
        for i, k, v in there:
            records.append({"id": int(i), "domainName": "example.org",
                            "fqdn": name + ".", "type": k, "answer": v,
                            "ttl": 3600})
            if name != "example.org":
                records[-1]["host"] = label(name)
        return (f"GET {self.AT}?perPage=1000&page=1", {"records": records}
                if records else {})

    def new(self, name, kind, value, ttl):
        return {"host": label(name, ""), "type": kind, "answer": value,
                "ttl": ttl}

    changed = new


t = Table("namecom", "api.name.com", {"username": "us er", "token": PASSWORD},
          basic("us er", PASSWORD))
api = Namecom(t)
api.standard()
NAMECOM = BUSY + [(message(401), "refused"), (message(403), "refused")]
api.answers(read=NAMECOM + [(message(404), "refused")], write=NAMECOM + [
    (message(400), "refused"), (message(409), "refused")])
gone(api, t, message(404))


class Ionos(Rest):
    AT = "/dns/v1/zones/z-1/records"
    prelude = (("GET /dns/v1/zones", [
        {"name": "example.com", "id": "z-0", "type": "NATIVE"},
        {"name": "example.org", "id": "z-1", "type": "NATIVE"}]),)

    def read(self, name, kinds, there):
        return (f"GET /dns/v1/zones/z-1?suffix={name}&recordName={name}"
                "&recordType=A%2CAAAA", {
                    "id": "z-1", "name": "example.org", "type": "NATIVE",
                    "records": [
                        {"id": i, "name": name, "rootName": "example.org",
                         "type": k, "content": v, "changeDate": "2024",
                         "ttl": 3600, "disabled": False, "prio": 0}
                        for i, k, v in there]})

    def new(self, name, kind, value, ttl):
        return [{"name": name, "type": kind, "content": value, "ttl": ttl,
                 "prio": 0, "disabled": False}]

    def changed(self, name, kind, value, ttl):
        return {"content": value, "ttl": ttl, "prio": 0, "disabled": False}

    def delete(self, name, kind, ident, old):
        return [(f"DELETE {self.AT}/{ident}", 200)]


def ionos(status, code):
    return (status, [{"code": code, "message": "?"}])


t = Table("ionos", "api.hosting.ionos.com", {"token": TOKEN},
          {"X-API-Key": TOKEN})
api = Ionos(t)
api.standard()
IONOS = BUSY + [(ionos(401, "UNAUTHORIZED"), "refused"),
                (ionos(403, "FORBIDDEN"), "refused")]
api.answers(prelude=IONOS + [([], "refused")], read=IONOS, write=IONOS + [
    (ionos(400, "INVALID_RECORD"), "refused")])
gone(api, t, ionos(404, "RECORD_NOT_FOUND"))


class Luadns(Rest):
    AT, CREATED = "/v1/zones/5/records", 200
    prelude = (("GET /v1/zones", [{"id": 4, "name": "example.com"},
                                  {"id": 5, "name": "example.org"}]),)

    def read(self, name, kinds, there):
        return (f"GET {self.AT}", [
            {"id": int(i), "name": name + ".", "type": k, "content": v,
             "ttl": 3600, "zone_id": 5} for i, k, v in there])

    def new(self, name, kind, value, ttl):
        return {"name": name + ".", "type": kind, "content": value,
                "ttl": ttl}

    changed = new


t = Table("luadns", "api.luadns.com", {"username": "u@x", "token": PASSWORD},
          basic("u@x", PASSWORD))
api = Luadns(t)
api.standard()
LUADNS = BUSY + [(message(401), "refused"), (message(403), "refused")]
api.answers(prelude=LUADNS + [([], "refused")], read=LUADNS,
            write=LUADNS + [(message(400), "refused")])
gone(api, t, message(404))


class Simply(Rest):
    AT = "/2/my/products/example.org/dns/records"
    OK = {"status": 200, "message": "success"}
    CREATED, UPDATED, DELETED = dict(OK, record={"id": 9}), OK, OK

    def read(self, name, kinds, there):
        return (f"GET {self.AT}", dict(self.OK, records=[
            {"record_id": int(i), "name": label(name), "type": k,
             "data": v,
             "ttl": 3600, "priority": 0} for i, k, v in there]))

    def new(self, name, kind, value, ttl):
        return {"type": kind, "name": label(name), "data": value, "ttl": ttl}

    changed = new


t = Table("simply", "api.simply.com", {"username": "S1", "token": PASSWORD},
          basic("S1", PASSWORD))
api = Simply(t)
api.standard()
SIMPLY = BUSY + [((401, {"status": 401, "message": "?"}), "refused"),
                 ({"status": 401, "message": "?"}, "refused"),
                 ({"status": 500, "message": "?"}, "retry")]
api.answers(read=SIMPLY + [(message(404), "refused")], write=SIMPLY)
gone(api, t, message(404))


class Netlify(Rest):
    AT = "/api/v1/dns_zones/z1/dns_records"
    prelude = (("GET /api/v1/dns_zones", [
        {"id": "z1", "name": "example.org"}]),)

    def read(self, name, kinds, there):
        return (f"GET {self.AT}", [
            {"id": i, "hostname": name, "type": k, "value": v, "ttl": 3600,
             "priority": None, "dns_zone_id": "z1", "managed": False}
            for i, k, v in there])

    def new(self, name, kind, value, ttl):
        return {"type": kind, "hostname": name, "value": value, "ttl": ttl}

    def update(self, name, kind, ident, old, new, ttl):
        return (self.create(name, kind, new, ttl) +
                self.delete(name, kind, ident, old))


t = Table("netlify", "api.netlify.com", {"token": TOKEN}, BEARER)
api = Netlify(t)
api.standard()
NETLIFY = BUSY + [(message(401), "refused"), (message(403), "refused")]
api.answers(prelude=NETLIFY + [([], "refused")], read=NETLIFY,
            write=NETLIFY + [(message(422), "refused")])


class Bunny(Rest):
    AT, METHOD, UPDATED = "/dnszone/9/records", "POST", 204
    per_name = False
    prelude = (("GET /dnszone?search=example.org", {
        "Items": [{"Id": 8, "Domain": "example.org.uk", "Records": []},
                  {"Id": 9, "Domain": "example.org", "Records": []}],
        "CurrentPage": 1, "TotalItems": 2, "HasMoreItems": False}),)
    KIND = {"A": 0, "AAAA": 1}

    def read(self, name, kinds, there):
        return ("GET /dnszone/9", {"Id": 9, "Domain": "example.org",
                                   "Records": [
                                       {"Id": int(i), "Type": self.KIND[k],
                                        "Ttl": 3600, "Value": v,
                                        "Name": label(name, "")}
                                       for i, k, v in there]})

    def new(self, name, kind, value, ttl):
        return {"Type": self.KIND[kind], "Name": label(name, ""),
                "Value": value, "Ttl": ttl}

    def changed(self, name, kind, value, ttl):
        return {"Value": value, "Ttl": ttl}

    def create(self, name, kind, new, ttl):
        return [(f"PUT {self.AT}", self.new(name, kind, new, ttl), 201)]


t = Table("bunny", "api.bunny.net", {"token": TOKEN}, {"AccessKey": TOKEN})
api = Bunny(t)
api.standard()
BUNNY = BUSY + [(message(401), "refused")]
api.answers(prelude=BUNNY + [({"Items": []}, "refused")], read=BUNNY,
            write=BUNNY + [((400, {"ErrorKey": "x", "Field": "Value",
                                   "Message": "?"}), "refused")])
