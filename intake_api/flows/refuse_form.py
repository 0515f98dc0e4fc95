"""Record that a visitor said no to a notice. Nothing of the person is kept (C-10)."""

from datetime import datetime

from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.presentations import Outcome, claim_presentation, mark_decided


def refuse_form(store: Store, form: str, presentation_id: str, *, now: datetime) -> None:
    """Close a presentation with a no. Doing it twice, or after its end, changes nothing.

    :raises PresentationUnknown: no such presentation of this form.
    """
    with store.writing() as tx:
        shown = claim_presentation(tx, presentation_id, form=form)
        if shown.outcome is not Outcome.OPEN:
            return
        mark_decided(tx, shown.id, Outcome.REFUSED, now=now)
        facts = {
            "presentation": shown.id,
            "notice": shown.notice_hash,
            "form": shown.form,
            "locale": shown.locale,
            "channel": shown.channel,
        }
        evidence.add_entry(tx, "presentation.refused", actor="subject", now=now, facts=facts)
