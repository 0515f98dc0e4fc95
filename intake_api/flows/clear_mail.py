"""Remove what this house still holds of mails that have done their work: a link and an address, in clear (C-14)."""

from datetime import datetime
from itertools import islice

from intake_api.mail.port import Mailer
from intake_api.rules.confirmation import UNCONFIRMED
from intake_api.store.base import Store
from intake_api.store.confirmations import find_ended
from intake_api.store.invitations import find_over as find_over_invitations
from intake_api.store.letters import find_over as find_over_letters
from intake_api.store.renewals import find_ended as find_ended_renewals
from intake_api.store.rights_cases import find_ended as find_ended_cases

BATCH = 500


def clear_mail(store: Store, mailer: Mailer, *, now: datetime) -> None:
    """Remove mails whose confirmation, renewal, case or lead has ended, however it did, and all that are a week old.

    :raises StoreUnavailable: the rest is left for the next round.
    """
    mailer.clear(before=now - UNCONFIRMED.duration.exact)
    held, ended = iter(mailer.held()), set[str]()
    while batch := list(islice(held, BATCH)):
        with store.reading() as tx:
            ended |= find_ended(tx, batch) | find_ended_cases(tx, batch)
            ended |= find_over_invitations(tx, batch)
            ended |= find_over_letters(tx, batch) | find_ended_renewals(tx, batch)
    if ended:
        mailer.remove(ended)
