"""A real HTTP server on loopback that plays a destination: it keeps what it got and answers as it is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext

from tests.loopback import listening


@dataclass(frozen=True)
class Received:
    """One request as it came in: headers by lower-case name, the raw body."""

    path: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """The server's notebook and its present behaviour; `answer(204)` and its like make behaviours."""

    behaviour: Behaviour
    port: int = 0
    requests: list[Received] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/leads"

    def ids(self) -> list[str]:
        with self.lock:
            return [request.headers["webhook-id"] for request in self.requests]

    def drip(self, handler: BaseHTTPRequestHandler, start: bytes = b"HTTP/1.1 200 OK\r\nX-Slow: ") -> None:
        """Begin a header, or as told, and go on byte by byte until the caller hangs up or the test is over."""
        try:
            handler.wfile.write(start)
            while not self.stopped.wait(0.05):
                handler.wfile.write(b"x")
        except OSError:
            return

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Take the request and say nothing."""
        self.stopped.wait(60)


def answer(status: int, **headers: str) -> Behaviour:
    """Answer with a status, headers (`Retry_After="7"`) and a body that must not be shown anywhere."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        body = b"<script>REMOTE-TEXT-NOT-TO-BE-SHOWN</script>"
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


@contextmanager
def receiving(behaviour: Behaviour, tls: SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver on a free loopback port."""
    receiver = Receiver(behaviour)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # the caller was killed before the whole of it was here: no destination has such a request
            headers = {name.lower(): value for name, value in self.headers.items()}
            with receiver.lock:
                receiver.requests.append(Received(self.path, headers, body))
            self.close_connection = True
            try:
                receiver.behaviour(self)
            except OSError:
                return  # the caller hung up: that is what some tests are about

        do_GET = do_POST  # noqa: N815 a redirect that is followed may come as GET

        def log_message(self, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:
            return  # a refused handshake is expected here

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver.port = server.server_address[1]
    with listening(server):
        try:
            yield receiver
        finally:
            receiver.stopped.set()
