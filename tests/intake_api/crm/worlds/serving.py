"""A CRM on loopback whose answers a test can bend: say something else, do what is asked and hang up, be slow."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.loopback import listening


@dataclass(frozen=True)
class Asked:
    """One request: headers by lower-case name."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Said:
    """One answer; a `value` that is no bytes is written as JSON."""

    status: int
    value: object
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return self.value if isinstance(self.value, bytes) else json.dumps(self.value).encode()


Answering = Callable[[Asked], Said | None]  # None: hang up


@dataclass
class Served:
    """A running server and what it answers by."""

    answering: Answering
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def instead(self, bend: Callable[[Answering], Answering]) -> Iterator[None]:
        """Answer by something else for a while; `bend` is given what was answered by."""
        before, self.answering = self.answering, bend(self.answering)
        try:
            yield
        finally:
            self.answering = before

    def says(self, status: int, body: bytes) -> AbstractContextManager[None]:
        """Answer that to everything and do nothing."""
        return self.instead(lambda _before: lambda _asked: Said(status, body))

    def hangs_up(self, when: Callable[[Asked], bool]) -> AbstractContextManager[None]:
        """Do what is asked and hang up, where `when` says so."""

        def bend(before: Answering) -> Answering:
            def answering(asked: Asked) -> Said | None:
                said = before(asked)
                return None if when(asked) else said

            return answering

        return self.instead(bend)

    def never_answers(self) -> AbstractContextManager[None]:
        """Take what is asked and say nothing until the test is over."""

        def silent(_asked: Asked) -> Said | None:
            self.stopped.wait(60)
            return None

        return self.instead(lambda _before: silent)


@contextmanager
def served(answering: Answering) -> Iterator[Served]:
    """Run it on a free loopback port."""
    server_side = Served(answering)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            self.close_connection = True
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            asked = Asked(self.command, self.path, headers, body)
            server_side.asked.append(asked)
            said = server_side.answering(asked)
            if said is None:
                return
            try:
                self.send_response(said.status)
                always = {"Content-Length": str(len(said.body)), "Connection": "close"}
                for name, value in {**said.headers, **always}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said.body)
            except OSError:
                return  # the caller hung up

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 the standard library's names

        def log_message(self, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    server_side.port = server.server_address[1]
    with listening(server):
        try:
            yield server_side
        finally:
            server_side.stopped.set()
