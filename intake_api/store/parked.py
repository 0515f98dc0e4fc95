"""Deliveries that failed for good: work for a person, until they are tried again, done by hand or closed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, String, func, select, text, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.lead_state import LeadState
from intake_api.store.alerts import AlertMailRow
from intake_api.store.base import Moment, Table
from intake_api.store.deliveries import (
    DELIVERIES,
    FAILED,
    IS_NO,
    UNSETTLED,
    Delivery,
    DeliveryRow,
    DeliveryState,
)
from intake_api.store.delivery_health import IS_WORK
from intake_api.store.leads import Lead, LeadRow, get_lead_by_id
from intake_api.store.staff import StaffRow
from intake_api.store.turns import hold_work

TELLS_FOR = timedelta(hours=1)  # one mail about a destination and a reason


class ParkedAlertRow(Table):
    """When somebody was last told by mail of a destination and a reason."""

    __tablename__ = "parked_alerts"

    destination: Mapped[str] = mapped_column(String(40), primary_key=True)
    reason: Mapped[str] = mapped_column(String(64), primary_key=True)
    told_at: Mapped[datetime | None] = mapped_column(Moment)


class NotParked(Exception):
    """This delivery does not wait for a person any more, or not as it was seen: somebody was quicker."""

    code = "not_parked"


@dataclass(frozen=True)
class Parked:
    """A delivery that failed, with the reference of its lead."""

    delivery: Delivery
    parked_at: datetime
    reference: str


@dataclass(frozen=True)
class Untold:
    """Something that a destination is still to be told, with the reference of its lead."""

    delivery: Delivery
    reference: str

    @property
    def is_parked(self) -> bool:
        """Say whether it waits for a person: it is not tried any more."""
        return self.delivery.state in FAILED


@dataclass(frozen=True)
class Told:
    """A mail about a destination and a reason: to whom, when it was written, and when the mail server took it."""

    destination: str
    reason: str
    email: str
    made_at: datetime
    sent_at: datetime | None


def list_parked(tx: Connection, *, reason: str | None, after: str | None, limit: int) -> list[Parked]:
    """Return what waits for a person, the longest first. `after` is the id of a delivery, `reason` narrows it down."""
    row = DeliveryRow
    columns = (*DELIVERIES.columns, row.parked_at, LeadRow.reference)
    query = select(*columns).join(LeadRow, LeadRow.id == row.lead_id).where(IS_WORK)
    if reason is not None:
        query = query.where(func.coalesce(row.last_reason, "") == reason)
    place = tx.execute(select(row.parked_at, row.id).where(row.id == after)).one_or_none() if after else None
    if place is not None and place.parked_at is not None:
        query = query.where(tuple_(row.parked_at, row.id) > tuple_(*place))
    rows = tx.execute(query.order_by(row.parked_at, row.id).limit(limit))
    return [Parked(DELIVERIES.read(one), one.parked_at, one.reference) for one in rows]


def list_untold(tx: Connection, *, limit: int) -> list[Untold]:
    """Return what destinations are still to be told, what waits longest first."""
    columns = (*DELIVERIES.columns, LeadRow.reference)
    query = select(*columns).join(LeadRow, LeadRow.id == DeliveryRow.lead_id)
    still = (text(IS_NO), DeliveryRow.state.in_((*UNSETTLED, *FAILED)))
    rows = tx.execute(query.where(*still).order_by(DeliveryRow.created_at, DeliveryRow.id).limit(limit))
    return [Untold(DELIVERIES.read(row), row.reference) for row in rows]


def count_parked(tx: Connection) -> dict[str, int]:
    """Return how many wait for a person, by reason, the most frequent first."""
    reason = func.coalesce(DeliveryRow.last_reason, "")
    counted = select(reason, func.count()).join(LeadRow, LeadRow.id == DeliveryRow.lead_id).where(IS_WORK)
    rows = tx.execute(counted.group_by(reason).order_by(func.count().desc(), reason))
    return {str(name): int(count) for name, count in rows}


def hold_parked(tx: Connection, delivery_id: str, *, seen_turn: int, only_nos: bool = False) -> tuple[Delivery, Lead]:
    """Return a parked delivery as it was seen and its lead, and hold both until the transaction ends.

    :raises NotParked: it is settled, under way again, or its lead is not to be sent any more.
    """
    row = DeliveryRow
    delivery = hold_work(tx, DELIVERIES, row.id == delivery_id, row.turn == seen_turn, row.parked_at.is_not(None))
    lead = get_lead_by_id(tx, delivery.lead_id, hold=True) if delivery else None
    if delivery is None or lead is None or not _may_be_settled(delivery, lead, only_nos=only_nos):
        raise NotParked("Somebody else has just settled this delivery. Look at the list again.")
    return delivery, lead


def _may_be_settled(delivery: Delivery, lead: Lead, *, only_nos: bool) -> bool:
    return delivery.is_no or (lead.state is LeadState.DELIVERY_FAILED and not only_nos)


def settle_by_hand(
    tx: Connection,
    delivery: Delivery,
    state: DeliveryState,
    *,
    reason: str | None,
    remote_id: str | None,
    words: str | None,
    staff_id: str,
    now: datetime,
) -> None:
    """Write down how somebody settled a parked delivery."""
    values = {
        "state": state,
        "parked_at": None,
        "next_attempt_at": None,
        "last_outcome": state.value,
        "last_reason": reason,
        "last_status": None,
        "last_at": now,
        "remote_id": remote_id or delivery.remote_id,
        "settled_by": staff_id,
        "settled_words": words,
    }
    tx.execute(update(DeliveryRow).where(DeliveryRow.id == delivery.id).values(**values))


def begin_again(tx: Connection, delivery: Delivery, *, now: datetime) -> None:
    """Make a parked delivery due at once, at the beginning of its schedule."""
    values = {"state": DeliveryState.RETRYING, "attempts": 0, "parked_at": None, "next_attempt_at": now}
    tx.execute(update(DeliveryRow).where(DeliveryRow.id == delivery.id).values(**values))


def untold(tx: Connection, *, now: datetime) -> list[tuple[str, str]]:
    """Return the destinations and reasons of which nobody was told since something new was parked."""
    reason = func.coalesce(DeliveryRow.last_reason, "")
    newest = select(DeliveryRow.destination, reason, func.max(DeliveryRow.parked_at).label("newest"))
    newest = newest.join(LeadRow, LeadRow.id == DeliveryRow.lead_id).where(IS_WORK)
    parked = tx.execute(newest.group_by(DeliveryRow.destination, reason)).all()
    told = {(one.destination, one.reason): one.told_at for one in tx.execute(select(*ParkedAlertRow.__table__.c))}
    return [
        (name, why)
        for name, why, at in parked
        if (last := told.get((name, why))) is None or (last < at and last <= now - TELLS_FOR)
    ]


def claim_alert(tx: Connection, destination: str, reason: str, *, now: datetime) -> bool:
    """Say whether a mail about a destination and a reason is due, and take it; False if another worker did."""
    add = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    tx.execute(add(ParkedAlertRow).values(destination=destination, reason=reason).on_conflict_do_nothing())
    row = ParkedAlertRow
    mine = (row.destination == destination, row.reason == reason)
    due = row.told_at.is_(None) | (row.told_at <= now - TELLS_FOR)
    return tx.execute(update(row).where(*mine, due).values(told_at=now)).rowcount == 1


def list_told(tx: Connection, of: Collection[Delivery], *, since: datetime) -> list[Told]:
    """Return the mails about the destinations and reasons of some deliveries, since a moment, the first first."""
    row, wanted = AlertMailRow, {(one.destination, one.last_reason or "") for one in of}
    columns = (row.destination, row.reason, StaffRow.email, row.made_at, row.sent_at)
    query = select(*columns).join(StaffRow, StaffRow.id == row.staff_id)
    query = query.where(row.destination.in_({name for name, _ in wanted}), row.made_at >= since)
    found = [Told(**one._mapping) for one in tx.execute(query.order_by(row.made_at, StaffRow.email))]
    return [one for one in found if (one.destination, one.reason) in wanted]
