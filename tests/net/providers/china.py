"""DNSPod, Tencent Cloud and Alibaba Cloud, with their signatures written
from the public text."""

import base64
import hashlib
import hmac
import json
import time
import urllib.parse

from provider_api import WWW, Records, label
from provider_rows import SECRET, TOKEN, V4, Check, Exchange, Form, Table

LATER = (900, 86400)
BUSY = [((429, "", {"Retry-After": "60"}), "slow", 60), ((500, ""), "retry"),
        ((418, "?"), "retry", LATER)]


class Dnspod(Records):
    per_name = False
    default_ttl = 600
    WHO = {"login_token": TOKEN, "format": "json", "domain": "example.org"}

    @staticmethod
    def says(code, **more):
        return dict({"status": {"code": code, "message": "?"}}, **more)

    def form(self, action, answer, **fields):
        return (f"POST /{action}", Form(self.WHO, **fields), answer)

    def read(self, name, kinds, there):
        answer = self.says("1", records=[
            {"id": i, "name": label(name), "type": k, "value": v,
             "ttl": "3600", "line": "电信", "line_id": "10=0",
             "enabled": "1"} for i, k, v in there])
        return self.form("Record.List", answer if there else self.says("10"),
                         sub_domain=label(name), record_type=kinds[0])

    def update(self, name, kind, ident, old, new, ttl):
        return [self.form("Record.Modify", self.says("1"), record_id=ident,
                          sub_domain=label(name), record_type=kind,
                          record_line="电信", record_line_id="10=0",
                          value=new, ttl=str(ttl))]

    def create(self, name, kind, new, ttl):
        return [self.form("Record.Create", self.says("1"),
                          sub_domain=label(name), record_type=kind,
                          record_line="默认", value=new, ttl=str(ttl))]

    def delete(self, name, kind, ident, old):
        return [self.form("Record.Remove", self.says("1"), record_id=ident)]


t = Table("dnspod", "dnsapi.cn", {"token": TOKEN})
api = Dnspod(t)
api.standard()
POD = BUSY + [(Dnspod.says(c), out) for c, out in (
    ("-1", "refused"), ("85", "refused"), ("-2", "slow"), ("32", "refused"),
    ("99", "retry"), (99, "retry"))]
api.answers(read=POD, write=POD)


def tencent_fault(request, action, body):
    """TC3-HMAC-SHA256."""
    if request.header("x-tc-action") != action:
        return f"X-TC-Action {request.header('x-tc-action')}"
    if request.header("x-tc-version") != "2021-03-23":
        return f"X-TC-Version {request.header('x-tc-version')}"
    stamp = request.header("x-tc-timestamp")
    if abs(int(stamp or 0) - time.time()) > 60:
        return f"X-TC-Timestamp {stamp!r}"
    scheme, _, rest = request.header("authorization").partition(" ")
    parts = dict(p.strip().split("=", 1) for p in rest.split(","))
    day = time.strftime("%Y-%m-%d", time.gmtime(int(stamp)))
    names = parts["SignedHeaders"]
    if not {"content-type", "host"} <= set(names.split(";")):
        return f"SignedHeaders {names}"
    canonical = "\n".join([
        "POST", "/", "", *(f"{n}:{request.header(n).strip().lower()}"
                           for n in names.split(";")), "", names,
        hashlib.sha256(request.body).hexdigest()])
    scope = f"{day}/dnspod/tc3_request"
    text = "\n".join([scheme, stamp, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("TC3" + SECRET).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    if (scheme, parts["Credential"]) != ("TC3-HMAC-SHA256",
                                         f"AKID1/{scope}"):
        return f"{scheme} {parts['Credential']}"
    if parts["Signature"] != hmac.new(key, text.encode(),
                                      "sha256").hexdigest():
        return f"signature of\n{canonical}"
    got = json.loads(request.body)
    return None if got == body else f"{got}, not {body}"


def tencent(action, answer, **body):
    return ("POST /", Check(lambda r: tencent_fault(r, action, body)), answer)


class Tencent(Records):
    per_name = False
    default_ttl = 600

    @staticmethod
    def says(**more):
        return {"Response": dict(more, RequestId="x")}

    def read(self, name, kinds, there):
        return tencent("DescribeRecordList", self.says(RecordList=[
            {"RecordId": int(i), "Value": v,
             "Status": "ENABLE", "Name": label(name), "Line": "电信",
             "LineId": "0", "Type": k, "TTL": 3600} for i, k, v in there])
            if there else fails("ResourceNotFound.NoDataOfRecord"),
            Domain="example.org", Subdomain=label(name),
            RecordType=kinds[0])

    def update(self, name, kind, ident, old, new, ttl):
        return [tencent("ModifyRecord", self.says(RecordId=1),
                        Domain="example.org", SubDomain=label(name),
                        RecordId=int(ident),
                        RecordType=kind, RecordLine="电信", Value=new,
                        TTL=ttl)]

    def create(self, name, kind, new, ttl):
        return [tencent("CreateRecord", self.says(RecordId=1),
                        Domain="example.org", SubDomain=label(name),
                        RecordType=kind, RecordLine="默认", Value=new,
                        TTL=ttl)]

    def delete(self, name, kind, ident, old):
        return [tencent("DeleteRecord", self.says(), Domain="example.org",
                        RecordId=int(ident))]


def fails(code):
    return Tencent.says(Error={"Code": code, "Message": "?"})


t = Table("tencent", "dnspod.tencentcloudapi.com",
          {"key": "AKID1", "secret": SECRET})
api = Tencent(t)
api.standard()
TENCENT = BUSY + [(fails(c), out) for c, out in (
    ("AuthFailure.SignatureExpire", "refused"),
    ("AuthFailure.SignatureFailure", "refused"),
    ("AuthFailure.SecretIdNotFound", "refused"),
    ("AuthFailure.UnauthorizedOperation", "refused"),
    ("InvalidParameter.DomainInvalid", "refused"),
    ("MissingParameter", "refused"), ("LimitExceeded", "refused"),
    ("RequestLimitExceeded", "slow"),
    ("RequestLimitExceeded.IPLimitExceeded", "slow"),
    ("InternalError", "retry"), ("FailedOperation", "retry"),
    ("Surprise", "retry"))]
api.answers(read=TENCENT, write=TENCENT)


class Signed(Exchange):
    """Alibaba's signature over the sorted query."""

    def mismatch(self, request):
        query = dict(request.query)
        signature = query.pop("Signature", None)
        added = {k: query.pop(k, None) for k in (
            "AccessKeyId", "SignatureMethod", "SignatureVersion",
            "SignatureNonce", "Timestamp")}
        if sorted(query.items()) != self.query or request.path != self.path:
            return f"query {query}, not {self.query}"
        if (added["AccessKeyId"], added["SignatureMethod"],
                added["SignatureVersion"]) != ("LTAI1", "HMAC-SHA1", "1.0"):
            return f"{added}"
        time.strptime(added["Timestamp"], "%Y-%m-%dT%H:%M:%SZ")
        everything = dict(query, **added)

        def encode(text):
            return urllib.parse.quote(text, safe="-_.~")

        canonical = "&".join(f"{encode(k)}={encode(v)}" for k, v in sorted(
            everything.items()))
        text = f"{request.method}&%2F&{encode(canonical)}"
        wanted = base64.b64encode(hmac.digest(
            (SECRET + "&").encode(), text.encode(), "sha1")).decode()
        return None if signature == wanted else f"signature of {text}"


class Aliyun(Records):
    per_name = False
    default_ttl = 600

    def ask(self, action, answer, **fields):
        query = urllib.parse.urlencode(dict(
            fields, Action=action, Format="JSON", Version="2015-01-09"))
        return (f"GET /?{query}", answer)

    def go(self, title, talk, **row):
        super().go(title, talk, **row)
        sign(self.t.rows[-1])

    def read(self, name, kinds, there):
        return self.ask("DescribeDomainRecords", {
            "PageNumber": 1, "TotalCount": len(there), "PageSize": 500,
            "RequestId": "x", "DomainRecords": {"Record": [
                {"RR": label(name), "Status": "ENABLE", "Value": v,
                 "Weight": 1, "RecordId": i, "Type": k, "Line": "default",
                 "DomainName": "example.org", "Locked": False, "TTL": 3600}
                for i, k, v in there] + [
                {"RR": "not" + label(name), "Value": V4, "RecordId": "x",
                 "Type": kinds[0], "Line": "default", "TTL": 600}]}},
            DomainName="example.org", RRKeyWord=label(name),
            TypeKeyWord=kinds[0], PageSize="500")

    def update(self, name, kind, ident, old, new, ttl):
        return [self.ask("UpdateDomainRecord", {"RecordId": ident},
                         RecordId=ident, RR=label(name), Type=kind,
                         Value=new, TTL=str(ttl), Line="default")]

    def create(self, name, kind, new, ttl):
        return [self.ask("AddDomainRecord", {"RecordId": "1"},
                         DomainName="example.org", RR=label(name), Type=kind,
                         Value=new, TTL=str(ttl))]

    def delete(self, name, kind, ident, old):
        return [self.ask("DeleteDomainRecord", {"RecordId": ident},
                         RecordId=ident)]


def sign(row):
    for exchange in row.talk:
        exchange.__class__ = Signed


def ali(status, code):
    return (status, {"RequestId": "x", "HostId": "alidns.aliyuncs.com",
                     "Code": code, "Message": "?"})


t = Table("aliyun", "alidns.aliyuncs.com", {"key": "LTAI1", "secret": SECRET})
api = Aliyun(t)
api.standard()
ALI = BUSY + [(ali(400, "InvalidDomainName.NoExist"), "refused"),
              (ali(404, "InvalidAccessKeyId.NotFound"), "refused"),
              (ali(400, "SignatureDoesNotMatch"), "refused"),
              (ali(403, "Forbidden.RAM"), "refused"),
              (ali(400, "Throttling.User"), "slow"),
              (ali(503, "ServiceUnavailable"), "retry")]
api.answers(read=ALI, write=ALI)
CREATE = api.make(WWW, "A", [V4])[0]
t.row("somebody made the same: read again", *api.reads(WWW, {}, "A"),
      (CREATE[0], ali(400, "DomainRecordDuplicate")),
      *api.reads(WWW, {"A": [("1", V4)]}, "A"), families="4",
      out="unchanged")
for row in t.rows:
    sign(row)
