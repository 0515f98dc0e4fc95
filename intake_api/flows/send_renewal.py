"""Send the mail that asks somebody again, one attempt at a time: what has changed or ends, and nothing else (V-07).

Its words are fixed or stand in the notices; nothing was typed (SEC-20), its links come from the settings (SEC-19).
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.flows.open_questions import OpenQuestion, open_questions
from intake_api.flows.send_mail import MailKind, record_attempt, send_mail
from intake_api.flows.send_rights_link import RightsDesk
from intake_api.log import event
from intake_api.mail.port import Mail
from intake_api.queue import SEND_RENEWAL
from intake_api.rules.told_changes import told_changes
from intake_api.store.base import Store
from intake_api.store.lead_index import bounced_since
from intake_api.store.leads import Lead, get_lead_by_id, open_values
from intake_api.store.mailed_links import stop_url
from intake_api.store.mails import MailAttempt, MailState
from intake_api.store.renewals import RENEWALS, Renewal, Why, lead_of, renewal_token
from intake_api.store.subjects import is_erased


def send_renewal(store: Store, desk: RightsDesk, renewal_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn, as `send_mail` does.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    send_mail(store, desk, RENEWAL_MAIL, renewal_id, turn, clock=clock)


def _prepare(tx: Connection, store: Store, desk: RightsDesk, renewal: Renewal, now: datetime) -> Mail | None:
    lead, questions = get_lead_by_id(tx, renewal.lead_id), open_questions(tx, renewal, now=now)
    if obstacle := _obstacle(tx, lead, questions):
        _record(tx, renewal, obstacle, now, lead)
        return None
    return _mail(tx, store, desk, lead, renewal, questions)


def _obstacle(tx: Connection, lead: Lead, questions: list[OpenQuestion]) -> MailAttempt | None:
    if is_erased(tx, lead.subject_id):
        return MailAttempt(MailState.DROPPED, "erased")
    if lead.is_restricted:
        return MailAttempt(MailState.DROPPED, "restricted")
    if lead.held_for:
        return MailAttempt(MailState.DROPPED, "held")
    if not questions:
        return MailAttempt(MailState.DROPPED, "nothing_left_to_ask")
    return MailAttempt(MailState.REFUSED, "address_bounced") if bounced_since(tx, lead.id) else None


def _mail(
    tx: Connection, store: Store, desk: RightsDesk, lead: Lead, renewal: Renewal, questions: list[OpenQuestion]
) -> Mail:
    words, here = desk.words.of(lead.locale), desk.organisation
    said = {
        **here.in_texts,
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
        to=open_values(tx, store.vault, lead)["email"],
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


def _record(tx: Connection, renewal: Renewal, attempt: MailAttempt, now: datetime, lead: Lead | None = None) -> None:
    lead = lead or get_lead_by_id(tx, renewal.lead_id)
    record_attempt(tx, RENEWAL_MAIL, renewal, attempt, lead=lead, facts={"why": renewal.why.value}, now=now)
    event(
        f"renewal.{attempt.state.value}",
        renewal=renewal.id,
        attempt=renewal.attempts,
        reason=attempt.reason,
        status=attempt.status,
    )


RENEWAL_MAIL = MailKind(
    RENEWALS,
    SEND_RENEWAL,
    name="renewal",
    id_name="renewal",
    entry="renewal.",
    prepare=_prepare,
    record=_record,
    until=lambda renewal: renewal.expires_at,
    lead_of=lead_of,
)
