"""Answer a rights case by hand: open one for somebody who wrote to us, take longer, refuse, or note that it is done.

Each tells the person, by a letter in their language, what Article 12 says they must be told (S-04, S-16, S-19).
"""

import hashlib
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.write_letter import write_about_case
from intake_api.log import event
from intake_api.queue import Queue
from intake_api.rules.contact import email as canonical_email
from intake_api.rules.letter_text import ReasonRefused, checked_reason
from intake_api.rules.rights import RightsKind, due_at, extended_due
from intake_api.rules.text import Refused
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.letters import LetterKind
from intake_api.store.rights_cases import (
    BY_HAND,
    CaseUnknown,
    RightsCase,
    add_case,
    end_case,
    get_case,
    mark_refused,
    mark_used,
)
from intake_api.store.rights_cases import extend_case as extend

__all__ = [
    "AlreadyExtended",
    "AnsweredByLink",
    "CaseClosed",
    "CaseUnknown",
    "ReasonRefused",
    "Refused",
    "TooLateToExtend",
    "close_case",
    "extend_case",
    "open_case",
    "refuse_case",
]

OPERATOR = "operator"


class CaseClosed(Exception):
    """The case is over: answered, refused, or its address is gone."""

    code = "case_closed"


class AnsweredByLink(Exception):
    """The person answers this case themselves, by the link in their mail."""

    code = "answered_by_link"


class TooLateToExtend(Exception):
    """A request can be extended only within the first month: the person must know by then."""

    code = "too_late_to_extend"


class AlreadyExtended(Exception):
    """A request can be extended once."""

    code = "already_extended"


def open_case(
    store: Store,
    *,
    kind: RightsKind,
    email: str,
    locale: str,
    asked_at: datetime,
    now: datetime,
) -> RightsCase:
    """Open a case for somebody who wrote, called or came: staff answer it, and no link is sent.

    :param asked_at: when it reached us; its time began then.
    :raises Refused: this is no e-mail address; its `code` says why.
    :raises StoreUnavailable: nothing was kept.
    """
    address = canonical_email(email)
    with store.writing() as tx:
        case = add_case(
            tx, store.vault, None, kind=kind, email=address, locale=locale, door=BY_HAND, now=min(asked_at, now)
        )
        _record(tx, "rights.asked", case, {"right": kind.value, "locale": locale, "door": BY_HAND}, now=now)
    return case


def extend_case(store: Store, queue: Queue, case_id: str, by: str, reason: str, *, now: datetime) -> datetime:
    """Take longer for an answer, once and within the first month, and tell the person why; return the new day.

    :param by: one of `EXTENSIONS`.
    :raises ReasonRefused: no reason, or none that fits into a mail.
    :raises CaseUnknown, CaseClosed, AlreadyExtended, TooLateToExtend: nothing was changed.
    :raises StoreUnavailable: nothing was written.
    """
    checked = checked_reason(reason)
    queue.load()
    with store.writing() as tx:
        case = _waiting(tx, case_id)
        if case.extended_at is not None:
            raise AlreadyExtended("This case was extended before; a second time is not possible.")
        if now > due_at(case.made_at):
            raise TooLateToExtend("Only within the first month can a request be extended.")
        until = extended_due(case.made_at, by)
        extend(tx, case.id, until, now=now)
        write_about_case(tx, store, queue, case, LetterKind.EXTENDED, {"reason": checked}, now=now)
        _record(tx, "rights.extended", case, {"by": by, "reason": _digest(checked)}, now=now)
    return until


def refuse_case(store: Store, queue: Queue, case_id: str, reason: str, *, now: datetime) -> None:
    """Refuse what was asked, and tell the person why, where to complain, and that there is a court (Art. 12(4)).

    :raises ReasonRefused: no reason, or none that fits into a mail.
    :raises CaseUnknown, CaseClosed: nothing was changed.
    :raises StoreUnavailable: nothing was written.
    """
    checked = checked_reason(reason)
    queue.load()
    with store.writing() as tx:
        case = _waiting(tx, case_id)
        mark_refused(tx, case.id, now=now)
        write_about_case(tx, store, queue, case, LetterKind.REFUSED, {"reason": checked}, now=now)
        _record(tx, "rights.refused", case, {"reason": _digest(checked)}, now=now)


def close_case(store: Store, case_id: str, *, now: datetime) -> None:
    """Note that a case by hand, or one that was extended, was answered; its address is destroyed.

    :raises CaseUnknown, CaseClosed, AnsweredByLink: nothing was changed.
    :raises StoreUnavailable: nothing was written.
    """
    with store.writing() as tx:
        case = _waiting(tx, case_id)
        if case.door != BY_HAND and case.extended_at is None:
            raise AnsweredByLink("The link in its mail answers this case; nothing is noted by hand.")
        mark_used(tx, case.id, now=now)
        end_case(tx, case.id, now=now)
        _record(tx, "rights.done", case, {"right": case.kind.value, "leads": []}, now=now)


def _waiting(tx: Connection, case_id: str) -> RightsCase:
    case = get_case(tx, case_id, hold=True)
    if not case.is_waiting:
        raise CaseClosed("This case is over.")
    return case


def _record(tx: Connection, kind: str, case: RightsCase, facts: dict[str, object], *, now: datetime) -> None:
    evidence.add_entry(tx, kind, actor=OPERATOR, now=now, facts={"case": case.id, **facts})
    event(kind, case=case.id)


def _digest(reason: str) -> str:
    """Return what the evidence keeps of a reason: it was written to a person, and may be about them."""
    return hashlib.sha256(reason.encode()).hexdigest()
