"""The worker as real processes: killed, outlived, told to leave; against a real destination, on both databases."""

import os
import subprocess
import sys
import threading
from collections import Counter
from contextlib import AbstractContextManager
from datetime import UTC, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from standardwebhooks.webhooks import Webhook as Verifier

from intake_api.catalogue.model import Catalogue
from intake_api.clock import system_clock
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.checkpoints import last_checkpoint
from intake_api.store.deliveries import DeliveryState, count_by_state
from intake_api.store.signer import Signer
from intake_api.store.workers import WorkerRow
from intake_api.worker import AT_ONCE
from tests.intake_api.conftest import ROOT
from tests.intake_api.crm.receiver import Received, Receiver, answer
from tests.intake_api.engine import engine_holds
from tests.intake_api.kept_leads import FIELDS, approve, keep_lead, receipt_of
from tests.intake_api.worker_process import LEAVES_WITHIN, WorkerProcess, move_time, running_worker
from tests.processes import wait_until


class Place:
    """Everything a worker needs, and a time that is moved by hand for all processes at once."""

    def __init__(
        self, environment: dict[str, str], folder: Path, store: Store, queue: Queue, catalogue: Catalogue, url: str
    ) -> None:
        self.store, self.queue, self.catalogue, self.folder = store, queue, catalogue, folder
        self.offset = folder / "clock"
        self.offset.write_text("0")
        self.environment = {
            **environment,
            "VESTIBULE_DESTINATION": "webhook",
            "VESTIBULE_WEBHOOK_URL": url,
            "VESTIBULE_TEST_CLOCK": str(self.offset),
        }
        self.workers = 0

    def worker(self) -> AbstractContextManager[WorkerProcess]:
        self.workers += 1
        return running_worker(self.environment, self.folder / f"worker-{self.workers}.log")

    def move_time(self, seconds: float) -> None:
        move_time(self.offset, seconds)

    def approved(self, count: int) -> set[str]:
        now = system_clock()
        leads = [keep_lead(self.store, self.catalogue, now=now) for _ in range(count)]
        return {approve(self.store, self.queue, lead, now=now).id for lead in leads}

    def all_are(self, state: DeliveryState) -> bool:
        with self.store.reading() as tx:
            return set(count_by_state(tx)) == {state}

    def logs(self) -> str:
        return "".join(log.read_text() for log in sorted(self.folder.glob("worker-*.log")))


@pytest.fixture
def place(
    environment: dict[str, str], tmp_path: Path, store: Store, queue: Queue, catalogue: Catalogue, receiver: Receiver
) -> Place:
    return Place(environment, tmp_path, store, queue, catalogue, receiver.url)


class TestKilled:
    """`kill -9`, at any moment."""

    def test_g01_under_a_backlog_of_500_none_is_lost_and_none_changes_its_id(
        self, place: Place, receiver: Receiver, settings: Settings
    ) -> None:
        wanted = place.approved(500)
        for killed_at in (40, 150, 300):
            with place.worker() as worker:
                wait_until(lambda at=killed_at: len(set(receiver.ids())) >= at)  # type: ignore[misc]
                worker.kill()
            place.move_time(61)
        with place.worker() as worker:
            wait_until(lambda: place.all_are(DeliveryState.DELIVERED))
            wait_until(lambda: not evidence_waits(place.store))
            assert worker.leave() == 0

        times = Counter(receiver.ids())
        assert set(times) == wanted
        assert sum(times.values()) - 500 <= 3 * AT_ONCE  # again only what was in hands when it was killed
        assert len({verified(place, request)["data"]["lead"] for request in receiver.requests}) == 500
        assert {status for _, status in engine_holds(place.store)} == {"SUCCESS"}
        signer = Signer(settings.secrets.evidence_key)
        assert verify_evidence(place.store, signer, settings.checkpoint_file).ok

    def test_a_machine_gone_for_good_is_outlived_within_two_minutes(self, place: Place, receiver: Receiver) -> None:
        receiver.behaviour = receiver.hang
        wanted = place.approved(5)
        with place.worker() as gone:
            wait_until(lambda: set(receiver.ids()) == wanted)
            gone.kill()  # at once: a call that hangs ends by itself after ten seconds, and is made again
        receiver.behaviour = answer(204)
        place.move_time(61)
        with place.worker() as heir:
            wait_until(lambda: place.all_are(DeliveryState.DELIVERED))
            assert heir.said("worker.taken_over")
        assert Counter(receiver.ids()) == dict.fromkeys(wanted, 2)

    def test_e04_what_it_leaves_is_signed_and_copied_outside(self, place: Place, tmp_path: Path) -> None:
        place.environment["VESTIBULE_CHECKPOINT_FOLDER"] = str(tmp_path / "outside")
        place.environment["VESTIBULE_CHECKPOINT_MAIL_TO"] = "dpo@tidewick.example"
        with place.worker() as worker:
            # The first state may have come between the two targets: then one of them gets it in the next round.
            for target in ("mail", "outside"):
                wait_until(lambda where=tmp_path / target: any(where.glob("checkpoint-*")))  # type: ignore[misc]
            wait_until(lambda: not evidence_waits(place.store))
            before = {file.name for file in (tmp_path / "outside").glob("checkpoint-*")}
            keep_lead(place.store, place.catalogue, now=system_clock())
            assert worker.leave() == 0
        assert not evidence_waits(place.store)
        with place.store.reading() as tx:
            last = last_checkpoint(tx)
        assert last is not None
        (new,) = {file.name for file in (tmp_path / "outside").iterdir()} - before
        assert new == f"checkpoint-{last.size:012}.jsonl"
        assert (tmp_path / "mail" / f"checkpoint-{last.size}.eml").exists()

    def test_a_worker_that_still_shows_life_keeps_its_work(self, place: Place, receiver: Receiver) -> None:
        receiver.behaviour = receiver.hang
        place.approved(3)
        with place.worker() as busy, place.worker() as idle:
            wait_until(lambda: len(receiver.ids()) == 3)
            for _ in range(3):  # after a minute without a beat it would be silent: half of that is left for a slow one
                place.move_time(30)
                wait_until(lambda: both_beat_again(place))

            assert not busy.said("worker.taken_over")
            assert not idle.said("worker.taken_over")


class TestToldToLeave:
    """SIGTERM."""

    def test_what_is_in_hands_is_finished_first(self, place: Place, receiver: Receiver) -> None:
        may_answer = threading.Event()

        def held(handler: BaseHTTPRequestHandler) -> None:
            may_answer.wait(30)
            answer(204)(handler)

        receiver.behaviour = held
        place.approved(3)
        with place.worker() as worker:
            wait_until(lambda: len(receiver.ids()) == 3)
            worker.process.terminate()
            may_answer.set()
            assert worker.process.wait(timeout=LEAVES_WITHIN) == 0
            assert worker.said("unfinished=0")

        assert place.all_are(DeliveryState.DELIVERED)
        assert len(receiver.ids()) == 3

    def test_a_call_that_hangs_does_not_keep_it_and_is_not_lost(self, place: Place, receiver: Receiver) -> None:
        receiver.behaviour = receiver.hang
        wanted = place.approved(2)
        with place.worker() as worker:
            wait_until(lambda: set(receiver.ids()) == wanted)
            assert worker.leave() == 0
            assert worker.said("unfinished=2")
        receiver.behaviour = answer(204)
        with place.worker():
            wait_until(lambda: place.all_are(DeliveryState.DELIVERED))

        assert Counter(receiver.ids()) == dict.fromkeys(wanted, 2)


class TestTelling:
    """A no, which waits for no lead (G-01)."""

    def test_g01_it_is_told_while_a_backlog_of_leads_hangs(self, place: Place, receiver: Receiver) -> None:
        may_answer = threading.Event()

        def sent(operation: str) -> list[Received]:
            with receiver.lock:
                return [one for one in receiver.requests if f'"lead.{operation}"'.encode() in one.body]

        def holds_up_leads(handler: BaseHTTPRequestHandler) -> None:
            if any(one.headers["webhook-id"] == handler.headers["webhook-id"] for one in sent("upsert")):
                may_answer.wait(60)
            answer(204)(handler)

        lead = keep_lead(place.store, place.catalogue, now=system_clock())
        approve(place.store, place.queue, lead, now=system_clock())
        with place.worker():
            wait_until(lambda: place.all_are(DeliveryState.DELIVERED))
            receiver.behaviour = holds_up_leads
            place.approved(60)
            wait_until(lambda: len(receiver.ids()) >= 1 + AT_ONCE)
            erase_by_receipt(place.store, receipt_of(lead), now=system_clock())
            wait_until(lambda: len(sent("erase")) == 1)
            assert len(sent("upsert")) < 60
            may_answer.set()
            wait_until(lambda: place.all_are(DeliveryState.DELIVERED))


class TestRounds:
    """What a worker does besides."""

    def test_a_failed_attempt_is_made_again_when_its_time_comes(self, place: Place, receiver: Receiver) -> None:
        def fails_once(handler: BaseHTTPRequestHandler) -> None:
            answer(500 if len(receiver.ids()) == 1 else 200)(handler)

        receiver.behaviour = fails_once
        (wanted,) = place.approved(1)
        with place.worker() as worker:
            wait_until(lambda: worker.said("delivery.retrying"))
            place.move_time(6)
            wait_until(lambda: place.all_are(DeliveryState.DELIVERED))

        assert receiver.ids() == [wanted, wanted]

    def test_its_health_is_readable_from_outside(self, place: Place) -> None:
        assert check(place) == 1
        with place.worker() as worker:
            assert check(place) == 0
            worker.kill()
        place.move_time(31)
        assert check(place) == 1

    def test_h14_neither_its_log_nor_the_engine_tells_what_was_typed(self, place: Place, receiver: Receiver) -> None:
        receiver.behaviour = answer(422)
        place.approved(2)
        with place.worker() as worker:
            wait_until(lambda: place.all_are(DeliveryState.REFUSED))
            assert worker.leave() == 0

        told = place.logs() + everything_in_the_engine(place.store)
        assert "delivery.refused" in told
        assert "deliver_lead" in told
        assert not [value for value in (*FIELDS.values(), "REMOTE-TEXT") if str(value) in told]

    def test_an_unexpected_error_is_named_by_its_class_only_and_the_delivery_mended(
        self, place: Place, receiver: Receiver
    ) -> None:
        place.approved(1)
        with place.store.writing() as tx:
            tx.execute(text("UPDATE leads SET sealed = :spoilt"), {"spoilt": b"\x01 not what was sealed: Janis"})
        with place.worker() as worker:
            wait_until(lambda: worker.said("delivery.mended"))
            assert worker.leave() == 0

        told = place.logs() + everything_in_the_engine(place.store)
        assert "workflow.broke error=CannotOpen" in told
        assert "Janis" not in told
        assert "Traceback" not in told
        assert place.all_are(DeliveryState.RETRYING)
        assert receiver.requests == []


def verified(place: Place, request: Received) -> dict[str, Any]:
    """Return what a request says, after its signature was found good."""
    says: dict[str, Any] = Verifier(place.environment["VESTIBULE_WEBHOOK_SECRET"]).verify(request.body, request.headers)
    return says


def evidence_waits(store: Store) -> bool:
    with store.reading() as tx:
        return evidence.count_waiting(tx) > 0


def both_beat_again(place: Place) -> bool:
    moved = system_clock() + timedelta(seconds=float(place.offset.read_text()) - 10)
    with place.store.reading() as tx:
        beats = [beat_at.replace(tzinfo=UTC) for (beat_at,) in tx.execute(select(WorkerRow.beat_at))]
    return len(beats) == 2 and all(beat_at >= moved for beat_at in beats)


def check(place: Place) -> int:
    """Ask as a container's health check does."""
    command = [sys.executable, "-m", "intake_api", "worker", "--check"]
    return subprocess.run(command, cwd=ROOT, env={"PATH": os.environ["PATH"], **place.environment}).returncode


def everything_in_the_engine(store: Store) -> str:
    """Return all the engine keeps, as text."""
    schema = "" if store.url.startswith("sqlite") else "dbos."
    found = []
    with store.reading() as tx:
        for table in ("workflow_status", "workflow_input", "workflow_output", "operation_outputs", "notifications"):
            found += [str(tuple(row)) for row in tx.execute(text(f"SELECT * FROM {schema}{table}"))]  # noqa: S608
    return "\n".join(found)
