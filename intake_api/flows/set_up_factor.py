"""Set a second factor up, give new recovery codes, take it away (SEC-01)."""

from dataclasses import dataclass
from datetime import datetime

from intake_api.flows.issue_password import StaffUnknown
from intake_api.flows.prove_factor import CodeRefused, NothingWaits
from intake_api.rules.time_code import accepted_step, address_for_apps, new_secret
from intake_api.store import evidence, second_factors, staff
from intake_api.store.base import Store

__all__ = ["Offered", "SetUp", "begin_factor", "confirm_factor", "offered_factor", "remove_factor", "renew_codes"]


@dataclass(frozen=True)
class Offered:
    """An app that is to be set up: the secret to type, and the address that the picture holds."""

    secret: str
    address: str


@dataclass(frozen=True)
class SetUp:
    """A second factor that was set up: the new session, and the recovery codes, told this once; none beside those
    of a factor that was there before."""

    token: str
    codes: list[str]


def begin_factor(store: Store, staff_id: str, *, now: datetime) -> None:
    """Draw a secret for a person who has no app yet; one that was never confirmed goes."""
    with store.writing() as tx:
        if not second_factors.has_app(tx, staff_id):
            second_factors.put_factor(tx, store.vault, staff_id, new_secret(), now=now)


def offered_factor(store: Store, person: staff.Reviewer, *, issuer: str) -> Offered | None:
    """Return what a person sets their app up with; None once it is confirmed, or was never begun."""
    with store.reading() as tx:
        factor = second_factors.find_factor(tx, store.vault, person.id)
    if factor is None or factor.confirmed_at is not None:
        return None
    return Offered(factor.secret, address_for_apps(factor.secret, account=person.email, issuer=issuer))


def confirm_factor(store: Store, token: str, code: str, *, now: datetime) -> SetUp:
    """Confirm an app by a code of it: from now on it is the second factor. Ends all sessions, opens a new one (SEC-04).

    :raises CodeRefused: the code is not of this app, or nothing was begun.
    :raises NothingWaits: sign in again.
    """
    with store.writing() as tx:
        session = staff.find_session(tx, token, now=now)
        if session is None:
            raise NothingWaits("Sign in again.")
        staff_id = session.reviewer.id
        factor = second_factors.find_factor(tx, store.vault, staff_id, hold=True)
        begun = factor is not None and factor.confirmed_at is None
        step = accepted_step(factor.secret, code, after=0, now=now) if factor and begun else None
        if step is None:
            raise CodeRefused("This code is not of this app.")
        had_one = second_factors.has_factor(tx, staff_id)
        second_factors.confirm_factor(tx, staff_id, now=now)
        second_factors.mark_step(tx, staff_id, step)
        codes = [] if had_one else second_factors.give_recovery_codes(tx, staff_id)
        staff.close_sessions(tx, staff_id)
        facts = {"staff": staff_id, "by": "code"}
        evidence.add_entry(tx, "staff.factor_set_up", actor=f"staff:{staff_id}", now=now, facts=facts)
        new = staff.open_session(tx, staff_id, factor_at=now, opened_at=session.opened_at, now=now)
    return SetUp(new, codes)


def renew_codes(store: Store, staff_id: str, *, now: datetime) -> list[str]:
    """Give a person new recovery codes; the old ones are worth nothing.

    :raises StaffUnknown: this person has no second factor.
    """
    with store.writing() as tx:
        if not second_factors.has_factor(tx, staff_id):
            raise StaffUnknown("There is no second factor.")
        evidence.add_entry(tx, "staff.codes_renewed", actor=f"staff:{staff_id}", now=now, facts={"staff": staff_id})
        return second_factors.give_recovery_codes(tx, staff_id)


def remove_factor(store: Store, staff_id: str, *, actor: str, now: datetime) -> None:
    """Take a person's second factor away, as when the phone and the codes are lost; all their sessions end.

    :raises StaffUnknown: there is no such account, or it has no second factor.
    """
    with store.writing() as tx:
        if not second_factors.remove_factor(tx, staff_id):
            raise StaffUnknown("There is no such account with a second factor.")
        staff.close_sessions(tx, staff_id)
        evidence.add_entry(tx, "staff.factor_removed", actor=actor, now=now, facts={"staff": staff_id})
