#!/usr/bin/env python3
"""dyndns2 by evddns-notify, against servers that say all one can say."""

import base64
import os
import socket
import subprocess
import threading
import time
import urllib.parse

from certificate import make_certificate, server_context
from notify_lab import Notify, expect, main, need, quoted, run, write

PASSWORD = "p\"w\\ä:&?#%$'x"


class Http:
    """Each connection's requests are answered by answer(request) -> bytes."""

    def __init__(self, answer, context=None, host="127.0.0.1"):
        self.answer, self.context = answer, context
        self.socket = socket.create_server(
            (host, 0), family=socket.AF_INET6 if ":" in host
            else socket.AF_INET)
        self.port = self.socket.getsockname()[1]
        self.requests, self.peers = [], []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            c, peer = self.socket.accept()
            self.peers.append(peer[0])
            threading.Thread(target=self.serve, args=(c,),
                             daemon=True).start()

    def serve(self, c):
        try:
            if self.context:
                c = self.context.wrap_socket(c, server_side=True)
            data = b""
            while True:
                while b"\r\n\r\n" not in data:
                    more = c.recv(65536)
                    if not more:
                        return
                    data += more
                request, data = data.split(b"\r\n\r\n", 1)
                self.requests.append(request.decode("latin-1"))
                answer = self.answer(self.requests[-1])
                if callable(answer):
                    answer(c)
                    return
                c.sendall(answer)
        except OSError:
            pass
        finally:
            c.close()

    def query(self, i=-1):
        target = self.requests[i].split()[1]
        return urllib.parse.parse_qs(urllib.parse.urlsplit(target).query)


def says(body, status=200, headers=""):
    if isinstance(body, str):
        body = body.encode()
    return (f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n"
            f"{headers}\r\n").encode() + body


def account(port, extra="", path="", scheme="http"):
    return (f'provider "d" {{ type = "dyndns2" username = "us er" '
            f'password = {quoted(PASSWORD)} '
            f'endpoint = "{scheme}://127.0.0.1:{port}{path}" {extra} }}\n')


def job(**members):
    return dict({"account": "d", "name": "home.example.org",
                 "ipv4": ["192.0.2.7"]}, **members)


def test_request(directory):
    http = Http(lambda r: says("good 192.0.2.7"))
    with Notify(directory, account(http.port), "-v") as n:
        reply = n.do(**job(ipv6=["2001:db8::7"]))
        expect(reply, "done", "good 192.0.2.7")
        assert reply["families"] == {"ipv4": "done", "ipv6": "done"}
        assert reply["sent_monotonic_ns"] > 0
        request = http.requests[0]
        assert request.startswith("GET /nic/update?hostname=home.example.org"
                                  "&myip=192.0.2.7,2001:db8::7 HTTP/1.1")
        login = base64.b64encode(f"us er:{PASSWORD}".encode()).decode()
        assert f"Authorization: Basic {login}" in request
        assert "User-Agent: evddns/" in request
        n.end()
        trace = n.stderr()
        assert "good 192.0.2.7" in trace and "hostname=home" in trace
        assert login not in trace and PASSWORD not in trace


def test_ipv6_parameter_and_path(directory):
    http = Http(lambda r: says("good"))
    config = account(http.port, 'ipv6-parameter = "myipv6"', "/v3/update")
    with Notify(directory, config) as n:
        expect(n.do(**job(ipv6=["2001:db8::7"])), "done")
        assert http.requests[0].startswith(
            "GET /v3/update?hostname=home.example.org&myip=192.0.2.7"
            "&myipv6=2001:db8::7 ")
        del http.requests[:]
        expect(n.do(account="d", name="*.example.org",
                    ipv6=["2001:db8::7"]), "done")
        assert http.requests[0].startswith(
            "GET /v3/update?hostname=%2A.example.org&myipv6=2001:db8::7 ")


ANSWERS = [
    ("good 192.0.2.7", 200, "done", 0),
    ("good", 200, "done", 0),
    ("good 192.0.2.7\r\n", 200, "done", 0),
    ("nochg 192.0.2.7", 200, "unchanged", 0),
    ("good 127.0.0.1", 200, "refused", 0),
    ("goodness", 200, "retry", 300),
    ("GOOD", 200, "retry", 300),
    ("", 200, "retry", 300),
    ("<html><body>good</body></html>", 200, "retry", 300),
    ("badauth", 200, "refused", 0),
    ("badauth", 401, "refused", 0),
    ("", 401, "refused", 0),
    ("!donator", 200, "refused", 0),
    ("notfqdn", 200, "refused", 0),
    ("nohost", 200, "refused", 0),
    ("nohost", 400, "refused", 0),
    ("!yours", 200, "refused", 0),
    ("!active", 200, "refused", 0),
    ("numhost", 200, "refused", 0),
    ("badsys", 200, "refused", 0),
    ("badagent", 200, "refused", 0),
    ("badip", 200, "refused", 0),
    ("badrequest", 200, "refused", 0),
    ("abuse", 200, "refused", 0),
    ("toomanyrequests", 429, "slow", 0),
    ("dnserr", 200, "retry", 0),
    ("911", 200, "retry", 600),
    ("911", 500, "retry", 600),
    ("servererror", 200, "retry", 0),
    ("w30s", 200, "slow", 30),
    ("w5m", 200, "slow", 300),
    ("w2h", 200, "slow", 7200),
    ("good", 500, "retry", 0),
    ("what?", 403, "retry", 900),
    ("what?", 404, "retry", 900),
    ("what?", 418, "retry", 900),
    ("what?", 500, "retry", 0),
    ("what?", 503, "retry", 0),
    ("what?", 204, "retry", 300),
]


def test_answers(directory):
    answer = []
    http = Http(lambda r: answer[0])
    with Notify(directory, account(http.port)) as n:
        for body, status, wanted, retry in ANSWERS:
            answer[:] = [says("" if status == 204 else body, status)]
            reply = n.do(**job())
            assert reply["status"] == wanted, (body, status, reply)
            assert reply["retry_after_s"] == retry, (body, status, reply)
            assert reply["text"], body
        answer[:] = [says("", 429, "Retry-After: 120\r\n")]
        reply = n.do(**job())
        assert (reply["status"], reply["retry_after_s"]) == ("slow", 120)
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT",
                             time.gmtime(time.time() + 1000))
        answer[:] = [says("", 503, f"Retry-After: {date}\r\n")]
        reply = n.do(**job())
        assert reply["status"] == "retry"
        # 1001: the coarse clock is a tick behind.
        assert 990 <= reply["retry_after_s"] <= 1001, reply
        # 127.0.0.1 is fine for whoever asked for it.
        answer[:] = [says("good 127.0.0.1")]
        expect(n.do(**job(ipv4=["127.0.0.1"])), "done")
        # One connection carried them all.
        assert len(http.peers) <= 3, http.peers


def test_redirect_is_not_followed(directory):
    other = Http(lambda r: says("good"))
    http = Http(lambda r: says("", 302, "Location: http://127.0.0.1:"
                               f"{other.port}/\r\n"))
    with Notify(directory, account(http.port)) as n:
        reply = n.do(**job())
        expect(reply, "retry", "302", f":{other.port}")
        assert reply["retry_after_s"] == 900 and not other.requests


def test_batches(directory):
    def answer(request):
        target = request.split()[1]
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(target).query)
        names = query["hostname"][0].split(",")
        return says("\n".join("nohost" if n.startswith("bad") else "good"
                              for n in names))
    http = Http(answer)
    with Notify(directory, account(http.port)) as n:
        names = [f"{'bad' if i == 7 else 'h'}{i}.example.org"
                 for i in range(45)]
        n.send(*(job(name=name, more=i < 44) for i, name in
                 enumerate(names)))
        replies = {r["id"]: r["status"] for r in (n.reply() for _ in names)}
        assert replies[8] == "refused"
        assert [s for i, s in replies.items() if i != 8] == ["done"] * 44
        assert len(http.requests) == 3
        # Other addresses: another request.
        del http.requests[:]
        n.send(job(more=True), job(name="b.example.org",
                                   ipv4=["192.0.2.8"]))
        assert [n.reply()["status"] for _ in range(2)] == ["done", "done"]
        assert len(http.requests) == 2


def test_withdrawing_is_refused(directory):
    http = Http(lambda r: says("good"))
    with Notify(directory, account(http.port)) as n:
        expect(n.do(**job(ipv4=[])), "refused", "away")
        assert not http.requests


def test_trouble(directory):
    def huge(c):
        c.sendall(b"HTTP/1.1 200 X\r\nContent-Type: text/plain\r\n\r\n")
        for _ in range(160):
            c.sendall(b"x" * 65536)

    def headers(c):
        c.sendall(b"HTTP/1.1 200 X\r\n")
        for i in range(20000):
            c.sendall(f"X-{i}: {'y' * 1000}\r\n".encode())

    def drip(c):
        c.sendall(b"HTTP/1.1 200 X\r\n\r\n")
        for _ in range(200):
            c.sendall(b"g")
            time.sleep(0.05)

    def nothing(c):
        time.sleep(5)

    def hangup(c):
        c.close()

    def garbage(c):
        c.sendall(bytes(range(256)) * 10)
        c.close()

    for answer in (huge, headers, drip, nothing, hangup, garbage):
        http = Http(lambda r, a=answer: a)
        with Notify(directory, account(http.port, "timeout = 1s")) as n:
            started = time.monotonic()
            reply = n.do(**job())
            assert reply["status"] == "retry", (answer, reply)
            assert reply["text"], answer
            assert time.monotonic() - started < 3, answer
    with Notify(directory, account(1, "timeout = 1s")) as n:
        expect(n.do(**job()), "retry", "onnect")


def test_no_lookup_by_libcurl(directory):
    """A host is looked up by us: one thread, and the hint is taken."""
    http = Http(lambda r: says("good"))
    config = account(http.port).replace("127.0.0.1", "dyn.invalid")
    with Notify(directory, config) as n:
        expect(n.do(**job(resolve={"dyn.invalid": ["127.0.0.1"]})), "done")
        n.send(job())
        for _ in range(20):
            assert len(os.listdir(f"/proc/{n.process.pid}/task")) == 1
            time.sleep(0.01)
        assert n.reply()["status"] in ("retry", "done")
        # Two at a time, one of which is cancelled.
        n.send(dict(job(), id=50), {"cancel": 50})
        assert n.reply()["status"] == "cancelled"


class Names(threading.Thread):
    """A resolver that says one address for whatever A it is asked; or nothing
    at all."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address, self.asked = address, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.at = f"127.0.0.1:{self.socket.getsockname()[1]}"

    def run(self):
        while True:
            data, peer = self.socket.recvfrom(4096)
            self.asked += 1
            if not self.address:
                continue
            end = data.index(b"\0", 12) + 5
            found = data[end - 4:end - 2] == b"\0\1"
            self.socket.sendto(
                data[:2] + b"\x81\x80\0\1" + bytes([0, found]) + bytes(4) +
                data[12:end] + (b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" +
                                socket.inet_aton(self.address)) * found, peer)


def test_resolver_of_the_configuration(directory):
    http = Http(lambda r: says("good"))
    names = Names("127.0.0.1")
    names.start()
    config = account(http.port).replace("127.0.0.1", "dyn.example.net")
    config += f'resolver {{ servers = "{names.at}" }}\n'
    with Notify(directory, config) as n:
        expect(n.do(**job()), "done")
        assert names.asked >= 1


def test_timeout_bounds_the_lookup_too(directory):
    names = Names(None)
    names.start()
    config = account(1, "timeout = 1s").replace("127.0.0.1", "dyn.example.net")
    config += f'resolver {{ servers = "{names.at}" timeout = 5s }}\n'
    with Notify(directory, config) as n:
        began = time.monotonic()
        expect(n.do(**job()), "retry", "dyn.example.net")
        assert 0.9 < time.monotonic() - began < 4 and names.asked >= 1


def test_proxy_only_as_configured(directory):
    proxy = Http(lambda r: says("good 192.0.2.7"))
    http = Http(lambda r: says("nochg"))
    env = dict(os.environ, http_proxy=f"http://127.0.0.1:{proxy.port}",
               ALL_PROXY=f"http://127.0.0.1:{proxy.port}")
    with Notify(directory, account(http.port), env=env) as n:
        expect(n.do(**job()), "unchanged")
        assert not proxy.requests
    with Notify(directory, account(http.port, "proxy = "
                                   f'"http://127.0.0.1:{proxy.port}"')) as n:
        expect(n.do(**job()), "done")
        assert proxy.requests[0].startswith("GET http://127.0.0.1:")


def certificate(directory, name, host="127.0.0.1"):
    key = os.path.join(directory, name + ".pem")
    make_certificate(key, "IP:" + host)
    return key


def test_tls(directory):
    need("openssl")
    ours, theirs = (certificate(directory, n) for n in ("ours", "theirs"))
    wrong = certificate(directory, "wrong", "127.0.0.2")
    def serve(cert):
        return Http(lambda r: says("good"), server_context(cert))
    for cert, ca, status in ((ours, ours, "done"), (theirs, ours, "retry"),
                             (wrong, wrong, "retry"), (ours, None, "retry")):
        http = serve(cert)
        extra = f'ca-file = "{ca}"' if ca else ""
        with Notify(directory, account(http.port, extra,
                                       scheme="https")) as n:
            reply = n.do(**job())
            assert reply["status"] == status, (cert, ca, reply)
            if status == "retry":
                assert "certificate" in reply["text"].lower(), reply
                assert not http.requests


def test_source(directory):
    """A local server is asked as the kernel likes, whatever the job says."""
    subprocess.run(["ip", "addr", "add", "198.51.100.1/32", "dev", "lo"],
                   check=False, capture_output=True)
    http = Http(lambda r: says("good"))
    with Notify(directory, account(http.port)) as n:
        expect(n.do(**job()), "done")
        expect(n.do(**job(source="198.51.100.1")), "done")
        assert http.peers == ["127.0.0.1"], http.peers
        expect(n.do(**job(source="198.51.100.1", interface="none0")),
               "retry", "interface")


def test_ipv6_literal(directory):
    http = Http(lambda r: says("good"), host="::1")
    config = account(http.port).replace("127.0.0.1", "[::1]")
    with Notify(directory, config) as n:
        expect(n.do(**job()), "done")
        assert f"Host: [::1]:{http.port}" in http.requests[0]


def test_dry_run(directory):
    http = Http(lambda r: says("good"))
    path = write(directory, "evddns.conf", account(http.port))
    done = run(directory, account(http.port), "--dry-run",
               stdin=b'{"id":1,"account":"d","name":"h.example.org",'
               b'"ipv4":["192.0.2.7"]}\n')
    assert done.returncode == 0 and b"dry run" in done.stdout, done
    assert b"hostname=h.example.org" in done.stderr
    assert not http.requests and path


if __name__ == "__main__":
    main(globals())
