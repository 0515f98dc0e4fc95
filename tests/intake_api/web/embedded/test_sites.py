"""On whose pages a form may stand: its own list of sites, by its API and in frames (SEC-13, SEC-15)."""

import dataclasses

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import text as sql

from intake_api.app import create_public_app
from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.conftest import Count
from tests.intake_api.web.embedded.visitor import EMAIL, open_form, reference, send, words
from tests.intake_api.web.host_pages import Site, running_site
from tests.intake_api.web.html import read_page

LISTED, SHOP, OTHER = "https://www.hotel.example", "https://shop.hotel.example", "https://elsewhere.example"
PATHS = ("/v1/forms/newsletter/submissions", "/v1/forms/newsletter/refusals", "/v1/forms/newsletter/checks")


@pytest.fixture
def listed(settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock) -> FlaskClient:
    """A client of a door whose newsletter may stand on two sites; the settings allow a third, for the others."""
    settings = dataclasses.replace(settings, allowed_origins=(settings.public_url, OTHER))
    return create_public_app(settings, with_sites(catalogue, LISTED, SHOP), store, clock).test_client()


def with_sites(catalogue: Catalogue, *sites: str) -> Catalogue:
    newsletter = dataclasses.replace(catalogue.form("newsletter"), sites=sites)
    return dataclasses.replace(catalogue, forms={**catalogue.forms, "newsletter": newsletter})


class TestByItsApi:
    @pytest.mark.parametrize("origin", [LISTED, SHOP])
    def test_sec13_a_listed_site_may_read_and_send(self, listed: FlaskClient, origin: str) -> None:
        shown = listed.get("/v1/forms/newsletter", headers={"Origin": origin})
        assert shown.headers["Access-Control-Allow-Origin"] == origin
        for path in PATHS:
            asked = listed.options(path, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
            assert asked.headers["Access-Control-Allow-Origin"] == origin
            assert listed.post(path, json={}, headers={"Origin": origin}).status_code == 422

    @pytest.mark.parametrize(
        "origin",
        [OTHER, "null", f"{LISTED}.evil.example", LISTED.replace("https", "http"), f"{LISTED}:8443", LISTED.upper()],
    )
    def test_sec13_any_other_may_not_and_is_not_reflected(self, listed: FlaskClient, origin: str) -> None:
        shown = listed.get("/v1/forms/newsletter", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in shown.headers
        assert "Origin" in shown.vary
        for path in PATHS:
            answer = listed.post(path, json={}, headers={"Origin": origin})
            assert (answer.status_code, answer.json["code"]) == (403, "origin_not_allowed")  # type: ignore[index]

    def test_a_form_without_a_list_keeps_to_the_settings(self, listed: FlaskClient) -> None:
        for origin, allowed in ((OTHER, OTHER), (LISTED, None)):
            shown = listed.get("/v1/forms/request_contact", headers={"Origin": origin})
            assert shown.headers.get("Access-Control-Allow-Origin") == allowed


class TestInAFrame:
    def test_sec15_only_the_form_with_the_word_may_stand_in_frames_of_its_sites(self, listed: FlaskClient) -> None:
        framed = listed.get("/f/newsletter?frame=1")
        assert f"frame-ancestors {LISTED} {SHOP}" in framed.headers["Content-Security-Policy"]
        assert framed.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        for path in (
            "/f/newsletter",
            "/f/newsletter?frame=0",
            "/",
            "/privacy",
            "/thanks/x?frame=1",
            "/my-data?frame=1",
        ):
            policy = listed.get(path, headers={"Accept": "text/html"}).headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy, path

    def test_a_form_without_a_list_may_stand_where_the_settings_allow(
        self, listed: FlaskClient, settings: Settings
    ) -> None:
        policy = listed.get("/f/request_contact?frame=1").headers["Content-Security-Policy"]
        assert f"frame-ancestors {settings.public_url} {OTHER}" in policy

    @pytest.mark.parametrize(
        ("locale", "title"), [("en", "Not possible at this moment"), ("lv", "Šobrīd tas nav iespējams")]
    )
    def test_sec42_while_nothing_can_be_kept_the_frame_says_so_and_leads_nowhere(
        self, listed: FlaskClient, store: Store, locale: str, title: str
    ) -> None:
        with store.writing() as tx:
            tx.execute(sql("ALTER TABLE leads RENAME TO gone"))
        away = listed.get("/f/newsletter?frame=1", headers={"Accept": "text/html", "Accept-Language": locale})
        assert away.status_code == 503
        assert f"frame-ancestors {LISTED} {SHOP}" in away.headers["Content-Security-Policy"]
        page = read_page(away.text)
        assert page.one("html").get("lang") == locale
        assert page.one("h1").text == title
        assert page.all("a") == [page.one("a", class_="skip")]
        alone = listed.get("/f/newsletter", headers={"Accept": "text/html"})
        assert "frame-ancestors 'none'" in alone.headers["Content-Security-Policy"]

    def test_a_form_that_is_gone_says_so_where_the_settings_allow_frames(
        self, listed: FlaskClient, settings: Settings
    ) -> None:
        gone = listed.get("/f/last_year?frame=1", headers={"Accept": "text/html"})
        assert gone.status_code == 404
        assert f"frame-ancestors {settings.public_url} {OTHER}" in gone.headers["Content-Security-Policy"]
        assert read_page(gone.text).one("h1").text == "There is nothing at this address"


@pytest.mark.browser
class TestInABrowser:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, allowed_origins=(settings.public_url,))

    @pytest.fixture
    def public_app(
        self, settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock, site: Site
    ) -> Flask:
        return create_public_app(settings, with_sites(catalogue, site.url), store, clock)

    def test_a_listed_site_shows_and_sends_it_and_another_does_not(self, page: Page, site: Site, kept: Count) -> None:
        open_form(page, site, "newsletter")
        page.fill("#f-email", EMAIL)
        page.locator("[value=yes]").check()
        send(page)
        reference(page)
        assert kept() > 0
        with running_site() as another:
            another.door, another.options = site.door, site.options
            page.goto(f"{another.url}/en")
            expect(page.locator(".vestibule-trouble")).to_contain_text(words("en")["embed"]["form_away"])

    def test_a_frame_shows_sends_and_thanks_and_tells_its_height_to_the_listed_site(
        self, page: Page, site: Site, kept: Count
    ) -> None:
        site.before = (
            f'<iframe title="Letter" width="600" height="300" src="{site.door}/f/newsletter?frame=1"></iframe>'
        )
        page.add_init_script(
            "window.told = []; addEventListener('message', event => told.push([event.origin, event.data]))"
        )
        page.goto(f"{site.url}/en")
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("heading", level=1)).to_be_visible()
        expect(frame.locator("footer, .brand")).to_have_count(0)
        page.wait_for_function("told.length > 0")
        origin, told = page.evaluate("told[0]")
        assert origin == site.door
        assert told.keys() == {"type", "height"}
        assert told["type"] == "vestibule:height"
        assert told["height"] > 600
        frame.locator("button[value=send]").click()
        expect(frame.get_by_role("alert")).to_be_visible()
        frame.get_by_label("E-mail address").fill(EMAIL)
        frame.locator(".pair input").first.check()
        frame.locator("button[value=send]").click()
        expect(frame.get_by_role("heading", name=words("en")["thanks"]["title"])).to_be_visible()
        expect(frame.get_by_role("link", name=words("en")["thanks"]["receipt_link"])).to_have_attribute(
            "target", "_blank"
        )
        assert kept() > 0

    def test_a_site_that_is_not_listed_shows_no_frame_and_hears_nothing(self, page: Page, site: Site) -> None:
        with running_site() as another:
            another.before = f'<iframe title="Letter" src="{site.door}/f/newsletter?frame=1"></iframe>'
            page.add_init_script("window.told = []; addEventListener('message', event => told.push(event.data))")
            page.goto(f"{another.url}/en")
            page.wait_for_load_state("networkidle")
            expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_have_count(0)
            assert page.evaluate("told") == []
