"""Choose a password of one's own after signing in with the printed one (SEC-01, SEC-02)."""

from datetime import datetime

from intake_api.rules.password import password_problem
from intake_api.store import evidence, staff
from intake_api.store.base import Store

__all__ = ["PasswordRefused", "SessionOver", "choose_password"]


class PasswordRefused(Exception):
    """The new password will not do; `problem` is `too_short`, `too_long`, `too_common` or `same_as_printed`."""

    code = "password_refused"

    def __init__(self, problem: str) -> None:
        super().__init__("This password will not do.")
        self.problem = problem


class SessionOver(Exception):
    """The session has ended, or its password was chosen already."""

    code = "session_over"


def choose_password(store: Store, token: str, password: str, *, now: datetime) -> str:
    """Set the password, end all sessions of this person, open a new one and return its token.

    :raises PasswordRefused: choose another one.
    :raises SessionOver: sign in again.
    """
    with store.reading() as tx:
        session = staff.find_session(tx, token, now=now)
        account = staff.find_account(tx, session.reviewer.email) if session else None
    if account is None or not account.reviewer.one_time:
        raise SessionOver("Sign in again.")
    problem = password_problem(password, email=account.reviewer.email)
    if problem is None and staff.password_matches(account, password):
        problem = "same_as_printed"
    if problem is not None:
        raise PasswordRefused(problem)
    password_hash, staff_id = staff.hash_password(password), account.reviewer.id
    with store.writing() as tx:
        if not staff.claim_choice(tx, account):
            raise SessionOver("Sign in again.")
        staff.set_password(tx, staff_id, password_hash, one_time=False)
        staff.mark_signed_in(tx, staff_id, now=now)
        evidence.add_entry(tx, "staff.password_chosen", actor=f"staff:{staff_id}", now=now, facts={"staff": staff_id})
        return staff.open_session(tx, staff_id, factor_at=session.factor_at if session else None, now=now)
