"""How destinations fare: what waits for each, what arrived, what a person has to look at. Counts, and no lead.

Each number comes out of an index that holds nothing else, so that a backlog of 100,000 costs milliseconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, func, or_, select, text

from intake_api.rules.lead_state import LeadState
from intake_api.store.deliveries import ARRIVED, PARKED, WAITS, DeliveryRow, DeliveryState
from intake_api.store.destinations import Pause, destination_standing, list_pauses
from intake_api.store.leads import LeadRow
from intake_api.store.report_counts import Kind, ReportCountRow

LATELY = timedelta(hours=1)
UPSERT = "upsert"
# A failed upsert is work for as long as its lead stands as failed: who was erased since has nothing to be sent.
IS_WORK = and_(text(PARKED), or_(DeliveryRow.kind != UPSERT, LeadRow.state == LeadState.DELIVERY_FAILED))


@dataclass
class Health:
    """How one destination fares."""

    name: str
    due: int = 0  # its time has come, or it is in the queue
    later: int = 0  # waits for its next attempt
    in_flight: int = 0
    oldest_at: datetime | None = None  # since when the oldest of these waits
    lately: int = 0  # arrived within the last hour
    arrived_at: datetime | None = None  # the last one
    arrived: int = 0  # in all, as the reports count them: some seconds behind
    parked: dict[str, int] = field(default_factory=dict)  # work for a person, by reason
    pause: Pause | None = None
    held_until: datetime | None = None  # it asked us to wait

    @property
    def waiting(self) -> int:
        """Return how many are not settled."""
        return self.due + self.later + self.in_flight


def list_health(tx: Connection, names: Iterable[str], *, now: datetime) -> list[Health]:
    """Say how these destinations fare, and whichever others have something waiting, parked or paused."""
    found = {name: Health(name) for name in names}
    _add_waiting(tx, found, now=now)
    for name, reason, count in tx.execute(_PARKED):
        found.setdefault(name, Health(name)).parked[reason or ""] = count
    for name, total in tx.execute(_ARRIVED_IN_ALL):
        found.setdefault(name, Health(name)).arrived = int(total)
    for pause in list_pauses(tx):
        found.setdefault(pause.name, Health(pause.name)).pause = pause
    for health in found.values():
        mine = (text(ARRIVED), DeliveryRow.destination == health.name)
        health.arrived_at = tx.scalar(select(func.max(DeliveryRow.last_at)).where(*mine))
        since = select(func.count()).select_from(DeliveryRow).where(*mine, DeliveryRow.last_at > now - LATELY)
        health.lately = tx.scalar(since) or 0
        health.held_until = destination_standing(tx, health.name, now=now).held_until
    return sorted(found.values(), key=lambda one: one.name)


def _add_waiting(tx: Connection, found: dict[str, Health], *, now: datetime) -> None:
    row = DeliveryRow
    later = func.sum(case((row.next_attempt_at > now, 1), else_=0))
    counted = select(row.destination, row.state, func.count(), later, func.min(row.created_at)).where(text(WAITS))
    # Left to itself, SQLite goes by the state through an index that has not all of it.
    counted = counted.with_hint(row, "INDEXED BY ix_deliveries_waiting", "sqlite")
    for name, state, count, not_yet, oldest_at in tx.execute(counted.group_by(row.destination, row.state)):
        health = found.setdefault(name, Health(name))
        if state == DeliveryState.SENDING:
            health.in_flight = count
        else:
            health.later += not_yet if state == DeliveryState.RETRYING else 0
            health.due += count - not_yet if state == DeliveryState.RETRYING else count
        health.oldest_at = min(filter(None, (health.oldest_at, oldest_at)))


_PARKED = (
    select(DeliveryRow.destination, DeliveryRow.last_reason, func.count())
    .join(LeadRow, LeadRow.id == DeliveryRow.lead_id)
    .where(IS_WORK)
    .group_by(DeliveryRow.destination, DeliveryRow.last_reason)
)
_ARRIVED_IN_ALL = (
    select(ReportCountRow.one, func.sum(ReportCountRow.number))
    .where(ReportCountRow.kind == Kind.DELIVERY, ReportCountRow.two == DeliveryState.DELIVERED)
    .group_by(ReportCountRow.one)
)
