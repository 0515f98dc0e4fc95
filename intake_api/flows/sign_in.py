"""Sign a reviewer in by e-mail and password; slow down who guesses, keep nobody out for good (SEC-03, SEC-04)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.slow_down import TooManyTries, count_try, take_back_try, try_keys
from intake_api.rules.contact import EMAIL_LENGTH
from intake_api.rules.password import MAX_TYPED
from intake_api.store import evidence, staff
from intake_api.store.base import Store
from intake_api.store.second_factors import has_factor
from intake_api.store.sign_in_tries import remove_old_tries

__all__ = ["SignInRefused", "SignedIn", "TooManyTries", "sign_in"]


class SignInRefused(Exception):
    """No such account, another password, or a one-time password that was used already: the answer is the same."""

    code = "sign_in_refused"


@dataclass(frozen=True)
class SignedIn:
    """A token for the cookie, and what it wants: a code, before it is a session at all, or a password to choose."""

    token: str
    must_choose_password: bool
    waits_for_code: bool = False


def sign_in(
    store: Store, email: str, password: str, *, network: str, old_token: str | None = None, now: datetime
) -> SignedIn:
    """Check the password and open a session with a new token; the session of `old_token` ends.

    The try is counted before the password is looked at, so that guesses in parallel gain nothing; the slow check of
    the password runs while no transaction is open.

    :param network: the address the request came from, as far as one visitor's network reaches.
    :raises SignInRefused: not signed in, for whatever reason.
    :raises TooManyTries: not even looked at.
    :raises StoreUnavailable: the sign-in cannot be recorded.
    """
    email, password = _as_can_be(email, password)
    keys = try_keys(store, "sign_in", staff.normal_email(email), network)
    with store.writing() as tx:
        count_try(tx, keys, now=now)
        account = staff.find_account(tx, email)
    matches = staff.password_matches(account, password)
    with store.writing() as tx:
        signed_in = _open(tx, account, now) if account and matches else None
        if signed_in is None:
            staff_id = account.reviewer.id if account else None
            evidence.add_entry(tx, "staff.sign_in_failed", actor="system", now=now, facts={"staff": staff_id})
        else:
            take_back_try(tx, keys, now=now)
            remove_old_tries(tx, now=now)
            staff.remove_old_sessions(tx, now=now)
            if old_token:
                staff.close_session(tx, old_token)
    if signed_in is None:
        raise SignInRefused("This e-mail and this password do not fit together.")
    return signed_in


def _as_can_be(email: str, password: str) -> tuple[str, str]:
    """Take for empty what nobody can have, before anything looks at it whole: too long, or not to be seen.

    An empty one fits no account, so it is answered, counted and recorded like any other wrong one and costs no more.
    Cutting it short would not do: the right password with anything behind it would sign in.
    """
    email = email.strip()
    is_email = len(email) <= EMAIL_LENGTH and email.isprintable()
    return email if is_email else "", password if len(password) <= MAX_TYPED else ""


def _open(tx: Connection, account: staff.Account, now: datetime) -> SignedIn | None:
    if not staff.claim_sign_in(tx, account, now=now):
        return None
    staff_id, one_time = account.reviewer.id, account.reviewer.one_time
    waits = has_factor(tx, staff_id)
    kind = "staff.password_accepted" if waits else "staff.signed_in"
    facts = {"staff": staff_id, "one_time": one_time}
    evidence.add_entry(tx, kind, actor=f"staff:{staff_id}", now=now, facts=facts)
    return SignedIn(staff.open_session(tx, staff_id, waits=waits, now=now), one_time, waits)
