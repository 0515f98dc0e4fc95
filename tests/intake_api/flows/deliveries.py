"""Deliveries to a real webhook, made attempt by attempt."""

from typing import Any

from intake_api.catalogue.model import Catalogue
from intake_api.flows.deliver import deliver
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.deliveries import Delivery
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.webhooks import webhook
from tests.intake_api.kept_leads import approve, deliveries_now, entries, keep_lead


class House:
    """A house whose leads go to a webhook at an address."""

    def __init__(self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, url: str) -> None:
        self.store, self.queue, self.clock = store, queue, clock
        self.destination = webhook(url, time_limit=0.5)
        self.catalogue = catalogue

    def approved(self, decisions: dict[str, bool] | None = None) -> Lead:
        """Keep a lead and approve it."""
        lead = keep_lead(self.store, self.catalogue, now=self.clock(), decisions=decisions)
        approve(self.store, self.queue, lead, now=self.clock())
        return lead

    def attempt(self, lead: Lead) -> Delivery:
        """Make the attempt whose turn it is; return the delivery as it then stands."""
        before = self.delivery(lead)
        deliver(self.store, self.destination, before.id, before.turn, clock=self.clock)
        return self.delivery(lead)

    def delivery(self, lead: Lead) -> Delivery:
        """Return the one delivery of a lead as it stands, without what its destination was told of it since."""
        (now,) = (one for one in deliveries_now(self.store, lead) if not one.is_no)
        return now

    def entries(self, lead: Lead) -> list[dict[str, Any]]:
        """Return what the evidence holds of its deliveries."""
        return entries(self.store, lead, "delivery.")
