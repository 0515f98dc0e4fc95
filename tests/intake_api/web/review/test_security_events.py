"""Security events stand in the log with ids and without values (SEC-52), and far-reaching acts ask for a factor."""

import logging
import re

import pytest
from flask import Flask

from intake_api.log import LOGGER
from intake_api.rules.security_events import EVENTS, OTHERS
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.web.review.permits import FRESH
from tests.intake_api.conftest import ROOT, DrivenClock
from tests.intake_api.kept_leads import FIELDS, lead_now
from tests.intake_api.web.review.visitor import PASSWORD, Browser, path_of

ILZE = "ilze@tidewick.example"


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == LOGGER]


class TestEvents:
    @pytest.mark.parametrize("kind", EVENTS)
    def test_sec52_each_is_told_with_ids(
        self, store: Store, clock: DrivenClock, caplog: pytest.LogCaptureFixture, kind: str
    ) -> None:
        caplog.set_level(logging.INFO, LOGGER)
        with store.writing() as tx:
            facts = {"staff": "b" * 32, "note": "typed by somebody"}
            entry = evidence.add_entry(tx, kind, actor=f"staff:{'a' * 32}", now=clock(), facts=facts)
        assert said(caplog) == [f"security.{EVENTS[kind]} entry={entry} staff={'a' * 32} about={'b' * 32}"]

    def test_sec52_what_is_none_is_not(
        self, store: Store, clock: DrivenClock, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, LOGGER)
        with store.writing() as tx:
            evidence.add_entry(tx, "lead.read", actor="operator", now=clock())
        assert said(caplog) == []

    def test_sec52_signing_in_and_being_refused_leave_lines_without_a_value(
        self, reviewer: Browser, stranger: Browser, lead: Lead, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, LOGGER)
        for password in ("wrong one for ilze", PASSWORD):
            stranger.sign_in(ILZE, password)
        for _ in range(7):
            stranger.sign_in("nobody@tidewick.example", "guess")
        stranger.get("/people")
        stranger.get(path_of(lead))
        lines = said(caplog)
        names = {line.split()[0] for line in lines}
        assert {"security.sign_in_failed", "security.signed_in", "security.too_many_tries", "request.refused"} <= names
        assert any("code=not_your_role" in line for line in lines)
        spoken = "\n".join(lines)
        values = (ILZE, "nobody@", "wrong one", "guess", PASSWORD, lead.reference, *FIELDS.values())
        assert not [one for one in values if str(one) in spoken]

    def test_sec52_the_catalogue_stands_in_the_docs(self) -> None:
        page = (ROOT / "docs" / "review.md").read_text("utf-8")
        rows = re.findall(r"^\| `security\.([a-z_]+)` \|", page, re.MULTILINE)
        assert sorted(rows) == sorted([*EVENTS.values(), *OTHERS])

    def test_sec52_no_other_event_of_security_is_told_anywhere(self) -> None:
        sources = "\n".join(file.read_text("utf-8") for file in (ROOT / "intake_api").rglob("*.py"))
        assert set(re.findall(r'event\(\s*"security\.([a-z_]+)"', sources)) == set(OTHERS)


class TestFarReachingActs:
    def test_sec10_these_routes_and_no_others_want_a_fresh_factor(self, review_app: Flask) -> None:
        fresh = {name for name, view in review_app.view_functions.items() if getattr(view, FRESH, False)}
        people = {rule.endpoint for rule in review_app.url_map.iter_rules() if rule.endpoint.startswith("people.")}
        own = {"second_factor.begin", "second_factor.confirm", "second_factor.renew", "second_factor.remove"}
        files = {"exports.ask", "exports.approve", "exports.file"}
        assert fresh == people - {"people.show"} | own | {"passkeys.add"} | files

    def test_sec10_no_page_erases_reveals_many_or_changes_where_they_go(self, review_app: Flask) -> None:
        paths = {rule.rule for rule in review_app.url_map.iter_rules()}
        assert not [path for path in paths if re.search("erase|reveal|webhook|recipient|retention|/keys|publish", path)]


class TestAddresses:
    @pytest.mark.parametrize("tail", ["/x.css", ";x.js", ".css", "%2fx.css", "/.json", "%00.png", "/%2e%2e/x.svg"])
    def test_sec22_an_address_that_looks_like_a_file_shows_nobody_and_is_kept_nowhere(
        self, reviewer: Browser, lead: Lead, tail: str
    ) -> None:
        answer = reviewer.client.get(path_of(lead) + tail)
        assert answer.status_code in (400, 404)
        assert answer.headers["Cache-Control"] == "no-store"
        assert not [one for one in FIELDS.values() if str(one) in answer.text]

    def test_sec22_the_lead_itself_is_kept_by_no_cache_whatever_is_asked_with(
        self, reviewer: Browser, lead: Lead
    ) -> None:
        for headers in ({}, {"X-Forwarded-Host": "evil.example"}, {"X-Original-URL": "/assets/review.css"}):
            assert reviewer.client.get(path_of(lead), headers=headers).headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("name", ["consent", "notice_hash", "created_at", "received_at", "subject_id", "score"])
    def test_sec08_staff_set_nothing_that_is_not_theirs(
        self, reviewer: Browser, lead: Lead, store: Store, name: str
    ) -> None:
        path = path_of(lead, "/contact")
        reviewer.send(reviewer.page(path_of(lead)), path, **{name: "changed"})
        now = lead_now(store, lead)
        same = ("notice_hash", "received_at", "subject_id", "score")
        assert [getattr(now, one) for one in same] == [getattr(lead, one) for one in same]

    @pytest.mark.parametrize("headers", [{"Upgrade": "websocket"}, {"Accept": "text/event-stream"}])
    def test_sec23_nothing_streams_from_this_door(self, reviewer: Browser, headers: dict[str, str]) -> None:
        answer = reviewer.client.get("/", headers=headers)
        assert answer.status_code != 101
        assert "event-stream" not in answer.content_type
