"""What a visitor is shown in a language: notices, forms, contents, standing answers. Made once, at start."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from intake_api.catalogue.definitions import OPT_IN, Form, JsonObject
from intake_api.rules.age_of_consent import AGE, AGE_MISSING
from intake_api.rules.fields import Value, masked
from intake_api.rules.sensitive_text import TOO_YOUNG, TextReader

# Where the notice says why an answer about the age cannot be taken.
AGE_TEXT_OF = {TOO_YOUNG: "age.too_young", AGE_MISSING: "age.missing"}


@dataclass(frozen=True, slots=True)
class ContentSection:
    """A part of a content: items to tick, or paragraphs to read."""

    heading: str
    items: tuple[str, ...]
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """Something that a form gives away, in one language."""

    id: str
    locale: str
    title: str
    intro: str
    sections: tuple[ContentSection, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: the text of one form in one locale, named by the SHA-256 (hex) of its canonical bytes (V-01).

    `texts` are all strings the visitor is shown with it, by key (V-08); `recipients` the ids of all it names.
    """

    hash: str
    form: str
    locale: str
    family: str
    version: int
    canonical: bytes = field(repr=False)
    document: JsonObject = field(repr=False)
    texts: Mapping[str, str] = field(repr=False)
    recipients: frozenset[str]
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FreeTexts:
    """How free texts are read in a locale, whatever the form, and the sentences that tell what was left out."""

    locale: str
    reader: TextReader = field(repr=False)
    left_out_texts: Mapping[str, str] = field(repr=False)

    def told(self, codes: Iterable[str]) -> list[dict[str, str]]:
        """Tell what was left out: each code once, with its sentence."""
        return [{"code": code, "text": self.left_out_texts[code]} for code in dict.fromkeys(codes)]


@dataclass(frozen=True, slots=True)
class FormView:
    """All that a visitor may see of a form in a locale, ready to be sent.

    `document` is the body of `GET /v1/forms/{form}` without `channel` and `presentation`; `json` is the same as text,
    so that a door can put the two in front of the closing brace instead of dumping everything again.
    """

    form: Form
    locale: str
    notice: Notice
    document: JsonObject = field(repr=False)
    json: str = field(repr=False)
    problem_texts: Mapping[str, str] = field(repr=False)
    choice_labels: Mapping[str, Mapping[str, str]] = field(repr=False)
    free_texts: FreeTexts = field(repr=False)

    def problem_text(self, name: str, code: str) -> str:
        """Say a field's code as a sentence in this locale. `name` may be any text; it is never echoed."""
        if name == AGE:
            return self.notice.texts[AGE_TEXT_OF[code]] if self.age_of_consent else self.problem_texts[code]
        rule = self.form.rules.get(name)
        text = self.problem_texts[code]
        if rule is None:
            return text
        return text.replace("{max}", str(rule.max_length or rule.maximum)).replace("{min}", str(rule.minimum))

    @property
    def age_of_consent(self) -> int | None:
        """The age that is asked for, in years; None where nobody is asked."""
        return self.form.age_of_consent(self.locale)

    def asked_by(self, purpose_id: str, channel: str) -> str:
        """Return the words a purpose is agreed to by: in a chat the question of an opt-in, else its control's label."""
        opt_in = any(one["id"] == purpose_id and one["control"] == OPT_IN for one in self._purposes())
        return self.notice.texts[f"{'question' if channel == 'chat' and opt_in else 'label'}.{purpose_id}"]

    def _purposes(self) -> Sequence[Mapping[str, str]]:
        return self.document["notice"]["purposes"]  # type: ignore[index,no-any-return]

    def shown(self, name: str, value: Value) -> str:
        """Return how a checked value may be shown back: a choice by its label, contact data masked."""
        label = self.choice_labels.get(name, {}).get(str(value))
        return label if label is not None else masked(self.form.rules[name], value)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question about company or product that mentions one of `about`: stems, in lower case."""

    id: str
    about: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What is answered in one locale, without asking anything: of `listed` the first one that hears a stem of its own.

    `opening_hours` is the part of a sentence that says when people answer: "on working days from 9:00 to 17:00".
    """

    locale: str
    opening_hours: str
    listed: tuple[Answer, ...]
