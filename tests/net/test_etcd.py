#!/usr/bin/env python3
"""A name in etcd with a lease: a gateway that lives keeps it, and one that is
no more takes it along."""

import base64
import json
import os
import subprocess
import time
import urllib.request

import lab
from evddnsd import SOURCE, Evddnsd, record
from lab import GW4, Lab
from tools import die_with_parent

KEY = "/skydns/org/example/home/evddns-ipv4"
LEASE_S = 6


class Etcd:
    def __init__(self, net):
        sockets = [net.listen("127.0.0.1") for _ in range(2)]
        client, peer = (f"http://127.0.0.1:{s.getsockname()[1]}"
                        for s in sockets)
        for s in sockets:
            s.close()
        self.url = client
        self.process = subprocess.Popen(
            ["etcd", "--data-dir", f"{lab.RUN}/t/etcd",
             "--listen-client-urls", client, "--advertise-client-urls",
             client, "--listen-peer-urls", peer,
             "--initial-advertise-peer-urls", peer, "--initial-cluster",
             f"default={peer}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent)
        net.servers.append(self)
        lab.wait_until(self.is_up, 30, "etcd is up")

    def is_up(self):
        try:
            self.host()
            return True
        except OSError:
            return False

    def host(self):
        """What stands at the key; None: nothing does."""
        body = json.dumps({"key": base64.b64encode(KEY.encode()).decode()})
        with urllib.request.urlopen(self.url + "/v3/kv/range", body.encode(),
                                    timeout=10) as answer:
            found = json.loads(answer.read()).get("kvs", [])
        return json.loads(base64.b64decode(found[0]["value"]))["host"] \
            if found else None

    def kill(self):
        self.process.kill()
        self.process.wait()


def test_a_lease_is_renewed_while_we_live():
    with Lab() as net:
        os.makedirs(f"{lab.RUN}/t/etcd", mode=0o700, exist_ok=True)
        etcd = Etcd(net)
        text = SOURCE + (
            f'provider "p" {{\n type = "etcd"\n endpoint = "{etcd.url}"\n'
            f' lease = {LEASE_S}\n min-interval = 0\n}}\n')
        text += record(provider='"p"', check="none", verify="no",
                       families='"ipv4"')
        d = Evddnsd(net, text).start()
        d.wait_event(event="updated", address=GW4)
        # Long after its lease would have been over it is still there.
        end = time.monotonic() + 1.5 * LEASE_S
        while time.monotonic() < end:
            assert etcd.host() == GW4, d.tail()
            time.sleep(0.2)
        d.kill()
        lab.wait_until(lambda: etcd.host() is None, 10 * LEASE_S,
                       "a dead gateway's address goes")


if __name__ == "__main__":
    lab.main(globals())
