"""A storm from its first lead to its last erasure, and the judgement: by what stands in the CRM's own database."""

import json
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.clock import Clock, driven_clock
from intake_api.flows.erase_lead import erase_lead
from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.open_store import open_store, ready_store
from intake_api.flows.withdraw_for_person import withdraw_for_person
from intake_api.queue import Queue
from intake_api.settings import CrmAccount, read_settings
from intake_api.store.base import Store
from intake_api.store.deliveries import UNSETTLED, DeliveryRow, DeliveryState, count_by_state
from intake_api.store.destinations import list_pauses
from intake_api.store.leads import Lead
from tests.intake_api.conftest import ROOT
from tests.intake_api.kept_leads import approve, keep_lead
from tests.intake_api.worker_process import WorkerProcess, move_time, running_worker
from tests.processes import service_environment, wait_until
from tests.weather.sky import Sky, weather

WORKERS = 2
OFFERS = "product_offers"
MAP = {
    "fields": {"name": "name", "email": "email", "company": "Company", "message": "Message"},
    "consent": {OFFERS: {"state": "Offers", "evidence": "Offers evidence"}},
}
STAFF = "s" * 32
WITHIN = 3 * 3600.0  # seconds: for a storm that would never end, not a measure
SILENT = 61.0  # seconds after which a killed worker's work is taken over


@dataclass(frozen=True)
class Plan:
    """How many, and how bad."""

    leads: int
    withdrawals: int
    erasures: int
    kills: int
    seed: int = 1


@dataclass
class Outcome:
    """What was found in the CRM's database at the end, by what is wrong; nothing wrong is what is wanted."""

    wrong: dict[str, list[str]] = field(default_factory=dict)  # references by what is wrong
    happened: Counter[str] = field(default_factory=Counter)  # to requests, and to processes
    attempts: int = 0
    failed: list[str] = field(default_factory=list)  # what was tried to the end: kind, attempts, outcome, reason

    def blame(self, what: str, lead: Lead) -> None:
        self.wrong.setdefault(what, []).append(lead.reference)


class Storm:
    """Our house beside the sky: the leads, the workers, and the time, which is moved on while all only wait."""

    def __init__(self, plan: Plan, database_url: str, folder: Path, sky: Sky, say: Callable[[str], None]) -> None:
        self.plan, self.sky, self.folder, self.say = plan, sky, folder, say
        self.random = Random(plan.seed + 1)
        self.offset = folder / "clock"
        self.offset.write_text("0")
        self.clock: Clock = driven_clock(self.offset)
        account = sky.world.server.account(f"http://127.0.0.1:{sky.door.server_port}")
        self.environment = service_environment(
            folder,
            database_url,
            TEST_CLOCK=str(self.offset),
            **tryton_settings(folder, account),
        )
        self.workers: list[ExitStack] = []
        self.started = 0

    def run(self) -> Outcome:
        """Let all of it happen, and judge."""
        settings = read_settings(self.environment)
        catalogue = load_catalogue(settings.catalogue, settings.public_url)
        with ExitStack() as stack:
            store = stack.enter_context(closing(open_store(settings)))
            queue = stack.enter_context(closing(Queue(settings.database_url)))
            ready_store(store, catalogue, settings, now=self.clock())
            stack.callback(self._end_workers)
            leads = self._approved(store, queue, catalogue)
            for _ in range(WORKERS):
                self._start_worker()
            self._weather_it(store, "delivered", self.plan.leads, before=0)
            outcome = Outcome()
            self._judge(leads, outcome, withdrawn=[], erased=[])
            self.say(f"all are there; wrong: {outcome.wrong or 'nothing'}")
            willing = [lead for number, lead in enumerate(leads) if number % 2]
            withdrawn = self.random.sample(willing, self.plan.withdrawals)
            chosen = {one.id for one in withdrawn}
            erased = self.random.sample([one for one in leads if one.id not in chosen], self.plan.erasures)
            before = _settled(store)
            self._take_back(store, withdrawn, erased)
            self._weather_it(store, "told", self.plan.withdrawals + self.plan.erasures, before=before)
            self._judge(leads, outcome, withdrawn=withdrawn, erased=erased)
            outcome.happened = self.sky.happened
            outcome.attempts, outcome.failed = _attempts(store), _failed(store)
            return outcome

    def _approved(self, store: Store, queue: Queue, catalogue: Catalogue) -> list[Lead]:
        leads = []
        for number in range(self.plan.leads):
            now = self.clock()
            typed = {
                "name": f"Person {number} Example",
                "email": f"person{number}@bakery.example",
                "message": f"Please call about order {number}.",
            }
            lead = keep_lead(store, catalogue, now=now, decisions={OFFERS: bool(number % 2)}, **typed)
            approve(store, queue, lead, now=now, destination="tryton")
            leads.append(lead)
            if number % 500 == 499:
                self.say(f"{number + 1} leads approved")
        return leads

    def _take_back(self, store: Store, withdrawn: Sequence[Lead], erased: Sequence[Lead]) -> None:
        for lead in withdrawn:
            now = self.clock()
            withdraw_for_person(store, lead.reference, OFFERS, words="Take back", staff_id=STAFF, now=now)
        for lead in erased:
            with store.writing() as tx:
                erase_lead(tx, hold_lead(tx, lead.id), actor="subject", why="asked", now=self.clock())
        self.say(f"{len(withdrawn)} withdrawn, {len(erased)} erased")

    def _events(self) -> list[Callable[[], None]]:
        """Return what happens as the work goes on, each at its share of it: kills, a CRM that is gone, a flood."""
        events: list[Callable[[], None]] = [self._kill_a_worker] * self.plan.kills
        events.insert(len(events) // 3, self._stop_the_crm)
        events.insert(2 * len(events) // 3, self._flood)
        return events

    def _weather_it(self, store: Store, what: str, count: int, *, before: int) -> None:
        """Let the workers work until nothing waits any more, and all that was planned has come over them."""
        planned = self._events()
        shares = [count * number / (len(planned) + 1) for number in range(len(planned))]
        said = 0

        def is_over() -> bool:
            nonlocal said
            with store.reading() as tx:
                states, pauses = count_by_state(tx), list_pauses(tx)
            assert not pauses, f"paused: {pauses[0].reason}"
            waiting = sum(states.get(one, 0) for one in UNSETTLED)
            done = sum(states.values()) - waiting - before
            while planned and (done >= shares[-len(planned)] or not waiting):
                planned.pop(0)()
            if done - said >= max(1, count // 10):
                said = done
                self.say(f"{done} of {count} {what}; " + ", ".join(f"{n} {one}" for one, n in sorted(states.items())))
            if not states.get(DeliveryState.QUEUED) and not states.get(DeliveryState.SENDING):
                self._move_to_next(store)
            return not planned and not waiting

        wait_until(is_over, within=WITHIN)

    def _move_to_next(self, store: Store) -> None:
        """Nothing is in hands and all waits: let the time come that the next of it waits for."""
        with store.reading() as tx:
            waiting = DeliveryRow.state == DeliveryState.RETRYING
            due = tx.scalar(select(func.min(DeliveryRow.next_attempt_at)).where(waiting))
        if due and (wait := due - self.clock()) > timedelta():
            self.sky.is_flooded = False  # it would last for hours of the schedule
            move_time(self.offset, wait.total_seconds())

    def _kill_a_worker(self) -> None:
        self.sky.happened["worker killed"] += 1
        self.workers.pop(self.random.randrange(len(self.workers))).close()
        move_time(self.offset, SILENT)
        self._start_worker()

    def _stop_the_crm(self) -> None:
        self.sky.happened["crm stopped"] += 1
        self.sky.restart()

    def _flood(self) -> None:
        self.sky.happened["flood"] += 1
        until = self.sky.happened["wait"] + 10 + self.plan.leads // 20
        self.sky.is_flooded = True

        def end() -> None:
            try:
                wait_until(lambda: self.sky.happened["wait"] >= until, within=60)
            except AssertionError:
                pass  # too little was left to fill it up with
            finally:
                self.sky.is_flooded = False

        threading.Thread(target=end, daemon=True).start()

    def _start_worker(self) -> WorkerProcess:
        self.started += 1
        stack = ExitStack()
        worker = stack.enter_context(running_worker(self.environment, self.folder / f"worker-{self.started}.log"))
        self.workers.append(stack)
        return worker

    def _end_workers(self) -> None:
        for one in self.workers:
            one.close()

    def _judge(
        self, leads: Sequence[Lead], outcome: Outcome, *, withdrawn: Sequence[Lead], erased: Sequence[Lead]
    ) -> None:
        """Read the CRM's own database: one record each with what was typed and said, and nothing of who is erased."""
        taken_back, gone = {one.id for one in withdrawn}, {one.id for one in erased}
        for number, lead in enumerate(leads):
            records = self.sky.world.records(lead.id)
            if lead.id in gone:
                if records:
                    outcome.blame("there although erased", lead)
                continue
            if len(records) != 1:
                outcome.blame("missing" if not records else "twice", lead)
                continue
            said = "withdrawn" if lead.id in taken_back else ("given" if number % 2 else "refused")
            for what, wrong in _differences(records[0], number, said).items():
                if wrong:
                    outcome.blame(what, lead)


def _differences(record: Mapping[str, object], number: int, said: str) -> dict[str, bool]:
    typed = {
        "name": f"Person {number} Example",
        "email": f"person{number}@bakery.example",
        "Message": f"Please call about order {number}.",
    }
    return {
        "another value": any(record.get(name) != value for name, value in typed.items()),
        "another consent": record.get("Offers") != said or not record.get("Offers evidence"),
    }


def brave(plan: Plan, database_url: str, folder: Path, say: Callable[[str], None]) -> Outcome:
    """Go through a storm of its own in an empty folder and an empty database."""
    crm, house = folder / "crm", folder / "house"
    crm.mkdir()
    house.mkdir()
    with weather(crm, plan.seed) as sky:
        return Storm(plan, database_url, house, sky, say).run()


def tryton_settings(folder: Path, account: CrmAccount) -> dict[str, str]:
    """Return the settings of a house that delivers to a Tryton; its catalogue is put into the folder."""
    return {
        "CATALOGUE": str(_catalogue(folder)),
        "DESTINATION": "tryton",
        "DESTINATION_RATE": "none",
        "CRM_URL": account.url,
        "CRM_DATABASE": account.database,
        "CRM_KEY": account.key,
        "CRM_ERASE_USER": account.erase_user,
        "CRM_ERASE_KEY": account.erase_key,
        "WEBHOOK_ALLOW_LOOPBACK": "1",
    }


def _catalogue(folder: Path) -> Path:
    """Return the catalogue that is shipped, with a map for Tryton."""
    catalogue = Path(shutil.copytree(ROOT / "catalogue", folder / "catalogue"))
    (catalogue / "destinations").mkdir(exist_ok=True)
    (catalogue / "destinations" / "tryton.yml").write_text(json.dumps(MAP))  # JSON is YAML, too
    return catalogue


def _settled(store: Store) -> int:
    with store.reading() as tx:
        states = count_by_state(tx)
    return sum(states.values()) - sum(states.get(one, 0) for one in UNSETTLED)


def _attempts(store: Store) -> int:
    with store.reading() as tx:
        return tx.scalar(select(func.sum(DeliveryRow.attempts))) or 0


def _failed(store: Store) -> list[str]:
    columns = (DeliveryRow.kind, DeliveryRow.attempts, DeliveryRow.last_outcome, DeliveryRow.last_reason)
    with store.reading() as tx:
        rows = tx.execute(select(*columns).where(DeliveryRow.state != DeliveryState.DELIVERED)).all()
    return [" ".join(str(one) for one in row) for row in rows]
