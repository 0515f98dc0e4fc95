"""Rasa away, too slow or saying something else: a sentence that names the form page."""

import dataclasses
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from intake_api.settings import Settings
from intake_api.web.public import chat as chat_module
from intake_api.web.public import rasa_channel
from tests.intake_api.web.channel_server import Channel
from tests.intake_api.web.chat.client import FORGET, SAY, bearer


class TestRasaAway:
    """503 with a sentence that names the form page."""

    def expect_away(self, answer: Any) -> None:
        assert (answer.status_code, answer.json["code"]) == (503, "chat_unavailable")
        assert answer.json["form_page"] == "http://127.0.0.1:8080/f/request_demo"
        assert answer.json["form_page"] in answer.json["detail"]
        assert "Retry-After" in answer.headers

    def test_not_there(self, public_app: Flask, public: FlaskClient, begun: Any) -> None:
        gateway = public_app.extensions[chat_module.KEY]
        gateway.channel._root = "http://127.0.0.1:9/webhooks/vestibule"
        self.expect_away(public.post(SAY, json={"text": "Hello"}, headers=bearer(begun)))
        self.expect_away(public.delete(FORGET, headers=bearer(begun)))

    def test_too_slow(
        self, public_app: Flask, begun: Any, channel: Channel, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert rasa_channel.TURN_SECONDS == 10.0
        monkeypatch.setattr(rasa_channel, "TURN_SECONDS", 0.2)
        impatient = rasa_channel.RasaChannel(channel.url, settings.secrets.gateway_token)
        gateway = public_app.extensions[chat_module.KEY]
        public_app.extensions[chat_module.KEY] = dataclasses.replace(gateway, channel=impatient)
        channel.hold.clear()
        self.expect_away(public_app.test_client().post(SAY, json={"text": "Hello"}, headers=bearer(begun)))

    @pytest.mark.parametrize(
        "raw",
        [
            (500, b"Traceback: zq7f3"),
            (200, b"<html>zq7f3</html>"),
            (200, b"[]"),
            (200, b"null"),
            (200, b'{"messages":[{"text":5}],"turn":1}'),
            (200, b'{"messages":[],"turn":"1"}'),
            (200, b'{"turn":1,"messages":[{"text":"' + b"x" * 300_000 + b'"}]}'),
            (302, b""),
            (401, b'{"code":"unauthorised"}'),
            (503, b'{"code":"too_many_conversations"}'),
        ],
    )
    def test_sec53_saying_something_else(
        self, public: FlaskClient, begun: Any, channel: Channel, raw: tuple[int, bytes]
    ) -> None:
        channel.raw = raw
        answer = public.post(SAY, json={"text": "Hello"}, headers=bearer(begun))
        self.expect_away(answer)
        assert "zq7f3" not in answer.text

    @pytest.mark.parametrize(
        ("status", "code"),
        [(404, "conversation_unknown"), (429, "too_many_turns"), (429, "too_fast"), (409, "button_stale")],
    )
    def test_its_refusals_are_told_in_our_words(
        self, public: FlaskClient, begun: Any, channel: Channel, status: int, code: str
    ) -> None:
        channel.raw = (status, json.dumps({"code": code}).encode())
        answer = public.post(SAY, json={"text": "Hello"}, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (status, code)
        assert answer.json["detail"]

    def test_the_form_works_without_it(self, public_app: Flask, public: FlaskClient) -> None:
        public_app.extensions[chat_module.KEY].channel._root = "http://127.0.0.1:9"
        assert public.get("/f/request_demo").status_code == 200
