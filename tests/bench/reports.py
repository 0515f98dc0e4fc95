"""How long the pages of reports take over a house that is full, by page and period, and by which plans.

A report reads kept counts and showings, and no lead. So a year of a million leads is made of these tables
only: two months of seeded leads, set six times one before the other, with numbers that add up to a million.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, func, insert, select, text

from intake_api.app import create_review_app
from intake_api.catalogue.load import load_catalogue
from intake_api.flows.count_for_reports import count_for_reports
from intake_api.flows.migrate_store import migrate_store
from intake_api.flows.open_store import open_store, ready_store
from intake_api.flows.seed_leads import seed_leads
from intake_api.queue import prepare_queue
from intake_api.settings import read_settings
from intake_api.store.base import Store, table_of
from intake_api.store.counted_leads import CountedLeadRow
from intake_api.store.notices import NoticeRow
from intake_api.store.report_counts import ReportCountRow
from intake_api.store.showings import ShowingRow
from intake_api.web.review.reports import FIRST, REPORTS
from tests.bench.asking import signed_in, timed
from tests.processes import service_environment

PERIODS = (7, 30, 90, 366)
TIMES = 12  # of each page and period, each time a period that begins on another day
MILLION, SEEDED = 1_000_000, 100_000
TEST = {"VESTIBULE_MODE": "test"}
SEEDED_DAYS = 61  # that seeded leads are spread over, the first and the last in part
PARTS = 6  # of a year


@contextmanager
def seeded(folder: Path) -> Iterator[Store]:
    """Make a house of invented leads of two months, on SQLite, with all of them counted."""
    settings = read_settings({**service_environment(folder, f"sqlite:///{folder}/source.sqlite"), **TEST})
    catalogue = load_catalogue(settings.catalogue, settings.public_url)
    with closing(open_store(settings)) as store:
        migrate_store(store)
        prepare_queue(store.url)
        ready_store(store, catalogue, settings, now=settings.clock())
        to = {"destination": settings.destination, "recipient": settings.destination_recipient}
        for _ in seed_leads(store, catalogue, count=SEEDED, mode="test", now=settings.clock(), **to):
            pass
        with store.writing() as tx:  # none of them has its place in the evidence yet; all are there to be counted
            tx.execute(text("UPDATE counting SET is_filled = FALSE"))
        count_for_reports(store)
        yield store


def stretch(source: Store, to: Store) -> dict[str, int]:
    """Fill the tables that reports read with a year of a million leads, out of a house of fewer; return their sizes."""
    sizes = {}
    with source.reading() as old, to.writing() as tx:
        leads = old.scalar(select(func.count()).select_from(CountedLeadRow)) or 0
        many = MILLION / leads / PARTS
        for row in (NoticeRow, ReportCountRow, ShowingRow):
            table = table_of(row)
            rows = [dict(one._mapping) for one in old.execute(select(table))]
            if row is NoticeRow:
                there = set(tx.scalars(select(NoticeRow.hash)))
                written = [one for one in rows if one["hash"] not in there]
            else:
                written = [one for each in rows for one in _over_a_year(each, many)]
                tx.execute(table.delete())
            for begin in range(0, len(written), 20_000):
                tx.execute(insert(table), written[begin : begin + 20_000])
            sizes[table.name] = len(written)
    return sizes


def _over_a_year(row: dict[str, Any], many: float) -> Iterator[dict[str, Any]]:
    """Say a row for each part of the year, with as many more as there are more leads."""
    name = "number" if "number" in row else "shown"
    for part in range(PARTS):
        day = row["day"] - timedelta(days=part * SEEDED_DAYS)
        yield {**row, "day": day, name: max(1, round(row[name] * many))}


def bench_reports(url: str, folder: Path, source: Store) -> dict[str, Any]:
    """Return the milliseconds of each page and period over a year of a million leads, and the plans."""
    settings = read_settings({**service_environment(folder, url), **TEST})
    catalogue = load_catalogue(settings.catalogue, settings.public_url)
    with closing(open_store(settings)) as store:
        migrate_store(store)
        prepare_queue(url)
        ready_store(store, catalogue, settings, now=settings.clock())
        sizes = stretch(source, store)
        app = create_review_app(replace(settings, review_url="http://localhost"), catalogue, store, settings.clock)
        client, today = app.test_client(), settings.clock().astimezone(UTC).date()
        client.set_cookie("vestibule", signed_in(store, settings))
        figures = {name: timed(asked, TIMES) for name, asked in reports_asked(client, today).items()}
        return {"rows": sizes, "ms": figures, "plans": report_plans(store, client, today)}


def reports_asked(client: FlaskClient, today: date) -> dict[str, Iterator[Callable[[], Any]]]:
    """Return what asks for each page, by its name and the days it is about."""
    return {f"report {name}, {days} days": _asking(client, name, days, today) for name in REPORTS for days in PERIODS}


def report_plans(store: Store, client: FlaskClient, today: date) -> dict[str, list[str]]:
    """Return how the database finds the numbers of each page, for 30 days."""
    plans = {}
    explain = "EXPLAIN QUERY PLAN " if store.url.startswith("sqlite") else "EXPLAIN "
    for name in REPORTS:
        asked: dict[str, Any] = {}

        def note(_connection: Any, _cursor: Any, sql: str, given: Any, *_more: Any, asked: Any = asked) -> None:
            if sql.startswith("SELECT") and "GROUP BY" in sql:
                asked.setdefault(sql, given)

        event.listen(store.engine, "before_cursor_execute", note)
        try:
            next(_asking(client, name, 30, today))()
        finally:
            event.remove(store.engine, "before_cursor_execute", note)
        with store.reading() as tx:
            plans[name] = [
                str(row[-1]) for sql, given in asked.items() for row in tx.exec_driver_sql(explain + sql, given)
            ]
    return plans


def _asking(client: FlaskClient, name: str, days: int, today: date) -> Iterator[Callable[[], Any]]:
    path = "/reports" if name == FIRST else f"/reports/{name}"
    for number in count():
        last = today - timedelta(days=number)
        period = {"from": (last - timedelta(days=days - 1)).isoformat(), "to": last.isoformat()}
        yield lambda period=period: _ok(client.get(path, query_string=period))


def _ok(answer: Any) -> None:
    if answer.status_code != 200:
        raise RuntimeError(f"no page: {answer.status}")
