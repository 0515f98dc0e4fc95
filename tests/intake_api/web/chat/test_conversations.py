"""Conversations through the gateway: what goes to Rasa, what comes back, and what stays nowhere."""

import logging
from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from intake_api.settings import Settings
from intake_api.store.base import Store
from tests.intake_api.web.channel_server import OPEN_QUESTION, OPENING, Channel
from tests.intake_api.web.chat.client import BEGIN, FORGET, LOOK, SAY, bearer
from tests.intake_api.web.conftest import Count


class TestConversations:
    def test_h01_the_first_thing_said_is_what_the_bot_says_first(self, begun: Any) -> None:
        assert [message["text"] for message in begun["messages"]] == [OPENING]
        assert begun["expires_in"] == 7200

    def test_a_text_goes_to_rasa_and_the_answer_comes_back(
        self, public: FlaskClient, begun: Any, channel: Channel, settings: Settings
    ) -> None:
        answer = public.post(SAY, json={"text": "Hello"}, headers=bearer(begun))
        assert answer.json["messages"][0]["text"] == "You wrote: Hello"
        assert channel.tokens == [f"Bearer {settings.secrets.gateway_token}"] * 2
        assert channel.heard[-1].keys() == {"conversation", "locale", "page", "text"}

    def test_a_button_goes_to_rasa_by_its_payload_and_turn(
        self, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        button = begun["messages"][0]["buttons"][0]
        assert button["title"] == "Yes"
        answer = public.post(SAY, json={"button": button["id"]}, headers=bearer(begun))
        assert answer.json["messages"][0]["text"] == "You pressed yes:1."
        assert (channel.heard[-1]["button"], channel.heard[-1]["turn"]) == ("yes:1", 0)

    def test_m06_of_the_page_only_the_place_is_handed_on(self, public: FlaskClient, channel: Channel) -> None:
        public.post(BEGIN, json={"locale": "en", "page": "/prices?utm_term=zq7f3#zq7f3"})
        assert channel.heard[0]["page"] == "/prices"

    def test_h19_where_it_stands_can_be_heard_again_without_taking_a_turn(
        self, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        public.post(SAY, json={"text": "I am zq7f3"}, headers=bearer(begun))
        looked = public.get(LOOK, headers=bearer(begun)).json
        assert (looked["turn"], looked["locale"]) == (1, "en")
        assert [message["text"] for message in looked["messages"]] == [OPEN_QUESTION]
        button = looked["messages"][0]["buttons"][0]["id"]
        assert public.post(SAY, json={"button": button}, headers=bearer(begun)).json["turn"] == 2

    def test_h08_without_its_token_nothing_is_heard_again(
        self, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        assert public.get(LOOK).status_code == 401
        assert public.get(f"{LOOK}?token={begun['token']}", headers=bearer(begun)).json["code"] == "query_invalid"
        channel.turns.clear()
        answer = public.get(LOOK, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (404, "conversation_unknown")

    def test_h19_forgetting_reaches_rasa_and_ends_the_conversation(
        self, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        assert public.delete(FORGET, headers=bearer(begun)).status_code == 204
        assert channel.forgotten == [channel.heard[0]["conversation"]]
        answer = public.post(SAY, json={"text": "Still there?"}, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (404, "conversation_unknown")

    def test_a_language_nobody_offers_is_answered_with_those_that_are(
        self, public: FlaskClient, channel: Channel, catalogue: Catalogue
    ) -> None:
        answer = public.post(BEGIN, json={"locale": "de", "page": "/"})
        assert (answer.status_code, answer.json["locales"]) == (409, list(catalogue.locales))
        assert channel.heard == []


class TestSilence:
    def test_h02_h14_nothing_said_goes_into_a_log_or_the_store(
        self,
        public: FlaskClient,
        begun: Any,
        channel: Channel,
        caplog: pytest.LogCaptureFixture,
        store: Store,
        kept: Count,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        public.post(SAY, json={"text": "I am zq7f3"}, headers=bearer(begun))
        public.post(SAY, json={"text": "zq7f3", "metadata": "zq7f3"}, headers=bearer(begun))
        channel.raw = (500, b"zq7f3")
        public.post(SAY, json={"text": "zq7f3"}, headers=bearer(begun))
        assert channel.heard[-1]["text"] == "zq7f3"
        assert "zq7f3" not in caplog.text
        assert begun["token"] not in caplog.text
        assert kept() == 0
