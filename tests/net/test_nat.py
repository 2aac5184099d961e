#!/usr/bin/env python3
"""Behind a NAT router: who says what the world sees, and who is believed."""

import subprocess
import time

import lab
from evddnsd import NAME, PROVIDER, Evddnsd, record
from lab import A, NS4
from natlab import (
    DEAF4, HOST4, HttpsEcho, LIAR4, LIE, TURN4, TURN4_B, WAN4, WAN4_NEW, NatLab,
    RouterWire,
)  # fmt: skip

WHOAMI = f"dns:whoami.test@{NS4}/A"
STUN, STUN_B = f"stun:{TURN4}", f"stun:{TURN4_B}"
RECORD = record(families='{"ipv4"}')


def source(*reflectors, **settings):
    settings["reflectors4"] = "{" + ", ".join(f'"{r}"' for r in reflectors) + "}"
    lines = "".join(f"    {k.replace('_', '-')} = {v}\n" for k, v in settings.items())
    return f'source "default" {{\n{lines}}}\n'


def daemon(net, *reflectors, more="", **settings):
    return Evddnsd(net, source(*reflectors, **settings) + PROVIDER + RECORD + more)


def state(d):
    try:
        with open(d.state_dir + "/state.json", encoding="utf-8") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def published(d, address, **more):
    return d.wait_event(event="published", address=address, **more)


def test_router_and_stun():
    """miniupnpd and coturn agree; the router's WAN address changes."""
    with NatLab() as net:
        net.start_miniupnpd()
        net.start_coturn()
        wire = RouterWire(net)
        d = daemon(net, "nat-pmp", STUN).start()
        published(d, WAN4)
        s = d.ask(command="status")["sources"][0]
        assert s["behind_nat"] and s["kernel_address"] == HOST4, s
        assert s["public_address"] == WAN4, s
        assert sorted(s["confirmed_by"]) == ["nat-pmp", STUN], s
        text = d.ctl("why", NAME)
        assert f"nat-pmp: {WAN4}" in text and f"{STUN}: {WAN4}" in text, text
        d.wait_log(text=f"reflector {STUN}: {WAN4}")
        t0 = net.set_wan(WAN4, WAN4_NEW)
        published(d, WAN4_NEW)
        sent = [u[0].time for u in net.wire.updates(t0)]
        print(f"     WAN change -> update {1000 * (sent[0] - t0):.1f} ms")
        assert sent[0] - t0 < 1.5, sent[0] - t0
        assert net.dns(NAME, A) == [WAN4_NEW]
        wire.kill()
        d.stop()


def test_pcp_and_dns():
    """PCP and a name server agree; no mapping is left behind."""
    with NatLab() as net:
        net.start_miniupnpd()
        wire = RouterWire(net)
        d = daemon(net, "pcp", WHOAMI).start()
        published(d, WAN4)
        net.set_wan(WAN4, WAN4_NEW)
        published(d, WAN4_NEW)
        d.stop()
        maps = [q for _, q in wire.questions if q[0] == 2 and q[1] == 1]
        made = [q for q in maps if q[4:8] != bytes(4)]
        gone = [q for q in maps if q[4:8] == bytes(4)]
        # A fresh nonce and port each time, and each is taken back.
        assert len(made) >= 2 and len({q[24:36] for q in made}) >= 2
        assert {q[24:36] for q in gone} >= {made[0][24:36]}
        with net.at_router():
            rules = subprocess.run(["nft", "list", "ruleset"], check=True,
                                   capture_output=True, text=True).stdout
        assert "dnat" not in rules, rules
        wire.kill()


def test_stun_over_tcp():
    with NatLab() as net:
        net.start_coturn()
        d = daemon(net, f"{STUN}?transport=tcp", WHOAMI).start()
        published(d, WAN4)
        assert f"{STUN}?transport=tcp: {WAN4}" in d.ctl("why", NAME)
        d.stop()


def test_https():
    """One with a CA of its own, asked by the update process; and JSON."""
    for path in ("/", "/json#/you/ip"):
        with NatLab() as net:
            echo = HttpsEcho(net)
            url = f"https://{lab.HTTP4}{path}"
            d = daemon(net, url, WHOAMI, ca_file=f'"{echo.ca}"',
                       nat_recheck="1s").start()
            published(d, WAN4)
            assert f"{url}: {WAN4}" in d.ctl("why", NAME), d.ctl("why", NAME)
            # A connection that is kept would show where it once left from.
            net.set_wan(WAN4, WAN4_NEW)
            published(d, WAN4_NEW)
            d.stop()


def test_https_pages_and_megabytes():
    with NatLab() as net:
        echo = HttpsEcho(net)
        base = f"https://{lab.HTTP4}"
        d = daemon(net, base + "/big", base + "/html", confirm_timeout="4s",
                   quorum=1, ca_file=f'"{echo.ca}"').start()
        d.wait_log(text=f"reflector {base}/html: not an address")
        d.wait_log(text=f"reflector {base}/big: ")
        assert set(echo.asked) == {"/big", "/html"}, echo.asked
        assert not net.wire.updates()
        d.stop()
        # Without the CA nobody is believed.
        echo.asked.clear()
        e = daemon(net, base + "/", WHOAMI, confirm_timeout="4s").start()
        e.wait_log(text=f"reflector {base}/: SSL")
        assert not echo.asked and not net.wire.updates()
        e.stop()


def test_plain_dns_is_not_enough():
    """A box that redirects port 53 could say so too."""
    other = f"dns:whoami.test@{lab.HTTP4}/A"
    with NatLab() as net:
        d = daemon(net, WHOAMI, other, quorum=1, confirm_timeout="300ms").start()
        d.wait_log(event="disputed", level="warning")
        assert not net.wire.updates()
        d.stop()


def test_one_of_three_lies():
    with NatLab() as net:
        liar = net.start_stun(LIAR4, lambda _: LIE)
        net.start_coturn(TURN4)
        net.start_coturn(TURN4_B)
        reflectors = f"stun:{LIAR4}", STUN, STUN_B
        d = daemon(net, *reflectors, nat_recheck="1s").start()
        published(d, WAN4)
        assert net.dns(NAME, A) == [WAN4]
        # Two of the three are drawn each second: it has its turn soon.
        lab.wait_until(lambda: liar.asked, 30, "the liar is asked")
        lab.wait_until(lambda: f"stun:{LIAR4}" in state(d), 5, "it is remembered")
        # ... over a restart too: the others suffice.
        d.stop()
        asked = len(liar.asked)
        e = daemon(net, *reflectors, nat_recheck="1s").start()
        for _ in range(3):
            t0 = time.monotonic()
            e.wait_log(text=f"reflector {STUN_B}: {WAN4}", after=t0)
        assert len(liar.asked) == asked
        e.stop()
        assert len(net.wire.updates()) == 1


def test_one_hangs():
    with NatLab() as net:
        deaf = net.start_stun(DEAF4, lambda _: None)
        net.start_coturn()
        d = daemon(net, f"stun:{DEAF4}", STUN, WHOAMI).start()
        began = time.monotonic()
        published(d, WAN4)
        assert time.monotonic() - began < 2.5
        assert f"{STUN}: {WAN4}" in d.ctl("why", NAME)
        print("     deaf one asked", len(deaf.asked))
        d.stop()


def test_private_answers_are_refused():
    with NatLab() as net:
        net.start_stun(LIAR4, lambda _: "192.168.1.9")
        net.start_stun(DEAF4, lambda _: "192.168.1.9")
        d = daemon(net, f"stun:{LIAR4}", f"stun:{DEAF4}").start()
        d.wait_log(text="not a public address")
        assert not net.wire.updates()
        d.stop()


def test_two_nats():
    """The router has a carrier's address: left alone, and said once."""
    for wan in ("100.64.0.9", "10.7.7.9"):
        with NatLab(wan=wan) as net:
            net.batch("addr add 5.6.7.77/32 dev lo", netns="inet")
            net.start_miniupnpd()
            # The carrier's NAT, as seen from the world.
            net.start_stun(LIAR4, lambda _: "5.6.7.77")
            net.start_stun(DEAF4, lambda _: "5.6.7.77")
            d = daemon(net, "nat-pmp", f"stun:{LIAR4}", f"stun:{DEAF4}",
                       nat_recheck="1s").start()
            d.wait_log(event="carrier-nat", level="warning")
            time.sleep(2.2)  # two rechecks: it is not said again
            said = [x for x in d.lines if x.get("event") == "carrier-nat"]
            assert len(said) == 1, said
            assert not net.wire.updates()
            s = d.ask(command="status")["sources"][0]
            assert s["behind_nat"] and s["public_address"] is None, s
            assert "two NATs" in d.ctl("why", NAME)
            d.stop()


def test_two_nats_published_all_the_same():
    with NatLab(wan="100.64.0.9") as net:
        net.start_miniupnpd()
        net.start_stun(LIAR4, lambda _: "5.6.7.77")
        net.start_stun(DEAF4, lambda _: "5.6.7.77")
        d = daemon(net, "nat-pmp", f"stun:{LIAR4}", f"stun:{DEAF4}",
                   behind_nat='"publish"').start()
        published(d, "5.6.7.77")
        d.stop()


def test_ignore():
    with NatLab() as net:
        net.start_coturn()
        d = daemon(net, STUN, WHOAMI, behind_nat='"ignore"').start()
        d.wait_log(event="behind-nat")
        d.ask(command="status")
        assert not net.wire.updates()
        d.stop()


def test_forged_announcements():
    """They lead to one question a second, and change nothing."""
    with NatLab() as net:
        net.start_miniupnpd()
        turn = net.start_stun(TURN4, lambda peer: peer)
        wire = RouterWire(net)
        d = daemon(net, "nat-pmp", STUN).start()
        published(d, WAN4)
        before, asked = len(wire.questions), len(turn.asked)
        forged = b"\0\x80\0\0\0\0\0\x01" + bytes([6, 6, 6, 6])
        end = time.monotonic() + 3.0
        while time.monotonic() < end:
            net.announce(forged, count=50)
            net.announce(b"\x02\x80\0\0" + bytes(20), count=50)
            time.sleep(0.02)
        questions = wire.questions[before:]
        print(f"     {len(questions)} questions in 3 s")
        assert 1 <= len(questions) <= 4, questions
        # No reflector was troubled, and nothing was published.
        assert len(turn.asked) == asked, turn.asked[asked:]
        assert len(net.wire.updates()) == 1
        assert net.dns(NAME, A) == [WAN4]
        wire.kill()
        d.stop()


def test_silent_router():
    """One that announces nothing: nat-recheck notices."""
    with NatLab() as net:
        net.start_coturn()
        d = daemon(net, STUN, WHOAMI, nat_recheck="1s").start()
        published(d, WAN4)
        t0 = net.set_wan(WAN4, WAN4_NEW)
        published(d, WAN4_NEW)
        assert time.monotonic() - t0 < 4
        d.stop()


def test_others_may_listen():
    """Two daemons on one host, and another program before them."""
    import socket

    with NatLab() as net:
        net.start_miniupnpd()
        net.start_coturn()
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", 5350))
        first = daemon(net, "nat-pmp", STUN, nat_recheck="0").start()
        published(first, WAN4)
        second = Evddnsd(net, source("nat-pmp", STUN, nat_recheck="0") + PROVIDER
                         + record(name="second.example.org",
                                  families='{"ipv4"}'), name="e").start()
        published(second, WAN4)
        net.set_wan(WAN4, WAN4_NEW)
        published(first, WAN4_NEW)
        published(second, WAN4_NEW)
        first.stop()
        second.stop()
        s.close()


if __name__ == "__main__":
    lab.main(globals(), limit_s=240)
