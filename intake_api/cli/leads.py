"""`intake_api leads`: one lead, read on the record, and whose yes ends soon."""

import json
import sys
from typing import Any

import click

from intake_api.cli.opening import opened
from intake_api.clock import rfc3339
from intake_api.flows.expire_consents import list_renewals
from intake_api.flows.index_leads_anew import index_leads_anew
from intake_api.flows.read_lead import WholeLead, read_lead
from intake_api.flows.seed_leads import seed_leads
from intake_api.store.lead_lists import list_untold


@click.group()
def leads() -> None:
    """Leads."""


@leads.command()
@click.argument("reference")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def show(reference: str, as_json: bool) -> None:
    """Show one lead whole. The reading is recorded in the evidence."""
    house = opened()
    whole = read_lead(house.store, reference, actor="operator", why="command_line", now=house.now)
    shown = _shown(whole)
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2) if as_json else _in_words(shown))


@leads.command()
def renewals() -> None:
    """List the yeses that end within 30 days. The worker asks about those whose purpose says `renewal: ask`, once."""
    house = opened()
    for one in list_renewals(house.store, now=house.now):
        click.echo(f"{one.lead.reference}  {one.purpose} until {rfc3339(one.until)}")


@leads.command()
def untold() -> None:
    """List the leads that staff wrote down for people who were not given the notice yet, the most urgent first."""
    house = opened()
    with house.store.reading() as tx:
        found = list_untold(tx)
    for lead in found:
        due = lead.tell_by or house.now
        click.echo(f"{lead.reference}  to be told by {rfc3339(due)}{'  OVERDUE' if due < house.now else ''}")
    if not found:
        click.echo("Everybody was told.")


@leads.command()
@click.option("--count", type=click.IntRange(1, 10_000_000), default=1000, show_default=True, help="How many.")
def seed(count: int) -> None:
    """Keep invented leads of the last two months, for development and tests. Stop it at any time with Ctrl-C."""
    house = opened(shows_notices=True)
    settings, kept = house.settings, 0
    batches = seed_leads(
        house.store,
        house.catalogue,
        count=count,
        mode=settings.mode,
        destination=settings.destination,
        recipient=settings.destination_recipient,
        now=house.now,
    )
    try:
        with click.progressbar(length=count, label="Invented leads", file=sys.stderr) as bar:
            for done in batches:
                bar.update(done - kept)
                kept = done
    except KeyboardInterrupt:
        click.echo(f"Stopped. {kept} invented leads are kept.")
        raise click.Abort from None
    click.echo(f"{kept} invented leads are kept.")


@leads.command()
def reindex() -> None:
    """Make leads of before findable by what they are found by today, such as words of the company. Safe to repeat."""
    click.echo(f"{index_leads_anew(opened().store)} leads can be found anew.")


def _shown(whole: WholeLead) -> dict[str, Any]:
    lead = whole.lead
    return {
        "reference": lead.reference,
        "form": lead.form,
        "channel": lead.channel,
        "locale": lead.locale,
        "state": lead.state.value,
        "received_at": rfc3339(lead.received_at),
        "delete_after": rfc3339(lead.delete_after),
        "score": {"points": lead.score, "lines": lead.score_lines},
        "fields": dict(whole.values),
        "decisions": {one.purpose: _decision(one) for one in whole.decisions},
        "notice": {"hash": lead.notice_hash, "document": whole.notice},
        "attribution": lead.attribution,
        "decline_reason": lead.decline_reason,
        "deliveries": [_plain(delivery) for delivery in whole.deliveries],
        "evidence": [
            {"id": entry.id, "kind": entry.kind, "at": rfc3339(entry.at), "position": entry.position}
            for entry in whole.entries
        ],
    }


def _decision(decision: Any) -> dict[str, Any]:
    return {
        "state": decision.state.value,
        "basis": decision.basis,
        "control": decision.control,
        "label_hash": decision.label_hash,
        "decided_at": rfc3339(decision.decided_at),
    }


def _plain(delivery: Any) -> dict[str, Any]:
    values = {name: getattr(delivery, name) for name in delivery.__dataclass_fields__}
    return {name: rfc3339(value) if hasattr(value, "isoformat") else value for name, value in values.items()}


def _in_words(shown: dict[str, Any]) -> str:
    lines = [f"{shown['reference']}  {shown['form']} by {shown['channel']} in {shown['locale']}, {shown['state']}"]
    lines += [f"  {name}: {one_line(value)}" for name, value in shown["fields"].items()]
    lines += [f"  {purpose}: {decision['state']}" for purpose, decision in shown["decisions"].items()]
    lines += [f"  delivery {one['id']}: {one['state']}, {one['attempts']} attempts" for one in shown["deliveries"]]
    return "\n".join([*lines, f"  erased after {shown['delete_after']}"])


def one_line(value: Any) -> str:
    """Show a typed value on one line of a terminal: control characters as escapes (SEC-14, SEC-36)."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(value))
