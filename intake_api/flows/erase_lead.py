"""Erase a lead: destroy its person's key, empty what was sealed under it, keep the fact (Q-01, E-02)."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.deliver import ERASE
from intake_api.flows.tell_destinations import tell_destinations
from intake_api.store import evidence
from intake_api.store.confirmations import close_confirmations
from intake_api.store.contact_uses import remove_uses
from intake_api.store.counted_leads import count_for_good
from intake_api.store.destination_questions import forget_questions
from intake_api.store.lead_moves import forget_moves
from intake_api.store.lead_notes import remove_notes
from intake_api.store.leads import Lead, empty_lead
from intake_api.store.renewals import close_renewals
from intake_api.store.subjects import erase_subject


def erase_lead(tx: Connection, lead: Lead, *, actor: str, why: str, case_id: str | None = None, now: datetime) -> None:
    """Erase in the caller's transaction, whatever state the lead is in, and wherever it was passed on.

    What waits to be sent finds nothing to send. The caller holds the lead and its deliveries, as `hold_lead` does.

    :param actor: `subject`, `staff:<id>`, `operator` or `system`.
    :param why: a code such as `asked`, `disowned`, `unconfirmed` or `retention`.
    :param case_id: the rights case by which it was asked for, if there is one.
    """
    count_for_good(tx, lead.id)
    erase_subject(tx, lead.subject_id, now=now)
    empty_lead(tx, lead.id)
    close_confirmations(tx, lead.id, now=now)
    close_renewals(tx, lead.id, now=now)
    remove_uses(tx, lead.id)
    forget_moves(tx, lead.id)
    remove_notes(tx, lead.id)
    forget_questions(tx, lead.id)
    evidence.add_entry(
        tx,
        "lead.erased",
        actor=actor,
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"from": lead.state.value, "why": why},
    )
    tell_destinations(tx, lead, ERASE, case_id=case_id, now=now)
