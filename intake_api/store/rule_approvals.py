"""Which leads the rule of their form approved, and from which it is kept since a person undid an approval."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, ForeignKey, Integer, exists, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Moment, Table
from intake_api.store.leads import LEAD_COLUMNS, Lead, LeadRow, lead_of


class RuleApprovalRow(Table):
    """One lead that the rule has done with. `version` is of the rule that approved it; None: a person undid theirs."""

    __tablename__ = "rule_approvals"
    __table_args__ = ({"sqlite_with_rowid": False},)

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), primary_key=True)
    version: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class Place:
    """Where a walk through the leads to look at stands: behind this one."""

    received_at: datetime
    lead_id: str


def find_to_approve(tx: Connection, form: str, score_at_least: int, *, after: Place | None, limit: int) -> list[Lead]:
    """Return new leads of a form that have so many points and that the rule has not done with, the oldest first.

    :param after: only those behind this place.
    """
    query = select(*LEAD_COLUMNS).where(
        LeadRow.form == form,
        LeadRow.state == LeadState.NEW,
        LeadRow.score >= score_at_least,
        LeadRow.restricted_until.is_(None),
        LeadRow.tell_by.is_(None),
        ~exists().where(RuleApprovalRow.lead_id == LeadRow.id),
    )
    if after is not None:
        later = LeadRow.received_at > after.received_at
        behind = (LeadRow.received_at == after.received_at) & (LeadRow.id > after.lead_id)
        query = query.where(later | behind)
    return [lead_of(row) for row in tx.execute(query.order_by(LeadRow.received_at, LeadRow.id).limit(limit))]


def keep_rule_out(tx: Connection, lead_id: str, *, version: int | None, now: datetime) -> None:
    """Write down that the rule has done with a lead: by version `version`, or because a person undid an approval."""
    if not was_settled(tx, lead_id):
        tx.execute(insert(RuleApprovalRow).values(lead_id=lead_id, version=version, at=now))


def was_settled(tx: Connection, lead_id: str) -> bool:
    """Say whether the rule has done with a lead."""
    return tx.scalar(select(RuleApprovalRow.lead_id).where(RuleApprovalRow.lead_id == lead_id)) is not None


def approved_by(tx: Connection, lead_id: str) -> int | None:
    """Return the version of the rule that approved a lead; None where a person did, or nobody."""
    return tx.scalar(select(RuleApprovalRow.version).where(RuleApprovalRow.lead_id == lead_id))
