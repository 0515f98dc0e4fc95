"""Sign a reviewer out: the session ends on the server, and the cookie is worth nothing (SEC-04)."""

from datetime import datetime

from intake_api.store import evidence, staff
from intake_api.store.base import Store


def sign_out(store: Store, token: str, *, now: datetime) -> None:
    """End the session of a token; a session that is over already stays over."""
    with store.writing() as tx:
        session = staff.find_session(tx, token, now=now)
        if session is not None:
            staff_id = session.reviewer.id
            staff.close_session(tx, token)
            evidence.add_entry(tx, "staff.signed_out", actor=f"staff:{staff_id}", now=now, facts={"staff": staff_id})
