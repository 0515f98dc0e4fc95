"""Under which names a destination is told what we know: no field that is not named there travels (X-02)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ConsentFields:
    """The destination's fields for one purpose: what was decided, when, and the id of the evidence. None: no field.

    `subscription` is the number of its subscription, in a CRM that keeps those by e-mail address.
    """

    state: str | None = None
    decided_at: str | None = None
    evidence: str | None = None
    subscription: str | None = None


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One destination's names of our fields; without `fields` each travels under the name it has here.

    `fixed` is sent with each lead as it stands.
    `opt_out` are the purposes of advertising: where none of those decided on is alive, the destination's own "do not
    write to this person" is set.
    """

    fields: Mapping[str, str] | None = None
    forms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    consent: Mapping[str, ConsentFields] = field(default_factory=dict)
    opt_out: tuple[str, ...] = ()

    def name(self, form: str, field: str) -> str | None:
        """Return a field's name over there; None where it does not travel."""
        if self.fields is None:
            return field
        return self.forms.get(form, {}).get(field) or self.fields.get(field)

    def targets(self) -> set[str]:
        """Return every name over there that the map writes."""
        forms = {name for one in self.forms.values() for name in one.values()}
        places = {place for one in self.consent.values() for place in (one.state, one.decided_at, one.evidence)}
        return {*(self.fields or {}).values(), *forms, *self.fixed, *(place for place in places if place)}


AS_HERE = FieldMap()
