"""What staff did to a lead and can still undo, with how it stood before. Nothing is here of what has left the house."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, Connection, ForeignKey, Integer, String, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.lead_state import Act, LeadState
from intake_api.rules.merging import restored_end
from intake_api.rules.suspicion import Reason
from intake_api.store.base import Moment, Table
from intake_api.store.leads import Lead, LeadRow, change_lead


class LeadMoveRow(Table):
    """One act of staff. `version` is the lead's after it; `end_set` the end that this act gave it, if it gave one."""

    __tablename__ = "lead_moves"
    __table_args__ = ({"sqlite_with_rowid": False},)

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    act: Mapped[str] = mapped_column(String(24))
    state: Mapped[str] = mapped_column(String(24))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decline_reason: Mapped[str | None] = mapped_column(String(40))
    held_for: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    delete_after: Mapped[datetime] = mapped_column(Moment)
    end_set: Mapped[datetime | None] = mapped_column(Moment)
    follow_up_by: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class LeadMove:
    """An act that can be undone, and how the lead stood before it."""

    version: int
    act: Act
    state: LeadState
    decided_at: datetime | None
    decided_by: str | None
    decline_reason: str | None
    held_for: list[str] | None
    delete_after: datetime
    end_set: datetime | None
    follow_up_by: datetime | None

    def end(self, lead: Lead) -> datetime:
        """Return until when the lead is kept once this is undone: as before, unless the person changed it meanwhile."""
        if self.end_set is None:
            return lead.delete_after
        return restored_end(self.delete_after, self.end_set, lead.delete_after)


_BEFORE = ("state", "decided_at", "decided_by", "decline_reason", "held_for", "delete_after", "follow_up_by")
_COLUMNS = tuple(LeadMoveRow.__table__.c[name] for name in LeadMove.__dataclass_fields__)


def add_move(tx: Connection, before: Lead, act: Act, *, end_set: datetime | None = None) -> None:
    """Keep how a lead stood before an act of staff, which has just moved it."""
    stood = {name: getattr(before, name) for name in _BEFORE}
    values = {"lead_id": before.id, "version": before.version + 1, "act": act, "end_set": end_set, **stood}
    tx.execute(insert(LeadMoveRow).values(**values))


def hold_as_spam(tx: Connection, lead: Lead, to: LeadState, *, delete_after: datetime, now: datetime, by: str) -> None:
    """Hold a lead that nobody is to be mailed about, if nobody changed it since it was read.

    :raises LeadChanged: somebody did.
    """
    held = {"state": to, "held_for": lead.held_for or [Reason.MARKED], "delete_after": delete_after}
    change_lead(tx, lead, {**held, "decided_at": now, "decided_by": by, "decline_reason": None})


def bring_back(tx: Connection, lead: Lead, move: LeadMove) -> None:
    """Give a lead back how it stood before an act, if nobody changed it since it was read, and let go of the act.

    :raises LeadChanged: somebody did.
    """
    stood = {name: getattr(move, name) for name in _BEFORE}
    set_since = {"follow_up_by": lead.follow_up_by} if lead.follow_up_by else {}
    change_lead(tx, lead, {**stood, "delete_after": move.end(lead), **set_since})
    tx.execute(delete(LeadMoveRow).where(LeadMoveRow.lead_id == lead.id, LeadMoveRow.version == move.version))


def last_move(tx: Connection, lead_id: str) -> LeadMove | None:
    """Return the act that would be undone next; None when there is none any more."""
    of_lead = select(*_COLUMNS).where(LeadMoveRow.lead_id == lead_id)
    row = tx.execute(of_lead.order_by(LeadMoveRow.version.desc()).limit(1)).first()
    if row is None:
        return None
    return LeadMove(**{**row._mapping, "act": Act(row.act), "state": LeadState(row.state)})


def forget_moves(tx: Connection, lead_id: str, act: Act | None = None) -> None:
    """Let nothing be undone any more, or nothing up to the last such act: what it led to has left the house."""
    gone = delete(LeadMoveRow).where(LeadMoveRow.lead_id == lead_id)
    if act is not None:
        until = select(LeadMoveRow.version).where(LeadMoveRow.lead_id == lead_id, LeadMoveRow.act == act)
        last = tx.scalar(until.order_by(LeadMoveRow.version.desc()).limit(1))
        if last is None:
            return
        gone = gone.where(LeadMoveRow.version <= last)
    tx.execute(gone)
