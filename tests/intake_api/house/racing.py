"""Two acts at the same moment: one is stopped on its way, at each place in turn, and the other goes by."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import Cursor
from sqlalchemy import event

from intake_api.store.base import Store

PATIENCE = 60.0  # seconds; nothing that is well takes one
LOOK_AGAIN = 0.002  # seconds
Act = Callable[[Store], object]


@dataclass(frozen=True)
class Ended:
    """How an act ended: `code` is "done" and `value` what it returned, or the code of what it raised."""

    code: str
    value: Any = None


@dataclass
class Race:
    """Two acts and what must hold once both have ended, whoever was first; `alike`: one is as good as the other."""

    first: Act
    second: Act
    check: Callable[[Ended, Ended], None]
    alike: bool = False


@dataclass
class _Brake:
    """Stops an act before one of its steps until it may go on; 0 never stops it."""

    before: int = 0
    steps: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    may_go: threading.Event = field(default_factory=threading.Event)

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.before:
            self.stopped.set()
            assert self.may_go.wait(PATIENCE)


class Lane:
    """A store of its own, as another process would have it, whose steps are counted.

    On PostgreSQL a step is a statement or a commit. On SQLite, where writers are let in one by one, it is the beginning
    of a transaction: whoever stopped within one would only make the others wait.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.brake = _Brake()
        if store.engine.dialect.name == "sqlite":
            event.listen(store.engine, "engine_connect", lambda _: self.brake.step())
        else:
            event.listen(store.engine, "connect", self._count_statements)
            event.listen(store.engine, "commit", lambda _: self.brake.step())

    def _count_statements(self, connection: Any, _record: object) -> None:
        lane = self

        class Counted(Cursor[Any]):
            def execute(self, *given: Any, **named: Any) -> Any:
                lane.brake.step()
                return super().execute(*given, **named)

        connection.cursor_factory = Counted


class Track:
    """Where races are run: on each, two lanes into one database."""

    def __init__(self, one: Store, other: Store) -> None:
        self.lanes = (Lane(one), Lane(other))
        self.races = 0

    def run(self, make: Callable[[], Race], *, at_once: int = 6, every: int = 1) -> None:
        """Stop either act before each of its steps and let the other go by; then start both at once, some times.

        :param make: prepares a race on rows of its own.
        :param every: more than 1 for acts of very many steps: only each so many of them are stopped at.
        """
        for turned in (False, True):
            stop, race = 1, make()
            while not (turned and race.alike) and self._overtaken(race, stop, turned=turned):
                stop, race = stop + every, make()
        for _ in range(at_once):
            self._at_once(make())
        assert self.races >= at_once + 2, "nobody was ever stopped on the way"

    def _overtaken(self, race: Race, stop: int, *, turned: bool) -> bool:
        """Run one race; return whether there was such a step."""
        slow, quick = (race.second, race.first) if turned else (race.first, race.second)
        brake = self.lanes[0].brake = _Brake(stop)
        self.lanes[1].brake = _Brake()
        with _running(slow, self.lanes[0].store) as first, _watching(self.lanes[0].store) as is_blocked:
            while not brake.stopped.wait(LOOK_AGAIN) and not first.over.is_set():
                pass
            with _running(quick, self.lanes[1].store) as second:
                while not second.over.wait(LOOK_AGAIN) and not is_blocked():
                    pass
                brake.may_go.set()
        ended = (first.ended, second.ended)
        self._judge(race, ended[::-1] if turned else ended)
        return brake.stopped.is_set()

    def _at_once(self, race: Race) -> None:
        for lane in self.lanes:
            lane.brake = _Brake()
        gate = threading.Barrier(2)
        with (
            _running(race.first, self.lanes[0].store, gate) as first,
            _running(race.second, self.lanes[1].store, gate) as second,
        ):
            pass
        self._judge(race, (first.ended, second.ended))

    def _judge(self, race: Race, ended: tuple[Ended, Ended]) -> None:
        self.races += 1
        race.check(*ended)


@dataclass
class _Runner:
    over: threading.Event = field(default_factory=threading.Event)
    ended: Ended = Ended("still running")


@contextmanager
def _running(act: Act, store: Store, gate: threading.Barrier | None = None) -> Iterator[_Runner]:
    """Run an act in a thread, which is over when this ends."""
    runner = _Runner()

    def go() -> None:
        try:
            if gate:
                gate.wait(PATIENCE)
            runner.ended = Ended("done", act(store))
        except Exception as error:  # noqa: BLE001 - told by its code, which the race judges
            runner.ended = Ended(getattr(error, "code", type(error).__name__), error)
        finally:
            runner.over.set()

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield runner
    finally:
        thread.join(PATIENCE)
    assert runner.over.is_set(), "an act never ended"


@contextmanager
def _watching(store: Store) -> Iterator[Callable[[], bool]]:
    """Give what says whether somebody waits in the database for somebody else."""
    if store.engine.dialect.name == "sqlite":
        yield lambda: False
        return
    address = store.url.replace("postgresql+psycopg", "postgresql")
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(address, autocommit=True) as beside:
        yield lambda: beside.execute(waiting).fetchone() is not None
