"""Every page × every role × every kind of field: what rules/staff_fields.py says stands there, and nothing else."""

import re

import pytest
from flask import Flask, url_for

from intake_api.catalogue.model import Catalogue
from intake_api.rules.staff_fields import BESIDES, PAGES, Shows
from intake_api.rules.staff_roles import PEOPLE_ROLES, Role, may
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.web.review.permits import acts_of
from tests.intake_api.conftest import ROOT, DrivenClock
from tests.intake_api.kept_leads import keep_lead
from tests.intake_api.web.review.visitor import Browser, MakeReviewer, path_of

READER = "piotr.who.reads@tidewick.example"
MARKED = {"name": "Zzmarked Person", "email": "zzmarked.typed@example.lv", "company": "Zzmarked Works"}
NOTE = "zzmarked note of ours"
TYPED = (*MARKED.values(), "zzmarked message")
MASKS = ("Z… P…", "Z… W…")
TABLE = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \|((?: (?:yes|–|officer) \|){6})$", re.MULTILINE)


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, catalogue, now=clock(), message="zzmarked message", **MARKED)


@pytest.fixture
def happened(reviewing: MakeReviewer, lead: Lead) -> Lead:
    """The lead, once somebody opened it, and somebody else noted something on it."""
    assert reviewing(READER).get(path_of(lead)).status_code == 200
    eva = reviewing("eva.who.notes@tidewick.example")
    assert eva.send(eva.page(path_of(lead)), path_of(lead, "/notes"), note=NOTE, text=NOTE).status_code == 303
    return lead


def shown_by(browser: Browser, endpoint: str, path: str, lead: Lead) -> tuple[int, set[Shows]]:
    """Open a page and say what stands on it."""
    if endpoint == "search.show":
        answer = browser.send(browser.page("/search"), "/search", term=MARKED["email"])
    else:
        answer = browser.client.get(path)
    text = answer.text
    main = text.partition("<main")[2]  # who looks stands at the top of each page
    found = {
        Shows.TYPED: any(value in text for value in TYPED if value != MARKED["email"] or endpoint != "search.show"),
        Shows.MASKED: any(value in text for value in MASKS),
        Shows.NOTES: NOTE in text,
        Shows.READERS: f"by {READER}" in main or (endpoint == "audit.show" and READER in main),
        Shows.REFERENCE: lead.reference in text,
        Shows.STAFF: READER in main,
    }
    return answer.status_code, {kind for kind, stands in found.items() if stands}


class TestPagesRolesAndFields:
    @pytest.mark.parametrize("roles", [*([role] for role in sorted(PEOPLE_ROLES)), [Role.REVIEWER, Role.OFFICER]])
    def test_sec08_m10_a05_a_page_shows_what_the_table_says_and_nothing_else(
        self, review_app: Flask, reviewing: MakeReviewer, happened: Lead, roles: list[Role]
    ) -> None:
        acts, browser, wrong = acts_of(review_app), reviewing("who.looks@tidewick.example", roles=roles), []
        for endpoint, says in PAGES.items():
            act = acts[endpoint]
            assert act is not None
            if endpoint == "search.show" and not may(roles, act):
                continue  # its form is on a page they do not get
            with review_app.test_request_context():
                path = url_for(endpoint, **({"reference": happened.reference} if endpoint == "lead.show" else {}))
            status, shown = shown_by(browser, endpoint, path, happened)
            allowed = {
                one for one in says if endpoint == "audit.show" or one not in BESIDES or may(roles, BESIDES[one])
            }
            expected = allowed if may(roles, act) else set()
            too_much, too_little = shown - expected, (expected - shown) & {Shows.TYPED, Shows.MASKED, Shows.READERS}
            if too_much or too_little or (status == 200) != may(roles, act):
                wrong.append((endpoint, status, too_much, too_little))
        assert wrong == []

    def test_sec08_every_page_of_people_is_in_the_table_or_shows_one_of_them(self, review_app: Flask) -> None:
        assert set(PAGES) <= set(acts_of(review_app))

    def test_sec08_stands_in_the_docs(self) -> None:
        text = (ROOT / "docs" / "review.md").read_text("utf-8")
        said = {name: [cell.strip() for cell in cells.split("|")[:-1]] for name, cells in TABLE.findall(text)}
        assert said == {page: [_cell(page, one) for one in Shows] for page in PAGES}


def _cell(page: str, one: Shows) -> str:
    if one not in PAGES[page]:
        return "–"
    return "officer" if page == "lead.show" and one in BESIDES else "yes"
