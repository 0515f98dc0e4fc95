"""The catalogue as it is loaded: frozen, complete, checked. Loading is in `load`, notices are made in `notice`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from intake_api.catalogue.definitions import CampaignCode, Form, JsonObject, Organisation, Purpose, Recipient
from intake_api.catalogue.shown import Answers, Content, FormView, FreeTexts, Notice
from intake_api.catalogue.staff_names import StaffNames
from intake_api.rules.assignment import Assignment
from intake_api.rules.field_map import AS_HERE, FieldMap


class FormUnknown(LookupError):
    """No form has this key."""

    code = "form_unknown"


class LocaleNotOffered(LookupError):
    """No complete notice of this form in this locale: nothing is collected in it (N-17). `locales` are those it has."""

    code = "locale_not_available"

    def __init__(self, form: str, locale: str, locales: tuple[str, ...]) -> None:
        super().__init__(f"form {form} is not offered in this locale")
        self.form = form
        self.locale = locale
        self.locales = locales


@dataclass(frozen=True, slots=True)
class Gaps:
    """How far a locale has come for one form: it collects only when nothing is missing.

    `form` is `ANSWERS` for the answers of the locale, which are given when nothing is missing.
    """

    locale: str
    form: str
    needed: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that may be asked, and why. `free_texts` by locale, of those that have all their sentences."""

    organisation: Organisation
    default_locale: str
    locales: tuple[str, ...]
    language_names: Mapping[str, str]
    forms: Mapping[str, Form]
    purposes: Mapping[str, Purpose]
    recipients: Mapping[str, Recipient]
    views: Mapping[tuple[str, str], FormView] = field(repr=False)
    answers: Mapping[str, Answers] = field(repr=False)
    contents: Mapping[tuple[str, str], Content] = field(repr=False)
    codes: Mapping[str, CampaignCode] = field(repr=False)
    assignment: Assignment = field(repr=False)
    destinations: Mapping[str, FieldMap] = field(repr=False)
    gaps: tuple[Gaps, ...] = field(repr=False)
    free_texts: Mapping[str, FreeTexts] = field(repr=False)
    staff_names: Mapping[str, StaffNames] = field(repr=False)
    _notices: Mapping[str, Notice] = field(repr=False, init=False)

    def __post_init__(self) -> None:
        """Index the notices by hash."""
        notices = {view.notice.hash: view.notice for view in self.views.values()}
        object.__setattr__(self, "_notices", MappingProxyType(notices))

    @property
    def notices(self) -> Mapping[str, Notice]:
        """Every current notice by its hash."""
        return self._notices

    def field_map(self, destination: str) -> FieldMap:
        """Return a destination's names of our fields; without a file for it, those that they have here."""
        return self.destinations.get(destination, AS_HERE)

    def form(self, key: str) -> Form:
        """Return a form; raise FormUnknown."""
        try:
            return self.forms[key]
        except KeyError:
            raise FormUnknown(key) from None

    def purpose(self, purpose_id: str) -> Purpose:
        """Return a purpose; raise KeyError (an id comes from the catalogue itself)."""
        return self.purposes[purpose_id]

    def recipient(self, recipient_id: str) -> Recipient:
        """Return a recipient; raise KeyError."""
        return self.recipients[recipient_id]

    def locales_of(self, form: str) -> tuple[str, ...]:
        """Return the locales in which a form collects, the default one first; raise FormUnknown."""
        key = self.form(form).key
        return tuple(locale for locale in self.locales if (key, locale) in self.views)

    def view(self, form: str, locale: str) -> FormView:
        """Return what a visitor sees of a form; raise FormUnknown, or LocaleNotOffered (N-17)."""
        try:
            return self.views[form, locale]
        except KeyError:
            raise LocaleNotOffered(form, locale, self.locales_of(form)) from None

    def any_view(self, locale: str) -> FormView:
        """Return a form in a locale, for what all of them say alike; in another where none is offered in it."""
        return next((view for (_, its), view in self.views.items() if its == locale), next(iter(self.views.values())))

    def notice(self, form: str, locale: str) -> Notice:
        """Return the notice of a form in a locale; raise as `view` does."""
        return self.view(form, locale).notice

    def code(self, code: str, *, today: date) -> str | None:
        """Return a code as it is kept and counted; None where it is none of ours, or its last day is over."""
        known = self.codes.get(code.upper())
        return known.code if known and today <= known.until else None

    def delivers(self, form: str) -> bool:
        """Tell whether a form gives a content; also of a form that is no more."""
        return form in self.forms and self.forms[form].delivers is not None

    def delivered(self, form: str, locale: str, values: Mapping[str, object]) -> tuple[Content, ...]:
        """Return what a form gives for these answers, in a language."""
        name = self.form(form).delivers
        found = self.contents.get((str(values.get(name)), locale)) if name else None
        return (found,) if found else ()

    def listed(self, locale: str) -> list[JsonObject]:
        """Return the forms as `GET /v1/forms` lists them, in `locale` where it is offered, else in the default one."""
        return [self._listed(key, locale) for key in self.forms]

    def _listed(self, key: str, locale: str) -> JsonObject:
        locales = self.locales_of(key)
        view = self.views[key, locale if locale in locales else self.default_locale]
        shown = {name: view.document[name] for name in ("form", "kind", "title", "benefit", "page")}
        return {**shown, "locales": list(locales)}
