"""What the bot says and its buttons, by meaning: a script names a reply or a text of the catalogue, not its words."""

from __future__ import annotations

import json
import re
import string
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from tests.e2e.chat_visitor import Message
from tests.intake_api.conftest import ROOT

Json = dict[str, Any]


class NotInTheWords(AssertionError):
    """A script names something that neither the bot's words nor the catalogue has."""


@dataclass
class Spoken:
    """The words of a running house, in the language that is spoken now, about the form that is open now."""

    public: str
    language: str
    form: str | None = None
    _sheets: dict[tuple[str, str], Json] = field(default_factory=dict)

    def follow(self, heard: Iterable[Message]) -> None:
        """Take note of the form whose notice was shown, if one was."""
        for message in heard:
            for one in self._forms():
                if re.fullmatch(self._template("notice_intro", title=one["title"]), message.text, re.DOTALL):
                    self.form = one["form"]

    def is_said(self, what: str, heard: list[Message]) -> bool:
        """Say whether the bot said this: `refused`, `asks email`, `notice request_demo` (see the README of scripts).

        :raises NotInTheWords: nobody can say this.
        """
        verb, _, about = what.partition(" ")
        if verb in _VERBS and about:
            return _VERBS[verb](self, about, heard)
        if what == "menu":
            titles = {title for message in heard for _, title in message.buttons}
            elsewhere = yaml.safe_load((ROOT / "bot/topics.yml").read_text("utf-8"))["by_page"]
            return {one["title"] for one in self._forms() if one["form"] not in elsewhere} <= titles
        template = self._template(what)
        return any(re.fullmatch(template, message.text, re.DOTALL) for message in heard)

    def title_of(self, meaning: str, offered: list[str]) -> str:
        """Return the title of the offered button that means this: a word of the bot's, a form, a field, a choice, a
        purpose, a language, or the title itself.

        :raises NotInTheWords: no button on offer means it, or several do.
        """
        fitting = {title for title in self._titles(meaning) if title in offered}
        if len(fitting) != 1:
            raise NotInTheWords(f"{len(fitting)} buttons mean {meaning!r} among {offered}")
        return fitting.pop()

    def _titles(self, meaning: str) -> set[str]:
        sheet = self._sheet() if self.form else {"fields": [], "notice": {"purposes": []}}
        words = words_of(self.language)["buttons"]
        found = {words[meaning]} if meaning in words else {meaning}
        found |= {one["title"] for one in self._forms() if one["form"] == meaning}
        found |= {one["label"] for one in sheet["fields"] if one["name"] == meaning}
        found |= {
            choice["label"]
            for one in sheet["fields"]
            for choice in one.get("choices") or ()
            if choice["value"] == meaning
        }
        found |= {one["title"] for one in sheet["notice"]["purposes"] if one["id"] == meaning}
        if (ROOT / f"bot/words/{meaning}.yml").exists():
            found.add(words_of(meaning)["own_name"])
        return found

    def _notice(self, form: str, heard: list[Message]) -> bool:
        sheet = self._sheet(form)
        intro = self._template("notice_intro", title=sheet["title"])
        texts = [message.text for message in heard]
        # As the API serves it, unchanged, with the question after it and nothing asked before.
        wanted = [
            any(re.fullmatch(intro, text, re.DOTALL) for text in texts),
            sheet["notice"]["short"] in texts,
            any(sheet["notice"]["hash"] in text for text in texts),
            bool(re.fullmatch(self._template("notice_question"), texts[-1], re.DOTALL)),
            not any(field["question"] in text for field in sheet["fields"] for text in texts),
        ]
        return all(wanted)

    def _asks(self, name: str, heard: list[Message]) -> bool:
        return _is_in(self._field(name)["question"], heard[-1:])

    def _why(self, name: str, heard: list[Message]) -> bool:
        return _is_in(self._field(name)["why"], heard)

    def _without(self, name: str, heard: list[Message]) -> bool:
        return _is_in(self._field(name)["if_not_given"], heard)

    def _offers(self, purpose: str, heard: list[Message]) -> bool:
        # How a yes is taken back is said before it is asked for (N-10).
        withdraw = _is_in(self._sheet()["notice"]["withdraw"], heard)
        return withdraw and _is_in(self._purpose(purpose)["question"], heard[-1:])

    def _reason(self, code: str, heard: list[Message]) -> bool:
        problems = catalogue_words(self.language)["problems"]
        if code not in problems:
            raise NotInTheWords(f"the catalogue has no problem {code}")
        pattern = _pattern(problems[code])
        return any(re.search(pattern, message.text, re.DOTALL) for message in heard)

    def _left_out(self, kind: str, heard: list[Message]) -> bool:
        left_out = catalogue_words(self.language)["left_out"]
        if kind not in left_out:
            raise NotInTheWords(f"the catalogue leaves out no {kind}")
        return _is_in(left_out[kind]["text"], heard)

    def _door(self, name: str, heard: list[Message]) -> bool:
        section, _, key = name.partition(".")
        words = door_words(self.language).get(section, {})
        if key not in words:
            raise NotInTheWords(f"the door has no words {name}")
        pattern = _pattern(words[key])
        return any(re.search(pattern, message.text, re.DOTALL) for message in heard)

    def _text(self, text: str, heard: list[Message]) -> bool:
        return _is_in(text, heard)

    def _button(self, meaning: str, heard: list[Message]) -> bool:
        titles = {title for message in heard for _, title in message.buttons}
        return bool(titles & self._titles(meaning))

    def _field(self, name: str) -> Json:
        found = [one for one in self._sheet()["fields"] if one["name"] == name]
        if not found:
            raise NotInTheWords(f"{self.form} has no field {name}")
        return dict(found[0])

    def _purpose(self, purpose: str) -> Json:
        found = [one for one in self._sheet()["notice"]["purposes"] if one["id"] == purpose]
        if not found:
            raise NotInTheWords(f"{self.form} has no purpose {purpose}")
        return dict(found[0])

    def _sheet(self, form: str | None = None) -> Json:
        key = (form or self.form or "", self.language)
        if key not in self._sheets:
            if not key[0]:
                raise NotInTheWords("no notice was shown yet, so no form is open")
            self._sheets[key] = _get(f"{self.public}/v1/forms/{key[0]}?locale={key[1]}&channel=chat")
        return self._sheets[key]

    def _forms(self) -> list[Json]:
        if ("", self.language) not in self._sheets:
            self._sheets["", self.language] = _get(f"{self.public}/v1/forms?locale={self.language}")
        return list(self._sheets["", self.language]["forms"])

    def _template(self, name: str, **values: str) -> str:
        replies = words_of(self.language)["replies"]
        if f"utter_{name}" not in replies:
            raise NotInTheWords(f"the bot has no reply {name}")
        pattern = _pattern(replies[f"utter_{name}"], **values)
        if re.fullmatch(r"(\(\?s:\.\+\))+", pattern):
            raise NotInTheWords(f"{name} says only what the catalogue says: name that instead")
        return pattern


_VERBS: dict[str, Callable[[Spoken, str, list[Message]], bool]] = {
    "notice": Spoken._notice,
    "asks": Spoken._asks,
    "why": Spoken._why,
    "without": Spoken._without,
    "offers": Spoken._offers,
    "reason": Spoken._reason,
    "left_out": Spoken._left_out,
    "door": Spoken._door,
    "text": Spoken._text,
    "button": Spoken._button,
}


@cache
def words_of(language: str) -> Json:
    """Return the bot's words of a language."""
    return dict(yaml.safe_load((ROOT / f"bot/words/{language}.yml").read_text(encoding="utf-8")))


@cache
def catalogue_words(language: str) -> Json:
    """Return the catalogue's words of a language."""
    return dict(yaml.safe_load((ROOT / f"catalogue/locales/{language}.yml").read_text(encoding="utf-8")))


@cache
def door_words(language: str) -> Json:
    """Return the words of the public door in a language."""
    return dict(yaml.safe_load((ROOT / f"intake_api/web/words/{language}.yml").read_text(encoding="utf-8")))


def _pattern(template: str, **values: str) -> str:
    parts = string.Formatter().parse(template)
    return "".join(
        re.escape(text) + (re.escape(values[name]) if name in values else "(?s:.+)" if name else "")
        for text, name, _, _ in parts
    )


def _is_in(text: str, heard: list[Message]) -> bool:
    return bool(text) and any(text in message.text for message in heard)


def _get(url: str) -> Json:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return dict(json.loads(answer.read()))
