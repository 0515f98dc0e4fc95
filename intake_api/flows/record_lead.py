"""Write down, for somebody, what they said on the telephone or on paper (C-19).

Staff create no consent: a yes that they write down is a wish, which waits until its person confirms it by their own
address, whether or not a yes on a screen would have to be. Without an address it ends by itself like any first yes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from intake_api.catalogue.model import Catalogue, LocaleNotOffered
from intake_api.flows.accept_submission import (
    FieldsInvalid,
    PresentationExpired,
    PresentationMismatch,
    Recorded,
    Submission,
    Way,
    accept_submission,
    asked_purposes,
    refuse_the_young,
    why_closed,
)
from intake_api.flows.keep_submission import PresentationUsed, Receipt, first_answer, keep_submission
from intake_api.queue import Queue
from intake_api.rules.age_of_consent import SaidAge
from intake_api.rules.consent import DecisionInvalid, NothingAgreed, decide
from intake_api.store.base import AnotherWasFirst, Store, StoreUnavailable
from intake_api.store.presentations import PresentationUnknown

__all__ = [
    "DecisionInvalid",
    "FieldsInvalid",
    "LocaleNotOffered",
    "NothingAgreed",
    "PresentationExpired",
    "PresentationMismatch",
    "PresentationUnknown",
    "PresentationUsed",
    "SaidOnRefused",
    "Spoken",
    "StoreUnavailable",
    "Way",
    "record_lead",
]

RECENT = timedelta(days=31)  # who was not told within a month is not written down any more (Art. 14(3)(a))


class SaidOnRefused(Exception):
    """The day is in the future, or so long ago that the person cannot be told in time."""

    code = "said_on_refused"


@dataclass(frozen=True)
class Spoken:
    """What somebody said, as staff heard or read it.

    :param wishes: by purpose, true for a yes that was said; it becomes a first yes and no more.
    :param said_on: the day on which it was said or signed.
    :param told: whether the person was given the notice then (N-14).
    :param age: what they answered about their age; None where they did not, or were not asked.
    """

    form: str
    presentation: str
    locale: str
    fields: Mapping[str, object]
    wishes: Mapping[str, bool]
    way: Way
    said_on: date
    told: bool
    age: SaidAge | None = None


def record_lead(
    store: Store, queue: Queue, catalogue: Catalogue, token_key: bytes, spoken: Spoken, staff_id: str, *, now: datetime
) -> Receipt:
    """Check and keep it as if the person had sent it, but for its wishes. The same again gets the first answer.

    :raises LocaleNotOffered: no complete notice in this language (N-17).
    :raises SaidOnRefused: not a day within the last month.
    :raises FieldsInvalid: per-field codes; nothing was kept. Of whoever is under age nothing is written down (K-02).
    :raises DecisionInvalid: a wish for a purpose that the notice does not ask about.
    :raises NothingAgreed: the form lives on consent and no yes was said.
    :raises PresentationUnknown, PresentationExpired, PresentationUsed, PresentationMismatch: show the notice (C-06).
    :raises StoreUnavailable: nothing was kept.
    """
    view = catalogue.view(spoken.form, spoken.locale)
    if not now.date() - RECENT <= spoken.said_on <= now.date():
        raise SaidOnRefused("The day must be within the last month.")
    submission = _as_submission(spoken)
    refuse_the_young(submission)
    asked = [replace(one, double_opt_in=one.opt_in) for one in asked_purposes(catalogue, view)]
    accepted = accept_submission(
        store,
        view,
        token_key,
        submission,
        decide(asked, spoken.wishes),
        recorded=Recorded(spoken.way, spoken.said_on, spoken.told, staff_id),
        now=now,
    )
    queue.load()
    closed = why_closed(accepted, now=now)
    if closed is None:
        try:
            return keep_submission(store, queue, catalogue, accepted, now=now)
        except AnotherWasFirst:  # pressed twice, something else on this presentation, or a reference drawn twice
            pass
    if first := first_answer(store, accepted):
        return first
    if closed:
        raise closed
    return keep_submission(store, queue, catalogue, accepted, now=now)


def _as_submission(spoken: Spoken) -> Submission:
    return Submission(
        form=spoken.form,
        presentation=spoken.presentation,
        locale=spoken.locale,
        fields=spoken.fields,
        decisions=spoken.wishes,
        attribution={"source": spoken.way.value},
        age=spoken.age,
    )
