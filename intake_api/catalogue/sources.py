"""What stands in each file of the catalogue, read into the shapes of `model`. One function for each file."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import phonenumbers

from intake_api.catalogue.answer_source import AnswerSource, read_answers
from intake_api.catalogue.assignment_source import read_assignment
from intake_api.catalogue.children import read_children
from intake_api.catalogue.code_source import read_codes
from intake_api.catalogue.content_source import read_contents
from intake_api.catalogue.definitions import (
    DOUBLE_OPT_IN,
    Authority,
    CampaignCode,
    Form,
    Organisation,
    Purpose,
    Recipient,
)
from intake_api.catalogue.destination_source import read_destinations
from intake_api.catalogue.entry import Entry
from intake_api.catalogue.form_source import PRESELECTING, FieldSource, read_forms
from intake_api.catalogue.problems import Problem
from intake_api.catalogue.shown import Content
from intake_api.catalogue.terms import (
    ADEQUATE,
    ADVERTISING,
    BASES,
    CONSENT,
    DATA_TERMS,
    EEA,
    PURPOSE_TERMS,
    ROLES,
    TIED_BASES,
)
from intake_api.catalogue.words import flatten
from intake_api.catalogue.yaml_file import read_yaml
from intake_api.rules.age_of_consent import AGE
from intake_api.rules.assignment import Assignment
from intake_api.rules.consent import VALIDITY
from intake_api.rules.contact import EMAIL_LENGTH, PHONE_LENGTH
from intake_api.rules.field_map import FieldMap
from intake_api.rules.fields import TYPES
from intake_api.rules.opening_hours import WEEKDAYS, OpeningHours
from intake_api.rules.permission import COUNTED_FOR, ContactBudget, QuietHours
from intake_api.rules.retention import STARTS, Duration, DurationError, Kept, parse_duration

ORGANISATION = "organisation.yml"
RECIPIENTS = "recipients.yml"
PURPOSES = "purposes.yml"
FIELDS = "fields.yml"

MESSAGE_LENGTH = 1000  # M-05
CHANNELS = ("email", "phone", "sms")
CONTACT_HOW = "Write how often at most: contact: {at_most: 1, within: P1M}."

_FREE = PRESELECTING | {"required", "mandatory"}
_CLOCK = re.compile("([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything read, file by file. `words` are the flat texts by locale, the default locale first, `answers` too."""

    organisation: Organisation
    default_locale: str
    countries: Mapping[str, str]
    authorities: Mapping[str, Authority]
    recipients: Mapping[str, Recipient]
    purposes: Mapping[str, Purpose]
    fields: Mapping[str, FieldSource]
    forms: Mapping[str, Form]
    words: Mapping[str, Mapping[str, str]]
    answers: Mapping[str, Mapping[str, AnswerSource]]
    contents: Mapping[tuple[str, str], Content]
    codes: Mapping[str, CampaignCode]
    assignment: Assignment
    destinations: Mapping[str, FieldMap]


def read_sources(folder: Path, problems: list[Problem]) -> Sources:
    """Read all files under `folder`, adding what is wrong in any one of them to `problems`."""
    about = _open(folder, ORGANISATION, problems)
    countries = _countries(about)
    authorities = _authorities(about)
    organisation = _organisation(about)
    default_locale = about.one_of("default_locale", countries)
    fields = _all(_open(folder, FIELDS, problems), _field)
    zone = organisation.opening_hours.zone
    purposes = _all(_open(folder, PURPOSES, problems), lambda name, entry: _purpose(name, entry, zone))
    locales = {
        locale: _open(folder, words_file(locale), problems)
        for locale in sorted(countries, key=lambda locale: locale != default_locale)
    }
    return Sources(
        organisation=organisation,
        default_locale=default_locale,
        countries=countries,
        authorities=authorities,
        recipients=_all(_open(folder, RECIPIENTS, problems), _recipient),
        purposes=purposes,
        fields=fields,
        forms=read_forms(folder, fields, purposes, _phone_regions(about, locales), organisation.children, problems),
        words={locale: _words(entry) for locale, entry in locales.items()},
        answers={locale: read_answers(entry) for locale, entry in locales.items()},
        contents=read_contents(folder, locales, problems),
        codes=read_codes(folder, problems),
        assignment=read_assignment(folder, locales, problems),
        destinations=read_destinations(folder, fields, purposes, problems),
    )


def words_file(locale: str) -> str:
    """The file that holds the texts of a locale."""
    return f"locales/{locale}.yml"


def _open(folder: Path, file: str, problems: list[Problem]) -> Entry:
    return Entry(file, "", read_yaml(folder, file, problems), problems)


def _all(entry: Entry, read: Callable[[str, Entry], T]) -> dict[str, T]:
    return {name: read(name, item) for name, item in entry.named_entries().items()}


def _organisation(entry: Entry) -> Organisation:
    entry.only(
        "name", "product", "address", "country", "email", "phone", "website", "representative",
        "data_protection_officer", "children", "children_in", "opening_hours", "default_locale", "locales",
        "authorities", "two_people",
    )  # fmt: skip
    return Organisation(
        name=entry.text("name", "Write the legal name of the organisation."),
        product=entry.text("product", "Write what visitors know it by."),
        address=entry.text("address", "Write the postal address on one line."),
        country=entry.text("country", "Write the country code, such as LV."),
        email=entry.text("email", "Write the address that answers questions about privacy."),
        phone=entry.text_or_none("phone", "Write the phone number."),
        website=entry.text("website", "Write the address of the web site."),
        representative=entry.text_or_none("representative", "Write who represents you in the European Union."),
        dpo=entry.text_or_none("data_protection_officer", "Write how to reach the data protection officer."),
        opening_hours=_opening_hours(
            entry.entry("opening_hours", "Write when people answer: time_zone, weekdays, from, to.")
        ),
        children=read_children(entry),
        two_people="two_people" in entry.values and entry.flag("two_people"),
    )


def _opening_hours(entry: Entry) -> OpeningHours:
    entry.only("time_zone", "weekdays", "from", "to", "days_off")
    weekdays = entry.words("weekdays", f"Write the days of the week: {', '.join(WEEKDAYS)}.")
    for day in set(weekdays) - set(WEEKDAYS):
        entry.wrong("weekdays", f"names {day}, which is no day.", f"Use of: {', '.join(WEEKDAYS)}.")
    opens, closes = _clock(entry, "from"), _clock(entry, "to")
    if opens and closes and opens >= closes:
        entry.wrong("to", "is not after from.", "Write when the same day's work ends.")
    return OpeningHours(
        zone=_zone(entry),
        weekdays=tuple(day for day in WEEKDAYS if day in weekdays),
        opens=opens or time.min,
        closes=closes or time.max,
        days_off=frozenset(_days_off(entry)),
    )


def _zone(entry: Entry) -> ZoneInfo:
    name = entry.text("time_zone", "Write the name of the time zone, such as Europe/Riga.")
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        entry.wrong("time_zone", "is no time zone that is known here.", "Write its name, such as Europe/Riga.")
        return ZoneInfo("UTC")


def _clock(entry: Entry, name: str) -> time | None:
    text = entry.text(name, "Write the time of day, such as 9:00.")
    if found := _CLOCK.fullmatch(text):
        return time(int(found[1]), int(found[2]))
    if text:
        entry.wrong(name, "is no time of day.", "Write hours and minutes, such as 9:00 or 17:30.")
    return None


def _days_off(entry: Entry) -> Iterator[date]:
    for day in entry.words("days_off", "Write days: [2026-12-24].") if "days_off" in entry.values else ():
        try:
            yield date.fromisoformat(day)
        except ValueError:
            entry.wrong("days_off", f"has {day}, which is no day.", "Write each as 2026-12-24.")


def _countries(about: Entry) -> dict[str, str]:
    locales = about.entry("locales", "Write one line for each language: en: {country: LV}.").named_entries()
    for entry in locales.values():
        entry.only("country", "phones")
    return {locale: entry.text("country", "Write the country code, such as LV.") for locale, entry in locales.items()}


def _phone_regions(about: Entry, locales: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return, by locale, the countries whose numbers need no prefix: its own, unless `phones` names them."""
    found = {}
    listed = about.values.get("locales")
    by_locale = listed if isinstance(listed, dict) else {}
    for locale in locales:
        values = by_locale.get(locale)
        entry = Entry(about.file, f"locales.{locale}", values if isinstance(values, dict) else {}, about.problems)
        regions = (
            entry.words("phones", "Write the country codes in a list: [LV, GB].") if "phones" in entry.values else ()
        )
        for region in regions:
            if region not in phonenumbers.SUPPORTED_REGIONS:
                entry.wrong("phones", f"names {region}, which is no country with phone numbers.", "Write codes as LV.")
        found[locale] = regions or (str(entry.values.get("country")),)
    return found


def _authorities(about: Entry) -> dict[str, Authority]:
    found = {}
    listed = about.entry("authorities", "Write the data protection authority of each country.")
    for country in listed.values:
        entry = listed.entry(country, "Write its id, name and url.")
        entry.only("id", "name", "url")
        found[country] = Authority(
            id=entry.text("id", "Write its IRI, such as https://w3id.org/dpv/legal/lv#DPA-LV."),
            name=entry.text("name", "Write its name."),
            url=entry.text("url", "Write the address of its web site."),
            country=country,
        )
    return found


def _recipient(name: str, entry: Entry) -> Recipient:
    entry.only("name", "role", "country", "safeguard")
    recipient = Recipient(
        id=name,
        name=entry.text("name", "Write its legal name; a category such as partners is not enough."),
        role=entry.one_of("role", ROLES),
        country=entry.text("country", "Write the country code, such as DE."),
        safeguard=entry.text_or_none("safeguard", "Write what protects the data there and how to get a copy of it."),
    )
    if recipient.country and recipient.country not in EEA | ADEQUATE and recipient.safeguard is None:
        entry.wrong(
            "safeguard",
            f"is none, though {recipient.country} is outside the EEA and has no adequacy decision.",
            "Write the safeguard, such as standard contractual clauses, and how to get a copy of it.",
        )
    return recipient


def _purpose(name: str, entry: Entry, zone: ZoneInfo) -> Purpose:
    known = ("dpv", "basis", "retention", "validity", "renewal", "confirmation", "channel", "contact", "needs")
    entry.only(*known, "recipients", *_FREE)
    for key in sorted(_FREE & set(entry.values)):
        entry.wrong(key, "takes the choice out of the person's hands.", "Take it out: a yes is free and starts as no.")
    entry = _one_alone(entry, "dpv", "joins purposes in one.", "Write each as a purpose of its own, with its own yes.")
    cure = "Choose the one that holds; make a second purpose if need be."
    entry = _one_alone(entry, "basis", "names more than one legal basis.", cure)
    basis = entry.one_of("basis", BASES)
    if entry.values.get("dpv") == ADVERTISING and basis in TIED_BASES:
        wrong = "makes advertising a part of what was ordered: nobody could have the one without the other."
        entry.wrong("basis", wrong, f"Write: basis: {CONSENT}, so that it gets a yes of its own.")
    confirmation = entry.one_of("confirmation", ("none", DOUBLE_OPT_IN))
    if confirmation == DOUBLE_OPT_IN and basis != CONSENT:
        entry.wrong("confirmation", "is a double opt-in without consent as the basis.", "Write: confirmation: none.")
    return Purpose(
        id=name,
        dpv=entry.one_of("dpv", PURPOSE_TERMS),
        basis=basis,
        confirmation=confirmation,
        kept=_kept(entry.entry("retention", "Write how long: retention: {duration: P6M, from: last_activity}.")),
        recipients=entry.words("recipients", "Write who gets the data: recipients: [crm, mail]."),
        needs=frozenset(entry.words("needs", "Write field names.") if "needs" in entry.values else ()),
        channel=entry.one_of("channel", CHANNELS) if "channel" in entry.values else None,
        validity=_validity(entry, basis),
        budget=_budget(entry.entry("contact", CONTACT_HOW), zone) if "contact" in entry.values else None,
        asks_to_renew=_asks_to_renew(entry, basis),
    )


def _one_alone(entry: Entry, name: str, wrong: str, instead: str) -> Entry:
    """Refuse a list where one stands alone, and go on with its first: one mistake should give one problem."""
    value = entry.values.get(name)
    if not isinstance(value, list) or not value:
        return entry
    entry.wrong(name, wrong, instead)
    return Entry(entry.file, entry.path, {**entry.values, name: value[0]}, entry.problems)


def _validity(entry: Entry, basis: str) -> Duration | None:
    """Return how long a yes counts; what is no yes has no validity, it only has an end (C-16)."""
    if basis == CONSENT:
        return _duration(entry, "validity", default=VALIDITY)
    if "validity" in entry.values:
        entry.wrong("validity", "stands at a purpose that is not on consent.", "Take it out; retention is its end.")
    return None


def _asks_to_renew(entry: Entry, basis: str) -> bool:
    """Say whether the person is asked once, before a yes ends, if it still holds; not unless it says so (C-16)."""
    if "renewal" not in entry.values:
        return False
    if basis != CONSENT:
        entry.wrong("renewal", "stands at a purpose that is not on consent.", "Take it out; there is no yes to renew.")
    return entry.one_of("renewal", ("ask", "none")) == "ask"


def _budget(entry: Entry, zone: ZoneInfo) -> ContactBudget:
    entry.only("at_most", "within", "quiet")
    within = _duration(entry, "within")
    if within.months * 30.5 + within.exact / timedelta(days=1) > COUNTED_FOR.days:
        entry.wrong("within", "is longer than a year.", "Write a span of at most a year, such as P1M.")
    quiet = entry.entry("quiet", 'Write: quiet: {from: "21:00", to: "8:00"}.') if "quiet" in entry.values else None
    return ContactBudget(entry.whole("at_most", 1, 366), within, _quiet(quiet, zone) if quiet else None)


def _quiet(entry: Entry, zone: ZoneInfo) -> QuietHours:
    entry.only("from", "to")
    begins, ends = _clock(entry, "from"), _clock(entry, "to")
    if begins is not None and begins == ends:
        entry.wrong("to", "is the same as from: there would be no hour left.", "Write when the quiet hours end.")
    return QuietHours(zone, begins or time.min, ends or time.min)


def _kept(entry: Entry) -> Kept:
    entry.only("duration", "from")
    return Kept(_duration(entry, "duration"), entry.one_of("from", STARTS))


def _duration(entry: Entry, name: str, default: str | None = None) -> Duration:
    text = entry.text(name, "Write an ISO 8601 duration, such as P6M for six months.", default)
    try:
        return parse_duration(text or "P1D")
    except DurationError as error:
        entry.wrong(name, f"is {error}.", "Write an ISO 8601 duration of at most ten years, such as P6M or P2Y.")
        return Duration("P1D", 0, timedelta(days=1))


def _field(name: str, entry: Entry) -> FieldSource:
    if name == AGE:
        instead = "Take it out, and write in a form: children: asked. That asks for an age group and keeps no number."
        entry.wrong("", "is asked by the question about children, and in no other way (K-01).", instead)
    kind = entry.one_of("type", TYPES)
    own = {"text": ("max_length",), "long_text": ("max_length",), "integer": ("min", "max"), "choice": ("choices",)}
    entry.only("type", "personal_data", *own.get(kind, ()))
    lengths = {"email": EMAIL_LENGTH, "phone": PHONE_LENGTH}
    is_text = kind in ("text", "long_text")
    return FieldSource(
        name=name,
        type=kind,
        max_length=entry.whole("max_length", 1, MESSAGE_LENGTH) if is_text else lengths.get(kind, 0),
        minimum=entry.whole("min", 0, 10**9) if kind == "integer" else 0,
        maximum=entry.whole("max", 1, 10**9) if kind == "integer" else 0,
        choices=entry.words("choices", "Write the answers to choose from: choices: [a, b].")
        if kind == "choice"
        else (),
        pd=entry.one_of("personal_data", DATA_TERMS),
    )


def _words(entry: Entry) -> dict[str, str]:
    texts = {name: value for name, value in entry.values.items() if name != "answers"}
    return flatten(entry.file, texts, entry.problems)
