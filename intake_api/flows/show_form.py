"""Show a form: hand out a fresh presentation of its notice (C-06)."""

from dataclasses import dataclass
from datetime import datetime

from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.shown import FormView
from intake_api.store.base import Store
from intake_api.store.presentations import Presentation, new_presentation, sign_presentation


@dataclass(frozen=True)
class ShownForm:
    """What a visitor is shown: the form in a language, and the signed id that a submission must hand in again."""

    view: FormView
    presentation: Presentation
    signed_id: str


def show_form(
    store: Store,
    catalogue: Catalogue,
    token_key: bytes,
    form: str,
    locale: str,
    channel: str,
    *,
    asks_proof: bool = False,
    now: datetime,
) -> ShownForm:
    """Prepare one showing of a form. Nothing is written: who only looks leaves no trace.

    :param asks_proof: the browser is asked for a small calculation, and a submission without it is held.
    :raises FormUnknown: no such form.
    :raises LocaleNotOffered: no complete notice in this language; carries those there are (N-17).
    :raises StoreUnavailable: nothing can be kept now, so nothing may be asked.
    """
    view = catalogue.view(form, locale)
    store.check_it_answers()
    shown = new_presentation(view.form.key, locale, channel, view.notice.hash, asks_proof=asks_proof, now=now)
    return ShownForm(view, shown, sign_presentation(token_key, shown))
