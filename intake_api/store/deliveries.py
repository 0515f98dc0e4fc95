"""Deliveries: a lead on its way to a destination, what came of each attempt, and who is at it now."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, ForeignKey, Index, Row, String, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store import turns
from intake_api.store.base import Moment
from intake_api.store.destinations import DestinationRow
from intake_api.store.leads import LeadRow
from intake_api.store.turns import TurnRow


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = turns.QUEUED
    SENDING = turns.SENDING
    RETRYING = turns.RETRYING  # also while its destination is paused
    DELIVERED = "delivered"
    REFUSED = "refused"  # the destination will never take it
    GIVEN_UP = "given_up"  # tried to the end of the schedule
    BLOCKED = "blocked"  # the gate closed between approval and sending
    CANCELLED = "cancelled"  # not wanted any more


UNSETTLED = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING)


class DeliveryRow(TurnRow):
    """One delivery. Its id is the other side's idempotency key and never changes."""

    __tablename__ = "deliveries"
    __table_args__ = (Index(None, "state", "next_attempt_at"),)

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), index=True)
    destination: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    last_outcome: Mapped[str | None] = mapped_column(String(24))
    last_reason: Mapped[str | None] = mapped_column(String(64))
    last_status: Mapped[int | None]
    last_at: Mapped[datetime | None] = mapped_column(Moment)
    remote_id: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class Delivery:
    """One delivery, as it stands."""

    id: str
    lead_id: str
    destination: str
    recipient: str
    kind: str
    state: DeliveryState
    turn: int
    attempts: int
    next_attempt_at: datetime | None
    last_outcome: str | None  # done | duplicate | retry | refused | not_allowed_in | gone | unknown | blocked …
    last_reason: str | None  # a code of ours, never the other side's words
    last_status: int | None
    last_at: datetime | None
    remote_id: str | None
    created_at: datetime


@dataclass(frozen=True)
class Attempt:
    """What is written down after an attempt."""

    state: DeliveryState
    outcome: str
    reason: str | None = None
    status: int | None = None
    remote_id: str | None = None
    next_attempt_at: datetime | None = None


_COLUMNS = tuple(DeliveryRow.__table__.c[name] for name in Delivery.__dataclass_fields__)


def add_delivery(
    tx: Connection, *, lead_id: str, destination: str, recipient: str, kind: str, now: datetime
) -> Delivery:
    """Write a new delivery, queued for its first turn."""
    delivery = Delivery(
        id=secrets.token_hex(16),
        lead_id=lead_id,
        destination=destination,
        recipient=recipient,
        kind=kind,
        state=DeliveryState.QUEUED,
        turn=1,
        attempts=0,
        next_attempt_at=now,
        last_outcome=None,
        last_reason=None,
        last_status=None,
        last_at=None,
        remote_id=None,
        created_at=now,
    )
    tx.execute(insert(DeliveryRow).values(**{name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}))
    return delivery


def list_deliveries(tx: Connection, lead_id: str) -> list[Delivery]:
    """Return the deliveries of a lead, oldest first."""
    query = select(*_COLUMNS).where(DeliveryRow.lead_id == lead_id).order_by(DeliveryRow.created_at, DeliveryRow.id)
    return [_delivery(row) for row in tx.execute(query)]


def hold_unsettled(tx: Connection, lead_id: str) -> None:
    """Let nobody else change the deliveries of a lead that are under way until the transaction ends."""
    of_lead = select(DeliveryRow.id).where(DeliveryRow.lead_id == lead_id, DeliveryRow.state.in_(UNSETTLED))
    tx.execute(of_lead.order_by(DeliveryRow.id).with_for_update()).all()


def find_running(tx: Connection, delivery_id: str, turn: int) -> Delivery | None:
    """Return a delivery if this is its turn and it is not settled, and hold it until the transaction ends."""
    return _held(tx, turns.is_running(DeliveryRow, delivery_id, turn))


def claim_delivery(tx: Connection, delivery_id: str) -> str:
    """Take a delivery into this worker's hands: one more attempt. Return the claim, needed to report on it."""
    return turns.claim_turn(tx, DeliveryRow, delivery_id)


def find_claimed(tx: Connection, delivery_id: str, claim: str) -> Delivery | None:
    """Return a delivery if it is still in these hands, and hold it until the transaction ends."""
    return _held(tx, turns.is_claimed(DeliveryRow, delivery_id, claim))


def record_attempt(tx: Connection, delivery_id: str, attempt: Attempt, *, now: datetime) -> None:
    """Write down what came of an attempt and let go of the delivery."""
    values = {
        "state": attempt.state,
        "claim": None,
        "next_attempt_at": attempt.next_attempt_at,
        "last_outcome": attempt.outcome,
        "last_reason": attempt.reason,
        "last_status": attempt.status,
        "last_at": now,
    }
    if attempt.remote_id is not None:
        values["remote_id"] = attempt.remote_id
    tx.execute(update(DeliveryRow).where(DeliveryRow.id == delivery_id).values(**values))


def restart_delivery(tx: Connection, delivery: Delivery) -> Delivery:
    """Give a failed delivery its next turn, at the beginning of the schedule; return it as it then stands."""
    turns.give_turns(tx, DeliveryRow, [delivery.id], attempts=0)
    return replace(delivery, attempts=0, state=DeliveryState.QUEUED, turn=delivery.turn + 1)


def has_due_delivery(tx: Connection, *, now: datetime) -> bool:
    """Say whether `give_due_deliveries` would find anything."""
    return turns.has_due_turn(tx, DeliveryRow, _is_not_paused(), now=now)


def give_due_deliveries(tx: Connection, *, now: datetime) -> list[str]:
    """Give the next turn to deliveries whose time has come and whose destination is not paused; return their keys."""
    return turns.give_due_turns(tx, DeliveryRow, _is_not_paused(), now=now)


def count_by_state(tx: Connection) -> dict[DeliveryState, int]:
    """Return how many deliveries stand in each state."""
    rows = tx.execute(select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state))
    return {DeliveryState(state): count for state, count in rows}


def deliveries_of(tx: Connection, lead_ids: Iterable[str]) -> dict[str, list[Delivery]]:
    """Return the deliveries of many leads, by lead, oldest first: one question for a page of the queue."""
    query = select(*_COLUMNS).where(DeliveryRow.lead_id.in_(list(lead_ids))).order_by(DeliveryRow.created_at)
    found: dict[str, list[Delivery]] = {}
    for row in tx.execute(query):
        found.setdefault(row.lead_id, []).append(_delivery(row))
    return found


def list_reached(tx: Connection, lead_id: str) -> list[str]:
    """Return the ids of the recipients who got something of a lead, each once."""
    reached = (DeliveryRow.lead_id == lead_id, DeliveryRow.state == DeliveryState.DELIVERED)
    return sorted(set(tx.scalars(select(DeliveryRow.recipient).where(*reached))))


def _is_not_paused() -> ColumnElement[bool]:
    paused = select(DestinationRow.name).where(DestinationRow.paused_at.is_not(None))
    return DeliveryRow.destination.not_in(paused)


def _held(tx: Connection, *which: ColumnElement[bool]) -> Delivery | None:
    row = tx.execute(select(*_COLUMNS).where(*which).with_for_update()).one_or_none()
    return None if row is None else _delivery(row)


def _delivery(row: Row[Any]) -> Delivery:
    values = dict(row._mapping)
    return Delivery(**{**values, "state": DeliveryState(values["state"])})
