"""How many leads stand in each state, of each form, channel and language: kept, since counting a million takes long.

The database itself notes each change of a lead as one more row, plus or minus one, in the transaction of the change
(triggers, migration 0023): so no writer can forget it, and no two writers wait for the same number. The rows are added
up when they are read, and folded into one each now and then.
"""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, String, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Table

FOLDED_AT_ONCE = 20_000
MANY = 5000


class LeadCountRow(Table):
    """So many leads more, or fewer, of one kind. Those that their persons had restricted are not among them (S-10)."""

    __tablename__ = "lead_counts"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    state: Mapped[str] = mapped_column(String(24))
    form: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16))
    locale: Mapped[str] = mapped_column(String(8))
    number: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True)
class Kind:
    """Which leads are counted: None asks for all."""

    state: LeadState | None = None
    form: str | None = None
    channel: str | None = None
    locale: str | None = None


_KINDS = (LeadCountRow.state, LeadCountRow.form, LeadCountRow.channel, LeadCountRow.locale)


def count_by_state(tx: Connection, kind: Kind | None = None) -> dict[LeadState, int]:
    """Return how many leads stand in each state, without those that their persons had restricted."""
    total = func.sum(LeadCountRow.number)
    rows = tx.execute(select(LeadCountRow.state, total).where(*_is_of(kind or Kind())).group_by(LeadCountRow.state))
    return {LeadState(state): int(count) for state, count in rows if count}


def has_many(tx: Connection) -> bool:
    """Say whether so many rows came since they were folded that reading them is felt."""
    since = tx.scalar(select(func.max(LeadCountRow.id) - func.min(LeadCountRow.id)))
    return (since or 0) > MANY


def fold_counts(tx: Connection) -> bool:
    """Make one row of many for each kind; say whether there are more to fold. Several may do so at once."""
    oldest = select(LeadCountRow.id).order_by(LeadCountRow.id).limit(FOLDED_AT_ONCE)
    gone = delete(LeadCountRow).where(LeadCountRow.id.in_(oldest.subquery().select()))
    rows = tx.execute(gone.returning(*_KINDS, LeadCountRow.number)).all()
    sums: Counter[tuple[str, ...]] = Counter()
    for *kind, number in rows:
        sums[tuple(kind)] += number
    names = [column.key for column in _KINDS]
    folded = [{**dict(zip(names, kind, strict=True)), "number": number} for kind, number in sums.items() if number]
    if folded:
        tx.execute(insert(LeadCountRow), folded)
    return len(rows) == FOLDED_AT_ONCE


def _is_of(kind: Kind) -> list[ColumnElement[bool]]:
    asked = ((column, getattr(kind, column.key)) for column in _KINDS)
    return [column == value for column, value in asked if value is not None]
