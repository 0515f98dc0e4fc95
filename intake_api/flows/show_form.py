"""Show a form: hand out a fresh presentation of its notice (C-06)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from intake_api.catalogue.model import Catalogue, FormView
from intake_api.store.base import Store
from intake_api.store.presentations import Presentation, add_presentation

PRESENTATION_LASTS = timedelta(minutes=30)


@dataclass(frozen=True)
class ShownForm:
    """What a visitor is shown: the form in a language, and the presentation that a submission must name."""

    view: FormView
    presentation: Presentation


def show_form(store: Store, catalogue: Catalogue, form: str, locale: str, channel: str, *, now: datetime) -> ShownForm:
    """Prepare one showing of a form and write it down.

    :raises FormUnknown: no such form.
    :raises LocaleNotOffered: no complete notice in this language; carries those there are (N-17).
    :raises StoreUnavailable: nothing can be kept now, so nothing may be asked.
    """
    view = catalogue.view(form, locale)
    presentation = Presentation(
        id=secrets.token_urlsafe(18),
        form=view.form.key,
        locale=locale,
        channel=channel,
        notice_hash=view.notice.hash,
        shown_at=now,
        expires_at=now + PRESENTATION_LASTS,
    )
    with store.writing_soon() as tx:
        add_presentation(tx, presentation)
    return ShownForm(view, presentation)
