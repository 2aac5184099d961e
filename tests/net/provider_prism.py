"""The OpenAPI documents as servers, by npm's prism.

EVDDNS_PRISM names the program.  It checks what it is asked, and answers with
the document's examples, whatever was asked before.
"""

import http.client
import http.server
import json
import os
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

from provider_spec import FOLDER, SPECS, UNKNOWN

# Types whose jobs are done by nothing but examples.
TYPES = ("cloudflare", "digitalocean", "hetzner", "powerdns", "azure",
         "googlecloud")
# Who gives tokens is in none of the documents.
TOKENS = {"token_type": "Bearer", "access_token": "tok3n", "expires_in": 3599}


def usual(document):
    """Google's document is of v2, whose paths name a location as well."""
    paths = {}
    for path, item in document["paths"].items():
        for part in [item] + [v for v in item.values()
                              if isinstance(v, dict)]:
            part["parameters"] = [p for p in part.get("parameters", [])
                                  if p.get("name") != "location"]
        paths[path.replace("/v2/", "/v1/").replace(
            "/locations/{location}", "")] = item
    document["paths"] = paths


def without_xml(document):
    """Prism reads none: what is left are paths and parameters."""
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation.pop("requestBody", None)
                operation["responses"] = {"200": {"description": "done"}}


def rooted(directory, type_):
    """The document, with the path of its server in its paths."""
    name, prefix, _ = SPECS[type_]
    with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
        document = json.load(f)
    if type_ == "googlecloud":
        usual(document)
    elif type_ == "route53":
        without_xml(document)
    document["paths"] = {prefix + k: v for k, v in document["paths"].items()}
    document["servers"] = [{"url": "/"}]
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(document, f)
    return path


class Prism:
    def __init__(self, directory, type_, port):
        self.port, self.type = port, type_
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(os.path.join(directory, f"prism-{type_}.log"), "wb")
        self.process = subprocess.Popen(
            [os.environ["EVDDNS_PRISM"], "mock", "-h", "127.0.0.1", "-p",
             str(port), "--errors", rooted(directory, type_)],
            stdout=self.log, stderr=subprocess.STDOUT)

    def wait(self, limit_s=60):
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(f"{self.log.name}: not up")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def ask(self, method, target, headers, body):
        """Status, type and body of its answer."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            c.request(method, target, body or None, {
                k: v for k, v in headers.items()
                if v and k not in ("host", "content-length", "connection")})
            answer = c.getresponse()
            return (answer.status, answer.getheader("Content-Type", ""),
                    answer.read())
        finally:
            c.close()

    def fault(self, request):
        """What it finds wrong with one of our requests; None: nothing."""
        path = request.target.partition("?")[0]
        short = re.sub(*SPECS[self.type][2], path) if SPECS[self.type][2] \
            else path[len(SPECS[self.type][1]):]
        if (self.type, short) in UNKNOWN:
            return None
        headers, body = request.headers, request.body
        if "xml" in request.header("content-type"):
            headers, body = dict(headers, **{"content-type": None}), None
        status, kind, body = self.ask(request.method, request.target,
                                      headers, body)
        if "problem+json" not in kind:
            return None
        return f"{status} {body.decode(errors='replace')[:600]}"


class Between(http.server.ThreadingHTTPServer):
    """Gives tokens; everything else is prism's."""

    daemon_threads = True

    def __init__(self, prism):
        super().__init__(("127.0.0.1", 0), Handler)
        self.prism = prism
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.endswith("/token"):
            answer = (200, "application/json", json.dumps(TOKENS).encode())
        else:
            answer = self.server.prism.ask(self.command, self.path, {
                k.lower(): v for k, v in self.headers.items()}, body)
        self.send_response(answer[0])
        self.send_header("Content-Type", answer[1])
        self.send_header("Content-Length", str(len(answer[2])))
        self.end_headers()
        self.wfile.write(answer[2])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def log_message(self, *_):
        pass


def jobs(account):
    """Made, updated, unchanged; both families, apex, wildcard."""
    for name in ("www.example.com", "example.com", "*.example.com"):
        for sets in ({"ipv4": ["192.0.2.7"]}, {"ipv6": ["2001:db8::7"]},
                     {"ipv4": ["192.0.2.7"], "ipv6": ["2001:db8::7"]},
                     {"ipv4": ["198.51.100.4"]}):
            yield dict(sets, account=account, name=name, zone="example.com")
