#!/usr/bin/env python3
"""What evddns-notify's engine promises of every type out of a file."""

import base64
import datetime
import hashlib
import hmac
import json
import os
import subprocess
import threading
import time
import urllib.parse

from notify_lab import Notify, main, quoted, wait_for, write
from test_notify_dyndns2 import Http, says

# Every byte but NUL and line ends, which no configuration can hold.
ANY = bytes(b for b in range(1, 256) if b not in (10, 13))
AWS = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


class Api(Http):
    """With bodies: answer(method, target, headers, body) -> (status, body)."""

    def __init__(self, answer):
        self.api, self.calls = answer, []
        super().__init__(None)

    def serve(self, c):
        data = b""
        try:
            while True:
                while b"\r\n\r\n" not in data:
                    more = c.recv(65536)
                    if not more:
                        return
                    data += more
                head, data = data.split(b"\r\n\r\n", 1)
                lines = head.decode("latin-1").split("\r\n")
                method, target, _ = lines[0].split(" ")
                headers = {k.lower(): v for k, v in
                           (line.split(": ", 1) for line in lines[1:])}
                length = int(headers.get("content-length", 0))
                while len(data) < length:
                    data += c.recv(65536)
                body, data = data[:length], data[length:]
                self.calls.append((method, target, headers, body))
                status, answer = self.api(method, target, headers, body)
                if status == 0:
                    time.sleep(answer)
                    return
                c.sendall(says(answer, status))
        except OSError:
            pass
        finally:
            c.close()


def own_type(directory, name, text):
    os.makedirs(os.path.join(directory, "providers"), exist_ok=True)
    write(os.path.join(directory, "providers"), name + ".conf",
          text if isinstance(text, str) else text)


def account(kind, port, settings="", name="p"):
    return (f'provider "{name}" {{ type = "{kind}" '
            f'endpoint = "http://127.0.0.1:{port}" {settings} }}\n')


def job(**members):
    return dict({"account": "p", "name": "www.example.org",
                 "zone": "example.org", "ipv4": ["192.0.2.7"]}, **members)


OWN = """type "mine" {
    title = "My own"
    zone = yes
    setting "token" { required = yes  secret = yes }
    step "set" {
        for = family
        method = PUT
        url = "/z/{zone}/{token}"
        query = {"n={label}", "t={token}"}
        headers = {"X-Type: {type}"}
        body-json = '{"a": "{address}", "list": "{addresses:list}"}'
        answer "ok" { word = fine }
        answer "banned" { word = abuse }
    }
}
"""


def test_own_type(directory):
    """A type of the user's, from a file beside the configuration."""
    api = Api(lambda *a: (200, "fine"))
    own_type(directory, "mine", OWN)
    with Notify(directory, account("mine", api.port, 'token = "t"')) as n:
        reply = n.do(**job(ipv6=["2001:db8::7"]))
        assert reply["status"] == "done", reply
    (m, target, headers, body), (_, _, h6, b6) = api.calls
    assert (m, target) == ("PUT", "/z/example.org/t?n=www&t=t")
    assert headers["x-type"] == "A" and h6["x-type"] == "AAAA"
    assert json.loads(body) == {"a": "192.0.2.7", "list": ["192.0.2.7"]}
    assert json.loads(b6)["a"] == "2001:db8::7"


def test_own_type_wins_and_faults_are_told(directory):
    own_type(directory, "duckdns", 'type "duckdns" { title = x\n'
             ' step "s" { url = "/mine" } }')
    api = Api(lambda *a: (200, ""))
    with Notify(directory, account("duckdns", api.port)) as n:
        assert n.do(**job())["status"] == "done"
    assert api.calls[0][1] == "/mine"


def test_any_bytes_arrive(directory):
    """Any bytes in a token, unchanged: in a path, a query, a login."""
    path = os.path.join(directory, "token")
    with open(path, "wb") as f:
        os.fchmod(f.fileno(), 0o600)
        f.write(ANY)
    own_type(directory, "mine", OWN.replace(
        "body-json = '{\"a\": \"{address}\", \"list\": "
        "\"{addresses:list}\"}'", 'form = {"t={token}"}'))
    api = Api(lambda *a: (200, "fine"))
    config = account("mine", api.port, f'token-file = "{path}"')
    config += account("strato", api.port, 'username = "u" '
                      f'password-file = "{path}"', "s")
    with Notify(directory, config, "-v") as n:
        assert n.do(**job())["status"] == "done"
        assert n.do(**job(account="s"))["status"] == "retry"
        n.end()
        trace = n.stderr().encode("utf-8", "surrogateescape")
    target = api.calls[0][1]
    parts = urllib.parse.urlsplit(target)
    assert urllib.parse.unquote_to_bytes(parts.path.split("/")[3]) == ANY
    query = dict(p.split("=", 1) for p in parts.query.split("&"))
    assert urllib.parse.unquote_to_bytes(query["t"]) == ANY
    form = api.calls[0][3].decode()
    assert urllib.parse.unquote_to_bytes(form.split("=", 1)[1]) == ANY
    login = api.calls[1][2]["authorization"].split(" ")[1]
    assert base64.b64decode(login) == b"u:" + ANY
    # ... and none of its forms is in the trace.
    for form in (ANY, urllib.parse.quote_from_bytes(ANY, safe="").encode(),
                 login.encode(), base64.b64encode(ANY)):
        assert form not in trace


def test_answers_do_not_tell_secrets(directory):
    """A server that echoes the token: neither reply nor trace says it."""
    own_type(directory, "mine", OWN)
    api = Api(lambda *a: (403, '{"message": "token s3cr3t&x is bad"}'))
    with Notify(directory, account("mine", api.port, 'token = "s3cr3t&x"'),
                "-v") as n:
        reply = n.do(**job())
        assert "<redacted> is bad" in reply["text"], reply
        assert reply["status"] == "retry" and reply["retry_after_s"] >= 900
        n.end()
        assert "s3cr3t" not in n.stderr()


def test_echoes_do_not_tell_secrets(directory):
    """Of a redirect to the same URL by TLS, and where a text is cut within
    the secret."""
    token, echoes, asked = "s3cr3t-+&=/-0123456789", [], [0]

    def hear(request):
        target = request.split()[1]
        for text in (f"{'x' * n}{token} is wrong" for n in range(130, 162, 3)):
            echoes.append(says(text, 403))
            echoes.append(says(json.dumps({"message": text}), 400))
        echoes.append(says("", 301, "Location: https://www.example.org"
                           f"{target}\r\n"))
        return echoes.pop(asked[0] % len(echoes))

    http = Http(hear)
    own_type(directory, "mine", OWN)
    config = (account("mine", http.port, f"token = {quoted(token)}") +
              account("strato", http.port, "username = u password = "
                      f"{quoted(token)}", "s") +
              account("duckdns", http.port, f"token = {quoted(token)}", "k"))
    with Notify(directory, config, "-v") as n:
        for i in range(60):
            asked[0] = i
            for name in "psk":
                reply = n.do(**job(account=name, name="h.duckdns.org",
                                   zone="duckdns.org"))
                assert "s3cr3t" not in reply["text"], reply
                echoes.clear()
        n.end()
        assert "s3cr3t" not in n.stderr()


def test_ban(directory):
    own_type(directory, "mine", OWN)
    api = Api(lambda *a: (200, "abuse"))
    with Notify(directory, account("mine", api.port, 'token = "t"')) as n:
        reply = n.do(**job())
        assert reply["status"] == "refused" and reply["ban"], reply


SESSION = """type "s" {
    title = "With a session"
    in-flight = 4
    step "login" {
        for = session
        url = "/login"
        read "sid" { json = "/sid"  required = yes }
        answer "refused" { status = 401 }
    }
    step "set" {
        for = name
        method = POST
        url = "/set"
        headers = {"X-Sid: {sid}"}
        answer "again" { status = 401 }
    }
    step "logout" { for = logout  url = "/logout"
        headers = {"X-Sid: {sid}"} }
}
"""


def test_session(directory):
    """One login for all, a stale one begun anew, and a logout."""
    sids = []

    def answer(_method, target, headers, _body):
        if target == "/login":
            sids.append(f"sid-{len(sids)}")
            return 200, json.dumps({"sid": sids[-1]})
        if headers["x-sid"] == "sid-0" and len(api.calls) > 8:
            return 401, ""
        return 200, "{}"

    api = Api(answer)
    own_type(directory, "s", SESSION)
    with Notify(directory, account("s", api.port)) as n:
        n.send(*(job(name=f"h{i}.example.org", id=i + 1)
                 for i in range(20)))
        replies = [n.reply() for _ in range(20)]
        assert all(r["status"] == "done" for r in replies), replies
        n.end()
    targets = [c[1] for c in api.calls]
    assert targets[0] == "/login" and targets[-1] == "/logout"
    assert 2 <= targets.count("/login") <= 3, targets


def test_in_flight_is_bounded(directory):
    now, most, lock = [0], [0], threading.Lock()

    def answer(*_):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.005)
        with lock:
            now[0] -= 1
        return 200, "good"

    api = Api(answer)
    config = account("strato", api.port, 'username = "u" password = "p"')
    with Notify(directory, config) as n:
        n.send(*(job(name=f"h{i}.example.org", id=i + 1)
                 for i in range(100)))
        assert all(n.reply()["status"] == "done" for _ in range(100))
    assert 1 <= most[0] <= 4 and len(api.peers) <= 8, (most, len(api.peers))


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        times = f.read().rpartition(")")[2].split()[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def test_thousands_that_wait_cost_nothing(directory):
    """Five times as many names take five times the work, about."""
    api = Api(lambda *a: (200, "good"))
    config = account("strato", api.port, 'username = "u" password = "p"')
    took = []
    for count in (500, 2500):
        with Notify(directory, config) as n:
            n.send(*(job(name=f"h{i}.example.org", id=i + 1)
                     for i in range(count)))
            assert all(n.reply(60)["status"] == "done" for _ in range(count))
            took.append(cpu_s(n.process.pid))
    print(f"    {took[0]:.2f} s, {took[1]:.2f} s")
    assert took[1] < 12 * max(took[0], 0.1), took


def test_hanging_provider_delays_no_other(directory):
    hangs = Api(lambda *a: (0, 30))
    api = Api(lambda *a: (200, "good"))
    config = account("strato", hangs.port, 'username = "u" password = "p" '
                     "timeout = 2s", "h")
    config += account("strato", api.port, 'username = "u" password = "p"')
    with Notify(directory, config) as n:
        n.send(*(job(account="h", name=f"h{i}.example.org", id=i + 1)
                 for i in range(10)))
        started = time.monotonic()
        for i in range(20):
            n.send(job(id=100 + i, name=f"g{i}.example.org"))
            assert n.reply()["status"] == "done"
        assert time.monotonic() - started < 1
        # Nobody waits for ever: all of the others are answered too.
        replies = [n.reply(30) for _ in range(10)]
        assert {r["status"] for r in replies} == {"retry"}
        assert time.monotonic() - started < 20


def test_limit(directory):
    """So many in so long, then it is waited or said."""
    own_type(directory, "mine", OWN.replace("zone = yes",
                                            'zone = yes\n limit = "5/1s"'))
    api = Api(lambda *a: (200, "fine"))
    with Notify(directory, account("mine", api.port, 'token = "t"')) as n:
        started = time.monotonic()
        n.send(*(job(name=f"h{i}.example.org", id=i + 1)
                 for i in range(10)))
        assert all(n.reply()["status"] == "done" for _ in range(10))
        assert 0.9 <= time.monotonic() - started < 5


def test_answer_cap(directory):
    """64 KiB, unless the step of a type expects more; counted in chunks."""
    text = OWN.replace('answer "ok" { word = fine }',
                       'answer "ok" { word = fine }\n read "x" { text = yes }')
    for cap, line in ((64, ""), (200, "answer-kib = 200\n")):
        own_type(directory, "mine", text.replace("for = family", line +
                                                 "for = family"))
        size = [0]
        api = Api(lambda *a: (200, "fine" + "\n" * (size[0] - 4)))
        with Notify(directory, account("mine", api.port,
                                       'token = "0123456"')) as n:
            size[0] = cap * 1024
            assert n.do(**job())["status"] == "done"
            size[0] = cap * 1024 + 1
            reply = n.do(**job())
            assert reply["status"] == "retry", reply
            assert f"larger than {cap} KiB" in reply["text"], reply


def sigv4(method, target, headers, body, region, service):
    """The signature as AWS's own pages describe it, built from nothing."""
    def h(key, text):
        return hmac.digest(key, text.encode(), "sha256")
    parts = urllib.parse.urlsplit(target)
    scope, signed, _ = [p.split("=", 1)[1] for p in
                        headers["authorization"].split(" ", 1)[1].replace(
                            ", ", ",").split(",")]
    _, day, *_ = scope.split("/")
    query = sorted(tuple(urllib.parse.quote(urllib.parse.unquote(x),
                                            safe="-_.~")
                         for x in p.partition("=")[::2])
                   for p in parts.query.split("&") if p)
    canonical = "\n".join([
        method, parts.path, "&".join(f"{k}={v}" for k, v in query),
        "".join(f"{k}:{' '.join(headers[k].split())}\n"
                for k in signed.split(";")), signed,
        hashlib.sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"],
                      f"{day}/{region}/{service}/aws4_request",
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = h(h(h(h(("AWS4" + AWS[1]).encode(), day), region), service),
            "aws4_request")
    return hmac.digest(key, text.encode(), "sha256").hex()


def route53_calls(directory, is_right=lambda *request: True):
    """The requests of route53 for names of each kind."""
    def answer(*request):
        if not is_right(*request):
            return 403, ""
        if "hostedzonesbyname" in request[1]:
            return 200, ("<r><HostedZones><HostedZone><Id>/hostedzone/Z1"
                         "</Id><Name>example.org.</Name></HostedZone>"
                         "</HostedZones></r>")
        return 200, "<ListResourceRecordSetsResponse/>"

    api = Api(answer)
    config = account("route53", api.port, f"key = {quoted(AWS[0])} "
                     f"secret = {quoted(AWS[1])}")
    with Notify(directory, config) as n:
        for name in ("www.example.org", "*.example.org", "example.org",
                     "a-b.example.org"):
            reply = n.do(60, **job(name=name, ipv6=["2001:db8::7"]))
            assert reply["status"] == "done", (reply, api.calls[-1])
    return api.calls


def test_sigv4(directory):
    """Each request of route53 bears the signature that AWS would compute."""
    def is_signed(method, target, headers, body):
        got = headers["authorization"].rsplit("Signature=", 1)[1]
        wanted = sigv4(method, target, headers, body, "us-east-1", "route53")
        when = datetime.datetime.strptime(headers["x-amz-date"] + "+0000",
                                          "%Y%m%dT%H%M%SZ%z").timestamp()
        return got == wanted and abs(when - time.time()) < 60

    assert len(route53_calls(directory, is_signed)) >= 9


def test_look(directory):
    def answer(_method, target, _headers, _body):
        return 200, json.dumps([{"data": "192.0.2.9", "ttl": 600}]
                               if "/A/" in target else [])
    api = Api(answer)
    config = account("godaddy", api.port, 'key = "k" secret = "s"')
    config += account("strato", api.port, 'username = "u" password = "p"',
                      "s")
    with Notify(directory, config) as n:
        reply = n.do(look=True, account="p", name="www.example.org",
                     zone="example.org")
        assert reply["values"] == {"ipv4": ["192.0.2.9"], "ipv6": []}, reply
        assert all(c[0] == "GET" for c in api.calls)
        reply = n.do(look=True, account="s", name="www.example.org")
        assert reply["status"] == "refused" and "read" in reply["text"]


def test_dry_run_only_reads(directory):
    def answer(_method, target, _headers, _body):
        return 200, json.dumps([{"data": "192.0.2.9", "ttl": 600}]
                               if "/A/" in target else [])
    api = Api(answer)
    config = account("godaddy", api.port, 'key = "k" secret = "top-secret"')
    with Notify(directory, config, "--dry-run") as n:
        reply = n.do(**job())
        assert "dry run" in reply["text"], reply
        n.end()
        assert "PUT" in n.stderr() and "192.0.2.7" in n.stderr()
        assert "top-secret" not in n.stderr()
    assert {c[0] for c in api.calls} == {"GET"}


def connections_to(port):
    """Local ends of established connections to that port."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f][1:]
    return [r for r in rows if r[3] == "01" and r[2].endswith(f":{port:04X}")]


def test_connection_of_a_lost_address(directory):
    """Kept for reuse, it ends when its own address leaves the machine."""
    address = ["198.51.100.9/32", "dev", "lo"]
    subprocess.run(["ip", "addr", "add", *address], check=True)
    http = Http(lambda r: says("good"), host="198.51.100.9")
    config = account("strato", http.port, 'username = "u" password = "p"')
    with Notify(directory, config.replace("127.0.0.1",
                                          "198.51.100.9")) as n:
        assert n.do(**job())["status"] == "done"
        assert n.do(**job())["status"] == "done"
        assert len(http.peers) == 1 and connections_to(http.port)
        subprocess.run(["ip", "addr", "del", *address], check=True)
        wait_for(lambda: not connections_to(http.port), "its end", 3)


def test_one_thread(directory):
    api = Api(lambda *a: (200, "good"))
    config = account("strato", api.port, 'username = "u" password = "p"')
    with Notify(directory, config) as n:
        for i in range(20):
            n.do(**job(name=f"h{i}.example.org"))
            assert len(os.listdir(f"/proc/{n.process.pid}/task")) == 1


if __name__ == "__main__":
    main(globals())
