"""Leads of one person, and staff who merge them."""

from typing import Any

from intake_api.catalogue.model import Catalogue
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.merge_leads import merge_leads
from intake_api.flows.unmerge_leads import unmerge_leads
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.confirmations import confirmation_token, list_confirmations
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY, keep_lead, lead_now

ILZE = "i" * 32
NEWSLETTER, OFFERS = {"newsletter": True}, {"product_offers": True}


class Pair:
    """Two leads of one address: the first is of whoever confirmed it, and says yes to the newsletter."""

    def __init__(
        self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, message: str = "Me again."
    ) -> None:
        self.store, self.queue, self.catalogue, self.clock = store, queue, catalogue, clock
        self.confirmed = self.keep(NEWSLETTER)
        confirm(store, self.confirmed, clock)
        clock.advance(days=20)
        self.later = self.keep(NEWSLETTER | OFFERS, name="J. Berzins", message=message)

    def keep(self, decisions: dict[str, bool] | None = None, **fields: Any) -> Lead:
        return keep_lead(self.store, self.catalogue, now=self.clock(), decisions=decisions, **FIELDS | fields)

    def now(self, lead: Lead) -> Lead:
        return lead_now(self.store, lead)

    def merge(self, stays: Lead, merged: Lead) -> None:
        """Merge two leads as they stand."""
        merge_leads(
            self.store,
            stays.reference,
            merged.reference,
            seen_version=self.now(stays).version,
            merged_version=self.now(merged).version,
            staff_id=ILZE,
            now=self.clock.advance(minutes=1),
        )

    def undo(self, stays: Lead, merged: Lead) -> None:
        unmerge_leads(
            self.store,
            self.queue,
            stays.reference,
            merged.reference,
            seen_version=self.now(stays).version,
            staff_id=ILZE,
            now=self.clock.advance(minutes=1),
        )


def confirm(store: Store, lead: Lead, clock: DrivenClock) -> None:
    """Give the second yes to all that a lead asks for it."""
    with store.reading() as tx:
        asked = list_confirmations(tx, lead.id)
    for one in asked:
        confirm_decision(store, confirmation_token(TOKEN_KEY, one.id), now=clock())
