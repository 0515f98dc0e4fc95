"""Let a no travel as far as the yes did: tell each destination that has a lead, or may have it (G-01, Art. 19).

So does a yes that is said when the lead has left already: a second one, or one that was asked for again.

It is written as a delivery in the transaction of what is told, due at once; the worker's next round puts it into the
queue that only such deliveries have. What is said in it is read when it leaves, so that a later one of the same kind
says all that an earlier one would have.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.crm.port import Operation
from intake_api.flows.deliver import ERASE, cancel
from intake_api.rules.lead_state import LeadState
from intake_api.store import evidence
from intake_api.store.case_deliveries import cases_of, link_cases
from intake_api.store.deliveries import Delivery, DeliveryState, add_delivery, list_deliveries
from intake_api.store.leads import Lead

UPDATE_CONSENT: Operation = "update_consent"
CORRECT: Operation = "correct"
# Which earlier ones are not needed any more: an erasure says more than all of them.
MOOT = {UPDATE_CONSENT: (UPDATE_CONSENT,), CORRECT: (CORRECT,), ERASE: (UPDATE_CONSENT, CORRECT)}
SUPERSEDED = "superseded"


def tell_destinations(
    tx: Connection,
    lead: Lead,
    operation: Operation,
    *,
    fields: Collection[str] = (),
    recipients: Collection[str] | None = None,
    case_id: str | None = None,
    now: datetime,
) -> list[Delivery]:
    """Write what each destination is to be told that has the lead, or may have it; return those deliveries.

    The caller holds the lead by `hold_lead`. Where the lead is to be erased already, nothing more is said.

    :param fields: of a correction, the names here of the fields that changed.
    :param recipients: whom it is about; None for all.
    :param case_id: the rights case that waits for it, if there is one.
    """
    deliveries = [] if lead.state is LeadState.ERASED and operation != ERASE else list_deliveries(tx, lead.id)
    told = []
    for place in sorted(_holders(deliveries)):
        if recipients is not None and place[1] not in recipients:
            continue
        there = [one for one in deliveries if one.place == place]
        delivery = _erasing(there) or _add(tx, lead, operation, there, fields, now=now)
        if case_id and delivery.is_open:
            link_cases(tx, [case_id], delivery.id, lead.id)
        told.append(delivery)
    return told


def tell_what_is_allowed(
    tx: Connection,
    lead: Lead,
    notice: Mapping[str, Any],
    purposes: Collection[str],
    *,
    case_id: str | None = None,
    now: datetime,
) -> None:
    """Tell whoever the notice named for one of these purposes: it was taken back, it ended, or it is given from now on.

    The caller holds the lead by `hold_lead`.
    """
    recipients = {name for one in notice["purposes"] if one["id"] in purposes for name in one["recipients"]}
    tell_destinations(tx, lead, UPDATE_CONSENT, recipients=recipients, case_id=case_id, now=now)


def end_erasures(tx: Connection, lead: Lead, reason: str, *, now: datetime) -> None:
    """Settle erasures that were not told yet: the destination may have the lead again. The caller holds the lead.

    One that is in a worker's hands is settled by its answer; the lead goes after it.
    """
    for delivery in list_deliveries(tx, lead.id):
        if delivery.kind == ERASE and delivery.is_open and delivery.state is not DeliveryState.SENDING:
            cancel(tx, delivery, reason, now=now)


def in_short(deliveries: Iterable[Delivery]) -> list[dict[str, str]]:
    """Return deliveries as evidence names them."""
    return [
        {"delivery": one.id, "destination": one.destination, "recipient": one.recipient, "state": one.state.value}
        for one in deliveries
    ]


def _holders(deliveries: list[Delivery]) -> set[tuple[str, str]]:
    return {one.place for one in deliveries if not one.is_no and one.has_left}


def _erasing(there: list[Delivery]) -> Delivery | None:
    """Return the erasure of all that left for a place, if it was told or is going to be."""
    left = [one.left_at or one.created_at for one in there if not one.is_no and one.has_left]
    erasures = [one for one in there if one.kind == ERASE and one.state is not DeliveryState.CANCELLED]
    return next((one for one in reversed(erasures) if one.created_at >= max(left)), None)


def _add(
    tx: Connection, lead: Lead, operation: Operation, there: list[Delivery], fields: Collection[str], *, now: datetime
) -> Delivery:
    open_here = [one for one in there if one.is_open and one.state is not DeliveryState.SENDING]
    moot = [one for one in open_here if one.kind in MOOT[operation]]
    about = {*fields, *(name for one in moot for name in one.fields or ())} if operation == CORRECT else set()
    delivery = add_delivery(
        tx,
        lead_id=lead.id,
        destination=there[0].destination,
        recipient=there[0].recipient,
        kind=operation,
        state=DeliveryState.RETRYING,
        fields=sorted(about) or None,
        now=now,
    )
    link_cases(tx, cases_of(tx, [one.id for one in moot]), delivery.id, lead.id)
    for one in moot:  # the cases that waited for it wait for this one now
        cancel(tx, one, SUPERSEDED, now=now)
    facts = {"delivery": delivery.id, "destination": delivery.destination, "recipient": delivery.recipient}
    evidence.add_entry(
        tx,
        "delivery.untold",
        actor="system",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={**facts, "operation": operation, "fields": sorted(about)},
    )
    return delivery
