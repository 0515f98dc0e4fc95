"""One attempt to send a mail: take it into hands and let go, hand it over, write down what came of it.

All kinds of mail go this way; what is special about one is a `MailKind`. No transaction is open while the mail server
is talked to.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.flows.note_bounce import hold_news, note_bounce
from intake_api.log import event
from intake_api.mail.port import Mail, Mailer, Outcome, Refused, Retry, Sent
from intake_api.rules.retry import next_attempt
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.lead_index import email_token
from intake_api.store.leads import Lead
from intake_api.store.mails import MailAttempt, MailState, record_mail
from intake_api.store.turns import W, WorkKind, claim_turn, find_claimed, find_running


@dataclass(frozen=True)
class MailDesk:
    """What it takes to write and send a mail with a link."""

    mailer: Mailer
    token_key: bytes
    public_url: str


D = TypeVar("D", bound=MailDesk)


@dataclass(frozen=True)
class MailKind(Generic[W, D]):
    """What is special about one kind of mail. Its rows are `MailRow`s."""

    work: WorkKind[W]
    workflow: str
    name: str  # what the log calls it
    id_name: str  # what the log and the evidence call its id
    entry: str  # what the kinds of its entries in the evidence begin with

    # Return the mail, or None for one that does not leave: the reason is written down by then.
    prepare: Callable[[Connection, Store, D, W, datetime], Mail | None]
    # Write down what came of an attempt, by `record_attempt`, and what follows from it.
    record: Callable[[Connection, W, MailAttempt, datetime], None]
    until: Callable[[W], datetime]  # from then on it is not worth sending

    # To learn whether an address that leads have takes mail, one of the two. Whoever ends what a mail asks of a lead
    # holds the lead first: for such mails it is held before the mail here too, so that neither waits for the other.
    lead_of: Callable[[Connection, str], str] | None = None
    address_of: Callable[[Connection, Store, W], bytes | None] | None = None


def send_mail(store: Store, desk: D, kind: MailKind[W, D], mail_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn; one whose turn is over, or that is settled, does nothing.

    May be run again at any time: the same mail, with the same link, is sent once more.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    now = clock()
    with store.writing() as tx:
        claimed = _claim(tx, store, desk, kind, mail_id, turn, now=now)
    if claimed is None:
        return
    claim, mail = claimed
    outcome = desk.mailer.send(mail, now=clock())
    now = clock()
    with store.writing() as tx:
        _report(tx, store, kind, mail_id, claim, outcome, now=now)


def settle(tx: Connection, kind: MailKind[W, D], work: W, outcome: Outcome, *, now: datetime) -> None:
    """Write down what came of an attempt. The caller holds the mail."""
    kind.record(tx, work, _judged(outcome, work.attempts, until=kind.until(work), now=now), now)


def record_attempt(
    tx: Connection,
    kind: MailKind[W, D],
    work: W,
    attempt: MailAttempt,
    *,
    lead: Lead | None,
    facts: Mapping[str, object],
    now: datetime,
) -> None:
    """Write down what came of an attempt, with its entry in the evidence, and let go of the mail.

    :param lead: that it is about, if it is about one.
    :param facts: what the evidence says beyond what it says of every mail.
    """
    record_mail(tx, kind.work, work.id, attempt, now=now)
    evidence.add_entry(
        tx,
        f"{kind.entry}{became(attempt)}",
        actor="system",
        now=now,
        lead_id=lead.id if lead else None,
        subject_id=lead.subject_id if lead else None,
        facts={
            kind.id_name: work.id,
            **facts,
            "attempt": work.attempts,
            "reason": attempt.reason,
            "status": attempt.status,
        },
    )


def became(attempt: MailAttempt) -> str:
    """Say in a word what came of an attempt, as the evidence does."""
    return "tried" if attempt.state is MailState.RETRYING else attempt.state.value


def _claim(
    tx: Connection, store: Store, desk: D, kind: MailKind[W, D], mail_id: str, turn: int, *, now: datetime
) -> tuple[str, Mail] | None:
    """Take a mail into hands, and return the claim with it."""
    work = find_running(tx, kind.work, mail_id, turn)
    mail = kind.prepare(tx, store, desk, work, now) if work else None
    return (claim_turn(tx, kind.work, mail_id, now=now), mail) if mail else None


def _report(
    tx: Connection, store: Store, kind: MailKind[W, D], mail_id: str, claim: str, outcome: Outcome, *, now: datetime
) -> None:
    work, address = _held(tx, store, kind, mail_id, claim, outcome)
    if work is None:
        event(f"{kind.name}.outrun", **{kind.id_name: mail_id})  # another worker has it; its report counts
        return
    note_bounce(tx, address, outcome, now=now)
    settle(tx, kind, work, outcome, now=now)


def _held(
    tx: Connection, store: Store, kind: MailKind[W, D], mail_id: str, claim: str, outcome: Outcome
) -> tuple[W | None, bytes | None]:
    """Hold a mail that is still in these hands, and the leads of its address if the outcome is news of that.

    :return: the mail, and the address if there is news of it.
    """
    if kind.lead_of:
        address = email_token(tx, kind.lead_of(tx, mail_id))
        news = address if hold_news(tx, address, outcome) else None
        return find_claimed(tx, kind.work, mail_id, claim), news
    work = find_claimed(tx, kind.work, mail_id, claim)
    address = kind.address_of(tx, store, work) if work and kind.address_of else None
    return work, address if hold_news(tx, address, outcome) else None


def _judged(outcome: Outcome, attempts: int, *, until: datetime, now: datetime) -> MailAttempt:
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
