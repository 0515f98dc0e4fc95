"""Record that a visitor said no to a notice. Nothing of the person is kept (C-10)."""

from datetime import datetime

from intake_api.flows.keep_submission import PresentationUsed
from intake_api.store import evidence
from intake_api.store.base import AnotherWasFirst, Store
from intake_api.store.presentations import (
    Outcome,
    Presentation,
    PresentationUnknown,
    add_answered,
    find_answered,
    read_presentation,
)
from intake_api.store.report_counts import add_marks, refusal

__all__ = ["PresentationUnknown", "PresentationUsed", "refuse_form"]


def refuse_form(store: Store, token_key: bytes, form: str, presentation: str, *, now: datetime) -> None:
    """Close a presentation with a no. Doing it twice, or after its end, changes nothing.

    :raises PresentationUnknown: not signed here, or for another form.
    :raises PresentationUsed: the form was sent on it; a lead is there, and nobody may be told that there is none.
    """
    shown = read_presentation(token_key, presentation, form=form)
    try:
        if now < shown.expires_at:
            _record(store, shown, now)
            return
    except AnotherWasFirst:  # it was answered before, one way or the other
        pass
    with store.reading() as tx:
        answered = find_answered(tx, shown.id)
    if answered and answered.outcome is Outcome.SUBMITTED:
        raise PresentationUsed("This form was already sent, so a no comes too late.")


def _record(store: Store, shown: Presentation, now: datetime) -> None:
    facts = {
        "presentation": shown.id,
        "notice": shown.notice_hash,
        "form": shown.form,
        "locale": shown.locale,
        "channel": shown.channel,
    }
    with store.writing() as tx:
        add_answered(tx, shown, Outcome.REFUSED, now=now)
        add_marks(tx, {refusal(shown): 1})
        evidence.add_entry(tx, "presentation.refused", actor="subject", now=now, facts=facts)
