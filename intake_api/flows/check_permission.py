"""Say whether a contact may be used for a purpose now, and count the use if it is about to be made (C-21, W-02).

It is read from the decisions themselves, so what somebody takes back counts from the same commit on.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from intake_api.catalogue.model import Catalogue
from intake_api.flows.decided_together import events_together
from intake_api.log import event
from intake_api.rules import contact
from intake_api.rules.permission import COUNTED_FOR, Permission, judge_permission, standing
from intake_api.rules.text import Refused
from intake_api.store.base import Store
from intake_api.store.contact_uses import add_use, list_uses
from intake_api.store.lead_index import bounced_since, contact_token, find_by_contact
from intake_api.store.leads import get_lead_by_id
from intake_api.store.mailed_links import hold_address

__all__ = ["PurposeNotAsked", "Question", "Refused", "Told", "check_permission"]

Kind = Literal["email", "phone"]


class PurposeNotAsked(Exception):
    """The catalogue has no such purpose."""

    code = "purpose_unknown"


@dataclass(frozen=True)
class Question:
    """What is asked: by which contact, for which purpose and by which channel; `use`: it is about to be done."""

    kind: Kind
    contact: str
    purpose: str
    channel: str
    use: bool = False


@dataclass(frozen=True)
class Told:
    """The answer, and the lead whose decision gave it, if there is one."""

    permission: Permission
    lead_id: str | None


def check_permission(store: Store, catalogue: Catalogue, question: Question, *, now: datetime) -> Told:
    """Answer, in the same shape whether or not anything is held about the contact.

    :raises Refused: this is no e-mail address or phone number; its `code` says why.
    :raises PurposeNotAsked: the catalogue has no such purpose.
    :raises StoreUnavailable: nobody knows, so it is not allowed.
    """
    if question.purpose not in catalogue.purposes:
        raise PurposeNotAsked(question.purpose)
    canonical = _canonical(catalogue, question)
    if not question.use:
        with store.reading() as tx:
            return _judge(tx, store, catalogue, question, canonical, now=now)
    with store.writing() as tx:
        hold_address(tx, contact_token(store.vault, question.kind, canonical))
        told = _judge(tx, store, catalogue, question, canonical, now=now)
        if told.permission.allowed and told.lead_id:
            add_use(tx, lead_id=told.lead_id, purpose=question.purpose, channel=question.channel, now=now)
            event("contact.used", lead=told.lead_id, purpose=question.purpose, channel=question.channel)
        return told


def _canonical(catalogue: Catalogue, question: Question) -> str:
    if question.kind == "email":
        return contact.email(question.contact)
    regions = next(iter(catalogue.forms.values())).phone_regions(catalogue.default_locale)
    return contact.phone(question.contact, *regions)


def _judge(
    tx: Connection, store: Store, catalogue: Catalogue, question: Question, canonical: str, *, now: datetime
) -> Told:
    ids = find_by_contact(tx, store.vault, question.kind, canonical)
    leads = [get_lead_by_id(tx, lead_id) for lead_id in ids]
    events = events_together(tx, leads, question.purpose, now=now)
    purpose = catalogue.purpose(question.purpose)
    permission = judge_permission(
        events,
        channel=question.channel,
        channel_of_purpose=purpose.channel,
        budget=purpose.budget,
        used_at=list_uses(tx, ids, question.purpose, since=now - COUNTED_FOR) if purpose.budget else (),
        bounced=any(bounced_since(tx, lead_id) for lead_id in ids),
        known=any(not lead.held_for for lead in leads),
        now=now,
    )
    counts = standing(events)
    return Told(permission, counts.lead_id if counts else None)
