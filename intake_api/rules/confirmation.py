"""The second yes of a double opt-in: how long it may come, and how often one address may be asked for it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from intake_api.rules.retention import SUBMISSION, Kept, parse_duration

ANSWER_WITHIN = timedelta(hours=72)  # then the link is over (C-12)
UNCONFIRMED = Kept(parse_duration("P7D"), SUBMISSION)  # how long a first yes waits before it ends by itself (C-12)
ONE_MAIL_IN = timedelta(hours=24)
MOST_MAILS = 3


def may_ask(mails: Collection[datetime | None], *, now: datetime) -> bool:
    """Say whether one more mail may go to an address, so that a form is no way to pester somebody (C-15).

    `mails` are the others to the same address: when each left, None for one that may be leaving at this moment.
    """
    if len(mails) >= MOST_MAILS:
        return False
    return all(left_at is not None and now - left_at >= ONE_MAIL_IN for left_at in mails)
