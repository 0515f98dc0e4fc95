"""Find leads by terms, through their blind indexes, the newest first, with bounded work."""

from sqlalchemy import ColumnElement, Connection, func, literal, select
from sqlalchemy.orm import aliased

from intake_api.store.lead_index import WORDS, LeadIndexRow
from intake_api.store.leads import LEAD_COLUMNS, Lead, LeadRow, lead_of
from intake_api.store.vault import Vault

MANY = 5000  # leads of one term that are fetched and put in order at most
Term = tuple[str, str]  # `email`, `phone` (as `rules/contact` writes them) or `word`, and what is looked for


def find_newest(tx: Connection, vault: Vault, terms: list[Term], *, limit: int) -> list[Lead] | None:
    """Return the newest leads that have all the terms, at most `limit`; None where each of them is in too many.

    A word is looked for in name and company. What its person had restricted is not among them (S-10).
    """
    tokens = [_tokens(vault, *term) for term in terms]
    sizes = [_size(tx, each) for each in tokens]
    rarest = min(range(len(tokens)), key=sizes.__getitem__)
    if sizes[rarest] > MANY:
        return None
    one = aliased(LeadIndexRow)
    ids = select(one.lead_id).where(_is_one_of(one, tokens[rarest]))
    query = select(*LEAD_COLUMNS).where(LeadRow.id.in_(ids), LeadRow.restricted_until.is_(None))
    for number, each in enumerate(tokens):
        if number != rarest:
            other = aliased(LeadIndexRow)
            query = query.where(select(literal(1)).where(other.lead_id == LeadRow.id, _is_one_of(other, each)).exists())
    rows = tx.execute(query.order_by(LeadRow.received_at.desc(), LeadRow.id.desc()).limit(limit))
    return [lead_of(row) for row in rows]


def _tokens(vault: Vault, kind: str, value: str) -> list[tuple[str, list[bytes]]]:
    """Return the blind indexes of a term by the kinds it may stand under: several while the index key is rotated."""
    if kind == "word":
        return [(field, vault.blinds(field, value)) for field in WORDS]
    return [(kind, vault.blinds(kind, value.partition(";ext=")[0] if kind == "phone" else value))]


def _size(tx: Connection, tokens: list[tuple[str, list[bytes]]]) -> int:
    some = select(LeadIndexRow.lead_id).where(_is_one_of(LeadIndexRow, tokens)).limit(MANY + 1)
    return tx.scalar(select(func.count()).select_from(some.subquery())) or 0


def _is_one_of(row: type[LeadIndexRow], tokens: list[tuple[str, list[bytes]]]) -> ColumnElement[bool]:
    (kind, blinds), *others = tokens
    asked = (row.kind == kind) & row.token.in_(blinds)
    return asked | _is_one_of(row, others) if others else asked
