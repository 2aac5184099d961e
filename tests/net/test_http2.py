#!/usr/bin/env python3
"""Many requests in flight over one HTTP/2 connection; TLS sessions."""

import contextlib
import json
import os
import socket
import ssl
import threading
import time
import urllib.request

from certificate import make_certificate, server_context
from notify_lab import Child, Notify, free_port, main, need, wait_for

N = 1000
SERVER = """
const http2 = require("http2"), fs = require("fs"), dir = process.argv[2];
const seen = {sessions: 0, requests: 0, most: 0, http1: 0, ends: 0};
let now = 0, all = [];
const server = http2.createSecureServer({
    allowHTTP1: true, key: fs.readFileSync(dir + "/cert.pem.key"),
    cert: fs.readFileSync(dir + "/cert.pem")});
server.on("session", s => { seen.sessions++; all.push(s); });
server.on("request", (q, r) => {
    if (q.httpVersionMajor < 2) seen.http1++;
    if (q.url == "/stats") { r.end(JSON.stringify(seen)); return; }
    if (q.url == "/close") {
        r.end("fine");
        seen.ends++;
        // Together with the answer it is an error of that request in libcurl.
        setTimeout(() => { all.forEach(s => s.close()); all = [];
                           seen.ends--; }, 50);
        return; }
    seen.requests++;
    seen.most = Math.max(seen.most, ++now);
    setTimeout(() => { now--; r.end("fine"); }, 2);
});
server.listen(Number(process.argv[3]), "127.0.0.1");
"""
TYPE = """type "mine" {
    title = "Over HTTP/2"
    in-flight = 50
    step "set" { for = name  url = "/set/{name}"
        answer "ok" { word = fine } }
}
type "close" { title = "Ends the connection"
    step "close" { for = name  url = "/close"
        answer "ok" { word = fine } } }
"""


def certificate(directory):
    need("openssl")
    make_certificate(directory + "/cert.pem", "IP:127.0.0.1")
    return directory + "/cert.pem"


class Node(Child):
    def __init__(self, directory):
        need("node")
        self.ca, self.port = certificate(directory), free_port()
        with open(directory + "/server.js", "w", encoding="utf-8") as f:
            f.write(SERVER)
        super().__init__(directory, "node", [
            "node", directory + "/server.js", directory, str(self.port)])
        wait_for(self.stats, "node is up", 60)

    def stats(self):
        trust = ssl.create_default_context(cafile=self.ca)
        try:
            with urllib.request.urlopen(
                    f"https://127.0.0.1:{self.port}/stats", timeout=10,
                    context=trust) as answer:
                return json.loads(answer.read())
        except OSError:
            return None


def test_one_connection(directory):
    os.makedirs(directory + "/providers")
    mine, close = TYPE.split('type "close"')
    for name, text in (("mine", mine), ("close", 'type "close"' + close)):
        with open(f"{directory}/providers/{name}.conf", "w",
                  encoding="utf-8") as f:
            f.write(text)
    with Node(directory) as server:
        at = (f'endpoint = "https://127.0.0.1:{server.port}" '
              f'ca-file = "{server.ca}"')
        config = (f'provider "p" {{ type = "mine" {at} }}\n'
                  f'provider "c" {{ type = "close" {at} }}\n')
        with Notify(directory, config) as n:
            # Before there is a connection each would make one of its own.
            job = {"name": "a.example.org", "ipv4": ["192.0.2.7"]}
            assert n.do(60, account="p", **job)["status"] == "done"
            began = time.monotonic()
            n.send(*[{"account": "p", "name": f"h{i}.example.org",
                      "ipv4": ["192.0.2.7"]} for i in range(N)])
            assert all(n.reply(60)["status"] == "done" for _ in range(N))
            took = time.monotonic() - began
            seen = server.stats()
            print(f"    {N / took:.0f} updates/s, {seen}")
            assert seen["requests"] == N + 1 and seen["sessions"] == 1, seen
            # As many at a time as the type may have under way.
            assert 10 < seen["most"] <= 50, seen
            # The server ends it: another one is made.
            # libcurl 7.88 may fail the first request after such a burst
            # ("framing layer"): it is tried again, as the daemon does.
            wait_for(lambda: n.do(60, account="c", **job)["status"] == "done",
                     "the end is asked for")
            wait_for(lambda: server.stats()["ends"] == 0, "the connection's end")
            seen = server.stats()
            assert n.do(60, account="p", **job)["status"] == "done"
            assert server.stats()["sessions"] == seen["sessions"] + 1, seen


class Closing(threading.Thread):
    """Answers one request a connection; was its TLS session known?"""

    def __init__(self, directory):
        super().__init__(daemon=True)
        self.ca = certificate(directory)
        self.tls = server_context(self.ca)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.resumed = []

    def run(self):
        while True:
            plain, _ = self.socket.accept()
            with contextlib.suppress(OSError), self.tls.wrap_socket(
                    plain, server_side=True) as s:
                self.resumed.append(s.session_reused)
                s.recv(65536)
                s.sendall(b"HTTP/1.1 200 fine\r\nConnection: close\r\n"
                          b"Content-Length: 4\r\n\r\nfine")


def test_a_session_is_taken_up_again(directory):
    """Another connection to the same server is no whole handshake."""
    os.makedirs(directory + "/providers")
    with open(f"{directory}/providers/mine.conf", "w", encoding="utf-8") as f:
        f.write(TYPE.split('type "close"')[0])
    server = Closing(directory)
    server.start()
    config = (f'provider "p" {{ type = "mine" endpoint = '
              f'"https://127.0.0.1:{server.port}" '
              f'ca-file = "{server.ca}" }}\n')
    with Notify(directory, config) as n:
        job = {"account": "p", "name": "a.example.org", "ipv4": ["192.0.2.7"]}
        for _ in range(3):
            assert n.do(60, **job)["status"] == "done"
    assert server.resumed == [False, True, True], server.resumed


if __name__ == "__main__":
    main(globals())
