"""Tables as XLSX, and what a real spreadsheet makes of every file we hand out: LibreOffice, without a window."""

import csv
import io
import shutil
import subprocess
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.rules.spreadsheet import text_cell
from intake_api.rules.staff_roles import Role
from intake_api.store.base import Store
from intake_api.web.review.report_files import SEPARATORS, XLSX_TYPE, Origin, as_csv, as_xlsx
from intake_api.web.review.report_tables import Both, Share, Table
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.web.review.visitor import Browser, MakeReviewer

ORIGIN = Origin("e" * 32, "What came in", date(2026, 11, 1), date(2026, 11, 21), date(2026, 11, 22))
TEXTS = (
    "=1+1",
    '=HYPERLINK("https://evil.example","x")',
    "+371 20 000 000",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "  =1+1",
    '"=1+1',
    "line\n=1+1",
    "\uff1d1+1",
    "=cmd|' /C calc'!A0",
    "Jānis Bērziņš, Łódź; Příklad «Пример»",
    "1e5",
    "00371",
    "TRUE",
    "https://guest.example/x",
)


@pytest.fixture
def team_lead(reviewing: MakeReviewer) -> Browser:
    """Marta, who leads the team."""
    return reviewing("marta@tidewick.example", roles=[Role.LEAD])


@pytest.fixture(scope="module")
def spreadsheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for LibreOffice of its own, so that no other one is asked."""
    assert shutil.which("soffice"), "These tests need LibreOffice Calc: .ci/run installs it."
    return tmp_path_factory.mktemp("office")


def opened(home: Path, file: Path, separator: str | None = None) -> tuple[str, list[list[str]]]:
    """Let LibreOffice open a file; return what it made of it, as it keeps it, and its first sheet as plain cells."""
    told = [f"--infilter=Text - txt - csv (StarCalc):{ord(separator)},34,76,1,,0,false,true"] if separator else []
    kept = convert(home, file, "fods", told)
    cells = convert(home, file, "csv:Text - txt - csv (StarCalc):44,34,76", told)
    return kept, list(csv.reader(io.StringIO(cells, newline="")))


def convert(home: Path, file: Path, into: str, told: list[str]) -> str:
    """Convert one file by a fresh LibreOffice; return what stands in the new one."""
    to = home / "out"
    for old in to.glob("*"):
        old.unlink()
    command = ["soffice", f"-env:UserInstallation=file://{home}/profile", "--headless", *told]
    subprocess.run(
        [*command, "--convert-to", into, "--outdir", str(to), str(file)], check=True, capture_output=True, timeout=180
    )
    (made,) = to.glob("*")
    return made.read_bytes().decode()


def table_of(texts: tuple[str, ...]) -> Table:
    rows = [(one, number, Both(Share(1, 4), None), timedelta(minutes=90)) for number, one in enumerate(texts)]
    return Table("t", "T", ("Text", "Number", "Share", "Took"), rows)


class TestInASpreadsheet:
    @pytest.mark.parametrize("separator", SEPARATORS)
    def test_sec16_csv_has_no_formula_loses_no_plus_and_keeps_its_letters(
        self, spreadsheet: Path, tmp_path: Path, separator: str
    ) -> None:
        file = tmp_path / "table.csv"
        file.write_bytes(as_csv(table_of(TEXTS), separator))
        kept, cells = opened(spreadsheet, file, SEPARATORS[separator])
        assert "of:=" not in kept
        assert "table:formula" not in kept
        assert len(cells) == len(TEXTS) + 1
        as_typed = ("1e5", "00371", "TRUE")  # codes have letters and digits: these a spreadsheet reads its own way
        for text, (cell, number, *_) in zip(TEXTS, cells[1:], strict=True):
            if text not in as_typed:
                assert cell in (text, "'" + text), text
            assert number == str(TEXTS.index(text))

    def test_sec16_xlsx_has_no_formula_texts_as_typed_and_numbers_that_are_numbers(
        self, spreadsheet: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "table.xlsx"
        file.write_bytes(as_xlsx(table_of(TEXTS), ORIGIN))
        kept, cells = opened(spreadsheet, file)
        assert "table:formula" not in kept
        assert "xlink:href" not in kept
        assert [row[0] for row in cells[1:]] == [text if text in _plain() else "'" + text for text in TEXTS]
        assert cells[0] == ["Text", "Number", "Share", "Share, before", "Took"]
        assert kept.count('office:value-type="float" office:value="3"') == 1
        assert 'office:value-type="percentage" office:value="0.25"' in kept
        assert 'office:value-type="time" office:time-value="PT01H30M00S"' in kept
        assert ORIGIN.export in kept


def _plain() -> set[str]:
    return {text for text in TEXTS if text_cell(text) == text}


class TestWorkbooks:
    def test_hold_no_formula_and_no_link_whatever_the_text(self) -> None:
        with zipfile.ZipFile(io.BytesIO(as_xlsx(table_of(TEXTS), ORIGIN))) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
            assert "<f>" not in sheet
            assert "<hyperlink" not in sheet
            assert ORIGIN.export in sheet
            assert ORIGIN.export in book.read("docProps/core.xml").decode()

    def test_x06_each_is_on_the_record_under_the_number_it_bears(
        self, team_lead: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock())
        links = [link for link in team_lead.page("/reports").links if ".xlsx" in link]
        assert len(links) == 5
        answer = team_lead.get(links[0])
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, XLSX_TYPE)
        assert answer.headers["Cache-Control"] == "no-store"
        number = answer.headers["Content-Disposition"].split("-")[-1].removesuffix('.xlsx"')
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            assert number in book.read("docProps/core.xml").decode()
        assert team_lead.get("/reports/leads/days.xlsx?separator=comma").status_code == 422
        assert team_lead.get("/reports/leads/nothing.xlsx").status_code == 404
