"""Make a file of leads, line by line, as one of the acts on many: a line and that it is done stand in one commit.

Nothing of it is to be had before its end, which is on the record with whose leads stand in it (A-01).
"""

import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from intake_api.catalogue.model import Catalogue
from intake_api.clock import rfc3339
from intake_api.flows.count_readings import count_seen
from intake_api.flows.judge_bulk import living_purposes
from intake_api.rules.exports import FREE_TEXT
from intake_api.rules.staff_roles import StaffAct, may
from intake_api.store import evidence
from intake_api.store.bulk_jobs import BulkJob
from intake_api.store.lead_exports import add_line, change_export, find_export, leads_and_fields
from intake_api.store.leads import Lead, open_values
from intake_api.store.notices import get_notice_body
from intake_api.store.staff import Person
from intake_api.store.subjects import get_data_key
from intake_api.store.vault import Vault


def fields_in_files(catalogue: Catalogue) -> frozenset[str]:
    """Return the names of the fields that a file may have: all that are asked for, save long texts."""
    rules = [rule for form in catalogue.forms.values() for rule in form.rules.values()]
    return frozenset(rule.name for rule in rules if rule.type != FREE_TEXT)


def exports(person: Person) -> bool:
    """Say whether a person takes leads out at present, and agrees to what others want to."""
    return person.disabled_at is None and may(person.reviewer.roles, StaffAct.EXPORT_LEADS)


def put_in_file(
    tx: Connection, vault: Vault, place: tuple[str, int], lead: Lead, allowed: Collection[str], *, now: datetime
) -> None:
    """Write the line of a lead: what was typed for a purpose that holds, and until when it may be kept (X-02).

    The caller holds the lead, so that whoever erases it at this moment comes before or after.

    :param place: the job, and the place of the lead in it.
    :param allowed: the names of fields that a file may have.
    """
    purposes = living_purposes(tx, lead, now=now)
    asked = json.loads(get_notice_body(tx, lead.notice_hash))["fields"]
    names = {one["name"] for one in asked if set(purposes) & set(one["purposes"])} & set(allowed)
    key = get_data_key(tx, vault, lead.subject_id)
    typed = open_values(tx, vault, lead)
    said = {
        "reference": lead.reference,
        "received_at": rfc3339(lead.received_at),
        "form": lead.form,
        "channel": lead.channel,
        "language": lead.locale,
        "state": lead.state.value,
        "score": lead.score,
        "purposes": purposes,
        "delete_after": rfc3339(lead.delete_after),
    }
    add_line(tx, vault, key, place, said, {name: typed[name] for name in typed if name in names})


def end_file(tx: Connection, job: BulkJob, *, now: datetime) -> None:
    """From now on the file can be had; whose leads stand in it, which fields, and for what is on the record (A-01).

    Its leads count as seen by whoever asked (A-04). The caller holds the job.
    """
    actor, (leads, fields) = f"staff:{job.staff_id}", leads_and_fields(tx, job.id)
    export = find_export(tx, job.id)
    change_export(tx, job.id, ready_at=now)
    count_seen(tx, actor, len(leads), now=now)
    facts = {
        "export": job.id,
        "reason": job.reason,
        "leads": len(leads),
        "found": leads,
        "fields": fields,
        "approved_by": export.answered_by if export else None,
    }
    evidence.add_entry(tx, "leads.exported", actor=actor, now=now, facts=facts)
