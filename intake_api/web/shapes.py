"""The words schemas are written in: strict fields whose errors are codes of `strict_json.SHAPE_CODES` (SEC-26).

A schema says names, types and lengths, no more: what an answer or a decision may be, the rules say.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, validate

VISIBLE = re.compile(r"[\x21-\x7e]+")
WRONG = "value_wrong"
MESSAGES: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "missing",
    "null": "type_wrong",
    "type": "type_wrong",
    "invalid": "type_wrong",
    "invalid_utf8": "type_wrong",
}


class Shape(Schema):
    """A JSON object of which every key is known; anything else is refused by name (M-01).

    `also` is what the description says beside names and types: a rule between keys, as JSON Schema has it.
    """

    also: ClassVar[Mapping[str, object]] = {}
    error_messages = {"unknown": "unknown", "type": "type_wrong"}  # noqa: RUF012

    class Meta:
        """What marshmallow is told about all shapes."""

        unknown = RAISE


class Nothing(Shape):
    """Takes no key at all."""


class Text(fields.String):
    """A text of bounded length."""

    def __init__(self, max_length: int, *, min_length: int = 1, pattern: str = "", **options: Any) -> None:
        """Bound the length; `pattern`, if given, must match the whole text."""
        checks: list[validate.Validator] = [validate.Length(min=min_length, max=max_length, error=WRONG)]
        if pattern:
            checks.append(_Whole(f"^(?:{pattern})$", error=WRONG))
        super().__init__(validate=checks, error_messages=MESSAGES, **options)


class Choice(fields.String):
    """One of a few texts."""

    def __init__(self, *choices: str, **options: Any) -> None:
        """Name the texts."""
        super().__init__(validate=validate.OneOf(choices, error=WRONG), error_messages=MESSAGES, **options)


class TrueOrFalse(fields.Boolean):
    """Exactly true or false; for Python 1 is true, too."""

    def __init__(self, **options: Any) -> None:
        """Take the two."""
        super().__init__(truthy={True}, falsy={False}, error_messages=MESSAGES, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **more)


class Inner(fields.Nested):
    """An object inside."""

    def __init__(self, shape: type[Shape], **options: Any) -> None:
        """Say which."""
        super().__init__(shape, error_messages=MESSAGES, **options)


class ByName(fields.Dict):
    """An object whose keys the catalogue knows. Values pass untouched: the rules judge them, each with its code."""

    def __init__(self, value: fields.Field[Any], **options: Any) -> None:
        """Say what a value is, for the description of the API."""
        super().__init__(keys=Text(64), values=value, error_messages=MESSAGES, **options)


class Several(fields.List[Any]):
    """A list of at least one, and of so many at most."""

    def __init__(self, inner: fields.Field[Any], *, most: int, **options: Any) -> None:
        """Say of what, and how many."""
        super().__init__(
            inner, validate=validate.Length(min=1, max=most, error=WRONG), error_messages=MESSAGES, **options
        )


class AsItIs(fields.Field[Any]):
    """A value that passes untouched, whatever it is: the description says what belongs here, a rule judges it."""

    def deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        """Hand it on."""
        return value


class Answer(AsItIs):
    """What somebody answered to one field, judged by `rules/fields`."""

    def __init__(self) -> None:
        """Describe it: a text, or a whole number."""
        super().__init__(metadata={"anyOf": [{"type": "string"}, {"type": "integer"}]})


class YesOrNo(AsItIs):
    """A decision: exactly true or false, judged by `rules/consent` (C-02)."""

    def __init__(self) -> None:
        """Describe it."""
        super().__init__(metadata={"type": "boolean"})


class _Whole(validate.Regexp):
    """A pattern for the whole text: `$` alone would let a line feed pass at the end."""

    def __call__(self, value: Any) -> Any:
        """Check a text."""
        if not self.regex.fullmatch(value):
            raise ValidationError(WRONG)
        return value
