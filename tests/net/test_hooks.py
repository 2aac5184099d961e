#!/usr/bin/env python3
"""The operator's programs, seen from the operator's side."""

import os
import time

import lab
from evddnsd import NAME, Evddnsd
from lab import A, GW4, GW4_NEW, Lab


def test_events_in_order_with_their_variables():
    with Lab() as net:
        d = Evddnsd(net).start()
        d.wait_event(event="published", address=GW4)
        net.swap()
        d.wait_event(event="published", address=GW4_NEW)
        d.stop()
        events = d.events()
        mine = [(e["event"], e["address"]) for e in events if e.get("record") == NAME]
        assert mine == [
            ("updated", GW4), ("published", GW4),
            ("updated", GW4_NEW), ("published", GW4_NEW),
        ], mine  # fmt: skip
        assert events[0]["event"] == "start" and events[-1]["event"] == "stop"
        # In between there was none, which may have been seen, or not.
        moves = [e for e in events if e["event"] == "address"]
        assert moves[0]["address"] == GW4 and moves[-1]["address"] == GW4_NEW, moves
        for event in events:
            for key, value in event.items():
                if key != "env":
                    assert event["env"]["EVDDNS_" + key.upper()] == str(value), event
        last = [e for e in events if e["event"] == "published"][-1]
        assert last["family"] == "ipv4" and last["provider"] == "ns", last
        assert last["interface"] == "wan0" and last["old_address"] == GW4, last


def test_a_slow_hook_delays_no_update():
    with Lab() as net:
        d = Evddnsd(net)
        d.add_hook("05-slow", "#!/bin/sh\nexec sleep 20\n")
        d.start()
        net.wait_dns(NAME, A, GW4)
        t0 = net.swap()
        net.wait_dns(NAME, A, GW4_NEW)
        assert time.monotonic() - t0 < 5
        d.stop()


def test_unsafe_hooks_are_told_and_not_run():
    with Lab() as net:
        d = Evddnsd(net)
        d.add_hook("20-open", f"#!/bin/sh\ntouch {d.dir}/ran\n")
        os.chmod(d.hooks_dir + "/20-open", 0o757)
        status, said = d.run("-t")
        assert status == 78 and "20-open" in said and "writable" in said, said
        d.start()
        d.wait_event(event="published", address=GW4)
        d.wait_log(level="warning", text="20-open")
        d.stop()
        assert not os.path.exists(d.dir + "/ran")


def test_hook_done_is_logged():
    with Lab() as net:
        d = Evddnsd(net)
        d.add_hook("90-fail", "#!/bin/sh\necho broken; exit 3\n")
        d.start()
        d.wait_event(event="published", address=GW4)
        d.wait_log(event="hook", name=NAME, text="published")
        d.wait_log(level="info", text="90-fail published: says: broken")
        d.wait_log(level="warning", text="90-fail published: failed with status 3")
        d.stop()


if __name__ == "__main__":
    lab.main(globals())
