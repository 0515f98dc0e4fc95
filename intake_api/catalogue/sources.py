"""What stands in each file of the catalogue, read into the shapes of `model`. One function for each file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import phonenumbers

from intake_api.catalogue.entry import Entry
from intake_api.catalogue.form_source import FieldSource, read_forms
from intake_api.catalogue.model import DOUBLE_OPT_IN, Authority, Form, Organisation, Problem, Purpose, Recipient
from intake_api.catalogue.terms import ADEQUATE, BASES, CONSENT, DATA_TERMS, EEA, PURPOSE_TERMS, ROLES
from intake_api.catalogue.words import flatten
from intake_api.catalogue.yaml_file import read_yaml
from intake_api.rules.contact import EMAIL_LENGTH, PHONE_LENGTH
from intake_api.rules.fields import TYPES
from intake_api.rules.retention import STARTS, Duration, DurationError, Kept, parse_duration

ORGANISATION = "organisation.yml"
RECIPIENTS = "recipients.yml"
PURPOSES = "purposes.yml"
FIELDS = "fields.yml"

MESSAGE_LENGTH = 1000  # M-05

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything read, file by file. `words` are the flat texts by locale, the default locale first."""

    organisation: Organisation
    default_locale: str
    countries: Mapping[str, str]
    authorities: Mapping[str, Authority]
    recipients: Mapping[str, Recipient]
    purposes: Mapping[str, Purpose]
    fields: Mapping[str, FieldSource]
    forms: Mapping[str, Form]
    words: Mapping[str, Mapping[str, str]]


def read_sources(folder: Path, problems: list[Problem]) -> Sources:
    """Read all files under `folder`, adding what is wrong in any one of them to `problems`."""
    about = _open(folder, ORGANISATION, problems)
    countries = _countries(about)
    authorities = _authorities(about)
    organisation = _organisation(about)
    default_locale = about.one_of("default_locale", countries)
    fields = _all(_open(folder, FIELDS, problems), _field)
    purposes = _all(_open(folder, PURPOSES, problems), _purpose)
    return Sources(
        organisation=organisation,
        default_locale=default_locale,
        countries=countries,
        authorities=authorities,
        recipients=_all(_open(folder, RECIPIENTS, problems), _recipient),
        purposes=purposes,
        fields=fields,
        forms=read_forms(folder, fields, purposes, _phone_regions(about), problems),
        words=_words(folder, sorted(countries, key=lambda locale: locale != default_locale), problems),
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
        "data_protection_officer", "default_locale", "locales", "authorities",
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
    )


def _countries(about: Entry) -> dict[str, str]:
    locales = about.entry("locales", "Write one line for each language: en: {country: LV}.").named_entries()
    for entry in locales.values():
        entry.only("country", "phones")
    return {locale: entry.text("country", "Write the country code, such as LV.") for locale, entry in locales.items()}


def _phone_regions(about: Entry) -> dict[str, tuple[str, ...]]:
    """Return, by locale, the countries whose numbers need no prefix: its own, unless `phones` names them."""
    found = {}
    listed = about.values.get("locales")
    for locale, values in listed.items() if isinstance(listed, dict) else ():
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


def _purpose(name: str, entry: Entry) -> Purpose:
    entry.only("dpv", "basis", "retention", "confirmation", "channel", "needs", "recipients")
    if isinstance(entry.values.get("basis"), list):
        entry.wrong(
            "basis", "names more than one legal basis.", "Choose the one that holds; make a second purpose if need be."
        )
        entry = Entry(entry.file, entry.path, {**entry.values, "basis": CONSENT}, entry.problems)
    basis = entry.one_of("basis", BASES)
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
        channel=entry.one_of("channel", ("email", "phone", "sms")) if "channel" in entry.values else None,
    )


def _kept(entry: Entry) -> Kept:
    entry.only("duration", "from")
    text = entry.text("duration", "Write an ISO 8601 duration, such as P6M for six months.")
    try:
        duration = parse_duration(text or "P1D")
    except DurationError as error:
        entry.wrong("duration", f"is {error}.", "Write an ISO 8601 duration of at most ten years, such as P6M or P2Y.")
        duration = Duration("P1D", 0, timedelta(days=1))
    return Kept(duration, entry.one_of("from", STARTS))


def _field(name: str, entry: Entry) -> FieldSource:
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


def _words(folder: Path, locales: list[str], problems: list[Problem]) -> dict[str, dict[str, str]]:
    found = {}
    for locale in locales:
        file = words_file(locale)
        found[locale] = flatten(file, read_yaml(folder, file, problems), problems)
    return found
