"""After a year the log no longer says who of us looked, came and went, and stands as it was signed (A-06, E-03)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.read_lead import read_lead
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.thin_audit import thin_audit
from intake_api.flows.verify_evidence import Verified, verify_evidence
from intake_api.rules.audit_life import KEPT_FOR, PASSING, passed_before
from intake_api.settings import Settings
from intake_api.store import evidence, staff
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.store.signer import Signer
from intake_api.store.thinning import EMPTY
from intake_api.web.review.entry_words import AUDITED
from tests.intake_api.conftest import ROOT, DrivenClock
from tests.intake_api.kept_leads import keep_lead

YEAR = KEPT_FOR + timedelta(days=2)
Place = Callable[[], None]
Verify = Callable[[], Verified]


@pytest.fixture
def place(store: Store, settings: Settings, clock: DrivenClock) -> Place:
    """The worker's round: place what waits, and sign."""
    signer = Signer(settings.secrets.evidence_key)

    def run() -> None:
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())

    return run


@pytest.fixture
def verify(store: Store, settings: Settings) -> Verify:
    signer = Signer(settings.secrets.evidence_key)
    return lambda: verify_evidence(store, signer, settings.checkpoint_file)


@pytest.fixture
def ilze(store: Store, clock: DrivenClock) -> str:
    with store.writing() as tx:
        return staff.add_staff(tx, "ilze@tidewick.example", staff.NOBODYS, one_time=False, now=clock())


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, catalogue, now=clock())


@pytest.fixture
def worked(store: Store, lead: Lead, ilze: str, place: Place, clock: DrivenClock) -> Lead:
    """A lead that Ilze opened and declined, a year and two days ago."""
    with store.writing() as tx:
        evidence.add_entry(tx, "staff.signed_in", actor=f"staff:{ilze}", now=clock(), facts={"staff": ilze})
    read = read_lead(store, lead.reference, actor=f"staff:{ilze}", why="review", now=clock.advance(minutes=1))
    decline_lead(
        store,
        lead.reference,
        seen_version=read.lead.version,
        reason="not_a_fit",
        staff_id=ilze,
        now=clock.advance(minutes=1),
    )
    place()
    clock.advance(seconds=YEAR.total_seconds())
    with store.writing() as tx:  # work goes on
        evidence.add_entry(tx, "staff.signed_in", actor=f"staff:{ilze}", now=clock(), facts={"staff": ilze})
    return lead


def said_of(store: Store, kind: str) -> list[bytes]:
    with store.reading() as tx:
        rows = tx.scalars(text("SELECT body FROM evidence WHERE kind = :kind ORDER BY at"), {"kind": kind})
        return [bytes(row) for row in rows]


def kinds_of(store: Store, who: str) -> set[str]:
    """Return what the log still says of somebody."""
    with store.reading() as tx:
        rows = tx.execute(text("SELECT kind, body FROM evidence")).all()
    return {row.kind for row in rows if who.encode() in bytes(row.body)}


def codes(verified: Verified) -> list[str]:
    return [fault.code for fault in verified.faults]


class TestThinning:
    def test_a06_what_somebody_looked_at_a_year_ago_is_gone_and_the_log_stands(
        self, worked: Lead, store: Store, ilze: str, place: Place, verify: Verify, clock: DrivenClock
    ) -> None:
        assert {"lead.read", "staff.signed_in", "lead.declined"} <= kinds_of(store, ilze)
        assert thin_audit(store, now=clock()) == 2
        place()
        verified = verify()
        assert (codes(verified), verified.ok) == ([], True)
        assert said_of(store, "lead.read") == [EMPTY]
        assert [said == EMPTY for said in said_of(store, "staff.signed_in")] == [True, False]
        assert kinds_of(store, ilze) == {"lead.declined", "staff.signed_in"}
        with store.reading() as tx:
            emptied = (
                "SELECT count(*) FROM evidence WHERE body = :empty AND (by_staff IS NOT NULL OR lead_id IS NOT NULL)"
            )
            left = tx.scalar(text(emptied), {"empty": EMPTY})
        assert not left

    def test_a06_what_was_decided_stays_as_long_as_the_log(
        self, worked: Lead, store: Store, ilze: str, clock: DrivenClock
    ) -> None:
        thin_audit(store, now=clock())
        with store.reading() as tx:
            entries = {entry.kind: entry for entry in evidence.list_entries(tx, worked.id)}
        assert {"submission.received", "lead.declined"} <= set(entries)
        assert ilze.encode() in entries["lead.declined"].body

    def test_a06_a_day_before_its_time_nothing_is_touched(self, worked: Lead, store: Store, clock: DrivenClock) -> None:
        assert thin_audit(store, now=clock() - timedelta(days=3)) == 0
        assert all(said_of(store, "lead.read"))

    def test_a06_it_is_done_once_and_again_a_day_later_for_that_day_only(
        self, worked: Lead, store: Store, place: Place, verify: Verify, clock: DrivenClock
    ) -> None:
        assert [thin_audit(store, now=clock()) for _ in range(2)] == [2, 0]
        assert len(said_of(store, "audit.thinned")) == 1
        place()
        clock.advance(seconds=YEAR.total_seconds())
        assert thin_audit(store, now=clock()) == 1
        place()
        assert codes(verify()) == []

    def test_what_waits_for_its_place_is_left_until_it_has_one(
        self, store: Store, lead: Lead, ilze: str, place: Place, verify: Verify, clock: DrivenClock
    ) -> None:
        read_lead(store, lead.reference, actor=f"staff:{ilze}", why="review", now=clock())
        clock.advance(seconds=YEAR.total_seconds())
        assert thin_audit(store, now=clock()) == 0

    def test_a06_a_thousand_at_a_time(
        self, store: Store, ilze: str, place: Place, verify: Verify, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            for _ in range(1200):
                evidence.add_entry(tx, "audit.read", actor=f"staff:{ilze}", now=clock())
        place()
        place()
        clock.advance(seconds=YEAR.total_seconds())
        assert thin_audit(store, now=clock()) == 1200
        place()
        assert len(said_of(store, "audit.thinned")) == 2
        assert codes(verify()) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestWhoeverCallsItThinning:
    """With SQLite's own tool: what a column holds there is whatever somebody wrote."""

    @pytest.fixture
    def thinned(self, worked: Lead, store: Store, place: Place, clock: DrivenClock) -> Lead:
        thin_audit(store, now=clock())
        place()
        return worked

    @pytest.mark.parametrize(
        "change",
        [
            # a decision that was emptied, as if it were one of them
            (
                "UPDATE evidence SET body = x'7b7d', lead_id = NULL, by_staff = NULL, thinned_by ="
                " (SELECT id FROM evidence WHERE kind = 'audit.thinned') WHERE kind = 'lead.declined'"
            ),
            # the same under another name
            (
                "UPDATE evidence SET body = x'7b7d', lead_id = NULL, by_staff = NULL, kind = 'lead.read', thinned_by ="
                " (SELECT id FROM evidence WHERE kind = 'audit.thinned') WHERE kind = 'lead.declined'"
            ),
            # emptied by nobody
            (
                "UPDATE evidence SET body = x'7b7d', lead_id = NULL, by_staff = NULL, kind = 'lead.read',"
                " thinned_by = 'nobody' WHERE kind = 'lead.declined'"
            ),
            "UPDATE evidence SET body = x'7b7d' WHERE kind = 'lead.declined'",
            # something written where nothing stands
            "UPDATE evidence SET body = '{}' WHERE kind = 'lead.read'",
            "UPDATE evidence SET body = x'7b207d' WHERE kind = 'lead.read'",
            "UPDATE evidence SET by_staff = 'somebody' WHERE kind = 'lead.read'",
            # a note of thinning taken from one
            "UPDATE evidence SET thinned_by = NULL WHERE kind = 'lead.read'",
        ],
    )
    def test_e03_an_entry_that_was_emptied_otherwise_is_found(
        self, thinned: Lead, store: Store, verify: Verify, change: str
    ) -> None:
        assert codes(verify()) == []
        with store.writing() as tx:
            assert tx.execute(text(change)).rowcount == 1
        assert set(codes(verify())) & {"entry_emptied", "entry_edited"}

    def test_e03_emptying_before_the_year_is_over_is_found_by_the_signed_times(
        self, store: Store, lead: Lead, ilze: str, place: Place, verify: Verify, clock: DrivenClock
    ) -> None:
        read_lead(store, lead.reference, actor=f"staff:{ilze}", why="review", now=clock())
        place()
        with store.writing() as tx:  # whoever wants to be forgotten moves the clock of one round
            tx.execute(text("UPDATE evidence SET at = '2020-01-01 00:00:00.000000' WHERE kind = 'lead.read'"))
        assert thin_audit(store, now=clock.advance(days=30)) == 1
        place()
        assert "entry_emptied" in codes(verify())

    def test_e03_an_edited_entry_is_not_emptied_so_that_it_is_found(
        self, worked: Lead, store: Store, place: Place, verify: Verify, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("UPDATE evidence SET body = x'7b207d' WHERE kind = 'lead.read'"))
        assert thin_audit(store, now=clock()) == 1
        assert said_of(store, "lead.read") == [b"{ }"]
        assert codes(verify())[0] == "entry_edited"


class TestTheTable:
    def test_a06_stands_in_the_docs(self) -> None:
        page = (ROOT / "docs" / "review.md").read_text("utf-8")
        section = page.split("## How long what staff did is kept")[1].split("\n## ")[0]
        row = next(line for line in section.splitlines() if line.startswith("| 12 months"))
        assert set(re.findall(r"`([a-z_.]+)`", row)) == {kind for kind in PASSING if not _is_mail(kind)}
        assert all(f"`{mail}.…`" in row for mail in ("invitation", "assignment", "alert"))

    def test_a06_nothing_that_proves_a_decision_passes(self) -> None:
        stays = {kind for kind in AUDITED if kind not in PASSING}
        assert {"lead.approved", "lead.declined", "lead.recorded", "lead.told", "lead.withdrawal_noted"} <= stays
        assert not [kind for kind in PASSING if kind.startswith(("submission.", "consent.", "rights.", "notice."))]
        assert {"staff.invited", "staff.roles_changed", "staff.disabled", "staff.factor_set_up"} <= stays

    def test_a06_a_year_ends_at_midnight(self, clock: DrivenClock) -> None:
        before = passed_before(clock())
        assert (before.hour, before.minute) == (0, 0)
        assert timedelta(0) <= clock() - KEPT_FOR - before < timedelta(days=1)


def _is_mail(kind: str) -> bool:
    return kind.split(".", maxsplit=1)[0] in ("invitation", "assignment", "alert")
