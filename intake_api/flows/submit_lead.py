"""Take what a visitor sent: check it, decide on it and keep it once, or keep nothing at all (E-06)."""

from datetime import datetime

from intake_api.catalogue.model import Catalogue, LocaleNotOffered
from intake_api.flows.accept_submission import (
    Accepted,
    FieldsInvalid,
    PresentationExpired,
    PresentationMismatch,
    Submission,
    accept_submission,
    asked_purposes,
    refuse_the_young,
    why_closed,
)
from intake_api.flows.judge_arrival import TooManySubmissions, count_arrival, judge_arrival
from intake_api.flows.keep_submission import (
    IdempotencyKeyReused,
    PresentationUsed,
    Receipt,
    first_answer,
    keep_submission,
)
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionInvalid, NothingAgreed, decide
from intake_api.store.base import AnotherWasFirst, Store, StoreUnavailable
from intake_api.store.presentations import PresentationUnknown

__all__ = [
    "DecisionInvalid",
    "FieldsInvalid",
    "IdempotencyKeyReused",
    "LocaleNotOffered",
    "NothingAgreed",
    "PresentationExpired",
    "PresentationMismatch",
    "PresentationUnknown",
    "PresentationUsed",
    "Receipt",
    "StoreUnavailable",
    "Submission",
    "TooManySubmissions",
    "submit_lead",
]


def submit_lead(
    store: Store, queue: Queue, catalogue: Catalogue, token_key: bytes, submission: Submission, *, now: datetime
) -> Receipt:
    """Check, decide and keep one submission. The same one again gets the first answer and writes nothing.

    :raises LocaleNotOffered: no complete notice in this language (N-17).
    :raises FieldsInvalid: per-field codes; nothing was kept. Who says to be under age is told `too_young` (K-02).
    :raises DecisionInvalid: per-purpose codes; nothing was kept (C-02).
    :raises NothingAgreed: the form lives on consent and none was given.
    :raises PresentationUnknown, PresentationExpired, PresentationUsed, PresentationMismatch: show the notice (C-06).
    :raises IdempotencyKeyReused: the key belongs to another content of the same presentation.
    :raises TooManySubmissions: a flood from one network; nothing was kept.
    :raises StoreUnavailable: nothing was kept; say so, and thank for nothing (SEC-42).
    """
    view = catalogue.view(submission.form, submission.locale)
    refuse_the_young(submission)
    states = decide(asked_purposes(catalogue, view), submission.decisions)
    accepted = accept_submission(store, view, token_key, submission, states, now=now)
    if accepted.first_yeses:
        queue.load()
    closed: Exception | None = why_closed(accepted, now=now)
    if closed is None:
        try:
            return _keep(store, queue, catalogue, accepted, now=now)
        except AnotherWasFirst:  # the same again, something else on this presentation, or a reference drawn twice
            pass
        except TooManySubmissions as flood:
            closed = flood
    if first := first_answer(store, accepted):
        return first
    if closed:
        raise closed
    return _keep(store, queue, catalogue, accepted, now=now)


def _keep(store: Store, queue: Queue, catalogue: Catalogue, accepted: Accepted, *, now: datetime) -> Receipt:
    """Judge how it came, keep it and count it.

    :raises AnotherWasFirst: the presentation or the reference is taken.
    :raises TooManySubmissions: a flood.
    """
    arrival, shown = accepted.submission.arrival, accepted.shown
    if arrival is None:
        return keep_submission(store, queue, catalogue, accepted, now=now)
    reasons = judge_arrival(accepted.token_key, arrival, shown, accepted.values, now=now)
    receipt = keep_submission(store, queue, catalogue, accepted, reasons=reasons, now=now)
    count_arrival(arrival, shown.form, accepted.values, reasons, now=now)
    return receipt
