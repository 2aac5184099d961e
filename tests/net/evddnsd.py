"""The daemon under test: its configuration, its log, its hooks, its end."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

import knot
import lab as _lab
from tools import check_secrets, die_with_parent, wait_until

_HOOK = """\
#!/bin/sh
# One write, so that events never mix.
text=$(cat; env | grep '^EVDDNS_' | sort)
printf '%s\\n\\n' "$text" >>{events}
"""

SOURCE = f"""\
source "default" {{
    reflectors4 = {{"dns:whoami.test@{_lab.NS4}/A"}}
    reflectors6 = {{"dns:whoami.test@[{_lab.NS6}]/AAAA"}}
}}
"""

PROVIDER = f"""\
provider "ns" {{
    type = "rfc2136"
    server = "{_lab.NS4}"
    key-name = "{knot.KEY_NAME}"
    key-algorithm = "hmac-sha256"
    key = "{knot.KEY}"
}}
"""

NAME = "home.example.org"
CTL = os.path.join(_lab.TOP, "ctl", "evddnsctl")


def source(name="default", **settings):
    """As record(), with the lab's reflectors."""
    lines = "".join(f"    {k.replace('_', '-')} = {v}\n" for k, v in settings.items())
    start, end = SOURCE.replace('"default"', f'"{name}"').rsplit("}", 1)
    return start + lines + "}" + end


def record(name=NAME, **settings):
    """Settings are written as they come: strings with their quotes."""
    settings.setdefault("provider", '"ns"')
    settings.setdefault("ttl", 60)
    lines = "".join(f"    {k.replace('_', '-')} = {v}\n" for k, v in settings.items())
    return f'record "{name}" {{\n{lines}}}\n'


def program():
    path = os.path.join(_lab.TOP, "daemon", "evddnsd")
    if not os.access(path, os.X_OK):
        raise AssertionError(f"{path} is not built")
    return path


class Evddnsd:
    """Started by start(), or by the first look at its log."""

    answers_within_s = 10

    def __init__(self, net, config=None, args=(), log_level="debug", name="d"):
        self.net = net
        self.dir = f"{_lab.RUN}/t/{name}"
        self.config_file = self.dir + "/evddns.conf"
        self.events_file = self.dir + "/events"
        self.hooks_dir = self.dir + "/hooks.d"
        self.state_dir = self.dir + "/state"
        self.args, self.log_level = list(args), log_level
        self.process = None
        self.env = None  # besides the test's own
        self.lines, self.other = [], []
        self.configs = ""
        self.told = threading.Condition()
        if not os.path.isdir(self.dir):
            for d in (self.dir, self.hooks_dir, self.state_dir):
                os.makedirs(d, mode=0o755)
            self.add_hook("10-record", _HOOK.format(events=self.events_file))
        self.configure(config if config is not None else SOURCE + PROVIDER + record())

    def add_hook(self, name, text):
        path = f"{self.hooks_dir}/{name}"
        with open(path + ".new", "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path + ".new", 0o755)
        os.rename(path + ".new", path)

    def configure(self, text, hooks=True):
        if hooks and "hooks {" not in text:
            text += f'hooks {{ directory = "{self.hooks_dir}" }}\n'
        self.configs += text
        fd = os.open(self.config_file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as f:
            f.write(text)

    def command(self, *more):
        return [
            program(), "-c", self.config_file, "-s", self.state_dir,
            "-S", self.dir + "/control", "-l", self.log_level,
            "--log-format", "json", *self.args, *more,
        ]  # fmt: skip

    def start(self):
        self.net.daemons.append(self)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, preexec_fn=die_with_parent,
            env=dict(os.environ, **(self.env or {})),
        )  # fmt: skip
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def _read(self):
        for raw in self.process.stderr:
            text = raw.decode("utf-8", "replace").rstrip("\n")
            try:
                line = json.loads(text)
                ok = isinstance(line, dict) and "message" in line
            except ValueError:
                ok = False
            with self.told:
                if ok:
                    self.lines.append(line)
                else:
                    self.other.append(text)
                self.told.notify_all()

    def find_log(self, after=0.0, text=None, **fields):
        """The first line at or after that time with these fields."""
        for line in self.lines:
            if line["monotonic_s"] < after:
                continue
            if text is not None and text not in line["message"]:
                continue
            if all(line.get(k) == v for k, v in fields.items()):
                return line
        return None

    def wait_log(self, deadline_s=10.0, after=0.0, text=None, **fields):
        end = time.monotonic() + deadline_s
        with self.told:
            while not (line := self.find_log(after, text, **fields)):
                left = end - time.monotonic()
                gone = not self.is_alive() and not self.reader.is_alive()
                if left <= 0 or gone:
                    raise AssertionError(
                        f"no log line {fields} {text or ''} within {deadline_s} s:\n"
                        + self.tail()
                    )
                self.told.wait(min(left, 0.5))
        return line

    def tail(self, n=40):
        lines = [
            "{monotonic_s:.3f} {level} {what}: {message}".format(
                what=" ".join(
                    str(x[k])
                    for k in ("subject", "name", "family", "provider", "event")
                    if k in x
                ),
                **{k: x.get(k) for k in ("monotonic_s", "level", "message")},
            )
            for x in self.lines[-n:]
        ]
        return "\n".join(lines + self.other[-n:])

    def events(self):
        """What the hook saw, in order: {"event":…, "env": {…}, …} each."""
        try:
            with open(self.events_file, encoding="utf-8") as f:
                blocks = f.read().split("\n\n")
        except FileNotFoundError:
            return []
        out = []
        for block in blocks[:-1]:
            first, *rest = block.split("\n")
            event = json.loads(first)
            event["env"] = dict(line.split("=", 1) for line in rest)
            out.append(event)
        return out

    def wait_event(self, deadline_s=10.0, skip=0, **fields):
        """The first event, after those to skip, with these members."""

        def found():
            for event in self.events()[skip:]:
                if all(event.get(k) == v for k, v in fields.items()):
                    return event
            return None

        try:
            return wait_until(found, deadline_s)
        except AssertionError:
            raise AssertionError(
                f"no hook event {fields}; there were "
                + "".join(f"\n  {e}" for e in self.events())
                + "\n" + self.tail()
            ) from None

    def send(self, number):
        self.process.send_signal(number)
        return time.monotonic()

    def ask(self, **request):
        """The control socket's answer."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(self.answers_within_s)
            s.connect(self.dir + "/control")
            s.sendall(json.dumps(request).encode() + b"\n")
            with s.makefile() as f:
                return json.loads(f.readline())

    def ctl(self, *words, status=0):
        """What evddnsctl prints."""
        done = subprocess.run(
            [CTL, "-S", self.dir + "/control", *words],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        assert done.returncode == status, (words, done.returncode, done.stderr)
        return done.stdout + done.stderr

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, number=signal.SIGTERM, status=0):
        """Asks it to end: it must, in under a second."""
        assert self.is_alive(), f"it is gone already: {self.tail()}"
        began = self.send(number)
        try:
            got = self.process.wait(5)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not stop:\n{self.tail()}") from None
        took = time.monotonic() - began
        self.reader.join(2)
        assert got == status, f"exit status {got}, not {status}:\n{self.tail()}"
        # Under a second where nobody else wants the machine.
        assert took < 3.0, f"it took {took:.2f} s to stop:\n{self.tail()}"
        assert not any("Sanitizer" in x for x in self.other), self.tail(200)
        assert not any("runtime error" in x for x in self.other), self.tail(200)
        return took

    def kill(self):
        if self.is_alive():
            self.process.kill()
            self.process.wait()
        if self.process:
            self.reader.join(2)
            self.process.stderr.close()
            self.process = None
            log = "\n".join(self.other) + "\n".join(map(str, self.lines))
            check_secrets(self.configs, log)

    def restarts_for_nothing(self, times=2, **said):
        """What is right already costs no update, however often it starts."""
        before = len(self.net.wire.updates())
        for _ in range(times):
            self.stop()
            self.start()
            said = said or {"event": "unchanged", "family": "ipv4"}
            self.wait_log(after=self.started, **said)
        self.stop()
        assert len(self.net.wire.updates()) == before

    def run(self, *args, timeout=20):
        """To its end, not as a daemon: (exit status, standard error)."""
        done = subprocess.run(
            self.command(*args), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", timeout=timeout, check=False,
        )  # fmt: skip
        return done.returncode, done.stderr + done.stdout
