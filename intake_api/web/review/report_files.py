"""A table of a report as a file for spreadsheets: CSV as RFC 4180 has it, in UTF-8 with its mark, or XLSX.

Text stays text and never becomes a formula (SEC-16); numbers, shares, days and spans are what a spreadsheet reckons
with.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Protocol

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from intake_api.rules.spreadsheet import text_cell
from intake_api.web.review.report_tables import NOTHING, Single, Table, flat, shown
from intake_api.web.review.tongue import _

COMMA, SEMICOLON = "comma", "semicolon"
SEPARATORS: Mapping[str, str] = {COMMA: ",", SEMICOLON: ";"}
XLSX, XLSX_TYPE = "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Nothing is guessed from what a text looks like: no formula, link or number.
NO_GUESSING = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
NARROW, WIDE = 8, 48  # letters
MANY_ROWS = 1000
FORMATS = {int: "#,##0", Decimal: "#,##0.0", float: "0.0%", date: "yyyy-mm-dd", timedelta: "[h]:mm:ss"}


class SaysWhatItIs(Protocol):
    """What an XLSX file says of itself: below each printed page its number, on its second sheet all of it (X-06)."""

    @property
    def export(self) -> str:
        """Return the number of the export."""

    def about(self, table: Table) -> Mapping[str, str]:
        """Return what stands on the second sheet, by its name there."""


@dataclass(frozen=True)
class Origin:
    """What the file of a report says of itself."""

    export: str
    report: str
    first: date
    last: date
    taken_on: date

    def about(self, table: Table) -> Mapping[str, str]:
        """Return what stands on the second sheet, by its name there."""
        return {
            _("Table"): table.title,
            _("Report"): str(self.report),
            _("Days"): f"{self.first.isoformat()} – {self.last.isoformat()} (UTC)",
            _("Taken out on"): self.taken_on.isoformat(),
            _("Export"): self.export,
            _("What it is"): str(table.note),
        }


def as_csv(table: Table, separator: str) -> bytes:
    """Return the columns' names and all rows.

    :param separator: `comma`, or `semicolon`, with which fractions have a decimal comma: what spreadsheets expect
        where a comma stands before decimals.
    """
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=SEPARATORS[separator])
    columns, rows = flat(table)
    writer.writerow([text_cell(column) for column in columns])
    writer.writerows([_cell(cell, separator) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(table: Table, origin: SaysWhatItIs) -> bytes:
    """Return a workbook: the table with its names in bold, and a sheet that says which export it is."""
    written = io.BytesIO()
    export = _("Vestibule export %(number)s", number=origin.export)
    book = Workbook(written, NO_GUESSING)
    book.set_properties({"title": table.title, "comments": export})
    columns, rows = flat(table)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet(table.sheet or _("Numbers"))
    sheet.set_footer(f"&L{export}&R&P / &N")
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, text_cell(column), bold)
        sheet.set_column(place, place, _width(column, [row[place] for row in rows]))
    formats = {kind: book.add_format({"num_format": code}) for kind, code in FORMATS.items()}
    for number, row in enumerate(rows, 1):
        for place, cell in enumerate(row):
            _write(sheet, number, place, cell, formats)
    _describe(book.add_worksheet(_("About this file")), bold, origin.about(table))
    book.close()
    return written.getvalue()


def _write(sheet: Worksheet, row: int, place: int, cell: Single, formats: Mapping[type, Format]) -> None:
    """Write one cell as what it is: a text only ever as a text."""
    if isinstance(cell, str):
        sheet.write_string(row, place, text_cell(cell))
    elif isinstance(cell, int):
        sheet.write_number(row, place, cell, formats[int])
    elif isinstance(cell, Decimal):
        sheet.write_number(row, place, float(cell), formats[Decimal])
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, datetime.combine(cell, time()), formats[date])
    elif isinstance(cell, timedelta):
        sheet.write_number(row, place, cell / timedelta(days=1), formats[timedelta])
    elif cell is not None and cell.value is not None:
        sheet.write_number(row, place, cell.value, formats[float])


def _describe(sheet: Worksheet, bold: Format, said: Mapping[str, str]) -> None:
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 90)
    for row, (name, value) in enumerate(said.items()):
        sheet.write_string(row, 0, name, bold)
        sheet.write_string(row, 1, text_cell(value))


def _width(column: str, cells: Sequence[Single]) -> int:
    """Return how wide a column is, in letters: as its longest cell, its name on up to two lines, within bounds."""
    longest = max((len(shown(cell)) for cell in cells[:MANY_ROWS]), default=len(NOTHING))
    return max(NARROW, min(WIDE, max(longest + 2, len(column) // 2 + 4)))


def _cell(cell: Single, separator: str) -> str | int:
    """Write a cell for a program: numbers, fractions of one, days as 2026-11-21, spans as hours:minutes:seconds."""
    if isinstance(cell, str):
        return text_cell(cell)
    if isinstance(cell, int):
        return cell
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    value = cell if cell is None or isinstance(cell, Decimal) else cell.value
    if value is None:
        return ""
    number = f"{value:.4f}"
    return number.replace(".", ",") if separator == SEMICOLON else number
