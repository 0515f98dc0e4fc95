"""Numbers for reports, by day: kept, since a report that goes through a million leads takes seconds.

A count says how many, of which kind, on which day (UTC), and by up to three names: codes of ours, names of fields, and
the source and campaign of a link. No lead, person or moment is in it, so it outlives them. `counted_leads` makes it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, Date, String, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.period import Period
from intake_api.store.base import Table, table_of
from intake_api.store.presentations import Presentation


class Kind(StrEnum):
    """What is counted, and by which names. The day is the one on which the lead came, where nothing else is said."""

    CAME = "came"  # leads by form, channel and language
    NOTICE = "notice"  # leads by notice and channel
    REFUSED = "refused"  # refusals by notice, on the day on which it was shown; written with each, as it is no lead's
    DECIDED = "decided"  # visitors by notice, purpose that wants a yes, and `yes` or `no`
    REACHED = "reached"  # leads of visitors by form and `qualified` or `delivered`
    WAITED = "waited"  # leads that staff did something about, by form and step of the time until then
    STANDS = "stands"  # leads by band of their score and state
    SOURCE = "source"  # leads by source, campaign and state
    FIELD = "field"  # leads by form, field and what was done with it
    DELIVERY = "delivery"  # deliveries by destination and state, on the day they began
    TOOK = "took"  # deliveries that arrived, by destination and step of the time until then, on the day they began


class ReportCountRow(Table):
    """One count. What a name of it says depends on its kind; one that is not needed is empty."""

    __tablename__ = "report_counts"
    __table_args__ = ({"sqlite_with_rowid": False},)

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    one: Mapped[str] = mapped_column(String(64), primary_key=True)
    two: Mapped[str] = mapped_column(String(64), primary_key=True)
    three: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


class Mark(NamedTuple):
    """One more, or one less, of a kind."""

    kind: Kind
    day: date
    one: str = ""
    two: str = ""
    three: str = ""


@dataclass(frozen=True)
class Counts:
    """The kept counts, and with them what happened since they were last made: together they are what is true now.

    `is_behind` says that so much happened since that it is not among them; `is_filling` that older leads are not.
    """

    tx: Connection
    since: Mapping[Mark, int] = field(default_factory=dict)
    is_behind: bool = False
    is_filling: bool = False

    def by(self, kind: Kind, period: Period, *names: str) -> Counter[tuple[str, ...]]:
        """Add up a kind over the days of a period, by some of its names (`one`, `two`, `three`)."""
        row = table_of(ReportCountRow)
        columns = [row.c[name] for name in names]
        mine = (row.c.kind == kind, row.c.day >= period.first, row.c.day <= period.last)
        query = select(func.sum(row.c.number), *columns).where(*mine).group_by(*columns)
        found = Counter({tuple(key): int(number) for number, *key in self.tx.execute(query) if number})
        for mark, number in self.since.items():
            if mark.kind == kind and period.first <= mark.day <= period.last:
                found[tuple(getattr(mark, name) for name in names)] += number
        return Counter({key: number for key, number in found.items() if number})

    def by_day(self, kind: Kind, period: Period) -> dict[date, int]:
        """Add up a kind for each day of a period; days without any are not among them."""
        row = ReportCountRow
        mine = (row.kind == kind, row.day >= period.first, row.day <= period.last)
        query = select(row.day, func.sum(row.number)).where(*mine).group_by(row.day)
        found = Counter({day: int(number) for day, number in self.tx.execute(query)})
        for mark, number in self.since.items():
            if mark.kind == kind and period.first <= mark.day <= period.last:
                found[mark.day] += number
        return {day: number for day, number in found.items() if number}


def refusal(shown: Presentation) -> Mark:
    """Return what somebody counts for who said no to what they were shown."""
    return Mark(Kind.REFUSED, shown.shown_at.astimezone(UTC).date(), shown.notice_hash)


def add_marks(tx: Connection, changes: Mapping[Mark, int]) -> None:
    """Add to the counts, or take away; what comes to nothing goes. Of leads only `counted_leads` does, by turns."""
    rows = [{**mark._asdict(), "number": number} for mark, number in sorted(changes.items()) if number]
    if not rows:
        return
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    added, key = insert(ReportCountRow), list(Mark._fields)
    more = {"number": ReportCountRow.number + added.excluded.number}
    tx.execute(added.on_conflict_do_update(index_elements=key, set_=more), rows)
    if fewer := [mark for mark, number in changes.items() if number < 0]:
        _drop_empty(tx, fewer)


def _drop_empty(tx: Connection, marks: list[Mark]) -> None:
    row = ReportCountRow
    for mark in marks:
        same = (row.kind == mark.kind, row.day == mark.day, row.one == mark.one, row.two == mark.two)
        tx.execute(delete(row).where(*same, row.three == mark.three, row.number == 0))
