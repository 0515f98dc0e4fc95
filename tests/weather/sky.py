"""A real Tryton that can be stopped, behind a door where a request or an answer can be lost, late, or refused.

What happens to which request is drawn with a seed; the order of requests of several workers is not, so two storms of
one seed are alike and not the same.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from random import Random

from tests.intake_api.crm.worlds.tryton import Door, TrytonWorld, say
from tests.intake_api.crm.worlds.tryton_server import TrytonServer, own_tryton
from tests.loopback import listening
from tests.ports import free_port

GONE = 5.0  # seconds that the CRM is stopped for
TOO_LATE = 11.0  # seconds: later than any call waits
# How often each comes, of a thousand requests.
OFTEN = {"not_let_through": 5, "answer_lost": 5, "answer_cut": 3, "late": 15, "too_late": 1, "wait": 4, "broken": 3}


@dataclass
class Sky:
    """The weather, and the CRM behind it."""

    door: Door
    world: TrytonWorld
    restart: Callable[[], None]
    random: Random
    is_flooded: bool = False  # everything is answered with 429
    happened: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.door.instead = self._let_through

    def _let_through(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        what = self._drawn()
        handler.close_connection = True
        with suppress(OSError):  # the CRM is down, or the worker was killed: nobody answers, or nobody hears it
            if what == "not_let_through":
                return
            if what in ("wait", "broken"):
                _refuse(handler, 429 if what == "wait" else 503)
                return
            if what == "too_late":
                time.sleep(TOO_LATE)
            elif what == "late":
                time.sleep(self.random.random() * 2)
            status, kind, answer = self.door.pass_on(handler, body)
            if what == "answer_lost":
                return
            if what == "answer_cut":
                _cut(handler, status, kind, answer)
                return
            say(handler, status, kind, answer)

    def _drawn(self) -> str:
        with self.lock:
            if self.is_flooded:
                what = "wait"
            else:
                (what,) = self.random.choices([*OFTEN, "fair"], [*OFTEN.values(), 1000 - sum(OFTEN.values())])
            self.happened[what] += 1
            return what


@contextmanager
def weather(folder: Path, seed: int) -> Iterator[Sky]:
    """Run a Tryton of its own with nobody in it, and a door to it."""
    port = free_port()
    with ExitStack() as behind:
        running: list[ExitStack] = []

        def start() -> TrytonServer:
            running.append(behind.enter_context(ExitStack()))
            return running[-1].enter_context(own_tryton(folder, port))

        def restart() -> None:
            running[-1].close()
            time.sleep(GONE)
            start()

        server, door = start(), Door(port)
        with listening(door) as url:
            yield Sky(door, TrytonWorld(server, door, url), restart, Random(seed))


def _refuse(handler: BaseHTTPRequestHandler, status: int) -> None:
    handler.send_response(status)
    if status == 429:
        handler.send_header("Retry-After", "2")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def _cut(handler: BaseHTTPRequestHandler, status: int, kind: str | None, answer: bytes) -> None:
    """Say half of what there is to say, and hang up."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind or "text/plain")
    handler.send_header("Content-Length", str(len(answer)))
    handler.end_headers()
    handler.wfile.write(answer[: len(answer) // 2])
