"""Choose a password by the link of an invitation, once, and be signed in (SEC-01, SEC-02, SEC-04)."""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.choose_password import PasswordRefused
from intake_api.flows.sign_in import SignedIn
from intake_api.rules.password import password_problem
from intake_api.store import evidence, staff
from intake_api.store.base import Store
from intake_api.store.invitations import InvitationOver, end_invitations, get_open
from intake_api.store.second_factors import has_factor

__all__ = ["InvitationOver", "PasswordRefused", "join_staff", "look_at_invitation"]


def look_at_invitation(store: Store, token_key: bytes, token: str, *, now: datetime) -> staff.Reviewer:
    """Return who is invited; looking changes nothing.

    :raises InvitationOver: no such link, used, too late, or its account is switched off.
    """
    with store.reading() as tx:
        return _invited(tx, token_key, token, hold=False, now=now)


def join_staff(store: Store, token_key: bytes, token: str, password: str, *, now: datetime) -> SignedIn:
    """Set the password, end all sessions of this person and open a new one; with a second factor, it waits for that.

    :raises PasswordRefused: choose another one; the link stays good.
    :raises InvitationOver: as above; of two who use a link at the same time, one gets this.
    """
    person = look_at_invitation(store, token_key, token, now=now)
    if problem := password_problem(password, email=person.email):
        raise PasswordRefused(problem)
    password_hash = staff.hash_password(password)
    with store.writing() as tx:
        _invited(tx, token_key, token, hold=True, now=now)
        end_invitations(tx, person.id, now=now)
        staff.set_password(tx, person.id, password_hash, one_time=False)
        staff.mark_signed_in(tx, person.id, now=now)
        facts = {"staff": person.id, "by": "invitation"}
        evidence.add_entry(tx, "staff.password_chosen", actor=f"staff:{person.id}", now=now, facts=facts)
        waits = has_factor(tx, person.id)
        return SignedIn(staff.open_session(tx, person.id, waits=waits, now=now), False, waits)


def _invited(tx: Connection, token_key: bytes, token: str, *, hold: bool, now: datetime) -> staff.Reviewer:
    person = staff.find_person(tx, get_open(tx, token_key, token, hold=hold, now=now).staff_id)
    if person is None or person.disabled_at is not None:
        raise InvitationOver("This link is over.")
    return person.reviewer
