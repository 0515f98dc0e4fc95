"""Serve the actions: `python -m bot.actions`, on VESTIBULE_ACTIONS_PORT of the loopback (SANIC_HOST for another)."""

from __future__ import annotations

import logging
import os
import sys

from bot.dialogue.topics import load_topics
from bot.quiet_logs import quieten_logs
from bot.settings import SettingsError, read_settings, read_token
from bot.wording import WordsError, load_wording

LOG = logging.getLogger("vestibule.actions")


def main() -> None:
    """Start the action server; a missing token, a wrong port or a broken file of words stops it with one sentence."""
    quieten_logs(foreign=logging.WARNING)
    try:
        settings = read_settings()
        read_token("SERVICE_TOKEN")
        load_wording()  # now, so that the first visitor does not wait for it
        load_topics()
    except (SettingsError, WordsError) as error:
        sys.exit(str(error))
    os.environ.setdefault("SANIC_HOST", "127.0.0.1")
    from rasa_sdk.endpoint import create_app

    app = create_app("bot.actions", cors_origins=None)
    LOG.info("actions.ready port=%d", settings.actions_port)
    app.run(os.environ["SANIC_HOST"], settings.actions_port, workers=1, access_log=False, motd=False)


if __name__ == "__main__":
    main()
