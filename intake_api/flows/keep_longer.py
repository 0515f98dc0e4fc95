"""Keep a lead for as long as a yes that was just given needs it, and no shorter than before (T-02)."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.notice_in_force import notice_in_force
from intake_api.flows.promised_end import promised_end, valid_until
from intake_api.store.decisions import current_decisions
from intake_api.store.leads import Lead, keep_until, note_yes_ending


def keep_longer(tx: Connection, lead: Lead, *, now: datetime) -> None:
    """Move the end of a lead on to what its notices promised for what is alive now, and note which yes ends first."""
    decisions = current_decisions(tx, lead.id).values()
    notice = notice_in_force(tx, lead, decisions)
    end = promised_end(notice, decisions, submitted_at=lead.received_at, last_activity_at=now)
    keep_until(tx, lead.id, max(lead.delete_after, end or now))
    note_yes_ending(tx, lead.id, min(filter(None, (valid_until(notice, one) for one in decisions)), default=None))
