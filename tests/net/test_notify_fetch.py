#!/usr/bin/env python3
"""evddns-notify asks HTTPS reflectors: those that answer, and those that
send pages, megabytes, redirects or nothing."""

import os
import socket
import threading
import time

from certificate import make_certificate, server_context
from notify_lab import Notify, main, need

KEY = "a" * 40
CONFIG = f"""\
provider "ns" {{
    type = "rfc2136"
    server = "127.0.0.1"
    key-name = "k"
    key-algorithm = "hmac-sha256"
    key = "{KEY}"
}}
"""


class Page:
    """One connection at a time is answered with these bytes, in pieces."""

    def __init__(self, directory, pieces, host="127.0.0.1", name="page"):
        self.pieces = pieces
        self.ca = os.path.join(directory, name + ".pem")
        if not os.path.exists(self.ca):
            make_certificate(self.ca, "IP:127.0.0.1", "DNS:localhost")
        self.context = server_context(self.ca)
        self.socket = socket.create_server(
            (host, 0), family=socket.AF_INET6 if ":" in host
            else socket.AF_INET)
        self.port = self.socket.getsockname()[1]
        self.requests, self.sent = [], 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            c, _ = self.socket.accept()
            try:
                c = self.context.wrap_socket(c, server_side=True)
                self.requests.append(c.recv(65536).decode("latin-1"))
                for piece in self.pieces:
                    c.sendall(piece)
                    self.sent += len(piece)
                c.unwrap()
            except OSError:
                pass
            c.close()


def body(text, status="200 OK", more=""):
    return [f"HTTP/1.1 {status}\r\nConnection: close\r\n{more}"
            f"Content-Length: {len(text)}\r\n\r\n{text}".encode()]


def ask(directory, page, env=None, **job):
    job.setdefault("fetch", f"https://127.0.0.1:{page.port}/ip?a=b")
    job.setdefault("ca_file", page.ca)
    with Notify(directory, CONFIG, env=env) as n:
        return n.do(**job)


def test_answers(directory):
    need("openssl")
    rows = [
        (body("203.0.115.7\n"), {}, "done", "203.0.115.7"),
        (body('{"a":{"ip":"203.0.115.7"}}'), {"pointer": "/a/ip"}, "done",
         "203.0.115.7"),
        (body("2a00::1"), {}, "retry", "other family"),
        (body("<html>203.0.115.7</html>"), {}, "retry", "not an address"),
        (body("203.0.115.7", "404 Not Found"), {}, "retry", "404"),
        (body("", "302 Found", "Location: https://127.0.0.1:1/\r\n"), {},
         "retry", "302"),
        (body("203.0.115.7" + " " * 4096), {}, "retry", "4 KiB"),
        ([b"HTTP/1.1 200 OK\r\nX-Address: 203.0.115.7\r\n\r\n"], {}, "retry",
         "not an address"),
    ]
    for pieces, more, status, word in rows:
        page = Page(directory, pieces)
        reply = ask(directory, page, **more)
        assert reply["status"] == status and word in reply["text"], reply
        assert page.requests[0].startswith("GET /ip?a=b HTTP/1.1\r\n")


def test_ipv6(directory):
    need("openssl")
    page = Page(directory, body("2a00::1"), host="::1")
    reply = ask(directory, page, family="ipv6",
                fetch=f"https://localhost:{page.port}/",
                resolve={"localhost": ["127.0.0.1", "::1"]})
    assert reply["status"] == "done" and reply["text"] == "2a00::1", reply


def test_ten_megabytes(directory):
    need("openssl")
    head = [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"]
    page = Page(directory, head + [b"203.0.115.7\n" * 8192] * 107)
    reply = ask(directory, page)
    assert reply["status"] == "retry", reply
    assert page.sent < 9 << 20, page.sent


def test_one_that_hangs(directory):
    need("openssl")
    silent = socket.create_server(("127.0.0.1", 0))
    page = Page(directory, [])
    began = time.monotonic()
    reply = ask(directory, page, timeout_ms=300,
                fetch=f"https://127.0.0.1:{silent.getsockname()[1]}/")
    assert reply["status"] == "retry", reply
    assert time.monotonic() - began < 3


def test_never_through_a_proxy(directory):
    need("openssl")
    page = Page(directory, body("203.0.115.7"))
    env = dict(os.environ, https_proxy="http://127.0.0.1:1",
               HTTPS_PROXY="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")
    reply = ask(directory, page, env=env)
    assert reply["status"] == "done", reply


def test_certificates(directory):
    need("openssl")
    page = Page(directory, body("203.0.115.7"))
    other = Page(directory, body("203.0.115.7"), name="other")
    for ca in (other.ca, None, "/does/not/exist"):
        reply = ask(directory, page, ca_file=ca)
        assert reply["status"] == "retry", reply
    assert not any(page.requests)
    # The name of the certificate counts too.
    reply = ask(directory, page, fetch=f"https://other.example:{page.port}/",
                resolve={"other.example": ["127.0.0.1"]})
    assert reply["status"] == "retry" and not any(page.requests), reply
    reply = ask(directory, page, fetch=f"https://localhost:{page.port}/",
                resolve={"localhost": ["::1", "127.0.0.1"]})
    assert reply["status"] == "done", reply


def test_certificates_of_the_environment(directory):
    need("openssl")
    page = Page(directory, body("203.0.115.7"))
    env = dict(os.environ, SSL_CERT_FILE=page.ca)
    reply = ask(directory, page, env=env, ca_file=None)
    assert reply["status"] == "done", reply


def test_leaves_from_the_source(directory):
    need("openssl")
    page = Page(directory, body("203.0.115.7"))
    reply = ask(directory, page, source="127.0.0.5")
    assert reply["status"] == "done", reply
    reply = ask(directory, page, interface="no-such-link")
    assert reply["status"] == "retry", reply
    reply = ask(directory, page, source="192.0.2.77")
    assert reply["status"] == "retry", reply


def test_cancel(directory):
    need("openssl")
    silent = socket.create_server(("127.0.0.1", 0))
    with Notify(directory, CONFIG) as n:
        n.send({"fetch": f"https://127.0.0.1:{silent.getsockname()[1]}/"})
        n.send({"cancel": 1})
        assert n.reply()["status"] == "cancelled"


if __name__ == "__main__":
    main(globals())
