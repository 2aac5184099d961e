"""Requests compared with a service's OpenAPI document.

Paths, methods, parameters and bodies of what our types sent; and what the
rows answer, so that no row takes for granted what the service never says.
"""

import json
import os
import re

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.environ.get("EVDDNS_SPECS") or os.path.join(
    os.environ.get("top_srcdir") or os.path.join(HERE, "..", ".."), "..",
    "shared", "specs")

# Type: document, what is before its paths, and how ours are rewritten.
SPECS = {
    "cloudflare": ("cloudflare.json", "/client/v4", None),
    "digitalocean": ("digitalocean.json", "", None),
    "hetzner": ("hetzner-cloud.json", "/v1", None),
    "powerdns": ("powerdns.json", "/api/v1", None),
    # The document is of v2, which puts a location into v1's paths.
    "googlecloud": ("googledns.json", "", (
        r"^/dns/v1/projects/([^/]*)/", r"/dns/v2/projects/\1/locations/global/")),
    "azure": ("azuredns.json", "", None),
    "route53": ("route53-openapi.json", "", None),
}
# What the documents leave out.
UNKNOWN = {("cloudflare", "/zones/z1/dns_records/batch"),
           ("hetzner", "/actions/42"),
           ("googlecloud", "/token"),
           ("azure", "/ten-ant/oauth2/v2.0/token")}
# Parameters of the signature, and of all Google APIs.
COMMON = {"alt", "key", "fields"}


def missing():
    """None, or why nothing can be compared."""
    if not os.path.isdir(FOLDER):
        return f"no folder {FOLDER}"
    return None if jsonschema else "python3-jsonschema is not installed"


def loosen(schema):
    """OpenAPI 3.0's nullable, as JSON Schema has it."""
    if isinstance(schema, list):
        return [loosen(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {k: loosen(v) for k, v in schema.items()}
    if schema.pop("nullable", False) and "type" in schema:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = schema["enum"] + [None]
    return schema


class Spec:
    def __init__(self, type_):
        name, self.prefix, self.rewrite = SPECS[type_]
        self.type = type_
        with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
            self.document = loosen(json.load(f))
        self.paths = [
            (re.compile(re.sub(r"\\{[^/]*?\\}", "[^/]+", re.escape(p)) + "$"),
             v) for p, v in sorted(self.document["paths"].items(),
                                   key=lambda item: item[0].count("{"))]

    def deref(self, thing):
        while "$ref" in thing:
            at = self.document
            for part in thing["$ref"].split("/")[1:]:
                at = at[part.replace("~1", "/").replace("~0", "~")]
            thing = at
        return thing

    def fault(self, schema, value):
        whole = dict(schema, components=self.document.get("components", {}))
        error = jsonschema.exceptions.best_match(
            jsonschema.Draft202012Validator(whole).iter_errors(value))
        return error and f"{error.json_path}: {error.message[:300]}"

    def find(self, request):
        path = request.target.partition("?")[0]
        if self.rewrite:
            path = re.sub(*self.rewrite, path)
        if not path.startswith(self.prefix):
            return path, None
        path = path[len(self.prefix):]
        for pattern, item in self.paths:
            if pattern.match(path):
                return path, item
        return path, None

    def faults(self, request, status, answer, fine):
        """Fine: the row is none of an error."""
        path, item = self.find(request)
        if (self.type, path) in UNKNOWN:
            return
        if item is None:
            yield f"no path {path}"
            return
        operation = item.get(request.method.lower())
        if operation is None:
            yield f"no {request.method} of {path}"
            return
        yield from self.query_faults(item, operation, request)
        yield from self.body_faults(operation, request)
        if fine and not self.rewrite:
            yield from self.answer_faults(operation, status, answer)

    def query_faults(self, item, operation, request):
        known = {}
        for p in item.get("parameters", []) + operation.get("parameters", []):
            p = self.deref(p)
            if p["in"] == "query":
                known[p["name"]] = p
        given = dict(request.query)
        for name, p in known.items():
            if p.get("required") and name not in given:
                yield f"parameter {name} is missing"
        for name, value in given.items():
            if name not in known and name not in COMMON:
                yield f"unknown parameter {name}"
            elif name in known and "schema" in known[name]:
                schema = self.deref(known[name]["schema"])
                if schema.get("type") in ("integer", "number"):
                    value = int(value) if value.isdigit() else value
                elif schema.get("type") == "boolean":
                    value = {"true": True, "false": False}.get(value, value)
                fault = self.fault(schema, value)
                if fault:
                    yield f"parameter {name}: {fault}"

    def body_faults(self, operation, request):
        wanted = self.deref(operation.get("requestBody", {}))
        content = wanted.get("content", {})
        if not request.body:
            if wanted.get("required"):
                yield "the body is missing"
            return
        kind = request.header("content-type").partition(";")[0]
        if content and kind not in content and not kind.endswith("xml"):
            yield f"Content-Type {kind}, not one of {list(content)}"
        if "application/json" in content:
            fault = self.fault(content["application/json"]["schema"],
                               json.loads(request.body))
            if fault:
                yield f"body: {fault}"
        elif not content:
            yield "a body where none is known"

    def answer_faults(self, operation, status, answer):
        if status // 100 != 2 or not answer:
            return
        responses = operation.get("responses", {})
        response = responses.get(str(status)) or responses.get("2XX")
        if response is None:
            yield f"the row's status {status} is not one of {list(responses)}"
            return
        content = self.deref(response).get("content", {})
        if "application/json" in content:
            fault = self.fault(content["application/json"].get("schema", {}),
                               json.loads(answer))
            if fault:
                yield f"the row's answer: {fault}"


