"""The public door dies under load: every "201" is in the store, and nothing is in it twice."""

import http.client
import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.intake_api.postgres import PostgresServer, running_postgres
from tests.processes import service_environment, serving, wait_until

VISITORS = 8
BEFORE_THE_KILL = 60
KILLS = 3


@dataclass
class Visits:
    """What the visitors were told, over all lives of the door."""

    port: int
    promised: dict[int, str] = field(default_factory=dict)  # visitor's number -> reference
    enough: threading.Event = field(default_factory=threading.Event)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def keep_visiting(self) -> None:
        """Send one form after the other; when the door is away, send the same again until it answers."""
        while not self.enough.is_set():
            number = next(self.numbers)
            shown = self._until_answered("GET", "/v1/forms/request_contact?locale=en&channel=page", None)
            if shown is None:
                return
            body = {
                "presentation": shown["presentation"]["id"],
                "locale": "en",
                "fields": {"message": f"visitor {number}", "email": f"v{number}@sample.example"},
                "decisions": {},
                "attribution": {},
            }
            answer = self._until_answered("POST", "/v1/forms/request_contact/submissions", body)
            if answer is not None:
                self.promised[number] = answer["reference"]

    def _until_answered(self, method: str, path: str, body: Any) -> Any:
        while not self.enough.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                headers = {"Content-Type": "application/json"} if body else {}
                connection.request(method, path, json.dumps(body) if body else None, headers)
                answer = connection.getresponse()
                read = answer.read()
            except (OSError, http.client.HTTPException):
                self.enough.wait(0.05)  # the door is being started again
                continue
            finally:
                connection.close()
            if answer.status == 503:  # the store was busy for too long: nothing is kept, and nobody is thanked
                continue
            assert answer.status in (200, 201), read
            return json.loads(read)
        return None


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/vestibule.sqlite"
        return
    with running_postgres() as server, PostgresServer.fresh_database(server) as url:
        yield url


class TestPublicDoor:
    """Killed, not stopped."""

    def test_every_promise_is_kept_and_nothing_is_kept_twice(self, database_url: str, tmp_path: Path) -> None:
        environment = service_environment(tmp_path, database_url)
        visits = Visits(port=int(environment["VESTIBULE_PUBLIC_PORT"]))
        visitors = [threading.Thread(target=visits.keep_visiting) for _ in range(VISITORS)]
        for life in range(KILLS + 1):
            with serving("intake_api.wsgi:public", environment) as door:
                if life == 0:
                    for visitor in visitors:
                        visitor.start()
                before = len(visits.promised)
                wait_until(lambda: len(visits.promised) >= before + BEFORE_THE_KILL, door)  # noqa: B023 - used at once
                if life < KILLS:
                    door.kill_hard()
                else:
                    visits.enough.set()
                    for visitor in visitors:
                        visitor.join()

        engine = create_engine(database_url)
        with engine.connect() as tx:
            kept = tx.execute(text("SELECT reference, presentation_id FROM leads")).all()
            proven = tx.execute(text("SELECT COUNT(*) FROM evidence WHERE kind = 'submission.received'")).scalar_one()
        engine.dispose()
        assert set(visits.promised.values()) <= {reference for reference, _ in kept}
        assert len(set(visits.promised.values())) == len(visits.promised)
        assert len(kept) - len(visits.promised) <= VISITORS  # at most those whose answer the last moment cut off
        assert proven == len(kept)
