"""Every form of the catalogue, filled in and sent by a browser in every language, with scripts and without."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.leads import Lead, get_lead, open_values
from tests.intake_api.forms import FORMS
from tests.intake_api.web.browsing import Trap, follow

pytestmark = pytest.mark.browser

LOCALES = ("en", "lv", "ru", "pl", "cs")
# Each form is sent with scripts and without, each in some of the languages.
VISITS = [
    (form, locale, (row + column) % 2 == 0) for row, form in enumerate(FORMS) for column, locale in enumerate(LOCALES)
]
ANSWERS = {
    "email": "zane@guest.example",
    "phone": "+371 20 000 001",
    "text": "Zanė Šķiltere-Łęcka Příklad",
    "number": "12",
    "long_text": "Atslēgas, klíče i ключи: ежедневно.\nOtra rinda.",
}


@pytest.mark.parametrize(("form", "locale", "scripts"), VISITS)
class TestEveryForm:
    def test_arrives_as_it_was_filled_in(
        self, chromium: Browser, address: str, store: Store, form: str, locale: str, scripts: bool
    ) -> None:
        context = chromium.new_context(java_script_enabled=scripts)
        page = context.new_page()
        trap = Trap(page, address)
        page.goto(f"{address}/f/{form}?lang={locale}")
        typed: dict[str, str] = {}
        while page.locator("form.lead").count():
            typed |= fill(page)
            follow(page.locator("form.lead .row button[name=go]").first)
        expect(page.locator("html")).to_have_attribute("lang", locale)
        lead = kept(store, page.locator(".reference strong").inner_text())
        assert (lead.form, lead.locale, lead.channel) == (form, locale, "page")
        assert (
            answers_of(store, lead).items()
            >= {name: typed[name] for name in ("name", "comment") if name in typed}.items()
        )
        assert set(typed) <= set(answers_of(store, lead)) | {"age"}
        with store.reading() as tx:
            states = {one.state for one in current_decisions(tx, lead.id).values()}
        assert DecisionState.REFUSED not in states
        assert trap.caught == []
        assert context.cookies() == []
        context.close()


def fill(page: Page) -> dict[str, str]:
    """Answer all that a page asks, with a yes to every wish; return what was given, by field."""
    typed = {}
    for control in page.locator("form.lead .field :is(input:not([type=radio]), textarea, select)").all():
        typed[name_of(control)] = answer(control)
    for scale in page.locator("form.lead .scale").all():
        scale.locator("input[value='9']").check()
        typed[name_of(scale.locator("input").first)] = "9"
    for pair in page.locator("form.lead .decision .pair").all():
        pair.locator("input").first.check()
    return typed


def answer(control: Locator) -> str:
    """Answer one question by its kind."""
    kind = control.evaluate("e => e.tagName === 'INPUT' ? e.inputMode || e.type : e.tagName")
    if kind == "SELECT":
        return control.select_option(index=1)[0]
    value = ANSWERS[{"tel": "phone", "numeric": "number", "TEXTAREA": "long_text", "email": "email"}.get(kind, "text")]
    control.fill(value)
    return value


def name_of(control: Locator) -> str:
    """Return the field that a control is for."""
    return (control.get_attribute("name") or "").removeprefix("f-")


def kept(store: Store, reference: str) -> Lead:
    """Return the lead of a reference."""
    with store.reading() as tx:
        return get_lead(tx, reference)


def answers_of(store: Store, lead: Lead) -> dict[str, object]:
    """Return what is sealed as a lead's answers."""
    with store.reading() as tx:
        return open_values(tx, store.vault, lead)
