"""How often each notice was shown, by day, form, language and channel. A count is all that is kept of a showing: no
visitor has a row, an id or a time (M-06).

A door counts in its memory and writes every few seconds, so that showing a form costs the database nothing. What was
counted since is lost when a process is killed; who asks for the figures is told that they are counts, not evidence.
"""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, Connection, Date, String, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.store.base import Table, table_of
from intake_api.store.decisions import DecisionRow
from intake_api.store.leads import LeadRow
from intake_api.store.presentations import Outcome, Presentation, PresentationRow


class ShowingRow(Table):
    """How often one notice was shown in one channel on one day (UTC)."""

    __tablename__ = "showings"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    notice_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    form: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(8))
    shown: Mapped[int]


@dataclass(frozen=True, order=True)
class Place:
    """Where a form was shown."""

    form: str
    locale: str
    channel: str


@dataclass(frozen=True)
class Shown:
    """What became of the showings of a form in one place: sent, refused, or neither (yet)."""

    shown: int
    sent: int
    refused: int
    decided: dict[str, dict[str, int]]  # by purpose: how many leads have which state of the first decision

    @property
    def ignored(self) -> int:
        """How many were neither sent nor refused; never below zero, though counts of a killed process are lost."""
        return max(0, self.shown - self.sent - self.refused)


Counts = Counter[tuple[date, str, str, str, str]]  # by day, notice, channel, form and locale


class Showings:
    """The counts of a process that are not written yet. Any thread may count."""

    def __init__(self) -> None:
        self._counts: Counts = Counter()
        self._lock = threading.Lock()

    def count(self, shown: Presentation) -> None:
        """Count one showing."""
        day = shown.shown_at.astimezone(UTC).date()
        with self._lock:
            self._counts[day, shown.notice_hash, shown.channel, shown.form, shown.locale] += 1

    def take(self) -> Counts:
        """Return what is to be written, and begin anew."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
            return taken

    def give_back(self, taken: Counts) -> None:
        """Count again what could not be written."""
        with self._lock:
            self._counts.update(taken)


def add_showings(tx: Connection, counts: Counts) -> None:
    """Add counts to those that are written."""
    if not counts:
        return
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    names = ("day", "notice_hash", "channel", "form", "locale")
    rows = [{**dict(zip(names, place, strict=True)), "shown": shown} for place, shown in sorted(counts.items())]
    added = insert(ShowingRow)
    more = {"shown": ShowingRow.shown + added.excluded.shown}
    tx.execute(added.on_conflict_do_update(index_elements=["day", "notice_hash", "channel"], set_=more), rows)


def read_showings(tx: Connection, *, since: date) -> dict[Place, Shown]:
    """Return what became of everything shown since the beginning of a day (UTC), by place.

    The decisions are those made by sending; what was withdrawn or confirmed later is no part of them.
    """
    begin = datetime(since.year, since.month, since.day, tzinfo=UTC)
    shown = _counted(tx, ShowingRow, func.sum(ShowingRow.shown), ShowingRow.day >= since)
    answered = {
        outcome: _counted(
            tx, PresentationRow, func.count(), PresentationRow.shown_at >= begin, PresentationRow.outcome == outcome
        )
        for outcome in Outcome
    }
    decided = _decided(tx, begin)
    places = sorted(shown.keys() | answered[Outcome.SUBMITTED].keys() | answered[Outcome.REFUSED].keys())
    return {
        place: Shown(
            shown.get(place, 0),
            answered[Outcome.SUBMITTED].get(place, 0),
            answered[Outcome.REFUSED].get(place, 0),
            decided.get(place, {}),
        )
        for place in places
    }


def _counted(
    tx: Connection, row: type[Table], number: ColumnElement[int], *only: ColumnElement[bool]
) -> dict[Place, int]:
    columns = [table_of(row).c[name] for name in ("form", "locale", "channel")]
    query = select(*columns, number).where(*only).group_by(*columns)
    return {Place(row[0], row[1], row[2]): int(row[3]) for row in tx.execute(query)}


def _decided(tx: Connection, begin: datetime) -> dict[Place, dict[str, dict[str, int]]]:
    columns = (LeadRow.form, LeadRow.locale, LeadRow.channel, DecisionRow.purpose, DecisionRow.state)
    query = (
        select(*columns, func.count())
        .join(LeadRow, LeadRow.id == DecisionRow.lead_id)
        .where(DecisionRow.number == 1, LeadRow.received_at >= begin)
        .group_by(*columns)
    )
    found: dict[Place, dict[str, dict[str, int]]] = {}
    for form, locale, channel, purpose, state, count in tx.execute(query):
        found.setdefault(Place(form, locale, channel), {}).setdefault(purpose, {})[state] = count
    return found
