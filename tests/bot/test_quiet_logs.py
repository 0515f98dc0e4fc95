"""H-14: no word of a visitor in any log, at any level, on any path."""

from __future__ import annotations

import logging
import sys

import pytest

from bot.quiet_logs import quiet_record
from tests.bot.bot_processes import RunningBot, end, running_bot
from tests.bot.form_api import FormApiServer

MARKS = ("Zq7f3", "zq7f3-mail@leak.example", "20777777", "zq7f3txt", "secret-page")


class TestARecord:
    def make(self, name: str, message: str, *arguments: object, exc_info: object = None) -> str:
        record = quiet_record(name, logging.DEBUG, "/somewhere/forms.py", 277, message, arguments, exc_info)
        return logging.Formatter("%(message)s").format(record)

    def test_of_a_library_says_where_and_not_what(self) -> None:
        assert self.make("rasa.core", "Logged %s", MARKS[0]) == "rasa.core at forms.py:277"
        assert self.make("sanic.error", f"text {MARKS[1]}") == "sanic.error at forms.py:277"

    def test_of_an_exception_says_its_class_and_where_it_came_from(self) -> None:
        try:
            raise ValueError(MARKS[0])
        except ValueError:
            said = self.make("rasa.core", MARKS[0], exc_info=sys.exc_info())
        assert said.startswith("rasa.core at forms.py:277 ValueError (test_quiet_logs.py:")
        assert MARKS[0] not in said

    def test_of_ours_is_said_as_it_is_but_without_a_traceback(self) -> None:
        try:
            raise ValueError(MARKS[0])
        except ValueError:
            said = self.make("vestibule.channel", "channel.turn_failed error=%s", "ValueError", exc_info=sys.exc_info())
        assert said == "channel.turn_failed error=ValueError"


@pytest.mark.processes
class TestTheProcesses:
    def test_h02_h14_say_nothing_at_debug_nor_when_things_break(self, model: str, api: FormApiServer) -> None:
        with running_bot(
            api.url, api.token, VESTIBULE_LOG_LEVEL="DEBUG", LOG_LEVEL="DEBUG", LOG_LEVEL_LIBRARIES="DEBUG"
        ) as bot:
            self._talk(bot)
            api.broken = 500
            self._talk(bot)
            api.become_new()
            self._knock_badly(bot)
            end(bot.actions)
            visitor = bot.visitor()
            assert "something went wrong" in visitor.says(f"demo, i am {MARKS[0]}, {MARKS[1]}")
            logged = bot.logged()
        assert "rasa.core.processor at processor.py:" in logged  # it does log, and at DEBUG
        assert "RasaException" in logged
        assert [
            mark for mark in (*MARKS, api.token, bot.environment["VESTIBULE_GATEWAY_TOKEN"]) if mark in logged
        ] == []

    def _talk(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        visitor.says(
            f"i'd like a demo, my name is {MARKS[0]}, {MARKS[1]}",
            "yes",
            "yes",
            f"{MARKS[3]} Ltd",
            f"+371 {MARKS[2]}",
            MARKS[3],
        )

    def _knock_badly(self, bot: RunningBot) -> None:
        visitor = bot.visitor()
        for body in (
            [MARKS[0]],
            {"message": MARKS[0]},
            {"metadata": [MARKS[0]], "text": MARKS[1]},
            {"text": {MARKS[0]: MARKS[1]}},
        ):
            assert bot.call("POST", "/messages", body)[0] == 400
        bot.call(
            "POST",
            "/messages",
            {"conversation": visitor.conversation, "text": f"\ud83d {MARKS[0]}", "page": "/secret-page"},
        )
        bot.call("GET", f"/conversations/{MARKS[0]}")
        bot.call("PUT", "/messages", {"text": MARKS[1]})
