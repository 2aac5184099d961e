#!/usr/bin/env python3
"""The provider's API is asked what it holds: where it is told to be, and
where the name servers cannot be believed."""

import json

import fakehttp
import lab
from evddnsd import NAME, Evddnsd, record
from lab import A, GW4, GW4_NEW, ISP4, Lab
from nameservers import Dnsmasq, redirected

SOURCE_SURE = 'source "default" { confirm = "never" }\n'


class Api:
    """An API that holds RRsets, as deSEC's does."""

    def __init__(self, net, **rrsets):
        self.held = {("home", k): v for k, v in rrsets.items()}
        self.looks, self.writes, self.broken = 0, 0, False
        fakehttp._Handler.do_PATCH = fakehttp._Handler.do_GET
        self.http = fakehttp.FakeHttp(net, self.answer)

    def answer(self, handler, request):
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        if self.broken:
            fakehttp.says("oops", 500)(handler, request)
            return
        if handler.command == "PATCH":
            self.writes += 1
            for r in json.loads(body):
                self.held[r["subname"], r["type"]] = r["records"]
        else:
            self.looks += 1
        name = request.query.get("subname")
        say = [
            {"subname": n, "type": t, "ttl": 3600, "records": v}
            for (n, t), v in self.held.items()
            if v and n == (name if name is not None else n)
        ]
        fakehttp.says(json.dumps(say))(handler, request)

    def provider(self):
        return (
            f'provider "api" {{\n    type = "desec"\n    endpoint = "{self.http.url}"\n'
            '    token = "secret"\n    zone = "example.org"\n}\n'
        )


def config(api, **settings):
    return SOURCE_SURE + api.provider() + record(
        provider='"api"', families='{"ipv4"}', ttl=3600, verify="no", **settings
    )


def test_check_is_provider():
    with Lab() as net:
        api = Api(net, A=[GW4])
        d = Evddnsd(net, config(api, check="provider")).start()
        d.wait_log(event="unchanged", name=NAME)
        assert d.find_log(event="checked", text=f"api: {GW4}"), d.tail()
        assert (api.looks, api.writes) == (1, 0), (api.looks, api.writes)
        net.swap()
        d.wait_event(event="updated", address=GW4_NEW)
        assert api.held["home", "A"] == [GW4_NEW]
        for _ in range(3):
            d.stop()
            d.start()
            d.wait_log(event="unchanged", name=NAME, after=d.started)
        d.stop()
        assert api.writes == 1
        # Somebody else has changed it there: that is mended.
        api.held["home", "A"] = ["9.9.9.9"]
        d.start()
        d.wait_event(event="updated", address=GW4_NEW, skip=len(d.events()))
        d.stop()
        assert api.held["home", "A"] == [GW4_NEW]


def test_before_giving_up():
    """The servers are not to be believed, nothing is known: the API is."""
    with Lab() as net:
        api = Api(net, A=[GW4])
        Dnsmasq(net, ISP4, port=5353).start(f"--address=/{NAME}/10.0.0.7")
        with redirected(net, 5353):
            d = Evddnsd(net, config(api)).start()
            d.wait_log(event="unchanged", name=NAME)
            assert d.find_log(event="intercepted"), d.tail()
            assert (api.looks, api.writes) == (1, 0), (api.looks, api.writes)
            net.swap()
            d.wait_event(event="updated", address=GW4_NEW)
            d.stop()
            assert api.writes == 1


def test_an_api_that_fails_is_no_answer():
    with Lab() as net:
        api = Api(net)
        d = Evddnsd(net, config(api, check="provider")).start()
        d.wait_event(event="updated", address=GW4)
        d.stop()
        api.broken = True
        for _ in range(2):
            d.start()
            d.wait_log(event="state", text="unknown, no news", after=d.started)
            d.stop()
        api.broken = False
        d.start()
        d.wait_log(event="unchanged", name=NAME, after=d.started)
        d.stop()
        assert api.writes == 1
        assert net.dns(NAME, A) == []


if __name__ == "__main__":
    lab.main(globals())
