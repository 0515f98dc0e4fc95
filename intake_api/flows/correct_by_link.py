"""Put right, field by field, what is held about somebody, by the link of a rights case (Art. 16, S-07).

A new e-mail address is another thing than a new phone number: everything here is proven by the address. So it is asked
at the new one whether it is theirs, and the old one is told when it was changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.catalogue.model import Catalogue, FormUnknown, LocaleNotOffered
from intake_api.catalogue.shown import FormView
from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.keep_submission import score_lines
from intake_api.flows.tell_destinations import CORRECT, tell_destinations
from intake_api.flows.use_link import CaseOver, CaseUnknown, record_done, use_link
from intake_api.log import event
from intake_api.queue import SEND_RIGHTS_LINK, Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.fields import check_fields
from intake_api.rules.lead_state import LeadState
from intake_api.rules.qualification import score
from intake_api.rules.rights import RightsKind
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.deliveries import list_reached
from intake_api.store.lead_index import find_by_email
from intake_api.store.leads import Lead, open_values, replace_values
from intake_api.store.rights_cases import (
    RightsCase,
    add_case,
    end_case,
    get_case_by_token,
    open_address,
    open_replaced,
    result_opens_by,
)
from intake_api.store.subjects import get_data_key
from intake_api.store.turns import turn_key

__all__ = ["CaseOver", "CaseUnknown", "Corrected", "NotCorrectable", "change_address", "correct_by_link", "correctable"]


class NotCorrectable(Exception):
    """This lead is not of the address, or its form asks nothing any more."""

    code = "lead_unknown"


@dataclass(frozen=True)
class Corrected:
    """What came of it: names of changed fields, or codes of problems by field, and then nothing was changed.

    `asked_at_new`: the new address was given, and a mail is on its way there. `recipients` had the old values.
    """

    changed: tuple[str, ...] = ()
    problems: Mapping[str, str] | None = None
    asked_at_new: bool = False
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Own:
    """A lead of the case, held, with what was typed."""

    lead: Lead
    values: Mapping[str, Any]
    view: FormView | None


def correctable(catalogue: Catalogue, lead: Lead) -> FormView | None:
    """Return the form by which a lead can be put right; None if it is not asked any more."""
    try:
        return catalogue.view(lead.form, lead.locale)
    except (FormUnknown, LocaleNotOffered):
        return None


def correct_by_link(
    store: Store,
    queue: Queue,
    catalogue: Catalogue,
    token_key: bytes,
    token: str,
    key: str,
    reference: str,
    fields: Mapping[str, object],
    *,
    now: datetime,
) -> Corrected:
    """Put one lead right, for whom the page with it was shown. What is not among its form's fields stays.

    :raises CaseUnknown: no such token.
    :raises CaseOver: another key, or it is too late.
    :raises NotCorrectable: no such lead of this address.
    :raises StoreUnavailable: nothing was changed.
    """
    queue.load()
    with store.writing() as tx:
        case = get_case_by_token(tx, token, hold=True)
        if case.kind is not RightsKind.CORRECTION or not result_opens_by(tx, case, key, now=now):
            raise CaseOver("This page is over.")
        address = open_address(tx, store.vault, case.id)
        own = _own(tx, store, catalogue, address, reference)
        if own.view is None:
            raise NotCorrectable("Its form asks nothing any more.")
        checked = check_fields(
            own.view.form, own.lead.locale, fields, own.view.free_texts.reader, granted=_granted(tx, own.lead)
        )
        problems = dict(checked.problems)
        if "email" not in checked.values and "email" not in problems:
            problems["email"] = "required"
        if problems:
            return Corrected(problems=problems)
        new = str(checked.values["email"])
        asked_at_new = new.casefold() != address.casefold()
        if asked_at_new:
            _ask_at_new(tx, store, queue, token_key, case, new, address, now=now)
        asked = {field.name for field in own.view.form.fields}
        kept = {name: value for name, value in own.values.items() if name not in asked}
        values = {**kept, **checked.values, "email": own.values["email"]}
        changed = _replace(tx, store, own, values, case, now=now)
        return Corrected(changed, None, asked_at_new, tuple(list_reached(tx, own.lead.id)))


def change_address(
    store: Store, queue: Queue, catalogue: Catalogue, token_key: bytes, token: str, *, now: datetime
) -> None:
    """Put the address that a link proves in the place of the old one, in all its leads, and tell the old one.

    :raises CaseUnknown: no such token.
    :raises CaseOver: the link was used, or it is too late.
    :raises StoreUnavailable: nothing was changed, and the link is still good.
    """
    queue.load()
    with store.writing() as tx:
        case = use_link(tx, token, RightsKind.ADDRESS, now=now)
        new, old = open_address(tx, store.vault, case.id), open_replaced(tx, store.vault, case.id)
        changed = []
        for own in _all_own(tx, store, catalogue, old):
            _replace(tx, store, own, {**own.values, "email": new}, case, now=now)
            changed.append(own.lead.id)
        told = {"kind": RightsKind.ADDRESS_CHANGED, "email": old, "locale": case.locale, "door": case.door}
        if changed:
            _queue_case(tx, store, queue, token_key, told, now=now)
        record_done(tx, case, changed, now=now)
        end_case(tx, case.id, now=now)


def _own(tx: Connection, store: Store, catalogue: Catalogue, address: str, reference: str) -> _Own:
    own = (one for one in _all_own(tx, store, catalogue, address) if one.lead.reference == reference)
    found = next(own, None)
    if found is None:
        raise NotCorrectable("There is no such lead of this address.")
    return found


def _all_own(tx: Connection, store: Store, catalogue: Catalogue, address: str) -> list[_Own]:
    """Return the leads of an address, held. Two addresses may share a blind index: what was typed decides."""
    found = []
    for lead in [hold_lead(tx, lead_id) for lead_id in find_by_email(tx, store.vault, address)]:
        view = correctable(catalogue, lead)
        if lead.state is LeadState.ERASED:
            continue
        values = open_values(tx, store.vault, lead)
        if str(values.get("email", "")).casefold() == address.casefold():
            found.append(_Own(lead, values, view))
    return found


def _granted(tx: Connection, lead: Lead) -> list[str]:
    yes = (DecisionState.GIVEN, DecisionState.REQUESTED)
    return [one.purpose for one in current_decisions(tx, lead.id).values() if one.state in yes]


def _replace(
    tx: Connection, store: Store, own: _Own, values: Mapping[str, Any], case: RightsCase, *, now: datetime
) -> tuple[str, ...]:
    """Write values in the place of the old ones; the evidence says which fields, and commits to what they are now."""
    lead = own.lead
    changed = tuple(sorted(one for one in {*values, *own.values} if values.get(one) != own.values.get(one)))
    if not changed:
        return ()
    key, entry_id = get_data_key(tx, store.vault, lead.subject_id), evidence.new_entry_id()
    scored = score(own.view.form, values) if own.view else None
    points, lines = (scored.points, score_lines(scored)) if scored else (lead.score, lead.score_lines)
    replace_values(tx, store.vault, key, lead.id, values, score=points, score_lines=lines)
    evidence.add_entry(
        tx,
        "lead.corrected",
        entry_id=entry_id,
        actor="subject",
        now=now,
        lead_id=lead.id,
        subject_id=lead.subject_id,
        facts={"fields": list(changed), "case": case.id, "passed_on": list_reached(tx, lead.id)},
        commitment=evidence.commit_to(store.vault, key, entry_id, {"fields": dict(values)}),
    )
    tell_destinations(tx, lead, CORRECT, fields=changed, case_id=case.id, now=now)
    event("lead.corrected", lead=lead.id, case=case.id)
    return changed


def _ask_at_new(
    tx: Connection, store: Store, queue: Queue, token_key: bytes, case: RightsCase, new: str, old: str, *, now: datetime
) -> None:
    asked = {"kind": RightsKind.ADDRESS, "email": new, "replaces": old, "locale": case.locale, "door": case.door}
    _queue_case(tx, store, queue, token_key, asked, now=now)


def _queue_case(
    tx: Connection, store: Store, queue: Queue, token_key: bytes, asked: Mapping[str, Any], *, now: datetime
) -> None:
    made = add_case(tx, store.vault, token_key, **asked, now=now)
    queue.enqueue(tx, SEND_RIGHTS_LINK, turn_key(made.id, made.turn))
    facts = {"case": made.id, "right": made.kind.value, "locale": made.locale, "door": made.door}
    evidence.add_entry(tx, "rights.asked", actor="subject", now=now, facts=facts)
