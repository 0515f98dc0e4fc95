"""Hear what a destination says of a lead: unsubscribed, bounced, deleted. It may only reduce what is allowed (G-04)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.deliver import UPSERT, hold_back
from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.note_bounce import hold_news, note_bounce
from intake_api.flows.take_back import WAITING_DELIVERIES, Said, take_back
from intake_api.log import event
from intake_api.mail.port import Refused
from intake_api.rules.lead_state import LeadState
from intake_api.rules.taking_back import LIVING_YESES
from intake_api.store import evidence
from intake_api.store.alerts import add_grant_mails
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.deliveries import list_deliveries
from intake_api.store.inbound import find_by_remote_id, note_deleted_there, remember_message
from intake_api.store.lead_index import addresses_of, find_by_same_email
from intake_api.store.leads import Lead, LeadUnknown, get_lead, get_lead_by_id
from intake_api.store.parked import claim_alert

ACTOR = CONTROL = "destination"
BOUNCED = Refused("address_refused")
MAY_ONLY_REDUCE = "may_only_reduce"


@dataclass(frozen=True)
class Teller:
    """The destination that tells us something, and the company behind it."""

    destination: str
    recipient: str


@dataclass(frozen=True)
class Heard:
    """One message: what happened over there, to which lead (by one of three names), and for which purposes."""

    message: str
    kind: str  # unsubscribed | bounced | deleted
    lead: str | None = None
    reference: str | None = None
    remote_id: str | None = None
    purposes: tuple[str, ...] | None = None  # of `unsubscribed`; None: every yes


def hear_destination(store: Store, teller: Teller, heard: Heard, *, now: datetime) -> None:
    """Do what follows from a verified message, once. A lead that nobody knows is no fault, and not told from others.

    :raises StoreUnavailable: nothing was done, and the message counts as not heard.
    """
    with store.writing() as tx:
        if not remember_message(tx, heard.message, now=now):
            return
        for lead_id in _find(tx, teller, heard):
            HEARS[heard.kind](tx, lead_id, teller, heard, now)
    event("inbound.heard", destination=teller.destination, kind=heard.kind)


def refuse_grant(store: Store, teller: Teller, message: str, *, now: datetime) -> None:
    """Write down that a verified message would have allowed something, or said what is not known here; tell staff.

    :raises StoreUnavailable: it was not written down.
    """
    with store.writing() as tx:
        if not remember_message(tx, message, now=now):
            return
        facts = {"destination": teller.destination, "recipient": teller.recipient, "reason": MAY_ONLY_REDUCE}
        evidence.add_entry(tx, "destination.grant_refused", actor=ACTOR, now=now, facts=facts)
        if claim_alert(tx, teller.destination, MAY_ONLY_REDUCE, now=now):
            add_grant_mails(tx, teller.destination, MAY_ONLY_REDUCE, now=now)
    event("inbound.grant_refused", destination=teller.destination)


def _find(tx: Connection, teller: Teller, heard: Heard) -> list[str]:
    if heard.remote_id is not None:
        return find_by_remote_id(tx, teller.destination, heard.remote_id)
    try:
        return [(get_lead_by_id(tx, heard.lead) if heard.lead else get_lead(tx, heard.reference or "")).id]
    except LeadUnknown:
        return []


def _unsubscribe(tx: Connection, lead_id: str, teller: Teller, heard: Heard, now: datetime) -> None:
    """Take back the same yes in all leads of the address: a newsletter is stopped, not one of two records."""
    said = {"destination": teller.destination}
    held = {one: hold_lead(tx, one) for one in find_by_same_email(tx, lead_id)}
    named = held.pop(lead_id)
    meant = _yeses(tx, named) if heard.purposes is None else list(heard.purposes)
    take_back(tx, named, meant, Said(CONTROL, facts=said, actor=ACTOR), now=now)
    for other in held.values():
        same = [one for one in _yeses(tx, other) if one in meant]
        take_back(tx, other, same, Said(CONTROL, facts={**said, "by": lead_id}, actor=ACTOR), now=now)


def _bounce(tx: Connection, lead_id: str, teller: Teller, heard: Heard, now: datetime) -> None:  # noqa: ARG001
    for address in addresses_of(tx, lead_id):
        if hold_news(tx, address, BOUNCED):
            note_bounce(tx, address, BOUNCED, now=now)
            _write_down(tx, get_lead_by_id(tx, lead_id), "destination.bounced", teller, now=now)


def _delete(tx: Connection, lead_id: str, teller: Teller, heard: Heard, now: datetime) -> None:  # noqa: ARG001
    """Note that it is gone there. What waits is held back, and what is in hands now does not go a second time."""
    lead = hold_lead(tx, lead_id)
    if lead.state is LeadState.ERASED or not note_deleted_there(tx, lead_id, teller.recipient, now=now):
        return
    _write_down(tx, lead, "destination.deleted", teller, now=now)
    for delivery in list_deliveries(tx, lead_id):
        waits = delivery.state in WAITING_DELIVERIES and delivery.kind == UPSERT
        if waits and delivery.recipient == teller.recipient:
            judgement = judge_forwarding(tx, lead, delivery.recipient, now=now)
            hold_back(tx, delivery, judgement.obstacles, now=now)


HEARS: Mapping[str, Callable[[Connection, str, Teller, Heard, datetime], None]] = {
    "unsubscribed": _unsubscribe,
    "bounced": _bounce,
    "deleted": _delete,
}


def _yeses(tx: Connection, lead: Lead) -> list[str]:
    return [one.purpose for one in current_decisions(tx, lead.id).values() if one.state in LIVING_YESES]


def _write_down(tx: Connection, lead: Lead, kind: str, teller: Teller, *, now: datetime) -> None:
    facts = {"destination": teller.destination, "recipient": teller.recipient}
    evidence.add_entry(tx, kind, actor=ACTOR, now=now, lead_id=lead.id, subject_id=lead.subject_id, facts=facts)
