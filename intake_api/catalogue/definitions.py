"""What the files of a catalogue define: who asks, what for, which fields, which forms. Frozen and already checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from intake_api.rules.age_of_consent import threshold_of
from intake_api.rules.approval import ApprovalRule
from intake_api.rules.fields import FieldRule
from intake_api.rules.follow_up import FollowUp
from intake_api.rules.opening_hours import OpeningHours
from intake_api.rules.permission import ContactBudget
from intake_api.rules.qualification import QualificationLine
from intake_api.rules.retention import Duration, Kept

ACT = "act"
OPT_IN = "opt_in"
DOUBLE_OPT_IN = "double_opt_in"

NO_REGION = "ZZ"  # where only numbers with a prefix are numbers

ANSWERS = "answers"

# What is done about children (GDPR, Article 8).
ASKED = "asked"
NOT_FOR_CHILDREN = "not_for_children"

JsonObject = Mapping[str, object]


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
    """The controller (N-01, N-02). None for representative or DPO was written down as an explicit none.

    `two_people`: a notice is published by one member of staff and approved by another (V-09).
    """

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
    two_people: bool = False

    @property
    def in_texts(self) -> dict[str, str]:
        """What stands for the words in braces of any text, by word."""
        return {
            "product": self.product,
            "controller": self.name,
            "address": self.address,
            "privacy_email": self.email,
        }


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
    first_response: timedelta | None = None  # open time (`organisation.opening_hours`)
    sites: tuple[str, ...] | None = None
    children: Children | None = None
    approval: ApprovalRule | None = None  # which leads need nobody who approves them; None: all do

    def phone_regions(self, locale: str) -> tuple[str, ...]:
        """The countries whose phone numbers may be typed without a prefix in this locale."""
        return self.regions.get(locale, (NO_REGION,))

    def age_of_consent(self, locale: str) -> int | None:
        """The age in years that is asked for in this locale before a yes counts; None where nobody is asked (K-01)."""
        if self.children is None or self.children.policy != ASKED:
            return None
        return threshold_of(self.children.country, locale)


@dataclass(frozen=True, slots=True)
class CampaignCode:
    """A code that was given out somewhere, and the last day on which it counts."""

    code: str
    says: str
    until: date
