"""What destinations are still to be told, as an officer sees and closes it, and as a reviewer sees it (G-03, G-07)."""

import pytest
from sqlalchemy import text

from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.staff_roles import Role
from intake_api.store.base import Store
from intake_api.store.deliveries import Delivery, DeliveryState
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import approve, deliveries_now, receipt_of
from tests.intake_api.web.review.test_roles import proof_of
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, words_of

HERE = "/rights"
REFUSED = "state = 'refused', last_reason = 'erase_not_allowed', parked_at = :now"


@pytest.fixture
def officer(reviewing: MakeReviewer) -> Browser:
    return reviewing("ilze@tidewick.example", roles=[Role.OFFICER])


@pytest.fixture
def there(store: Store, queue: Queue, lead: Lead, clock: DrivenClock) -> Lead:
    """A lead that its destination has."""
    approve(store, queue, lead, now=clock())
    with store.writing() as tx:
        said = "UPDATE deliveries SET state = 'delivered', attempts = 1, left_at = :now"
        tx.execute(text(said), {"now": clock()})
        tx.execute(text("UPDATE leads SET state = 'delivered'"))
    return lead


def no(store: Store, lead: Lead) -> Delivery:
    (one,) = (one for one in deliveries_now(store, lead) if one.is_no)
    return one


def park(store: Store, clock: DrivenClock) -> None:
    with store.writing() as tx:
        tx.execute(text(f"UPDATE deliveries SET {REFUSED} WHERE kind <> 'upsert'"), {"now": clock()})  # noqa: S608


def close(browser: Browser, delivery: Delivery, name: str, **fields: str) -> int:
    """Press a button, or what a page of some minutes ago had."""
    path, proof = f"{HERE}/untold/{delivery.id}/{name}", proof_of(browser)
    return browser.client.post(path, data={"proof": proof, **fields}, headers=OURS).status_code


class TestOfficer:
    def test_g03_sees_what_waits_and_need_not_do_anything(
        self, officer: Browser, store: Store, there: Lead, clock: DrivenClock
    ) -> None:
        assert "Everybody was told." in words_of(officer.page(HERE))
        erase_by_receipt(store, receipt_of(there), now=clock())
        page = officer.page(HERE)
        assert f"{there.reference} Trying again To Brightledger Example GmbH What is told to erase it" in words_of(page)
        assert "/untold/" not in page.text
        assert close(officer, no(store, there), "close", seen_turn="1", words="They are gone") == 409

    @pytest.mark.parametrize(("name", "state"), [("by-hand", DeliveryState.BY_HAND), ("close", DeliveryState.CLOSED)])
    def test_g03_closes_with_a_reason_what_is_not_tried_any_more(
        self, officer: Browser, store: Store, there: Lead, clock: DrivenClock, name: str, state: DeliveryState
    ) -> None:
        erase_by_receipt(store, receipt_of(there), now=clock())
        park(store, clock)
        page = officer.page(HERE)
        assert "erasing not allowed there" in words_of(page)
        said = {"seen_turn": str(no(store, there).turn)}
        assert close(officer, no(store, there), name, **said, words="") == 422
        assert close(officer, no(store, there), name, **said, words="Told them by telephone") == 303
        assert no(store, there).state is state
        assert "Everybody was told." in words_of(officer.page(HERE))
        assert close(officer, no(store, there), name, **said, words="Told them by telephone") == 409

    def test_does_not_decide_about_leads_on_their_way(
        self, officer: Browser, store: Store, there: Lead, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            tx.execute(text("UPDATE deliveries SET state = 'refused', parked_at = :now"), {"now": clock()})
            tx.execute(text("UPDATE leads SET state = 'delivery_failed'"))
        (upsert,) = deliveries_now(store, there)
        said = {"seen_turn": str(upsert.turn), "words": "Told them by telephone"}
        assert close(officer, upsert, "close", **said) == 409

    def test_alone(self, reviewing: MakeReviewer, store: Store, there: Lead, clock: DrivenClock) -> None:
        erase_by_receipt(store, receipt_of(there), now=clock())
        park(store, clock)
        for role in (Role.REVIEWER, Role.LEAD, Role.ADMINISTRATOR):
            browser = reviewing(f"{role.value}@tidewick.example", roles=[role])
            assert close(browser, no(store, there), "close", seen_turn="1", words="No") == 403


class TestReviewer:
    def test_g07_sees_on_the_lead_and_in_the_queue_that_they_do_not_know_yet(
        self, reviewer: Browser, store: Store, there: Lead, clock: DrivenClock
    ) -> None:
        pages = (f"/leads/{there.reference}", "/?state=all")
        assert not [path for path in pages if "CRM not yet told" in reviewer.page(path).text]
        withdraw_by_receipt(store, receipt_of(there), ["respond_to_request"], now=clock())
        for path in pages:
            assert "CRM not yet told" in words_of(reviewer.page(path))
        assert "What is told what is allowed now" in words_of(reviewer.page(pages[0]))
        with store.writing() as tx:
            tx.execute(text("UPDATE deliveries SET state = 'delivered' WHERE kind <> 'upsert'"))
        for path in pages:
            assert "CRM not yet told" not in reviewer.page(path).text
