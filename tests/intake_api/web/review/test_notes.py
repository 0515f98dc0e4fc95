"""Notes by staff: part of what is held about a person, and told, kept and erased as all of it is."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.read_lead import read_lead
from intake_api.flows.write_note import NOTE_LENGTH, NoteInvalid, write_note
from intake_api.store.base import Store
from intake_api.store.leads import Lead, restrict
from intake_api.store.subjects import SubjectErased
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import entries, keep_lead, kinds, receipt_of
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, path_of, words_of

MARK = "zq7f3"
ID = "a" * 32


def write(browser: Browser, lead: Lead, note: str) -> int:
    """Write a note by the form of the page."""
    return browser.send(browser.page(path_of(lead)), path_of(lead, "/notes"), note=note).status_code


def count_notes(store: Store) -> int:
    with store.reading() as tx:
        return int(tx.scalar(text("SELECT COUNT(*) FROM lead_notes")) or 0)


class TestWriting:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_a01_who_and_when_stand_in_the_evidence_and_not_a_word_of_it(
        self, reviewer: Browser, reviewing: MakeReviewer, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        assert write(reviewer, lead, f"Call after 5, {MARK}\r\nasks for Zane") == 303
        clock.advance(minutes=1)
        assert write(reviewing("piotr@tidewick.example"), lead, "Called") == 303
        shown = words_of(reviewer.page(path_of(lead)))
        assert f"Call after 5, {MARK} asks for Zane ilze@tidewick.example, 1 min ago" in shown
        assert shown.index(MARK) < shown.index("Called piotr@tidewick.example, just now")
        first, second = entries(store, lead, "lead.noted")
        assert set(first) == {"id", "at", "kind", "actor", "lead", "subject", "note"}
        assert first["actor"] != second["actor"]
        assert MARK not in json.dumps(entries(store, lead))
        assert sorted(entry.get("notes", 0) for entry in entries(store, lead, "lead.read")) == [0, 1, 2]

    def test_the_same_form_sent_twice_is_one_note(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        page = reviewer.page(path_of(lead))
        for _ in range(2):
            assert reviewer.send(page, path_of(lead, "/notes"), note="Called").status_code == 303
        assert count_notes(store) == 1
        assert kinds(store, lead, "lead.noted") == ["lead.noted"]

    @pytest.mark.parametrize("note", ["", " \n\t ", "\u2800", "x" * (NOTE_LENGTH + 1), "a\ufffe"])
    def test_sec27_what_is_no_note_is_given_back_and_not_kept(
        self, reviewer: Browser, store: Store, lead: Lead, note: str
    ) -> None:
        assert write(reviewer, lead, note) == 422
        assert count_notes(store) == 0
        assert kinds(store, lead, "lead.noted") == []

    def test_sec14_a_note_is_text(self, reviewer: Browser, lead: Lead) -> None:
        assert write(reviewer, lead, "<script>alert(1)</script>") == 303
        html = reviewer.get(path_of(lead)).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "<script>alert" not in html

    def test_m05_c11_what_must_not_be_kept_is_left_out_and_said(
        self, reviewer: Browser, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        typed = "Pays by 4929 1391 7346 0011. She says: I have diabetes"
        answer = reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/notes"), note=typed)
        assert (answer.status_code, "4929" in answer.text, "diabetes" in answer.text) == (200, False, False)
        assert "The note was kept. The number of a card was left out of it." in answer.text
        (note,) = read_lead(store, lead.reference, actor="operator", why="t", now=clock()).notes
        assert note.text.startswith("Pays by ")
        assert not [one for one in ("4929", "diabetes") if one in note.text]

    def test_s10_s02_nobody_notes_anything_on_what_is_restricted_or_gone(
        self, store: Store, catalogue: Catalogue, reviewer: Browser, lead: Lead, clock: DrivenClock
    ) -> None:
        page = reviewer.page(path_of(lead))
        with store.writing() as tx:
            restrict(tx, lead.id, clock())
        assert reviewer.send(page, path_of(lead, "/notes"), note="Called").status_code == 423
        erase_by_receipt(store, receipt_of(lead), now=clock())
        assert reviewer.send(page, path_of(lead, "/notes"), note="Called").status_code in (404, 410)
        with pytest.raises(SubjectErased):
            write_note(store, catalogue, lead.reference, "Called", note_id=ID, staff_id="5" * 32, now=clock())
        assert count_notes(store) == 0
        assert reviewer.client.post("/leads/VB-0000-0000/notes", data=page.forms[path_of(lead, "/notes")].fields,
                                    headers=OURS).status_code in (404, 422)  # fmt: skip

    def test_a_made_up_id_is_refused(self, store: Store, catalogue: Catalogue, lead: Lead, clock: DrivenClock) -> None:
        with pytest.raises(NoteInvalid):
            write_note(store, catalogue, lead.reference, "Called", note_id="7", staff_id="5" * 32, now=clock())


class TestWhatIsHeld:
    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_q01_e02_nothing_of_a_note_is_found_after_the_erasure(
        self,
        reviewer: Browser,
        store: Store,
        lead: Lead,
        clock: DrivenClock,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        assert write(reviewer, lead, f"Asks for {MARK}") == 303
        with store.reading() as tx:
            (sealed,) = tx.scalars(text("SELECT sealed FROM lead_notes"))
        erase_by_receipt(store, receipt_of(lead), now=clock())
        with store.reading() as tx:
            rows = [tx.scalar(text(f"SELECT COUNT(*) FROM {table}")) for table in ("lead_notes", "lead_index")]  # noqa: S608
        assert rows == [0, 0]
        with store.writing() as tx:
            tx.exec_driver_sql("CREATE TABLE after_all (x)")  # something is written after it
        store.close()
        found = [file.name for file in tmp_path.rglob("*") if file.is_file() and MARK.encode() in file.read_bytes()]
        assert (found, MARK in caplog.text, MARK.encode() in sealed) == ([], False, False)

    def test_a_note_of_another_lead_does_not_open_here(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, lead: Lead, clock: DrivenClock
    ) -> None:
        other = keep_lead(store, catalogue, now=clock())
        assert write(reviewer, lead, f"Asks for {MARK}") == 303
        assert MARK not in reviewer.get(path_of(other)).text
