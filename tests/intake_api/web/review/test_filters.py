"""Filters of the queue: they live in the address, compose, order, page, and hold on the pages of leads."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import Queue
from intake_api.store import lead_lists
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.leads import Lead, get_lead
from intake_api.web.review.filters import Filter, filter_of
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY, keep_lead
from tests.intake_api.web.review.test_queue import link_with, references
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of, words_of

YES = {"newsletter": True}


def keep(
    store: Store,
    catalogue: Catalogue,
    *,
    now: datetime,
    form: str = "request_contact",
    locale: str = "en",
    channel: str = "page",
    decisions: dict[str, bool] | None = None,
    attribution: dict[str, str] | None = None,
    **fields: Any,
) -> Lead:
    """Submit a form, such as `request_contact`."""
    shown = show_form(store, catalogue, TOKEN_KEY, form, locale, channel, now=now)
    typed = {"name": "Jana Paraugs", "email": "jana@paraugs.example", "message": "Please call."} | fields
    asked = {field.name for field in shown.view.form.fields}
    fitting = {name: value for name, value in typed.items() if name in asked}
    submission = Submission(form, shown.signed_id, locale, fitting, decisions or {}, attribution or {})
    receipt = submit_lead(store, Queue(store.url), catalogue, TOKEN_KEY, submission, now=now)
    with store.reading() as tx:
        return get_lead(tx, receipt.reference)


class TestFilter:
    def test_what_is_wrong_is_left_out_and_the_rest_holds(self) -> None:
        given = {
            "state": "nonsense",
            "form": "a b",
            "language": "lv",
            "score": "-1",
            "age": "9d",
            "order": "x",
            "due": "",
        }
        assert filter_of(given) == Filter(language="lv")

    def test_an_address_says_the_state_and_what_asks_for_something(self) -> None:
        chosen = Filter(state="all", form="feedback", score="20", order="score")
        assert chosen.args == {"state": "all", "form": "feedback", "score": "20", "order": "score"}
        assert filter_of(chosen.args) == chosen
        assert Filter().args == {"state": "new"}

    def test_an_unknown_name_asks_for_nothing(self) -> None:
        assert filter_of({"colour": "red", "older": "VB-0000-0000"}) == Filter()


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
class TestFilteredQueue:
    def test_each_filter_shows_what_fits_and_they_compose(
        self, reviewing: MakeReviewer, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        old = keep_lead(store, catalogue, now=clock())
        clock.advance(days=8)
        demo = keep_lead(
            store, catalogue, now=clock.advance(minutes=1), decisions={"product_offers": True}, headcount=25
        )
        contact = keep(store, catalogue, now=clock.advance(minutes=1), locale="lv")
        chat = keep(store, catalogue, now=clock.advance(minutes=1), form="newsletter", channel="chat", decisions=YES)
        low = keep(store, catalogue, now=clock.advance(minutes=1), form="feedback", rating=2, channel="popup")

        reviewer = reviewing()

        def shown(**args: str) -> list[str]:
            return references(reviewer.page("/?" + urlencode(args)))

        assert shown(form="request_demo") == [demo.reference, old.reference]
        assert shown(form="request_demo", age="7d") == [demo.reference]
        assert shown(age="over_7d") == [old.reference]
        assert shown(channel="chat") == [chat.reference]
        assert shown(language="lv") == [contact.reference]
        assert shown(language="lv", channel="chat") == []
        assert shown(score=str(demo.score)) == [demo.reference]
        assert shown(purpose="product_offers") == [demo.reference]
        assert shown(due="follow_up") == []
        clock.advance(days=2)
        reviewer = reviewing("zane@tidewick.example")
        assert shown(due="follow_up") == [low.reference]
        assert shown(due="tell") == []

    def test_a_yes_that_was_taken_back_permits_nothing(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        page = reviewer.page(path_of(lead))
        reviewer.send(page, path_of(lead, "/withdraw"), purpose="product_offers")
        with store.reading() as tx:
            assert current_decisions(tx, lead.id)["product_offers"].state.value == "withdrawn"
        assert references(reviewer.page("/?purpose=product_offers")) == []
        assert references(reviewer.page("/?purpose=respond_to_request")) == [lead.reference]

    def test_the_most_promising_stand_on_top_and_paging_loses_and_repeats_none(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        kept = [
            keep_lead(store, catalogue, now=clock.advance(seconds=number % 7 == 0), headcount=25 * (number % 3) + 1)
            for number in range(120)
        ]
        pages = [reviewer.page("/?order=score")]
        while older := [link for link in pages[-1].links if "older=" in link]:
            pages.append(reviewer.page(older[0]))
        shown = [reference for page in pages for reference in references(page)]
        scores = {lead.reference: lead.score for lead in kept}
        assert sorted(shown) == sorted(scores)
        assert len(set(scores.values())) > 1
        assert [scores[reference] for reference in shown] == sorted(scores.values(), reverse=True)
        back = reviewer.page(link_with(pages[2], "newer="))
        assert references(back) == references(pages[1])

    def test_source_and_campaign_are_found_as_they_came(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        spring = keep(store, catalogue, now=clock(), attribution={"utm_campaign": "spring 26", "utm_source": "x.y"})
        event = keep(store, catalogue, now=clock.advance(minutes=1), attribution={"source": "event"})
        assert references(reviewer.page("/?campaign=spring+26")) == [spring.reference]
        assert references(reviewer.page("/?source=x.y")) == [spring.reference]
        assert references(reviewer.page("/?source=event&state=all")) == [event.reference]
        assert references(reviewer.page("/?campaign=spring+26&source=event")) == []

    def test_an_overdue_first_response_is_said_filtered_and_put_first(
        self, reviewing: MakeReviewer, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        """Saturday to Tuesday, in Riga: four open hours from Monday at nine are over at one."""
        over = keep(store, catalogue, now=clock())
        rated = keep(store, catalogue, now=clock.advance(minutes=1), form="feedback", rating=9)
        clock.advance(days=2, hours=3)
        asked = keep(store, catalogue, now=clock())
        reviewer = reviewing()
        assert rated.respond_by is None
        assert references(reviewer.page("/?due=response")) == [over.reference]
        assert references(reviewer.page("/?order=response")) == [over.reference, asked.reference]
        assert references(reviewer.page("/")) == [asked.reference, rated.reference, over.reference]
        assert "Answer overdue for 1 h" in words_of(reviewer.page(path_of(over)))
        assert "Answer within 20 h" in words_of(reviewer.page("/"))

    def test_rare_ones_are_found_without_looking_at_the_rest_and_looking_ends(
        self,
        reviewer: Browser,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Few means one here, and three are looked at in one go."""
        monkeypatch.setattr(lead_lists, "FEW", 1)
        monkeypatch.setattr(lead_lists, "LOOKED_AT", 3)
        rare = keep(store, catalogue, now=clock(), form="feedback", rating=9)
        wanted = keep_lead(store, catalogue, now=clock.advance(minutes=1), headcount=25)
        others = [keep_lead(store, catalogue, now=clock.advance(minutes=1)) for _ in range(4)]
        assert references(reviewer.page("/?form=feedback")) == [rare.reference]
        first = reviewer.page("/?score=30")
        assert references(first) == []
        assert "None of those looked at" in words_of(first)
        further = reviewer.page(link_with(first, f"older={others[1].reference}"))
        assert references(further) == [wanted.reference]
        assert not [link for link in further.links if "older=" in link]
        back = reviewer.page("/", query_string={"score": "30", "newer": rare.reference})
        assert references(back) == [wanted.reference]
        assert link_with(back, f"newer={others[1].reference}")

    def test_the_numbers_are_those_of_form_channel_and_language(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        keep(store, catalogue, now=clock(), locale="lv")
        keep(store, catalogue, now=clock(), form="feedback", rating=9)
        assert "To decide 2 All 2" in words_of(reviewer.page("/"))
        assert "To decide 1 All 1" in words_of(reviewer.page("/?language=lv"))
        assert "To decide 0 All 0" in words_of(reviewer.page("/?language=lv&form=feedback"))
        narrowed = words_of(reviewer.page("/?score=90"))
        assert "To decide 2 All 2" in narrowed
        assert "The numbers go by form, channel and language" in narrowed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestInsideTheFilter:
    @pytest.fixture
    def kept(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> list[Lead]:
        """Two forms by turns, oldest first."""
        forms = ("request_contact", "feedback", "request_contact", "feedback", "request_contact")
        return [keep(store, catalogue, now=clock.advance(minutes=1), form=form, rating=9) for form in forms]

    def test_the_way_up_and_down_stays_inside(self, reviewer: Browser, kept: list[Lead]) -> None:
        page = reviewer.page(path_of(kept[2]) + "?state=new&form=request_contact")
        newer, older, *_of_the_same_person = [link for link in page.links if link.startswith("/leads/")]
        assert [newer, older] == [f"{path_of(kept[number])}?state=new&form=request_contact" for number in (4, 0)]

    def test_deciding_goes_on_inside(self, reviewer: Browser, kept: list[Lead]) -> None:
        page = reviewer.page(path_of(kept[4]) + "?state=new&form=request_contact")
        answer = reviewer.send(page, path_of(kept[4], "/decline"), reason="not_a_fit")
        assert answer.location.startswith(f"{path_of(kept[2])}?state=new&form=request_contact&decided=")

    def test_the_page_says_which_filters_hold_and_each_can_be_taken_away(
        self, reviewer: Browser, kept: list[Lead]
    ) -> None:
        page = reviewer.page("/?state=all&form=feedback&age=7d")
        assert references(page) == [kept[3].reference, kept[1].reference]
        assert "Form: Feedback, take away" in words_of(page)
        assert "/?state=all&age=7d" in page.links
        assert "/?state=all&form=feedback" in page.links

    def test_a_filter_that_fits_nothing_says_so(self, reviewer: Browser, kept: list[Lead]) -> None:
        assert kept
        assert "No lead fits these filters" in reviewer.page("/?form=loyalty").text

    @pytest.mark.parametrize("value", ["'", "<script>", "💥", "x" * 3000, "%00"])
    def test_sec14_no_value_of_an_address_does_any_harm(self, reviewer: Browser, kept: list[Lead], value: str) -> None:
        for name in ("form", "channel", "language", "purpose", "score", "age", "due", "order"):
            page = reviewer.page("/", query_string={name: value})
            assert len(references(page)) == len(kept)
