"""Make the records of a submission from its entries and its notice: for its receipt, and for who must show it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from intake_api.clock import rfc3339
from intake_api.flows.record_answer import RENEWAL
from intake_api.rules import consent_record
from intake_api.rules.consent import permits
from intake_api.rules.consent_record import AnsweredNotice, DecidedEvent, JsonObject
from intake_api.store import evidence
from intake_api.store.decisions import Decision, list_decisions
from intake_api.store.evidence import Proven
from intake_api.store.leads import Lead
from intake_api.store.notices import get_notice_body

RENEWED = "renewed"  # what a record calls a yes that was said again (dpv:RenewedConsentGiven)


@dataclass(frozen=True)
class Told:
    """What can be told of a submission without a value that was typed: records, entries, words of the notice."""

    context: JsonObject
    records: list[JsonObject]
    submission: JsonObject
    you_said: list[JsonObject]
    proven: list[Proven]
    notice: Mapping[str, Any]
    notice_bytes: bytes
    later_notices: Mapping[str, bytes]  # those on which a yes was said again, by their hashes
    notice_url: str
    subject: str
    receipt_id: str


def told_of(tx: Connection, lead: Lead, public_url: str) -> Told:
    """Return what a lead's entries and decisions tell.

    :raises NoticeUnknown, NoticeAltered: the notice is not the one that was shown.
    """
    body = get_notice_body(tx, lead.notice_hash)
    notice = json.loads(body)
    decisions = list_decisions(tx, lead.id)
    ids = dict.fromkeys(one.evidence_entry for one in decisions)
    proven = [evidence.prove(tx, evidence.get_entry(tx, entry_id)) for entry_id in ids]
    said = {one.entry.id: json.loads(one.entry.body) for one in proven}
    first = said[lead.evidence_entry]
    answered = AnsweredNotice(
        lead_id=lead.id,
        subject_id=lead.subject_id,
        notice_hash=lead.notice_hash,
        notice_url=f"{public_url}/v1/notices/{lead.notice_hash}",
        rights_url=f"{public_url}/my-data",
        notice=notice,
        presentation=lead.presentation_id,
        channel=lead.channel,
        shown_at=first["shown_at"],
        given=frozenset(first["fields"]),
        age=first.get("age"),
    )
    events = [_event(one, by_person=said[one.evidence_entry]["actor"] == "subject") for one in decisions]
    return Told(
        context=consent_record.context(notice),
        records=consent_record.make_records(answered, events),
        submission=_submission(lead, notice),
        you_said=_you_said(notice, events),
        proven=proven,
        notice=notice,
        notice_bytes=body,
        later_notices={one: get_notice_body(tx, one) for one in _later(lead, decisions)},
        notice_url=answered.notice_url,
        subject=consent_record.urn(lead.subject_id),
        receipt_id=consent_record.derived_id(lead.id, *ids, *(str(one.checkpoint is not None) for one in proven)),
    )


def _later(lead: Lead, decisions: list[Decision]) -> list[str]:
    hashes = dict.fromkeys(one.notice_hash for one in decisions if one.notice_hash)
    return [one for one in hashes if one != lead.notice_hash]


def _event(decision: Decision, *, by_person: bool) -> DecidedEvent:
    return DecidedEvent(
        purpose=decision.purpose,
        state=RENEWED if decision.control == RENEWAL and permits(decision.state) else decision.state.value,
        basis=decision.basis,
        control=decision.control,
        label_hash=decision.label_hash,
        at=rfc3339(decision.decided_at),
        entry=decision.evidence_entry,
        by_person=by_person,
        notice_hash=decision.notice_hash,
    )


def _submission(lead: Lead, notice: Mapping[str, Any]) -> JsonObject:
    return {
        "reference": lead.reference,
        "form": lead.form,
        "title": notice["texts"]["form_title"],
        "channel": lead.channel,
        "locale": lead.locale,
        "received_at": rfc3339(lead.received_at),
    }


def _you_said(notice: Mapping[str, Any], events: list[DecidedEvent]) -> list[JsonObject]:
    """Return the present state of each purpose, in the order of the notice."""
    present = {event.purpose: event for event in events}
    return [
        {
            "purpose": one["id"],
            "title": one["title"],
            "answer": present[one["id"]].state,
            "when": present[one["id"]].at,
            "entry": present[one["id"]].entry,
        }
        for one in notice["purposes"]
        if one["id"] in present
    ]
