"""Reports in a real browser: for everybody's eyes and without them, on a phone and a laptop, in light and dark."""

from collections.abc import Iterator
from random import Random

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.seed_leads import seed_leads
from intake_api.rules.staff_roles import Role
from intake_api.store import counted_leads
from intake_api.store.base import Store
from intake_api.web.review.reports import FIRST, REPORTS
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow
from tests.intake_api.web.review.visitor import MakeReviewer

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
PATHS = [f"/reports/{name}" if name != FIRST else "/reports" for name in REPORTS]


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")], ids=str)
def page(
    request: pytest.FixtureRequest,
    chromium: Chromium,
    address: str,
    reviewing: MakeReviewer,
    store: Store,
    catalogue: Catalogue,
    clock: DrivenClock,
) -> Iterator[Page]:
    """A page of somebody who may see reports, over a house with leads in it."""
    rng = Random(7)
    list(
        seed_leads(store, catalogue, count=400, mode="test", destination="file", recipient="crm", now=clock(), rng=rng)
    )
    (width, height), scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    token = reviewing("marta@tidewick.example", roles=[Role.LEAD]).token
    context.add_cookies([{"name": "vestibule", "value": token, "url": address}])
    yield context.new_page()
    context.close()


class TestReports:
    def test_sec15_axe_finds_nothing_and_nothing_is_faint_too_wide_or_refused_by_our_policy(
        self, page: Page, address: str
    ) -> None:
        trap = Trap(page, address)
        for path in PATHS:
            page.goto(address + path)
            page.evaluate("document.querySelectorAll('main details').forEach((each) => each.open = true)")
            report = Axe().run(page, options={"resultTypes": ["violations"]})
            found = [f"{path} {one['id']}: {one['nodes'][0]['html'][:150]}" for one in report.response["violations"]]
            assert found == []
            assert page.evaluate(FAINT_TEXT) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert trap.caught == trap.failed == []

    def test_sec15_axe_finds_nothing_while_it_is_counted_and_where_nothing_came(
        self, page: Page, address: str, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(counted_leads, "READ_ALONG", 3)
        with store.writing() as tx:
            tx.execute(text("UPDATE counting SET is_filled = FALSE"))
        for path in (*PATHS, "/reports?from=2020-01-01&to=2020-01-07"):
            page.goto(address + path)
            expect(page.get_by_text("Older leads are still being counted")).to_be_visible()
            expect(page.get_by_text("Look again in a minute")).to_be_visible()
            assert Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"] == []
            assert page.evaluate(FAINT_TEXT) == []

    def test_a_period_is_picked_by_mouse_and_stands_in_the_address(self, page: Page, address: str) -> None:
        page.goto(address + "/reports")
        follow(page.get_by_role("link", name="Last 7 days"))
        expect(page).to_have_url(address + "/reports?days=7")
        page.get_by_text("From a day to a day").click()
        page.fill("#from", "2026-11-01")
        page.fill("#to", "2026-11-10")
        follow(page.get_by_role("button", name="Show"))
        expect(page).to_have_url(address + "/reports?from=2026-11-01&to=2026-11-10")
        expect(page.get_by_text("1 Nov 2026 to 10 Nov 2026, beside 22 Oct 2026 to 31 Oct 2026")).to_be_visible()
        expect(page.get_by_role("img", name="Leads by day")).to_be_visible()
