"""What invented people said on the telephone, written down by invented staff."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from intake_api.catalogue.model import Catalogue
from intake_api.flows.record_lead import Spoken, Way, record_lead
from intake_api.flows.show_form import show_form
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.leads import Lead, get_lead
from intake_api.store.presentations import STAFF
from tests.intake_api.kept_leads import TOKEN_KEY

STAFF_ID = "5" * 32
SAID = {"name": "Anna Example", "email": "anna@caller.example"}


def spoken(store: Store, catalogue: Catalogue, *, now: datetime, form: str = "request_demo", **changes: Any) -> Spoken:
    """Show a form to staff and fill it in; `changes` are of the fields of `Spoken`."""
    shown = show_form(store, catalogue, TOKEN_KEY, form, "en", STAFF, now=now)
    usual = Spoken(form, shown.signed_id, "en", SAID, {}, Way.PHONE, now.date(), told=False)
    return replace(usual, **changes)


def record(store: Store, queue: Queue, catalogue: Catalogue, *, now: datetime, **changes: Any) -> Lead:
    """Let staff write down a call."""
    said = spoken(store, catalogue, now=now, **changes)
    receipt = record_lead(store, queue, catalogue, TOKEN_KEY, said, STAFF_ID, now=now)
    with store.reading() as tx:
        return get_lead(tx, receipt.reference)
