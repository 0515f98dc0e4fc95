"""What the bot's tests share: Rasa imported through the stand-ins, a form API to talk to, and the real processes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from bot.lean import put_stand_ins
from tests.bot.bot_processes import RunningBot, make_model, running_bot
from tests.bot.form_api import FormApiServer, serving

# Rasa 3.6 and what it stands on are older than the Python they run on; their warnings are not about us.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    put_stand_ins()
    import rasa.core.agent
    import rasa.core.channels
    import rasa.engine.recipes.default_recipe  # noqa: F401


@pytest.fixture(scope="session")
def model() -> str:
    """Return the path of the real model, trained now if what it is made of has changed."""
    return str(make_model())


@pytest.fixture(scope="session")
def api() -> Iterator[FormApiServer]:
    """Give a form API that serves the contract's examples and one more form."""
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def bot(model: str, api: FormApiServer) -> Iterator[RunningBot]:
    """Give the two real processes of the bot over that API."""
    with running_bot(api.url, api.token) as running:
        yield running


@pytest.fixture(autouse=True)
def api_as_new(request: pytest.FixtureRequest) -> None:
    """Begin each test with an API that is well and has kept nothing."""
    if {"api", "bot"} & set(request.fixturenames):
        request.getfixturevalue("api").become_new()
