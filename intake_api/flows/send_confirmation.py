"""Send the mail that asks for a second yes, one attempt at a time.

It is written from the notice this very person saw and from nothing they typed (C-14, SEC-20); its links come from the
settings (SEC-19).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.flows.record_told import note_mailed
from intake_api.flows.send_mail import MailDesk, MailKind, record_attempt, send_mail
from intake_api.flows.state_now import is_changed
from intake_api.log import event
from intake_api.mail.port import Mail
from intake_api.queue import SEND_CONFIRMATION
from intake_api.rules.confirmation import may_ask
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import Act
from intake_api.store.base import Store
from intake_api.store.confirmations import (
    CONFIRMATIONS,
    Confirmation,
    confirmation_token,
    lead_of,
    list_confirmations,
    mails_to,
)
from intake_api.store.decisions import current_decisions
from intake_api.store.lead_index import bounced_since, email_token
from intake_api.store.lead_moves import forget_moves
from intake_api.store.leads import Lead, get_lead_by_id, open_values
from intake_api.store.mailed_links import stop_url
from intake_api.store.mails import MailAttempt, MailState
from intake_api.store.notices import get_notice_body
from intake_api.store.subjects import is_erased

HELD = "held"  # why a mail of a held lead does not leave


def send_confirmation(store: Store, desk: MailDesk, confirmation_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn, as `send_mail` does.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    send_mail(store, desk, CONFIRMATION_MAIL, confirmation_id, turn, clock=clock)


def drop(tx: Connection, lead: Lead, confirmation: Confirmation, reason: str, *, now: datetime) -> None:
    """Settle a waiting mail that is not wanted any more: it does not leave. The caller holds the confirmation."""
    _record(tx, confirmation, MailAttempt(MailState.DROPPED, reason), now, lead)


def _prepare(tx: Connection, store: Store, desk: MailDesk, confirmation: Confirmation, now: datetime) -> Mail | None:
    lead = get_lead_by_id(tx, confirmation.lead_id)
    asked = _still_asked(tx, lead, confirmation)
    if obstacle := _obstacle(tx, lead, confirmation, asked, now=now):
        _record(tx, confirmation, obstacle, now, lead)
        return None
    forget_moves(tx, lead.id, Act.RELEASE)  # what leaves now cannot be called back
    return _mail(tx, store, desk, lead, confirmation, asked)


def _still_asked(tx: Connection, lead: Lead, confirmation: Confirmation) -> list[Confirmation]:
    """Return the question and those enclosed with it, without what was answered otherwise or changed since (C-17)."""
    first = [one for one in current_decisions(tx, lead.id).values() if one.state is DecisionState.REQUESTED]
    waiting = {one.purpose for one in first if not is_changed(tx, lead, one)}
    together = [one for one in list_confirmations(tx, lead.id) if one.state is MailState.ENCLOSED]
    return [one for one in (confirmation, *together) if one.purpose in waiting]


def _obstacle(
    tx: Connection, lead: Lead, confirmation: Confirmation, asked: Sequence[Confirmation], *, now: datetime
) -> MailAttempt | None:
    if is_erased(tx, lead.subject_id):
        return MailAttempt(MailState.DROPPED, "erased")
    if lead.is_restricted:
        return MailAttempt(MailState.DROPPED, "restricted")
    if lead.held_for:  # marked as spam while an attempt was under way
        return MailAttempt(MailState.DROPPED, HELD)
    if not asked:
        first = current_decisions(tx, lead.id)[confirmation.purpose]
        waits = first.state is DecisionState.REQUESTED
        return MailAttempt(MailState.DROPPED, "notice_changed" if waits else "not_asked_any_more")
    if email_token(tx, lead.id) is None:  # staff wrote it down without one; it ends by itself (C-12)
        return MailAttempt(MailState.DROPPED, "no_address")
    if bounced_since(tx, lead.id):
        return MailAttempt(MailState.REFUSED, "address_bounced")
    if now >= confirmation.expires_at:
        return MailAttempt(MailState.GIVEN_UP, "link_over")
    if not may_ask(mails_to(tx, confirmation), now=now):
        return MailAttempt(MailState.HELD, "asked_often_enough")
    return None


def _mail(
    tx: Connection, store: Store, desk: MailDesk, lead: Lead, confirmation: Confirmation, asked: Sequence[Confirmation]
) -> Mail:
    values = open_values(tx, store.vault, lead)
    texts = json.loads(get_notice_body(tx, lead.notice_hash))["texts"]
    links = [f"{desk.public_url}/confirm/{confirmation_token(desk.token_key, one.id)}" for one in asked]
    return Mail(
        id=confirmation.id,
        to=values["email"],
        subject=texts["confirmation.subject"],
        text=_text(texts, list(zip(asked, links, strict=True)), f"{desk.public_url}/notices/{lead.notice_hash}"),
        locale=lead.locale,
        stop_url=stop_url(desk.public_url, desk.token_key, lead.id, asked[0].purpose),
    )


def _text(texts: Mapping[str, str], asked: Sequence[tuple[Confirmation, str]], notice_link: str) -> str:
    said = {name.partition(".")[2]: text for name, text in texts.items() if name.startswith("confirmation.")}
    parts = (
        said["asked"],
        *(part for question, link in asked for part in _question(texts, said, question, link)),
        said["lasts"],
        said["ignore"],
        f"{said['disown']}\n{asked[0][1]}/not-me",
        f"{said['notice']}\n{notice_link}",
        f"-- \n{texts['page.who_text']}",
    )
    return "\n\n".join(parts) + "\n"


def _question(texts: Mapping[str, str], said: Mapping[str, str], question: Confirmation, link: str) -> tuple[str, str]:
    asked_at = question.made_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    title = texts[f"title.{question.purpose}"]
    return f"  {title}\n  {said['asked_at']} {asked_at}", f"{said['confirm']}\n{link}"


def _record(
    tx: Connection, confirmation: Confirmation, attempt: MailAttempt, now: datetime, lead: Lead | None = None
) -> None:
    lead = lead or get_lead_by_id(tx, confirmation.lead_id)
    enclosed = [one.purpose for one in list_confirmations(tx, lead.id) if one.state is MailState.ENCLOSED]
    facts = {"purpose": confirmation.purpose, **({"enclosed": enclosed} if enclosed else {})}
    record_attempt(tx, CONFIRMATION_MAIL, confirmation, attempt, lead=lead, facts=facts, now=now)
    event(
        f"confirmation.{attempt.state.value}",
        confirmation=confirmation.id,
        attempt=confirmation.attempts,
        reason=attempt.reason,
        status=attempt.status,
    )
    if attempt.state is MailState.SENT:
        note_mailed(tx, lead, now=now)


CONFIRMATION_MAIL = MailKind(
    CONFIRMATIONS,
    SEND_CONFIRMATION,
    name="confirmation",
    id_name="confirmation",
    entry="confirmation.",
    prepare=_prepare,
    record=_record,
    until=lambda confirmation: confirmation.expires_at,
    lead_of=lead_of,
)
