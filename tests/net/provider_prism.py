"""The OpenAPI documents as servers, by npm's prism.

EVDDNS_PRISM names the program.  It checks what it is asked, and answers with
the document's examples, whatever was asked before.
"""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request

from provider_spec import FOLDER, SPECS

TYPES = ("cloudflare", "digitalocean", "hetzner", "powerdns")


def rooted(directory, type_):
    """The document, with the path of its server in its paths."""
    name, prefix, _ = SPECS[type_]
    with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
        document = json.load(f)
    document["paths"] = {prefix + k: v for k, v in document["paths"].items()}
    document["servers"] = [{"url": "/"}]
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(document, f)
    return path


class Prism:
    def __init__(self, directory, type_, port):
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


def jobs(account):
    """Made, updated, unchanged; both families, apex, wildcard."""
    for name in ("www.example.com", "example.com", "*.example.com"):
        for sets in ({"ipv4": ["192.0.2.7"]}, {"ipv6": ["2001:db8::7"]},
                     {"ipv4": ["192.0.2.7"], "ipv6": ["2001:db8::7"]},
                     {"ipv4": ["198.51.100.4"]}):
            yield dict(sets, account=account, name=name, zone="example.com")
