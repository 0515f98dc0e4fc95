"""Every route of the review door × every role: the door does what the table of rules/staff_roles.py says."""

import re

import pytest
from flask import Flask, g
from werkzeug.routing import Rule

from intake_api.rules.staff_roles import ALLOWED, Role, RoleUnknown, StaffAct, may, read_roles
from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.web.review.permits import NEEDS, RouteNeedsNothing, acts_of, guard_acts
from intake_api.web.review.session import form_proof
from tests.intake_api.conftest import ROOT, DrivenClock
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer

CLOSED = {401, 403}
LEADS_FRONT = "queue.show"
WORTH_NOTHING = "0" * 32


def status_of(browser: Browser, rule: Rule, lead: Lead) -> int:
    """Knock at a route as a page of ours would."""
    path = re.sub(r"<reference>", lead.reference, rule.rule)
    path = re.sub(r"<[^>]+>", WORTH_NOTHING, path)
    if "POST" not in (rule.methods or ()):
        return browser.get(path).status_code
    return browser.client.post(path, data={"proof": proof_of(browser)}, headers=OURS).status_code


def proof_of(browser: Browser) -> str:
    """Return the proof that a page of this session would carry."""
    with browser.client.application.test_request_context():
        g.token = browser.token
        return form_proof()


class TestRoutesAndRoles:
    @pytest.mark.parametrize("role", list(Role))
    def test_sec06_each_route_is_open_to_those_the_table_names_and_to_nobody_else(
        self,
        review_app: Flask,
        reviewing: MakeReviewer,
        lead: Lead,
        role: Role,
    ) -> None:
        acts, wrong = acts_of(review_app), []
        for number, rule in enumerate(review_app.url_map.iter_rules()):
            act = acts.get(rule.endpoint)
            if act is None:
                continue
            status = status_of(reviewing(f"p{number}@tidewick.example", roles=[role]), rule, lead)
            expected_open = role in ALLOWED[act]
            led_elsewhere = rule.endpoint == LEADS_FRONT and status == 303
            if (status not in CLOSED and not led_elsewhere) != expected_open:
                wrong.append((rule.rule, act, status))
        assert wrong == []

    def test_sec06_a_route_that_does_not_say_what_it_is_is_not_served(self, review_app: Flask) -> None:
        for endpoint in acts_of(review_app):
            view = review_app.view_functions[endpoint]
            declared = getattr(view, NEEDS)
            delattr(view, NEEDS)
            try:
                with pytest.raises(RouteNeedsNothing, match=endpoint):
                    guard_acts(review_app)
            finally:
                setattr(view, NEEDS, declared)

    def test_sec09_another_role_holds_from_the_next_request_on(
        self,
        reviewing: MakeReviewer,
        store: Store,
        lead: Lead,
        clock: DrivenClock,
    ) -> None:
        ilze = reviewing()
        assert ilze.get(f"/leads/{lead.reference}").status_code == 200
        with store.writing() as tx:
            account = staff.find_account(tx, "ilze@tidewick.example")
            assert account
            staff.set_roles(tx, account.reviewer.id, [Role.OFFICER])
        assert ilze.get(f"/leads/{lead.reference}").status_code == 403

    def test_sec08_who_opened_a_lead_is_no_reviewers_business(
        self,
        reviewing: MakeReviewer,
        lead: Lead,
    ) -> None:
        path = f"/leads/{lead.reference}"
        reviewing("piotr@tidewick.example").get(path)
        said = reviewing().get(path).text
        assert "by piotr@tidewick.example" not in said  # he stands there as one whom it can be given to
        both = reviewing("anna@tidewick.example", roles=[Role.REVIEWER, Role.OFFICER])
        assert "by piotr@tidewick.example" in both.get(path).text


class TestTable:
    def test_names_every_act(self) -> None:
        assert set(ALLOWED) == set(StaffAct)

    def test_a05_no_role_reads_both_leads_and_audit(self) -> None:
        assert not ALLOWED[StaffAct.READ_LEAD] & ALLOWED[StaffAct.SEE_AUDIT]

    def test_an_integration_has_no_page_and_nobody_without_a_role_may_anything(self) -> None:
        assert not [act for act in StaffAct if may([Role.INTEGRATION], act) or may([], act)]

    @pytest.mark.parametrize("names", [[], ["integration"], ["reviewer", "root"], [""]])
    def test_a_person_has_a_persons_roles(self, names: list[str]) -> None:
        with pytest.raises(RoleUnknown):
            read_roles(names)

    def test_stands_in_the_docs(self) -> None:
        text = (ROOT / "docs" / "review.md").read_text("utf-8")
        rows = re.findall(r"^\| `([a-z_]+)` \|((?: (?:yes|–) \|){5})$", text, re.MULTILINE)
        said = {name: [cell.strip() == "yes" for cell in cells.split("|")[:-1]] for name, cells in rows}
        assert said == {act.value: [role in ALLOWED[act] for role in Role] for act in StaffAct}
