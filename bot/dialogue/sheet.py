"""The form as the API serves it, read by name: fields, groups, notice, and the purposes that need a yes of their
own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
ONE_OF = "one_of:"
CONTACT_TYPES = ("email", "phone")
LONGEST_SCALE = 10


@dataclass(frozen=True)
class Field:
    """One thing to ask, with the catalogue's words."""

    name: str
    type: str
    necessity: str
    label: str
    question: str
    why: str
    if_not_given: str
    choices: tuple[tuple[str, str], ...]
    purposes: tuple[str, ...]
    least: int | None = None
    most: int | None = None
    asked_if: tuple[str, int] | None = None  # another field, and the most it may be

    @property
    def group(self) -> object:
        """Return the group of which one answer is enough, None for a field by itself.

        Contacts that are offered on one condition are a group too: who is to be called back is asked for one of them.
        """
        if self.necessity.startswith(ONE_OF):
            return self.necessity
        return self.asked_if if self.is_optional and self.type in CONTACT_TYPES else None

    @property
    def is_optional(self) -> bool:
        """Say whether it may be left out without a reason."""
        return self.necessity == "optional"

    @property
    def scale(self) -> tuple[int, ...]:
        """Return the numbers of a short scale, each worth a button; nothing for any other field."""
        if self.type != "integer" or self.least is None or self.most is None or self.most - self.least > LONGEST_SCALE:
            return ()
        return tuple(range(self.least, self.most + 1))

    def applies(self, values: Mapping[str, Mapping[str, Any]]) -> bool:
        """Say whether it is to be asked, after these answers: a call-back is offered after a low rating only."""
        if self.asked_if is None:
            return True
        other, most = self.asked_if
        value = values.get(other, {}).get("value")
        return isinstance(value, int) and value <= most

    @property
    def takes_any_text(self) -> bool:
        """Say whether whatever is typed could be the answer."""
        return self.type in ("text", "long_text")


@dataclass(frozen=True)
class Sheet:
    """A form object of the API. Reading is lenient: what is not there is empty."""

    form: Json

    @property
    def key(self) -> str:
        """Return the form's key."""
        return str(self.form["form"])

    @property
    def presentation(self) -> str:
        """Return the id of this showing of the notice."""
        return str(self.form["presentation"]["id"])

    @property
    def notice(self) -> Json:
        """Return the notice object."""
        return dict(self.form.get("notice") or {})

    @property
    def page(self) -> str:
        """Return where the same form can be filled in without the chat."""
        return str(self.form.get("page", ""))

    @property
    def purposes(self) -> list[Json]:
        """Return all purposes of the notice."""
        return list(self.notice.get("purposes", []))

    @property
    def age(self) -> Json | None:
        """Return the question whether the visitor is old enough for a yes to count; None where nobody is asked."""
        return self.form.get("age")

    @property
    def opt_ins(self) -> list[Json]:
        """Return the purposes that need a question and a yes of their own, in the catalogue's order."""
        return [purpose for purpose in self.purposes if purpose.get("control") == "opt_in"]

    @property
    def acts(self) -> list[Json]:
        """Return the purposes that are agreed to by sending; their words stand before the button that sends."""
        return [purpose for purpose in self.purposes if purpose.get("control") == "act"]

    def fields(self) -> Iterator[Field]:
        """Yield the fields in the catalogue's order."""
        for raw in self.form.get("fields", []):
            limits, condition = raw.get("limits") or {}, raw.get("asked_if")
            choices = tuple((str(choice["value"]), str(choice["label"])) for choice in raw.get("choices") or ())
            yield Field(
                name=raw["name"],
                type=raw.get("type", "text"),
                necessity=raw.get("necessity", "optional"),
                label=raw.get("label", raw["name"]),
                question=raw.get("question", ""),
                why=raw.get("why", ""),
                if_not_given=raw.get("if_not_given", ""),
                choices=choices,
                purposes=tuple(raw.get("purposes") or ()),
                least=limits.get("min"),
                most=limits.get("max"),
                asked_if=(condition["field"], condition["at_most"]) if condition else None,
            )

    def field(self, name: str | None) -> Field | None:
        """Find a field by name."""
        return next((field for field in self.fields() if field.name == name), None)

    def group_of(self, field: Field) -> list[Field]:
        """Return the fields of which one is enough, in order; the field alone when it has no group."""
        if field.group is None:
            return [field]
        return [other for other in self.fields() if other.group == field.group]

    @property
    def needs_an_opt_in(self) -> bool:
        """Say whether the form is for nothing but opt-in purposes, so that a no to all leaves nothing to send."""
        return len(self.opt_ins) == len(self.purposes)

    def opt_in(self, purpose_id: str | None) -> Json | None:
        """Find an opt-in purpose by id."""
        return next((purpose for purpose in self.opt_ins if purpose.get("id") == purpose_id), None)
