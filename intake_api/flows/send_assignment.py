"""Tell somebody of staff by mail that leads were given to them, one attempt at a time. It names no lead and nobody."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.flows.send_mail import MailKind, became, record_attempt, send_mail
from intake_api.flows.write_to_staff import StaffDesk, write_to_staff
from intake_api.log import event
from intake_api.mail.port import Mail
from intake_api.queue import SEND_ASSIGNMENT
from intake_api.store.assignments import ASSIGNMENT_MAILS, AssignmentMail, has_leads
from intake_api.store.base import Store
from intake_api.store.mails import MailAttempt, MailState
from intake_api.store.staff import find_person

TRY_FOR = timedelta(days=1)
THEIRS = "/?state=all&assignee=me"


def send_assignment(store: Store, desk: StaffDesk, mail_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn, as `send_mail` does.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    send_mail(store, desk, ASSIGNMENT_MAIL, mail_id, turn, clock=clock)


def _prepare(tx: Connection, store: Store, desk: StaffDesk, told: AssignmentMail, now: datetime) -> Mail | None:  # noqa: ARG001
    person = find_person(tx, told.staff_id)
    if person is None or person.disabled_at is not None or not has_leads(tx, told.staff_id):
        _record(tx, told, MailAttempt(MailState.DROPPED, "over"), now)
        return None
    return write_to_staff(desk, told.id, person.reviewer, "assignment", THEIRS)


def _record(tx: Connection, told: AssignmentMail, attempt: MailAttempt, now: datetime) -> None:
    facts = {"staff": told.staff_id}
    record_attempt(tx, ASSIGNMENT_MAIL, told, attempt, lead=None, facts=facts, now=now)
    event(f"assignment.{became(attempt)}", assignment=told.id, reason=attempt.reason, status=attempt.status)


ASSIGNMENT_MAIL = MailKind(
    ASSIGNMENT_MAILS,
    SEND_ASSIGNMENT,
    name="assignment",
    id_name="assignment",
    entry="assignment.",
    prepare=_prepare,
    record=_record,
    until=lambda told: told.made_at + TRY_FOR,
)
