"""What a page shows of a form: the showing itself, what was typed before, and what was wrong with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from flask import request

from intake_api.catalogue.definitions import OPT_IN, Form
from intake_api.catalogue.shown import FormView
from intake_api.flows.ask_for_proof import ask_for_proof
from intake_api.rules.age_of_consent import AGE, SaidAge
from intake_api.rules.attribution import NAMES, allowed
from intake_api.rules.fields import REQUIRED, Checked, Value
from intake_api.store.presentations import PresentationUnknown, read_presentation
from intake_api.web.door import door
from intake_api.web.pages.controls import NO, YES, control_value
from intake_api.web.pages.language import Language, other_languages

GO, STEP = "go", "step"  # which button was pressed, and on which page
SEND, CHECK = "send", "check"
CHECKED_ABOVE = 4  # fields: with more of them the answers are shown once more before they are sent
FIELD, DECISION = "f-", "d-"  # a field and a purpose may have the same name
AGE_CONTROL = "age?"  # no purpose can be called so
PROOF = "proof"
TRAP = "remark"  # called like nothing that a browser or a password manager fills in by itself
SCALE = 11  # 0 to 10
AUTOCOMPLETE = {"name": "name", "email": "email", "phone": "tel", "company": "organization"}


@dataclass(frozen=True)
class FormPage:
    """Everything the template of a form needs.

    `step` is the page it stands at, from 1; the last step of a long form is none of its pages but the check of what was
    answered, made from `checked`. What stands on other pages is carried along in this one, and nowhere else.
    """

    view: FormView
    language: Language
    presentation: str
    campaign: Mapping[str, str]
    typed: Mapping[str, str] = field(default_factory=dict)
    decided: Mapping[str, bool] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    age: SaidAge | None = None
    step: int = 1
    checked: Checked | None = None
    trap: str = ""
    proof: str = ""

    @property
    def is_last(self) -> bool:
        """Whether this is the last page: the one with the decisions."""
        return self.step == len(pages_of(self.view.form))

    @property
    def is_check(self) -> bool:
        """Whether the answers are shown once more."""
        return self.step > len(pages_of(self.view.form))

    @property
    def pages(self) -> int:
        """How many pages it has."""
        return len(pages_of(self.view.form))

    @property
    def onward(self) -> str:
        """What the button means that goes on."""
        if not self.is_last and not self.is_check:
            return str(self.step + 1)
        return SEND if self.is_check or not is_checked(self.view.form) else CHECK

    @property
    def proof_asked(self) -> str:
        """The small calculation its browser is asked for, as JSON; empty if it is not."""
        token_key = door().settings.secrets.token_key
        try:
            shown = read_presentation(token_key, self.presentation, form=self.view.form.key)
        except PresentationUnknown:  # the form is shown again because nothing can be kept; it will be told when it can
            return ""
        return json.dumps(ask_for_proof(token_key, shown)) if shown.asks_proof else ""

    @property
    def fields(self) -> list[dict[str, Any]]:
        """The fields of this page with their names in it, their autocomplete tokens and their notes' ids."""
        here = () if self.is_check else pages_of(self.view.form)[self.step - 1]
        described = [field for field in self._described if field["name"] in here]
        return [
            {**self._field(each, group), "begins_some": each is group[0], "ends_some": each is group[-1]}
            for group in _asked_together(described)
            for each in group
        ]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What was typed and decided on other pages, as hidden inputs."""
        here = {field["name"] for field in self.fields}
        typed = [(FIELD + name, value) for name, value in self.typed.items() if name not in here and value]
        if self.is_last:
            return typed
        decided = [(DECISION + purpose, self._control(purpose, yes=yes)) for purpose, yes in self.decided.items()]
        aged = [(AGE, self._control(AGE_CONTROL, yes=self.age is SaidAge.AT_OR_OVER))] if self.age else []
        return [*typed, *decided, *aged]

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What was answered, page by page, as it would be kept; what was left out of a text is told beside it."""
        if self.checked is None:
            return []
        told = self.view.free_texts.told
        return [
            {
                "label": field["label"],
                "said": self._said(field["name"], self.checked.values.get(field["name"], "")),
                "page": number,
                "left_out": told(self.checked.left_out.get(field["name"], ())),
            }
            for number, names in enumerate(pages_of(self.view.form), start=1)
            for field in self._described
            if field["name"] in names
        ]

    @property
    def opt_ins(self) -> list[dict[str, Any]]:
        """The purposes that have a control of their own."""
        return [self._opt_in(purpose) for purpose in self._purposes if purpose["control"] == OPT_IN]

    @property
    def age_question(self) -> dict[str, Any] | None:
        """The question about the age with its two controls (K-01); None where nobody is asked."""
        if not self.view.age_of_consent:
            return None
        return {
            **self.view.document["age"],  # type: ignore[dict-item]
            "input": AGE,
            "controls": {answer: self._control(AGE_CONTROL, yes=answer == YES) for answer in (YES, NO)},
            "said": self.age and (YES if self.age is SaidAge.AT_OR_OVER else NO),
            "problem": self.problems.get(AGE, ""),
        }

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
    def _described(self) -> list[Mapping[str, Any]]:
        return self.view.document["fields"]  # type: ignore[return-value]

    def _said(self, name: str, value: Value) -> str:
        """Return an answer as its writer knows it: a choice by its label, contact data whole, since it is theirs."""
        return self.view.choice_labels.get(name, {}).get(str(value), str(value))

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
        return {
            **purpose,
            "input": DECISION + purpose["id"],
            "yes": self._control(purpose["id"], yes=True),
            "no": self._control(purpose["id"], yes=False),
            "decided": self.decided.get(purpose["id"]),
            "problem": self.problems.get(purpose["id"], ""),
            "if_not_given": self.texts[f"if_not_given.{purpose['id']}"],
        }

    def _control(self, name: str, *, yes: bool) -> str:
        return control_value(door().settings.secrets.token_key, self.presentation, name, YES if yes else NO)


def pages_of(form: Form) -> Sequence[Sequence[str]]:
    """Return the names of a form's fields, page by page; most forms have one page."""
    return form.pages or (tuple(form.rules),)


def is_checked(form: Form) -> bool:
    """Say whether the answers of a form are shown once more before they are sent."""
    return len(form.fields) > CHECKED_ABOVE


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
    age = [AGE] if view.age_of_consent else []
    return ["presentation", "lang", GO, STEP, TRAP, PROOF, *NAMES, *fields, *decisions, *age]


def campaign_of_address() -> dict[str, str]:
    """Take the campaign out of the address; click ids and everything else there is dropped (M-09)."""
    return allowed(request.args)
