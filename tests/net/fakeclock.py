"""Another wall clock for one program (tests/support/fake_clock.c)."""

import os
import struct

TOP = os.environ.get("top_builddir") or os.getcwd()


class FakeClock:
    """env for whoever is to go by it; set() is heard by who waits for it."""

    def __init__(self, path, realtime_s=0, boottime_s=0, monotonic_s=0):
        library = os.path.join(os.path.abspath(TOP), "tests/support/fake_clock.so")
        if not os.access(library, os.R_OK):
            raise AssertionError(f"{library} is not built")
        self.env = {"LD_PRELOAD": library, "FAKE_CLOCK": path}
        self.fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
        self.set(realtime_s, boottime_s, monotonic_s)

    def set(self, realtime_s=0, boottime_s=0, monotonic_s=0):
        """Seconds ahead of the machine's clocks."""
        os.pwrite(self.fd, struct.pack("=3q", realtime_s, boottime_s, monotonic_s), 0)
