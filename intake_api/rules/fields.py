"""Are the answers to a form acceptable? One verdict per field, with a stable code; nothing here knows a language.

The catalogue says what a form asks (`FieldRule`); the rules of text, e-mail and phone say what an answer may be.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from intake_api.rules import contact, text
from intake_api.rules.sensitive_text import TOO_YOUNG, TextReader

Value = str | int

FREE_TEXT = ("text", "long_text")
TYPES = ("text", "long_text", "email", "phone", "integer", "choice")
REQUIRED = "required"
OPTIONAL = "optional"
ONE_OF = "one_of:"

INTEGER_DIGITS = 12

# Every code a field can get. The catalogue has a sentence for each in each language, and checks that it has.
CODES = (
    "required",
    "one_of_required",
    "required_for_purpose",
    "field_unknown",
    "type_wrong",
    *text.CODES,
    *contact.CODES,
    "integer_invalid",
    "integer_too_small",
    "integer_too_large",
    "choice_unknown",
    TOO_YOUNG,
)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What may stand in one field of one form.

    `necessity` is `required`, `optional` or `one_of:<group>` (at least one field of the group). `needed_for` are the
    opt-in purposes of this form that are worth nothing without this field: a newsletter without an e-mail address.
    """

    name: str
    type: str
    necessity: str
    max_length: int = 0
    minimum: int = 0
    maximum: int = 0
    choices: tuple[str, ...] = ()
    needed_for: frozenset[str] = frozenset()


class AsksFields(Protocol):
    """A form, as far as these rules care."""

    @property
    def rules(self) -> Mapping[str, FieldRule]:
        """The fields by name, in the order they are asked."""

    def phone_regions(self, locale: str) -> Collection[str]:
        """The countries (ISO 3166) whose phone numbers may be typed without a prefix in this locale."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict: what to keep, normalised, and what is wrong. A field stands in one of the two, or was not given.

    `left_out` names, for each field that something was left out of, the codes of what (M-05, C-11): `values` are
    without it already.
    """

    values: Mapping[str, Value]
    problems: Mapping[str, str]
    left_out: Mapping[str, tuple[str, ...]]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def check_fields(
    form: AsksFields, locale: str, fields: Mapping[str, object], reader: TextReader, *, granted: Collection[str] = ()
) -> Checked:
    """Check a whole form: every field by itself, then what is missing.

    `reader` leaves out of free texts what must not be kept. `granted` are the opt-in purposes answered with yes. Values
    of the wrong type, unknown names and anything else a machine can send give a code, never an exception. An empty text
    is the same as a field that was left out.
    """
    checked = check_some_fields(form, locale, fields, reader)
    missing = _missing(form, checked, frozenset(granted))
    return Checked(checked.values, {**checked.problems, **missing}, checked.left_out)


def check_some_fields(form: AsksFields, locale: str, fields: Mapping[str, object], reader: TextReader) -> Checked:
    """Check only the fields that are given (the dry run): nothing is missing here."""
    values: dict[str, Value] = {}
    problems: dict[str, str] = {}
    left_out: dict[str, tuple[str, ...]] = {}
    for name, given in fields.items():
        rule = form.rules.get(name)
        try:
            if rule is None:
                raise text.Refused("field_unknown")
            value = _check(rule, form.phone_regions(locale), given)
            if rule.type in FREE_TEXT and value != "":
                value, codes = _read(reader, str(value), rule.max_length)
                if codes:
                    left_out[name] = codes
        except text.Refused as refused:
            problems[name] = refused.code
        else:
            if value != "":
                values[name] = value
    return Checked(values, problems, left_out)


def masked(rule: FieldRule, value: Value) -> str:
    """Return how a checked value may be shown back: contact data masked, everything else as it is."""
    if rule.type == "email":
        return contact.masked_email(str(value))
    if rule.type == "phone":
        return contact.masked_phone(str(value))
    return str(value)


def from_typed(rule: FieldRule, typed: str) -> object:
    """Turn what an HTML form sent (always text) into what this field takes.

    Digits become a whole number where one is asked; an emptied number field is a field not given (`""`). What is no
    number stays text and is refused by the check with its own code.
    """
    if rule.type != "integer":
        return typed
    digits = typed.strip()
    if digits.removeprefix("-").isdecimal() and len(digits) <= INTEGER_DIGITS:
        return int(digits)
    return digits


def _check(rule: FieldRule, regions: Collection[str], given: object) -> Value:
    if rule.type == "integer":
        return _integer(rule, given)
    if not isinstance(given, str):
        raise text.Refused("type_wrong")
    if rule.type == "email":
        return contact.email(given) if given.strip() else ""
    if rule.type == "phone":
        return contact.phone(given, *regions) if given.strip() else ""
    if rule.type == "choice":
        return _choice(rule, given)
    return text.clean(given, rule.max_length, lines=rule.type == "long_text")


def _read(reader: TextReader, typed: str, max_length: int) -> tuple[str, tuple[str, ...]]:
    """Leave out what must not be kept; refuse what a child wrote (K-03)."""
    read = reader.read(typed, max_length)
    if read.too_young:
        raise text.Refused(TOO_YOUNG)
    return read.text, read.left_out


def _integer(rule: FieldRule, given: object) -> Value:
    if isinstance(given, str):
        if not given.strip():
            return ""
        raise text.Refused("integer_invalid")
    # True is an int to Python and 5.0 equals 5: neither is a whole number that somebody gave.
    if type(given) is not int:
        raise text.Refused("type_wrong")
    if given < rule.minimum:
        raise text.Refused("integer_too_small")
    if given > rule.maximum:
        raise text.Refused("integer_too_large")
    return given


def _choice(rule: FieldRule, given: str) -> str:
    if given and given not in rule.choices:
        raise text.Refused("choice_unknown")
    return given


def _missing(form: AsksFields, checked: Checked, granted: frozenset[str]) -> dict[str, str]:
    """Name what was not given though it had to be; a field that has a problem of its own is not missing."""
    missing: dict[str, str] = {}
    for name, rule in form.rules.items():
        if name in checked.values or name in checked.problems:
            continue
        if rule.necessity == REQUIRED:
            missing[name] = "required"
        elif rule.necessity.startswith(ONE_OF) and not _group_has_answer(form, rule.necessity, checked):
            missing[name] = "one_of_required"
        elif rule.needed_for & granted:
            missing[name] = "required_for_purpose"
    return missing


def _group_has_answer(form: AsksFields, necessity: str, checked: Checked) -> bool:
    return any(
        rule.necessity == necessity and (name in checked.values or name in checked.problems)
        for name, rule in form.rules.items()
    )
