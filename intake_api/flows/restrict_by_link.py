"""Restrict, by the link of a rights case, what is done with the leads of an address, or end that (Art. 18, S-10).

A restricted lead is kept and nothing else: not in the queue, not opened, not passed on, not written to. Its own end
does not erase it before the restriction has been looked at again.
"""

from datetime import datetime

from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.show_case import held_by_case
from intake_api.flows.tell_destinations import UPDATE_CONSENT, tell_destinations
from intake_api.flows.use_link import CaseOver, CaseUnknown, record_done, use_link
from intake_api.log import event
from intake_api.rules.lead_state import LeadState
from intake_api.rules.rights import RESTRICTED_FOR, RightsKind
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.leads import restrict
from intake_api.store.rights_cases import end_case

__all__ = ["CaseOver", "CaseUnknown", "restrict_by_link"]


def restrict_by_link(store: Store, token: str, *, lift: bool, now: datetime) -> None:
    """Restrict all leads of the address; with `lift` let them be used again, as the person themselves says.

    :raises CaseUnknown: no such token.
    :raises CaseOver: the link was used, or it is too late.
    :raises StoreUnavailable: nothing was changed, and the link is still good.
    """
    kind = "lead.restriction_lifted" if lift else "lead.restricted"
    with store.writing() as tx:
        case = use_link(tx, token, RightsKind.RESTRICTION, now=now)
        leads = [hold_lead(tx, one.lead.id) for one in held_by_case(tx, store, case)]
        for lead in leads:
            if lead.state is LeadState.ERASED or lead.is_restricted is not lift:
                continue
            restrict(tx, lead.id, None if lift else RESTRICTED_FOR.after(now))
            facts = {"case": case.id}
            evidence.add_entry(
                tx, kind, actor="subject", now=now, lead_id=lead.id, subject_id=lead.subject_id, facts=facts
            )
            tell_destinations(tx, lead, UPDATE_CONSENT, case_id=case.id, now=now)
            event(kind, lead=lead.id, case=case.id)
        record_done(tx, case, [lead.id for lead in leads], now=now, lifted=lift)
        end_case(tx, case.id, now=now)
