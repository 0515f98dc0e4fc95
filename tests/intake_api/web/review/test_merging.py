"""Merging at the door: both sides before it, refusals in plain words, the lead with the other in it, undone."""

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.deliver import deliver
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.write_note import write_note
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.rules.merging import Hindrance
from intake_api.store.base import Store
from intake_api.web.review.merge_words import HINDRANCES
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.flows.merging import Pair
from tests.intake_api.kept_leads import approve, deliveries_now, entries, keep_lead, kinds, receipt_of
from tests.intake_api.web.review.visitor import OURS, Browser, path_of, words_of


@pytest.fixture
def pair(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Pair:
    return Pair(store, queue, catalogue, clock)


@pytest.fixture
def reviewer(pair: Pair, reviewer: Browser) -> Browser:
    """Ilze, who signed in after the leads had come."""
    return reviewer


@pytest.fixture
def preview(pair: Pair) -> str:
    """The page on which the confirmed lead stays."""
    return f"{path_of(pair.confirmed, '/merge')}?with={pair.later.reference}"


class TestBefore:
    def test_t10_shows_both_sides_and_the_result(self, reviewer: Browser, pair: Pair, preview: str) -> None:
        page = reviewer.page(preview)
        said = words_of(page)
        one, other = pair.confirmed.reference, pair.later.reference
        for part in (
            f"Merge {other} into {one}",
            "Jānis Bērziņš J. Berzins Jānis Bērziņš from " + one,
            "yes yes, not yet confirmed yes, not yet confirmed from " + other,
            f"{pair.confirmed.delete_after.day} ",
            f"{other} leaves the queue and every list.",
            f"Merge: {one} stays",
        ):
            assert part in said
        assert f"{path_of(pair.later, '/merge')}?with={one}&state=new" in page.links

    def test_a01_it_is_a_reading_of_both(self, reviewer: Browser, pair: Pair, preview: str) -> None:
        reviewer.page(preview)
        for lead in (pair.confirmed, pair.later):
            (entry,) = entries(pair.store, lead, "lead.read")
            assert (entry["why"], "email" in entry["fields"]) == ("merge", True)

    def test_is_reached_from_the_suggestion_that_has_a_confirmed_address(
        self, reviewer: Browser, pair: Pair, preview: str
    ) -> None:
        keep_lead(pair.store, pair.catalogue, now=pair.clock(), email="namesake@sample.example")
        page = reviewer.page(path_of(pair.confirmed))
        assert words_of(page).count("Merge…") == 1
        assert f"{preview}&state=new" in page.links


class TestRefusing:
    def test_t10_an_address_that_nobody_confirmed(self, reviewer: Browser, pair: Pair) -> None:
        one, other = (pair.keep(email="anna@sample.example") for _ in range(2))
        answer = reviewer.get(f"{path_of(one, '/merge')}?with={other.reference}")
        assert answer.status_code == 409
        assert 'data-code="contact_not_confirmed"' in answer.text
        assert "Leads are merged only if they have the same e-mail address" in answer.text
        assert path_of(other) in answer.text
        assert kinds(pair.store, one, "lead.read") == []
        assert "anna@sample.example" not in answer.text

    def test_every_hindrance_has_its_words(self) -> None:
        assert set(HINDRANCES) == set(Hindrance)

    def test_sent_all_the_same_it_is_refused(self, reviewer: Browser, pair: Pair, preview: str) -> None:
        page = reviewer.page(preview)
        alone = pair.keep(email="anna@sample.example")
        answer = reviewer.send(
            page, path_of(pair.confirmed, "/merge"), **{"with": alone.reference, "with_version": "1"}
        )
        assert answer.status_code == 409
        assert 'data-code="contact_not_confirmed"' in answer.text
        assert pair.now(alone).state is LeadState.NEW

    @pytest.mark.parametrize("query", ["", "?with=", "?with=VB-0000-0000", "?with=<script>"])
    def test_what_is_no_lead(self, reviewer: Browser, pair: Pair, query: str) -> None:
        assert reviewer.get(path_of(pair.confirmed, "/merge") + query).status_code == 404

    def test_an_erased_one(self, reviewer: Browser, pair: Pair, preview: str) -> None:
        erase_by_receipt(pair.store, receipt_of(pair.later), now=pair.clock())
        answer = reviewer.get(preview)
        assert (answer.status_code, 'data-code="state_not_mergeable"' in answer.text) == (409, True)

    @pytest.mark.parametrize("version", ["", "x", "-1", "1" * 10])
    def test_a_version_that_is_none(self, reviewer: Browser, pair: Pair, preview: str, version: str) -> None:
        page = reviewer.page(preview)
        answer = reviewer.send(page, path_of(pair.confirmed, "/merge"), with_version=version)
        assert answer.status_code == 400


class TestMerging:
    def merged(self, reviewer: Browser, pair: Pair, preview: str) -> str:
        """Merge, and return where that led."""
        answer = reviewer.send(reviewer.page(preview), path_of(pair.confirmed, "/merge"))
        assert answer.status_code == 303
        return answer.location

    def test_leads_to_the_one_that_stays_with_the_other_in_it(
        self, reviewer: Browser, pair: Pair, preview: str
    ) -> None:
        text, me = "Met at the fair.", "i" * 32
        write_note(
            pair.store, pair.catalogue, pair.later.reference, text, note_id="a" * 32, staff_id=me, now=pair.clock()
        )
        page = reviewer.page(self.merged(reviewer, pair, preview))
        said = words_of(page)
        for part in (
            f"{pair.later.reference} is part of this lead now.",
            f"Merged into this: {pair.later.reference}",
            "Me again.",
            text,
            "Merged by ilze@tidewick.example",
            f"Undo: {pair.later.reference} is a lead of its own",
        ):
            assert part in said
        assert sorted(one["why"] for one in entries(pair.store, pair.later, "lead.read")) == ["merge", "merged"]
        assert "Merge…" not in said

    def test_the_other_says_where_it_is_and_offers_nothing(self, reviewer: Browser, pair: Pair, preview: str) -> None:
        self.merged(reviewer, pair, preview)
        page = reviewer.page(path_of(pair.later))
        assert f"It is part of {pair.confirmed.reference}" in words_of(page)
        acts = ("approve", "decline", "contact", "spam", "undo", "reverse", "release")
        assert not [act for act in acts if path_of(pair.later, f"/{act}") in page.forms]

    def test_it_stands_in_no_list_but_its_own(self, reviewer: Browser, pair: Pair, preview: str) -> None:
        self.merged(reviewer, pair, preview)
        for path, is_there in (("/", False), ("/?state=all", False), ("/?state=merged", True)):
            assert (pair.later.reference in reviewer.page(path).text) is is_there
        queue = words_of(reviewer.page("/"))
        assert "newsletter, not confirmed" in queue

    def test_undone_both_are_there_again(self, reviewer: Browser, pair: Pair, preview: str) -> None:
        page = reviewer.page(self.merged(reviewer, pair, preview))
        answer = reviewer.send(page, path_of(pair.confirmed, "/unmerge"))
        assert answer.status_code == 303
        said = words_of(reviewer.page(answer.location))
        assert f"{pair.later.reference} is a lead of its own again" in said
        assert "Merged into this" not in said
        assert pair.now(pair.later).state is LeadState.NEW

    @pytest.mark.parametrize("which", ["confirmed", "later"])
    def test_a_page_that_is_no_longer_true_merges_nothing(
        self, reviewer: Browser, pair: Pair, preview: str, which: str
    ) -> None:
        page = reviewer.page(preview)
        lead = getattr(pair, which)
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/contact"))
        answer = reviewer.send(page, path_of(pair.confirmed, "/merge"))
        assert answer.status_code == 409
        assert f"You were about to <strong>merge</strong> {lead.reference}" in answer.text
        assert pair.now(pair.later).state is not LeadState.MERGED

    def test_undone_twice_the_second_is_told(self, reviewer: Browser, pair: Pair, preview: str) -> None:
        page = reviewer.page(self.merged(reviewer, pair, preview))
        for status in (303, 409):
            assert reviewer.send(page, path_of(pair.confirmed, "/unmerge")).status_code == status

    def test_erased_since_it_says_so_and_offers_no_undo(self, reviewer: Browser, pair: Pair, preview: str) -> None:
        where = self.merged(reviewer, pair, preview)
        erase_by_receipt(pair.store, receipt_of(pair.later), now=pair.clock())
        page = reviewer.page(where)
        assert "It was erased since, so this cannot be undone." in words_of(page)
        assert path_of(pair.confirmed, "/unmerge") not in page.forms
        assert "Me again." not in page.text

    def test_the_recipient_who_has_one_is_named(
        self, reviewer: Browser, pair: Pair, preview: str, receiver: Receiver
    ) -> None:
        sent = approve(pair.store, pair.queue, pair.now(pair.later), now=pair.clock())
        deliver(pair.store, webhook(receiver.url), sent.id, sent.turn, clock=pair.clock)
        name = pair.catalogue.recipients["crm"].name
        assert f"{name} has one of them, or may have it" in words_of(reviewer.page(preview))
        self.merged(reviewer, pair, preview)
        told = [one for one in deliveries_now(pair.store, pair.later) if one.is_no]
        assert [(one.kind, one.recipient) for one in told] == [("update_consent", "crm")]

    def test_sec06_a_foreign_page_merges_nothing(self, reviewer: Browser, pair: Pair, preview: str) -> None:
        page = reviewer.page(preview)
        answer = reviewer.send(page, path_of(pair.confirmed, "/merge"), {**OURS, "Origin": "https://other.example"})
        assert answer.status_code == 403
        assert pair.now(pair.later).state is LeadState.NEW
