"""Tombstones: what is left of an erased lead, in whichever table, until it goes, too (S-09).

There is nothing of a person in it: numbers, times, and what was decided. It proves that we did right for as long as
anybody may claim that we did not.
"""

from datetime import datetime

from sqlalchemy import Connection, delete, select, text

from intake_api.store.bulk_jobs import BulkLeadRow
from intake_api.store.case_deliveries import CaseDeliveryRow
from intake_api.store.confirmations import ConfirmationRow
from intake_api.store.contact_uses import ContactUseRow
from intake_api.store.counted_leads import CountedLeadRow
from intake_api.store.decisions import DecisionRow
from intake_api.store.deliveries import DeliveryRow
from intake_api.store.inbound import DeletedThereRow
from intake_api.store.lead_index import LeadIndexRow
from intake_api.store.lead_looks import LeadLookRow
from intake_api.store.lead_merges import LeadMergeRow
from intake_api.store.lead_moves import LeadMoveRow
from intake_api.store.lead_notes import LeadNoteRow
from intake_api.store.leads import LeadRow
from intake_api.store.letters import LetterRow
from intake_api.store.presentations import PresentationRow
from intake_api.store.renewals import RenewalRow
from intake_api.store.subjects import SubjectRow
from intake_api.store.teams import LeftFreeRow

OF_LEADS = (
    BulkLeadRow,
    CaseDeliveryRow,
    ConfirmationRow,
    ContactUseRow,
    CountedLeadRow,
    DecisionRow,
    DeletedThereRow,
    DeliveryRow,
    LeadIndexRow,
    LeadLookRow,
    LeadMergeRow,
    LeadMoveRow,
    LeadNoteRow,
    LetterRow,
    PresentationRow,
    RenewalRow,
    LeftFreeRow,
)
ERASED = "state = 'erased'"


def find_tombstones(tx: Connection, *, erased_until: datetime, limit: int = 100) -> list[str]:
    """Return the ids of leads that were erased until a moment, at most a batch."""
    query = select(LeadRow.id).join(SubjectRow, SubjectRow.id == LeadRow.subject_id)
    return list(tx.scalars(query.where(text(ERASED), SubjectRow.erased_at <= erased_until).limit(limit)))


def remove_tombstone(tx: Connection, lead_id: str) -> bool:
    """Remove what is left of an erased lead from every table but the evidence; False if nothing was."""
    query = select(LeadRow.subject_id).where(LeadRow.id == lead_id, text(ERASED)).with_for_update()
    subject_id = tx.scalar(query)
    if subject_id is None:
        return False
    for row in OF_LEADS:
        tx.execute(delete(row).where(row.lead_id == lead_id))
    tx.execute(delete(LeadMergeRow).where(LeadMergeRow.into_id == lead_id))  # what was merged into it is gone before
    tx.execute(delete(LeadRow).where(LeadRow.id == lead_id))
    tx.execute(delete(SubjectRow).where(SubjectRow.id == subject_id))
    return True


def is_gone(tx: Connection, lead_id: str) -> bool:
    """Say whether nothing is left of a lead, not even a tombstone."""
    return tx.scalar(select(LeadRow.id).where(LeadRow.id == lead_id)) is None
