"""Which leads may be of the same person as one: found through blind indexes alone, with bounded work."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from intake_api.rules.lead_state import LeadState
from intake_api.store.confirmations import ConfirmationRow
from intake_api.store.lead_index import CONTACTS, WORDS, LeadIndexRow, contact_blinds
from intake_api.store.leads import LEAD_COLUMNS, Lead, LeadRow, open_row
from intake_api.store.subjects import SubjectRow
from intake_api.store.vault import Vault

COMPARED = 50  # leads that are opened at most to be compared with one
OF_A_TERM = 200  # a word that more leads have says too little; of a contact so many are looked at
MOST_WORDS = 8  # of a name, and of a company
HINTED = 20  # leads of one address that are looked at for a hint

Term = tuple[str, list[bytes]]


def find_candidates(tx: Connection, vault: Vault, lead_id: str, values: Mapping[str, Any]) -> list[str]:
    """Return the ids of leads to compare with one, at most `COMPARED`, the most promising first.

    They have its address or its number, or else a word of its name or company that is not all too common.

    :param values: what the person of the lead typed.
    """
    terms = list(_terms(vault, values))
    if not terms:
        return []
    found = [(row.term, row.lead_id) for row in tx.execute(union_all(*_questions(terms))) if row.lead_id != lead_id]
    sizes = Counter(term for term, _ in found)
    weights: Counter[str] = Counter()
    for term, other in found:
        if terms[term][0] in CONTACTS:
            weights[other] += MOST_WORDS * len(WORDS)
        elif sizes[term] <= OF_A_TERM:
            weights[other] += 1
    return sorted(weights, key=lambda other: (-weights[other], other))[:COMPARED]


def open_candidates(tx: Connection, vault: Vault, lead_ids: Iterable[str]) -> list[tuple[Lead, dict[str, Any]]]:
    """Return some leads with what was typed in them, the newest first: an act to be recorded (A-01).

    What was erased, restricted by its person (S-10) or merged into another lead is not among them.
    """
    query = select(*LEAD_COLUMNS, LeadRow.sealed, SubjectRow.wrapped_key)
    query = query.join(SubjectRow, SubjectRow.id == LeadRow.subject_id).where(
        LeadRow.id.in_(list(lead_ids)),
        LeadRow.restricted_until.is_(None),
        LeadRow.state != LeadState.MERGED,
        SubjectRow.wrapped_key.is_not(None),
    )
    rows = tx.execute(query.order_by(LeadRow.received_at.desc(), LeadRow.id.desc()))
    return [open_row(vault, row) for row in rows]


def find_confirmed(tx: Connection, lead_ids: Iterable[str]) -> set[str]:
    """Return those of some leads whose address was confirmed by a link that was mailed to it."""
    of_leads = select(ConfirmationRow.lead_id).where(ConfirmationRow.lead_id.in_(list(lead_ids)))
    return set(tx.scalars(of_leads.where(_IS_CONFIRMED)))


def find_hinted(tx: Connection, lead_ids: Iterable[str]) -> set[str]:
    """Return those of some leads that have the number or the confirmed address of another one: a page in one question.

    Nothing is opened for it, so names count for nothing here. Of the leads of one address `HINTED` are looked at.
    """
    own, other, lead = aliased(LeadIndexRow), aliased(LeadIndexRow), aliased(LeadRow)
    same = (other.kind == own.kind, other.token == own.token, other.lead_id != own.lead_id)
    some = select(other.lead_id).where(*same).limit(HINTED).correlate(own).subquery()
    link = select(ConfirmationRow.id).where(ConfirmationRow.lead_id.in_([own.lead_id, some.c.lead_id]), _IS_CONFIRMED)
    counts = or_(own.kind == "phone", link.correlate(own, some).exists())
    others = select(literal(1)).select_from(some).join(lead, lead.id == some.c.lead_id)
    seen = (lead.restricted_until.is_(None), lead.state != LeadState.MERGED)
    others = others.where(*seen, counts).correlate(own)
    return set(
        tx.scalars(select(own.lead_id).where(own.lead_id.in_(list(lead_ids)), own.kind.in_(CONTACTS), others.exists()))
    )


# Also where the yes was taken back since: whose address it is has not changed. Who disowned it has erased the lead.
_IS_CONFIRMED = ConfirmationRow.confirmed_at.is_not(None)


def _terms(vault: Vault, values: Mapping[str, Any]) -> Iterator[Term]:
    """Return what a lead is looked for by; several blind indexes of each while the index key is being rotated."""
    for kind in CONTACTS:
        if values.get(kind):
            yield kind, contact_blinds(vault, kind, str(values[kind]))
    for kind in WORDS:
        for word in list(dict.fromkeys(str(values.get(kind) or "").split()))[:MOST_WORDS]:
            yield kind, vault.blinds(kind, word)


def _questions(terms: list[Term]) -> Iterator[Any]:
    """Ask for the leads of each term, one more than count at most."""
    for number, (kind, blinds) in enumerate(terms):
        of_term = select(LeadIndexRow.lead_id).where(LeadIndexRow.kind == kind, LeadIndexRow.token.in_(blinds))
        some = of_term.limit(OF_A_TERM + 2).subquery()  # the lead itself is one of them
        yield select(literal(number).label("term"), some.c.lead_id)
