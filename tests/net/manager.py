"""What a service manager hears of the daemon."""

import os
import socket
import time

import lab as _lab


class Manager:
    """The other end of $NOTIFY_SOCKET; `env` goes to Evddnsd.env."""

    def __init__(self, watchdog_usec=None):
        self.path = f"{_lab.RUN}/t/notify"
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.told = []
        self.env = {"NOTIFY_SOCKET": self.path}
        if watchdog_usec:
            self.env["WATCHDOG_USEC"] = str(watchdog_usec)

    def wait(self, text, deadline_s=10):
        end = time.monotonic() + deadline_s
        while not any(text in t for t in self.told):
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                self.told.append(self.socket.recv(4096).decode())
            except TimeoutError:
                raise AssertionError(f"no {text}: {self.told}") from None
        return next(t for t in self.told if text in t)

    def close(self):
        self.socket.close()
