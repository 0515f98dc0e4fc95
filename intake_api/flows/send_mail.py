"""One attempt to send a mail with a link: take it into hands and let go, hand it over, write down what came of it.

No transaction is open while the mail server is talked to.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.mail.port import Mail, Mailer, Outcome, Refused, Retry, Sent
from intake_api.rules.retry import next_attempt
from intake_api.store.base import Store
from intake_api.store.mailed_links import MailAttempt, MailState


@dataclass(frozen=True)
class MailDesk:
    """What it takes to write and send a mail with a link."""

    mailer: Mailer
    token_key: bytes
    public_url: str


@dataclass(frozen=True)
class ClaimedMail:
    """A mail in this worker's hands."""

    claim: str
    mail: Mail


def send_mail(
    store: Store,
    mailer: Mailer,
    claim: Callable[[Connection, datetime], ClaimedMail | None],
    report: Callable[[Connection, str, Outcome, datetime], None],
    *,
    clock: Clock,
) -> None:
    """Make an attempt; run again, it sends the same mail once more.

    :param claim: takes the mail into hands in a transaction of its own; None if there is nothing to send.
    :param report: writes down what came of the mail that has this claim, in another.
    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    now = clock()
    with store.writing() as tx:
        claimed = claim(tx, now)
    if claimed is None:
        return
    outcome = mailer.send(claimed.mail, now=clock())
    now = clock()
    with store.writing() as tx:
        report(tx, claimed.claim, outcome, now)


def judge_attempt(outcome: Outcome, attempts: int, *, until: datetime, now: datetime) -> MailAttempt:
    """Say what an outcome means for a mail that was tried so often, and is not worth sending from `until` on."""
    match outcome:
        case Sent(status):
            return MailAttempt(MailState.SENT, None, status)
        case Refused(reason, status):
            return MailAttempt(MailState.REFUSED, reason, status)
        case Retry(reason, status):
            due = next_attempt(attempts, now=now, jitter=random.random())  # noqa: S311 no secret
            if due is None or due >= until:
                return MailAttempt(MailState.GIVEN_UP, reason, status)
            return MailAttempt(MailState.RETRYING, reason, status, due)
