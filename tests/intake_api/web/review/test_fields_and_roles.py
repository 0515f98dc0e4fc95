"""Every page × every role × every kind of field: what rules/staff_fields.py says stands there, and nothing else."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest
from flask import Flask, url_for
from sqlalchemy import update
from werkzeug.test import TestResponse

from intake_api.catalogue.model import Catalogue
from intake_api.flows.act_on_many import BulkDesk, act_on_many
from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.mark_spam import mark_spam
from intake_api.flows.tell_destinations import tell_destinations
from intake_api.flows.tell_of_parked import tell_of_parked
from intake_api.queue import Queue
from intake_api.rules.staff_fields import BESIDES, OF_OTHERS, PAGES, Shows
from intake_api.rules.staff_roles import PEOPLE_ROLES, Role, StaffAct, may
from intake_api.store.base import Store
from intake_api.store.comparisons import Differs, note_difference
from intake_api.store.deliveries import DeliveryRow
from intake_api.store.leads import Lead
from intake_api.web.review.permits import acts_of
from tests.intake_api.conftest import ROOT, DrivenClock
from tests.intake_api.flows.merging import NEWSLETTER, confirm
from tests.intake_api.kept_leads import fail, keep_lead, lead_now
from tests.intake_api.web.review.taking_out import ask
from tests.intake_api.web.review.taking_out import look as look_at_file
from tests.intake_api.web.review.test_bulk import look
from tests.intake_api.web.review.test_roles import proof_of
from tests.intake_api.web.review.test_views import save
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, path_of

READER = "piotr.who.reads@tidewick.example"
MARKED = {"name": "Zzmarked Person", "email": "zzmarked.typed@example.lv", "company": "Zzmarked Works"}
NOTE = "zzmarked note of ours"
FOR_ALL, FOR_ONESELF = "zzmarked view for all", "zzmarked view of one"
TYPED = (*MARKED.values(), "zzmarked message")
MASKS = ("Z… P…", "Z… W…")
TABLE = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \|((?: (?:yes|–|officer|lead) \|){7})$", re.MULTILINE)
BEGUN = re.compile(f"(begun|asked for) by {READER}")  # who did something, which is no reading
# Pages of the person who looks, and of nobody else; a picture; the same numbers as `reports.take_out`, packed.
OWN = {"entrance.show_choice", "company.step_up", "second_factor.picture", "reports.take_workbook"}


@dataclass(frozen=True)
class House:
    """Where the pages are of which each holds something marked, and of which leads."""

    lead: Lead
    moved: Lead  # by an act on many
    spam: Lead  # left out of files
    paths: dict[str, str]


@pytest.fixture
def house(
    reviewing: MakeReviewer,
    store: Store,
    queue: Queue,
    catalogue: Catalogue,
    clock: DrivenClock,
    review_app: Flask,
    works: Callable[[str], None],
) -> House:
    """Two leads of one person: opened, noted on and acted on at once by others, who have saved views."""
    lead, other = (
        keep_lead(store, catalogue, now=clock(), decisions=NEWSLETTER, message="zzmarked message", **MARKED)
        for _ in range(2)
    )
    confirm(store, lead, clock)
    piotr = reviewing(READER, roles=[Role.REVIEWER, Role.LEAD])
    eva = reviewing("eva.who.notes@tidewick.example")
    assert piotr.get(path_of(lead)).status_code == 200
    assert eva.send(eva.page(path_of(lead)), path_of(lead, "/notes"), note=NOTE, text=NOTE).status_code == 303
    assert save(piotr, FOR_ALL, shared="yes") == save(piotr, FOR_ONESELF) == 303
    assert eva.client.post(path_of(lead, "/ask"), data={"proof": proof_of(eva)}, headers=OURS).status_code == 303
    moved = keep_lead(store, catalogue, now=clock())
    job = look(piotr, [moved], "contact")
    assert piotr.send(piotr.page(job), f"{job}/begin").status_code == 303
    act_on_many(store, BulkDesk(queue, "file", "crm"), job.rpartition("/")[2], 1, clock=clock)
    failed = fail(store, queue, lead_now(store, moved), clock)
    with store.writing() as tx:
        note_difference(tx, failed, Differs.OTHERWISE, ["email"], now=clock())
        tx.execute(update(DeliveryRow).values(attempts=2, left_at=clock()))  # it may be there, so that it is told a no
        assert tell_destinations(tx, hold_lead(tx, moved.id), "update_consent", now=clock())
    tell_of_parked(store, [Role.LEAD], now=clock())
    spam = keep_lead(store, catalogue, now=clock())
    mark_spam(store, spam.reference, seen_version=spam.version, staff_id="0" * 32, now=clock())
    file = take_out(piotr, [lead, spam], works)
    with review_app.test_request_context():
        paths = {
            "lead.show": url_for("lead.show", reference=lead.reference),
            "merging.preview": url_for("merging.preview", reference=lead.reference, **{"with": other.reference}),
            "questions.of_lead": url_for("questions.of_lead", reference=lead.reference),
            "recording.choose": url_for("recording.choose", form="request_demo", locale="en"),
            "bulk.show": job,
            "exports.show": file,
            "exports.file": f"{file}/file",  # his alone
            "reports.take_out": "/reports/leads/days.csv",
        }
        return House(lead, moved, spam, {endpoint: paths.get(endpoint) or url_for(endpoint) for endpoint in PAGES})


def take_out(browser: Browser, leads: list[Lead], works: Callable[[str], None]) -> str:
    """Have a file made of leads; return the path of its page."""
    path = look_at_file(browser, leads, at="/?state=all")
    assert ask(browser, path) == 303
    works(path)
    return path


def shown_by(answer: TestResponse, endpoint: str, house: House) -> set[Shows]:
    """Say what stands on a page."""
    text = answer.text
    main = text.partition("<main")[2]  # who looks stands at the top of each page
    found = {
        Shows.TYPED: any(value in text for value in TYPED if value != MARKED["email"] or endpoint != "search.show"),
        Shows.MASKED: any(value in text for value in MASKS),
        Shows.NOTES: NOTE in text,
        Shows.READERS: f"by {READER}" in BEGUN.sub("", main) or (endpoint == "audit.show" and READER in main),
        Shows.REFERENCE: any(one.reference in text for one in (house.lead, house.moved, house.spam)),
        Shows.STAFF: READER in main,
        Shows.VIEWS: FOR_ALL in text,
    }
    return {kind for kind, stands in found.items() if stands}


def expected_on(endpoint: str, roles: Iterable[Role]) -> set[Shows]:
    """Say what the table allows on a page for these roles, who have done nothing themselves."""
    if endpoint in OF_OTHERS and not may(roles, OF_OTHERS[endpoint]):
        return set()
    says = PAGES[endpoint]
    return {one for one in says if endpoint == "audit.show" or one not in BESIDES or may(roles, BESIDES[one])}


class TestPagesRolesAndFields:
    @pytest.mark.parametrize("roles", [*([role] for role in sorted(PEOPLE_ROLES)), [Role.REVIEWER, Role.OFFICER]])
    def test_sec08_m10_a05_a_page_shows_what_the_table_says_and_nothing_else(
        self,
        review_app: Flask,
        reviewing: MakeReviewer,
        house: House,
        works: Callable[[str], None],
        roles: list[Role],
    ) -> None:
        acts, browser, wrong = acts_of(review_app), reviewing("who.looks@tidewick.example", roles=roles), []
        paths = dict(house.paths)
        if may(roles, StaffAct.EXPORT_LEADS):
            paths["exports.file"] = f"{take_out(browser, [house.lead], works)}/file"
        for endpoint in PAGES:
            act = acts[endpoint]
            assert act is not None
            if endpoint == "search.show":
                if not may(roles, act):
                    continue  # its form is on a page they do not get
                answer = browser.send(browser.page("/search"), "/search", term=MARKED["email"])
            else:
                answer = browser.client.get(paths[endpoint])
            shown, is_open = shown_by(answer, endpoint, house), may(roles, act)
            expected = expected_on(endpoint, roles) if is_open else set()
            is_there = is_open and (endpoint != "bulk.show" or may(roles, OF_OTHERS[endpoint]))
            if shown != expected or (answer.status_code == 200) != is_there or FOR_ONESELF in answer.text:
                wrong.append((endpoint, answer.status_code, shown - expected, expected - shown))
        assert wrong == []

    @pytest.mark.parametrize("role", sorted(PEOPLE_ROLES))
    def test_sec06_sec08_who_may_not_is_told_nothing_by_any_route(
        self, review_app: Flask, reviewing: MakeReviewer, house: House, role: Role
    ) -> None:
        browser, acts = reviewing("who.looks@tidewick.example", roles=[role]), acts_of(review_app)
        proof, told = proof_of(browser), []
        for rule in review_app.url_map.iter_rules():
            act = acts.get(rule.endpoint)
            if act is None or may([role], act):
                continue
            path = re.sub(r"<[^>]+>", "0" * 32, rule.rule.replace("<reference>", house.lead.reference))
            if "POST" in (rule.methods or ()):
                answer = browser.client.post(path, data={"proof": proof, "term": MARKED["email"]}, headers=OURS)
            else:
                answer = browser.client.get(path)
            values = (*TYPED, *MASKS, NOTE, FOR_ALL, FOR_ONESELF, READER, house.lead.reference, house.moved.reference)
            told += [(rule.endpoint, value) for value in values if value in answer.text]
        assert told == []

    def test_sec08_every_page_of_people_is_in_the_table_or_shows_one_of_them(self, review_app: Flask) -> None:
        acts = acts_of(review_app)
        pages = {rule.endpoint for rule in review_app.url_map.iter_rules() if "GET" in (rule.methods or ())}
        assert set(PAGES) == (pages & set(acts)) - OWN | {"search.show"}

    def test_sec08_stands_in_the_docs(self) -> None:
        text = (ROOT / "docs" / "review.md").read_text("utf-8")
        said = {name: [cell.strip() for cell in cells.split("|")[:-1]] for name, cells in TABLE.findall(text)}
        assert said == {page: [_cell(page, one) for one in Shows] for page in PAGES}


def _cell(page: str, one: Shows) -> str:
    if one not in PAGES[page]:
        return "–"
    if page in OF_OTHERS:
        return "lead"
    return "officer" if page == "lead.show" and one in BESIDES else "yes"
