#!/usr/bin/env python3
"""Where certificates come from: one file out of the system's directory, by
its hash, and no bundle on a request's path; or ca-file, and nothing else.

In a mount namespace of its own the test has a /etc/ssl/certs of its own.
"""

import os
import ssl
import subprocess

from notify_lab import PROGRAM, TOP, Notify, Skipped, main, need
from test_notify_dyndns2 import Http, account, certificate, job, says

# They would name others, as for OpenSSL's own programs.
for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
    os.environ.pop(variable, None)
FAULT = os.path.join(TOP, "tests", "support", "fault")
CERTS = "/etc/ssl/certs"
MANY = 150  # as a distribution has them


def served(cert):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, cert + ".key")
    return Http(lambda r: says("good"), context)


def store(directory, *certs, hashed=True):
    """/etc/ssl/certs with these, and with a large bundle of others."""
    if not os.path.isdir(CERTS):
        raise Skipped(f"no {CERTS}")
    certs_dir = os.path.join(directory, "certs")
    os.mkdir(certs_dir)
    with open(certificate(directory, "other"), encoding="ascii") as f:
        other = f.read()
    bundle = [other] * MANY
    for cert in certs:
        hash_ = subprocess.run(
            ["openssl", "x509", "-noout", "-hash", "-in", cert], check=True,
            capture_output=True, text=True).stdout.strip()
        with open(cert, encoding="ascii") as f:
            bundle.append(f.read())
        if hashed:
            os.symlink(cert, os.path.join(certs_dir, hash_ + ".0"))
    with open(os.path.join(certs_dir, "ca-certificates.crt"), "w",
              encoding="ascii") as f:
        f.write("".join(bundle))
    subprocess.run(["mount", "--bind", certs_dir, CERTS], check=True)


def unstore():
    subprocess.run(["umount", "-l", CERTS], check=True)


def calls_of(trace):
    """The paths that it opened."""
    opened = []
    with open(trace, encoding="utf-8") as f:
        for line in f:
            words = line.split(" ", 5)
            if len(words) == 6 and words[3] in ("open", "openat"):
                opened.append(words[5].strip())
    return opened


class Traced(Notify):
    """Under the tracer, which writes down what is called."""

    def __init__(self, directory, config):
        self.trace = os.path.join(directory, "trace")
        with open(PROGRAM, "rb") as f:
            sanitized = b"__asan_init" in f.read()
        env = dict(os.environ)
        if sanitized:  # who looks for leaks is a tracer, too
            env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + \
                ":detect_leaks=0"
        super().__init__(directory, config, env=env, through=(
            FAULT, "-t", self.trace, "--"))


def test_hashed_directory(directory):
    need("openssl", "mount", "umount")
    ours = certificate(directory, "ours")
    store(directory, ours)
    try:
        with Traced(directory, account(served(ours).port,
                                       scheme="https")) as n:
            assert n.do(60, **job())["status"] == "done"
            assert n.do(60, **job(name="b.example.org"))["status"] == "done"
            n.end(60)
        opened = [p for p in calls_of(n.trace) if p.startswith(CERTS)]
        files = [p for p in opened if p != CERTS]
        print(f"    opened: {sorted(set(opened))}")
        assert files and all(p.endswith(".0") for p in files), opened
        assert len(files) <= 2, files
        assert not any("bundle" in p or p.endswith((".crt", ".pem"))
                       for p in opened), opened
    finally:
        unstore()


def test_ca_file_alone(directory):
    """With ca-file nobody else is believed, and the system's are not read."""
    need("openssl", "mount", "umount")
    ours, theirs = (certificate(directory, n) for n in ("ours", "theirs"))
    store(directory, theirs)
    try:
        good, bad = served(ours), served(theirs)
        extra = f'ca-file = "{ours}"'
        with Traced(directory, account(good.port, extra,
                                       scheme="https")) as n:
            assert n.do(60, **job())["status"] == "done"
            n.end(60)
        opened = calls_of(n.trace)
        assert ours in opened, opened
        assert not [p for p in opened if p.startswith(CERTS)], opened
        with Notify(directory, account(bad.port, extra,
                                       scheme="https")) as n:
            reply = n.do(60, **job())
            assert reply["status"] == "retry" and \
                "certificate" in reply["text"].lower(), reply
    finally:
        unstore()


def test_a_bundle_alone(directory):
    """Where the directory holds no hashes, what libcurl was built with."""
    need("openssl", "mount", "umount")
    ours = certificate(directory, "ours")
    store(directory, ours, hashed=False)
    try:
        with Notify(directory, account(served(ours).port,
                                       scheme="https")) as n:
            assert n.do(60, **job())["status"] == "done"
    finally:
        unstore()


if __name__ == "__main__":
    main(globals())
