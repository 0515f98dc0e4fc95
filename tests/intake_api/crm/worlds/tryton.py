"""A real Tryton, with a door of ours in front that passes everything on and can be told to misbehave."""

import http.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from intake_api.crm.tryton import Tryton
from intake_api.crm.tryton_note import read_note
from tests.intake_api.crm.worlds.tryton_server import TrytonServer, tryton_server
from tests.intake_api.crm.worlds.world import World
from tests.loopback import listening

# What may be asked of an account is asked by POST as well, and is no writing.
ONLY_READS = ("/get_preferences", "/get_access", "/rpc/")
Misbehaviour = Callable[[BaseHTTPRequestHandler, bytes], None]


class Door(ThreadingHTTPServer):
    """Passes requests on to Tryton, or does what it is told instead."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _DoorHandler)
        self.port = port
        self.instead: Misbehaviour | None = None

    def pass_on(self, handler: BaseHTTPRequestHandler, body: bytes, **other: str) -> tuple[int, str | None, bytes]:
        """Ask Tryton what we were asked; `other` are headers that differ."""
        kept = {name: value for name, value in handler.headers.items() if name != "Connection"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(handler.command, handler.path, body or None, {**kept, **other})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read()
        finally:
            connection.close()

    def handle_error(self, *_: object) -> None:
        """Say nothing: who hung up is what some tests are about."""


class _DoorHandler(BaseHTTPRequestHandler):
    server: Door

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.instead:
            self.server.instead(self, body)
        else:
            say(self, *self.server.pass_on(self, body))

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 the names of the base class

    def log_message(self, *_: object) -> None:
        return


def say(handler: BaseHTTPRequestHandler, status: int, kind: str | None, body: bytes) -> None:
    """Answer."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind or "text/plain")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


class TrytonWorld(World):
    """The database as it was set up, and nothing in it."""

    def __init__(self, server: TrytonServer, door: Door, url: str) -> None:
        self.server, self.door = server, door
        # One operation against a busy machine takes a second; the limit is the one of production.
        self.destination = Tryton(server.account(url), "crm", self.map(), allow_loopback=True)

    def records(self, lead: str) -> list[Mapping[str, object]]:
        """Read the database itself: each opportunity is a record, and so is what is left of a party without one."""
        with self.server.reading() as database:

            def rows(query: str, *values: object) -> list[Any]:
                return database.execute(query, values).fetchall()

            found: list[Mapping[str, object]] = []
            for party in rows("SELECT id, name FROM party_party WHERE code = ?", f"VB-{lead}"):
                ways = rows(
                    "SELECT type, value, value_compact FROM party_contact_mechanism WHERE party = ?", party["id"]
                )
                notes = rows("SELECT message FROM ir_note WHERE resource = ?", f"party.party,{party['id']}")
                opportunities = rows("SELECT id FROM sale_opportunity WHERE party = ?", party["id"])
                record: dict[str, object] = {"name": party["name"]} if party["name"] else {}
                record |= {way["type"]: way["value_compact"] for way in ways if way["value_compact"] != "****"}
                for note in notes:
                    record |= read_note(note["message"])
                if record or opportunities:
                    found += [record] * max(1, len(opportunities), len(notes))
            return found

    @contextmanager
    def writes_but_hangs_up(self) -> Iterator[None]:
        def instead(handler: BaseHTTPRequestHandler, body: bytes) -> None:
            answer = self.door.pass_on(handler, body)
            if handler.command == "GET" or handler.path.endswith(ONLY_READS):
                say(handler, *answer)
            handler.close_connection = True

        with self.behaving(instead):
            yield

    @contextmanager
    def says(self, status: int, body: bytes) -> Iterator[None]:
        with self.behaving(lambda handler, _: say(handler, status, "text/html", body)):
            yield

    @contextmanager
    def refuses_us(self) -> Iterator[None]:
        """Show Tryton a key that it does not know."""

        def instead(handler: BaseHTTPRequestHandler, body: bytes) -> None:
            say(handler, *self.door.pass_on(handler, body, Authorization="Bearer 0000"))

        with self.behaving(instead):
            yield

    @contextmanager
    def behaving(self, instead: Misbehaviour) -> Iterator[None]:
        """Let the door do that to every request."""
        self.door.instead = instead
        try:
            yield
        finally:
            self.door.instead = None


@contextmanager
def tryton_world(_folder: Path) -> Iterator[TrytonWorld]:
    """Put the database back, and open a door to it."""
    server = tryton_server()
    server.put_back()
    door = Door(server.process.port)
    with listening(door) as url:
        yield TrytonWorld(server, door, url)
