"""Verifying while the service works, and on what somebody changed beside the log (E-03, E-04)."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.disown_decision import disown_decision
from intake_api.flows.expire_unconfirmed import expire_unconfirmed
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import SEQUENCED_WITHIN, Verified, verify_evidence
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.checkpoints import ORIGIN, Checkpoint, checkpoints_in_order, last_checkpoint, read_checkpoint
from intake_api.store.confirmations import confirmation_token
from intake_api.store.signer import Signer
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY, confirmation_of, keep_first_yes, keep_lead


@pytest.fixture
def signer(settings: Settings) -> Signer:
    return Signer(settings.secrets.evidence_key)


@pytest.fixture
def verify(store: Store, signer: Signer, settings: Settings) -> Callable[[], Verified]:
    return lambda: verify_evidence(store, signer, settings.checkpoint_file)


@pytest.fixture
def write(store: Store, signer: Signer, settings: Settings, clock: DrivenClock) -> Callable[[], None]:
    """Write an entry and let the worker's round place it."""

    def written() -> None:
        with store.writing() as tx:
            evidence.add_entry(tx, "test.happened", actor="system", now=clock.advance(seconds=1))
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())

    return written


def codes(verified: Verified) -> list[str]:
    return [fault.code for fault in verified.faults]


class TestBesideAWorker:
    """A service at work is not disturbed, and raises no alarm."""

    def test_e03_a_round_between_two_looks_is_no_fault(
        self, write: Callable[[], None], verify: Callable[[], Verified], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write()
        read = checkpoints_in_order

        def read_and_let_the_worker_go_on(tx: Connection) -> list[Checkpoint]:
            found = read(tx)
            write()
            return found

        monkeypatch.setattr("intake_api.flows.verify_evidence.checkpoints_in_order", read_and_let_the_worker_go_on)
        assert codes(verify()) == []

    def test_e03_the_first_round_of_all_is_no_fault_either(
        self, write: Callable[[], None], verify: Callable[[], Verified], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = checkpoints_in_order

        def let_the_worker_go_on_and_read(tx: Connection) -> list[Checkpoint]:
            write()
            return read(tx)

        monkeypatch.setattr("intake_api.flows.verify_evidence.checkpoints_in_order", let_the_worker_go_on_and_read)
        assert codes(verify()) == []

    def test_tells_since_when_entries_wait_and_that_no_worker_may_run(
        self, store: Store, write: Callable[[], None], verify: Callable[[], Verified], clock: DrivenClock
    ) -> None:
        write()
        assert verify().waiting_since is None
        with store.writing() as tx:
            evidence.add_entry(tx, "test.happened", actor="system", now=clock())
            evidence.add_entry(tx, "test.happened", actor="system", now=clock() + timedelta(seconds=1))
        verified = verify()
        assert (verified.ok, verified.waiting, verified.waiting_since) == (True, 2, clock())
        assert not verified.waits_too_long(clock() + SEQUENCED_WITHIN)
        assert verified.waits_too_long(clock() + SEQUENCED_WITHIN + timedelta(seconds=1))


class TestTheCopyOutside:
    """E-04: what stands outside the database."""

    def test_e04_a_missing_copy_is_told(
        self, write: Callable[[], None], verify: Callable[[], Verified], settings: Settings
    ) -> None:
        write()
        settings.checkpoint_file.unlink()
        assert codes(verify()) == ["no_copy_outside"]

    def test_e04_an_emptied_copy_is_a_missing_one(
        self, write: Callable[[], None], verify: Callable[[], Verified], settings: Settings
    ) -> None:
        write()
        settings.checkpoint_file.write_text("\n")
        assert codes(verify()) == ["no_copy_outside"]

    def test_e04_a_log_cut_off_with_its_checkpoint_and_copy_is_told(
        self, store: Store, write: Callable[[], None], verify: Callable[[], Verified], settings: Settings
    ) -> None:
        write()
        write()
        last = verify().entries
        with store.writing() as tx:
            tx.execute(text("DELETE FROM evidence WHERE position >= :p"), {"p": last - 1})
            tx.execute(text("DELETE FROM evidence_checkpoints WHERE size >= :p"), {"p": last})
        settings.checkpoint_file.unlink()
        assert codes(verify()) == ["no_copy_outside"]

    def test_before_the_first_checkpoint_there_is_nothing_to_copy(
        self, store: Store, verify: Callable[[], Verified]
    ) -> None:
        assert codes(verify()) == []

    def test_e03_a_place_that_no_checkpoint_covers_is_told(
        self, store: Store, write: Callable[[], None], verify: Callable[[], Verified], settings: Settings
    ) -> None:
        write()
        with store.writing() as tx:
            tx.execute(text("DELETE FROM evidence_checkpoints"))
        settings.checkpoint_file.unlink()
        verified = verify()
        assert [(fault.code, fault.place) for fault in verified.faults] == [("checkpoint_missing", 0)]

    @pytest.mark.parametrize(
        "line",
        [
            "{}",
            "[]",
            "7",
            "{nothing}",
            '{"size": "1", "root": "00", "at": "2026-01-01T00:00:00.000Z", "signature": "00"}',
            '{"size": 1, "root": "xx", "at": "2026-01-01T00:00:00.000Z", "signature": "00"}',
            '{"size": 1, "root": "00", "at": "yesterday", "signature": "00"}',
            '{"size": 1, "root": "00", "at": "2026-01-01T00:00:00.000Z", "signature": "00"}',
        ],
    )
    def test_e04_a_line_that_is_no_checkpoint_is_a_forged_one(
        self, write: Callable[[], None], verify: Callable[[], Verified], settings: Settings, line: str
    ) -> None:
        write()
        before = settings.checkpoint_file.read_text()
        settings.checkpoint_file.write_text(f"{line}\n{before}")
        verified = verify()
        assert codes(verified) == ["checkpoint_forged"]

    def test_bytes_that_are_no_text_are_a_forged_checkpoint(
        self, write: Callable[[], None], verify: Callable[[], Verified], settings: Settings
    ) -> None:
        write()
        with settings.checkpoint_file.open("ab") as copy:
            copy.write(b"\xff\xfe}\n")
        assert codes(verify()) == ["checkpoint_forged"]

    def test_a_line_torn_by_a_crash_is_no_fault_and_hides_no_later_one(
        self,
        store: Store,
        write: Callable[[], None],
        verify: Callable[[], Verified],
        settings: Settings,
    ) -> None:
        write()
        whole = settings.checkpoint_file.read_bytes()
        with settings.checkpoint_file.open("ab") as copy:
            copy.write(whole[:40])
        write()
        assert codes(verify()) == []
        with store.writing() as tx:  # only the line after the torn one knows of this entry
            tx.execute(text("DELETE FROM evidence WHERE position = (SELECT MAX(position) FROM evidence)"))
            tx.execute(
                text("DELETE FROM evidence_checkpoints WHERE size = (SELECT MAX(size) FROM evidence_checkpoints)")
            )
        assert codes(verify()) == ["log_truncated"]


class TestBesideTheLog:
    """What stands in columns and tables must say what its entry says."""

    @pytest.mark.parametrize(
        ("column", "value"),
        [("lead_id", "f" * 32), ("lead_id", None), ("at", datetime.fromisoformat("2020-01-01T00:00Z"))],
    )
    def test_e03_an_edited_column_is_found_at_its_place(
        self,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        write: Callable[[], None],
        verify: Callable[[], Verified],
        column: str,
        value: object,
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock.advance(seconds=1))
        write()
        assert verify().ok
        change = text(f"UPDATE evidence SET {column} = :value WHERE id = :id")  # noqa: S608 - a name of ours
        change = change.bindparams(value=value, id=lead.evidence_entry)
        with store.writing() as tx:
            tx.execute(change)
            place = evidence.get_entry(tx, lead.evidence_entry).position
        first = verify().faults[0]
        assert (first.code, first.place) == ("entry_edited", place)

    @pytest.mark.parametrize(
        "tamper",
        [
            "UPDATE decisions SET state = 'given' WHERE purpose = 'newsletter'",
            "DELETE FROM decisions WHERE purpose = 'newsletter'",
            "UPDATE decisions SET evidence_entry = 'none' WHERE purpose = 'newsletter'",
            (
                "UPDATE decisions SET evidence_entry = "
                "(SELECT id FROM evidence WHERE kind = 'notice.published' LIMIT 1) WHERE purpose = 'newsletter'"
            ),
            "UPDATE decisions SET purpose = 'loyalty_programme' WHERE purpose = 'newsletter'",
            (
                "INSERT INTO decisions SELECT lead_id, purpose, 2, 'given', basis, control, label_hash, decided_at, "
                "evidence_entry, notice_hash FROM decisions WHERE purpose = 'newsletter'"
            ),
        ],
    )
    def test_c07_a_decision_other_than_its_entry_proves_is_found(
        self,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        write: Callable[[], None],
        verify: Callable[[], Verified],
        tamper: str,
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock.advance(seconds=1))
        write()
        assert verify().ok
        with store.writing() as tx:
            assert tx.execute(text(tamper)).rowcount == 1
        (fault,) = verify().faults
        assert (fault.code, fault.place) == ("decision_differs", None)
        assert lead.reference in fault.says

    def test_c07_every_way_to_decide_is_proven_by_its_entry(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, verify: Callable[[], Verified]
    ) -> None:
        tokens = []
        for name in ("confirmed", "disowned", "lapsed"):
            lead = keep_first_yes(store, queue, catalogue, now=clock.advance(seconds=1), email=f"{name}@sample.example")
            tokens.append(confirmation_token(TOKEN_KEY, confirmation_of(store, lead).id))
        confirm_decision(store, tokens[0], now=clock.advance(minutes=1))
        disown_decision(store, tokens[1], now=clock.advance(minutes=1))
        expire_unconfirmed(store, now=clock.advance(days=8))
        with store.reading() as tx:
            kinds = set(tx.execute(text("SELECT kind FROM evidence")).scalars())
        assert {"consent.confirmed", "consent.disowned", "consent.unconfirmed"} <= kinds
        assert verify().faults == []
        with store.writing() as tx:
            tx.execute(text("UPDATE decisions SET state = 'withdrawn' WHERE number = 2"))
        assert codes(verify()) == ["decision_differs"] * 3


class TestTheCopiesOwnForm:
    def test_a_checkpoint_read_back_is_the_one_that_was_written(
        self, store: Store, write: Callable[[], None], settings: Settings
    ) -> None:
        write()
        with store.reading() as tx:
            last = last_checkpoint(tx)
        assert last is not None
        read = read_checkpoint(Path(settings.checkpoint_file).read_text())
        assert (read.size, read.root, read.at, read.signature) == (last.size, last.root, last.at, last.signature)
        assert json.loads(last.to_line())["origin"] == ORIGIN
