"""The monitor's mirror (tests/support/mirror) beside what ip(8) says."""

import json
import os
import subprocess
import time

import lab
from tools import die_with_parent

IFF = {"UP": 0x1, "LOWER_UP": 0x10000, "NOARP": 0x80, "POINTOPOINT": 0x10}
IFF_RUNNING = 0x40
OPERSTATES = ["UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING",
              "DORMANT", "UP"]  # fmt: skip
IFA = {"nodad": 0x2, "optimistic": 0x4, "dadfailed": 0x8, "deprecated": 0x20,
       "tentative": 0x40, "mngtmpaddr": 0x100, "noprefixroute": 0x200,
       "stable-privacy": 0x800}  # fmt: skip
PERMANENT = 0x80
SCOPES = {"global": 0, "site": 200, "link": 253, "host": 254}
TABLES = {"default": 253, "main": 254, "local": 255}
DEFAULTS = ("default", "0.0.0.0/1", "128.0.0.0/1", "2000::/3")
FOR_EVER = 2**32 - 1


def _order(what):
    return sorted(what, key=lambda x: sorted(x.items(), key=str).__str__())


def _ip(*words):
    text = subprocess.run(
        ["ip", "-j", "-d", *words], capture_output=True, text=True, check=True
    ).stdout
    return json.loads(text or "[]")


def _link(link, names):
    flags = set(link["flags"])
    known = sum(bit for name, bit in IFF.items() if name in flags)
    # ip(8) tells its absence only, and only of one that is up.
    if "UP" in flags and "NO-CARRIER" not in flags:
        known |= IFF_RUNNING
    return {
        "name": link["ifname"],
        # Of a link that is down the kernel says no word about these.
        "altnames": sorted(link.get("altnames", [])) if "UP" in flags else None,
        "flags": known,
        "operstate": OPERSTATES.index(link["operstate"]),
        "master": names.get(link.get("master"), 0),
        "kind": link.get("linkinfo", {}).get("info_kind", ""),
    }


def _addr(a):
    six = a["family"] == "inet6"
    flags = sum(bit for name, bit in IFA.items() if a.get(name))
    flags |= 0 if a.get("dynamic") else PERMANENT
    flags |= 0x1 if a.get("temporary" if six else "secondary") else 0
    lifetimes = [a["preferred_life_time"], a["valid_life_time"]]
    return {
        "addr": a["local"],
        # ip(8) tells it only where it is another.
        "peer": a.get("address", a["local"]),
        "prefix_len": a["prefixlen"],
        "scope": SCOPES[a["scope"]],
        "flags": flags,
        "lifetimes": [None if t == FOR_EVER else t for t in lifetimes],
    }


def _routes(family, names):
    for r in _ip(f"-{family}", "route", "show", "table", "all"):
        if r["dst"] not in DEFAULTS or r.get("type", "unicast") != "unicast":
            continue
        table = r.get("table", "main")
        base = {
            "family": 2 if family == 4 else 10,
            "table": TABLES[table] if table in TABLES else int(table),
            "metric": r.get("metric", 0),
            "prefsrc": r.get("prefsrc", "none"),
            "dst_len": int(r["dst"].split("/")[1]) if "/" in r["dst"] else 0,
        }
        hops = r.get("nexthops") or [r]
        for hop in hops:
            if "dead" in hop.get("flags", []):
                continue
            yield base | {
                "ifindex": names[hop["dev"]],
                "gateway": hop.get("gateway") or hop.get("via", {}).get("host", "none"),
                "weight": hop["weight"] if len(hops) > 1 else 0,
            }


def kernel():
    """What ip(8) says, in the words of _told()."""
    links = _ip("addr", "show")
    names = {x["ifname"]: x["ifindex"] for x in links}
    return {
        "links": {x["ifindex"]: _link(x, names) for x in links},
        "addrs": {x["ifindex"]: _order(_addr(a) for a in x["addr_info"]) for x in links},
        "routes": _order([*_routes(4, names), *_routes(6, names)]),
    }  # fmt: skip


def _told(mirror):
    """The same of what the mirror says, without what ip(8) does not tell."""
    links = mirror["links"]
    return {
        "links": {
            x["ifindex"]: {
                "name": x["name"],
                "altnames": sorted(x["altnames"]) if x["flags"] & 1 else None,
                "flags": x["flags"] & (sum(IFF.values()) | IFF_RUNNING)
                & ~(0 if x["flags"] & 1 else IFF_RUNNING),
                "operstate": x["operstate"],
                "master": x["master"],
                "kind": x["kind"],
            }
            for x in links
        },
        "addrs": {
            x["ifindex"]: _order(
                {
                    "addr": a["addr"],
                    "peer": a["peer"],
                    "prefix_len": a["prefix_len"],
                    "scope": a["scope"],
                    "flags": a["flags"],
                    "lifetimes": [a["preferred_s"], a["valid_s"]],
                }
                for a in x["addrs"]
            )
            for x in links
        },
        "routes": _order(mirror["routes"]),
    }  # fmt: skip


def _near(a, b):
    """Lifetimes are whole seconds of two clocks, read one after another."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= 2


def _without_lifetimes(what):
    return {**what, "addrs": {
        i: [{k: v for k, v in a.items() if k != "lifetimes"} for a in addrs]
        for i, addrs in what["addrs"].items()}}  # fmt: skip


def difference(ours, theirs):
    """None, or where the two are not the same."""
    a, b = _without_lifetimes(ours), _without_lifetimes(theirs)
    for part in ("links", "addrs", "routes"):
        if a[part] != b[part]:
            return f"{part}:\nmirror {a[part]}\nkernel {b[part]}"
    for i, addrs in ours["addrs"].items():
        for x, y in zip(addrs, theirs["addrs"][i]):
            if not all(map(_near, x["lifetimes"], y["lifetimes"])):
                return f"lifetimes:\nmirror {x}\nkernel {y}"
    return None


class Mirror:
    """`with Mirror() as m:` and then m.agrees() after each change."""

    def __enter__(self):
        self.process = subprocess.Popen(
            [os.path.join(lab.TOP, "tests/support/mirror")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(5) == 0
        self.process.stdout.close()

    def _ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def show(self):
        return self._ask("show")

    def resync(self):
        return self._ask("resync")

    def addr(self, text):
        """What it says of this address, or None."""
        for link in self.show()["links"]:
            for a in link["addrs"]:
                if a["addr"] == text:
                    return a
        return None

    def agrees(self, deadline_s=5.0):
        """Soon it says just what ip(8) says."""
        end = time.monotonic() + deadline_s
        while True:
            # The kernel may change by itself between the two looks.
            wrong = difference(_told(self.show()), kernel())
            if not wrong:
                return
            assert time.monotonic() < end, wrong
            time.sleep(0.01)


def main(names, limit_s=120):
    if not os.access(os.path.join(lab.TOP, "tests/support/mirror"), os.X_OK):
        raise AssertionError("tests/support/mirror is not built")
    lab.main(names, limit_s)
