"""The chat gateway, before a real server that speaks the channel's contract."""

import dataclasses
from typing import Any

import pytest
from flask.testing import FlaskClient

from intake_api.settings import Settings
from tests.intake_api.web.channel_server import Channel
from tests.intake_api.web.chat.client import BEGIN


@pytest.fixture
def settings(settings: Settings, channel: Channel) -> Settings:
    return dataclasses.replace(settings, rasa_url=channel.url)


@pytest.fixture
def begun(public: FlaskClient) -> Any:
    """The answer to a conversation that was just begun."""
    answer = public.post(BEGIN, json={"locale": "en", "page": "/"})
    assert answer.status_code == 201
    return answer.json
