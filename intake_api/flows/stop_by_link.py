"""Stop one purpose by the link that stands in each mail about it: it lives long and can do nothing else (W-04).

The link came to the address itself, so it stops the purpose in all leads of that address. It is derived, not kept: what
it names is the first decision it is about, which stays.
"""

import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.take_back import Said, take_back
from intake_api.rules.taking_back import BECOMES
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.lead_index import find_by_same_email
from intake_api.store.leads import LeadUnknown, get_lead_by_id
from intake_api.store.mailed_links import stop_token
from intake_api.store.notices import get_notice_body

STOP_LINK = "stop_link"
TOKEN = re.compile("[0-9a-f]{32}-[A-Za-z0-9_-]{32}")


@dataclass(frozen=True)
class Stoppable:
    """What a link stops: the purpose as its notice calls it, in the language of the lead."""

    lead_id: str
    purpose: str
    title: str
    locale: str
    is_alive: bool


def show_stop(store: Store, token_key: bytes, token: str) -> Stoppable | None:
    """Return what a link stops; None if it is none of ours. Looking changes nothing (W-05)."""
    with store.reading() as tx:
        return _find(tx, token_key, token)


def stop_by_link(store: Store, token_key: bytes, token: str, *, words: str | None = None, now: datetime) -> None:
    """Stop what a link stops; again, or with a link that is none of ours, changes nothing.

    :param words: what stood on the button, if a person pressed one; a hash of it is kept.
    :raises StoreUnavailable: nothing was stopped.
    """
    with store.writing() as tx:
        found = _find(tx, token_key, token)
        if found is None:
            return
        said = Said(STOP_LINK, words, {"by": found.lead_id})
        for lead in [hold_lead(tx, lead_id) for lead_id in find_by_same_email(tx, found.lead_id)]:
            take_back(tx, lead, [found.purpose], said, now=now)


def _find(tx: Connection, token_key: bytes, token: str) -> Stoppable | None:
    """Find what a token names. The store is asked for nothing that cannot be one: it may not be able to take it."""
    if not TOKEN.fullmatch(token):
        return None
    lead_id = token.partition("-")[0]
    for decision in current_decisions(tx, lead_id).values():
        if hmac.compare_digest(stop_token(token_key, lead_id, decision.purpose), token):
            return _stoppable(tx, lead_id, decision.purpose, is_alive=decision.state in BECOMES)
    return None


def _stoppable(tx: Connection, lead_id: str, purpose: str, *, is_alive: bool) -> Stoppable | None:
    try:
        lead = get_lead_by_id(tx, lead_id)
    except LeadUnknown:
        return None
    texts = json.loads(get_notice_body(tx, lead.notice_hash))["texts"]
    return Stoppable(lead_id, purpose, texts.get(f"title.{purpose}", purpose), lead.locale, is_alive)
