"""Which lead is merged into which, and how both stood: values and decisions of either stay where they are (T-10)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, ForeignKey, Integer, String, delete, func, insert, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, aliased, mapped_column

from intake_api.rules.consent import PERMITS, DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.rules.merging import strictest
from intake_api.store.base import Moment, Table
from intake_api.store.decisions import DecisionRow, states_of
from intake_api.store.leads import Lead, LeadRow, change_lead


class LeadMergeRow(Table):
    """One lead that is merged into another; `into_version` is the version of that one after it."""

    __tablename__ = "lead_merges"
    __table_args__ = ({"sqlite_with_rowid": False},)

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), primary_key=True)
    into_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), index=True)
    into_version: Mapped[int] = mapped_column(Integer)
    merged_at: Mapped[datetime] = mapped_column(Moment)
    merged_by: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(24))
    delete_after: Mapped[datetime] = mapped_column(Moment)
    into_delete_after: Mapped[datetime] = mapped_column(Moment)
    end_set: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class LeadMerge:
    """A lead that is merged into another, and how both stood before; `end_set` is the end that both were given."""

    lead_id: str
    into_id: str
    into_version: int
    merged_at: datetime
    merged_by: str
    state: LeadState
    delete_after: datetime
    into_delete_after: datetime
    end_set: datetime


_COLUMNS = tuple(LeadMergeRow.__table__.c[name] for name in LeadMerge.__dataclass_fields__)


def add_merge(tx: Connection, stays: Lead, merged: Lead, *, end: datetime, staff_id: str, now: datetime) -> None:
    """Merge a lead into another one, both as they were read and held; both end at `end`.

    :raises LeadChanged: somebody changed one of them since it was read.
    """
    change_lead(tx, stays, {"delete_after": end})
    change_lead(tx, merged, {"state": LeadState.MERGED, "delete_after": end})
    merge = LeadMerge(
        lead_id=merged.id,
        into_id=stays.id,
        into_version=stays.version + 1,
        merged_at=now,
        merged_by=staff_id,
        state=merged.state,
        delete_after=merged.delete_after,
        into_delete_after=stays.delete_after,
        end_set=end,
    )
    tx.execute(insert(LeadMergeRow).values(**{name: getattr(merge, name) for name in LeadMerge.__dataclass_fields__}))


def remove_merge(tx: Connection, merge: LeadMerge) -> None:
    """Let a lead be merged no more. The caller has given both back how they stood."""
    tx.execute(delete(LeadMergeRow).where(LeadMergeRow.lead_id == merge.lead_id))


def find_merge(tx: Connection, lead_id: str) -> LeadMerge | None:
    """Return into what a lead is merged."""
    return next(iter(_merges(tx, LeadMergeRow.lead_id == lead_id)), None)


def list_merged(tx: Connection, lead_id: str) -> list[LeadMerge]:
    """Return what is merged into a lead, the last one first."""
    return _merges(tx, LeadMergeRow.into_id == lead_id)


def merges_among(tx: Connection, lead_ids: Iterable[str]) -> list[LeadMerge]:
    """Return the merges that some leads are part of, on either side."""
    ids = list(lead_ids)
    return _merges(tx, or_(LeadMergeRow.lead_id.in_(ids), LeadMergeRow.into_id.in_(ids)))


def merged_with(tx: Connection, lead_id: str) -> list[str]:
    """Return the ids of all leads that are one with a lead by merging, without its own."""
    merges = merges_among(tx, [lead_id])
    stays = next((one.into_id for one in merges if one.lead_id == lead_id), lead_id)
    if stays != lead_id:
        merges = list_merged(tx, stays)
    return sorted({stays, *(one.lead_id for one in merges)} - {lead_id})


def find_stranded(tx: Connection, *, limit: int = 100) -> list[LeadMerge]:
    """Return merges of which the lead that stays was erased, and the other one was not."""
    stays, merged = aliased(LeadRow), aliased(LeadRow)
    query = select(*_COLUMNS).join(stays, stays.id == LeadMergeRow.into_id)
    query = query.join(merged, merged.id == LeadMergeRow.lead_id)
    rows = tx.execute(query.where(stays.state == LeadState.ERASED, merged.state == LeadState.MERGED).limit(limit))
    return [LeadMerge(**{**row._mapping, "state": LeadState(row.state)}) for row in rows]


def states_together(tx: Connection, lead_ids: Iterable[str]) -> dict[str, dict[str, DecisionState]]:
    """Return the present state of each purpose of many leads, by lead: the strictest of what is merged into it."""
    ids = list(lead_ids)
    merges = _merges(tx, LeadMergeRow.into_id.in_(ids))
    states = states_of(tx, [*ids, *(one.lead_id for one in merges)])
    found = {lead_id: dict(states.get(lead_id, {})) for lead_id in ids}
    for merge in merges:
        own, others = found[merge.into_id], states.get(merge.lead_id, {})
        own |= {purpose: strictest([own[purpose], others[purpose]]) for purpose in own.keys() & others.keys()}
    return found


def forbidden_by_merged(lead_id: InstrumentedAttribute[str], purpose: str) -> ColumnElement[bool]:
    """Ask for leads into which one is merged whose newest event of a purpose does not permit it."""
    newer = aliased(DecisionRow)
    same = (newer.lead_id == DecisionRow.lead_id, newer.purpose == DecisionRow.purpose)
    last = select(func.max(newer.number)).where(*same).correlate(DecisionRow).scalar_subquery()
    said = (DecisionRow.purpose == purpose, DecisionRow.state.not_in(sorted(PERMITS)), DecisionRow.number == last)
    no = select(DecisionRow.lead_id).join(LeadMergeRow, LeadMergeRow.lead_id == DecisionRow.lead_id)
    return no.where(LeadMergeRow.into_id == lead_id, *said).exists()


def _merges(tx: Connection, which: ColumnElement[bool]) -> list[LeadMerge]:
    rows = tx.execute(select(*_COLUMNS).where(which).order_by(LeadMergeRow.into_version.desc(), LeadMergeRow.lead_id))
    return [LeadMerge(**{**row._mapping, "state": LeadState(row.state)}) for row in rows]
