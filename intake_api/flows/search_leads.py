"""Find leads by what somebody gives on the telephone: e-mail, phone, reference, or words of name and company.

The term is looked up by its blind index and written down as a keyed hash (A-02); who is found is shown masked, and that
it was shown is on the record (A-01): if it cannot be written down, nothing is shown (A-03).
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from intake_api.flows.count_readings import TooManyReadings, count_seen, has_room
from intake_api.rules import contact
from intake_api.rules.reference import spelled_reference
from intake_api.rules.text import Refused
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.lead_search import Term, find_newest
from intake_api.store.leads import Lead, LeadUnknown, get_lead, open_values
from intake_api.store.vault import Vault

SHOWN = 50
MASKED = ("name", "company", "email", "phone")
LONGEST, MOST_WORDS = 200, 8


class By(StrEnum):
    """What a search term is taken for."""

    REFERENCE = "reference"
    EMAIL = "email"
    PHONE = "phone"
    WORDS = "words"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Hit:
    """A lead that was found, and what is shown of its person: masked, by field."""

    lead: Lead
    masked: Mapping[str, str]


@dataclass(frozen=True)
class Hits:
    """What a search found, the newest first. `too_many`: so many that only another word helps; none is shown then."""

    by: By
    hits: list[Hit]
    more: bool = False
    too_many: bool = False


def search_leads(store: Store, typed: str, *, regions: Collection[str], staff_id: str, now: datetime) -> Hits:
    """Find leads, and record what was looked for (hashed), how, and whose leads were shown.

    :param regions: the countries whose phone numbers may be typed without a prefix.
    :raises StoreUnavailable: it cannot be recorded, so nothing is shown.
    :raises TooManyReadings: they saw so many leads that a second factor comes first (A-04).
    """
    by, terms = _read(typed, regions)
    if by is By.NOTHING:
        return Hits(by, [])
    actor = f"staff:{staff_id}"
    with store.writing() as tx:
        hits = _hits(tx, store.vault, by, terms, actor, now) if has_room(tx, actor, now=now) else None
    if hits is None:
        raise TooManyReadings("Many leads were seen in a short time: show your second factor first.")
    return hits


def _hits(tx: Connection, vault: Vault, by: By, terms: list[Term], actor: str, now: datetime) -> Hits:
    found = _found(tx, vault, by, terms)
    shown = [] if found is None else [_masked(tx, vault, lead) for lead in found[:SHOWN]]
    count_seen(tx, actor, len(shown), now=now)
    evidence.add_entry(
        tx,
        "leads.searched",
        actor=actor,
        now=now,
        facts={
            "by": by.value,
            "term": vault.blind("search", " ".join(value for _, value in terms)).hex(),
            "found": [hit.lead.id for hit in shown],
            "fields": sorted({name for hit in shown for name in hit.masked}),
        },
    )
    return Hits(by, shown, more=found is not None and len(found) > SHOWN, too_many=found is None)


def _read(typed: str, regions: Collection[str]) -> tuple[By, list[Term]]:
    """Say what was typed: a reference, an address, a number, else words."""
    typed = typed.strip()[:LONGEST]
    if reference := spelled_reference(typed):
        return By.REFERENCE, [("reference", reference)]
    if "@" in typed:
        with suppress(Refused):
            return By.EMAIL, [("email", contact.email(typed))]
        return By.EMAIL, [("email", typed)]
    if any(letter.isdigit() for letter in typed):
        with suppress(Refused):
            return By.PHONE, [("phone", contact.phone(typed, *regions))]
    words = list(dict.fromkeys(typed.split()))[:MOST_WORDS]
    return (By.WORDS, [("word", word) for word in words]) if words else (By.NOTHING, [])


def _found(tx: Connection, vault: Vault, by: By, terms: list[Term]) -> list[Lead] | None:
    if by is not By.REFERENCE:
        return find_newest(tx, vault, terms, limit=SHOWN + 1)
    with suppress(LeadUnknown):
        lead = get_lead(tx, terms[0][1])
        return [] if lead.is_restricted else [lead]
    return []


def _masked(tx: Connection, vault: Vault, lead: Lead) -> Hit:
    return Hit(lead, dict(_shown(open_values(tx, vault, lead))))


def _shown(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    masks = {"email": contact.masked_email, "phone": contact.masked_phone}
    for name in MASKED:
        if value := str(values.get(name, "")):
            yield name, masks.get(name, initials)(value)


def initials(value: str) -> str:
    """Show of each word its first letter: enough to tell two people apart who were asked for by name."""
    return " ".join(f"{word[:1]}…" for word in value.split()[:MOST_WORDS])
