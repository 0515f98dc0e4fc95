"""From the mail to the button in a real browser, which sends its own `Origin` and follows its own rules."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from intake_api.catalogue.model import Catalogue
from intake_api.flows.send_mail import MailDesk
from intake_api.mail.folder import MailFolder
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import SENDER, attempt, body_of, mails_in, state_of
from tests.intake_api.kept_leads import TOKEN_KEY, keep_first_yes, lead_now
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow

pytestmark = pytest.mark.browser


@pytest.fixture
def asked(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_first_yes(store, queue, catalogue, now=clock())


@pytest.fixture
def links(store: Store, asked: Lead, clock: DrivenClock, address: str, tmp_path: Path) -> list[str]:
    """The links in the mail: to the yes, to "this was not me", to the notice."""
    attempt(store, MailDesk(MailFolder(tmp_path / "mail", SENDER), TOKEN_KEY, address), asked, clock)
    (message,) = mails_in(tmp_path / "mail")
    return [line for line in body_of(message).splitlines() if line.startswith(address)]


@pytest.mark.parametrize("size", SIZES)
class TestFromTheMail:
    def test_c12_the_button_confirms(
        self, chromium: Browser, store: Store, asked: Lead, links: list[str], address: str, size: tuple[int, int]
    ) -> None:
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        trap = Trap(page, address)
        page.goto(links[0])
        expect(page.get_by_role("heading", level=1)).to_have_text("Is this your address?")
        assert page.evaluate(FAINT_TEXT) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert state_of(store, asked) is DecisionState.REQUESTED

        page.get_by_role("button", name="Yes, this is my address and I want it").press("Enter")

        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, it is confirmed")
        assert state_of(store, asked) is DecisionState.GIVEN
        assert trap.caught == []
        page.close()

    def test_c14_the_other_button_erases(
        self, chromium: Browser, store: Store, asked: Lead, links: list[str], address: str, size: tuple[int, int]
    ) -> None:
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        trap = Trap(page, address)
        page.goto(links[0])
        follow(page.get_by_role("link", name="Was it not you?"))
        expect(page).to_have_url(links[1])
        assert page.evaluate(FAINT_TEXT) == []

        follow(page.get_by_role("button", name="It was not me, erase it"))

        expect(page.get_by_role("heading", level=1)).to_have_text("It is erased")
        assert lead_now(store, asked).state is LeadState.ERASED
        assert trap.caught == []
        page.close()
