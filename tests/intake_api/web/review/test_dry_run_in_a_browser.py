"""The dry run in a real browser: on phone and laptop, light and dark, where something goes and where nothing."""

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser as Chromium

from intake_api.app import create_review_app
from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.rules.staff_roles import Role
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.destination_questions import Answer
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import entries, keep_lead
from tests.intake_api.recorded_leads import record
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow
from tests.intake_api.web.review.test_dry_run import ODOO
from tests.intake_api.web.review.test_questions import answered
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def review_app(settings: Settings, catalogue: Catalogue, store: Store, clock: DrivenClock) -> Flask:
    """The review door before a CRM that tells what it holds."""
    mapped = replace(catalogue, destinations={"odoo": ODOO})
    return create_review_app(replace(settings, destination="odoo"), mapped, store, clock)


class TestTheDryRun:
    def test_it_is_read_without_a_violation(
        self,
        chromium: Chromium,
        address: str,
        reviewer: Browser,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        clock: DrivenClock,
    ) -> None:
        said = {"newsletter": True, "product_offers": True}
        long = {
            "email": f"{'a-very-long-name.' * 2 + 'x'}@example.lv",
            "message": "Is there a plan for <b>hotels</b>? " * 6,
        }
        open_gate = keep_lead(store, catalogue, now=clock(), decisions=said, **long)
        closed = record(store, queue, catalogue, now=clock())
        context = chromium.new_context()
        context.add_cookies([{"name": "vestibule", "value": reviewer.token, "url": address}])
        page = context.new_page()
        trap = Trap(page, address)
        found = {}
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                for lead in (open_gate, closed):
                    page.goto(address + path_of(lead))
                    page.locator("#dry-run summary").click()
                    violations = [one["id"] for one in Axe().run(page).response["violations"]]
                    overflow = page.evaluate("document.documentElement.scrollWidth") - width
                    faint = [one for one in page.evaluate(FAINT_TEXT) if one != "primary: Approve and send"]  # disabled
                    if violations or overflow > 0 or faint:
                        found[lead.reference, scheme, width] = (violations, overflow, faint)
        assert (found, trap.caught) == ({}, [])


class TestAnAnswer:
    def test_it_comes_by_itself_and_is_no_reading_of_the_lead(
        self, chromium: Chromium, address: str, reviewer: Browser, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        context = chromium.new_context()
        context.add_cookies([{"name": "vestibule", "value": reviewer.token, "url": address}])
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(address + path_of(lead))
        page.locator("#dry-run summary").click()
        page.get_by_role("button", name="Ask there whether it is new").click()
        page.locator("[data-question]", has_text="Asked. The answer comes within seconds.").wait_for()
        read = len(entries(store, lead, "lead.read"))
        answered(store, clock, Answer("held", remote_id="17"), lead)
        page.locator("[data-question]", has_text="It updates a record there: 17").wait_for()
        assert page.locator("[data-waits]").count() == 0
        assert len(entries(store, lead, "lead.read")) == read
        assert trap.caught == []

    def test_of_a_test_it_is_read_without_a_violation(
        self, chromium: Chromium, address: str, reviewing: MakeReviewer, store: Store, clock: DrivenClock
    ) -> None:
        administrator = reviewing("anna@tidewick.example", roles=[Role.ADMINISTRATOR])
        context = chromium.new_context()
        context.add_cookies([{"name": "vestibule", "value": administrator.token, "url": address}])
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(address + "/destinations")
        follow(page.get_by_role("button", name="Send a test"))
        page.locator("[data-question]", has_text="Asked. The answer comes within seconds.").wait_for()
        answered(store, clock, Answer("not_allowed_in", "credential_refused", 401))
        page.locator("[data-question]", has_text="It would take no lead: credential refused (401).").wait_for()
        found = {}
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                page.goto(address + "/destinations")
                violations = [one["id"] for one in Axe().run(page).response["violations"]]
                overflow = page.evaluate("document.documentElement.scrollWidth") - width
                if violations or overflow > 0 or (faint := page.evaluate(FAINT_TEXT)):
                    found[scheme, width] = (violations, overflow, faint)
        assert (found, trap.caught) == ({}, [])
