"""Show what the link of a renewal asks. Looking changes nothing, however often a scanner looks (C-13, W-05)."""

from dataclasses import dataclass
from datetime import datetime

from intake_api.flows.open_questions import OpenQuestion, open_questions
from intake_api.store.base import Store
from intake_api.store.leads import get_lead_by_id
from intake_api.store.renewals import Renewal, RenewalUnknown, get_by_token

__all__ = ["RenewalUnknown", "ShownRenewal", "show_renewal"]


@dataclass(frozen=True)
class ShownRenewal:
    """A renewal with what it still asks; nothing the person typed is in it."""

    renewal: Renewal
    locale: str
    questions: list[OpenQuestion]


def show_renewal(store: Store, token: str, *, now: datetime) -> ShownRenewal:
    """Return the renewal that a token opens.

    :raises RenewalUnknown: no such token.
    """
    with store.reading() as tx:
        renewal = get_by_token(tx, token)
        locale = get_lead_by_id(tx, renewal.lead_id).locale
        return ShownRenewal(renewal, locale, open_questions(tx, renewal, now=now))
