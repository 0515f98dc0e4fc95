"""What the catalogue names, on every page of the review door, in the language of whoever reads it."""

import re
from random import Random

import pytest
from babel import Locale
from flask import Flask

from intake_api.catalogue.model import Catalogue
from intake_api.flows.ask_for_right import ask_for_right
from intake_api.flows.assign_by_rule import assign_by_rule
from intake_api.flows.seed_leads import seed_leads
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.rules.rights import ASKED_FOR
from intake_api.rules.staff_roles import Role
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.lead_lists import Wanted, list_leads
from intake_api.store.leads import Lead
from intake_api.web.review.names import form_name, language_name, score_says
from intake_api.web.review.tongue import ENGLISH, LANGUAGES
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.merging import Pair
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.web.review.test_given_by_rules import id_of
from tests.intake_api.web.review.test_tongues import MORE, PAGES, Texts, left_in_english
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of
from tools.words import read

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OTHERS = [code for code in LANGUAGES if code != ENGLISH]
ANNA = "anna@tidewick.example"
EVERY_ROLE = [role for role in Role if role is not Role.INTEGRATION]
FORM = "/record?form=request_demo&locale=cs"
FILTERED = "/?state=all&form=request_demo&purpose=product_offers&language=cs&channel=chat"
PARTS = re.compile(r" · |, |: |; |[“”„\"()]|\n")


@pytest.fixture
def pair(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Pair:
    """Two leads to merge; some weeks pass while they come."""
    return Pair(store, queue, catalogue, clock)


@pytest.fixture
def everybody(reviewing: MakeReviewer, pair: Pair) -> Browser:
    """Somebody with every role, signed in when the weeks are over."""
    return reviewing(ANNA, roles=EVERY_ROLE)


@pytest.fixture
def paths(
    everybody: Browser,
    pair: Pair,
    store: Store,
    queue: Queue,
    catalogue: Catalogue,
    settings: Settings,
    clock: DrivenClock,
) -> list[str]:
    """Every page, in a house where much has happened: leads of all states, forms and lines of a score, and a merge."""
    seeding = {"mode": "test", "destination": "file", "recipient": "crm", "now": clock(), "rng": Random(7)}
    list(seed_leads(store, catalogue, count=150, **seeding))  # type: ignore[arg-type]
    scored = keep_lead(store, catalogue, now=clock(), headcount=25, role="owner", budget="over_300")
    everybody.send(everybody.page("/people"), f"/people/{id_of(store, ANNA)}/teams", team="sales")
    everybody.send(everybody.page("/"), "/account/here")
    assign_by_rule(store, queue, catalogue.assignment, [(scored.form, scored.locale)], now=clock())
    for kind in ASKED_FOR:
        asking = {"email": f"{kind.value}@guest.example", "locale": "en", "door": "public", "now": clock()}
        ask_for_right(store, queue, settings.secrets.token_key, kind=kind, **asking)
    chosen = everybody.page("/?state=new")
    preview = everybody.send(chosen, "/bulk", which="page", act="approve")
    everybody.get("/reports/path/purposes.csv")
    return [
        *PAGES,
        *MORE,
        FORM,
        FILTERED,
        preview.location,
        f"{path_of(pair.confirmed)}/merge?with={pair.later.reference}",
        *map(path_of, [scored, *_one_of_each(store)]),
        "/audit?kind=lead.assigned",
        "/audit?kind=staff.teams_changed",
        "/audit?kind=report.exported",
        "/audit?kind=lead.declined",
    ]


def _one_of_each(store: Store) -> list[Lead]:
    """Return a lead of each state and of each form."""
    with store.reading() as tx:
        by_state = [list_leads(tx, Wanted(states=(state,)), limit=1) for state in LeadState]
        every = list_leads(tx, Wanted(states=tuple(LeadState)), limit=500)
    by_form = {lead.form: lead for lead in every}
    return [*(lead for leads in by_state for lead in leads), *by_form.values()]


def english_names(catalogue: Catalogue, code: str) -> set[str]:
    """Return how English calls what the catalogue names, and its keys, but for what a language says just so."""
    keys = {*catalogue.forms, *catalogue.purposes, *catalogue.assignment.teams}
    keys |= {field for form in catalogue.forms.values() for field in form.rules}
    keys |= {rule.id for rule in catalogue.assignment.rules}
    lines = {line for form in catalogue.forms.values() for line in form.qualification}
    notices = [view.notice.texts for view in catalogue.views.values() if view.locale == ENGLISH]
    titles = {said for texts in notices for key, said in texts.items() if key.startswith(("title.", "form_title"))}
    names = {*keys, *(key.replace("_", " ") for key in keys), *(line.says for line in lines), *titles}
    names |= set(catalogue.staff_names[ENGLISH].said.values())
    names |= {str(Locale(one).get_display_name(ENGLISH)) for one in LANGUAGES}
    theirs = {name.casefold() for name in catalogue.staff_names[code].said.values()}
    theirs |= {str(one.string).casefold() for one in read(code)}
    return {name.casefold() for name in names} - theirs


class TestNamesOfTheCatalogue:
    @pytest.mark.parametrize("code", OTHERS)
    def test_no_page_says_a_key_or_an_english_name(
        self, everybody: Browser, catalogue: Catalogue, paths: list[str], code: str
    ) -> None:
        english = english_names(catalogue, code)
        found = {}
        for path in paths:
            answer = everybody.get(path, headers={"Accept-Language": code})
            page = Texts(answer.text)
            assert page.lang == code, path
            said = {part.strip().casefold() for text in page.said for part in (*PARTS.split(text), text)}
            if left := [*sorted(said & english), *left_in_english(page, code)]:
                found[path] = left
        assert found == {}

    def test_a_line_of_a_score_is_said_as_it_was_kept_where_the_lines_were_others(
        self, review_app: Flask, catalogue: Catalogue
    ) -> None:
        form = catalogue.forms["request_demo"]
        line = {"id": "decides", "says": "Asks as a king", "version": form.qualification_version}
        with review_app.test_request_context(headers={"Accept-Language": "lv"}):
            assert score_says(form.key, line) == "Jautā īpašnieks vai vadītājs"
            assert score_says(form.key, {**line, "version": form.qualification_version + 1}) == "Asks as a king"
            assert score_says("of_yesterday", line) == score_says(form.key, {**line, "id": "other"}) == "Asks as a king"

    def test_what_the_catalogue_has_no_more_is_said_by_its_key(self, review_app: Flask) -> None:
        with review_app.test_request_context(headers={"Accept-Language": "ru"}):
            assert form_name("spring_fair") == "Spring fair"
            assert [language_name(code) for code in ("cs", "xx", "?")] == ["Чешский", "xx", "?"]
