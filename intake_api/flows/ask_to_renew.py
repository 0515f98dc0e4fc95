"""Ask once, in its last thirty days, whether a yes still holds: for purposes whose catalogue says so (C-16)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.ask_again import queue_renewal
from intake_api.flows.open_questions import OpenQuestion, questions_to
from intake_api.queue import Queue
from intake_api.rules.consent import ASK_AGAIN_BEFORE, DecisionState
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.lead_index import email_token, find_by_same_email
from intake_api.store.lead_lists import find_by_yes_ending
from intake_api.store.leads import get_lead_by_id
from intake_api.store.mailed_links import hold_address
from intake_api.store.renewals import Why, list_renewals_of


def ask_to_renew(store: Store, queue: Queue, token_key: bytes, purposes: Collection[str], *, now: datetime) -> int:
    """Queue one mail to each person whose yes to one of these purposes ends soon; return how many.

    Each yes is asked about once, however it is answered and whether or not its mail could be handed over.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    if not purposes:
        return 0
    with store.reading() as tx:
        soon = find_by_yes_ending(tx, until=now + ASK_AGAIN_BEFORE, limit=None)
        due = [lead_id for lead_id in soon if _unasked(tx, lead_id, purposes, now=now)]
    if not due:
        return 0
    queue.load()
    return sum(_ask(store, queue, token_key, lead_id, purposes, now=now) for lead_id in due)


def _ask(
    store: Store, queue: Queue, token_key: bytes, lead_id: str, purposes: Collection[str], *, now: datetime
) -> bool:
    with store.writing() as tx:
        hold_address(tx, email_token(tx, lead_id) or b"")
        questions = _unasked(tx, lead_id, purposes, now=now)
        ends = [one.until for one in questions if one.until]
        if not ends:
            return False  # another worker asked, or the person decided, in this very moment
        lead = get_lead_by_id(tx, lead_id)
        queue_renewal(tx, queue, token_key, lead, Why.ENDING, questions, expires_at=max(ends), now=now)
    return True


def _unasked(tx: Connection, lead_id: str, purposes: Collection[str], *, now: datetime) -> list[OpenQuestion]:
    """Return what the person of a lead was not asked yet about yeses that end soon."""
    if email_token(tx, lead_id) is None:
        return []
    asked = list_renewals_of(tx, find_by_same_email(tx, lead_id), Why.ENDING)
    wanted = {
        purpose
        for purpose, said in current_decisions(tx, lead_id).items()
        if purpose in purposes
        and said.state is DecisionState.GIVEN
        and not any(purpose in one.purposes and one.made_at >= said.decided_at for one in asked)
    }
    if not wanted:
        return []
    return [
        one for one in questions_to(tx, lead_id, ending=wanted, now=now) if one.purpose in wanted and not one.is_changed
    ]
