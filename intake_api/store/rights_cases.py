"""Rights cases: somebody asked for something by an address, and proves by a link in a mail that it is theirs (S-02).

The address is sealed under a key of the case's own, and its blind index stands beside it to be compared with the leads'
and to count how often it was written to. Both are destroyed: the address when the case is over, the index a day later.
"""

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
    String,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.rights import (
    BY_HAND_FOR,
    COUNT_LINKS_FOR,
    LINK_LASTS,
    TRY_TO_SEND_FOR,
    CaseStatus,
    OtherLink,
    RightsKind,
    due_at,
)
from intake_api.store import mailed_links, turns
from intake_api.store.base import Moment, table_of
from intake_api.store.mailed_links import MailedLinkRow
from intake_api.store.mails import LEAVING, WAITS, MailState
from intake_api.store.turns import WorkKind, hold_work
from intake_api.store.vault import DataKey, Vault

OPEN = "ended_at IS NULL"
BY_HAND = "staff"  # the door of cases that somebody wrote to us about, and staff answer
SETTLED = tuple(state for state in MailState if state not in (*turns.RUNNING, turns.RETRYING))


class RightsCaseRow(MailedLinkRow):
    """One case. While it is open it holds an address, sealed; afterwards nothing that leads to anybody."""

    __tablename__ = "rights_cases"
    __table_args__ = (
        Index(None, "address"),
        Index(None, "next_attempt_at", sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
        Index(None, "made_at", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        {"sqlite_with_rowid": False},
    )
    STATE = "mail"

    kind: Mapped[str] = mapped_column(String(16))
    locale: Mapped[str] = mapped_column(String(8))
    door: Mapped[str] = mapped_column(String(16))
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    mail: Mapped[str] = mapped_column(String(16))  # where it stands
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    result_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    result_until: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    extended_at: Mapped[datetime | None] = mapped_column(Moment)
    refused_at: Mapped[datetime | None] = mapped_column(Moment)


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
    extended_at: datetime | None = None
    refused_at: datetime | None = None

    @property
    def status(self) -> CaseStatus:
        """Where the case stands (S-16)."""
        if self.refused_at is not None:
            return CaseStatus.DENIED
        if self.used_at is not None:
            return CaseStatus.COMPLETE
        if self.door == BY_HAND:
            return CaseStatus.BY_HAND
        return _STATUS.get(self.mail, CaseStatus.UNVERIFIED)

    @property
    def is_waiting(self) -> bool:
        """Say whether somebody may still wait for an answer."""
        return self.ended_at is None and self.used_at is None and self.refused_at is None

    def is_open(self, now: datetime) -> bool:
        """Say whether the link may still be used."""
        return self.used_at is None and self.ended_at is None and self.expires_at is not None and now < self.expires_at


_STATUS = {
    MailState.HELD: CaseStatus.DUPLICATE,
    MailState.DROPPED: CaseStatus.DENIED,
    MailState.REFUSED: CaseStatus.ERROR,
    MailState.GIVEN_UP: CaseStatus.ERROR,
}
_TABLE = table_of(RightsCaseRow)
CASES = WorkKind(
    RightsCaseRow,
    RightsCase,
    {"kind": RightsKind, "mail": MailState},
    at_claim=lambda now: {"expires_at": now + LINK_LASTS},  # the link works from then on
)


def list_cases(tx: Connection) -> list[RightsCase]:
    """Return all cases that are not forgotten, those due first in front. None has an address in it."""
    query = select(*CASES.columns).order_by(RightsCaseRow.due_at, RightsCaseRow.id)
    return [CASES.read(row) for row in tx.execute(query)]


def add_case(
    tx: Connection,
    vault: Vault,
    token_key: bytes | None,
    *,
    kind: RightsKind,
    email: str,
    locale: str,
    door: str,
    replaces: str | None = None,
    now: datetime,
) -> RightsCase:
    """Write a new case with its address sealed, its mail queued for the first turn; of one by hand there is no mail.

    :param token_key: None for a case that no link shall open.
    :param replaces: the address that this one shall take the place of, if it shall.
    """
    case = RightsCase(
        id=secrets.token_hex(16),
        kind=kind,
        locale=locale,
        door=door,
        made_at=now,
        due_at=due_at(now),
        mail=MailState.DROPPED if door == BY_HAND else MailState.QUEUED,
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
        "sealed": vault.seal(key, {"email": email, "replaces": replaces}, place=_place(case.id)),
        "token_digest": mailed_links.digest(case_token(token_key or secrets.token_bytes(32), case.id)),
    }
    tx.execute(insert(RightsCaseRow).values(**columns))
    return case


def case_token(token_key: bytes, case_id: str) -> str:
    """Derive the token of a case."""
    return mailed_links.derive_token(token_key, "rights", case_id)


def get_case_by_token(tx: Connection, token: str, *, hold: bool = False) -> RightsCase:
    """Return the case a token opens; with `hold` nobody else changes it until the transaction ends.

    :raises CaseUnknown: no such token.
    """
    found = mailed_links.find_by_token(tx, CASES, token, hold=hold)
    if found is None:
        raise CaseUnknown("There is no such link.")
    return found


def get_case(tx: Connection, case_id: str, *, hold: bool = False) -> RightsCase:
    """Return a case by its id; with `hold` nobody else changes it until the transaction ends.

    :raises CaseUnknown: no such case.
    """
    query = select(*CASES.columns).where(RightsCaseRow.id == case_id)
    row = tx.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None:
        raise CaseUnknown("There is no such case.")
    return CASES.read(row)


def case_key(tx: Connection, vault: Vault, case_id: str) -> DataKey:
    """Return the key of a case that is not over, open."""
    wrapped: bytes = tx.execute(select(_TABLE.c.wrapped_key).where(RightsCaseRow.id == case_id)).scalar_one()
    return vault.unwrap(case_id, wrapped)


def open_address(tx: Connection, vault: Vault, case_id: str) -> str:
    """Return the address of a case that is not over."""
    return str(_open(tx, vault, case_id)["email"])


def open_replaced(tx: Connection, vault: Vault, case_id: str) -> str:
    """Return the address that the one of a case shall take the place of. Only a change of address has it."""
    return str(_open(tx, vault, case_id)["replaces"])


def _open(tx: Connection, vault: Vault, case_id: str) -> dict[str, Any]:
    sealed: bytes = tx.execute(select(_TABLE.c.sealed).where(RightsCaseRow.id == case_id)).scalar_one()
    return vault.open(case_key(tx, vault, case_id), sealed, place=_place(case_id))


def wrap_anew(tx: Connection, vault: Vault) -> int:
    """Wrap the keys of all cases by the master key in use, and make their indexes again (E-07).

    There are few: a case ends within hours. The index of one that has ended is forgotten within a day.

    :return: how many keys were wrapped anew.
    """
    held = select(RightsCaseRow.id, RightsCaseRow.wrapped_key).where(RightsCaseRow.wrapped_key.is_not(None))
    rows = tx.execute(held.order_by(RightsCaseRow.id).with_for_update()).all()
    anew = {row.id: wrapped for row in rows if (wrapped := vault.wrap_anew(row.id, row.wrapped_key))}
    for row in rows:
        address = vault.blind("email", open_address(tx, vault, row.id))
        values = {"address": address, "wrapped_key": anew.get(row.id, row.wrapped_key)}
        tx.execute(update(RightsCaseRow).where(RightsCaseRow.id == row.id).values(**values))
    return len(anew)


def mark_used(tx: Connection, case_id: str, *, now: datetime) -> None:
    """Record that the link was used: it opens nothing any more."""
    tx.execute(update(RightsCaseRow).where(RightsCaseRow.id == case_id).values(used_at=now))


def extend_case(tx: Connection, case_id: str, due_at: datetime, *, now: datetime) -> None:
    """Record that the answer takes until another day."""
    values = {"due_at": due_at, "extended_at": now}
    tx.execute(update(RightsCaseRow).where(RightsCaseRow.id == case_id).values(**values))


def mark_refused(tx: Connection, case_id: str, *, now: datetime) -> None:
    """Record that what was asked is not done. Its address stays until the letter that says so is settled."""
    tx.execute(update(RightsCaseRow).where(RightsCaseRow.id == case_id).values(refused_at=now))


def keep_result(tx: Connection, case_id: str, key: str, *, until: datetime) -> None:
    """Record that the result may be asked for once more by a key, until a moment."""
    values = {"result_digest": mailed_links.digest(key), "result_until": until}
    tx.execute(update(RightsCaseRow).where(RightsCaseRow.id == case_id).values(**values))


def result_opens_by(tx: Connection, case: RightsCase, key: str, *, now: datetime) -> bool:
    """Say whether a key opens the result of a case now."""
    kept: bytes | None = tx.scalar(select(RightsCaseRow.result_digest).where(RightsCaseRow.id == case.id))
    if kept is None or case.ended_at is not None or case.result_until is None or now >= case.result_until:
        return False
    return hmac.compare_digest(kept, mailed_links.digest(key))


def end_case(tx: Connection, case_id: str, *, now: datetime) -> None:
    """End a case: its address can be read no more, in no copy of the database (Q-01)."""
    gone: dict[str, Any] = {"wrapped_key": None, "sealed": None, "result_digest": None, "next_attempt_at": None}
    still_open = update(RightsCaseRow).where(RightsCaseRow.id == case_id, RightsCaseRow.ended_at.is_(None))
    tx.execute(still_open.values(ended_at=now, **gone))


def find_over(tx: Connection, *, now: datetime, limit: int = 100) -> list[str]:
    """Return the ids of cases that are not ended though nothing can come of them any more, oldest first."""
    row = RightsCaseRow
    is_ours = or_(row.door == BY_HAND, row.extended_at.is_not(None), row.refused_at.is_not(None))  # staff end it
    never_sent = row.expires_at.is_(None) & (row.made_at <= now - TRY_TO_SEND_FOR - LINK_LASTS) & ~is_ours
    forgotten = is_ours & (row.made_at <= now - BY_HAND_FOR)
    not_used = row.used_at.is_(None) & (row.expires_at <= now) & row.mail.in_(SETTLED) & ~is_ours
    shown = row.result_until <= now
    query = (
        select(row.id).where(row.ended_at.is_(None), or_(never_sent, not_used, shown, forgotten)).order_by(row.made_at)
    )
    return list(tx.scalars(query.limit(limit)))


def hold_case(tx: Connection, case_id: str) -> RightsCase | None:
    """Return a case that is not ended, and hold it until the transaction ends."""
    return hold_work(tx, CASES, RightsCaseRow.id == case_id, RightsCaseRow.ended_at.is_(None))


def find_ended(tx: Connection, case_ids: Iterable[str]) -> set[str]:
    """Return those of these cases whose link works no more: its mail need not be held any longer."""
    row = RightsCaseRow
    over = or_(row.ended_at.is_not(None), row.used_at.is_not(None))
    return set(tx.scalars(select(row.id).where(row.id.in_(list(case_ids)), over)))


def forget_cases(tx: Connection, *, counted_until: datetime, kept_until: datetime) -> None:
    """Forget the indexes of addresses that no cap asks about, unproven cases with them, and old proven ones."""
    row, ended = RightsCaseRow, RightsCaseRow.ended_at
    tx.execute(delete(row).where(row.used_at.is_(None), row.refused_at.is_(None), ended <= counted_until))
    tx.execute(delete(row).where(ended <= kept_until))
    tx.execute(update(row).where(row.address.is_not(None), ended <= counted_until).values(address=None))


def links_to(tx: Connection, case: RightsCase, *, now: datetime) -> list[OtherLink]:
    """Return the other links to the same address that were sent or may be leaving, and hold the address."""
    address: bytes | None = tx.scalar(select(RightsCaseRow.address).where(RightsCaseRow.id == case.id))
    if address is None:
        return []
    mailed_links.hold_address(tx, address)
    query = select(*CASES.columns).where(
        RightsCaseRow.address == address,
        RightsCaseRow.id != case.id,
        RightsCaseRow.made_at > now - COUNT_LINKS_FOR - TRY_TO_SEND_FOR,
        RightsCaseRow.sent_at.is_not(None) | RightsCaseRow.mail.in_(LEAVING),
    )
    found = [CASES.read(row) for row in tx.execute(query)]
    return [OtherLink(one.kind, one.sent_at, one.is_open(now)) for one in found]


def _place(case_id: str) -> str:
    return f"rights_cases.sealed|{case_id}"
