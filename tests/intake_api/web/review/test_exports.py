"""Leads taken out as files, as it is seen: by whom, with which factor, what is downloaded, and when it is gone."""

import csv
import io
import logging
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyotp
import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.end_exports import end_exports
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.rules import exports as rules
from intake_api.rules.lead_state import LeadState
from intake_api.rules.spreadsheet import text_cell
from intake_api.rules.staff_roles import Role
from intake_api.store import second_factors, staff
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.web.review.report_files import SEPARATORS, XLSX_TYPE
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, keep_lead, lead_now, receipt_of
from tests.intake_api.web.review.taking_out import ask, look
from tests.intake_api.web.review.test_report_workbooks import TEXTS, opened, spreadsheet
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, Page, words_of

__all__ = ["spreadsheet"]

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ONE_LINERS = [one for one in TEXTS if one.strip() == one and "\n" not in one]
ONE_SIDE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def marta(reviewing: MakeReviewer) -> Browser:
    return reviewing("marta@tidewick.example", roles=[Role.LEAD])


@pytest.fixture
def anna(reviewing: MakeReviewer) -> Browser:
    return reviewing("anna@tidewick.example", roles=[Role.LEAD])


@pytest.fixture
def leads(store: Store, catalogue: Catalogue, clock: DrivenClock) -> list[Lead]:
    return [keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(3)]


def give_factor(store: Store, email: str, clock: DrivenClock) -> None:
    with store.writing() as tx:
        account = staff.find_account(tx, email)
        assert account
        second_factors.put_factor(tx, store.vault, account.reviewer.id, SECRET, now=clock())
        second_factors.confirm_factor(tx, account.reviewer.id, now=clock())


class TestWho:
    @pytest.mark.parametrize("role", [Role.REVIEWER, Role.OFFICER, Role.ADMINISTRATOR])
    @ONE_SIDE
    def test_sec08_nobody_but_those_who_lead(
        self, reviewing: MakeReviewer, marta: Browser, leads: list[Lead], works: Callable[[str], None], role: Role
    ) -> None:
        path = look(marta, leads)
        assert ask(marta, path) == 303
        works(path)
        other = reviewing("other@tidewick.example", roles=[role])
        for at in ("/exports", path, f"{path}/file"):
            assert other.get(at).status_code == 403, at
        proof = other.page("/account").forms["/sign-out"].fields["proof"]
        for at in ("/exports", f"{path}/ask", f"{path}/approve", f"{path}/refuse"):
            assert other.client.post(at, data={"proof": proof}, headers=OURS).status_code == 403, at
        if role is Role.REVIEWER:
            assert "Take out as a file" not in other.get("/").text

    @ONE_SIDE
    def test_a_look_is_its_owners_alone_and_so_is_the_file(
        self, marta: Browser, anna: Browser, leads: list[Lead], works: Callable[[str], None]
    ) -> None:
        path = look(marta, leads)
        assert anna.get(path).status_code == 404
        assert path not in anna.page("/exports").links
        assert ask(marta, path) == 303
        works(path)
        assert f"{path}/file" in marta.page(path).links
        page = anna.page(path)
        assert f"{path}/file" not in page.links
        assert "asked for by marta@tidewick.example" in words_of(page)
        assert anna.get(f"{path}/file").status_code == 404
        assert path in anna.page("/exports").links

    @ONE_SIDE
    def test_the_pages_of_other_acts_know_nothing_of_it(self, marta: Browser, leads: list[Lead]) -> None:
        path = look(marta, leads)
        job = path.rpartition("/")[2]
        assert marta.get(f"/bulk/{job}").status_code == 404
        assert f"/bulk/{job}" not in marta.page("/bulk").links
        form = marta.page("/").forms["/bulk"]
        tried = {**form.fields, "lead": [leads[0].reference], "act": "export"}
        assert marta.client.post("/bulk", data=tried, headers=OURS).status_code == 400
        for at in ("/exports/" + "0" * 32, "/exports/x", "/exports/x/file"):
            assert marta.get(at).status_code == 404

    @ONE_SIDE
    def test_sec10_asking_agreeing_and_downloading_want_a_second_factor_shown_lately(
        self,
        marta: Browser,
        anna: Browser,
        store: Store,
        leads: list[Lead],
        clock: DrivenClock,
        works: Callable[[str], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(rules, "ALONE", 2)
        for email in ("marta@tidewick.example", "anna@tidewick.example"):
            give_factor(store, email, clock)
        path = look(marta, leads)

        def wants_factor(browser: Browser, answer: object) -> None:
            assert answer.status_code == 403  # type: ignore[attr-defined]
            code = pyotp.TOTP(SECRET).at(clock.advance(seconds=60))
            shown = browser.send(Page(answer.text), "/step-up", code=code)  # type: ignore[attr-defined]
            assert shown.location == "/exports"

        form = {"reason": "call", "shape": "comma"}
        wants_factor(marta, marta.send(marta.page(path), f"{path}/ask", **form))
        assert "Not begun" in words_of(marta.page("/exports"))
        assert ask(marta, path) == 303
        wants_factor(anna, anna.send(anna.page(path), f"{path}/approve"))
        assert anna.send(anna.page(path), f"{path}/approve").status_code == 303
        works(path)
        clock.advance(minutes=11)
        wants_factor(marta, marta.get(f"{path}/file"))
        assert marta.get(f"{path}/file").status_code == 200


class TestAsking:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_from_the_filter_to_the_file(
        self,
        marta: Browser,
        leads: list[Lead],
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        works: Callable[[str], None],
    ) -> None:
        with store.writing() as tx:
            tx.exec_driver_sql(f"UPDATE leads SET state = 'spam' WHERE id = '{leads[0].id}'")  # noqa: S608
        path = look(marta, at="/?state=all", which="filter")
        said = words_of(marta.page(path))
        assert "2 of 3 would stand in it" in said
        assert "1 They look like a machine’s, or somebody said that they are spam." in said
        assert "State: All" in said
        assert "Long texts and notes stay here." in said
        assert ask(marta, path, reason="other", words="For the fair in Riga", shape="xlsx") == 303
        assert 'data-progress="running"' in marta.get(path).text
        works(path)
        page = marta.page(path)
        assert "It can be downloaded until" in words_of(page)
        assert "For the fair in Riga" in words_of(page)
        answer = marta.get(f"{path}/file")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, XLSX_TYPE)
        assert answer.headers["Cache-Control"] == "no-store"
        assert [lead_now(store, one).version for one in leads] == [1, 1, 1]

    @ONE_SIDE
    def test_without_a_reason_or_with_somebody_in_it_nothing_is_asked(self, marta: Browser, leads: list[Lead]) -> None:
        path = look(marta, leads)
        for wrong in ({"reason": ""}, {"shape": "pdf"}, {"words": "ask anna@guest.example"}, {"reason": "other"}):
            assert ask(marta, path, **wrong) == 422, wrong
        answer = marta.send(marta.page(path), f"{path}/ask", reason="call", shape="comma", words="Call 20000000")
        assert "20000000" not in answer.text
        assert "Own words must not hold addresses" in words_of(Page(answer.text))
        assert "Not begun" in words_of(marta.page("/exports"))

    @ONE_SIDE
    def test_nothing_chosen_and_nothing_that_may_be_taken(
        self, marta: Browser, leads: list[Lead], store: Store
    ) -> None:
        form = marta.page("/").forms["/bulk"]
        assert marta.client.post("/exports", data=form.fields, headers=OURS).status_code == 422
        with store.writing() as tx:
            tx.exec_driver_sql("UPDATE leads SET state = 'withdrawn'")
        path = look(marta, at="/?state=withdrawn", which="filter")
        page = marta.page(path)
        assert f"{path}/ask" not in page.forms
        assert "The person took everything back." in words_of(page)

    @ONE_SIDE
    def test_sec11_a_form_without_its_proof_changes_nothing(self, marta: Browser, leads: list[Lead]) -> None:
        path = look(marta, leads)
        for at in ("/exports", f"{path}/ask", f"{path}/approve", f"{path}/refuse"):
            assert marta.client.post(at, data={"proof": "x"}, headers=OURS).status_code == 403


class TestAgreeing:
    @pytest.fixture
    def asked(self, marta: Browser, leads: list[Lead], monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setattr(rules, "ALONE", 2)
        path = look(marta, at="/?state=new&form=request_demo", which="filter")
        assert "somebody else who may take leads out has to agree" in words_of(marta.page(path))
        assert ask(marta, path, words="For the fair") == 303
        return path

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_sec10_both_see_how_it_stands_and_what_is_asked(
        self, marta: Browser, anna: Browser, asked: str, works: Callable[[str], None]
    ) -> None:
        mine, theirs = marta.page(asked), anna.page(asked)
        assert f"{asked}/approve" not in mine.forms
        assert "Somebody else who may take leads out has to agree" in words_of(mine)
        said = words_of(theirs)
        assert "To get in touch with these people: For the fair" in said
        assert "State: To decide · Form: Request demo" in said
        assert "3 leads" in said
        assert "Waits for a second person" in words_of(anna.page("/exports"))
        assert anna.send(theirs, f"{asked}/approve").status_code == 303
        works(asked)
        assert "anna@tidewick.example" in words_of(marta.page(asked))
        assert marta.get(f"{asked}/file").status_code == 200
        assert anna.get(f"{asked}/file").status_code == 404
        late = anna.send(theirs, f"{asked}/refuse")
        assert late.status_code == 409
        assert "Somebody answered before you" in words_of(Page(late.text))

    @ONE_SIDE
    def test_sec10_nobody_agrees_to_their_own_whatever_is_sent(self, marta: Browser, asked: str) -> None:
        proof = marta.page("/account").forms["/sign-out"].fields["proof"]
        for answer in ("approve", "refuse"):
            said = marta.client.post(f"{asked}/{answer}", data={"proof": proof}, headers=OURS)
            assert (said.status_code, "Somebody else has to agree" in said.text) == (403, True)

    @ONE_SIDE
    def test_refused(self, marta: Browser, anna: Browser, asked: str) -> None:
        assert anna.send(anna.page(asked), f"{asked}/refuse").status_code == 303
        page = marta.page(asked)
        assert "The second person said no." in words_of(page)
        assert marta.get(f"{asked}/file").status_code == 404


class TestTheFile:
    def take(
        self, marta: Browser, works: Callable[[str], None], leads: Sequence[Lead], shape: str
    ) -> tuple[str, bytes]:
        path = look(marta, leads)
        assert ask(marta, path, shape=shape) == 303
        works(path)
        return path.rpartition("/")[2], marta.get(f"{path}/file").data

    @pytest.mark.parametrize("shape", SEPARATORS)
    @ONE_SIDE
    def test_x06_head_and_each_line_bear_the_number(
        self, marta: Browser, leads: list[Lead], works: Callable[[str], None], shape: str
    ) -> None:
        number, content = self.take(marta, works, leads, shape)
        assert content.startswith(b"\xef\xbb\xbf")
        written = io.StringIO(content.decode("utf-8-sig"), newline="")
        head, *rows = csv.reader(written, delimiter=SEPARATORS[shape], strict=True)
        assert head[0] == f"Vestibule export {number}"
        assert head[1:] == [
            *("Reference", "Came in on", "Form", "Channel", "Language", "State", "Score", "May be used for"),
            *("Delete by", "Name", "Email", "Company"),
        ]
        assert [row[0] for row in rows] == [number] * 3
        assert {row[1] for row in rows} == {lead.reference for lead in leads}
        assert rows[0][-3:] == [FIELDS["name"], FIELDS["email"], FIELDS["company"]]

    @ONE_SIDE
    def test_x06_a_workbook_says_what_it_is(
        self, marta: Browser, leads: list[Lead], works: Callable[[str], None]
    ) -> None:
        number, content = self.take(marta, works, leads, "xlsx")
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            assert number in book.read("xl/worksheets/sheet1.xml").decode()
            assert number in book.read("docProps/core.xml").decode()
            assert "To get in touch with these people" in book.read("xl/sharedStrings.xml").decode()

    @ONE_SIDE
    def test_sec16_what_was_typed_is_a_text_to_a_strict_reader(
        self, marta: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock, works: Callable[[str], None]
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock(), company=one, phone="+37120000000") for one in ONE_LINERS]
        _, content = self.take(marta, works, leads, "comma")
        head, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        assert [row[head.index("Company")] for row in rows] == list(map(text_cell, ONE_LINERS))
        assert {row[head.index("Phone")] for row in rows} == {"'+37120000000"}
        _, content = self.take(marta, works, leads, "xlsx")
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            sheet, texts = (book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "sharedStrings"))
        assert not [mark for mark in ("<f>", "<f ", "<hyperlink", "cmd|") if mark in sheet]
        assert "<t>'+37120000000</t>" in texts

    @pytest.mark.parametrize("shape", ["comma", "semicolon", "xlsx"])
    @ONE_SIDE
    def test_sec16_a_spreadsheet_finds_no_formula(
        self,
        marta: Browser,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        works: Callable[[str], None],
        spreadsheet: Path,
        tmp_path: Path,
        shape: str,
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock(), company=one, phone="+37120000000") for one in ONE_LINERS]
        _, content = self.take(marta, works, leads, shape)
        file = tmp_path / ("leads.xlsx" if shape == "xlsx" else "leads.csv")
        file.write_bytes(content)
        kept, cells = opened(spreadsheet, file, SEPARATORS.get(shape))
        assert "table:formula" not in kept
        assert "of:=" not in kept
        head, *rows = cells
        found = [row[head.index("Company")] for row in rows]
        read_its_own_way = () if shape == "xlsx" else ("1e5", "00371", "TRUE")
        for text, cell in zip(ONE_LINERS, found, strict=True):
            assert cell in (text_cell(text), text) or text in read_its_own_way, text
        assert {row[head.index("Phone")] for row in rows} <= {"'+37120000000", "+37120000000"}

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_x06_after_a_day_it_is_410_and_says_why(
        self, marta: Browser, leads: list[Lead], store: Store, clock: DrivenClock, works: Callable[[str], None]
    ) -> None:
        number, _ = self.take(marta, works, leads, "comma")
        path = f"/exports/{number}"
        self.a_day_later(marta, store, clock)
        answer = marta.get(f"{path}/file")
        assert answer.status_code == 410
        assert "This file is not there any more." in answer.text
        assert "Its day is over: the file was deleted." in words_of(marta.page(path))
        assert end_exports(store, now=clock()) == 1
        assert "Its day is over: the file was deleted." in words_of(marta.page(path))
        assert marta.get(f"{path}/file").status_code == 410

    @ONE_SIDE
    def test_s10_who_is_erased_takes_the_file_along_and_the_page_says_so(
        self, marta: Browser, leads: list[Lead], store: Store, clock: DrivenClock, works: Callable[[str], None]
    ) -> None:
        number, _ = self.take(marta, works, leads, "comma")
        erase_by_receipt(store, receipt_of(leads[1]), now=clock())
        assert lead_now(store, leads[1]).state is LeadState.ERASED
        assert marta.get(f"/exports/{number}/file").status_code == 410
        assert "the whole file was deleted" in words_of(marta.page(f"/exports/{number}"))

    @ONE_SIDE
    def test_a02_nothing_of_a_person_is_in_the_log_or_on_the_pages(
        self,
        marta: Browser,
        leads: list[Lead],
        works: Callable[[str], None],
        caplog: pytest.LogCaptureFixture,
        reviewing: MakeReviewer,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        path = look(marta, leads)
        texts = [marta.get(path).text]
        assert ask(marta, path, words="Zzwords of ours") == 303
        works(path)
        texts += [marta.get(path).text, marta.get("/exports").text]
        assert marta.get(f"{path}/file").status_code == 200
        said = "\n".join(record.getMessage() for record in caplog.records)
        assert not [value for value in FIELDS.values() if str(value) in said or str(value) in "".join(texts)]
        assert "Zzwords" not in said
        assert {"security.export_asked", "security.leads_exported", "security.export_downloaded"} <= set(said.split())
        officer = reviewing("dpo@tidewick.example", roles=[Role.OFFICER])
        audit = words_of(officer.page("/audit"))
        for one in ("Asked for a file of leads", "Took leads out as a file", "Downloaded a file of leads"):
            assert one in audit
        assert not [value for value in FIELDS.values() if str(value) in audit]

    def a_day_later(self, browser: Browser, store: Store, clock: DrivenClock) -> None:
        """Let a day pass for somebody who signs in anew at its end: a session ends earlier than a file."""
        clock.advance(days=1)
        with store.writing() as tx:
            account = staff.find_account(tx, "marta@tidewick.example")
            assert account
            token = staff.open_session(tx, account.reviewer.id, now=clock())
        browser.client.set_cookie("vestibule", token)
