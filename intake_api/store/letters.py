"""Letters: mails that tell a person something we owe them, and want no answer.

What a letter says beyond its fixed words is sealed under the key of the lead or the case it is about, and goes with it.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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
)
from sqlalchemy.orm import Mapped, mapped_column

from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Moment
from intake_api.store.leads import LeadRow
from intake_api.store.mails import WAITS, MailRow, MailState
from intake_api.store.rights_cases import RightsCaseRow
from intake_api.store.turns import WorkKind
from intake_api.store.vault import DataKey, Vault


class LetterKind(StrEnum):
    """What a letter tells."""

    NOTICE = "notice"  # staff wrote something down for you; here is the notice (N-14)
    LIFTING = "lifting"  # what we only kept will be used again (S-10)
    EXTENDED = "extended"  # our answer takes longer (S-04)
    REFUSED = "refused"  # we do not do what you asked (S-19)
    RECEIPT = "receipt"  # you confirmed; here is your receipt (P-01)


class LetterRow(MailRow):
    """One letter, about a lead or a rights case. Whose address it goes to is known to that alone."""

    __tablename__ = "letters"
    __table_args__ = (
        Index(None, "lead_id"),
        Index(None, "case_id"),
        Index(None, "next_attempt_at", sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
        {"sqlite_with_rowid": False},
    )

    kind: Mapped[str] = mapped_column(String(16))
    lead_id: Mapped[str | None] = mapped_column(String(32))
    case_id: Mapped[str | None] = mapped_column(String(32))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16))


@dataclass(frozen=True)
class Letter:
    """One letter, as it stands, without what it says."""

    id: str
    kind: LetterKind
    lead_id: str | None
    case_id: str | None
    made_at: datetime
    state: MailState
    turn: int
    attempts: int
    sent_at: datetime | None


LETTERS = WorkKind(LetterRow, Letter, {"kind": LetterKind, "state": MailState})


def add_letter(
    tx: Connection,
    vault: Vault,
    key: DataKey,
    kind: LetterKind,
    said: dict[str, str],
    *,
    lead_id: str | None = None,
    case_id: str | None = None,
    now: datetime,
) -> Letter:
    """Write a letter, its mail queued for the first turn.

    :param key: of the lead's person, or of the case where it is about a case alone.
    :param said: what it says beyond its fixed words.
    """
    letter = Letter(secrets.token_hex(16), kind, lead_id, case_id, now, MailState.QUEUED, 1, 0, None)
    nothing: dict[str, Any] = {"claim": None, "next_attempt_at": None, "last_reason": None, "last_status": None}
    sealed = vault.seal(key, said, place=_place(letter.id))
    tx.execute(insert(LetterRow).values(**vars(letter), sealed=sealed, **nothing))
    return letter


def open_letter(tx: Connection, vault: Vault, key: DataKey, letter_id: str) -> dict[str, str]:
    """Return what a letter says beyond its fixed words."""
    sealed: bytes = tx.execute(select(LetterRow.sealed).where(LetterRow.id == letter_id)).scalar_one()
    return vault.open(key, sealed, place=_place(letter_id))


def list_letters(tx: Connection, kind: LetterKind, *, lead_id: str = "", case_id: str = "") -> list[Letter]:
    """Return the letters of a kind about a lead or a case, oldest first."""
    about = LetterRow.lead_id == lead_id if lead_id else LetterRow.case_id == case_id
    query = select(*LETTERS.columns).where(LetterRow.kind == kind, about).order_by(LetterRow.made_at)
    return [LETTERS.read(row) for row in tx.execute(query)]


def find_over(tx: Connection, letter_ids: Iterable[str]) -> set[str]:
    """Return those of these letters whose lead was erased, or whose case has ended: nobody need hold their mails."""
    query = (
        select(LetterRow.id)
        .outerjoin(LeadRow, LeadRow.id == LetterRow.lead_id)
        .outerjoin(RightsCaseRow, RightsCaseRow.id == LetterRow.case_id)
    )
    over = or_(LeadRow.state == LeadState.ERASED, LetterRow.lead_id.is_(None) & RightsCaseRow.ended_at.is_not(None))
    return set(tx.scalars(query.where(LetterRow.id.in_(list(letter_ids)), over)))


def remove_old_letters(tx: Connection, *, before: datetime) -> None:
    """Forget letters made before a moment; that they were sent stands in the evidence."""
    tx.execute(delete(LetterRow).where(LetterRow.made_at < before))


def _place(letter_id: str) -> str:
    return f"letters.sealed|{letter_id}"
