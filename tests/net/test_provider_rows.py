#!/usr/bin/env python3
"""Every shipped provider type against the rows of what its service says."""

import base64
import importlib
import json
import os
import re
import urllib.parse

import provider_cassettes
import provider_prism
from notify_lab import Notify, Skipped, main
from provider_rows import TABLES
from provider_server import Greeter, Server
from provider_spec import SPECS, Spec, missing

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("top_srcdir") or os.path.join(HERE, "..", "..")
TYPES = os.path.join(TOP, "notify", "providers")
# Who is asked first, where it is not the service itself.
TOKENS = {"azure": "login.microsoftonline.com",
          "googlecloud": "oauth2.googleapis.com"}
AT_ONCE = 200  # jobs under way
PLAYED = []  # right ones


def tables():
    """Of all types, or of those in EVDDNS_TYPES."""
    if not TABLES:
        for name in sorted(os.listdir(os.path.join(HERE, "providers"))):
            if name.endswith(".py"):
                importlib.import_module("providers." + name[:-3])
    wanted = os.environ.get("EVDDNS_TYPES", "").split()
    return [t for t in TABLES if not wanted or t.type in wanted]


def quoted(value):
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(map(quoted, value)) + "}"
    return '"' + str(value).replace("\\", "\\\\").replace(
        '"', '\\"').replace("$", "\\$") + '"'


def provider(name, row, endpoint):
    lines = [f'provider "{name}" {{', f'    type = "{row.table.type}"']
    settings = dict({"endpoint": endpoint, "min-interval": 0,
                     "timeout": "60s"}, **row.settings)
    if not endpoint:
        del settings["endpoint"]
    for key, value in settings.items():
        lines.append(f"    {key} = {quoted(value)}")
    return "\n".join(lines) + "\n}\n"


def types_beside(directory):
    """Ours, where the program looks first."""
    beside = os.path.join(directory, "providers")
    if not os.path.exists(beside):
        os.symlink(os.path.abspath(TYPES), beside)


def play(directory, rows, *options):
    """The faults of each row."""
    types_beside(directory)
    server = Server(rows)
    config = "".join(provider(f"p{i}", row, server.endpoint(i))
                     for i, row in enumerate(rows))
    jobs = [[dict(job, id=i * 1000 + k + 1, account=f"p{i}")
             for k, job in enumerate(row.jobs)] for i, row in enumerate(rows)]
    replies = {}
    with Notify(directory, config, *options) as notify:
        waiting = 0
        while jobs or waiting:
            while jobs and waiting < AT_ONCE:
                notify.send(*jobs[0])
                waiting += len(jobs.pop(0))
            try:
                reply = notify.reply(100)
            except AssertionError as error:
                print(error)
                break
            replies[reply["id"]] = reply
            waiting -= 1
    for i, row in enumerate(rows):
        it = server.plays[server.address(i)]
        got = [replies.get(i * 1000 + k + 1) for k in range(len(row.jobs))]
        faults = it.faults(got)
        if faults:
            yield row, it, faults, got
        else:
            PLAYED.append(it)


def expect_none(failed, count, what):
    for row, it, faults, replies in failed:
        print(f"{row}\n    " + "\n    ".join(faults))
        for request in it.seen:
            print(f"    > {request}")
        print(f"    = {replies[0]}")
    print(f"{count} rows of {what}, {len(failed)} wrong")
    assert not failed


def test_rows(directory):
    rows = [row for table in tables() for row in table.rows
            if len(row.jobs) == 1]
    failed = list(play(directory, rows, "-v"))
    expect_none(failed, len(rows),
                f"{len({row.table.type for row in rows})} types")
    with open(os.path.join(directory, "notify.log"),
              errors="surrogateescape", encoding="utf-8") as f:
        log = f.read()
    os.unlink(os.path.join(directory, "notify.log"))
    assert "> GET /" in log and "<redacted>" in log
    whose = {secret: (row.table.type, name) for row in rows
             for name, secret in secrets(row)}
    told = [who for secret, who in whose.items()
            if any(form in log for form in forms(secret))]
    assert not told, f"secrets in the log: {told}"


def test_batches(directory):
    """What goes together, with nothing else under way."""
    for row in [row for table in tables() for row in table.rows
                if len(row.jobs) > 1]:
        expect_none(list(play(directory, [row])), len(row.jobs), str(row))


def secrets(row):
    """What the type says to be one, of this row."""
    with open(os.path.join(TYPES, row.table.type + ".conf"),
              encoding="utf-8") as f:
        text = f.read()
    for name, value in row.settings.items():
        if name in ("token", "password", "secret") or re.search(
                f'setting "{name}" {{[^}}]*secret = yes', text):
            yield name, value


def forms(secret):
    """As it may be written."""
    if secret.startswith("{"):  # a service account
        secret = json.loads(secret)["private_key"].split("\n")[1]
    raw = secret.encode()
    yield from (secret, urllib.parse.quote(secret, safe=""),
                urllib.parse.quote_plus(secret),
                json.dumps(secret)[1:-1],
                json.dumps(secret, ensure_ascii=False)[1:-1],
                base64.b64encode(raw).decode(), raw.hex())


def test_hosts(directory):
    """Without an endpoint each type goes to its service, by TLS."""
    types_beside(directory)
    greeter, wanted, config, jobs = Greeter(), set(), "", []
    for i, table in enumerate(t for t in tables() if t.host and t.rows):
        row = table.rows[0]
        host = TOKENS.get(table.type, table.host)
        wanted.add(host)
        config += provider(f"h{i}", row, None)
        jobs.append(dict(row.jobs[0], id=i + 1, account=f"h{i}",
                         resolve={host: ["127.0.0.1"]}))
    with Notify(directory, config) as notify:
        notify.send(*jobs)
        for _ in jobs:
            reply = notify.reply(100)
            assert reply["status"] == "retry", reply
    print(f"{len(greeter.names)} hosts")
    assert greeter.names == wanted, greeter.names ^ wanted


def test_recordings(directory):
    if not os.path.isdir(provider_cassettes.FOLDER):
        raise Skipped(f"no folder {provider_cassettes.FOLDER}")
    tables()
    clouds = importlib.import_module("providers.clouds")
    wanted = os.environ.get("EVDDNS_TYPES", "").split()
    rows = [r for r in provider_cassettes.rows(clouds.KEY.decode())
            if not wanted or r.table.type in wanted]
    failed = list(play(directory, rows))
    expect_none(failed, len(rows), "recordings")


def test_specifications(_directory):
    """What went out, and what the rows answered, against the documents."""
    if missing():
        raise Skipped(missing())
    specs, wrong, count = {}, {}, 0
    for it in PLAYED:
        kind = it.row.table.type
        if kind not in SPECS:
            continue
        spec = specs.setdefault(kind, Spec(kind))
        fine = "refused" not in it.row.outs and "retry" not in it.row.outs
        for request, status, answer in it.said:
            count += 1
            for fault in spec.faults(request, status, answer, fine):
                wrong.setdefault(f"{kind}: {request.method} "
                                 f"{request.target}: {fault}", it.row)
    for fault, row in wrong.items():
        print(f"{row}\n    {fault}")
    print(f"{count} exchanges of {len(specs)} types, {len(wrong)} wrong")
    assert count and not wrong


def prism_settings(kind):
    """Examples name a zone that is no one's: Google's is given."""
    if kind == "googlecloud":
        clouds = importlib.import_module("providers.clouds")
        return ("project = p-1 zone-name = mine key = " +
                quoted(clouds.ACCOUNT))
    if kind == "azure":
        return ('tenant = ten-ant client-id = c-1 secret = "s3cr3t" '
                "subscription = s-1 resource-group = g-1")
    return 'token = "tok3n"'


def judge_rows(judges):
    """Each request of each row, whatever was answered: made, updated,
    unchanged, both families, wildcard, apex, wrong token, taken away."""
    wrong, seen = {}, set()
    for it in PLAYED:
        prism = judges.get(it.row.table.type)
        for request, _, _ in it.said if prism else ():
            key = (prism.type, str(request))
            if key not in seen:
                seen.add(key)
                fault = prism.fault(request)
                if fault:
                    wrong[key] = it.row, fault
    for (_, request), (row, fault) in wrong.items():
        print(f"{row}\n    {request}\n    {fault}")
    print(f"{len(seen)} requests to {len(judges)} prisms, {len(wrong)} wrong")
    assert seen and not wrong


def judge_jobs(directory, judges):
    """What the documents' own examples make of our requests."""
    judges = {t: p for t, p in judges.items() if t in provider_prism.TYPES}
    types_beside(directory)
    config = "".join(
        f'provider "{kind}" {{ type = "{kind}" {prism_settings(kind)} '
        f'endpoint = "{provider_prism.Between(prism).url}" '
        "min-interval = 0 }\n" for kind, prism in judges.items())
    with Notify(directory, config) as notify:
        wanted = [j for t in judges for j in provider_prism.jobs(t)]
        notify.send(*wanted)
        replies = [notify.reply(60) for _ in wanted]
    wrong = [r for r in replies if r["status"] not in ("done", "unchanged")]
    print(f"{len(replies)} jobs at {len(judges)} prisms, {len(wrong)} wrong")
    assert not wrong, wrong


def test_prism(directory):
    if missing() or not os.environ.get("EVDDNS_PRISM"):
        raise Skipped(missing() or "EVDDNS_PRISM names no prism")
    wanted = os.environ.get("EVDDNS_TYPES", "").split()
    # None of the ports that connect() draws: it may meet itself there.
    judges = {t: provider_prism.Prism(directory, t, 20000 + i)
              for i, t in enumerate(SPECS) if not wanted or t in wanted}
    try:
        for prism in judges.values():
            prism.wait()
        judge_rows(judges)
        judge_jobs(directory, judges)
    finally:
        for prism in judges.values():
            prism.kill()


if __name__ == "__main__":
    main(globals(), 600)
