"""Show a person who was told of what they wanted: when, and who is still to be told (Art. 19, S-05)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from intake_api.store.base import Store
from intake_api.store.case_deliveries import deliveries_of_case
from intake_api.store.deliveries import Delivery, DeliveryState, list_deliveries
from intake_api.store.leads import get_lead_by_id
from intake_api.store.notices import get_notice_body

__all__ = ["Told", "ToldRecipient", "told_by_case", "told_of_leads", "told_state"]


class Told(StrEnum):
    """Whether a recipient knows."""

    TOLD = "told"
    WAITS = "waits"  # it is tried, or a person has to see to it
    CLOSED = "closed"  # it could not be told, and somebody of staff wrote down why


@dataclass(frozen=True)
class ToldRecipient:
    """One recipient, by the name in the person's notice, and what it is told, as the name of an operation."""

    name: str
    operation: str
    told: Told
    at: datetime | None  # when it was told


def told_by_case(store: Store, case_id: str) -> list[ToldRecipient]:
    """Return who is told of what came of a rights case."""
    with store.reading() as tx:
        return _told(tx, deliveries_of_case(tx, case_id))


def told_of_leads(store: Store, lead_ids: Iterable[str]) -> list[ToldRecipient]:
    """Return who is told, or was, of what changed in some leads."""
    with store.reading() as tx:
        return _told(tx, [one for lead_id in lead_ids for one in list_deliveries(tx, lead_id) if one.is_no])


def told_state(delivery: Delivery) -> Told:
    """Say whether the recipient of a delivery knows what it tells."""
    if delivery.is_open:
        return Told.WAITS
    return Told.CLOSED if delivery.state is DeliveryState.CLOSED else Told.TOLD


def _told(tx: Connection, deliveries: Iterable[Delivery]) -> list[ToldRecipient]:
    """Name each recipient once for each operation and outcome, the last time that it was told."""
    found: dict[tuple[str, str, Told], ToldRecipient] = {}
    for one in deliveries:
        if one.state is not DeliveryState.CANCELLED:
            told = told_state(one)
            at = one.last_at if told is Told.TOLD else None
            found[one.recipient, one.kind, told] = ToldRecipient(_name(tx, one), one.kind, told, at)
    return sorted(found.values(), key=lambda one: (one.name, one.operation, one.told))


def _name(tx: Connection, delivery: Delivery) -> str:
    notice = json.loads(get_notice_body(tx, get_lead_by_id(tx, delivery.lead_id).notice_hash))
    names = {str(one["id"]): str(one["name"]) for one in notice["recipients"]}
    return names.get(delivery.recipient, delivery.recipient)
