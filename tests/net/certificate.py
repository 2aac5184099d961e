"""A server's certificate that signs itself."""

import ssl
import subprocess


def make_certificate(path, *names):
    """At path, with its key in path.key; a name is IP:… or DNS:…"""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=test", "-addext", "subjectAltName=" + ",".join(names),
         "-keyout", path + ".key", "-out", path],
        check=True, capture_output=True)  # fmt: skip


def server_context(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, path + ".key")
    return context
