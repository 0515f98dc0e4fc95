"""What somebody tries who is not meant: ids of others, other sites, addresses that lead away, more time for a lead."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from intake_api.catalogue.model import Catalogue
from intake_api.rules.bulk import JobState
from intake_api.rules.staff_roles import PEOPLE_ROLES, Role
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import find_job
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead, lead_now
from tests.intake_api.web.review.test_bulk import look
from tests.intake_api.web.review.test_people import id_of
from tests.intake_api.web.review.test_roles import proof_of
from tests.intake_api.web.review.test_views import removals, save
from tests.intake_api.web.review.visitor import OURS, Browser, MakeReviewer, path_of, words_of

PIOTR = "piotr@tidewick.example"
NOBODYS = "0" * 32
ASKED = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
AWAY = ("https://evil.example/", "//evil.example", "/\\evil.example", "https:evil.example", "/%0d%0aLocation:%20//evil")
LEADS_ON = ("next", "back", "return_to", "url", "to", "lang", "language", "lead", "with", "state", "older", "form")


def path_to(rule: Rule, lead: Lead) -> str:
    """Return an address of a route."""
    return re.sub(r"<[^>]+>", NOBODYS, rule.rule.replace("<reference>", lead.reference))


def answers(app: Flask, browser: Browser, lead: Lead, headers: dict[str, str]) -> Iterator[tuple[str, TestResponse]]:
    """Knock at every route by each of its methods, without the proof that a form of ours carries."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods or ()):
            yield f"{method} {rule.rule}", browser.client.open(path_to(rule, lead), method=method, headers=headers)


class TestIdsOfOthers:
    """SEC-07: the same answer as to an id of nobody, and nothing is done."""

    @pytest.fixture
    def piotr(self, reviewing: MakeReviewer) -> Browser:
        return reviewing(PIOTR)

    @pytest.fixture
    def alike(self, reviewer: Browser) -> Callable[[str, str], bool]:
        """Knock as Ilze with an id and with one of nobody; say whether she is told the same."""

        def knock(path: str, one: str) -> bool:
            proof = {"proof": proof_of(reviewer)}
            here, nowhere = path.format(one), path.format(NOBODYS)
            asked = [reviewer.client.get(at) for at in (here, nowhere)]
            sent = [reviewer.client.post(at, data=proof, headers=OURS) for at in (here, nowhere)]
            return all(
                (first.status_code, first.location, first.text.replace(one, NOBODYS))
                == (second.status_code, second.location, second.text)
                for first, second in (asked, sent)
            )

        return knock

    def test_sec07_an_act_on_many(
        self, piotr: Browser, alike: Callable[[str, str], bool], lead: Lead, store: Store
    ) -> None:
        job = look(piotr, [lead], "contact").rpartition("/")[2]
        assert re.fullmatch("[0-9a-f]{32}", job)
        assert [alike(f"/bulk/{{}}{act}", job) for act in ("", "/begin", "/stop")] == [True] * 3
        with store.reading() as tx:
            found = find_job(tx, job)
        assert found is not None
        assert found.state is JobState.PREVIEWED

    def test_sec07_a_saved_view(self, piotr: Browser, alike: Callable[[str, str], bool]) -> None:
        save(piotr, "Of Piotr alone")
        (remove,) = removals(piotr.page("/"))
        view = remove.split("/")[2]
        assert re.fullmatch("[0-9a-f]{32}", view)
        assert alike("/views/{}/remove", view)
        assert "Of Piotr alone" in words_of(piotr.page("/"))

    @pytest.mark.parametrize("act", ["roles", "teams", "link", "off", "on", "sessions", "factor"])
    def test_sec07_a_person(self, piotr: Browser, alike: Callable[[str, str], bool], store: Store, act: str) -> None:
        assert alike(f"/people/{{}}/{act}", id_of(store, PIOTR))
        assert piotr.get("/").status_code == 200


class TestOtherSites:
    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost"]
    )
    def test_sec13_no_route_is_shared_with_any_site(
        self, review_app: Flask, reviewer: Browser, lead: Lead, origin: str
    ) -> None:
        asked = answers(review_app, reviewer, lead, ASKED | {"Origin": origin})
        assert [at for at, answer in asked if "access-control" in str(answer.headers).lower()] == []

    @pytest.mark.parametrize("signed_in", [True, False])
    def test_sec15_sec17_sec21_every_route_says_what_a_browser_may_not(
        self, review_app: Flask, reviewer: Browser, stranger: Browser, lead: Lead, signed_in: bool
    ) -> None:
        wrong = []
        for at, answer in answers(review_app, reviewer if signed_in else stranger, lead, {}):
            told, policy = answer.headers, answer.headers.get("Content-Security-Policy", "")
            holds = (
                told.get("Strict-Transport-Security", "").startswith("max-age=")
                and told.get("X-Content-Type-Options") == "nosniff"
                and told.get("Referrer-Policy") in ("same-origin", "no-referrer")
                and told.get("Cross-Origin-Opener-Policy") == "same-origin"
                and told.get("Cross-Origin-Resource-Policy") == "same-origin"
                and told.get("Cache-Control") == "no-store"
                and all(part in policy for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"))
            )
            if not holds and "/assets/" not in at:
                wrong.append((at, answer.status_code))
        assert wrong == []


class TestAddressesThatLeadAway:
    @pytest.mark.parametrize("away", AWAY)
    def test_sec18_no_route_leads_to_another_site_whatever_it_is_told(
        self, review_app: Flask, reviewing: MakeReviewer, lead: Lead, away: str
    ) -> None:
        led = []
        told = dict.fromkeys(LEADS_ON, away)
        for number, rule in enumerate(review_app.url_map.iter_rules()):
            browser = reviewing(f"p{number}@tidewick.example", roles=PEOPLE_ROLES)  # some of the routes end the session
            if "POST" in (rule.methods or ()):
                data = {**told, "proof": proof_of(browser)}
                answer = browser.client.post(path_to(rule, lead), data=data, query_string=told, headers=OURS)
            else:
                answer = browser.client.get(path_to(rule, lead), query_string=told)
            location = urlsplit((answer.location or "/").replace("\\", "/"))
            if (location.scheme, location.netloc) != ("", ""):
                led.append((rule.rule, answer.location))
        assert led == []


class TestTheEndOfALead:
    def test_t08_nothing_that_staff_can_press_keeps_it_longer(
        self, reviewing: MakeReviewer, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        leads = [keep_lead(store, catalogue, now=clock()) for _ in range(15)]
        clock.now += leads[0].delete_after - leads[0].received_at - timedelta(days=10)
        browser = reviewing(roles=[Role.REVIEWER, Role.LEAD])
        names = [act.rpartition("/")[2] for act in browser.page(path_of(leads[0])).forms if leads[0].reference in act]
        assert {"approve", "contact", "decline", "spam", "notes", "follow-up"} <= set(names)
        for name, lead in zip(names, leads, strict=False):
            self.press(browser, lead, name)
            back = {"undo", "reverse", "release"}
            for act in [act for act in browser.page(path_of(lead)).forms if act.rpartition("/")[2] in back]:
                self.press(browser, lead, act.rpartition("/")[2])
            now = lead_now(store, lead)
            assert now.delete_after <= lead.delete_after, name
            assert now.follow_up_by is None or now.follow_up_by <= lead.delete_after, name

    def press(self, browser: Browser, lead: Lead, act: str) -> None:
        """Press a button of a lead's page and ask for what would lengthen it."""
        later = f"{lead.delete_after + timedelta(days=90):%Y-%m-%d}"
        asked = {"reason": "not_a_fit", "note": "Keep it.", "day": later, "delete_after": later}
        browser.send(browser.page(path_of(lead)), path_of(lead, f"/{act}"), **asked)
