"""Send a letter, one attempt at a time: what we owe a person to know, in their language, with nothing to press.

Nothing that a visitor typed is in it (SEC-20); a reason is staff's. Its links come from the settings (SEC-19).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from intake_api.catalogue.model import Catalogue
from intake_api.clock import Clock
from intake_api.flows.receipt_token import receipt_token
from intake_api.flows.record_told import note_mailed
from intake_api.flows.send_mail import MailDesk, MailKind, record_attempt, send_mail
from intake_api.log import event
from intake_api.mail.port import Mail
from intake_api.mail.words import MailWords
from intake_api.queue import SEND_LETTER
from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.lead_index import contact_token, email_token
from intake_api.store.leads import Lead, get_lead_by_id, open_values
from intake_api.store.letters import LETTERS, Letter, LetterKind, open_letter
from intake_api.store.mails import MailAttempt, MailState
from intake_api.store.notices import get_notice_body
from intake_api.store.rights_cases import case_key, end_case, get_case, open_address
from intake_api.store.subjects import get_data_key, is_erased

TRY_FOR = timedelta(days=7)
NOT_SENT = (MailState.REFUSED, MailState.GIVEN_UP, MailState.DROPPED)


@dataclass(frozen=True)
class LetterDesk(MailDesk):
    """The desk with what letters say."""

    catalogue: Catalogue
    words: MailWords


@dataclass(frozen=True)
class _Addressed:
    """Where a letter goes, in which language, and what it says beyond its fixed words."""

    address: str
    locale: str
    said: Mapping[str, str]
    lead: Lead | None


def send_letter(store: Store, desk: LetterDesk, letter_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn, as `send_mail` does.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    send_mail(store, desk, LETTER_MAIL, letter_id, turn, clock=clock)


def _prepare(tx: Connection, store: Store, desk: LetterDesk, letter: Letter, now: datetime) -> Mail | None:
    if reason := _obstacle(tx, letter, now=now):
        _record(tx, letter, MailAttempt(MailState.DROPPED, reason), now)
        return None
    return _mail(tx, store, desk, letter)


def _address_of(tx: Connection, store: Store, letter: Letter) -> bytes | None:
    """Return the blind index of the address a letter went to, if it is still known."""
    if letter.lead_id:
        return email_token(tx, letter.lead_id)
    if letter.case_id is None or get_case(tx, letter.case_id, hold=True).ended_at is not None:
        return None
    return contact_token(store.vault, "email", open_address(tx, store.vault, letter.case_id))


def _obstacle(tx: Connection, letter: Letter, *, now: datetime) -> str | None:
    """Say why a letter may not go, with what it is about held: whoever erases or ends it at this moment waits."""
    if letter.lead_id:
        lead = get_lead_by_id(tx, letter.lead_id, hold=True)
        if is_erased(tx, lead.subject_id):
            return "erased"
        if email_token(tx, lead.id) is None:
            return "no_address"
        if lead.is_restricted and letter.kind is not LetterKind.LIFTING:
            return "restricted"
        if lead.held_for and letter.kind in (LetterKind.NOTICE, LetterKind.RECEIPT):
            return "held"
        if letter.kind is LetterKind.LIFTING and not lead.is_restricted:
            return "not_wanted_any_more"
    elif letter.case_id and get_case(tx, letter.case_id, hold=True).ended_at is not None:
        return "case_over"
    return "too_late" if now >= letter.made_at + TRY_FOR else None


def _mail(tx: Connection, store: Store, desk: LetterDesk, letter: Letter) -> Mail:
    to = _addressed(tx, store, letter)
    words, here = desk.words.of(to.locale), desk.catalogue.organisation
    said = {**here.in_texts, **to.said}
    if right := to.said.get("right"):
        said["wish"] = words[f"rights.{right}"]
    parts = (*_parts(tx, desk, letter, to, words, said), f"-- \n{words['rights.who'].format(**said)}")
    subject = words[f"letters.{letter.kind.value}_subject"].format(**said)
    return Mail(id=letter.id, to=to.address, subject=subject, text="\n\n".join(parts) + "\n", locale=to.locale)


def _addressed(tx: Connection, store: Store, letter: Letter) -> _Addressed:
    if letter.lead_id:
        lead = get_lead_by_id(tx, letter.lead_id)
        key = get_data_key(tx, store.vault, lead.subject_id)
        address = str(open_values(tx, store.vault, lead)["email"])
        return _Addressed(address, lead.locale, open_letter(tx, store.vault, key, letter.id), lead)
    case = get_case(tx, str(letter.case_id))
    said = open_letter(tx, store.vault, case_key(tx, store.vault, case.id), letter.id)
    asked_at, due = (moment.astimezone(UTC).strftime("%Y-%m-%d") for moment in (case.made_at, case.due_at))
    about = {**said, "right": case.kind.value, "asked_at": asked_at, "due": due}
    return _Addressed(open_address(tx, store.vault, case.id), case.locale, about, None)


def _parts(
    tx: Connection, desk: LetterDesk, letter: Letter, to: _Addressed, words: Mapping[str, str], said: Mapping[str, str]
) -> list[str]:
    my_data = f"{words['letters.my_data']}\n{desk.public_url}/my-data?lang={to.locale}"

    def fixed(name: str) -> str:
        return words[f"letters.{name}"].format(**said)

    if letter.kind is LetterKind.NOTICE and to.lead:
        notice = f"{fixed('notice_link')}\n{desk.public_url}/notices/{to.lead.notice_hash}"
        return [fixed(f"notice_{said['way']}"), notice, fixed("not_you"), my_data]
    if letter.kind is LetterKind.RECEIPT and to.lead:
        receipt = f"{desk.public_url}/receipts/{receipt_token(desk.token_key, to.lead.id)}"
        titles = "\n".join(f"  {title}" for title in _given(tx, to.lead))
        return [f"{fixed('receipt_text')}\n{titles}", f"{fixed('receipt_link')}\n{receipt}", fixed("receipt_secret")]
    reason = f"  {said['reason']}"
    if letter.kind is LetterKind.LIFTING:
        return [fixed("lifting_text"), reason, fixed("lifting_not_agreed"), my_data]
    if letter.kind is LetterKind.EXTENDED:
        return [fixed("extended_text"), reason, fixed("extended_due"), _complaint(desk, to.locale)]
    return [fixed("refused_text"), reason, _complaint(desk, to.locale), fixed("refused_court")]


def _given(tx: Connection, lead: Lead) -> list[str]:
    """Return the titles of what stands as given, as the notice of this person has them."""
    texts = json.loads(get_notice_body(tx, lead.notice_hash))["texts"]
    given = [one for one, said in current_decisions(tx, lead.id).items() if said.state is DecisionState.GIVEN]
    return [str(texts[f"title.{purpose}"]) for purpose in given]


def _complaint(desk: LetterDesk, locale: str) -> str:
    return desk.catalogue.any_view(locale).notice.texts["page.complaint_text"]


def _record(tx: Connection, letter: Letter, attempt: MailAttempt, now: datetime) -> None:
    lead = get_lead_by_id(tx, letter.lead_id) if letter.lead_id else None
    facts = {"says": letter.kind.value, "case": letter.case_id}
    record_attempt(tx, LETTER_MAIL, letter, attempt, lead=lead, facts=facts, now=now)
    event(f"letter.{attempt.state.value}", letter=letter.id, reason=attempt.reason, status=attempt.status)
    if lead and letter.kind is LetterKind.NOTICE and attempt.state is MailState.SENT:
        note_mailed(tx, lead, now=now)
    if letter.kind is LetterKind.REFUSED and letter.case_id and attempt.state in (MailState.SENT, *NOT_SENT):
        end_case(tx, letter.case_id, now=now)  # there is nothing left to write to it about


LETTER_MAIL = MailKind(
    LETTERS,
    SEND_LETTER,
    name="letter",
    id_name="letter",
    entry="letter.",
    prepare=_prepare,
    record=_record,
    until=lambda letter: letter.made_at + TRY_FOR,
    address_of=_address_of,
)
