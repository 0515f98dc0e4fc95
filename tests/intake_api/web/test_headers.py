"""SEC-17: the headers of every answer of every door, errors included."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

ARGUMENTS = {
    "form": "request_demo", "name": "page.css", "notice_hash": "0" * 64, "content": "welcome_letter", "locale": "lv",
}  # fmt: skip
ACCEPTS = ("text/html", "application/json")


def answers(app: Flask) -> Iterator[tuple[str, Any]]:
    """Knock at every route by every method, and at some that are not there."""
    client = app.test_client()
    paths = {
        re.sub(r"<(?:\w+:)?(\w+)>", lambda found: ARGUMENTS.get(found[1], "x"), rule.rule)
        for rule in app.url_map.iter_rules()
    }
    for path in sorted(paths | {"/no/such/place", "//evil.example", "/%00"}):
        for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE"):
            for accept in ACCEPTS:
                yield (
                    f"{method} {path} as {accept}",
                    client.open(path, method=method, headers={"Accept": accept}, buffered=True),
                )
    yield "unknown host", client.get("/", headers={"Host": "evil.example"})
    yield "foreign origin", client.post("/", headers={"Origin": "https://evil.example"})


@pytest.mark.parametrize("door", ["public", "internal", "review"])
class TestEveryAnswer:
    def test_sec17_has_the_headers(self, door: str, request: pytest.FixtureRequest) -> None:
        app: Flask = request.getfixturevalue(f"{door}_app")
        seen = set()
        for name, answer in answers(app):
            headers = answer.headers
            seen.add(answer.status_code)
            assert int(re.findall(r"max-age=(\d+)", headers["Strict-Transport-Security"])[0]) >= 31_536_000, name
            assert headers["X-Content-Type-Options"] == "nosniff", name
            assert headers["Referrer-Policy"] in ("same-origin", "no-referrer"), name
            assert "geolocation=()" in headers["Permissions-Policy"], name
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin", name
            assert headers["Cross-Origin-Resource-Policy"] in ("same-origin", "cross-origin"), name
            assert headers["Cache-Control"], name
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], name
            assert "unsafe" not in headers["Content-Security-Policy"], name
            assert "default-src 'none'" in headers["Content-Security-Policy"], name
        assert {200, 404, 405} <= seen

    def test_sec17_says_its_charset_and_kind(self, door: str, request: pytest.FixtureRequest) -> None:
        for name, answer in answers(request.getfixturevalue(f"{door}_app")):
            if answer.status_code in (204, 303, 302) or not answer.data:
                continue
            kind = answer.content_type
            assert kind.startswith(
                (
                    "text/html; charset=utf-8",
                    "application/json",
                    "application/problem+json",
                    "application/ld+json",
                    "application/jwk-set+json",
                    "text/css; charset=utf-8",
                    "text/javascript; charset=utf-8",
                    "image/svg+xml; charset=utf-8",
                )
            ), f"{name}: {kind}"

    def test_sec49_no_answer_is_a_5xx_or_tells_what_it_runs_on(self, door: str, request: pytest.FixtureRequest) -> None:
        for name, answer in answers(request.getfixturevalue(f"{door}_app")):
            assert answer.status_code < 500, name
            assert not re.search(r"Traceback|werkzeug|sqlalchemy|site-packages|\.py\b", answer.text), name

    def test_sec18_no_redirect_leaves_the_house(self, door: str, request: pytest.FixtureRequest) -> None:
        for name, answer in answers(request.getfixturevalue(f"{door}_app")):
            place = answer.headers.get("Location", "/")
            assert re.match(r"/(?![/\\])", place), f"{name}: {place}"


class TestCaching:
    def test_sec17_only_what_is_public_may_be_kept(self, public: FlaskClient) -> None:
        notice = public.get("/v1/forms/newsletter").json["notice"]["hash"]
        may = {}
        for path in ("/", "/f/request_demo", "/v1/forms", f"/v1/notices/{notice}", "/static/page.css"):
            with public.get(path) as answer:
                may[path] = answer.headers["Cache-Control"]
        assert {path: value.startswith("public") for path, value in may.items()} == {
            "/": False,
            "/f/request_demo": False,
            "/v1/forms": False,
            f"/v1/notices/{notice}": True,
            "/static/page.css": True,
        }
