"""Leads of invented people, kept the way a visitor's submission is."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from intake_api.catalogue.model import Catalogue
from intake_api.crm.port import Refused
from intake_api.flows.approve_lead import approve_lead
from intake_api.flows.deliver import settle
from intake_api.flows.receipt_token import receipt_token
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import Queue
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.confirmations import Confirmation, list_confirmations
from intake_api.store.deliveries import DELIVERIES, Delivery, DeliveryRow, list_deliveries
from intake_api.store.leads import Lead, get_lead, get_lead_by_id
from intake_api.store.turns import hold_work

TOKEN_KEY = b"t" * 32
FIELDS: dict[str, object] = {
    "name": "Jānis Bērziņš",
    "email": "janis.berzins@example.lv",
    "company": "Bērziņa Galdniecība",
    "message": "Please show us the planner.",
}


def keep_lead(
    store: Store,
    catalogue: Catalogue,
    *,
    now: datetime,
    decisions: dict[str, bool] | None = None,
    form: str = "request_demo",
    **fields: Any,
) -> Lead:
    """Submit a form on a page in English; `fields` are added to the usual ones."""
    shown = show_form(store, catalogue, TOKEN_KEY, form, "en", "page", now=now)
    asked = {field.name for field in shown.view.form.fields}
    submission = Submission(
        form=form,
        presentation=shown.signed_id,
        locale="en",
        fields={**{name: value for name, value in FIELDS.items() if name in asked}, **fields},
        decisions=decisions or {},
        attribution={},
    )
    receipt = submit_lead(store, Queue(store.url), catalogue, TOKEN_KEY, submission, now=now)
    with store.reading() as tx:
        return get_lead(tx, receipt.reference)


def keep_first_yes(
    store: Store, queue: Queue, catalogue: Catalogue, *, now: datetime, email: str = str(FIELDS["email"])
) -> Lead:
    """Submit the form `newsletter` with a yes, which waits for its second one."""
    shown = show_form(store, catalogue, TOKEN_KEY, "newsletter", "en", "button", now=now)
    submission = Submission("newsletter", shown.signed_id, "en", {"email": email}, {"newsletter": True}, {})
    receipt = submit_lead(store, queue, catalogue, TOKEN_KEY, submission, now=now)
    with store.reading() as tx:
        return get_lead(tx, receipt.reference)


def confirmation_of(store: Store, lead: Lead) -> Confirmation:
    """Return the one confirmation of a lead as it stands."""
    with store.reading() as tx:
        (confirmation,) = list_confirmations(tx, lead.id)
    return confirmation


def approve(
    store: Store, queue: Queue, lead: Lead, *, now: datetime, destination: str = "webhook", recipient: str = "crm"
) -> Delivery:
    """Let an invented reviewer approve a lead."""
    return approve_lead(
        store,
        queue,
        lead.reference,
        destination=destination,
        recipient=recipient,
        seen_version=lead.version,
        staff_id="s" * 32,
        now=now,
    )


def fail(
    store: Store, queue: Queue, lead: Lead, clock: Callable[[], datetime], *, reason: str = "parcel_refused"
) -> Delivery:
    """Approve a lead that the destination then refuses for good."""
    delivery = approve(store, queue, lead, now=clock())
    with store.writing() as tx:
        held = hold_work(tx, DELIVERIES, DeliveryRow.id == delivery.id)
        assert held
        settle(tx, held, Refused(reason, 422), None, now=clock(), jitter=0)
    return delivery


def receipt_of(lead: Lead) -> str:
    """Return the token of a lead's receipt."""
    return receipt_token(TOKEN_KEY, lead.id)


def lead_now(store: Store, lead: Lead) -> Lead:
    """Return a lead as it stands."""
    with store.reading() as tx:
        return get_lead_by_id(tx, lead.id)


def deliveries_now(store: Store, lead: Lead) -> list[Delivery]:
    """Return the deliveries of a lead as they stand."""
    with store.reading() as tx:
        return list_deliveries(tx, lead.id)


def entries(store: Store, lead: Lead, prefix: str = "") -> list[dict[str, Any]]:
    """Return what the evidence holds of a lead, oldest first: all of it, or the kinds that begin so."""
    with store.reading() as tx:
        found = [json.loads(entry.body) for entry in evidence.list_entries(tx, lead.id)]
    return [entry for entry in found if entry["kind"].startswith(prefix)]


def kinds(store: Store, lead: Lead, prefix: str = "") -> list[str]:
    """Return the kinds of what the evidence holds of a lead, as `entries` finds it."""
    return [str(entry["kind"]) for entry in entries(store, lead, prefix)]
