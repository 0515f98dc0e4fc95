"""What a reviewer has just decided or undone, said on the next page. It is read from the store: no address can lie."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request
from sqlalchemy import Connection

from intake_api.flows.undo_move import find_undoable
from intake_api.rules.lead_state import Act, LeadState
from intake_api.store.evidence import list_entries
from intake_api.store.leads import Lead, LeadUnknown, get_lead
from intake_api.web.door import door
from intake_api.web.review.session import reviewer
from intake_api.web.review.tongue import _
from intake_api.web.review.words import MERGED, REASONS, UNDONE, day

SAID_FOR = timedelta(minutes=10)
# What the evidence says of a lead that an address names.
ENTERED = {"undone": "lead.undone", "merged": "lead.merged", "unmerged": "lead.unmerged"}


@dataclass(frozen=True)
class Decided:
    """One lead and what was done with it; `may_undo` while that can be undone."""

    lead: Lead
    says: str
    may_undo: bool


def find_decided(tx: Connection) -> Decided | None:
    """Return the lead that `decided`, `undone`, `merged` or `unmerged` names, if this reviewer did so just now."""
    entered = next((name for name in ENTERED if name in request.args), None)
    return _find_entered(tx, entered, request.args[entered]) if entered else _find_decided(tx)


def _find_decided(tx: Connection) -> Decided | None:
    lead = _lead(tx, request.args.get("decided", ""))
    if lead is None or lead.decided_by != reviewer().id or lead.decided_at is None or not _is_recent(lead.decided_at):
        return None
    return Decided(lead, _says(lead), may_undo=find_undoable(tx, lead) is not None)


def _find_entered(tx: Connection, entered: str, reference: str) -> Decided | None:
    lead = _lead(tx, reference)
    found = [one for one in list_entries(tx, lead.id) if one.kind == ENTERED[entered]] if lead else []
    if lead is None or not found or not _is_recent(found[-1].at):
        return None
    said = json.loads(found[-1].body)
    says = MERGED if entered == "merged" else UNDONE[Act(said.get("act", Act.MERGE))]
    return Decided(lead, says, may_undo=False) if said["actor"] == _me() else None


def _lead(tx: Connection, reference: str) -> Lead | None:
    try:
        return get_lead(tx, reference)
    except LeadUnknown:
        return None


def _is_recent(moment: datetime) -> bool:
    return door().now() - moment <= SAID_FOR


def _me() -> str:
    return f"staff:{reviewer().id}"


def _says(lead: Lead) -> str:
    if lead.state is LeadState.DECLINED:
        reason = str(REASONS.get(lead.decline_reason or "", ""))
        return _("was declined: %(reason)s.", reason=reason[:1].lower() + reason[1:])
    if lead.state is LeadState.CONTACTED:
        return _("is marked as contacted.")
    if lead.state is LeadState.SPAM:
        return _("is marked as spam. Nobody is mailed, and it is erased after %(day)s.", day=day(lead.delete_after))
    here = door()
    name = here.catalogue.recipient(here.settings.destination_recipient).name
    return _("was approved and goes to %(name)s.", name=name)
