"""Show a second factor: to finish a sign-in, or anew before something that reaches far (SEC-01, SEC-10).

A code is good once, a recovery code ever. Tries are counted before they are looked at, as those of passwords are.
"""

from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.count_readings import begin_anew
from intake_api.flows.slow_down import TooManyTries, count_try, take_back_try, try_keys
from intake_api.rules.time_code import accepted_step
from intake_api.store import evidence, second_factors, staff
from intake_api.store.base import Store

__all__ = [
    "CodeRefused",
    "NothingWaits",
    "TooManyTries",
    "find_either",
    "let_through",
    "prove_factor",
    "waits_for_code",
]


class CodeRefused(Exception):
    """This code is not good: mistyped, too old, or used already."""

    code = "code_refused"


class NothingWaits(Exception):
    """No sign-in waits for a code, or it waited too long: sign in again."""

    code = "nothing_waits"


def waits_for_code(store: Store, token: str, *, now: datetime) -> bool:
    """Say whether the sign-in of a token waits for its code."""
    with store.reading() as tx:
        return staff.find_waiting(tx, token, now=now) is not None


def prove_factor(store: Store, token: str, code: str, *, network: str, now: datetime) -> str:
    """Take a code; end the session of `token` and return the token of a new one, in which the factor was shown.

    :raises CodeRefused: try again.
    :raises NothingWaits: sign in again.
    :raises TooManyTries: not even looked at.
    :raises StoreUnavailable: nothing was written.
    """
    with store.writing() as tx:
        session = find_either(tx, token, now)
        keys = try_keys(store, "code", session.reviewer.id, network)
        count_try(tx, keys, now=now)
    with store.writing() as tx:
        session, new = find_either(tx, token, now), ""
        staff_id = session.reviewer.id
        by = _taken(tx, store, staff_id, code, now=now)
        if by is None:
            evidence.add_entry(tx, "staff.code_refused", actor="system", now=now, facts={"staff": staff_id})
        else:
            take_back_try(tx, keys, now=now)
            new = let_through(tx, token, session, by, now)
    if by is None:
        raise CodeRefused("This code is not good.")
    return new


def find_either(tx: Connection, token: str, now: datetime) -> staff.OpenSession:
    """Return the sign-in of a token that waits for its factor, or the open session in which it is asked for anew.

    :raises NothingWaits: there is neither.
    """
    session = staff.find_waiting(tx, token, now=now) or staff.find_session(tx, token, now=now)
    if session is None:
        raise NothingWaits("Sign in again.")
    return session


def _taken(tx: Connection, store: Store, staff_id: str, code: str, *, now: datetime) -> str | None:
    """Use a code up and say by what it was good; None if it was not."""
    factor = second_factors.find_factor(tx, store.vault, staff_id, hold=True)
    if factor is not None and factor.confirmed_at is not None:
        step = accepted_step(factor.secret, code, after=factor.last_step, now=now)
        if step is not None:
            second_factors.mark_step(tx, staff_id, step)
            return "code"
    return "recovery_code" if second_factors.use_recovery_code(tx, staff_id, code, now=now) else None


def let_through(tx: Connection, token: str, session: staff.OpenSession, by: str, now: datetime) -> str:
    """Open a session in which the factor was shown, in the place of the one of a token; return its token (SEC-04)."""
    staff.close_session(tx, token)
    staff_id = session.reviewer.id
    begin_anew(tx, staff_id, now=now)
    kind = "staff.signed_in" if session.waits else "staff.factor_shown"
    facts = {"staff": staff_id, "by": by}
    evidence.add_entry(tx, kind, actor=f"staff:{staff_id}", now=now, facts=facts)
    began = now if session.waits else session.opened_at  # showing a factor anew lengthens no session
    return staff.open_session(tx, staff_id, factor_at=now, opened_at=began, now=now)
