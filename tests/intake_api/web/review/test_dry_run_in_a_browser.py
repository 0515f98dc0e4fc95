"""The dry run in a real browser: on phone and laptop, light and dark, where something goes and where nothing."""

from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser as Chromium

from intake_api.app import create_review_app
from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.recorded_leads import record
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap
from tests.intake_api.web.review.test_dry_run import ODOO
from tests.intake_api.web.review.visitor import Browser, path_of

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
