"""Send the mail that asks somebody again, one attempt at a time: what has changed or ends, and nothing else (V-07).

Its words are fixed or stand in the notices; nothing was typed (SEC-20), its links come from the settings (SEC-19).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.flows.note_bounce import hold_news, note_bounce
from intake_api.flows.open_questions import OpenQuestion, open_questions
from intake_api.flows.send_mail import ClaimedMail, judge_attempt, send_mail
from intake_api.flows.send_rights_link import RightsDesk
from intake_api.log import event
from intake_api.mail.port import Mail, Outcome
from intake_api.rules.told_changes import told_changes
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.lead_index import bounced_since, email_token
from intake_api.store.leads import Lead, get_lead_by_id, open_values
from intake_api.store.mailed_links import MailAttempt, MailState, stop_url
from intake_api.store.renewals import (
    Renewal,
    Why,
    claim_mail,
    find_claimed,
    find_running,
    lead_of,
    record_mail,
    renewal_token,
)
from intake_api.store.subjects import get_data_key, is_erased


def send_renewal(store: Store, desk: RightsDesk, renewal_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn; one whose turn is over, or that is settled, does nothing.

    May be run again at any time: the same link is sent once more.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    send_mail(
        store,
        desk.mailer,
        lambda tx, now: _claim(tx, store, desk, renewal_id, turn, now=now),
        lambda tx, claim, outcome, now: _report(tx, renewal_id, claim, outcome, now=now),
        clock=clock,
    )


def settle(tx: Connection, renewal: Renewal, outcome: Outcome, *, now: datetime) -> None:
    """Write down what came of an attempt."""
    attempt = judge_attempt(outcome, renewal.attempts, until=renewal.expires_at, now=now)
    _record(tx, get_lead_by_id(tx, renewal.lead_id), renewal, attempt, now=now)


def _claim(
    tx: Connection, store: Store, desk: RightsDesk, renewal_id: str, turn: int, *, now: datetime
) -> ClaimedMail | None:
    renewal = find_running(tx, renewal_id, turn)
    if renewal is None:
        return None
    lead, questions = get_lead_by_id(tx, renewal.lead_id), open_questions(tx, renewal, now=now)
    if obstacle := _obstacle(tx, lead, questions):
        _record(tx, lead, renewal, obstacle, now=now)
        return None
    return ClaimedMail(claim_mail(tx, renewal.id), _mail(tx, store, desk, lead, renewal, questions))


def _report(tx: Connection, renewal_id: str, claim: str, outcome: Outcome, *, now: datetime) -> None:
    address = email_token(tx, lead_of(tx, renewal_id))
    is_news = hold_news(tx, address, outcome)
    renewal = find_claimed(tx, renewal_id, claim)
    if renewal is None:
        event("renewal.outrun", renewal=renewal_id)  # another worker has it; its report counts
        return
    if is_news:
        note_bounce(tx, address, outcome, now=now)
    settle(tx, renewal, outcome, now=now)


def _obstacle(tx: Connection, lead: Lead, questions: list[OpenQuestion]) -> MailAttempt | None:
    if is_erased(tx, lead.subject_id):
        return MailAttempt(MailState.DROPPED, "erased")
    if lead.is_restricted:
        return MailAttempt(MailState.DROPPED, "restricted")
    if not questions:
        return MailAttempt(MailState.DROPPED, "nothing_left_to_ask")
    return MailAttempt(MailState.REFUSED, "address_bounced") if bounced_since(tx, lead.id) else None


def _mail(
    tx: Connection, store: Store, desk: RightsDesk, lead: Lead, renewal: Renewal, questions: list[OpenQuestion]
) -> Mail:
    words, here = desk.words.of(lead.locale), desk.organisation
    said = {
        "product": here.product,
        "controller": here.name,
        "address": here.address,
        "privacy_email": here.email,
        "date": _day(min((one.until for one in questions if one.until), default=renewal.expires_at)),
        "last_day": _day(renewal.expires_at),
    }
    told = {name: text.format(**said) for name, text in words.items() if name.startswith(("renewal.", "rights.who"))}
    link = f"{desk.public_url}/renew/{renewal_token(desk.token_key, renewal.id)}"
    parts = (
        told[f"renewal.{renewal.why.value}"],
        *(part for one in questions for part in _about(one, told)),
        told["renewal.until_then" if renewal.why is Why.CHANGED else "renewal.ends_by_itself"],
        f"{told['renewal.open']}\n{link}",
        told["renewal.lasts"],
        "\n".join((told["renewal.notice"], *(f"{desk.public_url}/notices/{one}" for one in _notices(questions)))),
        f"-- \n{told['rights.who']}",
    )
    only = questions[0] if len(questions) == 1 else None
    return Mail(
        id=renewal.id,
        to=open_values(tx, store.vault, get_data_key(tx, store.vault, lead.subject_id), lead.id)["email"],
        subject=told[f"renewal.subject_{renewal.why.value}"],
        text="\n\n".join(parts) + "\n",
        locale=lead.locale,
        stop_url=stop_url(desk.public_url, desk.token_key, only.lead.id, only.purpose) if only else None,
    )


def _about(question: OpenQuestion, told: Mapping[str, str]) -> Iterator[str]:
    """Say which yes it is about, and what is otherwise now."""
    title = question.before["texts"][f"title.{question.purpose}"]
    yield f"  {title}\n  {told['renewal.agreed_at']} {_day(question.yes.decided_at)}"
    for change in told_changes(question.before, question.today, question.purpose):
        yield f"{change.heading}\n{told['renewal.was']} {change.before}\n{told['renewal.now']} {change.now}"


def _notices(questions: list[OpenQuestion]) -> list[str]:
    return list(dict.fromkeys(one.today_hash for one in questions))


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d")


def _record(tx: Connection, lead: Lead, renewal: Renewal, attempt: MailAttempt, *, now: datetime) -> None:
    record_mail(tx, renewal.id, attempt, now=now)
    kind = "tried" if attempt.state is MailState.RETRYING else attempt.state.value
    facts = {
        "renewal": renewal.id,
        "why": renewal.why.value,
        "attempt": renewal.attempts,
        "reason": attempt.reason,
        "status": attempt.status,
    }
    evidence.add_entry(
        tx, f"renewal.{kind}", actor="system", now=now, lead_id=lead.id, subject_id=lead.subject_id, facts=facts
    )
    event(
        f"renewal.{attempt.state.value}",
        renewal=renewal.id,
        attempt=renewal.attempts,
        reason=attempt.reason,
        status=attempt.status,
    )
