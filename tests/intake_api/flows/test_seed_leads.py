"""Invented leads: as whole as any, never in production."""

from random import Random

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.count_for_reports import count_for_reports
from intake_api.flows.read_lead import read_lead
from intake_api.flows.seed_leads import BATCH, SeedingRefused, seed_leads
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.rules.period import days_until
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.code_uses import list_uses
from intake_api.store.counted_leads import current_counts
from intake_api.store.lead_counts import count_by_state
from intake_api.store.lead_index import find_by_email
from intake_api.store.lead_lists import Wanted, list_leads
from intake_api.store.presentations import Outcome
from intake_api.store.report_fields import Use, uses_of_fields
from intake_api.store.report_paths import answered_by_notice, reached_by_form, shown_by_notice, time_to_decision
from intake_api.store.signer import Signer
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import approve


def seed(store: Store, catalogue: Catalogue, count: int, clock: DrivenClock, mode: str = "test") -> list[int]:
    """Seed some leads, the same each time; return what was said after each batch."""
    with_known_dice = Random(7)
    return list(
        seed_leads(
            store,
            catalogue,
            count=count,
            mode=mode,
            destination="file",
            recipient="crm",
            now=clock(),
            rng=with_known_dice,
        )
    )


class TestSeedLeads:
    def test_a_reference_that_another_lead_has_is_drawn_again(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drawn = iter(["VB-AAAA-AAAA", "VB-AAAA-AAAA", "VB-BBBB-BBBB"])
        monkeypatch.setattr("intake_api.flows.seed_leads.new_reference", lambda: next(drawn))
        seed(store, catalogue, 1, clock)
        assert seed(store, catalogue, 1, clock) == [1]
        with store.reading() as tx:
            kept = {lead.reference for lead in list_leads(tx, Wanted(states=tuple(LeadState)), limit=10)}
        assert kept == {"VB-AAAA-AAAA", "VB-BBBB-BBBB"}

    def test_says_how_many_are_kept_after_each_batch(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        assert seed(store, catalogue, BATCH + 5, clock) == [BATCH, BATCH + 5]
        with store.reading() as tx:
            assert sum(count_by_state(tx).values()) == BATCH + 5

    def test_who_stops_has_the_batches_that_were_said(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        batches = seed_leads(
            store, catalogue, count=3 * BATCH, mode="test", destination="file", recipient="crm", now=clock()
        )
        assert next(batches) == BATCH
        batches.close()
        with store.reading() as tx:
            assert sum(count_by_state(tx).values()) == BATCH

    def test_every_lead_is_proven_found_opened_and_decided_as_any_other(
        self, store: Store, catalogue: Catalogue, queue: Queue, settings: Settings, clock: DrivenClock
    ) -> None:
        seed(store, catalogue, 300, clock)
        signer = Signer(settings.secrets.evidence_key)
        sequence_evidence(store, signer, settings.checkpoint_file, now=clock())
        assert verify_evidence(store, signer, settings.checkpoint_file).faults == []
        with store.reading() as tx:
            leads = list_leads(tx, limit=300)
            new = list_leads(tx, Wanted(states=(LeadState.NEW,), form="request_demo", purpose="respond_to_request"))
        assert {lead.form for lead in leads} == set(catalogue.forms)
        assert {lead.locale for lead in leads} == set(catalogue.locales)
        assert min(lead.delete_after for lead in leads) > clock()
        whole = read_lead(store, new[0].reference, actor="operator", why="test", now=clock())
        if email := whole.values.get("email"):
            with store.reading() as tx:
                assert new[0].id in find_by_email(tx, store.vault, email)
        approve(store, queue, new[0], now=clock(), destination="file")

    def test_what_became_of_them_is_written_down_and_reported(
        self, store: Store, catalogue: Catalogue, settings: Settings, clock: DrivenClock
    ) -> None:
        seed(store, catalogue, 600, clock)
        signer = Signer(settings.secrets.evidence_key)
        while sequence_evidence(store, signer, settings.checkpoint_file, now=clock()):
            count_for_reports(store)
        period = days_until(clock().date(), 90)
        with store.reading() as tx:
            states = count_by_state(tx)
            counts, uses, shown = current_counts(tx), list_uses(tx), shown_by_notice(tx, period)
            answered, reached = answered_by_notice(counts, period), reached_by_form(counts, period)
            waited, fields = time_to_decision(counts, period), uses_of_fields(counts, period)
        decided = [LeadState.CONTACTED, LeadState.DECLINED, LeadState.SPAM, LeadState.DELIVERED]
        assert all(states[state] for state in (*decided, LeadState.NEW, LeadState.HELD, LeadState.DELIVERY_FAILED))
        assert sum(one.delivered for one in reached.values()) == states[LeadState.DELIVERED]
        assert sum(one.count for one in waited.values()) == 600 - states[LeadState.NEW] - states[LeadState.HELD]
        assert sum(times for (_, what), times in answered.items() if what == Outcome.SUBMITTED) == 600
        assert sum(shown.values()) > sum(answered.values()) > 600
        assert {one.code for one in uses} == {one.code for one in catalogue.codes.values()}
        assert fields["request_demo", "email", Use.READ] > fields["request_demo", "email", Use.FORWARDED] > 0

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_is_refused_in_production(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> None:
        with pytest.raises(SeedingRefused, match="no place in production"):
            seed(store, catalogue, 1, clock, mode="production")
        with store.reading() as tx:
            assert list_leads(tx) == []
