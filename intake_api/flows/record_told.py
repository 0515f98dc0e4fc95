"""Write down that a person was given the notice of a lead that staff wrote down: from now on it may go (N-14)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from intake_api.flows.hold_lead import hold_lead
from intake_api.rules.lead_state import LeadState
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.leads import Lead, LeadRestricted, LeadUnknown, get_lead, note_told

__all__ = ["AlreadyTold", "LeadRestricted", "LeadUnknown", "Telling", "note_mailed", "record_told"]


class Telling(StrEnum):
    """How somebody was given the notice."""

    MAIL = "mail"  # its link, in a mail of ours that was taken
    READ_OUT = "read_out"
    HANDED_OVER = "handed_over"
    POSTED = "posted"


class AlreadyTold(Exception):
    """There is nothing to tell: the person was given the notice before."""

    code = "already_told"


def record_told(store: Store, reference: str, by: Telling, *, staff_id: str, now: datetime) -> None:
    """Record, for staff, that and how the person was told.

    :raises LeadUnknown: no such lead, or nothing is left of it.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises AlreadyTold: they know.
    :raises StoreUnavailable: nothing was written.
    """
    with store.writing() as tx:
        lead = hold_lead(tx, get_lead(tx, reference).id)
        if lead.state is LeadState.ERASED:
            raise LeadUnknown("Nothing is left of this lead.")
        if lead.is_restricted:
            raise LeadRestricted("The person asked that this lead be kept and not used.")
        if lead.tell_by is None:
            raise AlreadyTold("The person was given the notice before.")
        _note(tx, lead, by, actor=f"staff:{staff_id}", now=now)


def note_mailed(tx: Connection, lead: Lead, *, now: datetime) -> None:
    """Record, in the caller's transaction, that a mail with the link of the notice was taken; once is enough."""
    if lead.tell_by is not None:
        _note(tx, lead, Telling.MAIL, actor="system", now=now)


def _note(tx: Connection, lead: Lead, by: Telling, *, actor: str, now: datetime) -> None:
    note_told(tx, lead.id)
    evidence.add_entry(
        tx,
        "lead.told",
        actor=actor,
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"by": by.value, "notice": lead.notice_hash},
    )
