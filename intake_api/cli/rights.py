"""`intake_api rights`: what people asked for, where it stands and by when it is due; what is kept and not used."""

import json
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import click

from intake_api.cli.opening import opened
from intake_api.clock import rfc3339
from intake_api.flows.answer_case import close_case, extend_case, open_case, refuse_case
from intake_api.flows.lift_restriction import lift_restriction, restricted_by
from intake_api.flows.record_told import Telling
from intake_api.queue import Queue
from intake_api.rules.rights import ASKED_FOR, EXTENSIONS, RightsKind
from intake_api.store.case_deliveries import list_standing
from intake_api.store.lead_lists import list_restricted

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
        soon = house.now + SOON
        found = [one for one in list_standing(tx) if not due or (one.is_waiting and one.case.due_at <= soon)]
    told = [
        {
            "case": one.case.id,
            "right": one.case.kind.value,
            "status": one.status.value,
            "asked_at": rfc3339(one.case.made_at),
            "due_at": rfc3339(one.case.due_at),
            "extended": one.case.extended_at is not None,
            "overdue": one.is_waiting and one.case.due_at < house.now,
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps({"cases": told}))
        return
    for each in told:
        late = ("  extended" if each["extended"] else "") + ("  OVERDUE" if each["overdue"] else "")
        click.echo(f"{each['due_at']}  {each['right']}: {each['status']}  {each['case']}{late}")
    if not told:
        click.echo("Nothing is due." if due else "Nobody asked for anything.")


@rights.command()
def restricted() -> None:
    """List the leads that are kept and not used, as their persons asked, until when and by which case."""
    house = opened()
    with house.store.reading() as tx:
        found = [(lead, restricted_by(tx, lead)) for lead in list_restricted(tx)]
    for lead, case in found:
        by = f"  case {case}" if case else ""
        click.echo(f"{lead.reference}  {lead.form}  until {rfc3339(lead.restricted_until or house.now)}{by}")
    if not found:
        click.echo("No lead is restricted.")


@rights.command()
@click.argument("case")
@click.option("--reason", required=True, help="Why, in one line; the person reads it.")
@click.option("--told", type=click.Choice([one.value for one in Telling if one is not Telling.MAIL]), help="How else.")
def lift(case: str, reason: str, told: str | None) -> None:
    """Lift a restriction on our account: refused, and the person told by mail, until they know (S-10)."""
    house = opened()
    with closing(Queue(house.settings.database_url)) as queue:
        by = Telling(told) if told else None
        lifted = lift_restriction(house.store, queue, case, reason, told=by, now=house.now)
    for reference in lifted:
        click.echo(f"{reference}  is used again")


@rights.command("open")
@click.argument("kind", type=click.Choice([kind.value for kind in ASKED_FOR]))
@click.option("--locale", default="en", show_default=True, help="The language they are written to in.")
@click.option(
    "--asked-on", type=click.DateTime(["%Y-%m-%d"]), help="The day on which it reached us; today if left out."
)
def open_(kind: str, locale: str, asked_on: datetime | None) -> None:
    """Open a case for somebody who wrote or called. Their e-mail address is read from standard input."""
    house = opened()
    if locale not in house.catalogue.locales:
        raise click.BadParameter(f"Languages are: {', '.join(house.catalogue.locales)}.", param_hint="--locale")
    address = sys.stdin.readline().strip()  # never an argument: those stand in the list of processes
    case = open_case(
        house.store,
        kind=RightsKind(kind),
        email=address,
        locale=locale,
        asked_at=asked_on.replace(tzinfo=UTC) if asked_on else house.now,
        now=house.now,
    )
    click.echo(f"{case.id}  due {rfc3339(case.due_at)}")


@rights.command()
@click.argument("case")
@click.option("--by", required=True, type=click.Choice(EXTENSIONS), help="A month or two.")
@click.option("--reason", required=True, help="Why, in one line; the person reads it.")
def extend(case: str, by: str, reason: str) -> None:
    """Take longer for an answer, once and within the first month; the person is told by mail (S-04)."""
    house = opened()
    with closing(Queue(house.settings.database_url)) as queue:
        until = extend_case(house.store, queue, case, by, reason, now=house.now)
    click.echo(f"{case}  due {rfc3339(until)}")


@rights.command()
@click.argument("case")
@click.option("--reason", required=True, help="Why, in one line; the person reads it.")
def refuse(case: str, reason: str) -> None:
    """Refuse what was asked; the person is told why, where to complain, and of the court (S-19)."""
    house = opened()
    with closing(Queue(house.settings.database_url)) as queue:
        refuse_case(house.store, queue, case, reason, now=house.now)
    click.echo(f"{case}  refused")


@rights.command()
@click.argument("case")
def done(case: str) -> None:
    """Note that a case by hand was answered; its address is destroyed."""
    house = opened()
    close_case(house.store, case, now=house.now)
    click.echo(f"{case}  done")
