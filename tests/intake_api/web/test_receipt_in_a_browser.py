"""The receipt's buttons in a real browser: its page tells nobody where it is, and they work all the same."""

import pytest
from playwright.sync_api import Browser, expect

from intake_api.catalogue.model import Catalogue
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import state_of
from tests.intake_api.kept_leads import keep_lead, lead_now, receipt_of
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow

pytestmark = pytest.mark.browser


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    """A lead with two yeses, one of which waits for its confirmation."""
    return keep_lead(store, catalogue, now=clock(), decisions={"newsletter": True, "product_offers": True})


@pytest.mark.parametrize("size", SIZES)
class TestTheReceipt:
    def test_w01_p04_takes_back_and_erases_without_scripts(
        self,
        chromium: Browser,
        store: Store,
        lead: Lead,
        address: str,
        size: tuple[int, int],
    ) -> None:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, java_script_enabled=False)
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(f"{address}/receipts/{receipt_of(lead)}")

        follow(page.get_by_role("button", name="Take it back: Offers that fit your request"))
        expect(page.get_by_role("row", name="Offers that fit your request")).to_contain_text("Taken back")
        assert state_of(store, lead, "product_offers") is DecisionState.WITHDRAWN

        follow(page.get_by_role("button", name="Take back every yes"))
        expect(page.get_by_role("row", name="Monthly newsletter")).to_contain_text("Taken back")
        assert state_of(store, lead) is DecisionState.WITHDRAWN

        follow(page.get_by_role("link", name="Erase what I sent"))
        expect(page.get_by_role("heading", level=1)).to_have_text("Erase what you sent?")
        follow(page.get_by_role("button", name="Yes, erase it"))
        expect(page.get_by_role("heading", level=1)).to_have_text("It is erased")
        assert lead_now(store, lead).state is LeadState.ERASED
        assert trap.caught == []
        context.close()

    def test_it_can_be_read_on_any_screen(
        self, chromium: Browser, lead: Lead, address: str, size: tuple[int, int]
    ) -> None:
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        for end in ("", "/erase"):
            page.goto(f"{address}/receipts/{receipt_of(lead)}{end}")
            assert page.evaluate(FAINT_TEXT) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.close()
