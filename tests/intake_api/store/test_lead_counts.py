"""The kept counts of leads: whatever is done, they are what counting would find."""

from collections import Counter

from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.fold_counts import fold_counts
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store import lead_counts
from intake_api.store.base import Store
from intake_api.store.lead_counts import Kind, count_by_state
from intake_api.store.leads import restrict
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import approve, keep_first_yes, keep_lead, receipt_of


def counted(store: Store) -> dict[str, int]:
    """Count the leads themselves."""
    with store.reading() as tx:
        return dict(Counter(tx.scalars(text("SELECT state FROM leads WHERE restricted_until IS NULL"))))


def kept(store: Store, kind: Kind | None = None) -> dict[str, int]:
    with store.reading() as tx:
        return {state.value: number for state, number in count_by_state(tx, kind).items()}


class TestLeadCounts:
    def test_are_right_after_each_act(
        self, store: Store, catalogue: Catalogue, queue: Queue, clock: DrivenClock
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock()) for _ in range(5)]
        keep_first_yes(store, queue, catalogue, now=clock())
        assert kept(store) == counted(store) == {"new": 6}
        decline_lead(store, leads[0].reference, seen_version=1, reason="not_a_fit", staff_id="s" * 32, now=clock())
        approve(store, queue, leads[1], now=clock(), destination="file")
        assert kept(store) == counted(store) == {"new": 4, "declined": 1, "qualified": 1}
        erase_by_receipt(store, receipt_of(leads[2]), now=clock())
        with store.writing() as tx:
            restrict(tx, leads[3].id, clock())
        assert kept(store) == counted(store) == {"new": 2, "declined": 1, "qualified": 1, "erased": 1}
        with store.writing() as tx:
            restrict(tx, leads[3].id, None)
        assert kept(store) == counted(store)
        assert kept(store, Kind(form="newsletter")) == {"new": 1}
        assert kept(store, Kind(state=LeadState.NEW, form="request_demo", channel="page", locale="en")) == {"new": 2}

    def test_what_is_undone_does_not_count(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> None:
        keep_lead(store, catalogue, now=clock())
        try:
            with store.writing() as tx:
                tx.execute(text("UPDATE leads SET state = 'declined'"))
                raise InterruptedError
        except InterruptedError:
            assert kept(store) == counted(store) == {"new": 1}

    def test_folding_changes_no_number_and_makes_few_rows_of_many(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead, *_ = (keep_lead(store, catalogue, now=clock()) for _ in range(6))
        decline_lead(store, lead.reference, seen_version=1, reason="not_a_fit", staff_id="s" * 32, now=clock())
        before = kept(store)
        fold_counts(store)
        assert rows(store) == 8
        with store.writing() as tx:
            assert lead_counts.fold_counts(tx) is False
        assert rows(store) == 2
        assert kept(store) == before == counted(store)


def rows(store: Store) -> int:
    with store.reading() as tx:
        return int(tx.execute(text("SELECT COUNT(*) FROM lead_counts")).scalar_one())
