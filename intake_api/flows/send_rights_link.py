"""Send the link of a rights case, one attempt at a time, to an address that something is held about (S-02, S-03).

An address that nothing is held about gets no mail, and is forgotten at once. One that took no mail before is tried all
the same: nobody may lose a right because a mailbox was once full. The mail has no word in it that somebody
typed (SEC-20); its links come from the settings (SEC-19).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from intake_api.catalogue.definitions import Organisation
from intake_api.clock import Clock
from intake_api.flows.note_bounce import hold_news, note_bounce
from intake_api.flows.send_mail import ClaimedMail, MailDesk, judge_attempt, send_mail
from intake_api.log import event
from intake_api.mail.port import Mail, Outcome
from intake_api.mail.words import MailWords
from intake_api.rules.rights import LINK_LASTS, TRY_TO_SEND_FOR, RightsKind, may_send_link
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.lead_index import contact_token, find_by_email
from intake_api.store.mailed_links import MailAttempt, MailState
from intake_api.store.rights_cases import (
    RightsCase,
    case_token,
    claim_link,
    end_case,
    find_claimed,
    find_running,
    links_to,
    open_address,
    open_replaced,
    record_link,
)

NOT_SENT = (MailState.REFUSED, MailState.GIVEN_UP, MailState.HELD, MailState.DROPPED)


@dataclass(frozen=True)
class RightsDesk(MailDesk):
    """The desk with what this mail says: it goes by no notice, so it needs words of its own."""

    organisation: Organisation
    words: MailWords


def send_rights_link(store: Store, desk: RightsDesk, case_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn; one whose turn is over, or that is settled, does nothing.

    May be run again at any time: the same mail, with the same link, is sent once more.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    send_mail(
        store,
        desk.mailer,
        lambda tx, now: _claim(tx, store, desk, case_id, turn, now=now),
        lambda tx, claim, outcome, now: _report(tx, store, case_id, claim, outcome, now=now),
        clock=clock,
    )


def settle(tx: Connection, case: RightsCase, outcome: Outcome, *, now: datetime) -> None:
    """Write down what came of an attempt."""
    attempt = judge_attempt(outcome, case.attempts, until=case.made_at + TRY_TO_SEND_FOR, now=now)
    _record(tx, case, attempt, now=now)


def _claim(
    tx: Connection, store: Store, desk: RightsDesk, case_id: str, turn: int, *, now: datetime
) -> ClaimedMail | None:
    case = find_running(tx, case_id, turn)
    if case is None or case.ended_at is not None:
        return None
    address = open_address(tx, store.vault, case.id)
    if obstacle := _obstacle(tx, store, case, address, now=now):
        _record(tx, case, obstacle, now=now)
        return None
    return ClaimedMail(claim_link(tx, case.id, now=now), _mail(desk, case, address))


def _report(tx: Connection, store: Store, case_id: str, claim: str, outcome: Outcome, *, now: datetime) -> None:
    case = find_claimed(tx, case_id, claim)
    if case is None:
        event("rights.outrun", case=case_id)  # another worker has it; its report counts
        return
    if case.ended_at is None:
        address = contact_token(store.vault, "email", open_address(tx, store.vault, case.id))
        if hold_news(tx, address, outcome):
            note_bounce(tx, address, outcome, now=now)
    settle(tx, case, outcome, now=now)


def _obstacle(tx: Connection, store: Store, case: RightsCase, address: str, *, now: datetime) -> MailAttempt | None:
    if case.used_at is not None:
        return MailAttempt(MailState.DROPPED, "used")
    if not _has_a_reason(tx, store, case, address):
        return MailAttempt(MailState.DROPPED, "nothing_held")
    if now >= case.made_at + TRY_TO_SEND_FOR:
        return MailAttempt(MailState.GIVEN_UP, "too_late")
    is_news = case.kind is RightsKind.ADDRESS_CHANGED  # to be known whatever else was sent
    if not is_news and not may_send_link(case.kind, links_to(tx, case, now=now), now=now):
        return MailAttempt(MailState.HELD, "written_often_enough")
    return None


def _has_a_reason(tx: Connection, store: Store, case: RightsCase, address: str) -> bool:
    """Say whether something is held about the address, or was until it was changed, or will be once it is shown."""
    if case.kind is RightsKind.ADDRESS:
        return bool(find_by_email(tx, store.vault, open_replaced(tx, store.vault, case.id)))
    return case.kind is RightsKind.ADDRESS_CHANGED or bool(find_by_email(tx, store.vault, address))


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
    if case.kind is RightsKind.ADDRESS_CHANGED:
        return _news(case, address, words, said)
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


def _news(case: RightsCase, address: str, words: Mapping[str, str], said: Mapping[str, str]) -> Mail:
    """Write to an address that it was changed. There is nothing to press: whoever has the new one has decided."""
    parts = (
        words["address_changed.text"].format(**said),
        words["address_changed.not_you"].format(**said),
        f"-- \n{words['rights.who'].format(**said)}",
    )
    subject = words["address_changed.subject"].format(**said)
    return Mail(id=case.id, to=address, subject=subject, text="\n\n".join(parts) + "\n", locale=case.locale)


def _record(tx: Connection, case: RightsCase, attempt: MailAttempt, *, now: datetime) -> None:
    record_link(tx, case.id, attempt, now=now)
    is_told = case.kind is RightsKind.ADDRESS_CHANGED and attempt.state is MailState.SENT
    if is_told or (attempt.state in NOT_SENT and case.expires_at is None):
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
