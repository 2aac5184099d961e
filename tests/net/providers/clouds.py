"""Google, Azure and AWS: tokens, signatures, RRsets.  From their
specifications and recordings."""

import base64
import datetime
import hashlib
import hmac
import json
import subprocess
import tempfile
import urllib.parse
import xml.etree.ElementTree as xml

from provider_api import STAR, WWW, Sets, label
from provider_rows import PASSWORD, V4, Check, Form, Table

LATER = (900, 86400)
BUSY = [((429, "", {"Retry-After": "60"}), "slow", 60), ((500, ""), "retry"),
        ((503, "<html>"), "retry"), ((418, "?"), "retry", LATER)]


def openssl(*command, stdin=None):
    return subprocess.run(["openssl", *command], input=stdin, check=True,
                          capture_output=True).stdout


KEY = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
              "rsa_keygen_bits:2048")
ACCOUNT = json.dumps({"type": "service_account", "project_id": "other",
                      "client_email": "e\"vddns@x.iam",
                      "private_key": KEY.decode(),
                      "token_uri": "https://oauth2.googleapis.com/token"})


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwt_fault(request):
    """RFC 7523 and 7515, by openssl."""
    form = dict(urllib.parse.parse_qsl(request.body.decode()))
    if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
        return f"grant_type {form.get('grant_type')}"
    if request.header("authorization"):
        return "the question for a token carries one"
    head, claims, signature = form["assertion"].split(".")
    if "=" in form["assertion"] or json.loads(unbase64(head)) != {
            "alg": "RS256", "typ": "JWT"}:
        return f"header {unbase64(head)}"
    said = json.loads(unbase64(claims))
    now = datetime.datetime.now().timestamp()
    if (said["iss"], said["aud"], said["scope"]) != (
            "e\"vddns@x.iam", "https://oauth2.googleapis.com/token",
            "https://www.googleapis.com/auth/ndev.clouddns.readwrite"):
        return f"claims {said}"
    if not now - 60 < said["iat"] <= now + 5 or not (
            0 < said["exp"] - said["iat"] <= 3600):
        return f"times {said}"
    with tempfile.TemporaryDirectory() as d:
        for name, data in (("public", openssl("rsa", "-pubout", stdin=KEY)),
                           ("signature", unbase64(signature))):
            with open(f"{d}/{name}", "wb") as f:
                f.write(data)
        ran = subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", f"{d}/public",
             "-signature", f"{d}/signature"], capture_output=True,
            input=f"{head}.{claims}".encode(), check=False)
    return ran.stdout.decode() if ran.returncode else None


class Google(Sets):
    per_name = True
    AT = "/dns/v1/projects/p-1/managedZones"
    prelude = (
        ("POST /token", Check(jwt_fault), {
            "access_token": "ya29.x", "token_type": "Bearer",
            "expires_in": 3600}),
        (f"GET {AT}?dnsName=example.org.", {
            "kind": "dns#managedZonesListResponse", "managedZones": [
                {"kind": "dns#managedZone", "name": "mine",
                 "dnsName": "example.org.", "id": "699036609868956548",
                 "visibility": "public"}]}))

    def go(self, title, talk, **row):
        parts = {"deletions": [], "additions": []}
        for e in talk:
            for k, v in (e[1] if len(e) == 3 else {}).items():
                parts[k] += v
        talk = [e for e in talk if len(e) == 2]
        if any(parts.values()):
            talk += self.write(parts)
        super().go(title, talk, **row)

    def write(self, parts):
        return [(f"POST {self.AT}/mine/changes", parts, dict(
            parts, kind="dns#change", id="212", status="pending"))]

    @staticmethod
    def rrset(name, kind, values, ttl):
        return {"name": name + ".", "type": kind, "ttl": ttl,
                "rrdatas": values}

    def read(self, name, kinds, there):
        found = {}
        for _, kind, value in there:
            found.setdefault(kind, []).append(value)
        return (f"GET {self.AT}/mine/rrsets?name={name}.", {
            "kind": "dns#resourceRecordSetsListResponse", "rrsets": [
                dict(self.rrset(name, k, v, 3600), kind="dns#resourceRecordSet")
                for k, v in dict(found, TXT=['"192.0.2.1"']).items()]})

    def change(self, name, kind, there, wanted, ttl=None):
        return self.write({
            "deletions": [self.rrset(name, kind, [v for _, v in there], 3600)],
            "additions": [self.rrset(name, kind, wanted, ttl or 3600)]})

    def make(self, name, kind, wanted, ttl=None):
        return self.write({"deletions": [], "additions": [
            self.rrset(name, kind, wanted, ttl or 300)]})

    def drop(self, name, kind, there, left):
        if left:
            return self.change(name, kind, there, left)
        return self.write({"deletions": [self.rrset(
            name, kind, [v for _, v in there], 3600)], "additions": []})


def google(status, reason):
    return (status, {"error": {"code": status, "message": "?",
                               "errors": [{"reason": reason}]}})


t = Table("googlecloud", "dns.googleapis.com",
          {"key": ACCOUNT, "project": "p-1"})
api = Google(t)
api.standard()
GOOGLE = BUSY + [(google(403, "forbidden"), "refused"),
                 (google(403, "accessNotConfigured"), "refused"),
                 (google(403, "rateLimitExceeded"), "slow"),
                 (google(403, "quotaExceeded"), "slow"),
                 (google(429, "rateLimitExceeded"), "slow")]
api.answers(prelude=BUSY + [
    ((400, {"error": "invalid_grant"}), "refused"),
    ((401, {"error": "invalid_client"}), "refused")])
api.answers(read=GOOGLE, write=GOOGLE + [
    (google(400, "invalid"), "refused")])
READ = api.reads(WWW, {"A": [("", "192.0.2.1")]}, "A")
CHANGE = api.change(WWW, "A", [("", "192.0.2.1")], [V4])[0]
t.row("the token is over: a new one, once", *api.prelude,
      (READ[0][0], google(401, "authError")), *api.prelude, *READ, CHANGE,
      families="4")
t.row("the token is over again", *api.prelude,
      (READ[0][0], google(401, "authError")), *api.prelude,
      (READ[0][0], google(401, "authError")), families="4", out="retry")
t.row("somebody was faster: read again", *api.prelude, *READ,
      (*CHANGE[:2], google(412, "conditionNotMet")), api.prelude[1],
      *api.reads(WWW, {"A": [("", V4)]}, "A"), families="4", out="unchanged")
t.row("no such zone", api.prelude[0], (api.prelude[1][0], {
    "kind": "dns#managedZonesListResponse", "managedZones": []}),
    families="4", out="refused")
t.row("the zone by its name", api.prelude[0], *READ, CHANGE, families="4",
      settings={"zone-name": "mine"})


class Azure(Sets):
    prelude = (("POST /ten-ant/oauth2/v2.0/token", Form({
        "grant_type": "client_credentials", "client_id": "c-1",
        "client_secret": PASSWORD,
        "scope": "https://management.azure.com/.default"}), {
            "token_type": "Bearer", "expires_in": "3599",
            "access_token": "eyJ.x"}),)

    @staticmethod
    def at(name, kind):
        return ("/subscriptions/s-1/resourceGroups/g-1/providers/"
                f"Microsoft.Network/dnsZones/example.org/{kind}/"
                f"{label(name)}?api-version=2018-05-01")

    @staticmethod
    def properties(kind, values, ttl):
        field = "ipv4Address" if kind == "A" else "ipv6Address"
        return {"properties": {"TTL": ttl, kind + "Records": [
            {field: v} for v in values]}}

    def found(self, name, kind, values, ttl):
        return dict({"id": "/x", "name": label(name), "etag": "e1",
                     "type": "Microsoft.Network/dnszones/" + kind},
                    **self.properties(kind, values, ttl))

    def read(self, name, kinds, there):
        line = "GET " + self.at(name, kinds[0])
        if not there:
            return (line, (404, {"code": "NotFound", "message": "?"}))
        return (line, self.found(name, kinds[0], [v for _, _, v in there],
                                 3600))

    def put(self, name, kind, values, ttl):
        return [("PATCH " + self.at(name, kind),
                 self.properties(kind, values, ttl),
                 self.found(name, kind, values, ttl))]

    def make(self, name, kind, wanted, ttl=None):
        ttl = ttl or 300
        return [("PUT " + self.at(name, kind),
                 self.properties(kind, wanted, ttl),
                 (201, self.found(name, kind, wanted, ttl)))]

    def remove(self, name, kind):
        return [("DELETE " + self.at(name, kind), 200)]


def azure(status, code):
    return (status, {"error": {"code": code, "message": "?"}})


t = Table("azure", "management.azure.com", {
    "tenant": "ten-ant", "client-id": "c-1", "secret": PASSWORD,
    "subscription": "s-1", "resource-group": "g-1"})
api = Azure(t)
api.standard()
AZURE = BUSY + [(azure(403, "AuthorizationFailed"), "refused"),
                (azure(404, "ParentResourceNotFound"), "refused"),
                (azure(409, "Conflict"), "retry"),
                (azure(412, "PreconditionFailed"), "retry")]
api.answers(prelude=BUSY + [
    ((401, {"error": "invalid_client", "error_description": "?"}), "refused"),
    ((400, {"error": "unauthorized_client"}), "refused")],
    read=AZURE, write=AZURE)

ID, AWS = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NS = "https://route53.amazonaws.com/doc/2013-04-01/"


def sigv4_fault(request):
    """Signature version 4, from its public description."""
    scheme, _, rest = request.header("authorization").partition(" ")
    parts = dict(p.strip().split("=", 1) for p in rest.split(","))
    if scheme != "AWS4-HMAC-SHA256":
        return f"scheme {scheme!r}"
    stamp, names = request.header("x-amz-date"), parts["SignedHeaders"]
    scope = f"{stamp[:8]}/us-east-1/route53/aws4_request"
    if parts["Credential"] != f"{ID}/{scope}":
        return f"Credential {parts['Credential']}"
    if not {"host", "x-amz-date"} <= set(names.split(";")):
        return f"SignedHeaders {names}"
    path, _, query = request.target.partition("?")
    quote = urllib.parse.quote
    pairs = sorted((quote(urllib.parse.unquote(k), "~"),
                    quote(urllib.parse.unquote(v), "~")) for k, _, v in (
        p.partition("=") for p in filter(None, query.split("&"))))
    canonical = "\n".join([
        request.method, quote(urllib.parse.unquote(path), "/~"),
        "&".join(f"{k}={v}" for k, v in pairs),
        *(f"{n}:{' '.join(request.header(n).split())}"
          for n in names.split(";")), "", names,
        hashlib.sha256(request.body).hexdigest()])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                         hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + AWS).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    wanted = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    return None if parts["Signature"] == wanted else (
        f"signature of\n{canonical}")


def aws(changes=None):
    """A signed request; with these changes in its batch."""

    def fault(request):
        bad = sigv4_fault(request)
        if bad or changes is None:
            return bad or (f"a body {request.body}" if request.body else None)
        root = xml.fromstring(request.body)
        got = []
        for change in root.iter(f"{{{NS}}}Change"):
            rrset = change.find(f"{{{NS}}}ResourceRecordSet")
            order = [e.tag.split("}")[1] for e in rrset]
            if order != ["Name", "Type", "TTL", "ResourceRecords"]:
                return f"order {order}"
            got.append((change.find(f"{{{NS}}}Action").text,
                        *(rrset.find(f"{{{NS}}}{n}").text
                          for n in ("Name", "Type", "TTL")),
                        sorted(v.text for v in rrset.iter(f"{{{NS}}}Value"))))
        return None if got == changes else f"{got}, not {changes}"

    return Check(fault)


def document(name, inside):
    return ('<?xml version="1.0"?>\n'
            f'<{name} xmlns="{NS}">{inside}</{name}>')


class Route53(Sets):
    prelude = ((
        "GET /2013-04-01/hostedzonesbyname?dnsname=example.org.&maxitems=1",
        aws(), document("ListHostedZonesByNameResponse", (
            "<HostedZones><HostedZone><Id>/hostedzone/Z0401</Id>"
            "<Name>example.org.</Name><CallerReference>x</CallerReference>"
            "<Config><PrivateZone>false</PrivateZone></Config>"
            "</HostedZone></HostedZones>"))),)
    WRITE = "POST /2013-04-01/hostedzone/Z0401/rrset/"
    DONE = document("ChangeResourceRecordSetsResponse", (
        "<ChangeInfo><Id>/change/C05</Id><Status>PENDING</Status>"
        "<SubmittedAt>2022-04-19T20:56:28.449Z</SubmittedAt></ChangeInfo>"))

    def go(self, title, talk, **row):
        changes = [e[0] for e in talk if len(e) == 1]
        talk = [e for e in talk if len(e) > 1]
        if changes:
            talk.append((self.WRITE, aws(changes), self.DONE))
        super().go(title, talk, **row)

    def answers(self, read=(), write=(), prelude=()):
        go, self.change = self.change, lambda *a: [
            (self.WRITE, aws(go(*a)[0]), "")]
        super().answers(read, write, prelude)
        del self.change

    def read(self, name, kinds, there):
        shown = name.replace("*", "\\052") + "."
        found = shown if there else "zzz.example.org."
        return (f"GET /2013-04-01/hostedzone/Z0401/rrset?maxitems=1"
                f"&name={name}.&type={kinds[0]}", aws(), document(
                    "ListResourceRecordSetsResponse", (
                        "<ResourceRecordSets><ResourceRecordSet>"
                        f"<Name>{found}</Name><Type>{kinds[0]}</Type>"
                        "<TTL>3600</TTL><ResourceRecords>" + "".join(
                            "<ResourceRecord><Value>" + v +
                            "</Value></ResourceRecord>"
                            for _, _, v in there or [(0, 0, "192.0.2.250")]) +
                        "</ResourceRecords></ResourceRecordSet>"
                        "</ResourceRecordSets>")))

    def put(self, name, kind, values, ttl):
        return [[("UPSERT", name + ".", kind, str(ttl), sorted(values))]]

    def remove(self, name, kind):
        return [[("DELETE", name + ".", kind, "3600", [V4])]]


def fails(status, code):
    return (status, document("ErrorResponse", (
        f"<Error><Type>Sender</Type><Code>{code}</Code><Message>?</Message>"
        "</Error><RequestId>x</RequestId>")))


t = Table("route53", "route53.amazonaws.com", {"key": ID, "secret": AWS})
api = Route53(t)
api.standard()
R53 = BUSY[1:] + [
    (fails(400, "Throttling"), "slow"),
    (fails(400, "PriorRequestNotComplete"), "retry"),
    (fails(403, "SignatureDoesNotMatch"), "refused"),
    (fails(403, "InvalidClientTokenId"), "refused"),
    (fails(403, "AccessDenied"), "refused"),
    (fails(403, "RequestExpired"), "refused"),
    (fails(404, "NoSuchHostedZone"), "refused")]
api.answers(prelude=R53, read=R53)
api.answers(write=R53 + [
    (fails(400, "InvalidInput"), "refused"),
    ((400, document("InvalidChangeBatch", "<Messages><Message>?</Message>"
                    "</Messages>")), "refused")])
t.row("no such zone", (*api.prelude[0][:2], document(
    "ListHostedZonesByNameResponse", "<HostedZones><HostedZone>"
    "<Id>/hostedzone/ZX</Id><Name>example.com.</Name></HostedZone>"
    "</HostedZones>")), families="4", out="refused")
t.row("a session token", *(
    (*e[:2], e[2]) for e in api.prelude), *api.reads(
        WWW, {"A": [("", V4)]}, "A"), families="4", out="unchanged",
    settings={"session-token": "t0k+en/=="},
    headers={"x-amz-security-token": "t0k+en/=="})
t.row("an alias is left alone", *api.prelude, (
    *api.reads(WWW, {"A": [("", V4)]}, "A")[0][:2], document(
        "ListResourceRecordSetsResponse", "<ResourceRecordSets>"
        "<ResourceRecordSet><Name>www.example.org.</Name><Type>A</Type>"
        "<AliasTarget><DNSName>x.</DNSName></AliasTarget>"
        "</ResourceRecordSet></ResourceRecordSets>")), families="4",
    out="refused")
assert STAR
