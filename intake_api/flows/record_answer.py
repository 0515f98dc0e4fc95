"""Write down what a person answered on the page that a confirmation leads to: the decision, and its proof (C-07)."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from intake_api.rules.consent import DecisionState
from intake_api.store import evidence
from intake_api.store.confirmations import Confirmation
from intake_api.store.decisions import Decision, add_decision
from intake_api.store.leads import Lead

CONTROL = "confirmation"
RENEWAL = "renewal"
BY_MAIL = frozenset({CONTROL, RENEWAL})  # controls that only who reads the mails of the address can press


def record_answer(
    tx: Connection,
    kind: str,
    lead: Lead,
    confirmation: Confirmation,
    before: Decision,
    answer: DecisionState,
    *,
    button: str,
    facts: Mapping[str, object],
    now: datetime,
) -> None:
    """Add, in the caller's transaction, the decision that pressing a button made of the one before, and its evidence.

    :param kind: the kind of the evidence entry, such as `consent.confirmed`.
    :param button: the words on the button, in the language of the notice; a hash of them is kept.
    :param facts: what the entry says beside the confirmation, its purpose, the control and its words.
    """
    label = hashlib.sha256(button.encode()).hexdigest()
    pressed = {"confirmation": confirmation.id, "purpose": confirmation.purpose, "control": CONTROL, "label": label}
    entry_id = evidence.add_entry(
        tx,
        kind,
        actor="subject",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={**pressed, **facts},
    )
    answered = replace(before, state=answer, control=CONTROL, label_hash=label, decided_at=now, evidence_entry=entry_id)
    add_decision(tx, lead.id, answered)
