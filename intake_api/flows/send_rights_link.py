"""One attempt to send the link of a rights case: look whether the address is known, claim, send, record (S-02, S-03).

An address that nothing is held about gets no mail, and is forgotten at once. The mail has no word in it that somebody
typed (SEC-20); its links come from the settings (SEC-19). No transaction is open while the mail server is talked to.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from intake_api.catalogue.model import Organisation
from intake_api.clock import Clock
from intake_api.log import event
from intake_api.mail.port import Mail, Mailer, Outcome, Refused, Retry, Sent
from intake_api.mail.words import MailWords
from intake_api.rules.retry import next_attempt
from intake_api.rules.rights import LINK_LASTS, TRY_TO_SEND_FOR, may_send_link
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.confirmations import MailAttempt, MailState
from intake_api.store.leads import find_by_email
from intake_api.store.rights_cases import (
    RightsCase,
    case_token,
    claim_link,
    end_case,
    find_claimed,
    find_running,
    links_to,
    open_address,
    record_link,
)

NOT_SENT = (MailState.REFUSED, MailState.GIVEN_UP, MailState.HELD, MailState.DROPPED)


@dataclass(frozen=True)
class RightsDesk:
    """What it takes to write and send the mail."""

    mailer: Mailer
    token_key: bytes
    public_url: str
    organisation: Organisation
    words: MailWords


@dataclass(frozen=True)
class _Claimed:
    claim: str
    mail: Mail


def send_rights_link(store: Store, desk: RightsDesk, case_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn; one whose turn is over, or that is settled, does nothing.

    May be run again at any time: the same mail, with the same link, is sent once more.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    claimed = _claim(store, desk, case_id, turn, now=clock())
    if claimed is None:
        return
    outcome = desk.mailer.send(claimed.mail, now=clock())
    now = clock()
    with store.writing() as tx:
        case = find_claimed(tx, case_id, claimed.claim)
        if case is None:
            event("rights.outrun", case=case_id)  # another worker has it; its report counts
            return
        settle(tx, case, outcome, now=now, jitter=random.random())  # noqa: S311 no secret


def settle(tx: Connection, case: RightsCase, outcome: Outcome, *, now: datetime, jitter: float) -> None:
    """Write down what came of an attempt. `jitter` is a chance from 0 to 1."""
    _record(tx, case, _judged(case, outcome, now=now, jitter=jitter), now=now)


def _claim(store: Store, desk: RightsDesk, case_id: str, turn: int, *, now: datetime) -> _Claimed | None:
    with store.writing() as tx:
        case = find_running(tx, case_id, turn)
        if case is None or case.ended_at is not None:
            return None
        address = open_address(tx, store.vault, case.id)
        if obstacle := _obstacle(tx, store, case, address, now=now):
            _record(tx, case, obstacle, now=now)
            return None
        return _Claimed(claim_link(tx, case.id, now=now), _mail(desk, case, address))


def _obstacle(tx: Connection, store: Store, case: RightsCase, address: str, *, now: datetime) -> MailAttempt | None:
    if case.used_at is not None:
        return MailAttempt(MailState.DROPPED, "used")
    if not find_by_email(tx, store.vault, address):
        return MailAttempt(MailState.DROPPED, "nothing_held")
    if now >= case.made_at + TRY_TO_SEND_FOR:
        return MailAttempt(MailState.GIVEN_UP, "too_late")
    if not may_send_link(case.kind, links_to(tx, case, now=now), now=now):
        return MailAttempt(MailState.HELD, "written_often_enough")
    return None


def _mail(desk: RightsDesk, case: RightsCase, address: str) -> Mail:
    words, here = desk.words.of(case.locale), desk.organisation
    said = {
        "product": here.product,
        "controller": here.name,
        "address": here.address,
        "privacy_email": here.email,
        "minutes": str(LINK_LASTS // timedelta(minutes=1)),
        "due": case.due_at.astimezone(UTC).strftime("%Y-%m-%d"),
    }
    wish = words[f"rights.{case.kind.value}"]
    asked_at = case.made_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    link = f"{desk.public_url}/my-data/{case_token(desk.token_key, case.id)}"
    parts = (
        words["rights.asked"].format(**said),
        f"  {wish}\n  {words['rights.asked_at']} {asked_at}",
        f"{words['rights.open']}\n{link}",
        words["rights.lasts"].format(**said),
        words["rights.ignore"],
        f"{words['rights.again'].format(**said)}\n{desk.public_url}/my-data?lang={case.locale}",
        f"-- \n{words['rights.who'].format(**said)}",
    )
    subject = words["rights.subject"].format(wish=wish, **said)
    return Mail(id=case.id, to=address, subject=subject, text="\n\n".join(parts) + "\n", locale=case.locale)


def _judged(case: RightsCase, outcome: Outcome, *, now: datetime, jitter: float) -> MailAttempt:
    match outcome:
        case Sent(status):
            return MailAttempt(MailState.SENT, None, status)
        case Refused(reason, status):
            return MailAttempt(MailState.REFUSED, reason, status)
        case Retry(reason, status):
            due = next_attempt(case.attempts, now=now, jitter=jitter)
            if due is None or due >= case.made_at + TRY_TO_SEND_FOR:
                return MailAttempt(MailState.GIVEN_UP, reason, status)
            return MailAttempt(MailState.RETRYING, reason, status, due)


def _record(tx: Connection, case: RightsCase, attempt: MailAttempt, *, now: datetime) -> None:
    record_link(tx, case.id, attempt, now=now)
    if attempt.state in NOT_SENT and case.expires_at is None:
        end_case(tx, case.id, now=now)  # nobody has a link: there is nothing to wait for
    kind = "tried" if attempt.state is MailState.RETRYING else attempt.state.value
    facts = {
        "case": case.id,
        "right": case.kind.value,
        "attempt": case.attempts,
        "reason": attempt.reason,
        "status": attempt.status,
    }
    evidence.add_entry(tx, f"rights.link_{kind}", actor="system", now=now, facts=facts)
    event(f"rights.link_{kind}", case=case.id, attempt=case.attempts, reason=attempt.reason, status=attempt.status)
