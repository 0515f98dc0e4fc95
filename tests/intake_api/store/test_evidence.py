"""The record: written with the act, sequenced later; every kind of tampering is found at its place (E-01 to E-06)."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, strategies
from sqlalchemy import Connection, text

from intake_api.clock import rfc3339
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import Verified, verify_evidence
from intake_api.rules import merkle
from intake_api.settings import Settings
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.checkpoints import checkpoints_in_order, last_checkpoint
from intake_api.store.signer import Signer
from intake_api.store.vault import Vault
from tests.intake_api.conftest import DrivenClock

# What entries and commitments may hold: names in ASCII, texts without half characters, whole numbers, no fractions.
TEXTS = strategies.text(strategies.characters(exclude_categories=["Cs"]))
HELD = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.text("az_AZ09.", max_size=8), inner),
    max_leaves=20,
)
BATCH = 7
BATCHES = 3


@pytest.fixture
def signer(settings: Settings) -> Signer:
    return Signer(settings.secrets.evidence_key)


@pytest.fixture
def written(store: Store, signer: Signer, settings: Settings, clock: DrivenClock) -> int:
    """A log of three signed batches; returns how many entries it has (the catalogue's notices came first)."""
    for _ in range(BATCHES):
        with store.writing() as tx:
            for number in range(BATCH):
                evidence.add_entry(
                    tx, "test.happened", actor="system", now=clock.advance(seconds=1), facts={"n": number}
                )
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())
    with store.reading() as tx:
        last = last_checkpoint(tx)
    assert last is not None
    return last.size


@pytest.fixture
def verify(store: Store, signer: Signer, settings: Settings) -> Callable[[], Verified]:
    return lambda: verify_evidence(store, signer, settings.checkpoint_file)


class TestSequencing:
    """From waiting to placed."""

    def test_places_every_entry_once_and_in_order_of_time(
        self, store: Store, written: int, verify: Callable[[], Verified]
    ) -> None:
        with store.reading() as tx:
            entries = list(evidence.entries_in_order(tx))
        assert [entry.position for entry in entries] == list(range(written))
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
        assert verify() == Verified(entries=written, checkpoints=BATCHES, waiting=0, waiting_since=None, faults=[])

    def test_nothing_waiting_signs_nothing(
        self, store: Store, signer: Signer, settings: Settings, written: int, clock: DrivenClock
    ) -> None:
        assert sequence_evidence(store, signer, settings.checkpoint_file, now=clock()) is None

    def test_e08_a_clock_that_went_back_is_on_the_record_once(
        self, store: Store, signer: Signer, settings: Settings, written: int, clock: DrivenClock
    ) -> None:
        def noted() -> list[str]:
            with store.reading() as tx:
                return [json.loads(entry.body)["before"] for entry in evidence.entries_of_kind(tx, "clock.stepped")]

        def write(**by: float) -> None:
            with store.writing() as tx:
                evidence.add_entry(tx, "test.happened", actor="system", now=clock.advance(**by))
            while sequence_evidence(store, signer, settings.checkpoint_file, now=clock()):
                pass

        write(seconds=-2)
        assert noted() == []
        latest = rfc3339(clock())
        write(hours=-1)
        write(seconds=1)
        assert noted() == [latest]

    def test_e06_an_act_undone_leaves_no_entry(self, store: Store, written: int, clock: DrivenClock) -> None:
        def act_that_fails() -> None:
            with store.writing() as tx:
                evidence.add_entry(tx, "test.happened", actor="system", now=clock())
                raise RuntimeError("the act failed")

        with pytest.raises(RuntimeError):
            act_that_fails()
        with store.reading() as tx:
            assert evidence.count_waiting(tx) == 0


def edit_body(tx: Connection, place: int) -> None:
    """Change one word of an entry."""
    body: bytes = tx.execute(text("SELECT body FROM evidence WHERE position = :p"), {"p": place}).scalar_one()
    changed = body.replace(b'"system"', b'"nobody"')
    assert changed != body
    tx.execute(text("UPDATE evidence SET body = :body WHERE position = :p"), {"body": changed, "p": place})


def edit_body_and_hash(tx: Connection, place: int) -> None:
    """Change an entry and make its own hash right again."""
    edit_body(tx, place)
    body: bytes = tx.execute(text("SELECT body FROM evidence WHERE position = :p"), {"p": place}).scalar_one()
    tx.execute(
        text("UPDATE evidence SET leaf_hash = :hash WHERE position = :p"), {"hash": merkle.leaf_hash(body), "p": place}
    )


def edit_column(tx: Connection, place: int) -> None:
    """Change what stands beside an entry."""
    tx.execute(text("UPDATE evidence SET kind = 'test.never' WHERE position = :p"), {"p": place})


def delete(tx: Connection, place: int) -> None:
    """Take an entry out."""
    tx.execute(text("DELETE FROM evidence WHERE position = :p"), {"p": place})


def delete_and_close_the_gap(tx: Connection, place: int) -> None:
    """Take an entry out and move the others up."""
    delete(tx, place)
    later = tx.execute(text("SELECT id FROM evidence WHERE position > :p ORDER BY position"), {"p": place}).scalars()
    for offset, entry in enumerate(list(later)):
        tx.execute(text("UPDATE evidence SET position = :to WHERE id = :id"), {"to": place + offset, "id": entry})


def swap(tx: Connection, place: int) -> None:
    """Let an entry and the next one change places."""
    for old, new in ((place, -1), (place + 1, place), (-1, place + 1)):
        tx.execute(text("UPDATE evidence SET position = :new WHERE position = :old"), {"old": old, "new": new})


def insert(tx: Connection, place: int) -> None:
    """Put an entry of one's own in and move the others down."""
    later = tx.execute(text("SELECT id, position FROM evidence WHERE position >= :p"), {"p": place}).all()
    at = tx.execute(text("SELECT at FROM evidence WHERE position = :p"), {"p": place}).scalar_one()
    for row in sorted(later, key=lambda row: -row.position):  # from the end, since a place is unique
        moved = {"to": row.position + 1, "id": row.id}
        tx.execute(text("UPDATE evidence SET position = :to WHERE id = :id"), moved)
    body = evidence.canonical({"id": "f" * 32, "at": rfc3339_of(at), "kind": "test.invented", "actor": "system"})
    new = {"id": "f" * 32, "kind": "test.invented", "at": at, "body": body, "hash": merkle.leaf_hash(body), "p": place}
    statement = "INSERT INTO evidence (id, position, kind, at, body, leaf_hash, chain) "
    statement += "SELECT :id, :p, :kind, :at, :body, :hash, chain FROM evidence WHERE position = :p + 1"
    tx.execute(text(statement), new)


def rfc3339_of(at: datetime | str) -> str:
    """Write a moment as it comes from either database."""
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def rewrite_to_the_end(tx: Connection, place: int) -> None:
    """Change an entry and make every hash after it right again, as whoever knows how it is done would."""
    edit_body_and_hash(tx, place)
    chain = bytes(32)
    for row in tx.execute(text("SELECT id, leaf_hash FROM evidence ORDER BY position")).all():
        chain = merkle.chained(chain, bytes(row.leaf_hash))
        tx.execute(text("UPDATE evidence SET chain = :chain WHERE id = :id"), {"chain": chain, "id": row.id})


TAMPERINGS = [edit_body, edit_body_and_hash, edit_column, delete, delete_and_close_the_gap, swap, insert]


class TestVerifying:
    """E-03: found, and at the right place."""

    @pytest.mark.parametrize("tamper", TAMPERINGS)
    @pytest.mark.parametrize("from_end", [BATCH * 2, BATCH, 3])
    def test_e03_finds_tampering_at_its_place(
        self,
        store: Store,
        written: int,
        verify: Callable[[], Verified],
        tamper: Callable[[Connection, int], None],
        from_end: int,
    ) -> None:
        with store.writing() as tx:
            tamper(tx, written - from_end)
        verified = verify()
        assert verified.faults[0].place == written - from_end

    @pytest.mark.parametrize("from_end", [BATCH * 2, BATCH, 3])
    def test_e03_finds_hashes_made_right_again_at_the_first_signed_state_that_differs(
        self, store: Store, written: int, verify: Callable[[], Verified], from_end: int
    ) -> None:
        place = written - from_end
        with store.writing() as tx:
            rewrite_to_the_end(tx, place)
            sizes = [checkpoint.size for checkpoint in checkpoints_in_order(tx)]
        first = verify().faults[0]
        assert (first.code, first.place) == ("root_differs", min(size for size in sizes if size > place) - 1)

    def test_e03_finds_a_fork_by_the_copy_outside(
        self, store: Store, signer: Signer, written: int, verify: Callable[[], Verified], clock: DrivenClock
    ) -> None:
        """The last batch is taken back and another one signed in its place, with the right key and the same size."""
        since = written - BATCH
        with store.writing() as tx:
            tx.execute(text("DELETE FROM evidence_checkpoints WHERE size > :p"), {"p": since})
            tx.execute(text("UPDATE evidence SET position = NULL, chain = NULL WHERE position >= :p"), {"p": since})
            one = tx.execute(text("SELECT id FROM evidence WHERE position IS NULL ORDER BY at LIMIT 1")).scalar_one()
            body = evidence.get_entry(tx, one).body.replace(b'"system"', b'"nobody"')
            change = text("UPDATE evidence SET body = :body, leaf_hash = :hash WHERE id = :id")
            tx.execute(change, {"body": body, "hash": merkle.leaf_hash(body), "id": one})
            evidence.sequence(tx, signer, now=clock())
        assert [(fault.code, fault.place) for fault in verify().faults] == [("root_differs", written - 1)]

    def test_e03_finds_the_end_cut_off(self, store: Store, written: int, verify: Callable[[], Verified]) -> None:
        with store.writing() as tx:
            tx.execute(text("DELETE FROM evidence WHERE position >= :p"), {"p": written - 2})
        assert [(fault.code, fault.place) for fault in verify().faults] == [("log_truncated", written - 2)]

    def test_e04_finds_the_end_cut_off_with_its_checkpoints(
        self, store: Store, written: int, verify: Callable[[], Verified]
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("DELETE FROM evidence WHERE position >= :p"), {"p": written - BATCH})
            tx.execute(text("DELETE FROM evidence_checkpoints WHERE size > :p"), {"p": written - BATCH})
        assert [fault.code for fault in verify().faults] == ["log_truncated"]

    def test_e03_finds_a_log_written_anew_with_another_key(
        self, store: Store, written: int, verify: Callable[[], Verified], clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("DELETE FROM evidence_checkpoints"))
            tx.execute(text("UPDATE evidence SET position = NULL, chain = NULL"))
            edited = text("UPDATE evidence SET at = at WHERE kind = 'test.happened'")
            tx.execute(edited)
            evidence.sequence(tx, Signer(os.urandom(32)), now=clock())
        assert "checkpoint_forged" in [fault.code for fault in verify().faults]

    def test_e03_finds_a_log_forked_with_the_right_key(
        self, store: Store, signer: Signer, written: int, verify: Callable[[], Verified], clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("DELETE FROM evidence_checkpoints"))
            tx.execute(text("UPDATE evidence SET position = NULL, chain = NULL"))
            tx.execute(text("DELETE FROM evidence WHERE id IN (SELECT MIN(id) FROM evidence)"))
            evidence.sequence(tx, signer, now=clock())
        assert {fault.code for fault in verify().faults} & {"root_differs", "log_truncated"}

    def test_v04_finds_the_one_notice_whose_bytes_were_changed(
        self, store: Store, written: int, verify: Callable[[], Verified]
    ) -> None:
        """One space more: as good to read, and not what was shown."""
        with store.writing() as tx:
            name, body = tx.execute(text("SELECT hash, body FROM notices ORDER BY hash LIMIT 1")).one()
            changed = {"body": bytes(body).replace(b'":', b'": ', 1), "hash": name}
            tx.execute(text("UPDATE notices SET body = :body WHERE hash = :hash"), changed)
        (fault,) = verify().faults
        assert fault.code == "notice_altered"
        assert name in fault.says

    def test_v04_finds_an_altered_notice(self, store: Store, written: int, verify: Callable[[], Verified]) -> None:
        with store.writing() as tx:
            tx.execute(text("UPDATE notices SET body = :body"), {"body": b"{}"})
        assert {fault.code for fault in verify().faults} == {"notice_altered"}

    def test_a_torn_last_line_of_the_copy_is_no_fault(
        self, settings: Settings, written: int, verify: Callable[[], Verified]
    ) -> None:
        with Path(settings.checkpoint_file).open("a") as copy:
            copy.write('{"origin": "vest')
        assert verify().ok


class TestEntries:
    """What an entry holds."""

    def test_e02_a_commitment_opens_with_the_persons_key_only(self) -> None:
        vault = Vault(os.urandom(32), os.urandom(32))
        one, _ = vault.new_data_key("s1")
        other, _ = vault.new_data_key("s1")
        values = {"fields": {"email": "anna@sample.example"}}
        assert evidence.commit_to(vault, one, "e1", values) == evidence.commit_to(vault, one, "e1", values)
        assert evidence.commit_to(vault, one, "e1", values) != evidence.commit_to(vault, other, "e1", values)
        assert evidence.commit_to(vault, one, "e1", values) != evidence.commit_to(vault, one, "e2", values)

    def test_is_canonical_json(self, store: Store, clock: DrivenClock) -> None:
        with store.writing() as tx:
            entry_id = evidence.add_entry(tx, "test.happened", actor="system", now=clock(), facts={"b": 1, "a": "ā"})
            body = evidence.get_entry(tx, entry_id).body
        assert list(json.loads(body)) == sorted(json.loads(body))
        assert b": " not in body


class TestCanonicalJson:
    """RFC 8785, against the library that notices are hashed with."""

    @given(strategies.dictionaries(strategies.text("az_AZ09.", max_size=8), HELD))
    def test_is_byte_for_byte_what_the_library_writes(self, values: dict[str, Any]) -> None:
        assert evidence.canonical(values) == rfc8785.dumps(values)
