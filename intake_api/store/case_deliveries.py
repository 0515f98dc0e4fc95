"""Which rights cases wait until a destination was told: a case and each delivery that tells what came of it (S-16)."""

from collections.abc import Iterable

from sqlalchemy import Connection, ForeignKey, String, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Table
from intake_api.store.deliveries import FAILED, UNSETTLED, DeliveryRow
from intake_api.store.leads import LeadRow

OPEN = (*UNSETTLED, *FAILED)


class CaseDeliveryRow(Table):
    """One delivery that a case waits for. It goes with the lead's tombstone; of the case nothing is kept by it."""

    __tablename__ = "case_deliveries"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    delivery_id: Mapped[str] = mapped_column(ForeignKey(DeliveryRow.id), primary_key=True, index=True)
    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), index=True)


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
    row = CaseDeliveryRow
    query = select(row.case_id).join(DeliveryRow, DeliveryRow.id == row.delivery_id)
    return set(tx.scalars(query.where(row.case_id.in_(list(case_ids)), DeliveryRow.state.in_(OPEN))))
