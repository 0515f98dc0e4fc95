"""What the kept counts of reports hold of each lead, so that it can be taken out of them again when the lead changes.

Nothing is added to the acts themselves: whatever becomes of a lead writes evidence, so the worker goes along the
evidence in its order and counts anew the leads that are named there. What is not there yet is counted by who reads. A
lead that is erased is counted a last time, in that transaction; the numbers stay, and what says which of them were its
own goes.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, ForeignKey, String, Text, select, text, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.rules.span_steps import step_of
from intake_api.store.base import Moment, Table
from intake_api.store.decisions import DecisionRow
from intake_api.store.deliveries import ARRIVED_STATES, DeliveryRow, DeliveryState
from intake_api.store.evidence import EvidenceRow
from intake_api.store.leads import LeadRow
from intake_api.store.presentations import STAFF
from intake_api.store.report_counts import Counts, Kind, Mark, add_marks

AT_ONCE = 500  # leads of one short transaction
READ_ALONG = 2000  # entries since the last count that who reads goes through as well
BAND = 20  # points of the score
UPSERT = "upsert"
OPT_IN = "opt_in"
# What staff do with a lead first; what undoes it is no answer to the person.
DECIDING = ("lead.approved", "lead.declined", "lead.contacted", "lead.marked_spam")
READ = "lead.read"
USES = {"submission.received": "given", READ: "read", "delivery.delivered": "forwarded"}


class CountedLeadRow(Table):
    """What was counted of one lead, as JSON; None when it is counted for good, and nothing of it is known here."""

    __tablename__ = "counted_leads"
    __table_args__ = ({"sqlite_with_rowid": False},)

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), primary_key=True)
    counted: Mapped[str | None] = mapped_column(Text)


class CountingRow(Table):
    """How far the counting came: one row. Who changes counts holds it, so that nobody else does."""

    __tablename__ = "counting"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)  # of the last entry whose lead is counted
    filled_at: Mapped[datetime | None] = mapped_column(Moment)  # leads of before are counted up to this one
    filled_id: Mapped[str | None] = mapped_column(String(32))
    is_filled: Mapped[bool]


@dataclass(frozen=True)
class _Lead:
    """What never changes about a lead."""

    id: str
    day: date
    notice: str
    form: str
    channel: str
    locale: str
    received_at: datetime


@dataclass
class _Facts:
    """What is counted of a lead and may change."""

    state: str = ""
    band: int = 0
    source: str = ""
    campaign: str = ""
    waited: int | None = None
    yes: list[str] = field(default_factory=list)
    no: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    deliveries: list[tuple[str, str, str, int | None]] = field(default_factory=list)
    uses: dict[str, list[str]] = field(default_factory=dict)


def current_counts(tx: Connection) -> Counts:
    """Return the counts as they are true now, in a transaction that sees one state of all tables."""
    counting = _counting(tx)
    placed = select(EvidenceRow.lead_id).where(EvidenceRow.position > counting.position)
    waiting = select(EvidenceRow.lead_id).where(EvidenceRow.position.is_(None))
    ids = [lead_id for query in (placed, waiting) for lead_id in tx.scalars(query.limit(READ_ALONG))]
    if len(ids) >= READ_ALONG:
        return Counts(tx, is_behind=True, is_filling=not counting.is_filled)
    changes, _ = _changes(tx, {lead_id for lead_id in ids if lead_id})
    return Counts(tx, changes, is_filling=not counting.is_filled)


def count_on(tx: Connection) -> bool:
    """Count a batch of what changed since, and of the leads of before; say whether there is more to count."""
    _wait_for_nobody(tx)
    counting = _counting(tx, hold=True)
    query = select(EvidenceRow.position, EvidenceRow.lead_id).where(EvidenceRow.position > counting.position)
    entries = tx.execute(query.order_by(EvidenceRow.position).limit(AT_ONCE)).all()
    _count(tx, {lead_id for _, lead_id in entries if lead_id})
    values: dict[str, Any] = {"position": entries[-1][0]} if entries else {}
    if not counting.is_filled:
        values |= _fill(tx, counting)
    if values:
        tx.execute(update(CountingRow).values(**values))
    return len(entries) == AT_ONCE or values.get("is_filled") is False


def count_for_good(tx: Connection, lead_id: str) -> None:
    """Count a lead that is about to be erased a last time, and let go of what says what was counted of it."""
    _counting(tx, hold=True)
    _count(tx, {lead_id})
    tx.execute(update(CountedLeadRow).where(CountedLeadRow.lead_id == lead_id).values(counted=None))


def _wait_for_nobody(tx: Connection) -> None:
    """Give up rather than wait for a lead: who erases it holds it, and may wait for the turn that is held here.

    PostgreSQL would find the two after a second and end either; this way it is always the counting, which comes again.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SET LOCAL lock_timeout = '300ms'"))


def _counting(tx: Connection, *, hold: bool = False) -> Any:
    query = select(*CountingRow.__table__.c)
    return tx.execute(query.with_for_update() if hold else query).one()


def _fill(tx: Connection, counting: Any) -> dict[str, Any]:
    """Count a batch of the leads that were there before anything was counted, in the order in which they came."""
    place = (LeadRow.received_at, LeadRow.id)
    query = select(*place).order_by(*place).limit(AT_ONCE)
    if counting.filled_id is not None:
        query = query.where(tuple_(*place) > tuple_(counting.filled_at, counting.filled_id))
    rows = tx.execute(query).all()
    _count(tx, {lead_id for _, lead_id in rows})
    if len(rows) < AT_ONCE:
        return {"is_filled": True, "filled_at": None, "filled_id": None}
    return {"is_filled": False, "filled_at": rows[-1][0], "filled_id": rows[-1][1]}


def _count(tx: Connection, lead_ids: set[str]) -> None:
    changes, counted = _changes(tx, lead_ids)
    add_marks(tx, changes)
    if not counted:
        return
    insert_new = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    added = insert_new(CountedLeadRow)
    anew = added.on_conflict_do_update(index_elements=["lead_id"], set_={"counted": added.excluded.counted})
    tx.execute(anew, [{"lead_id": lead_id, "counted": text} for lead_id, text in sorted(counted.items())])


def _changes(tx: Connection, lead_ids: set[str]) -> tuple[Counter[Mark], dict[str, str | None]]:
    """Return what is to be added to the counts for these leads, and what will then be counted of those that changed."""
    changes: Counter[Mark] = Counter()
    counted: dict[str, str | None] = {}
    ids = sorted(lead_ids)
    for start in range(0, len(ids), AT_ONCE):
        batch = ids[start : start + AT_ONCE]
        query = select(CountedLeadRow).where(CountedLeadRow.lead_id.in_(batch))
        before: dict[str, str | None] = {row.lead_id: row.counted for row in tx.execute(query)}
        open_ones = [one for one in batch if before.get(one, "") is not None]
        for lead, facts in _facts_of(tx, open_ones):
            old = before.get(lead.id)
            was = None if old is None else _Facts(**json.loads(old))
            if was:  # that somebody read it is thinned out of the log after a year; it was read all the same
                _keep_read(facts, was)
            text = None if facts.state == LeadState.ERASED else _written(facts)
            if text is not None and text == old:
                continue
            changes.update(_marks(lead, facts))
            if was:
                changes.subtract(_marks(lead, was))
            counted[lead.id] = text
    return Counter({mark: number for mark, number in changes.items() if number}), counted


def _keep_read(facts: _Facts, was: _Facts) -> None:
    if names := {*facts.uses.get("read", ()), *was.uses.get("read", ())}:
        facts.uses["read"] = sorted(names)


def _written(facts: _Facts) -> str:
    return json.dumps(asdict(facts), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _marks(lead: _Lead, facts: _Facts) -> list[Mark]:
    """Return all that a lead counts for."""
    day = lead.day
    marks = [
        Mark(Kind.CAME, day, lead.form, lead.channel, lead.locale),
        Mark(Kind.NOTICE, day, lead.notice, lead.channel),
        Mark(Kind.SOURCE, day, facts.source, facts.campaign, facts.state),
    ]
    marks += [
        Mark(Kind.FIELD, day, lead.form, name, use) for use, names in sorted(facts.uses.items()) for name in names
    ]
    if facts.state != LeadState.ERASED:  # else it was erased before anything was counted: its score is gone
        marks.append(Mark(Kind.STANDS, day, str(facts.band), facts.state))
    if facts.waited is not None:
        marks.append(Mark(Kind.WAITED, day, lead.form, str(facts.waited)))
    if lead.channel != STAFF:
        marks += [Mark(Kind.DECIDED, day, lead.notice, one, "yes") for one in facts.yes]
        marks += [Mark(Kind.DECIDED, day, lead.notice, one, "no") for one in facts.no]
        marks += [Mark(Kind.REACHED, day, lead.form, one) for one in facts.reached]
    for began, destination, state, took in facts.deliveries:
        marks.append(Mark(Kind.DELIVERY, date.fromisoformat(began), destination, state))
        if took is not None:
            marks.append(Mark(Kind.TOOK, date.fromisoformat(began), destination, str(took)))
    return marks


def _facts_of(tx: Connection, lead_ids: Sequence[str]) -> Iterable[tuple[_Lead, _Facts]]:
    """Read what is to be counted of some leads; one that is no more is not among them."""
    row = LeadRow
    columns = (row.id, row.notice_hash, row.form, row.channel, row.locale, row.received_at)
    query = select(*columns, row.state, row.score, row.source, row.campaign).where(row.id.in_(lead_ids))
    found: dict[str, tuple[_Lead, _Facts]] = {}
    for lead_id, notice, form, channel, locale, at, state, score, source, campaign in tx.execute(query):
        lead = _Lead(lead_id, at.astimezone(UTC).date(), notice, form, channel, locale, at)
        found[lead_id] = (lead, _Facts(state, score // BAND, source or "", campaign or ""))
    _add_decisions(tx, lead_ids, found)
    _add_deliveries(tx, lead_ids, found)
    _add_entries(tx, lead_ids, found)
    return found.values()


def _add_decisions(tx: Connection, lead_ids: Sequence[str], found: Mapping[str, tuple[_Lead, _Facts]]) -> None:
    """Add what each person decided with what they sent; what they decided later is no part of it."""
    row = DecisionRow
    mine = (row.lead_id.in_(lead_ids), row.number == 1, row.control == OPT_IN)
    query = select(row.lead_id, row.purpose, row.state).where(*mine).order_by(row.lead_id, row.purpose)
    for lead_id, purpose, state in tx.execute(query):
        facts = found[lead_id][1]
        (facts.no if state == DecisionState.REFUSED else facts.yes).append(purpose)


def _add_deliveries(tx: Connection, lead_ids: Sequence[str], found: Mapping[str, tuple[_Lead, _Facts]]) -> None:
    row = DeliveryRow
    columns = (row.lead_id, row.kind, row.destination, row.state, row.created_at, row.last_at)
    query = select(*columns).where(row.lead_id.in_(lead_ids)).order_by(row.lead_id, row.created_at, row.id)
    for lead_id, kind, destination, state, began, last_at in tx.execute(query):
        facts, arrived = found[lead_id][1], state in ARRIVED_STATES
        took = step_of(last_at - began) if state == DeliveryState.DELIVERED and last_at else None
        facts.deliveries.append((began.astimezone(UTC).date().isoformat(), destination, state, took))
        if kind == UPSERT and state != DeliveryState.CANCELLED:
            reached = {*facts.reached, "qualified", *(["delivered"] if arrived else [])}
            facts.reached = sorted(reached)


def _add_entries(tx: Connection, lead_ids: Sequence[str], found: Mapping[str, tuple[_Lead, _Facts]]) -> None:
    """Add what the evidence says: when staff first did something, and which fields were given, read and forwarded."""
    row = EvidenceRow
    mine = (row.lead_id.in_(lead_ids), row.kind.in_([*DECIDING, *USES]))
    uses: dict[tuple[str, str], set[str]] = defaultdict(set)
    first: dict[str, datetime] = {}
    for lead_id, kind, at, by_staff, body in tx.execute(
        select(row.lead_id, row.kind, row.at, row.by_staff, row.body).where(*mine)
    ):
        if lead_id is None or lead_id not in found:
            continue
        if kind in USES:
            if kind == READ and by_staff is None:
                continue  # the person looked at what is kept of them
            uses[lead_id, USES[kind]].update(json.loads(body).get("fields", ()))
        elif by_staff is not None:
            first[lead_id] = min(at, first.get(lead_id, at))
    for (lead_id, use), names in uses.items():
        found[lead_id][1].uses[use] = sorted(names)
    for lead_id, at in first.items():
        lead, facts = found[lead_id]
        facts.waited = step_of(at - lead.received_at)
