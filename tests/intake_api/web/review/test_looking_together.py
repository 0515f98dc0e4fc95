"""Two reviewers on one lead: the second sees it before both decide, and it is forgotten in minutes."""

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
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of, words_of

PIOTR = "piotr@tidewick.example"
TOO = "opened this lead, too"


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
        assert set(row._fields) == {"staff_id", "lead_id", "opened_at"}
        assert row.lead_id == lead.id

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
