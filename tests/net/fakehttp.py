"""An HTTP server on the lab's Internet that says what a test wants."""

import base64
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lab as _lab


class Request:
    def __init__(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        self.time = time.monotonic()
        self.path = url.path
        self.query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        self.headers = handler.headers
        self.source = handler.client_address[0]
        scheme, _, text = handler.headers.get("Authorization", "").partition(" ")
        self.login = base64.b64decode(text).decode() if scheme == "Basic" else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        request = Request(self)
        self.server.fake.requests.append(request)
        try:
            self.server.fake.answer(self, request)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_):
        pass


def says(body, status=200, headers=()):
    """An answer with this body."""

    def answer(handler, _request):
        data = body.encode() if isinstance(body, str) else body
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def good(handler, request):
    """What a dyndns2 server says when all is well."""
    says("good " + request.query.get("myip", ""))(handler, request)


def floods(size=10 << 20):
    """Body without an end in sight, in chunks."""

    def answer(handler, _request):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        piece = b"good " + b"x" * 65531
        for _ in range(size // len(piece)):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    return answer


def hangs_up(handler, _request):
    handler.close_connection = True


def never(handler, _request):
    """Takes the request and says nothing until the client has had enough."""
    handler.close_connection = True
    handler.connection.settimeout(60)
    handler.connection.recv(1)


class FakeHttp:
    def __init__(self, net, answer=good, address=_lab.HTTP4):
        self.answer = answer
        self.requests = []
        listener = net.listen(address)
        self.server = ThreadingHTTPServer(
            (address, 0), _Handler, bind_and_activate=False
        )
        self.server.socket.close()
        self.server.socket = listener
        self.server.daemon_threads = True
        self.server.fake = self
        self.url = f"http://{address}:{listener.getsockname()[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        net.servers.append(self)

    def kill(self):
        self.server.shutdown()
        self.server.server_close()
