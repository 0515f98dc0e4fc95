"""`intake_api rights`: what people asked for, where it stands and by when it is due; what is kept and not used."""

import json
from datetime import timedelta

import click

from intake_api.cli.opening import opened
from intake_api.clock import rfc3339
from intake_api.store.lead_lists import list_restricted
from intake_api.store.rights_cases import list_cases

SOON = timedelta(days=7)


@click.group()
def rights() -> None:
    """What people asked for."""


@rights.command("list")
@click.option("--due", is_flag=True, help="Only what is open and due within a week, or overdue.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def list_(due: bool, as_json: bool) -> None:
    """List cases by the day they are due. No address is among it."""
    house = opened()
    with house.store.reading() as tx:
        found = [one for one in list_cases(tx) if not due or (one.is_waiting and one.due_at <= house.now + SOON)]
    told = [
        {
            "case": one.id,
            "right": one.kind.value,
            "status": one.status.value,
            "asked_at": rfc3339(one.made_at),
            "due_at": rfc3339(one.due_at),
            "overdue": one.is_waiting and one.due_at < house.now,
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps({"cases": told}))
        return
    for each in told:
        late = "  OVERDUE" if each["overdue"] else ""
        click.echo(f"{each['due_at']}  {each['right']}: {each['status']}  {each['case']}{late}")
    if not told:
        click.echo("Nothing is due." if due else "Nobody asked for anything.")


@rights.command()
def restricted() -> None:
    """List the leads that are kept and not used, as their persons asked, and until when."""
    house = opened()
    with house.store.reading() as tx:
        found = list_restricted(tx)
    for lead in found:
        click.echo(f"{lead.reference}  {lead.form}  until {rfc3339(lead.restricted_until or house.now)}")
    if not found:
        click.echo("No lead is restricted.")
