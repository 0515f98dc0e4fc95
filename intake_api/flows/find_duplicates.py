"""Find the leads that may be of the same person as one that is open: suggestions, of which nothing is kept.

Names and companies are compared as they were typed, so others' leads are opened for it: whose, and which fields, is on
the record (A-01). If it cannot be written down, nothing is compared (A-03). Nothing is ever merged by it.
"""

from dataclasses import dataclass
from datetime import datetime

from intake_api.flows.read_lead import WholeLead
from intake_api.rules.likeness import Person, Sign, why_alike
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.lead_candidates import find_candidates, find_confirmed, open_candidates
from intake_api.store.leads import Lead

SHOWN = 20


@dataclass(frozen=True)
class Suggestion:
    """A lead that may be of the same person, and why: nothing that was typed."""

    lead: Lead
    signs: tuple[Sign, ...]


@dataclass(frozen=True)
class Suggestions:
    """Those with the strongest signs first, of these the newest."""

    shown: list[Suggestion]
    more: bool = False


def find_duplicates(store: Store, whole: WholeLead, *, staff_id: str, now: datetime) -> Suggestions:
    """Compare a lead that was read with others, and record with which.

    :raises StoreUnavailable: it cannot be recorded, so nothing is compared.
    """
    with store.reading() as tx:
        ids = find_candidates(tx, store.vault, whole.lead.id, whole.values)
    if not ids:
        return Suggestions([])
    with store.writing() as tx:
        opened = open_candidates(tx, store.vault, ids)
        confirmed = find_confirmed(tx, [whole.lead.id, *ids])
        person, found = Person.of(whole.values), []
        for lead, values in opened:
            either = not confirmed.isdisjoint({whole.lead.id, lead.id})
            if signs := why_alike(person, Person.of(values), confirmed=either):
                found.append(Suggestion(lead, signs))
        evidence.add_entry(
            tx,
            "leads.compared",
            actor=f"staff:{staff_id}",
            now=now,
            facts={
                "opened": whole.lead.id,
                "compared": [lead.id for lead, _ in opened],
                "found": [one.lead.id for one in found],
                "fields": sorted(
                    {name for _, values in opened for name in Person.__dataclass_fields__ if name in values}
                ),
                "why": "duplicates",
            },
        )
    order = list(Sign)
    found.sort(key=lambda one: order.index(one.signs[0]))
    return Suggestions(found[:SHOWN], more=len(found) > SHOWN)
