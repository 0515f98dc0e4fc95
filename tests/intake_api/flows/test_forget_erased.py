"""What stays after an erasure has a last day; then no table has it any more, and the evidence stands (S-09)."""

import pytest
from sqlalchemy import text

from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.forget_erased import forget_erased
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.rules.lead_state import LeadState
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import Lead, LeadUnknown, get_lead
from intake_api.store.signer import Signer
from intake_api.store.tables import Table
from tests.intake_api.flows.deliveries import House
from tests.intake_api.kept_leads import approve, keep_lead, kinds, lead_now, receipt_of
from tests.intake_api.recorded_leads import record

YEARS = 3 * 365.25


@pytest.fixture
def erased(house: House) -> Lead:
    """A lead that was passed on, asked for a second yes and written a letter about before it was erased."""
    store, clock = house.store, house.clock
    lead = record(store, house.queue, house.catalogue, now=clock(), told=True, wishes={"newsletter": True})
    approve(store, house.queue, lead, now=clock())
    house.attempt(lead_now(store, lead))
    erase_by_receipt(store, receipt_of(lead), now=clock())
    return lead


def rows_of(store: Store, lead: Lead) -> dict[str, int]:
    """Count the rows of a lead by table."""
    found = {}
    with store.reading() as tx:
        for table in Table.metadata.sorted_tables:
            column = "lead_id" if "lead_id" in table.c else "id" if table.name == "leads" else ""
            if column:
                counted = text(f"SELECT COUNT(*) FROM {table.name} WHERE {column} = :lead")  # noqa: S608
                found[table.name] = int(tx.scalar(counted, {"lead": lead.id}) or 0)
    return {name: count for name, count in found.items() if count}


def faults(store: Store, settings: Settings, house: House) -> list[str]:
    signer = Signer(settings.secrets.evidence_key)
    sequence_evidence(store, signer, settings.checkpoint_file, now=house.clock())
    return [fault.code for fault in verify_evidence(store, signer, settings.checkpoint_file).faults]


class TestForgetErased:
    def test_s09_until_the_last_day_the_proof_is_there(self, store: Store, house: House, erased: Lead) -> None:
        assert {"leads", "decisions", "deliveries", "confirmations", "presentations"} <= rows_of(store, erased).keys()
        assert forget_erased(store, now=house.clock.advance(days=YEARS - 2)) == 0
        assert lead_now(store, erased).state is LeadState.ERASED

    def test_s09_then_it_is_gone_from_every_table_and_the_evidence_stands(
        self, store: Store, house: House, settings: Settings, erased: Lead
    ) -> None:
        other = keep_lead(store, house.catalogue, now=house.clock())
        assert forget_erased(store, now=house.clock.advance(days=YEARS + 2)) == 1
        assert rows_of(store, erased).keys() == {"evidence"}
        with store.reading() as tx, pytest.raises(LeadUnknown):
            get_lead(tx, erased.reference)
        assert kinds(store, erased)[-1] == "lead.forgotten"
        assert lead_now(store, other).state is LeadState.NEW
        assert faults(store, settings, house) == []

    def test_once_is_enough(self, store: Store, house: House, erased: Lead) -> None:
        now = house.clock.advance(days=YEARS + 2)
        assert [forget_erased(store, now=now), forget_erased(store, now=now)] == [1, 0]
        assert kinds(store, erased).count("lead.forgotten") == 1

    def test_e11_who_takes_decisions_away_without_that_is_found(
        self, store: Store, house: House, settings: Settings, erased: Lead
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("DELETE FROM decisions WHERE lead_id = :lead"), {"lead": erased.id})
        assert faults(store, settings, house) == ["decision_differs"]
