"""What the door shows of duplicates: on a lead's page which and why, in the queue a hint; nothing that was typed."""

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.rules.staff_roles import Role
from intake_api.store.base import Store
from intake_api.store.confirmations import mark_confirmed
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import confirmation_of, keep_lead
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of, words_of

HINT = "Duplicate?"
OTHER = {"name": "Berzins Janis", "company": "SIA Bērziņa Galdniecība", "email": "other@sample.example"}
SAID = "Suggested by what was typed, and nothing is merged by it."


class TestOnALead:
    def test_says_which_leads_and_why_and_nothing_that_was_typed_there(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock, lead: Lead
    ) -> None:
        later = keep_lead(store, catalogue, now=clock.advance(minutes=20), **OTHER)
        page = reviewer.page(path_of(lead))
        for part in ("Perhaps the same person", "demo · later, 21 Nov 2026", "A name like it A company like it", SAID):
            assert part in words_of(page)
        assert path_of(later) + "?state=new" in page.links
        assert not [value for value in OTHER.values() if value in reviewer.get(path_of(lead)).text]
        assert "Request demo · earlier, 21 Nov 2026" in words_of(reviewer.page(path_of(later)))

    def test_says_whose_address_is_confirmed(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock, lead: Lead
    ) -> None:
        other = {"name": "Somebody Else", "company": ""}
        confirmed = keep_lead(store, catalogue, now=clock(), decisions={"newsletter": True}, **other)
        assert SAID not in words_of(reviewer.page(path_of(lead)))
        assert HINT not in words_of(reviewer.page("/"))
        with store.writing() as tx:
            mark_confirmed(tx, confirmation_of(store, confirmed).id, now=clock())
        assert "The same e-mail address, confirmed by its owner" in words_of(reviewer.page(path_of(lead)))
        assert words_of(reviewer.page("/")).count(HINT) == 2

    def test_a05_the_officer_sees_that_leads_were_compared_and_no_value(
        self,
        reviewer: Browser,
        reviewing: MakeReviewer,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        lead: Lead,
    ) -> None:
        keep_lead(store, catalogue, now=clock(), **OTHER)
        reviewer.page(path_of(lead))
        page = reviewing("officer@tidewick.example", [Role.OFFICER]).page("/audit?kind=leads.compared")
        assert words_of(page).count("ilze@tidewick.example Compared with others") == 1
        assert not [value for value in OTHER.values() if value in page.text]

    def test_a_lead_without_any_says_nothing(self, reviewer: Browser, lead: Lead) -> None:
        assert "same person" not in words_of(reviewer.page(path_of(lead)))

    def test_a03_nothing_is_shown_when_the_comparison_cannot_be_recorded(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock, lead: Lead
    ) -> None:
        keep_lead(store, catalogue, now=clock(), **OTHER)
        closed = "CREATE TRIGGER closed BEFORE INSERT ON evidence WHEN NEW.kind = 'leads.compared' "
        with store.writing() as tx:
            tx.execute(text(closed + "BEGIN SELECT RAISE(ABORT, 'closed'); END"))
        answer = reviewer.get(path_of(lead))
        assert answer.status_code == 503
        assert lead.reference not in answer.text


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestInTheQueue:
    def test_hints_at_a_shared_number_and_opens_nobody_for_it(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock(), phone="+37126123456")
        assert HINT not in words_of(reviewer.page("/"))
        keep_lead(store, catalogue, now=clock(), phone="+37126123456", **OTHER)
        assert words_of(reviewer.page("/")).count(HINT) == 2
        with store.reading() as tx:
            assert tx.scalar(text("SELECT count(*) FROM evidence WHERE kind IN ('lead.read', 'leads.compared')")) == 0
