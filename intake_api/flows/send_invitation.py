"""Send an invitation, one attempt at a time. It says where to choose a password, and nothing about anybody (SEC-20)."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from intake_api.clock import Clock
from intake_api.flows.send_mail import MailKind, became, record_attempt, send_mail
from intake_api.flows.write_to_staff import StaffDesk, write_to_staff
from intake_api.log import event
from intake_api.mail.port import Mail
from intake_api.queue import SEND_INVITATION
from intake_api.store.base import Store
from intake_api.store.invitations import INVITATIONS, LASTS, Invitation, invitation_token
from intake_api.store.mails import MailAttempt, MailState
from intake_api.store.staff import find_person


def send_invitation(store: Store, desk: StaffDesk, invitation_id: str, turn: int, *, clock: Clock) -> None:
    """Make the attempt of this turn, as `send_mail` does.

    :raises StoreUnavailable: the claim or the outcome could not be written; the attempt is made again later.
    """
    send_mail(store, desk, INVITATION_MAIL, invitation_id, turn, clock=clock)


def _prepare(tx: Connection, store: Store, desk: StaffDesk, invitation: Invitation, now: datetime) -> Mail | None:  # noqa: ARG001
    person = find_person(tx, invitation.staff_id)
    if person is None or person.disabled_at is not None or not invitation.is_open(now):
        _record(tx, invitation, MailAttempt(MailState.DROPPED, "over"), now)
        return None
    path = f"/join/{invitation_token(desk.token_key, invitation.id)}"
    hours = str(LASTS // timedelta(hours=1))
    return write_to_staff(
        desk, invitation.id, person.reviewer, "invitation", path, more=("lasts", "ignore"), hours=hours
    )


def _record(tx: Connection, invitation: Invitation, attempt: MailAttempt, now: datetime) -> None:
    facts = {"staff": invitation.staff_id}
    record_attempt(tx, INVITATION_MAIL, invitation, attempt, lead=None, facts=facts, now=now)
    event(f"invitation.{became(attempt)}", invitation=invitation.id, reason=attempt.reason, status=attempt.status)


INVITATION_MAIL = MailKind(
    INVITATIONS,
    SEND_INVITATION,
    name="invitation",
    id_name="invitation",
    entry="invitation.",
    prepare=_prepare,
    record=_record,
    until=lambda invitation: invitation.expires_at,
)
