#!/usr/bin/env python3
"""evddnsd -t --online: each credential, zone and name is proved by reading,
and nothing is written anywhere."""

import json

import fakehttp
import lab
from evddnsd import PROVIDER, SOURCE, Evddnsd, record
from knot import KEY
from lab import GW4, Lab

TOKEN = "t0ken-0123456789"
WRONG_KEY = "d3Jvbmcgc2VjcmV0IG9mIHRoZSBkZG5zIGtleSwgMzI="


class Api:
    """deSEC's: a zone of its own, behind a token."""

    def __init__(self, net):
        self.methods, self.status = [], 200
        self.http = fakehttp.FakeHttp(net, self.answer)

    def answer(self, handler, request):
        self.methods.append(handler.command)
        status, say = self.status, [
            {"subname": "nas", "type": "A", "ttl": 3600,
             "records": ["198.51.100.9"]}]
        if request.headers.get("Authorization") != f"Token {TOKEN}":
            status, say = 401, {"detail": "Invalid token."}
        elif "/domains/example.net/" not in request.path:
            status, say = 404, {"detail": "Not found."}
        fakehttp.says(json.dumps(say), status)(handler, request)

    def provider(self, token=TOKEN, zone="example.net"):
        return (f'provider "api" {{\n type = "desec"\n zone = "{zone}"\n'
                f' endpoint = "{self.http.url}"\n token = "{token}"\n}}\n')


def prove(net, config, status, *said):
    serial = net.knot.serial()
    d = Evddnsd(net, config)
    got, text = d.run("-t", "--online", timeout=60)
    for words in said:
        assert words in text, (words, text)
    assert got == status, (got, text)
    assert net.knot.serial() == serial
    assert TOKEN not in text and KEY not in text
    return text


def test_all_is_well():
    with Lab() as net:
        api = Api(net)
        prove(net, SOURCE + PROVIDER + api.provider() + record() +
              record("nas.example.net", provider='"api"', ttl=3600) +
              record("new.example.net", provider='"api"', ttl=3600), 0,
              f'source "default": ipv4: {GW4} (wan0) would be published',
              'record "home.example.org": provider "ns" (rfc2136) lets us in',
              'record "nas.example.net": provider "api" (desec) lets us in; '
              "it holds 198.51.100.9",
              'record "new.example.net": provider "api" (desec) lets us in; '
              "it holds no address")
        assert set(api.methods) == {"GET"}, api.methods


def test_wrong_credentials_and_zones():
    with Lab() as net:
        api = Api(net)
        text = prove(net, SOURCE + PROVIDER.replace(KEY, WRONG_KEY) +
                     api.provider("another-token-99") + record() +
                     record("nas.example.net", provider='"api"', ttl=3600), 78,
                     'record "home.example.org", provider "ns": ',
                     'record "nas.example.net", provider "api": desec: HTTP '
                     '401, "Invalid token.": the token is wrong')
        # As every fault: with its place.
        for line in text.splitlines():
            if 'record "' in line and 'provider "' in line:
                assert line.split(":")[1].isdigit(), line
        prove(net, SOURCE + api.provider(zone="example.com") +
              record("www.example.com", provider='"api"', ttl=3600), 78,
              "the zone is not in this account")


def test_not_now():
    """Nobody knows: neither well nor wrong."""
    with Lab() as net:
        api = Api(net)
        api.status = 503
        prove(net, SOURCE + PROVIDER + api.provider() + record() +
              record("nas.example.net", provider='"api"', ttl=3600), 75,
              "HTTP 503", 'provider "ns" (rfc2136) lets us in')


def test_what_cannot_be_read():
    with Lab() as net:
        asked = fakehttp.FakeHttp(net, fakehttp.good)
        prove(net, SOURCE + 'provider "old" {\n type = "dyndns2"\n'
              f' endpoint = "{asked.url}"\n username = "me"\n'
              ' password = "not a word 1"\n}\n' +
              record("home.example.org", provider='"old"').replace(
                  "ttl = 60", ""), 0,
              'provider "old" (dyndns2) shows nothing: only an update can '
              "prove it")
        assert not asked.requests


if __name__ == "__main__":
    lab.main(globals())
