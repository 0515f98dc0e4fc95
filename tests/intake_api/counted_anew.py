"""What the kept counts of reports must be: worked out lead by lead from what the store says of each."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date

from sqlalchemy import Connection, text

from intake_api.rules.consent import DecisionState
from intake_api.rules.span_steps import step_of
from intake_api.store.base import Moment, Store
from intake_api.store.counted_leads import current_counts
from intake_api.store.decisions import list_decisions
from intake_api.store.deliveries import list_deliveries
from intake_api.store.evidence import list_entries
from intake_api.store.leads import get_lead_by_id
from intake_api.store.report_counts import Kind, Mark

FIRST_ACTS = {"lead.approved", "lead.declined", "lead.contacted", "lead.marked_spam"}
WHAT_WAS_DONE = {"submission.received": "given", "lead.read": "read", "delivery.delivered": "forwarded"}


def counts_now(store: Store) -> Counter[Mark]:
    """Return all counts as a report would read them."""
    with store.reading() as tx:
        rows = tx.execute(text("SELECT kind, day, one, two, three, number FROM report_counts"))
        kept = Counter({Mark(Kind(row[0]), _day(row[1]), *row[2:5]): row[5] for row in rows})
        assert 0 not in kept.values()
        kept.update(current_counts(tx).since)
    return Counter({mark: number for mark, number in kept.items() if number})


def counted_anew(store: Store) -> Counter[Mark]:
    """Count all leads that are not erased, and all refusals."""
    marks: Counter[Mark] = Counter()
    with store.reading() as tx:
        for lead_id in tx.scalars(text("SELECT id FROM leads WHERE state <> 'erased'")).all():
            marks.update(marks_of(tx, lead_id))
        refused = "SELECT notice_hash, shown_at FROM presentations WHERE outcome = 'refused'"
        for notice_hash, shown_at in tx.execute(text(refused).columns(shown_at=Moment)):
            marks[Mark(Kind.REFUSED, shown_at.date(), notice_hash)] += 1
    return marks


def marks_of(tx: Connection, lead_id: str) -> Iterable[Mark]:
    """Say all that one lead counts for."""
    lead = get_lead_by_id(tx, lead_id)
    day = lead.received_at.astimezone(UTC).date()
    yield Mark(Kind.CAME, day, lead.form, lead.channel, lead.locale)
    yield Mark(Kind.NOTICE, day, lead.notice_hash, lead.channel)
    yield Mark(Kind.STANDS, day, str(lead.score // 20), lead.state)
    campaign = lead.attribution.get("utm_campaign", "")
    source = lead.attribution.get("source") or lead.attribution.get("utm_source") or ""
    yield Mark(Kind.SOURCE, day, source, campaign, lead.state)
    for decision in list_decisions(tx, lead_id):
        if decision.evidence_entry == lead.evidence_entry and decision.control == "opt_in" and lead.channel != "staff":
            said = "no" if decision.state is DecisionState.REFUSED else "yes"
            yield Mark(Kind.DECIDED, day, lead.notice_hash, decision.purpose, said)
    deliveries = list_deliveries(tx, lead_id)
    approved = {one.state.value for one in deliveries if one.kind == "upsert"} - {"cancelled"}
    if approved and lead.channel != "staff":
        yield Mark(Kind.REACHED, day, lead.form, "qualified")
    if "delivered" in approved and lead.channel != "staff":
        yield Mark(Kind.REACHED, day, lead.form, "delivered")
    for one in deliveries:
        began = one.created_at.astimezone(UTC).date()
        yield Mark(Kind.DELIVERY, began, one.destination, one.state)
        if one.state == "delivered" and one.last_at:
            yield Mark(Kind.TOOK, began, one.destination, str(step_of(one.last_at - one.created_at)))
    entries = list_entries(tx, lead_id)
    first = min((entry.at for entry in entries if entry.kind in FIRST_ACTS and entry.by_staff), default=None)
    if first is not None:
        yield Mark(Kind.WAITED, day, lead.form, str(step_of(first - lead.received_at)))
    for kind, use in WHAT_WAS_DONE.items():
        of_kind = [entry for entry in entries if entry.kind == kind and (kind != "lead.read" or entry.by_staff)]
        for field in {field for entry in of_kind for field in json.loads(entry.body)["fields"]}:
            yield Mark(Kind.FIELD, day, lead.form, field, use)


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
