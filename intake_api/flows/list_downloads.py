"""Find what a visitor asked to be given, by the token of their receipt (C-04: whatever they said to the newsletter)."""

from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.shown import Content
from intake_api.flows.receipt_token import read_receipt_token
from intake_api.store.base import Store
from intake_api.store.leads import LeadUnknown, get_lead_by_receipt, open_values
from intake_api.store.subjects import SubjectErased

__all__ = ["LeadUnknown", "list_downloads"]


def list_downloads(store: Store, catalogue: Catalogue, token: str) -> tuple[Content, ...]:
    """Return what this submission is given, in its language; nothing for other forms, and nothing once it is erased.

    :raises LeadUnknown: no such receipt.
    """
    with store.reading() as tx:
        lead = get_lead_by_receipt(tx, *read_receipt_token(token))
        if not catalogue.delivers(lead.form):
            return ()
        try:
            typed = open_values(tx, store.vault, lead)
        except SubjectErased:
            return ()
        return catalogue.delivered(lead.form, lead.locale, typed)
