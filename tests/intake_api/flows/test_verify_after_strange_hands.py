"""Tampering by whoever opens the database file with a tool of their own: no types, no rules, no mercy (E-03, E-04).

SQLite keeps in a column whatever it is given, so such a hand can leave there what no program of ours would write.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import Verified, verify_evidence
from intake_api.rules import merkle
from intake_api.settings import Settings
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.store.signer import Signer
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Tamper = Callable[[str], None]


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, settings: Settings, clock: DrivenClock) -> Lead:
    """The middle one of three leads, each of them signed by a checkpoint of its own."""
    signer = Signer(settings.secrets.evidence_key)
    kept = []
    for number in range(3):
        kept.append(keep_lead(store, catalogue, now=clock.advance(seconds=1), email=f"person{number}@sample.example"))
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())
    return kept[1]


@pytest.fixture
def place(store: Store, lead: Lead) -> int:
    with store.reading() as tx:
        found = evidence.get_entry(tx, lead.evidence_entry).position
    assert found is not None
    return found


@pytest.fixture
def verify(store: Store, settings: Settings) -> Callable[[], Verified]:
    signer = Signer(settings.secrets.evidence_key)
    return lambda: verify_evidence(store, signer, settings.checkpoint_file)


@pytest.fixture
def tamper(settings: Settings) -> Tamper:
    def run(statement: str) -> None:
        with closing(sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))) as file, file:
            file.create_function("leaf_hash", 1, lambda body: merkle.leaf_hash(bytes(body)))
            assert file.execute(statement).rowcount > 0

    return run


def found(verified: Verified) -> list[tuple[str, int | None]]:
    return [(fault.code, fault.place) for fault in verified.faults]


class TestEntries:
    @pytest.mark.parametrize(
        "change",
        [
            "body = 'tampered'",
            "body = CAST(body AS TEXT)",
            "body = 7",
            "leaf_hash = 'tampered'",
            "leaf_hash = 7",
            "at = 'yesterday'",
            "at = 7",
            "lead_id = x'00'",
            "by_staff = 'somebody else'",
            "kind = x'00'",
            "id = x'00'",
            "body = x'ff', leaf_hash = leaf_hash(x'ff')",
        ],
    )
    def test_e03_what_is_of_another_kind_is_found_at_its_place(
        self, tamper: Tamper, verify: Callable[[], Verified], place: int, change: str
    ) -> None:
        assert verify().ok
        tamper(f"UPDATE evidence SET {change} WHERE position = {place}")  # noqa: S608 - texts of this test
        assert found(verify())[0][1] == place

    @pytest.mark.parametrize("body", [b"\xff", b"[]", b"{}", b"null", b'{"id": [], "kind": {}, "at": 1e400}'])
    def test_e03_hashes_made_right_around_what_is_no_entry_are_found(
        self, settings: Settings, verify: Callable[[], Verified], place: int, body: bytes
    ) -> None:
        with closing(sqlite3.connect(settings.database_url.removeprefix("sqlite:///"))) as file, file:
            change = "UPDATE evidence SET body = ?, leaf_hash = ? WHERE position = ?"
            file.execute(change, (body, merkle.leaf_hash(body), place))
            chain = bytes(32)
            for entry, leaf in file.execute("SELECT id, leaf_hash FROM evidence ORDER BY position").fetchall():
                chain = merkle.chained(chain, leaf)
                file.execute("UPDATE evidence SET chain = ? WHERE id = ?", (chain, entry))
        assert found(verify())[0] == ("entry_edited", place)

    @pytest.mark.parametrize("moved", ["'x'", "position + 0.5", "-1", "9223372036854775807", "NULL"])
    def test_e03_a_place_that_is_none_is_found(
        self, tamper: Tamper, verify: Callable[[], Verified], place: int, moved: str
    ) -> None:
        tamper(f"UPDATE evidence SET position = {moved} WHERE position = {place}")  # noqa: S608
        assert found(verify())[0] == ("entry_missing", 0 if moved == "-1" else place)


class TestCheckpoints:
    @pytest.mark.parametrize(
        "change", ["root = 'zz'", "root = 7", "size = 'x'", "at = 'x'", "at = 7", "signature = 'x'", "signature = 7"]
    )
    def test_e04_what_is_of_another_kind_is_no_signed_checkpoint(
        self, tamper: Tamper, verify: Callable[[], Verified], place: int, change: str
    ) -> None:
        tamper(f"UPDATE evidence_checkpoints SET {change} WHERE size = {place + 1}")  # noqa: S608
        assert "checkpoint_forged" in [code for code, _ in found(verify())]

    def test_e04_one_taken_out_of_the_middle_is_found_by_the_copy_outside(
        self, tamper: Tamper, verify: Callable[[], Verified], place: int
    ) -> None:
        tamper(f"DELETE FROM evidence_checkpoints WHERE size = {place + 1}")  # noqa: S608
        assert found(verify()) == [("checkpoint_missing", place)]

    @pytest.mark.parametrize(
        "line",
        ["[" * 100_000 + "}", '{"size": 1e400, "root": "00", "at": "2026-01-01T00:00:00.000Z", "signature": "00"}'],
    )
    def test_e04_a_line_that_was_made_to_break_readers_is_a_forged_one(
        self, verify: Callable[[], Verified], settings: Settings, lead: Lead, line: str
    ) -> None:
        with settings.checkpoint_file.open("a") as copy:
            copy.write(f"{line}\n")
        assert [code for code, _ in found(verify())] == ["checkpoint_forged"]

    def test_e04_a_copy_that_cannot_be_read_is_none(
        self, verify: Callable[[], Verified], settings: Settings, lead: Lead
    ) -> None:
        settings.checkpoint_file.unlink()
        settings.checkpoint_file.mkdir()
        assert [code for code, _ in found(verify())] == ["no_copy_outside"]


class TestBesideTheLog:
    def test_c07_a_lead_that_is_gone_without_a_word_is_found_at_its_submission(
        self, tamper: Tamper, verify: Callable[[], Verified], lead: Lead, place: int
    ) -> None:
        tamper(f"DELETE FROM decisions WHERE lead_id = '{lead.id}'")  # noqa: S608
        tamper(f"DELETE FROM leads WHERE id = '{lead.id}'")  # noqa: S608
        assert ("lead_missing", place) in found(verify())

    @pytest.mark.parametrize("column", ["notice_hash", "form", "locale"])
    def test_c07_a_lead_that_says_something_else_than_its_entry_is_found(
        self, tamper: Tamper, verify: Callable[[], Verified], lead: Lead, place: int, column: str
    ) -> None:
        tamper(f"UPDATE leads SET {column} = 'other' WHERE id = '{lead.id}'")  # noqa: S608
        assert found(verify()) == [("lead_differs", place)]
        assert lead.reference in verify().faults[0].says

    @pytest.mark.parametrize("change", ["decided_at = 'x'", "decided_at = 7", "state = 7"])
    def test_c07_a_decision_of_another_kind_is_found(
        self, tamper: Tamper, verify: Callable[[], Verified], lead: Lead, change: str
    ) -> None:
        tamper(f"UPDATE decisions SET {change} WHERE lead_id = '{lead.id}'")  # noqa: S608
        assert [code for code, _ in found(verify())] == ["decision_differs"]

    def test_v04_a_notice_of_another_kind_is_an_altered_one(
        self, tamper: Tamper, verify: Callable[[], Verified], lead: Lead
    ) -> None:
        tamper(f"UPDATE notices SET body = 'x' WHERE hash = '{lead.notice_hash}'")  # noqa: S608
        assert found(verify()) == [("notice_altered", None)]

    def test_v03_a_notice_that_is_gone_is_found(
        self, tamper: Tamper, verify: Callable[[], Verified], lead: Lead
    ) -> None:
        tamper(f"DELETE FROM notices WHERE hash = '{lead.notice_hash}'")  # noqa: S608
        (fault,) = verify().faults
        assert (fault.code, lead.notice_hash in fault.says) == ("notice_missing", True)
