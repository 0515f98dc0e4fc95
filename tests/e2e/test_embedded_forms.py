"""Forms on a page of another origin with the whole house behind them: every way of embedding ends as a lead.

One of the forms has a list of sites of its own, which the page is on; another has one that the page is not on.
"""

import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from tests.e2e.journey import REFERENCE, shown_lead
from tests.intake_api.conftest import ROOT
from tests.intake_api.web.browsing import running_chromium
from tests.intake_api.web.embedded.visitor import EMAIL, HEARING, details, open_form, reference, send, words
from tests.intake_api.web.host_pages import Site, running_site
from tests.processes import WholeHouse, whole_house

pytestmark = [pytest.mark.browser, pytest.mark.processes]

ELSEWHERE = "https://elsewhere.example"
POPUP_DUE = 95_000  # milliseconds of the browser's own clock


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[WholeHouse]:
    """Everything that `make run` starts, with a catalogue in which two forms name their sites."""
    catalogue = tmp_path_factory.mktemp("house") / "catalogue"
    shutil.copytree(ROOT / "catalogue", catalogue)
    name_sites(catalogue, "newsletter", site.url)
    name_sites(catalogue, "request_contact", ELSEWHERE)
    state = catalogue.parent / "state"
    with whole_house(state, ALLOWED_ORIGINS=site.url, CATALOGUE=str(catalogue)) as running:
        site.door = running.url("public")
        yield running


def name_sites(catalogue: Path, form: str, *sites: str) -> None:
    with (catalogue / "forms" / f"{form}.yml").open("a") as file:
        file.write(f"\nsites: [{', '.join(sites)}]\n")


@pytest.fixture(scope="module")
def chromium(house: WholeHouse) -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def context(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    site.before = site.options = ""
    context = chromium.new_context(reduced_motion="reduce")
    context.add_init_script(HEARING)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


class TestEveryWay:
    def test_in_the_page(self, page: Page, site: Site, house: WholeHouse) -> None:
        open_form(page, site, "newsletter", path="/lv")
        page.fill("#f-email", EMAIL)
        page.locator("[value=yes]").check()
        send(page)
        lead = kept(house, reference(page))
        assert (lead["form"], lead["locale"], lead["fields"]) == ("newsletter", "lv", {"email": EMAIL})
        assert lead["decisions"]

    def test_behind_a_button(self, page: Page, site: Site, house: WholeHouse) -> None:
        open_form(page, site, "newsletter", "button")
        page.click(".vestibule-opener")
        page.fill("#f-email", EMAIL)
        page.locator("[value=yes]").check()
        send(page)
        number = reference(page)
        assert details(page, "submitted") == {"form": "newsletter", "mode": "button", "reference": number}
        assert kept(house, number)["channel"] == "button"

    def test_as_a_window_that_opens_by_itself(self, page: Page, site: Site, house: WholeHouse) -> None:
        page.clock.install()
        open_form(page, site, "trial", "popup")
        page.wait_for_function("heard.length > 0")
        page.clock.run_for(POPUP_DUE)
        expect(page.locator(".vestibule-window[open]")).to_be_visible()
        page.fill("#f-email", EMAIL)
        send(page)
        assert kept(house, reference(page))["channel"] == "popup"

    def test_in_a_frame(self, page: Page, site: Site, house: WholeHouse) -> None:
        frame = framed(page, site, "newsletter", "&lang=pl")
        frame.locator("#f-email").fill(EMAIL)
        frame.locator(".pair input").first.check()
        frame.locator("button[value=send]").click()
        expect(frame.get_by_role("heading", name=words("pl")["thanks"]["title"])).to_be_visible()
        found = REFERENCE.search(frame.locator("main").inner_text())
        assert found
        lead = kept(house, found[0])
        assert (lead["form"], lead["locale"], lead["channel"]) == ("newsletter", "pl", "page")


class TestWhereItMayNotStand:
    def test_sec13_it_says_so_and_offers_its_own_page(self, page: Page, site: Site) -> None:
        site.options = ' data-form="request_contact" data-mode="inline"'
        page.goto(f"{site.url}/en")
        trouble = page.locator(".vestibule-trouble")
        expect(trouble).to_contain_text(words("en")["embed"]["form_away"])
        own = trouble.get_by_role("link")
        expect(own).to_have_attribute("href", f"{site.door}/f/request_contact?lang=en")

    def test_sec13_a_site_that_is_named_nowhere_gets_no_form_either(self, page: Page, site: Site) -> None:
        with running_site() as another:
            another.door, another.options = site.door, ' data-form="newsletter" data-mode="inline"'
            page.goto(f"{another.url}/en")
            expect(page.locator(".vestibule-trouble")).to_contain_text(words("en")["embed"]["form_away"])

    def test_sec12_what_its_page_sends_all_the_same_is_refused(self, site: Site, house: WholeHouse) -> None:
        for form, status in (("request_contact", 403), ("newsletter", 422)):
            address = f"{house.url('public')}/v1/forms/{form}/submissions"
            headers = {"Content-Type": "application/json", "Origin": site.url}
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(address, b"{}", headers), timeout=30)
            with refused.value as answer:
                assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (
                    status, None if status == 403 else site.url,
                )  # fmt: skip

    def test_sec15_no_frame_shows_it(self, page: Page, site: Site) -> None:
        frame = framed(page, site, "request_contact")
        page.wait_for_load_state("networkidle")
        expect(frame.get_by_role("heading", level=1)).to_have_count(0)


class TestWhenThereIsNoForm:
    def test_a_frame_says_so_in_a_plain_sentence(self, page: Page, site: Site) -> None:
        frame = framed(page, site, "last_year", "&lang=cs")
        title = words("cs")["problem"]["titles"]["404"]
        expect(frame.get_by_role("heading", level=1)).to_have_text(title)
        expect(frame.locator("main a")).to_have_count(0)


def framed(page: Page, site: Site, form: str, more: str = "") -> FrameLocator:
    """Open a page with a form in a frame; the line of the script is not on it."""
    site.before = f'<iframe title="A form" width="600" height="900" src="{site.door}/f/{form}?frame=1{more}"></iframe>'
    site.options = ' data-form="newsletter" data-mode="button"'
    page.goto(f"{site.url}/en")
    return page.frame_locator("iframe")


def kept(house: WholeHouse, number: str) -> dict[str, Any]:
    """Return the lead as the command line of the house shows it."""
    settings = [f"{name}={value}" for name, value in house.environment.items() if name.startswith("VESTIBULE_")]
    shown: dict[str, Any] = shown_lead(["env", *settings, sys.executable, "-m", "intake_api"], number)
    return shown
