"""Recorded exchanges with the services themselves, played back.

What other programs asked once, with the answers that they got.  Ours ask the
same in another order and with other parameters: an exchange fits where method
and path do, and of a body what both say must be the same.
"""

import json
import os
import urllib.parse

from provider_rows import Exchange, Row, Table
from provider_spec import FOLDER as SPECS

FOLDER = os.environ.get("EVDDNS_CASSETTES") or os.path.join(
    SPECS, "..", "cassettes")
CREATE = "when_calling_create_record_for_A_with_valid_name_and_content"
UNKNOWN = "authenticate_with_unmanaged_domain_should_fail"
ACCOUNT = json.dumps({"client_email": "x", "private_key": ""})

# Type: cassette, settings, zone, path as ours asks it.
CASES = {
    "duckdns": ("duckdns", {"token": "x"}, "testlexicon.duckdns.org", {}),
    "powerdns": ("powerdns", {"token": "x"}, "sometestdomain.com", {}),
    "ovh": ("ovh", {"key": "x", "secret": "x", "consumer-key": "x"},
            "pacalis.net", {}),
    "cloudns": ("cloudns", {"username": "x", "password": "x"},
                "api-example.com", {}),
    "aliyun": ("aliyun", {"key": "x", "secret": "x"}, "mean.space", {}),
    "route53": ("route53", {"key": "x", "secret": "x"}, "fullcr1stal.tk", {}),
    "googlecloud": ("googleclouddns", {
        "key": ACCOUNT, "project": "named-archway-209418"}, "fullm3tal.tk", {
            "/oauth2/v4/token": "/token",
            "/699036609868956548/": "/fullm3tal-tk/"}),
}


class Recorded(Exchange):
    def mismatch(self, request):
        if self.method != request.method:
            return f"{request.method}, not {self.method}"
        if self.path != request.path:
            return f"path {request.path}, not {self.path}"
        # Old APIs have one path for all, and say in the query what it is.
        action = dict(self.query).get("Action")
        if action != dict(request.query).get("Action"):
            return f"not {action}"
        try:
            ours, theirs = json.loads(request.body), json.loads(self.body)
        except (TypeError, ValueError):
            return None
        return next((f"{k}: {ours[k]!r}, not {v!r}" for k, v in theirs.items()
                     if k in ours and not agree(v, ours[k])), None)


def agree(theirs, ours):
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return all(agree(v, ours[k]) for k, v in theirs.items() if k in ours)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(map(agree, theirs, ours))
    return theirs == ours


def recorded(entry, paths):
    request, response = entry["request"], entry["response"]
    url = urllib.parse.urlsplit(request["uri"])
    path = url.path
    for theirs, ours in paths.items():
        path = path.replace(theirs, ours)
    status, body = response["status"]["code"], response["body"] or ""
    exchange = Recorded(request["method"], f"{path}?{url.query}",
                        request["body"], (status, body))
    exchange.optional = exchange.again = True
    return exchange


def load(cassette, test, paths):
    with open(os.path.join(FOLDER, cassette + ".json"),
              encoding="utf-8") as f:
        return [recorded(e, paths) for e in json.load(f)[test]]


def rows(key):
    """A record made, as it was; and the names that were not theirs."""
    for kind, (cassette, settings, zone, paths) in CASES.items():
        settings = dict(settings)
        if kind == "googlecloud":
            settings["key"] = json.dumps({"client_email": "x",
                                          "private_key": key})
        job = {"zone": zone, "ipv4": ["127.0.0.1"], "ttl": 3600}
        name = zone if kind == "duckdns" else "localhost." + zone
        yield Row(Table(kind, None), "recorded: made", load(
            cassette, CREATE, paths), [dict(job, name=name)], ["done"],
            settings, {}, None, None)
    for kind, out, settings, name in (
            ("powerdns", "refused", {"token": "x"}, None),
            ("hetzner", "refused", {"token": "x"}, "devcoop.de")):
        yield Row(Table(kind, None), "recorded: no such zone or token",
                  any_path(kind), [{
                      "name": "www." + (name or "thisisadomainidonotown.com"),
                      "zone": name or "thisisadomainidonotown.com",
                      "ipv4": ["127.0.0.1"]}], [out], settings, {}, None,
                  None)


def any_path(kind):
    """One recorded answer, to whatever is asked."""
    found = load(kind, UNKNOWN, {})[-1]
    found.mismatch = lambda request: None
    return [found]
