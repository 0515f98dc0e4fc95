"""Write a letter about a lead or a rights case and queue its mail, in the caller's commit."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from intake_api.queue import SEND_LETTER, Queue
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.store.letters import Letter, LetterKind, add_letter
from intake_api.store.rights_cases import RightsCase, case_key
from intake_api.store.subjects import get_data_key
from intake_api.store.turns import turn_key


def write_about_lead(
    tx: Connection,
    store: Store,
    queue: Queue,
    lead: Lead,
    kind: LetterKind,
    said: Mapping[str, str],
    *,
    case_id: str | None = None,
    now: datetime,
) -> Letter:
    """Write to the address of a lead.

    :raises SubjectErased: there is nobody to write to.
    """
    key = get_data_key(tx, store.vault, lead.subject_id)
    letter = add_letter(tx, store.vault, key, kind, dict(said), lead_id=lead.id, case_id=case_id, now=now)
    return _queued(tx, queue, letter)


def write_about_case(
    tx: Connection,
    store: Store,
    queue: Queue,
    case: RightsCase,
    kind: LetterKind,
    said: Mapping[str, str],
    *,
    now: datetime,
) -> Letter:
    """Write to the address of a case that has not ended."""
    key = case_key(tx, store.vault, case.id)
    return _queued(tx, queue, add_letter(tx, store.vault, key, kind, dict(said), case_id=case.id, now=now))


def _queued(tx: Connection, queue: Queue, letter: Letter) -> Letter:
    queue.enqueue(tx, SEND_LETTER, turn_key(letter.id, letter.turn))
    return letter
