"""Show a form at a door, one way for the API, the pages and whoever needs a fresh one: each showing is counted."""

import atexit
import threading

from intake_api.flows.keep_showings import keep_showings
from intake_api.flows.show_form import ShownForm, show_form
from intake_api.web.arriving import asks_proof
from intake_api.web.door import Door

WRITE_EVERY = 5.0  # seconds


def show_at(here: Door, form: str, locale: str, channel: str) -> ShownForm:
    """Show a form and count it.

    :raises FormUnknown, LocaleNotOffered, StoreUnavailable: as `show_form` says.
    """
    shown = show_form(
        here.store,
        here.catalogue,
        here.settings.secrets.token_key,
        form,
        locale,
        channel,
        asks_proof=asks_proof(form),
        now=here.now(),
    )
    here.showings.count(shown.presentation)
    return shown


def keep_counting(here: Door) -> None:
    """Write the counts of a serving process every few seconds and at its end, beside the requests."""
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(WRITE_EVERY):
            keep_showings(here.store, here.showings)

    threading.Thread(target=write, name="showings", daemon=True).start()

    @atexit.register
    def end() -> None:
        ended.set()
        keep_showings(here.store, here.showings)
