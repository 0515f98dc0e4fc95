"""What a loaded catalogue is: frozen, complete, already checked. Loading is in `load`, notices are made in `notice`.

Everything a visitor is shown about a form in a language is prepared once, at start, as a `FormView`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from intake_api.rules.age_of_consent import AGE, AGE_MISSING, threshold_of
from intake_api.rules.fields import FieldRule, Value, masked
from intake_api.rules.follow_up import FollowUp
from intake_api.rules.opening_hours import OpeningHours
from intake_api.rules.permission import ContactBudget
from intake_api.rules.qualification import QualificationLine
from intake_api.rules.retention import Duration, Kept
from intake_api.rules.sensitive_text import TOO_YOUNG, TextReader

ACT = "act"
OPT_IN = "opt_in"
DOUBLE_OPT_IN = "double_opt_in"

NO_REGION = "ZZ"  # where only numbers with a prefix are numbers

ANSWERS = "answers"

# What is done about children (GDPR, Article 8).
ASKED = "asked"
NOT_FOR_CHILDREN = "not_for_children"

# Where the notice says why an answer about the age cannot be taken.
AGE_TEXT_OF = {TOO_YOUNG: "age.too_young", AGE_MISSING: "age.missing"}

JsonObject = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in the catalogue, said so that it can be put right without reading code."""

    file: str
    key: str
    wrong: str
    instead: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.file}: {self.key}: {self.wrong} {self.instead}"


class CatalogueError(Exception):
    """The catalogue does not load. `problems` are all that were found, in the order of the files; never empty."""

    code = "catalogue_invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")


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
class Authority:
    """A data-protection authority to complain to (N-11); `id` is its IRI, `country` ISO 3166."""

    id: str
    name: str
    url: str
    country: str


@dataclass(frozen=True, slots=True)
class Children:
    """What is done about children: `policy` is `asked` or `not_for_children`.

    `country` (ISO 3166) names whose age of consent counts; None: it is told by the visitor's language.
    """

    policy: str
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """The controller (N-01, N-02). None for representative or DPO was written down as an explicit none."""

    name: str
    product: str
    address: str
    country: str
    email: str
    phone: str | None
    website: str
    representative: str | None
    dpo: str | None
    opening_hours: OpeningHours
    children: Children


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets data: the CRM, the mail relay (N-06). `role` is `processor` or `controller`."""

    id: str
    name: str
    role: str
    country: str
    safeguard: str | None


@dataclass(frozen=True, slots=True)
class Purpose:
    """One thing data may be used for, on exactly one legal basis (N-03).

    `basis` and `dpv` are IRIs; `basis_id` is the basis' last part (`A6-1-a`). `needs` are field names without which
    the purpose is worth nothing; `channel` is how it reaches the person, if it does. `validity` is how long a yes
    counts (None for an act, C-16), `asks_to_renew` whether the person is asked once before it ends, `budget` how often
    and when the person may be contacted (None: nothing is counted).
    """

    id: str
    dpv: str
    basis: str
    confirmation: str
    kept: Kept
    recipients: tuple[str, ...]
    needs: frozenset[str]
    channel: str | None
    validity: Duration | None
    budget: ContactBudget | None
    asks_to_renew: bool = False

    @property
    def basis_id(self) -> str:
        """The basis as the answers name it, without its namespace."""
        return self.basis.rpartition("#")[2]

    @property
    def legitimate_interest(self) -> bool:
        """Whether it rests on an interest of ours, which must then be spelled out and may be objected to (N-05)."""
        return self.basis_id.startswith("A6-1-f")

    @property
    def control(self) -> str:
        """How it is agreed to: `opt_in`, a control of its own, for consent; else `act`, the sending itself."""
        return OPT_IN if self.basis_id == "A6-1-a" else ACT


@dataclass(frozen=True, slots=True)
class AskedIf:
    """A field is asked only of whom gave a whole number of at most `at_most` in `field`, which is asked before it."""

    field: str
    at_most: int


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of one form: what it takes, what it is for, and which kind of personal data it is (`pd`, an IRI).

    With `asked_if` it is asked of some only; it is never required, and who gives it unasked may.
    """

    rule: FieldRule
    purposes: tuple[str, ...]
    pd: str
    asked_if: AskedIf | None = None

    @property
    def name(self) -> str:
        """The field's name."""
        return self.rule.name


@dataclass(frozen=True, slots=True)
class Popup:
    """When and where a pop-up opens, and how it stays away; a script on the page that shows it keeps to this.

    `trigger` is `delay` (then `after_seconds` says of how many seconds), `exit` or `first_visit`. Who has seen it sees
    it again after `again_after_days` at the soonest, who said no to it after `quiet_after_no_days`.
    """

    trigger: str
    after_seconds: int | None
    position: str
    again_after_days: int
    quiet_after_no_days: int


@dataclass(frozen=True, slots=True)
class Form:
    """A lead form, whatever the door. It is what the rules call AsksFields and IsScored.

    `pages` are the names of its fields, page by page, where it is asked in several. `event` is what the page around it
    announces before it is shown. `languages` are those it is offered in. `sites` are the origins whose pages may show
    it; None: those the settings allow. `children` is None where the house asks for the age and this form has no yes to
    ask it for.
    """

    key: str
    kind: str
    stage: str
    position: int
    family: str
    version: int
    effective_from: str
    material_change: bool
    fields: tuple[FormField, ...]
    purposes: tuple[str, ...]
    qualification_version: int
    qualification: tuple[QualificationLine, ...]
    regions: Mapping[str, tuple[str, ...]] = field(repr=False)
    rules: Mapping[str, FieldRule] = field(repr=False)
    languages: tuple[str, ...]
    delivers: str | None = None  # the field whose answer names the content that is given
    popup: Popup | None = None
    pages: tuple[tuple[str, ...], ...] = ()
    event: str | None = None
    follow_up: FollowUp | None = None
    sites: tuple[str, ...] | None = None
    children: Children | None = None

    def phone_regions(self, locale: str) -> tuple[str, ...]:
        """The countries whose phone numbers may be typed without a prefix in this locale."""
        return self.regions.get(locale, (NO_REGION,))

    def age_of_consent(self, locale: str) -> int | None:
        """The age in years that is asked for in this locale before a yes counts; None where nobody is asked (K-01)."""
        if self.children is None or self.children.policy != ASKED:
            return None
        return threshold_of(self.children.country, locale)


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
class CampaignCode:
    """A code that was given out somewhere, and the last day on which it counts."""

    code: str
    says: str
    until: date


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
    gaps: tuple[Gaps, ...] = field(repr=False)
    free_texts: Mapping[str, FreeTexts] = field(repr=False)
    _notices: Mapping[str, Notice] = field(repr=False, init=False)

    def __post_init__(self) -> None:
        """Index the notices by hash."""
        notices = {view.notice.hash: view.notice for view in self.views.values()}
        object.__setattr__(self, "_notices", MappingProxyType(notices))

    @property
    def notices(self) -> Mapping[str, Notice]:
        """Every current notice by its hash."""
        return self._notices

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
