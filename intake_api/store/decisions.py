"""Decisions: a person's yes or no to one purpose, as events that are only ever added (R-01)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, ForeignKey, String, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from intake_api.rules.consent import PERMITS, DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.store.adding import Adder
from intake_api.store.base import Moment, Table
from intake_api.store.found import as_found
from intake_api.store.leads import LeadRow


class DecisionRow(Table):
    """One decision event. The newest event of a purpose is its present state."""

    __tablename__ = "decisions"
    __table_args__ = ({"sqlite_with_rowid": False},)

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(24))
    basis: Mapped[str] = mapped_column(String(64))
    control: Mapped[str] = mapped_column(String(16))
    label_hash: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[datetime] = mapped_column(Moment)
    evidence_entry: Mapped[str] = mapped_column(String(32))
    notice_hash: Mapped[str | None] = mapped_column(String(64))


_ROWS = Adder(DecisionRow)


@dataclass(frozen=True)
class Decision:
    """One event: what the person decided about one purpose, by which control, under which label.

    `notice_hash` names the notice it was decided on, if that is another than the lead's: a yes that was renewed.
    """

    purpose: str
    state: DecisionState
    basis: str
    control: str
    label_hash: str
    decided_at: datetime
    evidence_entry: str
    notice_hash: str | None = None


def add_decisions(tx: Connection, lead_id: str, decisions: Sequence[Decision]) -> None:
    """Write the first decisions of a lead, one for each purpose of its notice."""
    _ROWS.add(tx, *({"lead_id": lead_id, "number": 1, **_values(decision)} for decision in decisions))


def add_decision(tx: Connection, lead_id: str, decision: Decision) -> None:
    """Add one more event to a purpose that was decided before: from now on it is the purpose's present state."""
    same = (DecisionRow.lead_id == lead_id, DecisionRow.purpose == decision.purpose)
    last: int = tx.execute(select(func.max(DecisionRow.number)).where(*same)).scalar_one()
    _ROWS.add(tx, {"lead_id": lead_id, "number": last + 1, **_values(decision)})


def list_decisions(tx: Connection, lead_id: str) -> list[Decision]:
    """Return all events of a lead, oldest first."""
    columns = [DecisionRow.__table__.c[name] for name in Decision.__dataclass_fields__]
    query = select(*columns).where(DecisionRow.lead_id == lead_id).order_by(DecisionRow.number, DecisionRow.purpose)
    rows = [dict(row._mapping) for row in tx.execute(query)]
    return [Decision(**{**row, "state": DecisionState(row["state"])}) for row in rows]


def count_given(tx: Connection, form: str, locale: str, purposes: Iterable[str]) -> int:
    """Count the leads of a form in a language that are not erased and say yes to one of these purposes at present."""
    of_form = (LeadRow.form == form, LeadRow.locale == locale, LeadRow.state != LeadState.ERASED)
    newest = (
        select(DecisionRow.lead_id, DecisionRow.purpose, func.max(DecisionRow.number).label("number"))
        .where(DecisionRow.purpose.in_(list(purposes)))
        .group_by(DecisionRow.lead_id, DecisionRow.purpose)
        .subquery()
    )
    same = (
        (DecisionRow.lead_id == newest.c.lead_id)
        & (DecisionRow.purpose == newest.c.purpose)
        & (DecisionRow.number == newest.c.number)
    )
    query = select(func.count(DecisionRow.lead_id.distinct())).join(newest, same)
    query = query.join(LeadRow, LeadRow.id == DecisionRow.lead_id)
    return tx.scalar(query.where(DecisionRow.state == DecisionState.GIVEN, *of_form)) or 0


def states_of(tx: Connection, lead_ids: Iterable[str]) -> dict[str, dict[str, DecisionState]]:
    """Return the present state of each purpose of many leads, by lead: one question for a page of the queue."""
    columns = (DecisionRow.lead_id, DecisionRow.purpose, DecisionRow.state)
    query = select(*columns).where(DecisionRow.lead_id.in_(list(lead_ids))).order_by(DecisionRow.number)
    found: dict[str, dict[str, DecisionState]] = {}
    for row in tx.execute(query):
        found.setdefault(row.lead_id, {})[row.purpose] = DecisionState(row.state)
    return found


def permits_now(lead_id: InstrumentedAttribute[str], purpose: str) -> ColumnElement[bool]:
    """Ask for leads whose newest event of a purpose permits it: what is written down, whatever ends by the clock."""
    of_purpose = (DecisionRow.lead_id == lead_id, DecisionRow.purpose == purpose)
    newest = select(DecisionRow.state).where(*of_purpose).order_by(DecisionRow.number.desc()).limit(1)
    # As a question of its own: PostgreSQL takes `(...) IN (...)` for a rare thing, and then reads and sorts all it may.
    newest_event = newest.correlate(lead_id.class_).subquery()
    return exists().where(newest_event.c.state.in_(sorted(PERMITS)))


def decisions_by_lead(tx: Connection) -> Iterator[tuple[str, Decision]]:
    """Stream all events, each with its lead, in the order of the leads' ids."""
    columns = as_found(DecisionRow, Decision.__dataclass_fields__)
    query = select(DecisionRow.lead_id, *columns).order_by(DecisionRow.lead_id)
    for row in tx.execution_options(yield_per=2000).execute(query):
        values = dict(row._mapping)
        yield values.pop("lead_id"), Decision(**values)


def current_decisions(tx: Connection, lead_id: str) -> dict[str, Decision]:
    """Return the newest event of each purpose, by purpose."""
    return {decision.purpose: decision for decision in list_decisions(tx, lead_id)}


def _values(decision: Decision) -> dict[str, object]:
    return {name: getattr(decision, name) for name in Decision.__dataclass_fields__}
