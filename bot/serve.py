"""Serve Rasa: `python -m bot.serve`, on VESTIBULE_RASA_PORT of the loopback, with our channel only and without Rasa's
HTTP API.

Rasa falls back in silence when a class named in its files is not found (a tracker store that keeps every word, for
one). So each is asserted when the server has come up, and a wrong one stops it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import Any

from bot.lean import put_stand_ins
from bot.quick_answers import build_answer_validator_once
from bot.quiet_logs import quieten_logs
from bot.settings import SettingsError, read_settings, read_token
from bot.wording import WordsError, load_wording

LOG = logging.getLogger("vestibule.bot")
MODELS = "models"


class WrongClass(Exception):
    """Rasa came up with another class than the files name."""


def main() -> None:
    """Start; whatever is wrong with settings, words, model or classes ends it with one sentence and exit code 1."""
    quieten_logs(foreign=logging.WARNING)
    try:
        settings = read_settings()
        read_token("GATEWAY_TOKEN")
        load_wording()
    except (SettingsError, WordsError) as error:
        sys.exit(str(error))
    os.environ["VESTIBULE_ACTIONS_URL"] = settings.actions_url
    put_stand_ins()
    _serve(settings.rasa_port)


def _serve(port: int) -> None:
    from rasa.core.agent import load_agent
    from rasa.core.run import configure_app, create_http_input_channels
    from rasa.core.utils import AvailableEndpoints
    from rasa.model import get_latest_model

    build_answer_validator_once()
    quieten_logs(foreign=logging.WARNING)  # once more: Rasa's import has set up its own
    model = get_latest_model(MODELS)
    if model is None:
        sys.exit("There is no model in models/: train one first with `python -m bot.train_if_changed`.")
    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    channels = create_http_input_channels(None, "credentials.yml")
    # Loaded before the port is open: a start that fails opens none, and whoever gets an answer gets a whole bot.
    agent = asyncio.run(load_agent(model_path=model, endpoints=endpoints))
    try:
        assert_our_classes(agent, channels)
    except WrongClass as error:
        sys.exit(str(error))
    app = configure_app(channels, enable_api=False, endpoints=endpoints, port=port)
    app.ctx.agent = agent
    LOG.info("bot.ready port=%d", port)
    app.run(host=os.environ.get("SANIC_HOST", "127.0.0.1"), port=port, workers=1, access_log=False, motd=False)


def assert_our_classes(agent: Any, channels: list[Any]) -> None:
    """Check that Rasa uses our store, voice, channel and classifier; put the store in without Rasa's safety net.

    That net keeps the raw text of a failed save in a store nobody reads, and answers as if nothing had happened.

    :raises WrongClass: naming the part and the class Rasa took instead.
    """
    from bot.channel import GatewayChannel
    from bot.nlg import SpokenWords
    from bot.tracker_store import VolatileTrackerStore

    store = getattr(agent.tracker_store, "_tracker_store", agent.tracker_store)
    _expect("tracker store", store, VolatileTrackerStore)
    _expect("voice", agent.processor.nlg, SpokenWords)
    if len(channels) != 1:
        raise WrongClass("There must be one channel in credentials.yml, and only one.")
    _expect("channel", channels[0], GatewayChannel)
    classifiers = [node.uses.__name__ for node in agent.processor.model_metadata.predict_schema.nodes.values()]
    if "MaskedTextIntentClassifier" not in classifiers:
        raise WrongClass("The model was trained without our classifier; train again.")
    agent.tracker_store = agent.processor.tracker_store = store


def _expect(part: str, found: object, wanted: type) -> None:
    if type(found) is not wanted:
        raise WrongClass(f"Rasa's {part} is {type(found).__name__}, not {wanted.__name__}; look at endpoints.yml.")


if __name__ == "__main__":
    main()
