"""Find the words that a form was shown with, where they have been superseded since (V-06)."""

import json
from dataclasses import replace
from datetime import datetime

from intake_api.catalogue.shown import FormView
from intake_api.rules.promise import same_promise
from intake_api.store.base import Store
from intake_api.store.notices import get_notice_body
from intake_api.store.presentations import LASTS, Presentation
from intake_api.store.publications import list_publications


def notice_as_shown(store: Store, view: FormView, shown: Presentation, *, now: datetime) -> FormView:
    """Return the view with the notice that the visitor saw, for half an hour after another took its place.

    Only if both promise the same: who saw other purposes, recipients or times has to be shown the new ones. Otherwise
    the view comes back as it is, and the presentation does not fit it.

    :raises NoticeAltered: the kept notice was changed in the database.
    :raises StoreUnavailable: it cannot be asked.
    """
    if shown.notice_hash == view.notice.hash:
        return view
    with store.reading() as tx:
        published = list_publications(tx, shown.form, shown.locale)
        was_last = len(published) > 1 and published[1].notice_hash == shown.notice_hash
        if not was_last or now >= published[0].published_at + LASTS:
            return view
        body = get_notice_body(tx, shown.notice_hash)
    document = json.loads(body)
    if not same_promise(document, view.notice.document):
        return view
    notice = replace(
        view.notice,
        hash=shown.notice_hash,
        version=document["version"],
        canonical=body,
        document=document,
        texts=document["texts"],
    )
    return replace(view, notice=notice)
