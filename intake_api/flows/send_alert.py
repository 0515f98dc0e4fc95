"""Tell somebody of staff by mail to look at the audit, or at what failed, one attempt at a time. It names nobody."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.flows.count_readings import KIND
from intake_api.flows.hear_destination import MAY_ONLY_REDUCE
from intake_api.flows.send_mail import MailKind, became, record_attempt, send_mail
from intake_api.flows.write_to_staff import StaffDesk, write_to_staff
from intake_api.log import event
from intake_api.mail.port import Mail
from intake_api.queue import SEND_ALERT
from intake_api.store.alerts import ALERT_MAILS, AlertMail
from intake_api.store.base import Store
from intake_api.store.mails import MailAttempt, MailState
from intake_api.store.staff import find_person

TRY_FOR = timedelta(days=1)
THERE = f"/audit?kind={KIND}"
PARKED = "/destinations/parked"
GRANT = "/destinations"


def send_alert(store: Store, desk: StaffDesk, mail_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn, as `send_mail` does.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    send_mail(store, desk, ALERT_MAIL, mail_id, turn, clock=clock)


def _prepare(tx: Connection, store: Store, desk: StaffDesk, told: AlertMail, now: datetime) -> Mail | None:  # noqa: ARG001
    person = find_person(tx, told.staff_id)
    if person is None or person.disabled_at is not None:
        _record(tx, told, MailAttempt(MailState.DROPPED, "over"), now)
        return None
    return write_to_staff(desk, told.id, person.reviewer, *_about(told))


def _about(told: AlertMail) -> tuple[str, str]:
    """Return the kind of the words, and where their link leads."""
    if told.destination is None:
        return "alert", THERE
    return ("grant", GRANT) if told.reason == MAY_ONLY_REDUCE else ("parked", PARKED)


def _record(tx: Connection, told: AlertMail, attempt: MailAttempt, now: datetime) -> None:
    record_attempt(tx, ALERT_MAIL, told, attempt, lead=None, facts={"staff": told.staff_id}, now=now)
    event(f"alert.{became(attempt)}", alert=told.id, reason=attempt.reason, status=attempt.status)


ALERT_MAIL = MailKind(
    ALERT_MAILS,
    SEND_ALERT,
    name="alert",
    id_name="alert",
    entry="alert.",
    prepare=_prepare,
    record=_record,
    until=lambda told: told.made_at + TRY_FOR,
)
