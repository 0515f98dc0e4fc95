"""Taking a receipt home and having it checked, in a real browser without scripts, on any screen (P-01, P-03)."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from intake_api.catalogue.model import Catalogue
from intake_api.settings import Settings
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead, receipt_of
from tests.intake_api.signed_receipts import Office
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow

pytestmark = pytest.mark.browser


@pytest.fixture
def receipt_path(store: Store, catalogue: Catalogue, settings: Settings, clock: DrivenClock) -> str:
    lead = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
    Office(store, settings, clock).place()
    return f"/receipts/{receipt_of(lead)}"


@pytest.mark.parametrize("size", SIZES)
class TestWithoutScripts:
    def test_p03_taken_home_put_in_and_read(
        self, chromium: Browser, address: str, receipt_path: str, size: tuple[int, int], tmp_path: Path
    ) -> None:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, java_script_enabled=False)
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(address + receipt_path)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the receipt").click()
        assert download.value.suggested_filename.endswith(".jsonld")
        good, bad = tmp_path / "receipt.jsonld", tmp_path / "bad.jsonld"
        download.value.save_as(good)
        bad.write_bytes(good.read_bytes().replace(b'"given"', b'"never"'))

        follow(page.get_by_role("link", name="Check a receipt"))
        page.get_by_label("The receipt").set_input_files(good)
        follow(page.get_by_role("button", name="Check it"))
        expect(page.get_by_role("heading", level=1)).to_have_text("This receipt stands")
        expect(page.get_by_role("row", name="Offers that fit your request")).to_contain_text("Yes")

        page.get_by_label("Check another receipt").set_input_files(bad)
        follow(page.get_by_role("button", name="Check it"))
        expect(page.get_by_role("heading", level=1)).to_have_text("This receipt does not stand")
        expect(page.get_by_role("alert")).to_contain_text("something in it was changed")
        assert trap.caught == []
        context.close()

    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_each_page_can_be_read_on_any_screen(
        self, chromium: Browser, address: str, receipt_path: str, size: tuple[int, int], locale: str, tmp_path: Path
    ) -> None:
        page = chromium.new_page(viewport={"width": size[0], "height": size[1]})
        receipt = page.request.get(f"{address}/v1{receipt_path}.jsonld").body()
        for content in (None, receipt, receipt[:-1]):
            page.goto(f"{address}/receipts/verify?lang={locale}")
            if content is not None:
                file = tmp_path / "receipt.jsonld"
                file.write_bytes(content)
                page.locator("#receipt").set_input_files(file)
                follow(page.locator("main button"))
            assert page.locator("html").get_attribute("lang") == locale
            assert page.evaluate(FAINT_TEXT) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert Axe().run(page).response["violations"] == []
        page.close()
