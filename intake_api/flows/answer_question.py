"""Put a question to the destination and leave the answer where staff find it. No transaction is open meanwhile."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.crm.port import Absent, CannotTell, Destination, Done, Duplicate, Held, Outcome, Parcel, ReadBack
from intake_api.flows.deliver import REMOTE_ID
from intake_api.flows.mend_broken import mend_broken
from intake_api.flows.pack_parcel import pack_question
from intake_api.flows.preview_parcel import record_there
from intake_api.log import event
from intake_api.queue import ASK_DESTINATION, Queue
from intake_api.store.base import Store
from intake_api.store.destination_questions import QUESTIONS, Answer, Question, record_answer
from intake_api.store.leads import get_lead_by_id
from intake_api.store.turns import claim_broken, claim_turn, find_claimed, find_running, parse_turn_key

OF_ANSWERS = {"NotAllowedIn": "not_allowed_in"}  # of the others the name in small letters


def answer_question(store: Store, destination: Destination, question_id: str, turn: int, *, clock: Clock) -> None:
    """Ask once; a question whose turn is over, or that was answered or forgotten meanwhile, is asked no more.

    :raises StoreUnavailable: the claim or the answer could not be written; it is asked again later.
    """
    with store.writing() as tx:
        question = find_running(tx, QUESTIONS, question_id, turn)
        if question is None:
            return
        if (question.destination, question.recipient) != (destination.name, destination.recipient):
            record_answer(tx, question.id, Answer("not_asked", "destination_not_configured"))
            return
        parcel = _parcel(tx, question)
        claim = claim_turn(tx, QUESTIONS, question.id, now=clock())
    answer = _answer(destination.read_back(parcel, now=clock()) if parcel else destination.check(now=clock()))
    with store.writing() as tx:
        if find_claimed(tx, QUESTIONS, question_id, claim):
            record_answer(tx, question_id, answer)
            event("destination.answered", destination=destination.name, outcome=answer.outcome, reason=answer.reason)


def mend_questions(store: Store, queue: Queue, *, now: datetime) -> int:
    """Answer questions whose attempt broke down in our own house with just that; return how many."""
    return mend_broken(store, queue, ASK_DESTINATION, lambda tx, key: _mend(tx, key, now=now))


def _mend(tx: Connection, key: str, *, now: datetime) -> bool:
    question = claim_broken(tx, QUESTIONS, *parse_turn_key(key), now=now)
    if question is not None:
        record_answer(tx, question.id, Answer("unknown", "internal_error"))
    return question is not None


def _parcel(tx: Connection, question: Question) -> Parcel | None:
    if question.lead_id is None:
        return None
    lead = get_lead_by_id(tx, question.lead_id)
    there = record_there(tx, lead, question.destination, question.recipient)
    return pack_question(lead, remote_id=there)


def _answer(said: ReadBack | Outcome) -> Answer:
    match said:
        case Held(remote_id):
            return Answer("held", remote_id=remote_id if REMOTE_ID.fullmatch(remote_id) else None)
        case Absent():
            return Answer("absent")
        case CannotTell():
            return Answer("cannot_tell")
        case Done(_, status) | Duplicate(_, status):
            return Answer("done", status=status)
        case _:
            name = type(said).__name__
            return Answer(OF_ANSWERS.get(name, name.lower()), said.reason, said.status)
