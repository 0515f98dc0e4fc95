"""What every answer of the review door carries, errors included; who may call it by which name."""

import re

import pytest
from flask import Flask

from intake_api.store.leads import Lead
from intake_api.web.access import audiences_of
from tests.intake_api.web.review.visitor import Browser, Page, path_of

PATHS = ["/", "/?state=all", "/leads/{lead}", "/leads/VB-0000-0000", "/nothing", "/sign-in", "/assets/review.css"]


class TestHeaders:
    @pytest.mark.parametrize("path", PATHS)
    def test_sec17_every_answer_has_them(self, reviewer: Browser, lead: Lead, path: str) -> None:
        headers = reviewer.get(path.format(lead=lead.reference)).headers
        assert int(headers["Strict-Transport-Security"].partition("=")[2]) >= 31_536_000
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "charset=utf-8" in headers["Content-Type"]

    @pytest.mark.parametrize("path", [path for path in PATHS if "assets" not in path])
    def test_sec17_no_page_is_kept_by_anybody(self, reviewer: Browser, lead: Lead, path: str) -> None:
        assert reviewer.get(path.format(lead=lead.reference)).headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("path", PATHS)
    def test_sec15_nothing_inline_nothing_foreign_no_frame(self, reviewer: Browser, lead: Lead, path: str) -> None:
        policy = reviewer.get(path.format(lead=lead.reference)).headers["Content-Security-Policy"]
        rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert rules["base-uri"] == rules["frame-ancestors"] == "'none'"
        assert rules["form-action"] in ("'self'", "'none'")
        assert "unsafe" not in policy
        assert "http" not in policy

    @pytest.mark.parametrize("path", ["/", "/leads/{lead}", "/nothing"])
    def test_sec15_pages_have_one_script_of_ours_and_no_inline_handler_or_style(
        self, reviewer: Browser, lead: Lead, path: str
    ) -> None:
        text = reviewer.get(path.format(lead=lead.reference)).text
        names = Page(text).names
        assert not [name for name in names if name in ("style", "iframe", "base") or name.startswith("on")]
        assert re.findall(r"<script.*?</script>", text, re.DOTALL) == re.findall(
            r'<script src="/assets/review\.js\?v=[0-9a-f]{12}" defer></script>', text
        )
        assert names.count("script") == int(path != "/nothing")  # a page that is not there looks at nobody's cookie

    def test_sec15_who_is_not_signed_in_gets_no_script(self, stranger: Browser) -> None:
        assert "script" not in Page(stranger.get("/sign-in").text).names

    @pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
    def test_sec19_it_answers_to_its_own_name_only(self, stranger: Browser, host: str) -> None:
        answer = stranger.get("/sign-in", headers={"Host": host})
        assert answer.status_code == 400
        assert host not in answer.text

    @pytest.mark.parametrize("name", ["X-Forwarded-Host", "Forwarded", "X-Original-URL", "X-Host"])
    def test_sec19_forwarded_names_change_nothing(self, reviewer: Browser, lead: Lead, name: str) -> None:
        answer = reviewer.get(path_of(lead), headers={name: "evil.example"})
        assert answer.status_code == 200
        assert "evil.example" not in answer.text

    @pytest.mark.parametrize("path", ["//evil.example", "//evil.example/..", "/\\evil.example", "/%2f/evil.example"])
    def test_sec18_no_address_redirects_away(self, reviewer: Browser, path: str) -> None:
        answer = reviewer.client.get("/", environ_overrides={"PATH_INFO": path, "RAW_URI": path})
        assert answer.status_code == 404
        assert "Location" not in answer.headers


class TestAudiences:
    def test_only_signing_in_looks_and_health_are_open_to_anyone(self, review_app: Flask) -> None:
        audiences = audiences_of(review_app)
        assert {name for name, audience in audiences.items() if audience != ("staff",)} == {
            "entrance.show_sign_in",
            "entrance.enter",
            "joining.show",
            "joining.join",
            "second_factor.ask",
            "second_factor.finish",
            "passkeys.ask",
            "passkeys.finish",
            "company.begin",
            "company.come_back",
            "company.finish",
            "assets.asset",
            "health.live",
            "health.ready",
        }

    def test_sec12_no_visitor_route_is_here(self, review_app: Flask) -> None:
        assert not [rule.rule for rule in review_app.url_map.iter_rules() if rule.rule.startswith("/v1/")]

    @pytest.mark.parametrize("name", ["../session.py", "..%2fsession.py", "/etc/passwd", "review.css/.."])
    def test_the_looks_are_two_files_and_no_others(self, stranger: Browser, name: str) -> None:
        assert stranger.get(f"/assets/{name}").status_code == 404
