"""Send the mail that asks for a second yes, one attempt at a time.

It is written from the notice this very person saw and from nothing they typed (C-14, SEC-20); its links come from the
settings (SEC-19).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.flows.note_bounce import hold_news, note_bounce
from intake_api.flows.record_told import note_mailed
from intake_api.flows.send_mail import ClaimedMail, MailDesk, judge_attempt, send_mail
from intake_api.flows.state_now import is_changed
from intake_api.log import event
from intake_api.mail.port import Mail, Outcome
from intake_api.rules.confirmation import may_ask
from intake_api.rules.consent import DecisionState
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.confirmations import (
    Confirmation,
    claim_mail,
    confirmation_token,
    find_claimed,
    find_running,
    lead_of,
    list_confirmations,
    mails_to,
    record_mail,
)
from intake_api.store.decisions import current_decisions
from intake_api.store.lead_index import bounced_since, email_token
from intake_api.store.leads import Lead, get_lead_by_id, open_values
from intake_api.store.mailed_links import MailAttempt, MailState, stop_url
from intake_api.store.notices import get_notice_body
from intake_api.store.subjects import get_data_key, is_erased


def send_confirmation(store: Store, desk: MailDesk, confirmation_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn; one whose turn is over, or that is settled, does nothing.

    May be run again at any time: the same mail, with the same link, is sent once more.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    send_mail(
        store,
        desk.mailer,
        lambda tx, now: _claim(tx, store, desk, confirmation_id, turn, now=now),
        lambda tx, claim, outcome, now: _report(tx, confirmation_id, claim, outcome, now=now),
        clock=clock,
    )


def settle(tx: Connection, confirmation: Confirmation, outcome: Outcome, *, now: datetime) -> None:
    """Write down what came of an attempt."""
    attempt = judge_attempt(outcome, confirmation.attempts, until=confirmation.expires_at, now=now)
    lead = get_lead_by_id(tx, confirmation.lead_id)
    _record(tx, lead, confirmation, attempt, now=now)
    if attempt.state is MailState.SENT:
        note_mailed(tx, lead, now=now)


def drop(tx: Connection, lead: Lead, confirmation: Confirmation, reason: str, *, now: datetime) -> None:
    """Settle a waiting mail that is not wanted any more: it does not leave. The caller holds the confirmation."""
    _record(tx, lead, confirmation, MailAttempt(MailState.DROPPED, reason), now=now)


def _claim(
    tx: Connection, store: Store, desk: MailDesk, confirmation_id: str, turn: int, *, now: datetime
) -> ClaimedMail | None:
    confirmation = find_running(tx, confirmation_id, turn)
    if confirmation is None:
        return None
    lead = get_lead_by_id(tx, confirmation.lead_id)
    asked = _still_asked(tx, lead, confirmation)
    if obstacle := _obstacle(tx, lead, confirmation, asked, now=now):
        _record(tx, lead, confirmation, obstacle, now=now)
        return None
    return ClaimedMail(claim_mail(tx, confirmation.id), _mail(tx, store, desk, lead, confirmation, asked))


def _still_asked(tx: Connection, lead: Lead, confirmation: Confirmation) -> list[Confirmation]:
    """Return the question and those enclosed with it, without what was answered otherwise or changed since (C-17)."""
    first = [one for one in current_decisions(tx, lead.id).values() if one.state is DecisionState.REQUESTED]
    waiting = {one.purpose for one in first if not is_changed(tx, lead, one)}
    together = [one for one in list_confirmations(tx, lead.id) if one.state is MailState.ENCLOSED]
    return [one for one in (confirmation, *together) if one.purpose in waiting]


def _report(tx: Connection, confirmation_id: str, claim: str, outcome: Outcome, *, now: datetime) -> None:
    address = email_token(tx, lead_of(tx, confirmation_id))
    is_news = hold_news(tx, address, outcome)
    confirmation = find_claimed(tx, confirmation_id, claim)
    if confirmation is None:
        event("confirmation.outrun", confirmation=confirmation_id)  # another worker has it; its report counts
        return
    if is_news:
        note_bounce(tx, address, outcome, now=now)
    settle(tx, confirmation, outcome, now=now)


def _obstacle(
    tx: Connection, lead: Lead, confirmation: Confirmation, asked: Sequence[Confirmation], *, now: datetime
) -> MailAttempt | None:
    if is_erased(tx, lead.subject_id):
        return MailAttempt(MailState.DROPPED, "erased")
    if lead.is_restricted:
        return MailAttempt(MailState.DROPPED, "restricted")
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
    values = open_values(tx, store.vault, get_data_key(tx, store.vault, lead.subject_id), lead.id)
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


def _record(tx: Connection, lead: Lead, confirmation: Confirmation, attempt: MailAttempt, *, now: datetime) -> None:
    record_mail(tx, confirmation.id, attempt, now=now)
    kind = "tried" if attempt.state is MailState.RETRYING else attempt.state.value
    enclosed = [one.purpose for one in list_confirmations(tx, lead.id) if one.state is MailState.ENCLOSED]
    facts = {
        **({"enclosed": enclosed} if enclosed else {}),
        "confirmation": confirmation.id,
        "purpose": confirmation.purpose,
        "attempt": confirmation.attempts,
        "reason": attempt.reason,
        "status": attempt.status,
    }
    evidence.add_entry(
        tx,
        f"confirmation.{kind}",
        actor="system",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts=facts,
    )
    event(
        f"confirmation.{attempt.state.value}",
        confirmation=confirmation.id,
        attempt=confirmation.attempts,
        reason=attempt.reason,
        status=attempt.status,
    )
