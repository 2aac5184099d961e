#!/usr/bin/env python3
"""No memory for the n-th allocation: it goes on, or says so and ends.

A run is that of test_kills.py, for many n (EVDDNS_LONG: for every n).  No n
may crash it, or leave a wrong name behind: who lives on ends with DNS right,
and who cannot start says what failed in one line.
"""

import os

import lab
from faults import ALLOC, LONG, SANITIZED, Story, read_state, spread
from lab import Lab

LIMIT_S = 3600 if LONG else 200


def environment(program, n, fired, total=None, count=1):
    env = {
        "LD_PRELOAD": ALLOC, "FAULT_ALLOC_PROGRAM": program,
        "FAULT_ALLOC_N": n, "FAULT_ALLOC_COUNT": count, "FAULT_ALLOC_FIRED": fired,
    }  # fmt: skip
    if total:
        env["FAULT_ALLOC_TOTAL"] = total
    return env


def check_end(story, d, lived):
    code = d.process.returncode
    assert code >= 0, f"killed by signal {-code}"
    assert not any("Sanitizer" in x or "runtime error" in x for x in d.other)
    story.check_repeats()
    if lived:
        assert code == 0
        return
    said = [x for x in d.lines if x["level"] in ("error", "warning")] + d.other
    assert d.find_log(text="started, ") is None, "it ended after its start"
    assert code in (69, 71), f"exit status {code}"
    assert said, "it did not say why it ended"
    assert len(said) <= 2, said
    assert not story.dns.updates


def fail_everywhere(program, count, burst=1):
    with Lab() as net:
        story = Story(net)
        fired, total = f"{lab.RUN}/t/fired", f"{lab.RUN}/t/total"
        story.begin()
        d = story.daemon(env=environment(program, 0, fired, total))
        assert story.run(d, 8), d.tail()
        with open(total, encoding="ascii") as f:
            most = max(int(x) for x in f.read().split())
        numbers, ended, hit, faults = spread(most, count), 0, 0, []
        for n in numbers:
            story.begin()
            if os.path.exists(fired):
                os.unlink(fired)
            d = story.daemon(env=environment(program, n, fired, count=burst))
            try:
                # What failed more often is tried again a little later.
                lived = story.run(d, 8 if burst == 1 else 18)
                ended += not lived
                hit += os.path.exists(fired)
                check_end(story, d, lived)
                read_state(d)
            except AssertionError as e:
                print(f"--- {program}, allocation {n}: {e}\n{d.tail(25)}", flush=True)
                d.kill()
                faults.append(n)
                assert len(faults) < 10, faults
            finally:
                net.daemons.clear()
        print(f"{program}: {most} allocations, {len(numbers)} runs, {hit} failed one, "
              f"{ended} did not start")  # fmt: skip
        assert not faults, faults


def test_the_daemon_without_memory():
    fail_everywhere("evddnsd", 40)


def test_the_update_process_without_memory():
    fail_everywhere("evddns-notify", 40)


def test_the_daemon_without_memory_for_a_while():
    """Ten in a row: what was to mend the first finds none, too."""
    fail_everywhere("evddnsd", 24, burst=10)


if __name__ == "__main__":
    if SANITIZED:
        # The other build of quickstart check has none.
        print("a sanitizer's allocator is no library's: nothing to be seen here")
    else:
        lab.main(globals(), LIMIT_S)
