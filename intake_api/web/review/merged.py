"""What the page of a lead shows of merging: what is merged into it, whole and on the record, or into what it is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.read_lead import WholeLead, read_lead
from intake_api.flows.state_now import changed_yeses
from intake_api.flows.unmerge_leads import find_undoable_merge
from intake_api.rules.lead_state import LeadState
from intake_api.store.lead_merges import LeadMerge, find_merge, list_merged
from intake_api.store.leads import Lead, get_lead_by_id
from intake_api.store.staff import find_reviewer
from intake_api.store.subjects import SubjectErased
from intake_api.web.door import door
from intake_api.web.review.facts import Answer, DecisionLine, NoteLine, answers, decisions, notes
from intake_api.web.review.names import form_name
from intake_api.web.review.session import reviewer
from intake_api.web.review.words import SOMEBODY_WHO_LEFT


@dataclass(frozen=True)
class MergedLead:
    """A lead that is merged into the one that is open; of one that was erased since, nothing but that."""

    lead: Lead
    form: str
    by: str
    at: datetime
    is_gone: bool
    may_undo: bool
    answers: list[Answer]
    decisions: list[DecisionLine]
    notes: list[NoteLine]


def merged_into(stays: Lead) -> list[MergedLead]:
    """Read what is merged into a lead, on the record, the last one first.

    :raises StoreUnavailable: it cannot be recorded.
    """
    store = door().store
    with store.reading() as tx:
        found = [(merge, get_lead_by_id(tx, merge.lead_id)) for merge in list_merged(tx, stays.id)]
        last = find_undoable_merge(tx, stays)
    wholes = [_read(lead) for _, lead in found]
    with store.reading() as tx:
        return [_merged(tx, merge, whole, lead, last) for (merge, lead), whole in zip(found, wholes, strict=True)]


def stays_for(tx: Connection, lead: Lead) -> Lead | None:
    """Return the lead that a lead is merged into."""
    merge = find_merge(tx, lead.id)
    return get_lead_by_id(tx, merge.into_id) if merge else None


def _read(lead: Lead) -> WholeLead | None:
    if lead.state is LeadState.ERASED:
        return None
    here = door()
    try:
        return read_lead(here.store, lead.reference, actor=f"staff:{reviewer().id}", why="merged", now=here.now())
    except SubjectErased:  # in this very moment
        return None


def _merged(
    tx: Connection, merge: LeadMerge, whole: WholeLead | None, lead: Lead, last: LeadMerge | None
) -> MergedLead:
    by = find_reviewer(tx, merge.merged_by)
    return MergedLead(
        lead=lead,
        form=form_name(lead.form),
        by=by.email if by else SOMEBODY_WHO_LEFT,
        at=merge.merged_at,
        is_gone=whole is None,
        may_undo=merge == last,
        answers=[one for one in answers(whole) if one.value is not None] if whole else [],
        decisions=decisions(whole, changed_yeses(tx, lead, whole.decisions)) if whole else [],
        notes=notes(tx, whole.notes) if whole else [],
    )
