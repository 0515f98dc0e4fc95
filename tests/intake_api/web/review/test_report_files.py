"""Tables taken out as files: what spreadsheets read, no formula, and on the record."""

import csv
import io
import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.rules.staff_roles import Role
from intake_api.store.base import Store
from intake_api.web.review.report_files import SEPARATORS, as_csv
from intake_api.web.review.report_tables import Both, Share, Table
from intake_api.web.review.reports import FIRST, REPORTS
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, words_of

WORDS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30)


@pytest.fixture
def team_lead(reviewing: MakeReviewer) -> Browser:
    """Marta, who leads the team."""
    return reviewing("marta@tidewick.example", roles=[Role.LEAD])


def read(content: bytes, separator: str) -> list[list[str]]:
    """Read a file strictly, as another program would."""
    assert content.startswith(b"\xef\xbb\xbf")
    written = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.reader(written, delimiter=SEPARATORS[separator], strict=True))


class TestCsv:
    @pytest.mark.parametrize("separator", SEPARATORS)
    @given(st.lists(st.tuples(WORDS, st.integers(-(10**9), 10**9)), max_size=8))
    def test_sec16_any_text_comes_back_and_is_no_formula(self, separator: str, rows: list[tuple[str, int]]) -> None:
        found = read(as_csv(Table("t", "T", ("Name", "Number"), rows), separator), separator)
        assert found[0] == ["Name", "Number"]
        assert [row[1] for row in found[1:]] == [str(number) for _, number in rows]
        for (name, _), (cell, _) in zip(rows, found[1:], strict=True):
            assert cell in (name, "'" + name)
            assert cell.lstrip(" \"'")[:1] not in {*"=+-@＝＋－＠"} or cell.startswith("'")

    def test_numbers_days_and_spans_are_what_spreadsheets_reckon_with(self) -> None:
        row = (
            "Demo",
            1200,
            Share(1, 4),
            Both(1, Share(3, 4)),
            date(2026, 11, 1),
            timedelta(hours=30, seconds=5),
            None,
            Share(0, 0),
        )
        table = Table("t", "T", [f"c{number}" for number in range(len(row))], [row])
        whole = ["Demo", "1200", "0.2500", "1", "0.7500", "2026-11-01", "30:00:05", "", ""]
        assert read(as_csv(table, "comma"), "comma")[0][2:6] == ["c2", "c3", "c3, before", "c4"]
        assert read(as_csv(table, "comma"), "comma")[1] == whole
        assert read(as_csv(table, "semicolon"), "semicolon")[1] == [cell.replace(".", ",") for cell in whole]


class TestFiles:
    @pytest.mark.parametrize("separator", SEPARATORS)
    def test_x06_each_file_a_page_offers_can_be_taken_and_is_on_the_record(
        self,
        team_lead: Browser,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        separator: str,
        reviewing: MakeReviewer,
    ) -> None:
        keep_lead(store, catalogue, now=clock())
        links = [
            link
            for name in REPORTS
            for link in team_lead.page("/reports" if name == FIRST else f"/reports/{name}").links
            if f"separator={separator}" in link
        ]
        assert len(links) > len(REPORTS)
        for link in links:
            answer = team_lead.get(link)
            assert answer.status_code == 200, link
            assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
            assert answer.headers["Cache-Control"] == "no-store"
            assert len({len(row) for row in read(answer.data, separator)}) == 1
        with store.reading() as tx:
            noted = [
                json.loads(body)
                for body in tx.scalars(text("SELECT body FROM evidence WHERE kind = 'report.exported'"))
            ]
        assert len(noted) == len(links)
        assert answer.headers["Content-Disposition"].split("-")[-1].removesuffix('.csv"') in {
            one["id"][:8] for one in noted
        }
        assert {one["days"] for one in noted} == {"2026-10-23/2026-11-21"}
        assert {one["actor"][:6] for one in noted} == {"staff:"}
        officer = reviewing("dace@tidewick.example", roles=[Role.OFFICER])
        assert "marta@tidewick.example Took a report out" in words_of(officer.page("/audit"))

    def test_what_cannot_be_written_down_is_not_handed_out(self, team_lead: Browser, store: Store) -> None:
        with store.writing() as tx:
            tx.execute(
                text("CREATE TRIGGER broken BEFORE INSERT ON evidence BEGIN SELECT RAISE(ABORT, 'out of order'); END")
            )
        assert team_lead.get("/reports/leads/days.csv").status_code == 503

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/reports/leads/nothing.csv", 404),
            ("/reports/nothing/days.csv", 404),
            ("/reports/leads/days.csv?separator=tab", 422),
            ("/reports/leads/days.csv?days=8", 422),
            ("/reports/leads/days.csv?separator=comma&separator=semicolon", 422),
        ],
    )
    def test_another_address_gives_no_file_and_writes_nothing_down(
        self, team_lead: Browser, store: Store, path: str, status: int
    ) -> None:
        assert team_lead.get(path).status_code == status
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM evidence WHERE kind = 'report.exported'")) == 0

    def test_a_reviewer_takes_nothing_out(self, reviewer: Browser) -> None:
        assert reviewer.get("/reports/leads/days.csv").status_code == 403
