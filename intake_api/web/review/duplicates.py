"""What the page of a lead says of others that may be of the same person: which, why, and nothing that was typed."""

from dataclasses import dataclass

from sqlalchemy import Connection

from intake_api.flows.find_duplicates import Suggestion, find_duplicates
from intake_api.flows.merge_leads import find_hindrance
from intake_api.flows.read_lead import WholeLead
from intake_api.rules.lead_state import LeadState
from intake_api.rules.likeness import Sign
from intake_api.store.leads import Lead
from intake_api.web.door import door
from intake_api.web.review.names import form_name
from intake_api.web.review.session import reviewer
from intake_api.web.review.words import SIGNS


@dataclass(frozen=True)
class Alike:
    """A lead that may be of the same person as the one that is open."""

    lead: Lead
    form: str
    signs: list[str]
    is_later: bool
    merge: tuple[str, str] | None  # which of the two stays, and which becomes part of it


@dataclass(frozen=True)
class Duplicates:
    """What is suggested; `more` says that there are others with weaker signs."""

    shown: list[Alike]
    more: bool


def duplicates_of(whole: WholeLead) -> Duplicates:
    """Compare a lead that was read with others, on the record; one that is merged into another is compared there.

    :raises StoreUnavailable: it cannot be recorded.
    """
    if whole.lead.state is LeadState.MERGED:
        return Duplicates([], more=False)
    here = door()
    found = find_duplicates(here.store, whole, staff_id=reviewer().id, now=here.now())
    with here.store.reading() as tx:
        return Duplicates([_alike(tx, whole.lead, one) for one in found.shown], found.more)


def _alike(tx: Connection, opened: Lead, one: Suggestion) -> Alike:
    is_later = (one.lead.received_at, one.lead.id) > (opened.received_at, opened.id)
    signs = [SIGNS[sign] for sign in one.signs]
    return Alike(one.lead, form_name(one.lead.form), signs, is_later, _mergeable(tx, opened, one))


def _mergeable(tx: Connection, opened: Lead, one: Suggestion) -> tuple[str, str] | None:
    """Say how two leads can be merged: the open one stays, if it can."""
    if Sign.CONFIRMED_EMAIL not in one.signs:
        return None
    ways = ((opened, one.lead), (one.lead, opened))
    free = (way for way in ways if find_hindrance(tx, *way) is None)
    return next(((stays.reference, merged.reference) for stays, merged in free), None)
