"""Take the answer of somebody who was asked again: a yes to the notice of today, or a no, which ends the old yes."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.keep_longer import keep_longer
from intake_api.flows.open_questions import OpenQuestion, open_questions
from intake_api.flows.record_answer import RENEWAL
from intake_api.flows.take_back import Said, take_back
from intake_api.flows.tell_destinations import tell_what_is_allowed
from intake_api.log import event
from intake_api.rules.age_of_consent import AGE_MISSING, SaidAge, kept_of, why_not
from intake_api.rules.consent import DecisionState
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import add_decision
from intake_api.store.lead_index import find_by_same_email
from intake_api.store.renewals import Renewal, RenewalUnknown, get_by_token, mark_answered

__all__ = ["AgeMissing", "Answer", "NoticeChanged", "RenewalOver", "RenewalUnknown", "answer_renewal"]


class RenewalOver(Exception):
    """This is not asked any more: too late, or decided otherwise."""

    code = "renewal_over"


class NoticeChanged(Exception):
    """The notice is not the one any more that was shown with the question."""

    code = "presentation_mismatch"


class AgeMissing(Exception):
    """A yes came without the answer whether the person is old enough for it to count (K-01)."""

    code = AGE_MISSING


@dataclass(frozen=True)
class Answer:
    """A yes or a no to one purpose, on the notice that was shown, under the words that stood over the buttons.

    A yes of somebody who says to be under age is a no (K-02).
    """

    purpose: str
    is_yes: bool
    notice_hash: str
    words: str
    age: SaidAge | None = None


def answer_renewal(store: Store, token: str, answer: Answer, *, now: datetime) -> None:
    """Write down an answer; the same one again changes nothing.

    :raises RenewalUnknown: no such token.
    :raises RenewalOver: it is too late, or this is not asked any more.
    :raises NoticeChanged: the notice changed since the page was opened; nothing was written.
    :raises AgeMissing: the yes needs the answer about the age; nothing was written.
    :raises StoreUnavailable: nothing was written.
    """
    with store.writing() as tx:
        lead_ids = find_by_same_email(tx, get_by_token(tx, token).lead_id)
        leads = [hold_lead(tx, lead_id) for lead_id in lead_ids]  # before the renewal, as whoever erases does
        renewal = get_by_token(tx, token, hold=True)
        if renewal.answered_at is not None:
            return
        asked = {one.purpose: one for one in open_questions(tx, renewal, now=now)}
        question = asked.pop(answer.purpose, None)
        if question is None and answer.purpose in renewal.purposes and asked:
            return  # decided already, while something else is still asked
        if question is None:
            raise RenewalOver("This is not asked any more.")
        if question.today_hash != answer.notice_hash:
            raise NoticeChanged("The notice has changed since it was shown. Please look at it again.")
        is_under = answer.age is SaidAge.UNDER
        if answer.is_yes and not is_under and why_not(question.age_of_consent, answer.age, says_yes=True):
            raise AgeMissing("Whether a yes counts was not said.")
        if answer.is_yes and not is_under:
            _renew(tx, renewal, question, answer, now=now)
        else:
            said = Said(RENEWAL, answer.words, {"renewal": renewal.id, "by": renewal.lead_id})
            for lead in leads:
                take_back(tx, lead, [answer.purpose], said, now=now)
        if not asked:
            mark_answered(tx, renewal.id, now=now)
    event("renewal.answered", renewal=renewal.id, purpose=answer.purpose, yes=int(answer.is_yes))


def _renew(tx: Connection, renewal: Renewal, question: OpenQuestion, answer: Answer, *, now: datetime) -> None:
    """Add the yes to the lead whose yes was asked about: by way of the address it counts for all of them."""
    lead, before = question.lead, question.yes
    age = kept_of(question.age_of_consent, answer.age, says_yes=True)
    label = hashlib.sha256(answer.words.encode()).hexdigest()
    entry_id = evidence.add_entry(
        tx,
        "consent.renewed",
        actor="subject",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={
            "renewal": renewal.id,
            "why": renewal.why.value,
            "purpose": question.purpose,
            "control": RENEWAL,
            "label": label,
            "first": before.evidence_entry,
            "notice_before": before.notice_hash or lead.notice_hash,
            "notice": question.today_hash,
            **({"age": {"threshold": age.threshold, "answer": age.answer.value}} if age else {}),
        },
    )
    answered = replace(
        before,
        state=DecisionState.GIVEN,
        control=RENEWAL,
        label_hash=label,
        decided_at=now,
        evidence_entry=entry_id,
        notice_hash=question.today_hash,
    )
    add_decision(tx, lead.id, answered)
    keep_longer(tx, lead, now=now)
    tell_what_is_allowed(tx, lead, question.today, [question.purpose], now=now)
