"""Which rights cases wait until a destination was told: a case and each delivery that tells what came of it (S-16)."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, ForeignKey, String, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.rights import CaseStatus
from intake_api.store.base import Table
from intake_api.store.deliveries import DELIVERIES, FAILED, IS_NO, UNSETTLED, Delivery, DeliveryRow
from intake_api.store.leads import LeadRow
from intake_api.store.rights_cases import RightsCase, list_cases

OPEN = (*UNSETTLED, *FAILED)


class CaseDeliveryRow(Table):
    """One delivery that a case waits for. It goes with the lead's tombstone; of the case nothing is kept by it."""

    __tablename__ = "case_deliveries"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey(DeliveryRow.id), primary_key=True, index=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), index=True)


_PENDING = (
    select(CaseDeliveryRow.case_id)
    .join(DeliveryRow, DeliveryRow.id == CaseDeliveryRow.delivery_id)
    .where(text(IS_NO), DeliveryRow.state.in_(OPEN))
)


@dataclass(frozen=True)
class StandingCase:
    """A case, and whether somebody who has the data is still to be told what came of it."""

    case: RightsCase
    is_pending: bool

    @property
    def status(self) -> CaseStatus:
        """Where the case stands, over there as well (S-16)."""
        return CaseStatus.PENDING_EXTERNAL if self.is_pending else self.case.status

    @property
    def is_waiting(self) -> bool:
        """Say whether it is still to be seen to: its time runs on until the last one was told (G-03)."""
        return self.case.is_waiting or self.is_pending


def list_standing(tx: Connection) -> list[StandingCase]:
    """Return all cases that are not forgotten, those due first in front. None has an address in it."""
    pending = set(tx.scalars(_PENDING))
    return [StandingCase(case, case.id in pending) for case in list_cases(tx)]


def link_cases(tx: Connection, case_ids: Iterable[str], delivery_id: str, lead_id: str) -> None:
    """Let cases wait for a delivery; those that do already, once."""
    known = cases_of(tx, [delivery_id])
    for case_id in sorted(set(case_ids) - known):
        tx.execute(insert(CaseDeliveryRow).values(case_id=case_id, delivery_id=delivery_id, lead_id=lead_id))


def cases_of(tx: Connection, delivery_ids: Iterable[str]) -> set[str]:
    """Return the ids of the cases that wait for some deliveries, or waited."""
    row = CaseDeliveryRow
    return set(tx.scalars(select(row.case_id).where(row.delivery_id.in_(list(delivery_ids)))))


def find_pending(tx: Connection, case_ids: Iterable[str]) -> set[str]:
    """Return those of some cases of which a destination is still to be told."""
    return set(tx.scalars(_PENDING.where(CaseDeliveryRow.case_id.in_(list(case_ids)))))


def deliveries_of_case(tx: Connection, case_id: str) -> list[Delivery]:
    """Return what destinations are told, or were, of what came of a case, oldest first."""
    row = CaseDeliveryRow
    query = select(*DELIVERIES.columns).join(row, row.delivery_id == DeliveryRow.id).where(row.case_id == case_id)
    return [DELIVERIES.read(one) for one in tx.execute(query.order_by(DeliveryRow.created_at, DeliveryRow.id))]
