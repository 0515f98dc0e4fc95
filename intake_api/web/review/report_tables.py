"""What a table of a report is, how its cells are written for people, and the picture that is drawn of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

from intake_api.web.review import pictures
from intake_api.web.review.pictures import Bar, spaced
from intake_api.web.review.tongue import _, speech
from intake_api.web.review.words import date_said

NOTHING = "–"


@dataclass(frozen=True)
class Share:
    """A part of a whole; nothing of nothing is no share."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """Return it as a number, 1 being all."""
        return self.part / self.whole if self.whole else None


Single = str | int | Decimal | date | timedelta | Share | None  # a Decimal is an average


@dataclass(frozen=True)
class Both:
    """A cell of this period and the same of the period before."""

    now: Single
    before: Single

    @property
    def change(self) -> float | None:
        """Return how a number differs from what it was, 1 being twice as many; None of what is no number."""
        if not isinstance(self.now, int | Decimal) or not isinstance(self.before, int | Decimal) or not self.before:
            return None
        return float(Decimal(self.now) / Decimal(self.before)) - 1


Cell = Single | Both
Row = Sequence[Cell]


def beside(now: Iterable[Single], before: Iterable[Single]) -> list[Both]:
    """Set cells beside those of the period before."""
    return [Both(*pair) for pair in zip(now, before, strict=True)]


@dataclass(frozen=True)
class Table:
    """One table: its name in addresses, what it is called, and what stands in it. The first column names the row.

    `note` says what the numbers are and are not; `bars` are what a picture is drawn of, days standing and others lying.
    A wide one has a row of the page for itself, a tall one stands beside two others. Headline numbers are set large.
    `sheet` names the sheet of a workbook that does not hold numbers.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    note: str = ""
    bars: Sequence[Bar] = ()
    is_by_day: bool = False
    is_wide: bool = False
    is_tall: bool = False
    is_headline: bool = False
    sheet: str = ""

    @property
    def has_before(self) -> bool:
        """Say whether its picture shows the period before as well."""
        return any(bar.before is not None for bar in self.bars)


def flat(table: Table) -> tuple[list[str], list[list[Single]]]:
    """Return the columns and rows of a table for files: what stands in one cell beside the period before has two."""
    both = [any(isinstance(row[place], Both) for row in table.rows) for place in range(len(table.columns))]
    columns: list[str] = []
    for column, has_before in zip(table.columns, both, strict=True):
        columns += [column, _("%(column)s, before", column=column)] if has_before else [column]
    rows: list[list[Single]] = []
    for row in table.rows:
        cells: list[Single] = []
        for cell in row:
            cells += [cell.now, cell.before] if isinstance(cell, Both) else [cell]
        rows.append(cells)
    return columns, rows


def shown(cell: Single) -> str:
    """Write a cell for people."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int):
        return spaced(cell)
    if isinstance(cell, Decimal):
        return str(format_decimal(cell, "0.0", locale=speech()))
    if isinstance(cell, date):
        return date_said(cell)
    if isinstance(cell, timedelta):
        return how_long(cell)
    if cell is None or cell.value is None:
        return NOTHING
    return percent(cell.value)


def shown_change(both: Both) -> str:
    """Write how a number changed, with its sign; nothing where there is none to tell."""
    if both.change is None:
        return ""
    change = round(both.change, 2)
    return ("+" if change > 0 else "") + percent(change)


def how_long(passed: timedelta) -> str:
    """Write a span of time in the unit that says most."""
    seconds = passed.total_seconds()
    for say, unit in ((_days, 86400), (_hours, 3600), (_minutes, 60)):
        if seconds >= 2 * unit:
            return say(format_decimal(seconds / unit, "0.0", locale=speech()))
    return _("%(count)s s", count=f"{seconds:.0f}")


def percent(share: float) -> str:
    """Write a share as the reader's language does."""
    return format_percent(share, locale=speech())


def _days(count: str) -> str:
    return _("%(count)s d", count=count)


def _hours(count: str) -> str:
    return _("%(count)s h", count=count)


def _minutes(count: str) -> str:
    return _("%(count)s min", count=count)


def picture_of(table: Table) -> Markup | None:
    """Draw a table; None where nothing in it can be drawn, or nothing was counted."""
    if not any(bar.value or bar.before for bar in table.bars):
        return None
    draw = pictures.columns if table.is_by_day else pictures.rows
    return draw(f"picture-{table.name}", table.title, summary_of(table.bars), table.bars)


def summary_of(bars: Iterable[Bar]) -> str:
    """Say a picture in words: its largest numbers, and how many more there are."""
    ordered = sorted(bars, key=lambda bar: -bar.value)
    said = [f"{bar.label}: {bar.value_said}" for bar in ordered[:5]]
    return "; ".join([*said, _("%(count)s more", count=len(ordered) - 5)] if len(ordered) > 5 else said)
