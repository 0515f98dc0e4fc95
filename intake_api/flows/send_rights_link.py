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
from intake_api.flows.send_mail import MailDesk, MailKind, became, record_attempt, send_mail
from intake_api.log import event
from intake_api.mail.port import Mail
from intake_api.mail.words import MailWords
from intake_api.queue import SEND_RIGHTS_LINK
from intake_api.rules.rights import LINK_LASTS, TRY_TO_SEND_FOR, RightsKind, may_send_link
from intake_api.store.base import Store
from intake_api.store.lead_index import contact_token, find_by_email
from intake_api.store.mails import MailAttempt, MailState
from intake_api.store.rights_cases import (
    CASES,
    RightsCase,
    case_token,
    end_case,
    links_to,
    open_address,
    open_replaced,
)

NOT_SENT = (MailState.REFUSED, MailState.GIVEN_UP, MailState.HELD, MailState.DROPPED)


@dataclass(frozen=True)
class RightsDesk(MailDesk):
    """The desk with what this mail says: it goes by no notice, so it needs words of its own."""

    organisation: Organisation
    words: MailWords


def send_rights_link(store: Store, desk: RightsDesk, case_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn, as `send_mail` does.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    send_mail(store, desk, RIGHTS_MAIL, case_id, turn, clock=clock)


def _prepare(tx: Connection, store: Store, desk: RightsDesk, case: RightsCase, now: datetime) -> Mail | None:
    if case.ended_at is not None:
        return None
    address = open_address(tx, store.vault, case.id)
    if obstacle := _obstacle(tx, store, case, address, now=now):
        _record(tx, case, obstacle, now)
        return None
    return _mail(desk, case, address)


def _address_of(tx: Connection, store: Store, case: RightsCase) -> bytes | None:
    if case.ended_at is not None:
        return None
    return contact_token(store.vault, "email", open_address(tx, store.vault, case.id))


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
        **here.in_texts,
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


def _record(tx: Connection, case: RightsCase, attempt: MailAttempt, now: datetime) -> None:
    record_attempt(tx, RIGHTS_MAIL, case, attempt, lead=None, facts={"right": case.kind.value}, now=now)
    is_told = case.kind is RightsKind.ADDRESS_CHANGED and attempt.state is MailState.SENT
    if is_told or (attempt.state in NOT_SENT and case.expires_at is None):
        end_case(tx, case.id, now=now)  # nobody has a link: there is nothing to wait for
    event(
        f"rights.link_{became(attempt)}",
        case=case.id,
        attempt=case.attempts,
        reason=attempt.reason,
        status=attempt.status,
    )


RIGHTS_MAIL = MailKind(
    CASES,
    SEND_RIGHTS_LINK,
    name="rights",
    id_name="case",
    entry="rights.link_",
    prepare=_prepare,
    record=_record,
    until=lambda case: case.made_at + TRY_TO_SEND_FOR,
    address_of=_address_of,
)
