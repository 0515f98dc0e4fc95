"""How often notices were shown: counted in memory, added up in the database, and answered by place."""

import threading
from datetime import date

from intake_api.catalogue.model import Catalogue
from intake_api.flows.keep_showings import keep_showings
from intake_api.flows.refuse_form import refuse_form
from intake_api.flows.show_form import ShownForm, show_form
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.showings import Place, Showings, read_showings
from intake_api.store.vault import Vault
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import TOKEN_KEY, keep_first_yes, keep_lead

DAY = date(2026, 11, 21)


def shown(store: Store, catalogue: Catalogue, clock: DrivenClock, channel: str = "page") -> ShownForm:
    return show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", channel, now=clock())


class TestCounting:
    def test_m06_adds_up_by_place_and_day_and_keeps_nothing_else(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        here, there = Showings(), Showings()
        for showings in (here, here, there):
            showings.count(shown(store, catalogue, clock).presentation)
        there.count(shown(store, catalogue, clock, "popup").presentation)
        keep_showings(store, here)
        keep_showings(store, there)
        keep_showings(store, there)  # what is written is not counted again
        with store.reading() as tx:
            found = read_showings(tx, since=DAY)
            later = read_showings(tx, since=date(2026, 11, 22))
        numbers = {place: count.shown for place, count in found.items()}
        assert numbers == {Place("request_demo", "en", "page"): 3, Place("request_demo", "en", "popup"): 1}
        assert later == {}

    def test_many_threads_lose_no_count(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> None:
        showings, one = Showings(), shown(store, catalogue, clock).presentation

        def count() -> None:
            for number in range(500):
                showings.count(one)
                if number % 100 == 0:
                    keep_showings(store, showings)

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        keep_showings(store, showings)
        with store.reading() as tx:
            assert read_showings(tx, since=DAY)[Place("request_demo", "en", "page")].shown == 2000

    def test_what_cannot_be_written_is_counted_on(self, store: Store, catalogue: Catalogue, clock: DrivenClock) -> None:
        showings = Showings()
        showings.count(shown(store, catalogue, clock).presentation)
        away = Store("sqlite:////nowhere/at/all.sqlite", Vault(bytes(32), bytes(32)))
        keep_showings(away, showings)
        away.close()
        keep_showings(store, showings)
        with store.reading() as tx:
            assert read_showings(tx, since=DAY)[Place("request_demo", "en", "page")].shown == 1


class TestReading:
    def test_says_what_became_of_the_showings_and_of_each_purpose(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        showings = Showings()
        for _ in range(5):
            last = shown(store, catalogue, clock)
            showings.count(last.presentation)
        keep_showings(store, showings)
        refuse_form(store, TOKEN_KEY, "request_demo", last.signed_id, now=clock())
        keep_lead(store, catalogue, now=clock(), decisions={"newsletter": True, "product_offers": False})
        keep_lead(store, catalogue, now=clock())
        keep_first_yes(store, queue, catalogue, now=clock())
        with store.reading() as tx:
            found = read_showings(tx, since=DAY)
        demo = found[Place("request_demo", "en", "page")]
        assert (demo.shown, demo.sent, demo.refused, demo.ignored) == (5, 2, 1, 2)
        assert demo.decided["newsletter"] == {"requested": 1, "refused": 1}
        assert demo.decided["respond_to_request"] == {"acted": 2}
        # Sent without a count, as after a door was killed: nothing goes below zero.
        assert found[Place("newsletter", "en", "button")].ignored == 0
