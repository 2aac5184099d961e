#!/usr/bin/env python3
"""The dyndns2 protocol against a server that says everything it can say."""

import signal

import lab
from evddnsd import SOURCE, Evddnsd, record
from fakehttp import FakeHttp, floods, good, hangs_up, never, says
from lab import GW4, GW4_NEW, Lab

# What the account's server does, and the event that follows.
ROWS = {
    "good": (good, "updated"),
    "good-bare": (says("good\r\n"), "updated"),
    "nochg": (says(f"nochg {GW4}"), None),  # updated or unchanged
    "badauth": (says("badauth"), "refused"),
    "badauth-401": (says("badauth", 401), "refused"),
    "nohost": (says("nohost"), "refused"),
    "notfqdn": (says("notfqdn"), "refused"),
    "badagent": (says("badagent"), "refused"),
    "donator": (says("!donator"), "refused"),
    "abuse": (says("abuse"), "refused"),
    "good-localhost": (says("good 127.0.0.1"), "refused"),
    "s911": (says("911"), "failed"),
    "dnserr": (says("dnserr"), "failed"),
    "html": (says("<html><body>good morning</body></html>"), "failed"),
    "goodness": (says("goodness gracious"), "failed"),
    "empty": (says(""), "failed"),
    "error-500": (says("oops", 500), "failed"),
    "busy-429": (says("slow down", 429, [("Retry-After", "120")]), "failed"),
    "moved": (says("", 302, [("Location", "http://1.2.3.80:1/")]), "failed"),
    "flood": (floods(), "failed"),
    "hangs-up": (hangs_up, "failed"),
    "never": (never, "failed"),
}


def config(url):
    text = SOURCE
    for name in ROWS:
        text += (
            f'provider "{name}" {{\n    type = "dyndns2"\n    endpoint = "{url}"\n'
            f'    username = "{name}"\n    password = "pass:word"\n'
            "    timeout = 2s\n}\n"
        )
        text += record(
            f"{name}.example.org", provider=f'"{name}"', check="none", verify="no",
            families='"ipv4"',
        )  # fmt: skip
    return text.replace("    ttl = 60\n", "")


def test_every_answer():
    with Lab() as net:
        fake = FakeHttp(net)
        fake.answer = lambda h, r: ROWS[r.login.split(":")[0]][0](h, r)
        d = Evddnsd(net, config(fake.url)).start()
        wrong = []
        for name, (_, want) in ROWS.items():
            host = f"{name}.example.org"
            wants = [want] if want else ["updated", "unchanged"]

            def event(host=host):
                got = [e for e in d.events() if e.get("record") == host]
                return got[0]["event"] if got else None

            try:
                got = lab.wait_until(event, 15, host)
            except AssertionError:
                got = None
            if got not in wants:
                wrong.append(f"{name}: {got}, not {want}")
        assert not wrong, d.tail() + "\n" + "\n".join(wrong)
        requests = {r.login.split(":")[0]: r for r in fake.requests}
        for name in ROWS:
            assert requests[name].path == "/nic/update", requests[name].path
            assert requests[name].query["hostname"] == f"{name}.example.org"
            assert requests[name].query["myip"] == GW4
            assert requests[name].login == f"{name}:pass:word"
            assert requests[name].headers["User-Agent"], name
        assert d.is_alive()
        d.stop()
        refused = [n for n, (_, want) in ROWS.items() if want == "refused"]
        for name in refused:
            mine = [r for r in fake.requests if r.login.startswith(name + ":")]
            assert len(mine) == 1, f"{name} was asked {len(mine)} times"
        assert not [x for x in d.lines if "pass:word" in str(x)]


def test_busy_is_not_asked_before_its_time():
    with Lab() as net:
        fake = FakeHttp(net, says("", 429, [("Retry-After", "3600")]))
        text = SOURCE + (
            f'provider "p" {{\n type = "dyndns2"\n endpoint = "{fake.url}"\n'
            ' username = "u"\n password = "p"\n}\n'
            'record "home.example.org" {\n families = "ipv4"\n check = none\n'
            " verify = no\n}\n"
        )
        d = Evddnsd(net, text).start()
        event = d.wait_event(event="failed")
        assert event["retry_in"] >= 3600, event
        d.stop()
        assert len(fake.requests) == 1


def test_abuse_ends_with_the_configuration():
    """Neither a new address nor a restart asks again; a setting does."""
    with Lab() as net:
        fake = FakeHttp(net, says("abuse"))
        text = SOURCE + (
            f'provider "p" {{\n type = "dyndns2"\n endpoint = "{fake.url}"\n'
            ' username = "u"\n password = "PASSWORD"\n min-interval = 0\n'
            ' retry-refused = 1s\n}\nrecord "home.example.org" {\n'
            ' families = "ipv4"\n check = none\n verify = no\n}\n'
        )
        d = Evddnsd(net, text.replace("PASSWORD", "first one")).start()
        d.wait_event(event="refused")
        net.swap()
        d.wait_event(event="address", address=GW4_NEW)
        d.stop()
        again = Evddnsd(net, text.replace("PASSWORD", "first one")).start()
        again.wait_log(text="refused")
        again.configure(text.replace("PASSWORD", "another"))
        assert len(fake.requests) == 1, fake.requests
        again.send(signal.SIGHUP)
        lab.wait_until(lambda: len(fake.requests) == 2, 10, "asked again")
        again.stop()


def test_what_no_rule_knows_is_not_asked_again_by_a_restart():
    """An unclassified 4xx: a quarter of an hour or more, restarts included."""
    with Lab() as net:
        fake = FakeHttp(net, says("short and stout", 418))
        text = SOURCE + (
            f'provider "p" {{\n type = "dyndns2"\n endpoint = "{fake.url}"\n'
            ' username = "u"\n password = "first one"\n min-interval = 0\n'
            '}\nrecord "home.example.org" {\n'
            ' families = "ipv4"\n check = none\n verify = no\n}\n'
        )
        d = Evddnsd(net, text).start()
        first = d.wait_event(event="failed")
        assert 900 <= first["retry_in"] <= 1800, first
        d.stop()
        skip = len(d.events())
        again = Evddnsd(net, text).start()
        event = again.wait_event(event="failed", skip=skip)
        assert 800 <= event["retry_in"] <= first["retry_in"], event
        assert len(fake.requests) == 1, fake.requests
        # Another address is another question; the second answer counts on.
        skip = len(again.events())
        net.swap()
        event = again.wait_event(event="failed", skip=skip)
        assert 1800 <= event["retry_in"] <= 3600, event
        assert len(fake.requests) == 2, fake.requests
        # Another password too, from the beginning.
        again.configure(text.replace("first one", "another"))
        skip = len(again.events())
        again.send(signal.SIGHUP)
        event = again.wait_event(event="failed", skip=skip)
        assert 900 <= event["retry_in"] <= 1800, event
        again.stop()


def test_the_update_process_logs_alike():
    """What it warns of, as the daemon's own lines: in JSON, at the level."""
    with Lab() as net:
        fake = FakeHttp(net, good)
        d = Evddnsd(net, config(fake.url)).start()
        d.wait_event(event="updated")
        assert d.wait_log(text="secrets go over the wire")["level"] == "warning"
        d.stop()
        assert not d.other, d.other
        d = Evddnsd(net, config(fake.url), log_level="error", name="quiet").start()
        d.wait_event(event="updated")
        d.stop()
        assert not d.other and not d.find_log(text="secrets go over the wire")


if __name__ == "__main__":
    lab.main(globals())
