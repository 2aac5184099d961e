#!/usr/bin/env python3
"""What somebody is told who was woken up at three: in ten ways to be wrong,
the first line says what is wrong, because of what, and what comes next."""

import json
import os
import re

import fakehttp
import lab
from evddnsd import NAME, PROVIDER, SOURCE, Evddnsd, record, source
from lab import A, DEAD4, GW4, NS4, Lab

SAME = ("name", "family", "provider", "source", "state", "wanted", "published",
        "last_change", "last_update", "error", "note", "answer", "answered",
        "account_rests_for")  # fmt: skip


def summary(d, deadline_s=15, **fields):
    """Of the record, once it is as the fields say: (line, entry of why)."""

    def there():
        if not os.path.exists(d.dir + "/control"):
            return None
        for e in json.loads(d.ctl("why", "--json", NAME))["entries"]:
            if e["family"] == "ipv4" and all(e[k] == v for k, v in fields.items()):
                return e
        return None

    return lab.wait_until(there, deadline_s, f"{fields}\n{d.tail()}")


def told(d, pattern, **fields):
    """The first lines of the text, the same facts in status, and why."""
    entry = summary(d, **fields)
    assert re.fullmatch(pattern, entry["summary"]), entry["summary"]
    text = d.ctl("why", NAME).splitlines()
    assert text[0] == f"{NAME}/ipv4 at {entry['provider']}: {entry['state']}", text[0]
    assert re.fullmatch(pattern, text[1].strip()), text[1]
    for r in json.loads(d.ctl("status", "--json"))["records"]:
        if r["family"] == "ipv4":
            assert {k: r[k] for k in SAME} == {k: entry[k] for k in SAME}, (r, entry)
            assert re.fullmatch(pattern, r["summary"]), r["summary"]
    return entry, "\n".join(text)


def run(config, pattern, before=None, zones=None, **fields):
    with Lab(zones=zones) as net:
        if before:
            before(net)
        d = Evddnsd(net, config).start()
        told(d, pattern, **fields)
        if net.knot.process:
            net.knot.go_on()
        d.stop()


def provider(server=NS4, key=None, more=""):
    text = PROVIDER.replace(f'"{NS4}"', f'"{server}"')
    if key:
        text = re.sub(r'key = ".*"', f'key = "{key}"', text)
    return text.rstrip("}\n") + "\n" + more + "}\n"


FAILS = (
    r"wrong: DNS has no address for it, 5\.6\.7\.5 is wanted, because .*{}.*; "
    r"next: .* in \d+ s(, or at a new address)?"
)


def test_right():
    with Lab() as net:
        d = Evddnsd(net).start()
        _, text = told(
            d, r"right: 5\.6\.7\.5 is published; next: a look at the name servers in \d+ min",
            state="published",
        )  # fmt: skip
        assert "it answered  NOERROR from" in text, text
        assert "/ipv6 at ns: waiting\n  left alone: " in text, text
        d.stop()


def test_no_link():
    run(None, r"waiting for a link \(wan0 is down\)",
        lambda net: net.batch("link set wan0 down"), state="waiting")  # fmt: skip


def test_no_route():
    run(None, r"waiting for a route \(wan0 has an address, .*\)",
        lambda net: net.batch("route del default"), state="waiting")  # fmt: skip


def test_wrong_secret():
    run(SOURCE + provider(key="d3Jvbmctc2VjcmV0LXdyb25nLXNlY3JldC13cm9uZzE=") + record(),
        r"wrong: DNS has no address for it, 5\.6\.7\.5 is wanted, because ns refused: "
        rf"BADSIG.*; next: nothing until .*`evddnsctl retry {NAME}`, or in 24 h",
        state="refused")  # fmt: skip


def test_alias():
    run(None, r"wrong: the name is an alias, 5\.6\.7\.5 is wanted: .* is a CNAME to "
        r"elsewhere\.example\.org: .*; next: nothing until .*", state="refused",
        zones={"example.org": "home CNAME elsewhere\nelsewhere A 9.9.9.9"})  # fmt: skip


def test_silent_provider():
    run(SOURCE + provider(DEAD4, more="    timeout = 500ms\n") + record(),
        FAILS.format("no answer in time"), state="backoff")  # fmt: skip


def test_closed_port():
    run(SOURCE + provider(f"{NS4}:5399") + record(), FAILS.format("connection refused"),
        state="backoff")  # fmt: skip


def test_not_confirmed():
    run(source(confirm='"always"', confirm_timeout="300ms").replace(NS4, DEAD4)
        + PROVIDER + record(),
        r"wrong: not published, because the address is not confirmed: .*; "
        r"next: reflectors are asked again in \d+ s",
        state="confirming", error="the address is not confirmed")  # fmt: skip


def test_dns_says_something_else_and_nobody_answers():
    """Published before, and now the name servers are silent."""
    with Lab() as net:
        quick = "resolver { timeout = 200ms tries = 1 }\n"
        # The account is asked in their place, and is as silent.
        account = provider(more="    timeout = 500ms\n")
        d = Evddnsd(net, SOURCE + account + record() + quick).start()
        d.wait_event(event="published", address=GW4)
        net.knot.pause()
        d.ctl("refresh", NAME)
        told(d, r"wrong: what DNS says is not known, 5\.6\.7\.5 is wanted, because no name "
             r"server could be asked; next: another try when the network has news, or in \d+ s",
             state="backoff")  # fmt: skip
        net.knot.go_on()
        d.stop()


def account(net, answer, more=""):
    server = fakehttp.FakeHttp(net, answer)
    return (
        SOURCE + f'provider "web" {{\n    type = "dyndns2"\n    endpoint = "{server.url}"\n'
        f'    username = "u"\n    password = "p-w-d"\n{more}}}\n' + record(provider='"web"')
    )


def test_provider_that_says_slow_down():
    """Until when the account rests, and that its server has asked for it."""
    with Lab() as net:
        slow = fakehttp.says("later", 429, [("Retry-After", "40")])
        d = Evddnsd(net, account(net, slow)).start()
        entry, text = told(d, FAILS.format("429"), state="backoff")
        assert entry["account_rests_until"] and entry["account_rests_for"], entry
        assert "it rests     until " in text and "has asked for it" in text, text
        assert "it answered  " in text, text
        d.stop()


def test_spacing_of_the_account():
    with Lab() as net:
        d = Evddnsd(net, account(net, fakehttp.good, "    min-interval = 50s\n")).start()
        d.wait_log(event="accepted", name=NAME)
        net.swap()
        entry = summary(d, state="backoff", account_rests_for="min-interval")
        assert re.search(r"; next: its turn by the account's min-interval in \d+ s",
                         entry["summary"]), entry  # fmt: skip
        assert entry["account_rests_until"], entry
        d.stop()


def test_wildcard():
    """A name that a wildcard answers for is right."""
    zones = {"example.org": f"* 60 A {GW4}"}
    with Lab(zones=zones) as net:
        assert net.dns(NAME, A) == [GW4]
        d = Evddnsd(net).start()
        told(d, r"right: 5\.6\.7\.5 is published; .*", state="published")
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
