"""Who may knock: origins, host names, tokens, methods."""

from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from intake_api.web.access import RouteOpenToNobody, guard_routes, let_anyone_in, open_to
from tests.intake_api.web.conftest import Count

SUBMIT = "/v1/forms/request_demo/submissions"
OURS = "http://127.0.0.1:8080"
FOREIGN = [
    "https://evil.example",
    "null",
    "http://127.0.0.1:8080.evil.example",
    "http://127.0.0.1:80801",
    "https://127.0.0.1:8080",
    "http://evil-127.0.0.1:8080",
    "http://127.0.0.1:8080/",
    "http://127.0.0.1:8080, https://evil.example",
    "",
    "file://",
]


class TestOrigins:
    @pytest.mark.parametrize("origin", FOREIGN)
    def test_sec12_a_foreign_site_cannot_send(
        self, public: FlaskClient, submission: dict[str, Any], kept: Count, origin: str
    ) -> None:
        answer = public.post(SUBMIT, json=submission, headers={"Origin": origin})
        assert (answer.status_code, answer.json["code"]) == (403, "origin_not_allowed")
        assert kept() == 0

    @pytest.mark.parametrize("headers", [{"Origin": OURS}, {}])
    def test_sec12_our_pages_and_programs_can(
        self, public: FlaskClient, submission: dict[str, Any], headers: dict[str, str]
    ) -> None:
        assert public.post(SUBMIT, json=submission, headers=headers).status_code == 201

    def test_sec12_the_other_name_of_the_same_host_is_ours_too(
        self, public: FlaskClient, submission: dict[str, Any]
    ) -> None:
        answer = public.post(
            SUBMIT, json=submission, base_url="http://localhost:8080", headers={"Origin": "http://localhost:8080"}
        )
        assert answer.status_code == 201

    @pytest.mark.parametrize("origin", FOREIGN)
    @pytest.mark.parametrize("method", ["GET", "OPTIONS"])
    def test_sec13_no_foreign_origin_is_ever_reflected(self, public: FlaskClient, origin: str, method: str) -> None:
        headers = public.open("/v1/forms", method=method, headers={"Origin": origin}).headers
        assert "Access-Control-Allow-Origin" not in headers
        assert "Access-Control-Allow-Credentials" not in headers
        assert "Origin" in headers["Vary"]

    def test_sec13_an_allowed_site_may_read_and_ask_first(self, public: FlaskClient) -> None:
        asked = public.options(SUBMIT, headers={"Origin": OURS, "Access-Control-Request-Method": "POST"}).headers
        assert asked["Access-Control-Allow-Origin"] == OURS
        assert "POST" in asked["Access-Control-Allow-Methods"]
        assert "Access-Control-Allow-Credentials" not in asked
        assert public.get("/v1/forms", headers={"Origin": OURS}).headers["Access-Control-Allow-Origin"] == OURS


class TestHosts:
    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "[::1]"])
    def test_sec19_an_unknown_host_name_is_400(self, public: FlaskClient, host: str) -> None:
        answer = public.get("/v1/forms", headers={"Host": host})
        assert (answer.status_code, answer.json["code"]) == (400, "host_not_allowed")

    def test_sec19_what_a_proxy_claims_is_not_believed(self, public: FlaskClient) -> None:
        headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "gopher"}
        answer = public.get("/v1/forms/request_demo", headers=headers)
        assert answer.status_code == 200
        assert answer.json["notice"]["url"].startswith(OURS)
        assert "evil.example" not in answer.text


class TestTheInternalDoor:
    @pytest.mark.parametrize(
        "authorization", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"]
    )
    def test_sec12_without_the_service_token_it_is_closed(
        self, internal: FlaskClient, service: dict[str, str], authorization: str | None
    ) -> None:
        token = service["Authorization"].split()[1]
        headers = {} if authorization is None else {"Authorization": authorization.replace("{token}", token)}
        for path in ("/v1/forms", "/v1/forms/request_demo", "/v1/notices/" + "0" * 64):
            answer = internal.get(path, headers=headers)
            assert (answer.status_code, answer.json["code"]) == (401, "unauthorised")
            assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_it_opens_to_the_token(self, internal: FlaskClient, service: dict[str, str]) -> None:
        assert internal.get("/v1/forms", headers=service).status_code == 200

    def test_it_holds_the_form_api_and_nothing_of_visitors_or_staff(self, internal_app: Flask) -> None:
        rules = {rule.rule for rule in internal_app.url_map.iter_rules()}
        assert rules == {
            "/v1/forms",
            "/v1/forms/<form>",
            "/v1/forms/<form>/checks",
            "/v1/forms/<form>/submissions",
            "/v1/forms/<form>/refusals",
            "/v1/rights",
            "/v1/receipts/<token>",
            "/v1/receipts/<token>.jsonld",
            "/v1/receipts/<token>/withdrawals",
            "/v1/receipts/<token>/erasures",
            "/v1/answers",
            "/v1/notices/<notice_hash>",
            "/v1/texts/checks",
            "/v1/permissions/checks",
            "/openapi.json",
            "/healthz",
            "/metrics",
            "/readyz",
        }

    def test_sec13_it_shares_nothing_with_browsers(self, internal: FlaskClient, service: dict[str, str]) -> None:
        answer = internal.get("/v1/forms", headers={**service, "Origin": OURS})
        assert "Access-Control-Allow-Origin" not in answer.headers


class TestMethods:
    @pytest.mark.parametrize("method", ["TRACE", "PUT", "PATCH", "DELETE", "PROPFIND", "post"])
    def test_sec49_methods_that_are_not_offered_are_405(self, public: FlaskClient, method: str) -> None:
        answer = public.open("/v1/forms", method=method)
        assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
        assert "GET" in answer.headers["Allow"]

    @pytest.mark.parametrize("headers", [{"X-HTTP-Method-Override": "POST"}, {"X-Method-Override": "DELETE"}])
    def test_sec11_a_get_stays_a_get(self, public: FlaskClient, headers: dict[str, str], kept: Count) -> None:
        answer = public.get("/v1/forms?", headers=headers)
        assert "forms" in answer.json
        assert kept() == 0


class TestTheRuleItself:
    def test_a_route_that_names_no_audience_stops_the_door(self) -> None:
        app = Flask("test", static_folder=None)
        app.add_url_rule("/open", "open", open_to("anyone")(lambda: ""))
        app.add_url_rule("/forgotten", "forgotten", lambda: "")
        with pytest.raises(RouteOpenToNobody, match="forgotten"):
            guard_routes(app, {"anyone": let_anyone_in})

    def test_a_route_for_an_audience_the_door_does_not_serve_stops_it(self) -> None:
        part = Blueprint("part", __name__)
        part.add_url_rule("/desk", "desk", open_to("staff")(lambda: ""))
        app = Flask("test", static_folder=None)
        app.register_blueprint(part)
        with pytest.raises(RouteOpenToNobody, match=r"part\.desk"):
            guard_routes(app, {"anyone": let_anyone_in})
