"""Search: what finds a lead, what is shown of it, and what is written down of the search."""

import json

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.index_leads_anew import index_leads_anew
from intake_api.store import lead_search
from intake_api.store.base import Store
from intake_api.store.leads import Lead, restrict
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.web.review.test_queue import references
from tests.intake_api.web.review.visitor import OURS, Browser, Page, words_of


def found(reviewer: Browser, term: str) -> Page:
    """Search by the field of the queue."""
    answer = reviewer.send(reviewer.page("/"), "/search", term=term)
    assert answer.status_code == 200
    return Page(answer.text)


def searches(store: Store) -> list[dict[str, object]]:
    """Return the entries of all searches, oldest first."""
    with store.reading() as tx:
        bodies = tx.scalars(text("SELECT body FROM evidence WHERE kind = 'leads.searched' ORDER BY at")).all()
    return [json.loads(body) for body in bodies]


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestSearch:
    @pytest.fixture
    def janis(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
        """Jānis Bērziņš of Bērziņa Galdniecība."""
        return keep_lead(store, catalogue, now=clock(), phone="+37126123456")

    def test_finds_by_address_number_reference_and_words(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock, janis: Lead
    ) -> None:
        other = {"name": "Anna Bērziņš", "email": "anna@sample.example", "company": "Sample Boats"}
        anna = keep_lead(store, catalogue, now=clock.advance(minutes=1), **other)
        expected = {
            " Janis.Berzins@example.LV ": [janis],
            "+371 26 123 456": [janis],
            "26123456": [janis],
            janis.reference.lower().replace("-", " "): [janis],
            "jānis": [janis],
            "BĒRZIŅŠ": [anna, janis],
            "boats anna": [anna],
            "galdniecība jānis": [janis],
            "jānis boats": [],
            "jān": [],
            "nobody@sample.example": [],
            "+371 20 000 000": [],
            "VB-0000-0000": [],
        }
        shown = {term: references(found(reviewer, term)) for term in expected}
        assert shown == {term: [lead.reference for lead in leads] for term, leads in expected.items()}

    def test_m10_hits_are_masked(self, reviewer: Browser, janis: Lead) -> None:
        page = found(reviewer, janis.reference)
        assert "J… B… · B… G… · j***@example.lv · +371 •••• ••56" in words_of(page)
        for value in ("Jānis", "Bērziņ", "Galdniec", "janis.berzins", "26123456"):
            assert value not in page.text

    def test_a01_a02_each_is_written_down_with_a_hash_and_whose_leads_were_shown(
        self, reviewer: Browser, store: Store, janis: Lead, clock: DrivenClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        for term in ("janis.berzins@example.lv", "JANIS.BERZINS@example.lv", "nobody@sample.example"):
            found(reviewer, term)
            clock.advance(seconds=1)
        first, again, nobody = searches(store)
        assert (first["by"], first["found"]) == ("email", [janis.id])
        assert first["fields"] == ["company", "email", "name", "phone"]
        assert str(first["actor"]).startswith("staff:")
        assert first["term"] == again["term"] != nobody["term"]
        assert nobody["found"] == []
        assert "berzins" not in json.dumps([first, again, nobody]) + caplog.text

    def test_a02_no_term_is_taken_from_an_address(self, reviewer: Browser, janis: Lead, store: Store) -> None:
        assert references(reviewer.page(f"/search?term={janis.reference}")) == []
        assert searches(store) == []

    def test_a03_what_cannot_be_written_down_is_not_shown(self, reviewer: Browser, store: Store, janis: Lead) -> None:
        queue = reviewer.page("/")
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE evidence RENAME TO away"))
        answer = reviewer.send(queue, "/search", term="jānis")
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE away RENAME TO evidence"))
        assert answer.status_code == 503
        assert janis.reference not in answer.text

    def test_sec11_is_refused_without_the_proof_of_a_page_of_ours(self, reviewer: Browser, janis: Lead) -> None:
        answer = reviewer.client.post("/search", data={"term": janis.reference}, headers=OURS)
        assert answer.status_code == 403

    def test_s10_what_its_person_restricted_is_not_found(
        self, reviewer: Browser, store: Store, janis: Lead, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            restrict(tx, janis.id, clock.now.replace(year=2027))
        for term in ("jānis", "janis.berzins@example.lv", janis.reference):
            assert references(found(reviewer, term)) == []

    def test_words_that_too_many_have_ask_for_another_and_a_rarer_one_helps(
        self,
        reviewer: Browser,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        janis: Lead,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(lead_search, "MANY", 2)
        for _ in range(2):
            keep_lead(store, catalogue, now=clock(), name="Jānis Paraugs", company="")
        page = found(reviewer, "jānis")
        assert "Too many" in words_of(page)
        assert references(page) == []
        assert references(found(reviewer, "jānis galdniecība")) == [janis.reference]

    def test_nothing_is_looked_for_by_nothing(self, reviewer: Browser, store: Store, janis: Lead) -> None:
        assert janis
        assert "Nothing to look for" in words_of(found(reviewer, "  "))
        assert searches(store) == []

    def test_sec14_what_was_typed_comes_back_as_text(self, reviewer: Browser, janis: Lead) -> None:
        assert janis
        answer = reviewer.send(reviewer.page("/"), "/search", term='"><script>alert(1)</script>')
        assert "<script>alert" not in answer.text

    def test_leads_of_before_are_found_by_their_company_once_they_are_indexed_anew(
        self, reviewer: Browser, store: Store, janis: Lead
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("DELETE FROM lead_index WHERE kind = 'company'"))
        assert references(found(reviewer, "galdniecība")) == []
        assert index_leads_anew(store) == 1
        assert references(found(reviewer, "galdniecība")) == [janis.reference]
        assert references(found(reviewer, "jānis")) == [janis.reference]
