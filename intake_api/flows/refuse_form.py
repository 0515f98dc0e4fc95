"""Record that a visitor said no to a notice. Nothing of the person is kept (C-10)."""

from datetime import datetime

from intake_api.store import evidence
from intake_api.store.base import AnotherWasFirst, Store
from intake_api.store.presentations import Outcome, add_answered, read_presentation


def refuse_form(store: Store, token_key: bytes, form: str, presentation: str, *, now: datetime) -> None:
    """Close a presentation with a no. Doing it twice, or after its end, changes nothing.

    :raises PresentationUnknown: no such presentation of this form.
    """
    shown = read_presentation(token_key, presentation, form=form)
    if now >= shown.expires_at:
        return
    facts = {
        "presentation": shown.id,
        "notice": shown.notice_hash,
        "form": shown.form,
        "locale": shown.locale,
        "channel": shown.channel,
    }
    try:
        with store.writing() as tx:
            add_answered(tx, shown, Outcome.REFUSED, now=now)
            evidence.add_entry(tx, "presentation.refused", actor="subject", now=now, facts=facts)
    except AnotherWasFirst:  # it was answered before, one way or the other
        return
