"""Rights cases: somebody asked for something by an address, and proves by a link in a mail that it is theirs (S-02).

The address is sealed under a key of the case's own, and its blind index stands beside it to be compared with the leads'
and to count how often it was written to. Both are destroyed: the address when the case is over, the index a day later.
As for confirmations, `turn` counts the times the mail was put into the queue, `claim` says whose hands it is in, and
the token is derived from the case's id; only a digest is kept (SEC-45).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Index,
    LargeBinary,
    Row,
    Select,
    String,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.rights import COUNT_LINKS_FOR, LINK_LASTS, TRY_TO_SEND_FOR, OtherLink, RightsKind, due_at
from intake_api.store.base import Moment, Table
from intake_api.store.confirmations import RUNNING, MailAttempt, MailState
from intake_api.store.vault import Vault

TOKEN_BYTES = 24
WAITS = "next_attempt_at IS NOT NULL"
OPEN = "ended_at IS NULL"


class RightsCaseRow(Table):
    """One case. While it is open it holds an address, sealed; afterwards nothing that leads to anybody."""

    __tablename__ = "rights_cases"
    __table_args__ = (
        Index(None, "address"),
        Index(None, "next_attempt_at", sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
        Index(None, "made_at", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    locale: Mapped[str] = mapped_column(String(8))
    door: Mapped[str] = mapped_column(String(16))
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    mail: Mapped[str] = mapped_column(String(16))
    turn: Mapped[int]
    attempts: Mapped[int]
    claim: Mapped[str | None] = mapped_column(String(32))
    next_attempt_at: Mapped[datetime | None] = mapped_column(Moment)
    last_reason: Mapped[str | None] = mapped_column(String(64))
    last_status: Mapped[int | None]
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    result_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    result_until: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class CaseUnknown(Exception):
    """No case has this token."""

    code = "case_unknown"


@dataclass(frozen=True)
class RightsCase:
    """One case, as it stands, without the address."""

    id: str
    kind: RightsKind
    locale: str
    door: str
    made_at: datetime
    due_at: datetime
    mail: MailState
    turn: int
    attempts: int
    sent_at: datetime | None
    expires_at: datetime | None  # the link's end; None until its mail is first handed over
    used_at: datetime | None
    result_until: datetime | None
    ended_at: datetime | None

    @property
    def turn_key(self) -> str:
        """Return the key of the present turn, as the queue knows it."""
        return f"{self.id}.{self.turn}"

    def is_open(self, now: datetime) -> bool:
        """Say whether the link may still be used."""
        return self.used_at is None and self.ended_at is None and self.expires_at is not None and now < self.expires_at


_COLUMNS = tuple(RightsCaseRow.__table__.c[name] for name in RightsCase.__dataclass_fields__)


def add_case(
    tx: Connection,
    vault: Vault,
    token_key: bytes,
    *,
    kind: RightsKind,
    email: str,
    locale: str,
    door: str,
    now: datetime,
) -> RightsCase:
    """Write a new case with its address sealed, its mail queued for the first turn."""
    case = RightsCase(
        id=secrets.token_hex(16),
        kind=kind,
        locale=locale,
        door=door,
        made_at=now,
        due_at=due_at(now),
        mail=MailState.QUEUED,
        turn=1,
        attempts=0,
        sent_at=None,
        expires_at=None,
        used_at=None,
        result_until=None,
        ended_at=None,
    )
    key, wrapped = vault.new_data_key(case.id)
    columns = {
        **vars(case),
        "address": vault.blind("email", email),
        "wrapped_key": wrapped,
        "sealed": vault.seal(key, {"email": email}, place=_place(case.id)),
        "token_digest": _digest(case_token(token_key, case.id)),
    }
    tx.execute(insert(RightsCaseRow).values(**columns))
    return case


def case_token(token_key: bytes, case_id: str) -> str:
    """Derive the token of a case: its id, and 192 bits that open this and nothing else."""
    derived = hmac.digest(token_key, b"rights|" + case_id.encode(), "sha256")[:TOKEN_BYTES]
    return f"{case_id}-{base64.urlsafe_b64encode(derived).decode()}"


def get_case_by_token(tx: Connection, token: str, *, hold: bool = False) -> RightsCase:
    """Return the case a token opens; with `hold` nobody else changes it until the transaction ends.

    :raises CaseUnknown: no such token.
    """
    query = select(RightsCaseRow.token_digest, *_COLUMNS).where(RightsCaseRow.id == token.partition("-")[0])
    row = tx.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None or not hmac.compare_digest(row.token_digest, _digest(token)):
        raise CaseUnknown("There is no such link.")
    return _case(row)


def open_address(tx: Connection, vault: Vault, case_id: str) -> str:
    """Return the address of a case that is not over."""
    query = select(RightsCaseRow.wrapped_key, RightsCaseRow.sealed).where(RightsCaseRow.id == case_id)
    row = tx.execute(query).one()
    key = vault.unwrap(case_id, row.wrapped_key)
    return str(vault.open(key, row.sealed, place=_place(case_id))["email"])


def mark_used(tx: Connection, case_id: str, *, now: datetime) -> None:
    """Record that the link was used: it opens nothing any more."""
    tx.execute(update(RightsCaseRow).where(RightsCaseRow.id == case_id).values(used_at=now))


def keep_result(tx: Connection, case_id: str, key: str, *, until: datetime) -> None:
    """Record that the result may be asked for once more by a key, until a moment."""
    values = {"result_digest": _digest(key), "result_until": until}
    tx.execute(update(RightsCaseRow).where(RightsCaseRow.id == case_id).values(**values))


def result_opens_by(tx: Connection, case: RightsCase, key: str, *, now: datetime) -> bool:
    """Say whether a key opens the result of a case now."""
    kept: bytes | None = tx.scalar(select(RightsCaseRow.result_digest).where(RightsCaseRow.id == case.id))
    if kept is None or case.ended_at is not None or case.result_until is None or now >= case.result_until:
        return False
    return hmac.compare_digest(kept, _digest(key))


def end_case(tx: Connection, case_id: str, *, now: datetime) -> None:
    """End a case: its address can be read no more, in no copy of the database (Q-01)."""
    gone: dict[str, Any] = {"wrapped_key": None, "sealed": None, "result_digest": None, "next_attempt_at": None}
    still_open = update(RightsCaseRow).where(RightsCaseRow.id == case_id, RightsCaseRow.ended_at.is_(None))
    tx.execute(still_open.values(ended_at=now, **gone))


def find_over(tx: Connection, *, now: datetime, limit: int = 100) -> list[str]:
    """Return the ids of cases that are not ended though nothing can come of them any more, oldest first."""
    row = RightsCaseRow
    never_sent = row.expires_at.is_(None) & (row.made_at <= now - TRY_TO_SEND_FOR - LINK_LASTS)
    not_used = row.used_at.is_(None) & (row.expires_at <= now) & row.mail.in_(_SETTLED)
    shown = row.result_until <= now
    query = select(row.id).where(row.ended_at.is_(None), or_(never_sent, not_used, shown)).order_by(row.made_at)
    return list(tx.scalars(query.limit(limit)))


def hold_case(tx: Connection, case_id: str) -> RightsCase | None:
    """Return a case that is not ended, and hold it until the transaction ends."""
    query = select(*_COLUMNS).where(RightsCaseRow.id == case_id, RightsCaseRow.ended_at.is_(None))
    row = tx.execute(query.with_for_update()).one_or_none()
    return None if row is None else _case(row)


def find_ended(tx: Connection, case_ids: Iterable[str]) -> set[str]:
    """Return those of these cases whose link works no more: its mail need not be held any longer."""
    row = RightsCaseRow
    over = or_(row.ended_at.is_not(None), row.used_at.is_not(None))
    return set(tx.scalars(select(row.id).where(row.id.in_(list(case_ids)), over)))


def forget_cases(tx: Connection, *, counted_until: datetime, kept_until: datetime) -> None:
    """Forget the indexes of addresses that no cap asks about, unproven cases with them, and old proven ones."""
    row, ended = RightsCaseRow, RightsCaseRow.ended_at
    tx.execute(delete(row).where(row.used_at.is_(None), ended <= counted_until))
    tx.execute(delete(row).where(ended <= kept_until))
    tx.execute(update(row).where(row.address.is_not(None), ended <= counted_until).values(address=None))


def links_to(tx: Connection, case: RightsCase, *, now: datetime) -> list[OtherLink]:
    """Return the other links to the same address that were sent or may be leaving, and hold the address.

    Two workers that look at the same address take turns, so that not both find it free.
    """
    address: bytes | None = tx.scalar(select(RightsCaseRow.address).where(RightsCaseRow.id == case.id))
    if address is None:
        return []
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": int.from_bytes(address, "big", signed=True)})
    leaving = RightsCaseRow.mail.in_((MailState.SENDING, MailState.RETRYING))
    query = select(*_COLUMNS).where(
        RightsCaseRow.address == address,
        RightsCaseRow.id != case.id,
        RightsCaseRow.made_at > now - COUNT_LINKS_FOR - TRY_TO_SEND_FOR,
        RightsCaseRow.sent_at.is_not(None) | leaving,
    )
    found = [_case(row) for row in tx.execute(query)]
    return [OtherLink(one.kind, one.sent_at, one.is_open(now)) for one in found]


def find_running(tx: Connection, case_id: str, turn: int) -> RightsCase | None:
    """Return a case if it is this turn of its mail and not settled, and hold it until the transaction ends."""
    query = select(*_COLUMNS).where(
        RightsCaseRow.id == case_id, RightsCaseRow.turn == turn, RightsCaseRow.mail.in_(RUNNING)
    )
    row = tx.execute(query.with_for_update()).one_or_none()
    return None if row is None else _case(row)


def claim_link(tx: Connection, case_id: str, *, now: datetime) -> str:
    """Take a mail into this worker's hands: one more attempt. Its link works from now on. Return the claim."""
    claim = secrets.token_hex(16)
    values = {"mail": MailState.SENDING, "claim": claim, "attempts": RightsCaseRow.attempts + 1}
    held = update(RightsCaseRow).where(RightsCaseRow.id == case_id)
    tx.execute(held.values(expires_at=now + LINK_LASTS, **values))
    return claim


def find_claimed(tx: Connection, case_id: str, claim: str) -> RightsCase | None:
    """Return a case if its mail is still in these hands, and hold it until the transaction ends."""
    mine = (RightsCaseRow.id == case_id, RightsCaseRow.claim == claim)
    row = tx.execute(select(*_COLUMNS).where(*mine).with_for_update()).one_or_none()
    return None if row is None else _case(row)


def record_link(tx: Connection, case_id: str, attempt: MailAttempt, *, now: datetime) -> None:
    """Write down what came of an attempt and let go of the mail."""
    values: dict[str, Any] = {
        "mail": attempt.state,
        "claim": None,
        "next_attempt_at": attempt.next_attempt_at,
        "last_reason": attempt.reason,
        "last_status": attempt.status,
    }
    if attempt.state is MailState.SENT:
        values["sent_at"] = now
    tx.execute(update(RightsCaseRow).where(RightsCaseRow.id == case_id).values(**values))


def claim_due_links(tx: Connection, *, now: datetime, limit: int = 200) -> list[RightsCase]:
    """Give the next turn to mails whose time has come; return their cases."""
    due = _due(now).order_by(RightsCaseRow.next_attempt_at).limit(limit).with_for_update(skip_locked=True)
    found = [_case(row) for row in tx.execute(due)]
    return [_give_turn(tx, case) for case in found]


def has_due_link(tx: Connection, *, now: datetime) -> bool:
    """Say whether `claim_due_links` would find anything."""
    return tx.scalar(_due(now).limit(1)) is not None


def parse_turn_key(key: str) -> tuple[str, int]:
    """Return the case's id and the turn of a key."""
    case_id, _, turn = key.rpartition(".")
    return case_id, int(turn)


_SETTLED = tuple(state for state in MailState if state not in (*RUNNING, MailState.RETRYING))


def _due(now: datetime) -> Select[Any]:
    return select(*_COLUMNS).where(RightsCaseRow.mail == MailState.RETRYING, RightsCaseRow.next_attempt_at <= now)


def _give_turn(tx: Connection, case: RightsCase) -> RightsCase:
    values: dict[str, Any] = {"mail": MailState.QUEUED, "turn": case.turn + 1}
    tx.execute(update(RightsCaseRow).where(RightsCaseRow.id == case.id).values(claim=None, **values))
    return RightsCase(**{**vars(case), **values})


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _place(case_id: str) -> str:
    return f"rights_cases.sealed|{case_id}"


def _case(row: Row[Any]) -> RightsCase:
    values = {name: getattr(row, name) for name in RightsCase.__dataclass_fields__}
    return RightsCase(**{**values, "kind": RightsKind(values["kind"]), "mail": MailState(values["mail"])})
