"""A visitor of a page with a form: opens it, fills it in, and looks at what the page was told."""

from pathlib import Path
from typing import Any

import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from intake_api.store.base import Store
from intake_api.web import words as words_module
from tests.intake_api.web.host_pages import Site

LANGUAGES = ("en", "lv", "ru", "pl", "cs")
EMAIL = "zane@guest.example"
# What the page around hears, from the first moment on.
HEARING = """
window.heard = [];
["ready", "shown", "submitted", "closed"].forEach(name => document.addEventListener("vestibule:" + name,
  event => window.heard.push([name, {...event.detail}, event.target.localName])));
"""


def words(locale: str) -> Any:
    """Return the words of the pages in a language, as they are shipped."""
    return yaml.safe_load((Path(words_module.FOLDER) / f"{locale}.yml").read_text("utf-8"))


def open_form(page: Page, site: Site, form: str, mode: str = "inline", path: str = "/en", options: str = "") -> Locator:
    """Open a page of the site whose line names a form; return what the form is drawn in."""
    site.options = f' data-form="{form}" data-mode="{mode}"{options}'
    page.goto(site.url + path)
    if mode == "inline":
        expect(page.locator(".vestibule-sheet")).to_be_visible()
    return page.locator(".vestibule-form")


def heard(page: Page) -> list[str]:
    """Return the names of what the page around was told."""
    return [name for name, _, _ in page.evaluate("heard")]


def details(page: Page, name: str) -> Any:
    """Return what was told with an event, the last time."""
    return [detail for told, detail, _ in page.evaluate("heard") if told == name][-1]


def send(page: Page) -> None:
    page.click(".vestibule-send")


def reference(page: Page) -> str:
    """Wait for the thanks and return the reference."""
    shown = page.locator(".vestibule-reference strong")
    expect(shown).to_be_visible()
    return shown.inner_text()


def violations(page: Page) -> list[str]:
    """Return what axe finds in what this service put on the page."""
    report = Axe().run(page, context={"include": [["vestibule-form"]]}, options={"resultTypes": ["violations"]})
    return [f"{one['id']}: {one['nodes'][0]['html'][:150]}" for one in report.response["violations"]]


def refusals(store: Store) -> int:
    """Count the entries of the evidence that say no."""
    with store.reading() as tx:
        query = "SELECT COUNT(*) FROM evidence WHERE kind = 'presentation.refused'"
        return int(tx.scalar(text(query)) or 0)
