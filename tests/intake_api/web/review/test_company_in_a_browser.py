"""Signing in with the company's account in a real browser: there, back and in, with and without scripts (SEC-01)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from werkzeug.serving import make_server

from intake_api.app import create_review_app
from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.rules.staff_roles import Role
from intake_api.settings import CompanySignIn, Settings
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow, served
from tests.intake_api.web.review.company_provider import CLIENT, SECRET, CompanyProvider
from tests.intake_api.web.review.visitor import MakeReviewer
from tests.loopback import listening

pytestmark = pytest.mark.browser


@pytest.fixture
def provider(clock: DrivenClock) -> Iterator[CompanyProvider]:
    """The company's provider, which asks the person to go on."""
    made = CompanyProvider(clock, asks_person=True)
    with served(made.app) as where:
        made.issuer = where
        yield made


@pytest.fixture
def company_address(
    settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock, provider: CompanyProvider
) -> Iterator[str]:
    """The review door of the company on a real port, which it knows."""
    company = CompanySignIn(provider.issuer, CLIENT, SECRET, "Tidewick", frozenset(), plain=True)
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    here = replace(settings, company=company, review_url=f"http://127.0.0.1:{server.port}", second_factor="required")
    server.app = create_review_app(here, catalogue, store, clock)
    with listening(server) as where:
        yield where


class TestInABrowser:
    @pytest.mark.parametrize("scripts", [True, False])
    def test_sec01_there_and_back_and_in_and_there_again_for_a_fresh_factor(
        self,
        chromium: Chromium,
        company_address: str,
        provider: CompanyProvider,
        reviewing: MakeReviewer,
        clock: DrivenClock,
        scripts: bool,
    ) -> None:
        reviewing("anna@tidewick.example", roles=[Role.ADMINISTRATOR])
        provider.email = "anna@tidewick.example"
        context = chromium.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(f"{company_address}/sign-in")
        follow(page.get_by_role("link", name="Sign in with Tidewick"))
        page.get_by_role("link", name="Go on as Ilze").click()
        if not scripts:
            follow(page.get_by_role("button", name="Go on"))
        page.wait_for_url(f"{company_address}/people")
        cookies = {str(one.get("name")): one.get("sameSite") for one in context.cookies()}
        assert cookies == {"vestibule": "Strict"}
        clock.advance(minutes=11)
        page.get_by_label("E-mail").fill("maris@tidewick.example")
        follow(page.get_by_role("button", name="Send an invitation"))
        follow(page.get_by_role("link", name="Show it with Tidewick"))
        page.get_by_role("link", name="Go on as Ilze").click()
        if not scripts:
            follow(page.get_by_role("button", name="Go on"))
        page.wait_for_url(f"{company_address}/people")
        context.close()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize(("width", "height"), SIZES)
    def test_no_page_of_it_has_a_violation_faint_text_or_is_wider_than_the_screen(
        self, chromium: Chromium, company_address: str, scheme: str, width: int, height: int
    ) -> None:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        page, found = context.new_page(), {}
        trap = Trap(page, company_address)
        page.route("**/assets/go_on.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
        for path in ("/sign-in", "/sign-in/company/back?code=x&state=y", "/sign-in/company/back?error=access_denied"):
            page.goto(company_address + path)
            violations = [one["id"] for one in Axe().run(page).response["violations"]]
            overflow = page.evaluate("document.documentElement.scrollWidth") - width
            if violations or overflow > 0 or (faint := page.evaluate(FAINT_TEXT)):
                found[path] = (violations, overflow, faint)
        assert found == {}
        assert [one for one in trap.caught if "401" not in one] == []
        context.close()
