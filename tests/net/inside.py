"""Where a test program runs: in network, mount and process namespaces of its
own, and a user namespace where it is not root.  Whatever happens, the kernel
removes everything with the last process; files that it makes for a while are
in a memory of its own, too.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile

from tools import die_with_parent

SKIPPED = 77
_INSIDE = "EVDDNS_INSIDE"


def skip(reason):
    """What is lacking for the whole file."""
    print("skipped:", reason)
    sys.exit(SKIPPED)


def is_inside():
    return _INSIDE in os.environ


def _unshare():
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
    command += ["--mount-proc"]
    if os.geteuid() != 0:
        command += ["--user", "--map-root-user"]
    return command


def _again(limit_s):
    """Outside: this program once more, inside; never returns."""
    probe = subprocess.run(
        _unshare() + ["true"], capture_output=True, text=True, check=False
    )
    if probe.returncode != 0:
        skip("namespaces are not permitted here: " + probe.stderr.strip())
    # A session of its own: Ctrl-C reaches this process alone, which ends
    # unshare, with which the kernel ends everything inside.
    child = subprocess.Popen(
        _unshare() + [sys.executable] + sys.argv,
        env=dict(os.environ, **{_INSIDE: "1"}),
        start_new_session=True,
        preexec_fn=die_with_parent,
    )

    def stop(number, _frame):
        child.kill()
        child.wait()
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        sys.exit(child.wait(limit_s))
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        print(f"FAIL: took longer than {limit_s} s")
        sys.exit(1)


def resolv_conf(server):
    """/etc/resolv.conf names this one, in this mount namespace only."""
    own = "/run/resolv.conf"
    with open(own, "w", encoding="ascii") as f:
        f.write(f"nameserver {server}\n")
    place = os.path.realpath("/etc/resolv.conf")
    if place.startswith("/run/"):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy(own, place)
    elif os.path.exists(place):
        subprocess.run(["mount", "--bind", own, place], check=True)


def enter(limit_s, *programs):
    """Go on only inside, where these are installed: /run is empty and ours,
    and the loopback interface is up."""
    path = os.environ.get("PATH", "")
    if not is_inside():
        os.environ["PATH"] = path + ":/usr/local/sbin:/usr/sbin:/sbin"
        for program in ("unshare", "ip", "mount", *programs):
            if not shutil.which(program):
                skip(f"{program} is not installed")
        _again(limit_s)
    for command in (
        ["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run"],
        ["ip", "link", "set", "lo", "up"],
    ):
        subprocess.run(command, check=True)
    tempfile.tempdir = "/run"
