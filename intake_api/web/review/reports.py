"""Reports: how it goes, in numbers, pictures and tables. No lead is opened and no person is in them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from intake_api.catalogue.model import Catalogue
from intake_api.flows.note_export import note_export
from intake_api.rules.period import CHOICES, USUAL, Period, PeriodInvalid, days_between, days_until
from intake_api.rules.staff_roles import StaffAct
from intake_api.store.counted_leads import current_counts
from intake_api.store.report_counts import Counts
from intake_api.web.access import open_to
from intake_api.web.door import door
from intake_api.web.errors import RequestProblem
from intake_api.web.review.campaign_report import campaign_tables
from intake_api.web.review.field_report import field_tables
from intake_api.web.review.lead_report import lead_tables
from intake_api.web.review.pace_report import pace_tables
from intake_api.web.review.path_report import path_tables
from intake_api.web.review.permits import needs, person
from intake_api.web.review.report_files import COMMA, SEPARATORS, XLSX, XLSX_TYPE, Origin, as_csv, as_xlsx
from intake_api.web.review.report_tables import Table, picture_of, shown, shown_change
from intake_api.web.review.tongue import _l
from intake_api.web.review.words import FILES
from intake_api.web.shapes import Choice, Shape, Text
from intake_api.web.strict_query import read_query

reports = Blueprint("reports", __name__, template_folder="templates")
Build = Callable[[Counts, Catalogue, Period], Sequence[Table]]


@dataclass(frozen=True)
class Report:
    """One page of reports: what it is called, what it is for, and what makes its tables."""

    title: str
    lead_in: str
    build: Build


FIRST = "leads"
REPORTS: Mapping[str, Report] = {
    FIRST: Report(_l("What came in"), _l("Every lead that came, whatever became of it since."), lead_tables),
    "path": Report(_l("How far it goes"), _l("From a form that is shown to a lead that is delivered."), path_tables),
    "pace": Report(_l("Pace and outcome"), _l("How long people wait, and what becomes of leads."), pace_tables),
    "campaigns": Report(
        _l("Where it comes from"), _l("Sources and campaigns, and what came of them."), campaign_tables
    ),
    "fields": Report(
        _l("What is asked for"),
        _l("A field that nobody reads and no destination takes is one to stop asking."),
        field_tables,
    ),
}


class PeriodQuery(Shape):
    """So many days until today, or from one day to another."""

    days = Choice(*map(str, CHOICES))
    from_ = Text(10, data_key="from", attribute="from")
    to = Text(10)


class FileQuery(PeriodQuery):
    """A period, and what stands between the cells of the file."""

    separator = Choice(*SEPARATORS)


@dataclass(frozen=True)
class Chosen:
    """The period that is looked at, and what stands for it in an address."""

    period: Period
    args: dict[str, str]


@reports.get("/reports", defaults={"name": FIRST})
@reports.get("/reports/<name>")
@open_to("staff")
@needs(StaffAct.SEE_REPORTS)
def show(name: str) -> ResponseReturnValue:
    """Show one page of reports; the address says the period."""
    report = _report(name)
    today = door().now().astimezone(UTC).date()
    chosen = period_of(read_query(PeriodQuery()), today)
    with door().store.reading() as tx:
        counts = current_counts(tx)
        tables = report.build(counts, door().catalogue, chosen.period)
    return render_template(
        "review/reports.html",
        name=name,
        report=report,
        reports=REPORTS,
        tables=[(table, picture_of(table)) for table in tables],
        chosen=chosen,
        choices=CHOICES,
        today=today,
        files=FILES,
        counts=counts,
        shown=shown,
        shown_change=shown_change,
    )


@reports.get("/reports/<name>/<table_name>.csv")
@open_to("staff")
@needs(StaffAct.SEE_REPORTS)
def take_out(name: str, table_name: str) -> Response:
    """Give one table as CSV. That it was taken out is written down first, and the file bears the entry's number."""
    asked = read_query(FileQuery())
    separator = asked.pop("separator", COMMA)
    taken = _taken(name, table_name, asked, separator)
    return _file(taken, "csv", "text/csv; charset=utf-8", as_csv(taken.table, separator))


@reports.get("/reports/<name>/<table_name>.xlsx")
@open_to("staff")
@needs(StaffAct.SEE_REPORTS)
def take_workbook(name: str, table_name: str) -> Response:
    """Give one table as XLSX, written down as well; the number of the entry stands in the file, too."""
    taken = _taken(name, table_name, read_query(PeriodQuery()), XLSX)
    return _file(taken, "xlsx", XLSX_TYPE, as_xlsx(taken.table, taken.origin))


@dataclass(frozen=True)
class Taken:
    """A table on its way out of the house, and what says so."""

    table: Table
    origin: Origin
    name: str


def _taken(name: str, table_name: str, asked: dict[str, str], shape: str) -> Taken:
    """Find a table, and write down that it is taken out.

    :raises RequestProblem: 404 `not_found`, 422 `query_invalid`.
    :raises StoreUnavailable: it cannot be written down, so nothing is handed out.
    """
    here, report, now = door(), _report(name), door().now()
    period = period_of(asked, now.astimezone(UTC).date()).period
    with here.store.reading() as tx:
        tables = report.build(current_counts(tx), here.catalogue, period)
    table = next((one for one in tables if one.name == table_name), None)
    if table is None:
        raise RequestProblem("not_found")
    entry = note_export(
        here.store, report=name, table=table.name, period=period, shape=shape, staff_id=person().id, now=now
    )
    return Taken(table, Origin(entry, report.title, period.first, period.last, now.astimezone(UTC).date()), name)


def _file(taken: Taken, ending: str, content_type: str, content: bytes) -> Response:
    origin = taken.origin
    file_name = f"{taken.name}-{taken.table.name}-{origin.first}-{origin.last}-{origin.export[:8]}.{ending}"
    disposition = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response(content, content_type=content_type, headers=disposition)


def period_of(asked: dict[str, str], today: date) -> Chosen:
    """Return the period the address asks for: of several ways to say one, exactly one.

    :raises RequestProblem: 422 `query_invalid`.
    """
    if not asked:
        return Chosen(days_until(today, USUAL), {"days": str(USUAL)})
    if asked.keys() == {"days"}:
        return Chosen(days_until(today, int(asked["days"])), asked)
    if asked.keys() != {"from", "to"}:
        raise RequestProblem("query_invalid")
    try:
        return Chosen(days_between(asked["from"], asked["to"], today=today), asked)
    except PeriodInvalid:
        raise RequestProblem("query_invalid") from None


def _report(name: str) -> Report:
    if name not in REPORTS:
        raise RequestProblem("not_found")
    return REPORTS[name]
