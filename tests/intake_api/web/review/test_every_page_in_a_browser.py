"""Every page of the review door as people see it: phone and laptop, light and dark; and the pictures of the docs.

A page the door serves and nobody looks at here fails the first test. With VESTIBULE_PICTURES=docs/images each page
leaves its picture.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page

from intake_api.catalogue.model import Catalogue
from intake_api.flows.count_for_reports import count_for_reports
from intake_api.flows.seed_leads import seed_leads
from intake_api.flows.tell_of_parked import tell_of_parked
from intake_api.flows.write_note import write_note
from intake_api.queue import Queue
from intake_api.rules import exports as rules
from intake_api.rules.lead_state import LeadState
from intake_api.rules.staff_roles import Role
from intake_api.store import second_factors, staff
from intake_api.store.base import Store
from intake_api.store.comparisons import Differs, begin_comparison, note_difference
from intake_api.store.destinations import pause_destination
from intake_api.store.lead_lists import Wanted, list_leads
from intake_api.store.leads import Lead
from intake_api.store.parked import list_parked
from intake_api.store.workers import add_worker
from intake_api.web.review.reports import FIRST, REPORTS
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.merging import Pair
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.web.browsing import FAINT_TEXT, SIZES, Trap, follow
from tests.intake_api.web.review.taking_out import ask, look
from tests.intake_api.web.review.visitor import PASSWORD, Browser, MakeReviewer

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
PICTURES = os.environ.get("VESTIBULE_PICTURES")
FILES = {
    "assets.asset",
    "health.live",
    "health.ready",
    "second_factor.picture",
    "reports.take_out",
    "reports.take_workbook",
    "exports.file",
    # Parts of a page, looked at in test_dry_run_in_a_browser.py.
    "questions.of_lead",
    "questions.of_destination",
}
# What stands out of the screen, when something does.
TOO_WIDE = """() => [...document.querySelectorAll("main *")]
  .filter((each) => each.getBoundingClientRect().right > innerWidth && !each.closest(".filters"))
  .map((each) => `${each.localName}.${each.className}`).join()"""
# With a company's provider only: test_company_in_a_browser.py looks at them.
BY_COMPANY = {"company.begin", "company.come_back", "company.step_up"}
PICTURED = "en"
SCREENS = [
    (SIZES[0], "dark", PICTURED),
    (SIZES[1], "light", PICTURED),
    *((SIZES[0], "light", language) for language in ("lv", "ru", "pl", "cs")),
]
EVERY_ROLE = set(Role) - {Role.INTEGRATION}
ANNA = "anna.with.a.rather.long.name@tidewick.example"
FACTOR = "/account/second-factor"
NEW, NOBODY = "new@tidewick.example", ""
FILTERED = "/?state=all&form=request_demo&language=lv&score=10&age=30d&order=score"


@dataclass(frozen=True)
class Visit:
    """A page to look at: how it is reached, and whose page it is; `then` goes on from there."""

    name: str
    endpoint: str
    path: str
    token: str
    then: Callable[[Page], None] = lambda page: None


@pytest.fixture
def visits(
    reviewing: MakeReviewer,
    store: Store,
    queue: Queue,
    catalogue: Catalogue,
    clock: DrivenClock,
    password_hash: str,
    works: Callable[[str], None],
) -> list[Visit]:
    """Every page, in a house where much has happened."""
    pair = Pair(store, queue, catalogue, clock)
    seeding = {"mode": "test", "destination": "file", "recipient": "crm", "now": clock(), "rng": Random(7)}
    list(seed_leads(store, catalogue, count=120, **seeding))  # type: ignore[arg-type]
    ilze = reviewing("ilze@tidewick.example", roles=[Role.REVIEWER]).token
    marta = reviewing("marta@tidewick.example", roles=[Role.LEAD]).token
    anna = reviewing(ANNA, roles=EVERY_ROLE)
    anna.send(anna.page("/people"), "/people", email="maris@tidewick.example", role="reviewer")
    set_up_factor(anna, store, clock)
    with store.writing() as tx:
        staff.add_staff(tx, NEW, password_hash, one_time=True, now=clock())
    asked = keep_lead(store, catalogue, now=clock(), message="Could you show us how it works?")
    keep_lead(store, catalogue, now=clock(), message="We would like to see it on a Tuesday.")
    let_fare(store, clock)
    author = id_of(store, ANNA)
    write_note(store, catalogue, asked.reference, "Asks for a morning.", note_id="0" * 32, staff_id=author, now=clock())
    return [
        Visit("sign-in", "entrance.show_sign_in", "/sign-in", NOBODY),
        Visit(
            "sign-in-refused",
            "entrance.show_sign_in",
            "/sign-in",
            NOBODY,
            sign_in_as(ANNA, "a password of nobody"),
        ),
        Visit("password", "entrance.show_choice", "/sign-in", NOBODY, sign_in_as(NEW)),
        Visit("code", "second_factor.ask", "/sign-in", NOBODY, sign_in_as(ANNA)),
        Visit("join-over", "joining.show", "/join/none", NOBODY),
        Visit("queue", "queue.show", "/", ilze),
        Visit("queue-filtered", "queue.show", FILTERED, ilze),
        Visit("queue-empty", "queue.show", "/?state=spam", ilze),
        Visit("search", "search.ask", "/search", ilze),
        Visit("search-found", "search.show", "/search", ilze, lambda page: search(page, "Anna")),
        Visit("search-nothing", "search.show", "/search", ilze, lambda page: search(page, "nobody@none.example")),
        Visit("lead", "lead.show", f"/leads/{asked.reference}", ilze),
        Visit("lead-seen-by-all-roles", "lead.show", f"/leads/{asked.reference}", anna.token),
        *(
            Visit(f"lead-{lead.state.value}", "lead.show", f"/leads/{lead.reference}", ilze)
            for lead in one_of_each_state(store)
        ),
        Visit("merge", "merging.preview", f"/leads/{pair.confirmed.reference}/merge?with={pair.later.reference}", ilze),
        Visit("bulk", "bulk.jobs", "/bulk", ilze),
        Visit("bulk-preview", "bulk.show", "/", ilze, choose_three),
        Visit("bulk-begun", "bulk.show", "/", ilze, begin_three),
        *files_of_leads(reviewing, works),
        Visit("lead-unknown", "lead.show", "/leads/VB-0000-0000", ilze),
        Visit("record", "recording.choose", "/record", ilze),
        Visit("record-form", "recording.choose", "/record?form=request_demo&locale=lv", ilze),
        Visit("account", "account.show", "/account", ilze),
        Visit("second-factor", "second_factor.show", FACTOR, anna.token),
        Visit("not-your-page", "people.show", "/people", ilze),
        Visit("people", "people.show", "/people", anna.token),
        Visit("destinations", "destinations.show", "/destinations", anna.token),
        Visit("differences", "differences.show", "/destinations/differences", anna.token),
        Visit("parked", "parked.show", "/destinations/parked", anna.token),
        Visit("audit", "audit.show", "/audit", anna.token),
        Visit("rights", "audit.rights", "/rights", anna.token),
        *(Visit(f"reports-{name}", "reports.show", f"/reports/{name}", marta) for name in REPORTS if name != FIRST),
        Visit("reports", "reports.show", "/reports", marta),
    ]


def files_of_leads(reviewing: MakeReviewer, works: Callable[[str], None]) -> list[Visit]:
    """Files of leads: looked at, waiting for a second person as both see it, refused, under way, ready."""
    elza, karlis = (reviewing(f"{name}@tidewick.example", roles=[Role.LEAD]) for name in ("elza", "karlis"))
    everything = {"at": "/?state=all&age=30d", "which": "filter"}
    looked, ready, under_way, asked, refused = (look(elza, **everything) for _ in range(5))
    with pytest.MonkeyPatch.context() as patch:
        for path in (ready, under_way):
            assert ask(elza, path) == 303
        patch.setattr(rules, "ALONE", 3)
        for path in (asked, refused):
            assert ask(elza, path, reason="other", words="For the fair in Riga") == 303
    for _ in range(3):
        works(ready)
    karlis.send(karlis.page(refused), f"{refused}/refuse")
    return [
        Visit("files", "exports.jobs", "/exports", karlis.token),
        Visit("file-preview", "exports.show", looked, elza.token),
        Visit("file-under-way", "exports.show", under_way, elza.token),
        Visit("file-asked", "exports.show", asked, elza.token),
        Visit("file-to-answer", "exports.show", asked, karlis.token),
        Visit("file-refused", "exports.show", refused, elza.token),
        Visit("file-ready", "exports.show", ready, elza.token),
        Visit("queue-as-lead", "queue.show", "/", elza.token, lambda page: page.click("#many-tools summary")),
    ]


def let_fare(store: Store, clock: DrivenClock) -> None:
    """Let a worker be at work, and a destination of before be paused."""
    with store.writing() as tx:
        add_worker(tx, "w" * 32, host="here", now=clock())
        pause_destination(tx, "webhook", reason="credential_refused", delivery_id=None, now=clock())
    count_for_reports(store)
    tell_of_parked(store, [Role.ADMINISTRATOR], now=clock())
    with store.writing() as tx:
        begin_comparison(tx, "file", now=clock())
        for kind, one in zip(Differs, list_parked(tx, reason=None, after=None, limit=3), strict=True):
            names = ["email", "newsletter"] if kind is Differs.OTHERWISE else []
            note_difference(tx, one.delivery, kind, names, now=clock())


def id_of(store: Store, email: str) -> str:
    with store.reading() as tx:
        account = staff.find_account(tx, email)
    assert account
    return account.reviewer.id


def sign_in_as(email: str, password: str = PASSWORD) -> Callable[[Page], None]:
    def enter(page: Page) -> None:
        page.fill("#email", email)
        page.fill("#password", password)
        follow(page.locator("form.entrance button.primary"))

    return enter


def choose_three(page: Page) -> None:
    for key in "jxjxjx":
        page.keyboard.press(key)
    page.select_option("#many-act", "approve")
    follow(page.locator("#many button"))


def begin_three(page: Page) -> None:
    choose_three(page)
    follow(page.locator("main form button.primary"))


def set_up_factor(browser: Browser, store: Store, clock: DrivenClock) -> None:
    browser.send(browser.page(FACTOR), FACTOR)
    with store.reading() as tx:
        factor = second_factors.find_factor(tx, store.vault, id_of(store, ANNA))
    assert factor
    browser.send(browser.page(FACTOR), f"{FACTOR}/confirm", code=pyotp.TOTP(factor.secret).at(clock()))


def search(page: Page, term: str) -> None:
    page.get_by_role("searchbox").first.fill(term)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def one_of_each_state(store: Store) -> list[Lead]:
    with store.reading() as tx:
        found = [list_leads(tx, Wanted(states=(state,)), limit=1) for state in LeadState]
    return [lead for leads in found for lead in leads[:1]]


class TestEveryPage:
    def test_each_page_that_the_door_serves_is_looked_at(self, review_app: Flask, visits: list[Visit]) -> None:
        served = {rule.endpoint for rule in review_app.url_map.iter_rules() if "GET" in (rule.methods or ())}
        assert served - FILES - BY_COMPANY - {visit.endpoint for visit in visits} == set()

    @pytest.mark.parametrize(("size", "scheme", "language"), SCREENS, ids=str)
    def test_no_page_has_a_violation_faint_text_or_is_wider_than_the_screen(
        self,
        chromium: Chromium,
        address: str,
        visits: list[Visit],
        size: tuple[int, int],
        scheme: str,
        language: str,
    ) -> None:
        screen = {"viewport": dict(zip(("width", "height"), size, strict=True)), "color_scheme": scheme}
        context = chromium.new_context(**screen, locale=language)  # type: ignore[arg-type]
        found = {}
        for visit in visits:
            context.clear_cookies()
            if visit.token:
                context.add_cookies([{"name": "vestibule", "value": visit.token, "url": address}])
            page = context.new_page()
            trap = Trap(page, address)
            page.goto(address + visit.path)
            visit.then(page)
            violations = [one["id"] for one in Axe().run(page).response["violations"]]
            spoken = page.evaluate("document.documentElement.lang")
            wrong = (
                violations,
                trap.caught,
                page.evaluate(FAINT_TEXT),
                page.evaluate(TOO_WIDE) if page.evaluate("document.documentElement.scrollWidth > innerWidth") else "",
                spoken if spoken != language else "",
            )
            if any(wrong):
                found[visit.name] = wrong
            if PICTURES and language == PICTURED:
                beside = "-phone" if size == SIZES[0] else ""
                page.screenshot(path=Path(PICTURES) / "review" / f"{visit.name}{beside}.png")
            page.close()
        context.close()
        assert found == {}, found
