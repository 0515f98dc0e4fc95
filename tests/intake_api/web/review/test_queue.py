"""The queue: order, filters, pages, badges, and not one value that a person typed."""

import re

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.decline_lead import decline_lead
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.deliveries import DELIVERIES, Attempt, DeliveryState, record_attempt
from intake_api.store.destinations import pause_destination
from intake_api.store.leads import Lead
from intake_api.store.turns import claim_turn
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, approve, keep_lead, kinds
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, Page, words_of


def references(page: Page) -> list[str]:
    """Return the leads of a page, top to bottom."""
    return [match[1] for link in page.links if (match := re.match(r"/leads/(VB-[0-9A-Z-]{9})\?state=", link))]


def link_with(page: Page, part: str) -> str:
    return next(link for link in page.links if part in link)


class TestQueue:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_the_newest_stands_on_top(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        kept = [keep_lead(store, catalogue, now=clock.advance(minutes=1)).reference for _ in range(3)]
        assert references(reviewer.page("/")) == kept[::-1]

    def test_a_row_says_all_but_who(
        self, reviewing: MakeReviewer, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True, "newsletter": True}, headcount=25)
        clock.advance(hours=3)
        text = words_of(reviewing().page("/"))
        for part in ("Request demo", "Page · en", "newsletter, not confirmed", "product offers", "score 30", "3 h"):
            assert part in text
        assert "no product offers" not in text

    def test_m10_no_value_that_a_person_typed_is_in_any_list(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep_lead(store, catalogue, now=clock(), phone="+37126123456", role="owner", budget="over_300")
        typed = [str(value) for value in FIELDS.values()] + ["+37126123456", "26123456", "Bērziņ", "berzins"]
        for path in ("/", "/?state=all"):
            html = reviewer.get(path).text
            assert not [value for value in typed if value in html]

    def test_m10_looking_at_the_list_reads_no_lead(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        reviewer.page("/?state=all")
        assert kinds(store, lead) == ["submission.received"]

    def test_filters_by_state_stand_in_the_address_with_their_counts(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock, queue: Queue
    ) -> None:
        new, declined, approved = (keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(3))
        decline_lead(store, declined.reference, seen_version=1, reason="not_a_fit", staff_id="s" * 32, now=clock())
        approve(store, queue, approved, now=clock(), destination="file")
        shown = {
            state: references(reviewer.page(f"/?state={state}")) for state in ("new", "all", "declined", "qualified")
        }
        assert shown == {
            "new": [new.reference],
            "all": [approved.reference, declined.reference, new.reference],
            "declined": [declined.reference],
            "qualified": [approved.reference],
        }
        text = words_of(reviewer.page("/"))
        assert "To decide 1 All 3 Contacted 0 Held 0 Approved 1 Declined 1 Delivered 0 Delivery failed 0 Spam 0" in text

    @pytest.mark.parametrize("state", ["", "nonsense", "NEW", "'", "new;drop", "💥", "x" * 3000])
    def test_an_unknown_filter_is_what_is_to_decide(self, reviewer: Browser, lead: Lead, state: str) -> None:
        page = reviewer.page("/", query_string={"state": state})
        assert references(page) == [lead.reference]

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_fifty_stand_on_a_page_and_paging_loses_and_repeats_none(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        # Ten at the same moment each, so that the edge of a page falls between leads of one millisecond.
        kept = {
            keep_lead(store, catalogue, now=clock.advance(seconds=number % 10 == 0)).reference for number in range(120)
        }
        pages = [reviewer.page("/")]
        while older := [link for link in pages[-1].links if "older=" in link]:
            pages.append(reviewer.page(older[0]))
        shown = [reference for page in pages for reference in references(page)]
        assert [len(references(page)) for page in pages] == [50, 50, 20]
        assert len(shown) == len(set(shown)) == 120
        assert set(shown) == kept
        back = reviewer.page(link_with(pages[2], "newer="))
        assert references(back) == references(pages[1])
        assert references(reviewer.page(link_with(back, "newer="))) == references(pages[0])

    def test_an_unknown_place_in_the_list_is_its_beginning(self, reviewer: Browser, lead: Lead) -> None:
        for place in ("older=VB-0000-0000", "newer=nonsense", "older=%00", "newer="):
            assert references(reviewer.page(f"/?{place}")) == [lead.reference]

    def test_a_delivery_says_where_it_stands(
        self, reviewer: Browser, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        delivery = approve(store, queue, lead, now=clock(), destination="file")
        assert "On its way" in reviewer.page("/?state=qualified").text
        with store.writing() as tx:
            claim_turn(tx, DELIVERIES, delivery.id, now=clock())
            record_attempt(tx, delivery.id, Attempt(DeliveryState.RETRYING, "retry", "timeout"), now=clock())
        assert "Trying again" in reviewer.page("/?state=qualified").text

    def test_a_paused_destination_is_said_on_top(self, reviewer: Browser, store: Store, clock: DrivenClock) -> None:
        with store.writing() as tx:
            pause_destination(tx, "file", reason="gone", delivery_id=None, now=clock())
        assert "paused since 21 Nov 2026, 09:00 UTC (gone)" in reviewer.page("/").text

    @pytest.mark.parametrize("state", ["new", "all", *(state.value for state in LeadState if state != "new")])
    def test_an_empty_queue_says_what_to_do(self, reviewer: Browser, state: str) -> None:
        assert "No lead has come in yet" in reviewer.page(f"/?state={state}").text

    def test_a_queue_that_is_done_says_so(
        self, reviewer: Browser, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        decline_lead(store, lead.reference, seen_version=1, reason="duplicate", staff_id="s" * 32, now=clock())
        assert "Everything is decided" in reviewer.page("/").text
        assert "No lead in this state" in reviewer.page("/?state=delivered").text
