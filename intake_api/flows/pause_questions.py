"""Let no mail ask for a second yes while a lead is held, and go on where it stopped once it is let go (SEC-38).

The caller holds the lead by `hold_lead`, so that no mail is taken into a worker's hands meanwhile.
"""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.send_confirmation import HELD, drop
from intake_api.queue import SEND_CONFIRMATION, Queue
from intake_api.store.confirmations import Confirmation, list_confirmations, queue_mail_again
from intake_api.store.leads import Lead
from intake_api.store.mails import MailState
from intake_api.store.turns import turn_key

WAITING = (MailState.QUEUED, MailState.RETRYING)


def pause_questions(tx: Connection, lead: Lead, *, now: datetime) -> None:
    """Settle what waits to be mailed. The questions themselves stay: whoever has a link already may answer."""
    for question in open_questions_of(tx, lead):
        if question.state in WAITING:
            drop(tx, lead, question, HELD, now=now)


def resume_questions(tx: Connection, queue: Queue, lead: Lead) -> None:
    """Queue again what `pause_questions` settled."""
    for question in open_questions_of(tx, lead):
        if (question.state, question.last_reason) == (MailState.DROPPED, HELD):
            queue_mail_again(tx, question.id)
            queue.enqueue(tx, SEND_CONFIRMATION, turn_key(question.id, question.turn + 1))


def open_questions_of(tx: Connection, lead: Lead) -> list[Confirmation]:
    """Return the questions of a lead that nobody answered or ended."""
    return [one for one in list_confirmations(tx, lead.id) if one.confirmed_at is None and one.ended_at is None]
