"""Deliveries: a lead on its way to a destination, what came of each attempt, and who is at it now."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, Index, String, func, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store import turns
from intake_api.store.adding import Adder
from intake_api.store.base import Moment
from intake_api.store.destinations import DestinationRow
from intake_api.store.leads import LeadRow
from intake_api.store.turns import TurnRow, WorkKind


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
    BY_HAND = "by_hand"  # it failed, and somebody of staff did over there what was to be done
    CLOSED = "closed"  # it failed, and somebody of staff gave it up for a reason


UPSERT = "upsert"
UNSETTLED = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING)
FAILED = (DeliveryState.REFUSED, DeliveryState.GIVEN_UP, DeliveryState.BLOCKED)  # parked until a person looks at it
ARRIVED_STATES = (DeliveryState.DELIVERED, DeliveryState.BY_HAND)  # it is there
# Written out, so that a query is seen to ask for what an index holds.
IS_NO, IS_UPSERT = "kind <> 'upsert'", "kind = 'upsert'"
WAITS = "state IN ('queued', 'sending', 'retrying')"
ARRIVED = "state = 'delivered'"
NAMED_THERE = "remote_id IS NOT NULL"
PARKED = "parked_at IS NOT NULL"
COMPARED = "state = 'delivered' AND kind = 'upsert'"


def _index(name: str, columns: tuple[str, ...], only: str) -> Index:
    return Index(f"ix_deliveries_{name}", *columns, sqlite_where=text(only), postgresql_where=text(only))


class DeliveryRow(TurnRow):
    """One delivery. Its id is the other side's idempotency key and never changes."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(None, "state", "next_attempt_at"),
        _index("waiting", ("destination", "state", "created_at", "next_attempt_at"), WAITS),
        _index("compared", ("destination", "id"), COMPARED),
        _index("arrived", ("destination", "last_at"), ARRIVED),
        _index("nos", ("state", "next_attempt_at"), IS_NO),
        _index("remote", ("remote_id",), NAMED_THERE),
        _index("parked", ("parked_at", "id", "destination", "last_reason"), PARKED),
    )

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), index=True)
    destination: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    last_outcome: Mapped[str | None] = mapped_column(String(24))
    last_reason: Mapped[str | None] = mapped_column(String(64))
    last_status: Mapped[int | None]
    last_at: Mapped[datetime | None] = mapped_column(Moment)
    left_at: Mapped[datetime | None] = mapped_column(Moment)  # the last time an attempt may have reached the other side
    fields: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # of a correction: names here
    remote_id: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Moment)
    parked_at: Mapped[datetime | None] = mapped_column(Moment)  # since when it waits for a person to look at it
    settled_by: Mapped[str | None] = mapped_column(String(32))  # the id of one of the staff
    settled_words: Mapped[str | None] = mapped_column(String(200))  # what they said was done


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
    settled_by: str | None = None
    settled_words: str | None = None
    left_at: datetime | None = None
    fields: list[str] | None = None

    @property
    def is_no(self) -> bool:
        """Say whether it tells that less is allowed, or something else is true, of what the other side has."""
        return self.kind != UPSERT

    @property
    def place(self) -> tuple[str, str]:
        """Return where it goes, and to whom."""
        return self.destination, self.recipient

    @property
    def has_left(self) -> bool:
        """Say whether the other side has it, or may have it: an attempt was made, and it was not refused at once."""
        refused_at_once = self.state is DeliveryState.REFUSED and self.attempts == 1
        return self.state in ARRIVED_STATES or (self.left_at is not None and not refused_at_once)

    @property
    def is_open(self) -> bool:
        """Say whether it is still to be done: it waits, is under way, or failed and a person has to see to it."""
        return self.state in (*UNSETTLED, *FAILED)


@dataclass(frozen=True)
class Attempt:
    """What is written down after an attempt."""

    state: DeliveryState
    outcome: str
    reason: str | None = None
    status: int | None = None
    remote_id: str | None = None
    next_attempt_at: datetime | None = None


_ROWS = Adder(DeliveryRow)
_PAUSED = select(DestinationRow.name).where(DestinationRow.paused_at.is_not(None))
_GOES = DeliveryRow.destination.not_in(_PAUSED)
DELIVERIES = WorkKind(
    DeliveryRow, Delivery, {"state": DeliveryState}, only=(_GOES,), at_claim=lambda now: {"left_at": now}
)
# A queue of their own for those that tell a no: no backlog of leads holds them up.
UPSERTS = replace(DELIVERIES, only=(_GOES, text(IS_UPSERT)))
NOS = replace(DELIVERIES, only=(_GOES, text(IS_NO)))


def add_delivery(
    tx: Connection,
    *,
    lead_id: str,
    destination: str,
    recipient: str,
    kind: str,
    state: DeliveryState = DeliveryState.QUEUED,
    fields: list[str] | None = None,
    now: datetime,
) -> Delivery:
    """Write a new delivery: queued by the caller for its first turn, or due at once, if it is `RETRYING`.

    :param fields: of a correction, the names here of the fields that changed.
    """
    delivery = Delivery(
        id=secrets.token_hex(16),
        lead_id=lead_id,
        destination=destination,
        recipient=recipient,
        kind=kind,
        state=state,
        turn=1,
        attempts=0,
        next_attempt_at=now,
        last_outcome=None,
        last_reason=None,
        last_status=None,
        last_at=None,
        remote_id=None,
        created_at=now,
        fields=fields,
    )
    tx.execute(insert(DeliveryRow).values(**{name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}))
    return delivery


def add_settled(
    tx: Connection,
    *,
    lead_id: str,
    destination: str,
    recipient: str,
    state: DeliveryState,
    began: datetime,
    now: datetime,
) -> Delivery:
    """Write a delivery that is over, as one attempt would have left it: for seeded leads, of which nothing is sent."""
    delivery = Delivery(
        id=secrets.token_hex(16),
        lead_id=lead_id,
        destination=destination,
        recipient=recipient,
        kind="upsert",
        state=state,
        turn=1,
        attempts=1,
        next_attempt_at=None,
        last_outcome="done" if state is DeliveryState.DELIVERED else "retry",
        last_reason=None if state is DeliveryState.DELIVERED else "not_reachable",
        last_status=None,
        last_at=now,
        remote_id=None,
        created_at=began,
        left_at=now,
    )
    values = {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}
    _ROWS.add(tx, {**values, "claim": None, "parked_at": now if state in FAILED else None})
    return delivery


def list_deliveries(tx: Connection, lead_id: str) -> list[Delivery]:
    """Return the deliveries of a lead, oldest first."""
    of_lead = select(*DELIVERIES.columns).where(DeliveryRow.lead_id == lead_id)
    query = of_lead.order_by(DeliveryRow.created_at, DeliveryRow.id)
    return [DELIVERIES.read(row) for row in tx.execute(query)]


def hold_unsettled(tx: Connection, lead_id: str) -> None:
    """Let nobody else change the deliveries of a lead that are under way until the transaction ends."""
    of_lead = select(DeliveryRow.id).where(DeliveryRow.lead_id == lead_id, DeliveryRow.state.in_(UNSETTLED))
    tx.execute(of_lead.order_by(DeliveryRow.id).with_for_update()).all()


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
        "parked_at": now if attempt.state in FAILED else None,
    }
    if attempt.remote_id is not None:
        values["remote_id"] = attempt.remote_id
    tx.execute(update(DeliveryRow).where(DeliveryRow.id == delivery_id).values(**values))


def restart_delivery(tx: Connection, delivery: Delivery) -> Delivery:
    """Give a failed delivery its next turn, at the beginning of the schedule; return it as it then stands."""
    anew: dict[str, Any] = {"settled_by": None, "settled_words": None, "attempts": 0}
    turns.give_turns(tx, DeliveryRow, [delivery.id], parked_at=None, **anew)
    return replace(delivery, **anew, state=DeliveryState.QUEUED, turn=delivery.turn + 1)


def queue_again(tx: Connection, delivery: Delivery) -> Delivery:
    """Give a cancelled delivery its next turn, where its schedule stopped; return it as it then stands."""
    turns.give_turns(tx, DeliveryRow, [delivery.id], last_outcome=None, last_reason=None)
    return replace(delivery, state=DeliveryState.QUEUED, turn=delivery.turn + 1)


def unpark(tx: Connection, delivery_ids: Iterable[str]) -> None:
    """Take deliveries off a person's list: something else goes in their place."""
    tx.execute(update(DeliveryRow).where(DeliveryRow.id.in_(list(delivery_ids))).values(parked_at=None))


def count_by_state(tx: Connection) -> dict[DeliveryState, int]:
    """Return how many deliveries stand in each state."""
    rows = tx.execute(select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state))
    return {DeliveryState(state): count for state, count in rows}


def deliveries_of(tx: Connection, lead_ids: Iterable[str]) -> dict[str, list[Delivery]]:
    """Return the deliveries of many leads, by lead, oldest first: one question for a page of the queue."""
    query = select(*DELIVERIES.columns).where(DeliveryRow.lead_id.in_(list(lead_ids))).order_by(DeliveryRow.created_at)
    found: dict[str, list[Delivery]] = {}
    for row in tx.execute(query):
        found.setdefault(row.lead_id, []).append(DELIVERIES.read(row))
    return found


def list_reached(tx: Connection, lead_id: str) -> list[str]:
    """Return the ids of the recipients who got a lead, each once."""
    reached = (DeliveryRow.lead_id == lead_id, DeliveryRow.state.in_(ARRIVED_STATES), text(IS_UPSERT))
    return sorted(set(tx.scalars(select(DeliveryRow.recipient).where(*reached))))
