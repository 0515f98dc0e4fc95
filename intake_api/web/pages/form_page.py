"""What a page shows of a form: the showing itself, what was typed before, and what was wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from flask import request

from intake_api.catalogue.model import OPT_IN, FormView
from intake_api.rules.fields import REQUIRED
from intake_api.web.door import door
from intake_api.web.pages.controls import NO, YES, control_value
from intake_api.web.pages.language import Language, other_languages

FIELD, DECISION = "f-", "d-"  # a field and a purpose may have the same name
CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign")
SCALE = 11  # 0 to 10
AUTOCOMPLETE = {"name": "name", "email": "email", "phone": "tel", "company": "organization"}


@dataclass(frozen=True)
class FormPage:
    """Everything the template of a form needs."""

    view: FormView
    language: Language
    presentation: str
    campaign: Mapping[str, str]
    typed: Mapping[str, str] = field(default_factory=dict)
    decided: Mapping[str, bool] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    message: str = ""

    @property
    def fields(self) -> list[dict[str, Any]]:
        """The fields with their names in the page, their autocomplete tokens and their notes' ids."""
        described: list[Mapping[str, Any]] = self.view.document["fields"]  # type: ignore[assignment]
        return [
            {**self._field(each, group), "begins_some": each is group[0], "ends_some": each is group[-1]}
            for group in _asked_together(described)
            for each in group
        ]

    @property
    def opt_ins(self) -> list[dict[str, Any]]:
        """The purposes that have a control of their own."""
        return [self._opt_in(purpose) for purpose in self._purposes if purpose["control"] == OPT_IN]

    @property
    def acts(self) -> list[Mapping[str, Any]]:
        """The purposes that are agreed to by sending."""
        return [purpose for purpose in self._purposes if purpose["control"] != OPT_IN]

    @property
    def texts(self) -> Mapping[str, str]:
        """The sentences of the notice."""
        return self.view.notice.texts

    @property
    def languages(self) -> Any:
        """The languages the form is offered in."""
        return other_languages(self.language)

    @property
    def _purposes(self) -> list[Mapping[str, Any]]:
        return self.view.document["notice"]["purposes"]  # type: ignore[index,no-any-return]

    def _field(self, described: Mapping[str, Any], group: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        name = described["name"]
        notes = [f"why-{name}", f"without-{name}"]
        asked_if_id = f"asked-{group[0]['name']}"
        if "asked_if" in described:
            notes.insert(0, asked_if_id)
        if name in self.problems:
            notes.insert(0, f"problem-{name}")
        return {
            **described,
            "input": FIELD + name,
            "need": described["necessity"].partition(":")[0],
            "autocomplete": AUTOCOMPLETE.get(name, "off"),
            "notes": " ".join(notes),
            "typed": self.typed.get(name, ""),
            "problem": self.problems.get(name, ""),
            "asked_if_text": self.texts.get(f"field.{name}.asked_if", ""),
            "asked_if_id": asked_if_id,
            "scale": _scale(described),
        }

    def _opt_in(self, purpose: Mapping[str, Any]) -> dict[str, Any]:
        token_key = door().settings.secrets.token_key
        return {
            **purpose,
            "input": DECISION + purpose["id"],
            "yes": control_value(token_key, self.presentation, purpose["id"], YES),
            "no": control_value(token_key, self.presentation, purpose["id"], NO),
            "decided": self.decided.get(purpose["id"]),
            "problem": self.problems.get(purpose["id"], ""),
            "if_not_given": self.texts[f"if_not_given.{purpose['id']}"],
        }


def _asked_together(fields: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Put neighbours that are asked of the same people into one group: whom they are for is said once."""
    return [list(group) for _, group in groupby(fields, key=lambda field: field.get("asked_if", field["name"]))]


def _scale(described: Mapping[str, Any]) -> list[str]:
    """Return the numbers to choose from where they are few and one is needed: who chose one cannot choose none."""
    if described["type"] != "integer" or described["necessity"] != REQUIRED:
        return []
    numbers = range(described["limits"]["min"], described["limits"]["max"] + 1)
    return [str(number) for number in numbers] if len(numbers) <= SCALE else []


def known_inputs(view: FormView) -> list[str]:
    """Return every name that the page of a form may send."""
    fields = [FIELD + name for name in view.form.rules]
    decisions = [DECISION + purpose for purpose in view.form.purposes]
    return ["presentation", "lang", *CAMPAIGN, *fields, *decisions]


def campaign_of_address() -> dict[str, str]:
    """Take the campaign out of the address; click ids and everything else there is dropped (M-09)."""
    found = {name: request.args.get(name, "") for name in CAMPAIGN}
    return {name: value for name, value in found.items() if is_campaign(value)}


def is_campaign(value: str) -> bool:
    """Say whether a value is fit to name a campaign: short and plain."""
    plain = value.isascii() and all(character.isalnum() or character in " ._~+-" for character in value)
    return 0 < len(value) <= 64 and plain
