"""Ask a destination through a worker: whether it would take a lead, or holds this one. The answer is left to be read.

Whoever asks is on the record. What is asked holds our number of a lead and nothing of its person.
"""

from datetime import datetime

from intake_api.flows.judge_forwarding import ForwardingBlocked, judge_forwarding
from intake_api.queue import ASK_DESTINATION, Queue
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.destination_questions import Question, add_question, find_question
from intake_api.store.leads import LeadRestricted, LeadUnknown, get_lead, get_lead_by_id
from intake_api.store.turns import turn_key

__all__ = ["ForwardingBlocked", "LeadRestricted", "LeadUnknown", "ask_about_lead", "ask_whether_open"]


def ask_about_lead(
    store: Store, queue: Queue, reference: str, *, destination: str, recipient: str, staff_id: str, now: datetime
) -> Question:
    """Ask whether a destination holds a lead that may go there. One that still waits for its answer is not asked twice.

    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises ForwardingBlocked: it may not go there, so nothing about it is asked (X-01).
    :raises StoreUnavailable: nothing was asked.
    """
    queue.load()  # before the transaction, as `approve_lead` does
    to = {"destination": destination, "recipient": recipient}
    with store.writing() as tx:
        lead = get_lead_by_id(tx, get_lead(tx, reference).id, hold=True)
        if lead.is_restricted:
            raise LeadRestricted("The person asked that this lead be kept and not used: nobody is asked about it.")
        judgement = judge_forwarding(tx, lead, recipient, now=now)
        if not judgement.open:
            raise ForwardingBlocked(judgement.obstacles)
        asked = find_question(tx, **to, lead_id=lead.id, now=now)
        if asked and asked.waits:
            return asked
        question = add_question(tx, **to, lead_id=lead.id, asked_by=staff_id, now=now)
        queue.enqueue(tx, ASK_DESTINATION, turn_key(question.id, question.turn))
        evidence.add_entry(
            tx,
            "lead.looked_for_there",
            actor=f"staff:{staff_id}",
            now=now,
            lead_id=lead.id,
            subject_id=lead.subject_id,
            facts=to,
        )
        return question


def ask_whether_open(
    store: Store, queue: Queue, *, destination: str, recipient: str, staff_id: str, now: datetime
) -> Question:
    """Ask whether a destination would take a lead: a webhook gets a test message, a CRM is asked for our rights.

    :raises StoreUnavailable: nothing was asked.
    """
    queue.load()
    to = {"destination": destination, "recipient": recipient}
    with store.writing() as tx:
        asked = find_question(tx, **to, lead_id=None, now=now)
        if asked and asked.waits:
            return asked
        question = add_question(tx, **to, lead_id=None, asked_by=staff_id, now=now)
        queue.enqueue(tx, ASK_DESTINATION, turn_key(question.id, question.turn))
        evidence.add_entry(tx, "destination.checked", actor=f"staff:{staff_id}", now=now, facts=to)
        return question
