"""A server that plays the rows' part: each at a loopback address of its own."""

import asyncio
import re
import socket
import threading

from provider_rows import render, split

LEGAL = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")


class Request:
    def __init__(self, line, headers, body):
        self.method, self.target, _ = line.split(" ", 2)
        self.path, self.query = split(self.target)
        self.headers, self.body = headers, body

    def header(self, name):
        return self.headers.get(name.lower(), "")

    def __str__(self):
        text = f"{self.method} {self.target}"
        return text + (f"\n        {self.body.decode(errors='replace')}"
                       if self.body else "")


class Play:
    """What has become of one row."""

    def __init__(self, row):
        self.row, self.left = row, list(row.talk)
        self.wrong, self.seen, self.said = [], [], []

    def answer(self, request):
        self.seen.append(request)
        if not LEGAL.fullmatch(request.target):
            self.wrong.append(f"raw characters in {request.target!r}")
        for name, value in self.row.headers.items():
            if request.header(name) != value:
                self.wrong.append(f"{name}: {request.header(name)!r}, not "
                                  f"{value!r}")
        if not request.header("user-agent").startswith("evddns/"):
            self.wrong.append("User-Agent")
        reasons = []
        for exchange in self.left:
            reason = exchange.mismatch(request)
            if reason is None:
                if not exchange.again:
                    self.left.remove(exchange)
                answer = render(exchange.answer)
                self.said.append((request, answer[0], answer[2]))
                return answer
            reasons.append(reason)
        self.wrong.append(f"not expected: {request}\n      " +
                          "\n      ".join(reasons))
        return 599, {}, b""

    def faults(self, replies):
        faults = list(self.wrong)
        faults += [f"not asked: {e.method} {'/'.join(e.path)} {e.query}"
                   for e in self.left if not e.optional]
        for reply, out in zip(replies, self.row.outs):
            faults += self.reply_faults(reply, out)
        return faults

    def reply_faults(self, reply, out):
        if reply is None:
            return ["no reply"]
        got, row = [reply["status"]], self.row
        if "/" in out:
            families = reply.get("families", {})
            got = [families.get("ipv4"), families.get("ipv6")]
        faults = []
        if "/".join(map(str, got)) != out:
            faults.append(f"{'/'.join(map(str, got))}, not {out}")
        after = reply.get("retry_after_s", 0)
        low, high = row.retry if isinstance(row.retry, tuple) else (
            row.retry, row.retry)
        if row.retry is not None and not low <= after <= high:
            faults.append(f"retry_after_s {after}, not {row.retry}")
        if row.values is not None and reply.get("values") != row.values:
            faults.append(f"values {reply.get('values')}, not {row.values}")
        if row.says and row.says not in reply.get("text", ""):
            faults.append(f"the reply does not say {row.says!r}")
        return faults


class Server:
    def __init__(self, rows):
        self.socket = socket.create_server(("0.0.0.0", 0), backlog=4096)
        self.port = self.socket.getsockname()[1]
        self.plays = {self.address(i): Play(row)
                      for i, row in enumerate(rows)}
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.run, daemon=True).start()

    @staticmethod
    def address(i):
        return f"127.77.{i // 250}.{i % 250 + 1}"

    def endpoint(self, i):
        return f"http://{self.address(i)}:{self.port}"

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.listen())

    async def listen(self):
        server = await asyncio.start_server(self.serve, sock=self.socket)
        await server.serve_forever()

    async def serve(self, reader, writer):
        play = self.plays.get(writer.get_extra_info("sockname")[0])
        try:
            while await self.one(reader, writer, play):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def one(self, reader, writer, play):
        head = await reader.readuntil(b"\r\n\r\n")
        line, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        headers = {}
        for text in filter(None, lines):
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        status, more, data = play.answer(Request(line, headers, body))
        text = f"HTTP/1.1 {status} X\r\n"
        if status != 204:
            text += f"Content-Length: {len(data)}\r\n"
        text += "".join(f"{k}: {v}\r\n" for k, v in more.items())
        writer.write(text.encode() + b"\r\n" + (b"" if status == 204 else data))
        await writer.drain()
        return True


class Greeter:
    """Port 443: hears whom a client asks for (SNI), and hangs up."""

    def __init__(self):
        self.names = set()
        self.socket = socket.create_server(("127.0.0.1", 443), backlog=256)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            c, _ = self.socket.accept()
            with c:
                c.settimeout(10)
                try:
                    hello = c.recv(8192)
                except OSError:
                    continue
            found = re.search(rb"\0\0(..)(..)\0(..)([a-z0-9.-]+)", hello,
                              re.S)
            if found:
                size = int.from_bytes(found[3], "big")
                self.names.add(found[4][:size].decode())
