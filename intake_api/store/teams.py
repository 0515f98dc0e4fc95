"""Teams of staff: who is in which, whose turn it is, who is here today; and what was left free by hand."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, ForeignKey, Integer, String, delete, exists, insert, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.assignment import Member
from intake_api.rules.lead_state import TO_DECIDE
from intake_api.store.base import Moment, Table
from intake_api.store.leads import LEAD_COLUMNS, TAKEN_BY_NOBODY, Lead, LeadRow, lead_of
from intake_api.store.staff import StaffRow


class TeamMemberRow(Table):
    """That somebody is in a team of the catalogue. `turn` grows with each lead the team is given; 0 is none yet."""

    __tablename__ = "team_members"
    __table_args__ = ({"sqlite_with_rowid": False},)

    team: Mapped[str] = mapped_column(String(40), primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), primary_key=True)
    turn: Mapped[int] = mapped_column(Integer)


class PresenceRow(Table):
    """Until when somebody said that they are here."""

    __tablename__ = "staff_presence"

    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), primary_key=True)
    until: Mapped[datetime] = mapped_column(Moment)


class LeftFreeRow(Table):
    """A lead of which somebody of staff said that nobody has it: no rule gives it to anybody."""

    __tablename__ = "leads_left_free"

    lead_id: Mapped[str] = mapped_column(ForeignKey(LeadRow.id), primary_key=True)


class DepartureRow(Table):
    """Somebody who no longer decides, and whose leads a worker is to take out of their hand."""

    __tablename__ = "staff_departures"

    staff_id: Mapped[str] = mapped_column(ForeignKey(StaffRow.id), primary_key=True)


def teams_of(tx: Connection) -> dict[str, set[str]]:
    """Return the teams of everybody who is in one."""
    found: dict[str, set[str]] = {}
    for staff_id, team in tx.execute(select(TeamMemberRow.staff_id, TeamMemberRow.team)):
        found.setdefault(staff_id, set()).add(team)
    return found


def set_teams(tx: Connection, staff_id: str, teams: Collection[str]) -> None:
    """Put a person into these teams and no others. Whoever stays in one keeps their turn there."""
    mine = TeamMemberRow.staff_id == staff_id
    had = set(tx.scalars(select(TeamMemberRow.team).where(mine)))
    tx.execute(delete(TeamMemberRow).where(mine, TeamMemberRow.team.not_in(list(teams))))
    for team in sorted(set(teams) - had):
        tx.execute(insert(TeamMemberRow).values(team=team, staff_id=staff_id, turn=0))


def members_of(tx: Connection, team: str, *, now: datetime, hold: bool = False) -> list[Member]:
    """Return who is in a team; with `hold` nobody else gives its people anything until the transaction ends."""
    columns = TeamMemberRow.staff_id, TeamMemberRow.turn
    query = select(*columns).where(TeamMemberRow.team == team).order_by(TeamMemberRow.staff_id)
    rows = tx.execute(query.with_for_update() if hold else query).all()
    here = set(tx.scalars(select(PresenceRow.staff_id).where(PresenceRow.until > now)))
    return [Member(row.staff_id, row.turn, row.staff_id in here) for row in rows]


def note_turn(tx: Connection, team: str, staff_id: str, turn: int) -> None:
    """Write down that somebody was given a lead. The caller holds the team."""
    one = TeamMemberRow.team == team, TeamMemberRow.staff_id == staff_id
    tx.execute(update(TeamMemberRow).where(*one).values(turn=turn))


def set_here(tx: Connection, staff_id: str, until: datetime | None) -> None:
    """Write down until when a person is here; None when they leave."""
    tx.execute(delete(PresenceRow).where(PresenceRow.staff_id == staff_id))
    if until is not None:
        tx.execute(insert(PresenceRow).values(staff_id=staff_id, until=until))


def here_until(tx: Connection, staff_id: str, *, now: datetime) -> datetime | None:
    """Return until when a person said that they are here; None where they did not, or it is over."""
    query = select(PresenceRow.until).where(PresenceRow.staff_id == staff_id, PresenceRow.until > now)
    until: datetime | None = tx.scalar(query)
    return until


def leave_free(tx: Connection, lead_id: str) -> None:
    """Keep the rules from a lead."""
    take_back_free(tx, lead_id)
    tx.execute(insert(LeftFreeRow).values(lead_id=lead_id))


def take_back_free(tx: Connection, lead_id: str) -> None:
    """Let a lead no longer be kept from the rules: somebody has it in hand."""
    tx.execute(delete(LeftFreeRow).where(LeftFreeRow.lead_id == lead_id))


def is_awaited(tx: Connection, staff_id: str, *, now: datetime) -> bool:
    """Say whether a person is in a team and did not say that they are here today."""
    in_one = select(TeamMemberRow.team).where(TeamMemberRow.staff_id == staff_id).limit(1)
    return tx.scalar(in_one) is not None and here_until(tx, staff_id, now=now) is None


def find_to_assign(tx: Connection, kinds: Iterable[tuple[str, str]], *, limit: int) -> list[Lead]:
    """Return new leads of these forms and languages that nobody has, the oldest first; at most `limit`."""
    found: list[tuple[datetime, str]] = []
    for form, locale in kinds:
        query = (
            select(LeadRow.received_at, LeadRow.id)
            .where(LeadRow.form == form, LeadRow.locale == locale, text(TAKEN_BY_NOBODY))
            .where(LeadRow.restricted_until.is_(None), ~exists().where(LeftFreeRow.lead_id == LeadRow.id))
            .order_by(LeadRow.received_at, LeadRow.id)
            .limit(limit)
        )
        found += [(row.received_at, row.id) for row in tx.execute(query)]
    oldest = [lead_id for _, lead_id in sorted(found)[:limit]]
    leads = [lead_of(row) for row in tx.execute(select(*LEAD_COLUMNS).where(LeadRow.id.in_(oldest)))]
    return sorted(leads, key=lambda lead: (lead.received_at, lead.id))


def is_left_free(tx: Connection, lead_id: str) -> bool:
    """Say whether the rules are kept from a lead."""
    return tx.scalar(select(LeftFreeRow.lead_id).where(LeftFreeRow.lead_id == lead_id)) is not None


def add_departure(tx: Connection, staff_id: str) -> None:
    """Write down that a person no longer decides. The caller holds them."""
    remove_departure(tx, staff_id)
    tx.execute(insert(DepartureRow).values(staff_id=staff_id))


def remove_departure(tx: Connection, staff_id: str) -> None:
    """Write down that nothing is in the hand of who left, or that they are back."""
    tx.execute(delete(DepartureRow).where(DepartureRow.staff_id == staff_id))


def list_departures(tx: Connection) -> list[str]:
    """Return the ids of those who left and may still have leads in hand."""
    return list(tx.scalars(select(DepartureRow.staff_id)))


def leads_in_hand(tx: Connection, staff_id: str, *, limit: int) -> Sequence[str]:
    """Return the ids of leads to decide that somebody has, at most `limit`."""
    theirs = LeadRow.assigned_to == staff_id, LeadRow.state.in_(TO_DECIDE)
    return tx.scalars(select(LeadRow.id).where(*theirs).limit(limit)).all()


def remove_old(tx: Connection, *, now: datetime) -> None:
    """Delete what says nothing any more: presences that are over, and what was left free and is decided."""
    tx.execute(delete(PresenceRow).where(PresenceRow.until <= now))
    open_ones = select(LeadRow.id).where(LeadRow.id == LeftFreeRow.lead_id, LeadRow.state.in_([*TO_DECIDE]))
    tx.execute(delete(LeftFreeRow).where(~open_ones.exists()))
