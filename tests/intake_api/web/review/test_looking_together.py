"""Two reviewers on one lead: the second sees it before both decide, and it is forgotten in minutes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.note_look import note_look
from intake_api.store.base import Store
from intake_api.store.lead_looks import LASTS
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, Page, path_of, words_of

PIOTR = "piotr@tidewick.example"
TOO = "opened this lead, too"


def look_on(browser: Browser, page: Page, lead: Lead) -> int:
    """Say that a page of a lead is still open, as its script does; return the status of the answer."""
    proof = page.forms["/account/language"].fields["proof"]
    return browser.client.post(path_of(lead, "/look"), data={"proof": proof}, headers=OURS).status_code


class TestTwoOnOneLead:
    """Who it is, is not said: who opened what is the officer's business."""

    @pytest.fixture
    def piotr(self, reviewing: MakeReviewer) -> Browser:
        return reviewing(PIOTR)

    def test_the_second_sees_the_first_and_then_the_first_the_second(
        self, reviewer: Browser, piotr: Browser, lead: Lead, clock: DrivenClock
    ) -> None:
        assert TOO not in reviewer.get(path_of(lead)).text
        clock.advance(minutes=2)
        seen_by_piotr = words_of(piotr.page(path_of(lead)))
        assert f"{TOO}: 2 min ago." in seen_by_piotr.replace(" .", ".")
        to_choose_from = seen_by_piotr.count("ilze@tidewick.example")
        assert to_choose_from == 1  # as one whom it can be given to, and as nobody who looked
        assert f"{TOO}: just now" in words_of(reviewer.page(path_of(lead)))

    def test_alone_again_one_sees_nobody(self, reviewer: Browser, lead: Lead) -> None:
        for _ in range(2):
            assert TOO not in reviewer.get(path_of(lead)).text

    def test_who_went_on_to_another_lead_is_not_there_any_more(
        self, reviewer: Browser, piotr: Browser, lead: Lead, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        other = keep_lead(store, catalogue, now=clock())
        reviewer.get(path_of(lead))
        reviewer.get(path_of(other))
        assert TOO not in piotr.get(path_of(lead)).text

    def test_it_is_over_after_some_minutes_and_nothing_is_kept(
        self, reviewer: Browser, piotr: Browser, lead: Lead, store: Store, clock: DrivenClock
    ) -> None:
        reviewer.get(path_of(lead))
        clock.advance(seconds=LASTS.total_seconds())
        assert TOO not in piotr.get(path_of(lead)).text
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM lead_looks")) == 1
        assert timedelta(minutes=1) <= LASTS <= timedelta(minutes=15)

    def test_what_is_kept_are_ids_and_a_time(self, reviewer: Browser, lead: Lead, store: Store) -> None:
        reviewer.get(path_of(lead))
        with store.reading() as tx:
            row = tx.execute(text("SELECT * FROM lead_looks")).one()
        assert set(row._fields) == {"staff_id", "lead_id", "opened_at", "seen_at"}
        assert row.lead_id == lead.id

    def test_a_page_that_stays_open_says_so_and_since_when_it_was_opened(
        self, reviewer: Browser, piotr: Browser, lead: Lead, clock: DrivenClock
    ) -> None:
        page = reviewer.page(path_of(lead))
        for _ in range(3):
            clock.advance(minutes=2)
            assert look_on(reviewer, page, lead) == 204
        clock.advance(minutes=4)
        assert f"{TOO}: 10 min ago" in words_of(piotr.page(path_of(lead)))

    def test_a_tab_that_was_left_behind_takes_nothing_from_the_lead_opened_after_it(
        self, reviewer: Browser, piotr: Browser, lead: Lead, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        other = keep_lead(store, catalogue, now=clock())
        left_behind = reviewer.page(path_of(lead))
        reviewer.get(path_of(other))
        assert look_on(reviewer, left_behind, lead) == 204
        assert TOO not in piotr.get(path_of(lead)).text
        assert TOO in piotr.get(path_of(other)).text

    def test_sec_04_an_open_page_keeps_no_session_from_going_idle(
        self, reviewer: Browser, lead: Lead, clock: DrivenClock
    ) -> None:
        page = reviewer.page(path_of(lead))
        answers = [look_on(reviewer, page, lead) for _ in range(15) if clock.advance(minutes=2)]
        assert answers == [204] * 14 + [401]

    def test_of_a_lead_that_is_not_there_nothing_is_noted(self, reviewer: Browser, lead: Lead, store: Store) -> None:
        page = reviewer.page(path_of(lead))
        assert look_on(reviewer, page, replace(lead, reference="VB-0000-0000")) == 404
        with store.reading() as tx:
            assert tx.scalars(text("SELECT lead_id FROM lead_looks")).all() == [lead.id]

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_both_databases_keep_one_look_each(
        self, reviewing: MakeReviewer, store: Store, lead: Lead, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        reviewing(), reviewing(PIOTR)
        other = keep_lead(store, catalogue, now=clock())
        with store.reading() as tx:
            ilze, piotr = tx.scalars(text("SELECT id FROM staff ORDER BY email"))
        for one in (lead, other, lead):
            assert note_look(store, one.id, staff_id=ilze, now=clock()) == []
        assert note_look(store, lead.id, staff_id=piotr, now=clock()) == [clock()]
