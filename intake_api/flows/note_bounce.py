"""Write down that an address takes no mail, so that its leads are kept shortly only, or that it does again (T-09)."""

import json
from datetime import datetime, timedelta

from sqlalchemy import Connection

from intake_api.flows.expire_unconfirmed import LAPSE
from intake_api.flows.hold_lead import hold_lead
from intake_api.flows.promised_end import promised_end
from intake_api.mail.port import Outcome, Refused, Sent
from intake_api.rules.lead_state import LeadState
from intake_api.rules.taking_back import TAKEN_BACK
from intake_api.store.decisions import current_decisions, list_decisions
from intake_api.store.lead_index import find_by_token, is_marked, mark_bounced
from intake_api.store.leads import Lead, get_lead_by_id, shorten
from intake_api.store.notices import get_notice_body

KEPT_FOR = timedelta(days=30)  # what nobody can be reached by is not worth keeping longer (Art. 5(1)(d))


def hold_news(tx: Connection, address: bytes | None, outcome: Outcome) -> bool:
    """Say whether the outcome of a mail is news of its address; if it is, hold all leads of it.

    They are held as by whoever takes back or erases: before the question that the mail asked. Otherwise the two would
    wait for each other, or an end that a person just made earlier would be moved back.

    :param address: its blind index.
    """
    if address is None or not _is_news(tx, address, outcome):
        return False
    for lead_id in find_by_token(tx, address):
        hold_lead(tx, lead_id)
    return True


def note_bounce(tx: Connection, address: bytes | None, outcome: Outcome, *, now: datetime) -> None:
    """Write down what the outcome of a mail says of its address. The caller holds its leads by `hold_news`.

    :param address: its blind index.
    """
    if address is None:
        return
    match outcome:
        case Sent():
            if mark_bounced(tx, address, None):
                _keep_as_promised(tx, address)
        case Refused(reason="address_refused"):
            if mark_bounced(tx, address, now):
                _keep_shortly(tx, address, until=now + KEPT_FOR)


def _is_news(tx: Connection, address: bytes, outcome: Outcome) -> bool:
    match outcome:
        case Sent():
            return is_marked(tx, address, bounced=True)
        case Refused(reason="address_refused"):
            return is_marked(tx, address, bounced=False)
        case _:
            return False


def _keep_shortly(tx: Connection, address: bytes, *, until: datetime) -> None:
    for lead in _leads(tx, address):
        if lead.delete_after > until:
            shorten(tx, lead.id, until)


def _keep_as_promised(tx: Connection, address: bytes) -> None:
    """Give leads of a good address the end back that their notice promised; nothing is kept longer than that."""
    for lead in _leads(tx, address):
        notice, alive = json.loads(get_notice_body(tx, lead.notice_hash)), current_decisions(tx, lead.id).values()
        events = list_decisions(tx, lead.id)
        acts = [one.decided_at for one in events if one.state not in TAKEN_BACK and one.control != LAPSE]
        end = promised_end(notice, alive, submitted_at=lead.received_at, last_activity_at=max(acts))
        if end is not None and not lead.held_for and end > lead.delete_after:
            shorten(tx, lead.id, end)


def _leads(tx: Connection, address: bytes) -> list[Lead]:
    leads = [get_lead_by_id(tx, lead_id) for lead_id in find_by_token(tx, address)]
    return [lead for lead in leads if lead.state is not LeadState.ERASED]
