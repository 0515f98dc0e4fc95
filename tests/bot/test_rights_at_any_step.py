"""To take back and to have erased is heard at every step of the dialogue, in every language (W-06)."""

from __future__ import annotations

import pytest

from bot.wording import load_wording
from tests.bot.bot_processes import RunningBot, Visitor
from tests.bot.form_api import FormApiServer

WORDS = load_wording().languages
OPENING = {
    "en": "I want a demo",
    "lv": "gribu demonstrāciju",
    "ru": "хочу демонстрацию",
    "pl": "chcę prezentację",
    "cs": "chci ukázku",
}
TAKE_BACK = {
    "en": "I take back my consent",
    "lv": "es atsaucu savu piekrišanu",
    "ru": "я отзываю своё согласие",
    "pl": "wycofuję moją zgodę",
    "cs": "odvolávám svůj souhlas",
}
ERASE = {
    "en": "delete all my data",
    "lv": "izdzēsiet visus manus datus",
    "ru": "удалите все мои данные",
    "pl": "usuńcie wszystkie moje dane",
    "cs": "smažte všechny moje údaje",
}
# What is pressed and said from the opening on, to stand at each step. None: nothing was asked yet.
STEPS: dict[str, tuple[str, ...] | None] = {
    "at the beginning": None,
    "at the notice": (),
    "after a no": ("#deny",),
    "at the name": ("#affirm",),
    "at a contact": ("#affirm", "Anna"),
    "at a choice": ("#affirm", "Anna", "anna@pine-villa.example", "Pine Villa"),
    "at a free text": ("#affirm", "Anna", "anna@pine-villa.example", "Pine Villa", "#skip", "#skip", "#skip"),
}


def standing(bot: RunningBot, api: FormApiServer, locale: str, step: str) -> Visitor:
    """Bring a visitor to a step."""
    api.speaks = tuple(WORDS)
    visitor = bot.visitor(locale)
    moves = STEPS[step]
    if moves is not None:
        visitor.says(OPENING[locale])
        for move in moves:
            if move.startswith("#"):
                visitor.presses(next(each for each in visitor.offered if each.split(":")[0] in pressed(move)))
            else:
                visitor.says(move)
    return visitor


def pressed(move: str) -> tuple[str, ...]:
    return {"#affirm": ("affirm",), "#deny": ("deny",), "#skip": ("decline_field",)}[move]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("locale", WORDS)
class TestAtAnyStep:
    def test_w06_a_yes_is_taken_back(self, bot: RunningBot, api: FormApiServer, locale: str, step: str) -> None:
        replies = WORDS[locale].replies
        heard = standing(bot, api, locale, step).says(TAKE_BACK[locale])
        answers = [replies["utter_rights_address"], replies["utter_yes_taken_back"]]
        if step == "at the notice":  # it is the answer, too
            answers.append(replies["utter_refused"])
        assert any(answer in heard for answer in answers), heard

    def test_w06_what_was_typed_is_erased(self, bot: RunningBot, api: FormApiServer, locale: str, step: str) -> None:
        replies = WORDS[locale].replies
        heard = standing(bot, api, locale, step).says(ERASE[locale])
        is_open = step not in ("at the beginning", "after a no")
        assert replies["utter_dropped" if is_open else "utter_rights_address"] in heard
