"""Services that keep RRsets: deSEC, Hetzner, Gandi, GoDaddy, PowerDNS,
Scaleway, Yandex.  From their specifications and recordings."""

from provider_api import WWW, Sets, label
from provider_rows import TOKEN, PASSWORD, V4, Table

LATER = (900, 86400)
BUSY = [((429, "", {"Retry-After": "60"}), "slow", 60), ((500, ""), "retry"),
        ((503, "<html>"), "retry"), ((418, "?"), "retry", LATER)]
BEARER = {"Authorization": "Bearer " + TOKEN}


class Desec(Sets):
    per_name = True
    default_ttl = 3600

    def go(self, title, talk, **row):
        """One PATCH for both families."""
        sets = [s for e in talk if len(e) == 3 for s in e[1]]
        talk = [e for e in talk if len(e) == 2]
        if sets:
            talk.append((self.WRITE, sets, sets))
        super().go(title, talk, **row)

    AT = "/api/v1/domains/example.org/rrsets/"
    WRITE = "PATCH " + AT

    def read(self, name, kinds, there):
        sub = label(name, "")
        found = {}
        for _, kind, value in there:
            found.setdefault(kind, []).append(value)
        return (f"GET {self.AT}?subname={sub}", [
            {"created": "2025-10-15T23:23:27Z", "domain": "example.org",
             "subname": sub, "name": name + ".", "records": values,
             "ttl": 3600, "type": kind, "touched": "2025-10-15T23:23:27Z"}
            for kind, values in found.items()])

    def put(self, name, kind, values, ttl):
        return [(self.WRITE, [{"subname": label(name, ""), "type": kind,
                               "ttl": ttl, "records": values}], [])]

    def remove(self, name, kind):
        return self.put(name, kind, [], 3600)


DETAIL = {"detail": "?"}
t = Table("desec", "desec.io", {"token": TOKEN},
          {"Authorization": "Token " + TOKEN})
api = Desec(t)
api.standard()
DESEC = BUSY + [((401, {"detail": "Invalid token."}), "refused"),
                ((403, DETAIL), "refused"), ((404, DETAIL), "refused")]
api.answers(read=DESEC, write=DESEC + [
    ((400, [{"ttl": ["Ensure this value is greater than or equal to "
                     "3600."]}]), "refused"),
    ((400, {"non_field_errors": ["?"]}), "refused")])


class Hetzner(Sets):
    AT = "/v1/zones/example.org/rrsets"

    @staticmethod
    def fails(status, code):
        return (status, {"error": {"code": code, "message": "?",
                                   "details": None}})

    @staticmethod
    def action(status="success", command="set_rrset_records"):
        return {"id": 42, "command": command, "status": status,
                "progress": 100, "started": "2026-05-15T12:00:00Z",
                "finished": None, "resources": [
                    {"id": 1, "type": "zone"}], "error": None}

    def rrset(self, name, kind, values, ttl=3600):
        return {"zone": 1, "id": f"{label(name)}/{kind}",
                "name": label(name), "type": kind, "ttl": ttl, "labels": {},
                "protection": {"change": False},
                "records": [{"value": v, "comment": ""} for v in values]}

    def at(self, name, kind):
        return f"{self.AT}/{label(name)}/{kind}"

    def read(self, name, kinds, there):
        line = "GET " + self.at(name, kinds[0])
        if not there:
            return (line, self.fails(404, "not_found"))
        return (line, {"rrset": self.rrset(name, kinds[0],
                                           [v for _, _, v in there])})

    def put(self, name, kind, values, ttl):
        talk = [(f"POST {self.at(name, kind)}/actions/set_records",
                 {"records": [{"value": v} for v in values]},
                 (201, {"action": self.action()}))]
        if ttl != self.ttl:
            talk.append((f"POST {self.at(name, kind)}/actions/change_ttl",
                         {"ttl": ttl}, (201, {"action": self.action(
                             command="change_rrset_ttl")})))
        return talk

    def make(self, name, kind, wanted, ttl=None):
        return [(f"POST {self.AT}", {
            "name": label(name), "type": kind,
            "ttl": ttl or self.default_ttl,
            "records": [{"value": v} for v in wanted]},
            (201, {"rrset": self.rrset(name, kind, wanted),
                   "action": self.action(command="create_rrset")}))]

    def remove(self, name, kind):
        return [("DELETE " + self.at(name, kind),
                 (201, {"action": self.action(command="delete_rrset")}))]


t = Table("hetzner", "api.hetzner.cloud", {"token": TOKEN}, BEARER)
api = Hetzner(t)
api.standard()
HETZNER = BUSY + [(Hetzner.fails(s, c), out) for s, c, out in (
    (400, "json_error", "refused"), (401, "unauthorized", "refused"),
    (401, "token_readonly", "refused"), (403, "forbidden", "refused"),
    (403, "resource_limit_exceeded", "refused"),
    (405, "method_not_allowed", "refused"),
    (410, "deprecated_api_endpoint", "refused"),
    (422, "invalid_input", "refused"), (422, "unsupported_error", "refused"),
    (422, "incorrect_zone_mode", "refused"), (423, "protected", "refused"),
    (429, "rate_limit_exceeded", "slow"), (403, "maintenance", "retry"),
    (409, "conflict", "retry"), (412, "resource_unavailable", "retry"),
    (422, "service_error", "retry"), (423, "locked", "retry"),
    (500, "server_error", "retry"), (503, "unavailable", "retry"),
    (504, "timeout", "retry"))]
api.answers(read=HETZNER, write=HETZNER)
READ = api.reads(WWW, {"A": [("", "192.0.2.1")]}, "A")
SET = api.put(WWW, "A", [V4], 3600)[0]
RUNNING = (201, {"action": Hetzner.action("running")})
t.row("polled", *READ, (*SET[:2], RUNNING),
      ("GET /v1/zones/actions/42", {"action": Hetzner.action("running")}),
      ("GET /v1/zones/actions/42", {"action": Hetzner.action()}), families="4")
t.row("polled for long: it was accepted", *READ, (*SET[:2], RUNNING), *[
    ("?GET /v1/zones/actions/42", {"action": Hetzner.action("running")})
    for _ in range(12)], families="4")
t.row("polled among the actions of all kinds", *READ, (*SET[:2], RUNNING),
      ("GET /v1/zones/actions/42", Hetzner.fails(404, "not_found")),
      ("GET /v1/actions/42", {"action": Hetzner.action("running")}),
      ("GET /v1/actions/42", {"action": Hetzner.action()}), families="4")
t.row("nobody knows of it: it was accepted", *READ, (*SET[:2], RUNNING),
      ("GET /v1/zones/actions/42", Hetzner.fails(404, "not_found")),
      ("GET /v1/actions/42", Hetzner.fails(404, "not_found")), families="4")
t.row("polled: it failed", *READ, (*SET[:2], RUNNING),
      ("GET /v1/zones/actions/42", {"action": Hetzner.action("error")}),
      families="4", out="retry")
t.row("the zone is not there", ("GET /v1/zones/example.org/rrsets/www/A",
                                Hetzner.fails(404, "not_found")),
      (*api.make(WWW, "A", [V4])[0][:2], Hetzner.fails(404, "not_found")),
      families="4", out="refused")
t.row("somebody else made it", ("GET /v1/zones/example.org/rrsets/www/A",
                                Hetzner.fails(404, "not_found")),
      (*api.make(WWW, "A", [V4])[0][:2],
       Hetzner.fails(409, "uniqueness_error")), *READ, SET, families="4")


class Gandi(Sets):
    AT = "/v5/livedns/domains/example.org/records"

    def at(self, name, kind):
        return f"{self.AT}/{label(name)}/{kind}"

    def read(self, name, kinds, there):
        line = "GET " + self.at(name, kinds[0])
        if not there:
            return (line, (404, {"code": 404, "message": "?",
                                 "object": "dns-record",
                                 "cause": "Not Found"}))
        return (line, {"rrset_name": label(name), "rrset_type": kinds[0],
                       "rrset_values": [v for _, _, v in there],
                       "rrset_ttl": 3600, "rrset_href": "https://x/"})

    def put(self, name, kind, values, ttl):
        return [("PUT " + self.at(name, kind),
                 {"rrset_values": values, "rrset_ttl": ttl},
                 (201, {"message": "DNS Record Created"}))]

    def remove(self, name, kind):
        return [("DELETE " + self.at(name, kind), 204)]


def gandi(status):
    return (status, {"code": status, "message": "?", "object": "HTTP",
                     "cause": "?"})


t = Table("gandi", "api.gandi.net", {"token": TOKEN}, BEARER)
api = Gandi(t)
api.standard()
GANDI = BUSY + [(gandi(401), "refused"), (gandi(403), "refused")]
api.answers(read=GANDI, write=GANDI + [
    (gandi(404), "refused"), (gandi(400), "refused"),
    (gandi(409), "refused")])


class Godaddy(Sets):
    default_ttl = 600

    def at(self, name, kind):
        return f"/v1/domains/example.org/records/{kind}/{label(name)}"

    def read(self, name, kinds, there):
        return ("GET " + self.at(name, kinds[0]), [
            {"data": v, "name": label(name), "ttl": 3600, "type": kinds[0]}
            for _, _, v in there])

    def put(self, name, kind, values, ttl):
        return [("PUT " + self.at(name, kind),
                 [{"data": v, "ttl": ttl} for v in values], 200)]

    def remove(self, name, kind):
        return [("DELETE " + self.at(name, kind), 204)]


def godaddy(status, code, **more):
    return (status, dict({"code": code, "message": "?"}, **more))


t = Table("godaddy", "api.godaddy.com", {"key": TOKEN, "secret": PASSWORD},
          {"Authorization": f"sso-key {TOKEN}:{PASSWORD}"})
api = Godaddy(t)
api.standard()
GODADDY = BUSY + [
    (godaddy(401, "UNABLE_TO_AUTHENTICATE"), "refused"),
    (godaddy(403, "ACCESS_DENIED"), "refused"),
    (godaddy(404, "NOT_FOUND"), "refused"),
    (godaddy(404, "UNKNOWN_DOMAIN"), "refused"),
    (godaddy(429, "TOO_MANY_REQUESTS", retryAfterSec=33), "slow", 33)]
api.answers(read=GODADDY, write=GODADDY + [
    (godaddy(422, "INVALID_BODY", fields=[]), "refused")])


class Powerdns(Sets):
    AT = "/api/v1/servers/localhost/zones/example.org."

    def go(self, title, talk, **row):
        sets = [s for e in talk if len(e) == 3 for s in e[1]["rrsets"]]
        talk = [e for e in talk if len(e) == 2]
        if sets:
            talk.append(("PATCH " + self.AT, {"rrsets": sets}, 204))
        super().go(title, talk, **row)

    def read(self, name, kinds, there):
        sets = [{"comments": [], "name": name + ".", "type": kinds[0],
                 "ttl": 3600, "records": [
                     {"content": v, "disabled": False} for _, _, v in there]
                 }] if there else []
        other = {"comments": [], "name": name + ".", "type": "TXT",
                 "ttl": 3600, "records": [{"content": '"192.0.2.1"',
                                           "disabled": False}]}
        return (f"GET {self.AT}?rrset_name={name}.&rrset_type={kinds[0]}",
                {"id": "example.org.", "name": "example.org.",
                 "kind": "Native", "rrsets": [other] + sets})

    def put(self, name, kind, values, ttl):
        return [("PATCH " + self.AT, {"rrsets": [
            {"name": name + ".", "type": kind, "ttl": ttl,
             "changetype": "REPLACE", "records": [
                 {"content": v, "disabled": False} for v in values]}]}, 204)]

    def remove(self, name, kind):
        return [("PATCH " + self.AT, {"rrsets": [
            {"name": name + ".", "type": kind, "ttl": 3600,
             "changetype": "DELETE", "records": []}]}, 204)]


t = Table("powerdns", None, {"token": TOKEN}, {"X-API-Key": TOKEN})
api = Powerdns(t)
api.standard()
POWERDNS = BUSY + [
    ((401, "Unauthorized"), "refused"), ((404, "Not Found"), "refused"),
    ((422, {"error": "Could not find domain 'example.org.'"}), "refused")]
api.answers(read=POWERDNS, write=POWERDNS + [
    ((422, {"error": "RRset www.example.org. IN A: Name is out of zone"}),
     "refused")])


class Scaleway(Sets):
    AT = "/domain/v2beta1/dns-zones/example.org/records"

    def read(self, name, kinds, there):
        sub = label(name, "")
        return (f"GET {self.AT}?name={sub}&type={kinds[0]}",
                {"total_count": len(there), "records": [
                    {"id": i, "data": v, "name": sub, "priority": 0,
                     "ttl": 3600, "type": kinds[0], "comment": None}
                    for i, _, v in there]})

    def change_one(self, change):
        return [("PATCH " + self.AT, {"changes": [change],
                                      "return_all_records": False},
                 {"records": []})]

    def put(self, name, kind, values, ttl):
        sub = label(name, "")
        return self.change_one({"set": {
            "id_fields": {"name": sub, "type": kind},
            "records": [{"name": sub, "type": kind, "data": v, "ttl": ttl}
                        for v in values]}})

    def remove(self, name, kind):
        return self.change_one({"delete": {"id_fields": {
            "name": label(name, ""), "type": kind}}})


t = Table("scaleway", "api.scaleway.com", {"token": TOKEN},
          {"X-Auth-Token": TOKEN})
api = Scaleway(t)
api.standard()
SCALEWAY = BUSY + [((401, DETAIL), "refused"),
                   ((403, {"message": "domain not found"}), "refused"),
                   ((403, {"message": "insufficient permissions"}),
                    "refused")]
api.answers(read=SCALEWAY, write=SCALEWAY + [((400, DETAIL), "refused")])


class Yandex(Sets):
    AT = "/dns/v1/zones/dnsz1"

    def read(self, name, kinds, there):
        line = (f"GET {self.AT}:getRecordSet?name={name}.&type={kinds[0]}")
        if not there:
            return (line, yandex(404, 5))
        return (line, {"name": name + ".", "type": kinds[0], "ttl": "3600",
                       "data": [v for _, _, v in there]})

    def upsert(self, **body):
        return [(f"POST {self.AT}:upsertRecordSets", body, {
            "done": True, "id": "dns1", "response": {}})]

    def put(self, name, kind, values, ttl):
        return self.upsert(replacements=[{
            "name": name + ".", "type": kind, "ttl": ttl, "data": values}])

    def remove(self, name, kind):
        return self.upsert(deletions=[{
            "name": name + ".", "type": kind, "ttl": 3600, "data": [V4]}])


def yandex(status, code):
    return (status, {"code": code, "message": "?", "details": []})


t = Table("yandexcloud", "dns.api.cloud.yandex.net",
          {"token": TOKEN, "zone-id": "dnsz1"}, BEARER)
api = Yandex(t)
api.standard()
YANDEX = BUSY + [(yandex(401, 16), "refused"), (yandex(403, 7), "refused"),
                 (yandex(429, 8), "slow"), (yandex(500, 13), "retry"),
                 (yandex(503, 14), "retry"), (yandex(400, 3), "refused")]
api.answers(read=YANDEX, write=YANDEX + [(yandex(404, 5), "refused")])
