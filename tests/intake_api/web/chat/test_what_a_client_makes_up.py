"""What a client makes up: tokens, senders, buttons and addresses open nothing and decide nothing."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.intake_api.conftest import DrivenClock
from tests.intake_api.web.channel_server import Channel
from tests.intake_api.web.chat.client import BEGIN, FORGET, SAY, bearer


class TestTokens:
    """H-08: the session is the gateway's, not the client's."""

    def test_h08_ids_are_random_and_unreadable(self, public: FlaskClient, channel: Channel) -> None:
        tokens = {public.post(BEGIN, json={"locale": "en", "page": "/"}).json["token"] for _ in range(5)}
        ids = {heard["conversation"] for heard in channel.heard}
        assert len(tokens) == len(ids) == 5
        assert all(len(id_) >= 32 for id_ in ids)
        assert not any(id_ in token for id_ in ids for token in tokens)

    @pytest.mark.parametrize(
        "extra", [{"sender": "victim"}, {"metadata": {"a": 1}}, {"input_channel": "rest"}, {"conversation": "x"}]
    )
    @pytest.mark.parametrize("path", [BEGIN, SAY])
    def test_h08_a_client_that_names_sender_metadata_or_channel_is_refused(
        self, public: FlaskClient, begun: Any, channel: Channel, path: str, extra: dict[str, Any]
    ) -> None:
        body = {"locale": "en", "page": "/"} if path == BEGIN else {"text": "Hello"}
        answer = public.post(path, json={**body, **extra}, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (422, "body_invalid")
        assert list(answer.json["fields"]) == list(extra)
        assert len(channel.heard) == 1

    @pytest.mark.parametrize("token", ["", "default", "x" * 200, "gAAAAA", "{button}"])
    def test_h08_without_a_token_of_ours_there_is_no_conversation(
        self, public: FlaskClient, begun: Any, channel: Channel, token: str
    ) -> None:
        token = token.replace("{button}", begun["messages"][0]["buttons"][0]["id"])
        for answer in (
            public.post(SAY, json={"text": "Hello"}, headers={"Authorization": f"Bearer {token}"}),
            public.delete(FORGET, headers={"Authorization": f"Bearer {token}"}),
        ):
            assert (answer.status_code, answer.json["code"]) == (401, "unauthorised")
        assert len(channel.heard) == 1

    def test_h08_a_token_ends_after_two_hours_whatever_happens(
        self, public: FlaskClient, begun: Any, clock: DrivenClock
    ) -> None:
        clock.advance(minutes=119)
        assert public.post(SAY, json={"text": "Hello"}, headers=bearer(begun)).status_code == 200
        clock.advance(minutes=2)
        assert public.post(SAY, json={"text": "Hello"}, headers=bearer(begun)).status_code == 401


class TestButtons:
    """H-09, C-09: what a client makes up decides nothing."""

    @pytest.mark.parametrize("text", ["/affirm", '/inform{"email":"x"}', "/restart", "/session_start", "/", "yes:1"])
    def test_h09_a_text_is_a_text_whatever_it_looks_like(
        self, public: FlaskClient, begun: Any, channel: Channel, text: str
    ) -> None:
        assert public.post(SAY, json={"text": text}, headers=bearer(begun)).status_code == 200
        assert channel.heard[-1]["text"] == text
        assert "button" not in channel.heard[-1]

    def test_c09_a_button_counts_once(self, public: FlaskClient, begun: Any) -> None:
        button = begun["messages"][0]["buttons"][0]["id"]
        assert public.post(SAY, json={"button": button}, headers=bearer(begun)).status_code == 200
        answer = public.post(SAY, json={"button": button}, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (409, "button_stale")

    def test_c09_a_button_of_another_conversation_is_refused_before_rasa(
        self, public: FlaskClient, begun: Any, channel: Channel
    ) -> None:
        other = public.post(BEGIN, json={"locale": "en", "page": "/"}).json
        button = other["messages"][0]["buttons"][0]["id"]
        answer = public.post(SAY, json={"button": button}, headers=bearer(begun))
        assert (answer.status_code, answer.json["code"]) == (422, "button_unknown")
        assert len(channel.heard) == 2

    @pytest.mark.parametrize("button", ["yes", "yes:1", "gAAAAABmade_up", "A" * 300, "{token}"])
    def test_c09_a_button_that_was_made_up_is_refused_before_rasa(
        self, public: FlaskClient, begun: Any, channel: Channel, button: str
    ) -> None:
        answer = public.post(SAY, json={"button": button.replace("{token}", begun["token"])}, headers=bearer(begun))
        assert answer.status_code == 422
        assert len(channel.heard) == 1

    def test_h09_its_payload_cannot_be_read_in_it(self, begun: Any) -> None:
        assert "yes" not in begun["messages"][0]["buttons"][0]["id"]


class TestNoOtherWay:
    """H-11: of Rasa only the gateway's three addresses can be reached through the public door."""

    @pytest.mark.parametrize(
        "path",
        [
            "/webhooks/rest/webhook",
            "/webhooks/vestibule/messages",
            "/conversations/x/tracker",
            "/model",
            "/model/parse",
            "/socket.io/",
            "/v1/chat/../../webhooks/vestibule/conversations",
            "/v1/chat/messages/../conversations/x",
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
    def test_h11_rasas_own_addresses_are_not_here(
        self, public: FlaskClient, begun: Any, channel: Channel, path: str, method: str
    ) -> None:
        answer = public.open(path, method=method, json={"sender": "victim", "message": "x"}, headers=bearer(begun))
        assert answer.status_code in (404, 405)
        assert len(channel.heard) == 1
