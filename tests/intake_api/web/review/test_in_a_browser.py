"""The review door in a real browser: no script of a visitor runs, and everything works without scripts."""

import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, expect

from intake_api.catalogue.model import Catalogue
from intake_api.flows.issue_password import invite_first_staff
from intake_api.flows.read_lead import read_lead
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.lead_lists import list_leads
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.corpora import naughty_chunks, needs_corpora
from tests.intake_api.kept_leads import keep_lead, lead_now
from tests.intake_api.web.browsing import FAINT_TEXT, Trap, follow
from tests.intake_api.web.review.visitor import PASSWORD, Browser, path_of

pytestmark = pytest.mark.browser
RECORD = "/record?form=request_demo&locale=lv"
ATTACKS = """<script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=alert(1)>
"><iframe srcdoc="<script>parent.alert(1)</script>"></iframe><a href="javascript:alert(1)">x</a>
</dd></dl></main><style>body{display:none}</style><base href="https://evil.example/"><meta http-equiv=refresh content=0>
{{ 7*7 }}{% raw %}${7*7}<!--"""
# All scripts but the one of this door, and whatever else a visitor might have brought in.
FOREIGN = """document.querySelectorAll("body script, script:not([src^='/assets/review.js?']), iframe, main style,"
  + " main base").length"""


def signed_in(chromium: Chromium, address: str, reviewer: Browser, **options: object) -> BrowserContext:
    context = chromium.new_context(**options)  # type: ignore[arg-type]
    context.add_cookies([{"name": "vestibule", "value": reviewer.token, "url": address}])
    return context


class TestInABrowser:
    @needs_corpora
    @pytest.mark.parametrize("policy", ["on", "off"])
    def test_sec14_no_text_of_a_visitor_runs(
        self,
        chromium: Chromium,
        address: str,
        reviewer: Browser,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        policy: str,
    ) -> None:
        context = signed_in(chromium, address, reviewer, bypass_csp=policy == "off")
        page = context.new_page()
        trap = Trap(page, address)
        for chunk in [ATTACKS, *naughty_chunks()]:
            lead = keep_lead(store, catalogue, now=clock(), message=chunk, company="'\"><script>alert(2)</script>")
            kept = read_lead(store, lead.reference, actor="operator", why="test", now=clock()).values
            page.goto(address + path_of(lead))
            for name in ("message", "company", "name"):
                assert page.locator(f"dd[data-field={name}]").text_content() == kept[name]
            assert page.evaluate(FOREIGN) == 0
        page.goto(address + "/?state=all")
        assert trap.caught == trap.failed == []
        context.close()

    def test_sec15_an_injected_script_does_not_run_even_if_escaping_failed(
        self, chromium: Chromium, address: str, reviewer: Browser, review_app: Flask, lead: Lead
    ) -> None:
        review_app.jinja_env.autoescape = False
        review_app.jinja_env.filters["age"] = lambda _moment: "<script>alert(1)</script><img src=x onerror=alert(1)>"
        context = signed_in(chromium, address, reviewer)
        page = context.new_page()
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(address + path_of(lead))
        assert page.locator("script").count() > 0
        assert dialogs == []
        context.close()

    def test_the_whole_way_works_without_scripts(
        self, chromium: Chromium, address: str, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        invitation = invite_first_staff(store, "ilze@tidewick.example", now=clock())
        assert invitation
        context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
        page = context.new_page()
        page.goto(address + path_of(lead))
        page.fill("#email", invitation.email)
        page.fill("#password", invitation.password)
        follow(page.locator("text=Sign in").last)
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
        follow(page.locator("button.primary").first)
        follow(page.get_by_role("link", name=lead.reference))
        follow(page.locator("button.primary").first)
        assert "was approved and goes to" in (page.locator(".said").text_content() or "")
        assert lead_now(store, lead).state is LeadState.QUALIFIED
        follow(page.locator("text=Sign out").first)
        expect(page).to_have_url(address + "/sign-in")
        context.close()

    @pytest.mark.parametrize("width", [320, 390, 1280])
    def test_nothing_is_wider_than_the_screen(
        self,
        chromium: Chromium,
        address: str,
        reviewer: Browser,
        store: Store,
        catalogue: Catalogue,
        clock: DrivenClock,
        width: int,
    ) -> None:
        both = {"newsletter": True, "product_offers": True}
        lead = keep_lead(store, catalogue, now=clock(), decisions=both, company="W" * 120, message="ﷺ" * 300)
        context = signed_in(chromium, address, reviewer, viewport={"width": width, "height": 800})
        page = context.new_page()
        for path in ("/", path_of(lead), "/nothing", "/record", RECORD):
            page.goto(address + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_c19_a_call_is_written_down_on_a_phone_without_scripts(
        self, chromium: Chromium, address: str, reviewer: Browser, store: Store, scheme: str
    ) -> None:
        size = {"width": 390, "height": 844}
        context = signed_in(chromium, address, reviewer, viewport=size, color_scheme=scheme)
        page = context.new_page()
        page.goto(address + RECORD)
        assert page.evaluate(FAINT_TEXT) == []
        context.close()
        context = signed_in(chromium, address, reviewer, viewport=size, java_script_enabled=False)
        page = context.new_page()
        page.goto(address + "/")
        follow(page.get_by_text("Write down a call"))
        page.select_option("#form", "request_demo")
        page.select_option("#locale", "lv")
        follow(page.get_by_role("button", name="Go on"))
        for choice in ("Not yet", "By telephone", "They said yes"):
            page.get_by_label(choice).first.check()
        page.fill("#said_on", "2026-11-20")
        page.fill("#f-name", "Anna Example")
        page.fill("#f-email", "anna@caller.example")
        follow(page.get_by_role("button", name="Keep it"))
        assert "To be told by 20 Dec 2026" in page.inner_text("main")
        with store.reading() as tx:
            (kept,) = list_leads(tx)
        assert (kept.channel, kept.locale) == ("staff", "lv")
        context.close()

    def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(
        self, chromium: Chromium, address: str, reviewer: Browser, lead: Lead
    ) -> None:
        context = signed_in(chromium, address, reviewer)
        page = context.new_page()
        page.goto(address + "/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
        page.keyboard.press("Enter")
        reached = []
        links = page.locator(
            "main a, main button, main input, main summary"
        ).count()  # before the lead stand the filters
        while lead.reference not in reached and len(reached) < links:
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert lead.reference in reached
        page.locator(".reference").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{path_of(lead)}*")
        context.close()
