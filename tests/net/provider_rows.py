"""Rows of provider types: what goes out, what comes back, what it means.

Each file in providers/ holds the rows of one service, or of a few that talk
alike.  They are written from the services' own documents, not from our types:
a row gives settings and a job, the exchanges of requests and answers, and
what evddns-notify has to reply.

An exchange is (request, answer) or (request, body, answer).  A request is
"METHOD /path?query"; the query's order does not matter, and <word> stands for
anything.  A body is a dict or list (JSON), Form(...), or text.  An answer is a
dict or list (JSON), text, a status, or (status, body[, headers]).
"""

import base64
import fnmatch
import json
import re
import urllib.parse

V4, V6 = "192.0.2.7", "2001:db8::7"
OLD4, OLD6 = "192.0.2.1", "2001:db8::1"
# Every byte that breaks out of something arrives as it was.
TOKEN = "T0k\"e\\n%41+&=#?/ <'>;,$é"
PASSWORD = "p\"w\\ä:&?#%41$'x +/=<>;,@"
SECRET = "s3cr\"et\\%2F+/= &ü"


class Form(dict):
    """A form's fields, in any order."""


class Check:
    """A body that a function looks at: None, or what is wrong with it."""

    def __init__(self, function):
        self.function = function


class Row:
    def __init__(self, table, title, talk, jobs, outs, settings, headers,
                 retry, says):
        self.table, self.title, self.talk = table, title, talk
        self.jobs, self.outs = jobs, outs
        self.settings, self.headers = settings, headers
        self.retry, self.says = retry, says
        self.values = None  # that a look finds

    def __str__(self):
        return f"{self.table.type}: {self.title}"


TABLES = []


class Table:
    """The rows of one type."""

    def __init__(self, type_, host, settings=None, headers=None,
                 name="www.example.org", zone="example.org", families="46"):
        self.type, self.host, self.settings = type_, host, settings or {}
        self.headers, self.name, self.zone = headers or {}, name, zone
        self.families, self.rows = families, []
        TABLES.append(self)

    def row(self, title, *talk, out="done", families=None, name=None,
            zone=None, ipv4=None, ipv6=None, settings=None, headers=None,
            retry=None, says=None, names=None, outs=None, **more):
        """With names: that many jobs at once, and outs of each."""
        families = self.families if families is None else families
        job = {"zone": zone or self.zone}
        if ipv4 is not None or "4" in families:
            job["ipv4"] = [V4] if ipv4 is None else ipv4
        if ipv6 is not None or "6" in families:
            job["ipv6"] = [V6] if ipv6 is None else ipv6
        if more.get("look"):
            job = {"zone": job["zone"], "families": [
                f for f in ("ipv4", "ipv6") if f in job]}
        job.update(more)
        values = job.pop("values", None)
        names = names or [name or self.name]
        jobs = [dict(job, name=n) for n in names]
        for j in jobs[:-1]:
            j["more"] = True
        merged = dict(self.settings, **(settings or {}))
        merged = {k: v for k, v in merged.items() if v is not None}
        self.rows.append(Row(
            self, title, [exchange(*e) for e in talk], jobs,
            outs or [out] * len(jobs), merged,
            dict(self.headers, **(headers or {})), retry, says))
        self.rows[-1].values = values

    def answers(self, *talk, table, at=-1, **row):
        """One row for each answer in place of the talk's at-th one."""
        at = at % len(talk)
        for answer, out, *retry in table:
            changed = list(talk[:at]) + [talk[at][:-1] + (answer,)]
            title = f"{answer!r} to {talk[at][0].split('?')[0]}"
            self.row(title[:150], *changed, out=out,
                     **dict(row, retry=retry[0] if retry else None))


def basic(user, password):
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": "Basic " + login}


class Exchange:
    def __init__(self, method, target, body, answer):
        self.method, self.body, self.answer = method, body, answer
        self.optional = method.startswith("?")
        self.again = False  # as often as it is asked
        self.method = method.lstrip("?")
        self.path, self.query = split(target)

    def mismatch(self, request):
        """None, or the first thing that differs."""
        if self.method != request.method:
            return f"{request.method}, not {self.method}"
        if len(self.path) != len(request.path) or not all(
                alike(a, b) for a, b in zip(self.path, request.path)):
            return f"path {request.path}, not {self.path}"
        if [k for k, _ in self.query] != [k for k, _ in request.query] or \
                not all(alike(a, b) for (_, a), (_, b) in
                        zip(self.query, request.query)):
            return f"query {request.query}, not {self.query}"
        return body_mismatch(self.body, request)


def exchange(line, *rest):
    method, target = line.split(" ", 1)
    body, answer = (None,) * (2 - len(rest)) + rest
    return Exchange(method, target, body, answer)


def split(target):
    """Segments of the path, and the sorted query, decoded."""
    path, _, query = target.partition("?")
    return ([urllib.parse.unquote(s) for s in path.split("/")],
            sorted(urllib.parse.parse_qsl(query, keep_blank_values=True)))


def alike(expected, got):
    if "<" not in expected:
        return expected == got
    if not re.search("<[a-z0-9]+>", expected):
        return expected == got
    pattern = re.sub("<[a-z0-9]+>", "*", expected.replace("[", "[[]"))
    return fnmatch.fnmatchcase(got, pattern)


def same(expected, got):
    if isinstance(expected, dict):
        return isinstance(got, dict) and expected.keys() == got.keys() and all(
            same(v, got[k]) for k, v in expected.items())
    if isinstance(expected, list):
        return isinstance(got, list) and len(expected) == len(got) and (
            all(map(same, expected, got)) or all(
                any(same(a, b) for b in got) for a in expected))
    if isinstance(expected, str):
        return isinstance(got, str) and alike(expected, got)
    return type(expected) is type(got) and expected == got


def body_mismatch(expected, request):
    got, kind = request.body, request.header("content-type")
    if expected is None:
        return f"a body: {got!r}" if got else None
    if isinstance(expected, Check):
        return expected.function(request)
    if isinstance(expected, Form):
        fields = dict(urllib.parse.parse_qsl(got.decode("latin-1"),
                                             keep_blank_values=True,
                                             encoding="utf-8"))
        if not kind.startswith("application/x-www-form-urlencoded"):
            return f"Content-Type {kind!r}"
        if not same(dict(expected), fields):
            return f"form {fields}, not {dict(expected)}"
        return None
    if isinstance(expected, str):
        return None if alike(expected, got.decode()) else f"text {got!r}"
    if "json" not in kind:
        return f"Content-Type {kind!r}"
    try:
        value = json.loads(got)
    except ValueError as error:
        return f"no JSON: {got!r}: {error}"
    if not same(expected, value):
        return f"JSON {json.dumps(value)}, not {json.dumps(expected)}"
    return None


def render(answer):
    """Status, headers and body of an answer."""
    status, body, headers = 200, answer, {}
    if isinstance(answer, int):
        status, body = answer, ""
    elif isinstance(answer, tuple):
        status, body, *rest = answer
        headers = rest[0] if rest else {}
    if isinstance(body, (dict, list)):
        headers = dict({"Content-Type": "application/json"}, **headers)
        body = json.dumps(body)
    return status, headers, body.encode()
