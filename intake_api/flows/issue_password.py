"""Issue a one-time password: to the first account of a fresh house, or to a person who lost theirs (SEC-01)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.rules.staff_roles import Role
from intake_api.store import evidence, staff
from intake_api.store.base import Store

__all__ = ["FIRST_EMAIL", "Invitation", "StaffUnknown", "invite_first_staff", "reset_staff"]

FIRST_EMAIL = "reviewer@vestibule.example"
FIRST_ROLES = (Role.ADMINISTRATOR, Role.REVIEWER)  # somebody has to let the others in, and a small house has one person


class StaffUnknown(Exception):
    """No account has this e-mail."""

    code = "staff_unknown"


@dataclass(frozen=True)
class Invitation:
    """What to hand to the person. The password is good for one sign-in and is kept nowhere."""

    email: str
    password: str


def invite_first_staff(store: Store, email: str | None, *, now: datetime) -> Invitation | None:
    """Make the first account, or give it a fresh password, while nobody has ever signed in; None once somebody has.

    :param email: of the account; without it, the e-mail it has, or FIRST_EMAIL.
    """
    password = staff.new_one_time_password()
    password_hash = staff.hash_password(password)
    with store.writing() as tx:
        first = staff.find_never_signed_in(tx)
        if first is None and staff.count_staff(tx):
            return None
        wanted = staff.normal_email(email or (first.email if first else FIRST_EMAIL))
        if first is None:
            staff_id = staff.add_staff(tx, wanted, password_hash, one_time=True, roles=FIRST_ROLES, now=now)
        else:
            staff_id = first.id
            staff.set_email(tx, staff_id, wanted)
            staff.set_password(tx, staff_id, password_hash, one_time=True)
        _record(tx, staff_id, now)
    return Invitation(wanted, password)


def reset_staff(store: Store, email: str, *, now: datetime) -> Invitation:
    """Give a person a fresh one-time password and end all their sessions.

    :raises StaffUnknown: no account has this e-mail.
    """
    password = staff.new_one_time_password()
    password_hash = staff.hash_password(password)
    with store.writing() as tx:
        account = staff.find_account(tx, email)
        if account is None:
            raise StaffUnknown("No account has this e-mail.")
        staff.set_password(tx, account.reviewer.id, password_hash, one_time=True)
        _record(tx, account.reviewer.id, now)
    return Invitation(account.reviewer.email, password)


def _record(tx: Connection, staff_id: str, now: datetime) -> None:
    evidence.add_entry(tx, "staff.password_issued", actor="operator", now=now, facts={"staff": staff_id})
