"""Write a note on a lead: sealed as what the person typed is, read and erased with it; the evidence has who and when.

What must not be kept is left out of it, as of what visitors type (M-05, C-11). That a child writes is not looked for:
the writer is one of ours.
"""

import re
from datetime import datetime

from intake_api.catalogue.model import Catalogue
from intake_api.rules import text
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.lead_notes import LeadNote, add_note
from intake_api.store.leads import LeadRestricted, LeadUnknown, get_lead, get_lead_by_id
from intake_api.store.subjects import SubjectErased, get_data_key

__all__ = ["NOTE_LENGTH", "LeadRestricted", "LeadUnknown", "NoteInvalid", "SubjectErased", "write_note"]

NOTE_LENGTH = 2000
NOTE_ID = re.compile(r"[0-9a-f]{32}")


class NoteInvalid(ValueError):
    """There is nothing in it, it is too long, or it holds what no keyboard types. It never carries the text."""

    code = "note_invalid"


def write_note(
    store: Store, catalogue: Catalogue, reference: str, typed: str, *, note_id: str, staff_id: str, now: datetime
) -> tuple[str, ...]:
    """Write a note; return the codes of what was left out of it (`LEFT_OUT_CODES`).

    :param note_id: 32 hexadecimal digits, drawn for the form: the same form sent twice is one note.
    :raises NoteInvalid: nothing was written.
    :raises LeadUnknown: no such lead.
    :raises LeadRestricted: the person asked that it be kept and not used (S-10).
    :raises SubjectErased: the person was erased.
    :raises StoreUnavailable: nothing was written.
    """
    cleaned = _cleaned(typed)
    if NOTE_ID.fullmatch(note_id) is None:
        raise NoteInvalid("This form is none of ours.")
    with store.writing() as tx:
        # Held, so that whoever erases it at this moment waits, or was first: no note outlives its lead.
        lead = get_lead_by_id(tx, get_lead(tx, reference).id, hold=True)
        if lead.is_restricted:
            raise LeadRestricted("The person asked that this lead be kept and not used.")
        key = get_data_key(tx, store.vault, lead.subject_id)
        # In the language of the person, who may read it.
        kept = catalogue.any_view(lead.locale).free_texts.reader.read(cleaned, NOTE_LENGTH)
        if add_note(tx, store.vault, key, lead.id, LeadNote(note_id, staff_id, now, kept.text)):
            evidence.add_entry(
                tx,
                "lead.noted",
                actor=f"staff:{staff_id}",
                now=now,
                lead_id=lead.id,
                subject_id=lead.subject_id,
                facts={"note": note_id},
            )
        return kept.left_out


def _cleaned(typed: str) -> str:
    try:
        cleaned = text.clean(typed, NOTE_LENGTH, lines=True)
    except text.Refused as error:
        too_long = f"A note has {NOTE_LENGTH} characters at most."
        says = too_long if error.code == "text_too_long" else "This note holds characters that cannot be kept."
        raise NoteInvalid(says) from None
    if not cleaned:
        raise NoteInvalid("There is nothing in this note.")
    return cleaned
