"""Every route says for whom it is open, and every door serves only whom it is there for."""

import pytest
from flask import Flask

from intake_api.web.access import audiences_of

SERVED = {"public": {"anyone", "conversation"}, "internal": {"service", "anyone"}, "review": {"staff", "anyone"}}
UNGUARDED_INSIDE = {"/healthz", "/readyz", "/openapi.json"}


class TestRoutes:
    @pytest.mark.parametrize("door", list(SERVED))
    def test_each_declares_an_audience_that_its_door_serves(self, door: str, request: pytest.FixtureRequest) -> None:
        app: Flask = request.getfixturevalue(f"{door}_app")
        declared = audiences_of(app)
        assert declared
        assert {endpoint for endpoint, audiences in declared.items() if not set(audiences) & SERVED[door]} == set()

    def test_inside_only_health_and_description_are_open_without_the_token(self, internal_app: Flask) -> None:
        declared = audiences_of(internal_app)
        rules = {rule.rule for rule in internal_app.url_map.iter_rules() if "service" not in declared[rule.endpoint]}
        assert rules == UNGUARDED_INSIDE

    def test_no_staff_route_on_the_door_of_visitors_and_none_of_visitors_on_that_of_staff(
        self, public_app: Flask, review_app: Flask
    ) -> None:
        assert not [endpoint for endpoint, audiences in audiences_of(public_app).items() if "staff" in audiences]
        visitors = {rule.rule for rule in public_app.url_map.iter_rules()} - {"/", "/healthz", "/readyz"}
        shared = {rule for rule in visitors if not rule.startswith("/static")}
        assert not shared & {rule.rule for rule in review_app.url_map.iter_rules()}
