"""Ask everybody again whose yes a publication ended: one mail a person, in steps that may be repeated (V-07).

Whoever has their leads for it is told that this yes does not count for now (G-01). How far it is stands beside the
publication and moves on in the same transaction as the mails and what is told are queued.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from intake_api.flows.hold_lead import hold_together
from intake_api.flows.notice_in_force import notice_in_force
from intake_api.flows.open_questions import OpenQuestion, questions_to
from intake_api.flows.state_now import state_now
from intake_api.flows.tell_destinations import tell_what_is_allowed
from intake_api.log import event
from intake_api.queue import SEND_RENEWAL, Queue
from intake_api.rules.consent import DecisionState
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.lead_index import email_token, find_by_same_email
from intake_api.store.lead_lists import find_of_form
from intake_api.store.leads import Lead, get_lead_by_id
from intake_api.store.publications import Asking, has_asking, hold_asking, note_asked
from intake_api.store.renewals import WAITING, Why, add_renewal, list_renewals_of
from intake_api.store.turns import turn_key

ANSWER_WITHIN = timedelta(days=30)  # the form itself asks anew after that
BATCH = 50


def ask_again(store: Store, queue: Queue, token_key: bytes, *, now: datetime) -> int:
    """Queue a mail to each affected person of each publication that ended yeses; return how many.

    Who was asked for this publication already, or whose mail still waits, gets no other one; nor does who has taken
    back, refused, was erased, has all restricted or has no address.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    with store.reading() as tx:
        if not has_asking(tx):
            return 0
    queue.load()
    asked = 0
    while True:
        with store.writing() as tx:
            asking = hold_asking(tx)
            if asking is None:
                return asked
            asked += _step(tx, queue, token_key, asking, now=now)


def queue_renewal(
    tx: Connection,
    queue: Queue,
    token_key: bytes,
    lead: Lead,
    why: Why,
    questions: list[OpenQuestion],
    *,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Queue a mail with these questions in the caller's transaction, with its entry in the evidence."""
    purposes = [one.purpose for one in questions]
    renewal = add_renewal(tx, token_key, lead_id=lead.id, why=why, purposes=purposes, expires_at=expires_at, now=now)
    queue.enqueue(tx, SEND_RENEWAL, turn_key(renewal.id, renewal.turn))
    evidence.add_entry(
        tx,
        "renewal.queued",
        actor="system",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"renewal": renewal.id, "why": why.value, "purposes": renewal.purposes},
    )


def _step(tx: Connection, queue: Queue, token_key: bytes, asking: Asking, *, now: datetime) -> int:
    """Look at the next leads; at the last ones note that all were looked at."""
    lead_ids = find_of_form(tx, asking.form, asking.locale, after=asking.asked_to or "", limit=BATCH)
    asked = sum(_ask(tx, queue, token_key, asking, lead_id, now=now) for lead_id in lead_ids)
    is_done = len(lead_ids) < BATCH
    note_asked(tx, asking.id, to=lead_ids[-1] if lead_ids else asking.asked_to, done_at=now if is_done else None)
    if is_done:
        event("notice.asked_again", publication=asking.id)
    return asked


def _ask(tx: Connection, queue: Queue, token_key: bytes, asking: Asking, lead_id: str, *, now: datetime) -> bool:
    lead = get_lead_by_id(tx, lead_id)
    states = {purpose: state_now(tx, lead, one, now=now) for purpose, one in current_decisions(tx, lead_id).items()}
    ended = [purpose for purpose, state in states.items() if state is DecisionState.NEEDS_RECONSENT]
    if not ended:
        return False
    _tell(tx, lead_id, ended, now=now)
    if lead.held_for or lead.is_restricted or email_token(tx, lead_id) is None:
        return False
    before = list_renewals_of(tx, find_by_same_email(tx, lead_id), Why.CHANGED)
    if any(one.made_at >= asking.published_at or one.state in WAITING for one in before if one.ended_at is None):
        return False
    questions = questions_to(tx, lead_id, ending=(), now=now)
    if questions:
        expires_at = now + ANSWER_WITHIN
        queue_renewal(tx, queue, token_key, lead, Why.CHANGED, questions, expires_at=expires_at, now=now)
    return bool(questions)


def _tell(tx: Connection, lead_id: str, ended: Collection[str], *, now: datetime) -> None:
    """Tell who has the lead, or one that it is one with by merging: there the strictest counts, too."""
    for lead in hold_together(tx, lead_id).values():
        notice = notice_in_force(tx, lead, current_decisions(tx, lead.id).values())
        tell_what_is_allowed(tx, lead, notice, ended, now=now)
