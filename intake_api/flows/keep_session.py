"""Recognise a reviewer by the token of their session, and keep the session from going idle (SEC-04)."""

from datetime import datetime

from intake_api.store import staff
from intake_api.store.base import Store


def keep_session(store: Store, token: str, *, by_itself: bool = False, now: datetime) -> staff.OpenSession | None:
    """Return the session of this token, or None; the session's idle time starts anew, to the minute.

    :param by_itself: a page asks without anybody's click, so the idle time goes on.
    """
    with store.reading() as tx:
        session = staff.find_session(tx, token, now=now)
    if session is None:
        return None
    if not by_itself and now - session.seen_at >= staff.SEEN_AGAIN:
        with store.writing() as tx:
            staff.mark_seen(tx, token, now=now)
    return session
