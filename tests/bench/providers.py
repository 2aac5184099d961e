#!/usr/bin/env python3
"""How many names go out to providers' APIs, and in how many requests?

Runs evddns-notify against loopback servers and prints Markdown: goal, and
what was measured.

Environment:
  PROVIDERS_NAMES   names of the row without batches (2000)

Ends with 1 when it could not measure; whether goals were met is printed.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.environ.get("top_builddir") or os.getcwd()
PROGRAM = os.path.join(TOP, "notify", "evddns-notify")
NAMES = int(os.environ.get("PROVIDERS_NAMES", "2000"))


class Server:
    """Answers every request with the same; counts."""

    def __init__(self, answer, hangs=False):
        self.answer, self.hangs = answer, hangs
        self.requests = self.connections = self.port = 0
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(ready)),
                         daemon=True).start()
        ready.wait()

    async def serve(self, ready):
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(self),
                                          "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await server.serve_forever()


class Connection(asyncio.Protocol):
    def __init__(self, server):
        self.server, self.data = server, b""

    def connection_made(self, transport):
        self.transport = transport
        self.server.connections += 1

    def data_received(self, data):
        self.data += data
        while b"\r\n\r\n" in self.data:
            head, rest = self.data.split(b"\r\n\r\n", 1)
            length = sum(int(line[15:]) for line in head.split(b"\r\n")
                         if line.lower().startswith(b"content-length:"))
            if len(rest) < length:
                return
            self.data = rest[length:]
            self.server.requests += 1
            if not self.server.hangs:
                body = self.server.answer
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: "
                                     b"%d\r\n\r\n%s" % (len(body), body))


class Notify:
    def __init__(self, directory, config):
        path = os.path.join(directory, "evddns.conf")
        with open(path, "w", encoding="utf-8") as f:
            os.fchmod(f.fileno(), 0o600)
            f.write(config)
        self.process = subprocess.Popen(
            [PROGRAM, "-c", path], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)

    def send(self, jobs):
        data = "".join(json.dumps(job) + "\n" for job in jobs).encode()
        threading.Thread(target=self._write, args=(data,),
                         daemon=True).start()

    def _write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def replies(self, n):
        got = [json.loads(self.process.stdout.readline()) for _ in range(n)]
        bad = [r for r in got if r["status"] not in ("done", "unchanged")]
        if bad:
            sys.exit(f"not measured: {bad[0]}")

    def end(self):
        self.process.kill()
        self.process.wait()


def account(name, kind, server, settings):
    return (f'provider "{name}" {{ type = "{kind}" {settings} '
            f'endpoint = "http://127.0.0.1:{server.port}" }}\n')


def jobs(n, account_name, first=1, more=False):
    return [{"id": first + i, "account": account_name,
             "name": f"h{i}.example.org", "zone": "example.org",
             "ipv4": [f"198.51.{i // 250}.{i % 250 + 1}"],
             "more": more and i < n - 1} for i in range(n)]


def row(what, goal, seen):
    print(f"| {what} | {goal} | {seen} |", flush=True)


def alone(directory):
    server = Server(b"good")
    notify = Notify(directory, account("p", "strato", server, "username = u "
                                       "password = p"))
    began = time.monotonic()
    notify.send(jobs(NAMES, "p"))
    notify.replies(NAMES)
    took = time.monotonic() - began
    notify.end()
    row("one request for each name, loopback", "≥ 500/s",
        f"{NAMES / took:.0f}/s, {server.connections} connections")


def together(directory):
    server = Server(b"")
    notify = Notify(directory, account("p", "powerdns", server,
                                       "token = t zone = \"example.org\""))
    began = time.monotonic()
    notify.send(jobs(1000, "p", more=True))
    notify.replies(1000)
    took = time.monotonic() - began
    notify.end()
    row("1,000 names at a provider that batches (PowerDNS)",
        "≤ 10 requests", f"{server.requests} requests, {took * 1e3:.0f} ms")


def beside_one_that_hangs(directory):
    server, other = Server(b"good"), Server(b"", hangs=True)
    login = "username = u password = p"
    notify = Notify(directory, account("p", "strato", server, login) +
                    account("h", "strato", other, login))
    notify.send(jobs(100, "h", first=100000))
    times = []
    for i in range(200):
        began = time.monotonic()
        notify.send(jobs(1, "p", first=1 + i))
        notify.replies(1)
        times.append(time.monotonic() - began)
    notify.end()
    times.sort()
    row("an update while another provider hangs with 100 jobs",
        "no delay", f"median {times[100] * 1e3:.2f} ms, "
        f"p95 {times[190] * 1e3:.2f} ms")


def main():
    print("## Providers\n\n| what | goal | measured |\n|---|---|---|")
    for measure in (alone, together, beside_one_that_hangs):
        with tempfile.TemporaryDirectory() as directory:
            measure(directory)


if __name__ == "__main__":
    main()
