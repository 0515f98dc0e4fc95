"""Sign a reviewer in by e-mail and password; slow down who guesses, keep nobody out for good (SEC-03, SEC-04)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from intake_api.rules.contact import EMAIL_LENGTH
from intake_api.rules.password import MAX_TYPED
from intake_api.rules.sign_in_brake import (
    ACCOUNT_FROM_ANYWHERE,
    ACCOUNT_FROM_HERE,
    NETWORK,
    Brake,
    Tries,
    counted,
    is_trusted,
    wait_left,
)
from intake_api.store import evidence, staff
from intake_api.store.base import Store
from intake_api.store.sign_in_tries import hold_tries, put_tries, remove_old_tries

__all__ = ["SignInRefused", "SignedIn", "TooManyTries", "sign_in"]


class SignInRefused(Exception):
    """No such account, another password, or a one-time password that was used already: the answer is the same."""

    code = "sign_in_refused"


class TooManyTries(Exception):
    """Too many failed tries for this account or from this network; `wait` says how long to hold on."""

    code = "too_many_tries"

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many tries. Wait a little, then try again.")
        self.wait = wait


@dataclass(frozen=True)
class SignedIn:
    """An open session: its token for the cookie, and whether a password must be chosen before anything else."""

    token: str
    must_choose_password: bool


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
    keys = _Keys(store, email, network)
    with store.writing() as tx:
        _count_try(tx, keys, now)
        account = staff.find_account(tx, email)
    matches = staff.password_matches(account, password)
    with store.writing() as tx:
        signed_in = _open(tx, account, now) if account and matches else None
        if signed_in is None:
            staff_id = account.reviewer.id if account else None
            evidence.add_entry(tx, "staff.sign_in_failed", actor="system", now=now, facts={"staff": staff_id})
        else:
            _count_success(tx, keys, now)
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


class _Keys:
    """The keys a try is counted under, made blind."""

    def __init__(self, store: Store, email: str, network: str) -> None:
        account = staff.normal_email(email)
        self.from_here = store.vault.blind("sign_in_from_here", f"{account}|{network}")
        self.from_anywhere = store.vault.blind("sign_in_account", account)
        self.network = store.vault.blind("sign_in_network", network)


def _count_try(tx: Connection, keys: _Keys, now: datetime) -> None:
    held = hold_tries(tx, [keys.from_here, keys.from_anywhere, keys.network])
    brakes: dict[bytes, Brake] = {keys.from_here: ACCOUNT_FROM_HERE, keys.network: NETWORK}
    if not is_trusted(held[keys.from_here], now=now):
        brakes[keys.from_anywhere] = ACCOUNT_FROM_ANYWHERE
    wait = max(wait_left(brake, held[key], now=now) for key, brake in brakes.items())
    if wait:
        raise TooManyTries(wait)
    put_tries(tx, {key: counted(held[key], now=now) for key in brakes})


def _count_success(tx: Connection, keys: _Keys, now: datetime) -> None:
    """Take the counted try back. What others tried stays: signing in must not give guessers a new start."""
    held = hold_tries(tx, [keys.from_here, keys.from_anywhere, keys.network])
    less = {key: Tries(max(0, one.failures - 1), one.last_at, one.succeeded_at) for key, one in held.items()}
    put_tries(tx, {**less, keys.from_here: Tries(0, None, now)})
    remove_old_tries(tx, now=now)
    staff.remove_old_sessions(tx, now=now)


def _open(tx: Connection, account: staff.Account, now: datetime) -> SignedIn | None:
    if not staff.claim_sign_in(tx, account, now=now):
        return None
    staff_id, one_time = account.reviewer.id, account.reviewer.one_time
    facts = {"staff": staff_id, "one_time": one_time}
    evidence.add_entry(tx, "staff.signed_in", actor=f"staff:{staff_id}", now=now, facts=facts)
    return SignedIn(staff.open_session(tx, staff_id, now=now), one_time)
