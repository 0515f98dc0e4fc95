"""The signed webhook with a receiver that keeps what it got, and can be told to misbehave."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from intake_api.crm.webhook import Webhook
from tests.intake_api.crm.receiver import Behaviour, Receiver, answer, receiving
from tests.intake_api.crm.webhooks import SECRET
from tests.intake_api.crm.worlds.folding import fold
from tests.intake_api.crm.worlds.world import World


class WebhookWorld(World):
    """A receiver on loopback."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver, self._undone = receiver, 0
        self._taken: list[Mapping[str, object]] = []
        self.destination = Webhook(receiver.url, [SECRET], "crm", self.map(), allow_loopback=True, time_limit=5)

    def records(self, lead: str) -> list[Mapping[str, object]]:
        return [record for of_lead, record in fold(self._taken).items() if of_lead == lead]

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Do what is asked and say so."""
        self.write()
        answer(204)(handler)

    def write(self) -> None:
        """Keep the newest request."""
        with self._receiver.lock:
            data = json.loads(self._receiver.requests[-1].body)
            if data["type"] != "test":
                self._taken.append(data["data"])

    @contextmanager
    def writes_but_hangs_up(self) -> Iterator[None]:
        def behave(handler: BaseHTTPRequestHandler) -> None:
            self.write()
            handler.connection.close()

        with self._behaving(behave):
            yield

    @contextmanager
    def says(self, status: int, body: bytes) -> Iterator[None]:
        def behave(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        with self._behaving(behave):
            yield

    @contextmanager
    def refuses_us(self) -> Iterator[None]:
        with self.says(401, b""):
            yield

    @contextmanager
    def _behaving(self, behaviour: Behaviour) -> Iterator[None]:
        before, self._receiver.behaviour = self._receiver.behaviour, behaviour
        try:
            yield
        finally:
            self._receiver.behaviour = before


@contextmanager
def webhook_world(_folder: Path) -> Iterator[World]:
    """Open a receiver and its webhook."""
    with receiving(answer(204)) as receiver:
        world = WebhookWorld(receiver)
        receiver.behaviour = world.take
        yield world
