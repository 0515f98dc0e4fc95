"""`intake_api notices`: what has changed in them, publishing that, and what became of every showing."""

import json
from dataclasses import asdict
from datetime import date, timedelta

import click
from sqlalchemy import Connection

from intake_api.cli.opening import opened
from intake_api.clock import rfc3339
from intake_api.flows.publish_notices import Change, asks_again, difference, list_changes, publish_notices
from intake_api.rules.consent import PERMITS, DecisionState
from intake_api.store.decisions import count_given
from intake_api.store.publications import list_publications
from intake_api.store.renewals import count_renewals
from intake_api.store.showings import Place, Shown, read_showings

LAST_DAYS = 30
YES = (*PERMITS, DecisionState.REQUESTED)
COLUMNS = ("shown", "sent", "said no", "left")


@click.group()
def notices() -> None:
    """What visitors are told before anything is asked."""


@notices.command()
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help=f"The first day (UTC); {LAST_DAYS} days back if none.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def counts(since: date | None, as_json: bool) -> None:
    """Count showings, and what was answered: by form, language and channel, and for each purpose.

    Nobody is followed: a showing is a number, and "left" is what was neither sent nor refused (yet).
    """
    house = opened()
    first = since or (house.now - timedelta(days=LAST_DAYS)).date()
    with house.store.reading() as tx:
        found = read_showings(tx, since=date(first.year, first.month, first.day))
    click.echo(json.dumps([_plain(place, shown) for place, shown in found.items()]) if as_json else _table(found))


@notices.command()
def diff() -> None:
    """Show what the catalogue says otherwise than what is published, line by line."""
    house = opened()
    with house.store.reading() as tx:
        changes = list_changes(tx, house.catalogue)
        for change in changes:
            click.secho(_named(change), bold=True)
            _say_asked_again(tx, change)
            if change.before:
                click.echo("\n".join(map(_coloured, difference(tx, change)[2:])) + "\n")
    click.echo(f"{len(changes)} to publish." if changes else "Everything is published.")


@notices.command()
@click.option("--by", required=True, metavar="EMAIL", help="Whose act this is: an account of the review queue.")
@click.option("--approved-by", metavar="EMAIL", help="Another account, who has read the difference, too.")
@click.option("--reason", required=True, help="Why, in a sentence: it stays on the record.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def publish(by: str, approved_by: str | None, reason: str, yes: bool) -> None:
    """Make the catalogue's notices the current ones. Start the doors anew afterwards.

    Forms that are open on somebody's screen may be sent on the words they were shown for another half an hour.
    """
    house = opened()
    with house.store.reading() as tx:
        changes = list_changes(tx, house.catalogue)
        for change in changes:
            click.echo(_named(change))
            _say_asked_again(tx, change)
    if not changes:
        click.echo("Everything is published.")
        return
    if not yes:
        click.confirm("Publish these?", abort=True)
    published = publish_notices(
        house.store, house.catalogue, by=by, approved_by=approved_by, reason=reason, now=house.now
    )
    click.echo(f"{len(published)} published. Doors that run show them when they are started anew.")


@notices.command()
def asked() -> None:
    """Count who was asked again: after a material change, or before a yes ends; by where their mail stands."""
    house = opened()
    with house.store.reading() as tx:
        found = count_renewals(tx)
    for (why, state), (asked_again, answered) in found.items():
        click.echo(f"{why.value}  {state.value}: {asked_again} asked, {answered} answered")
    if not found:
        click.echo("Nobody was asked again.")


@notices.command("list")
@click.argument("form", required=False)
def list_(form: str | None) -> None:
    """List what was published, newest first: when, which, by whom and why."""
    house = opened()
    with house.store.reading() as tx:
        for one in list_publications(tx, form):
            named = f"{one.form} {one.locale} {one.number}"
            click.echo(f"{rfc3339(one.published_at)}  {named}  {one.notice_hash[:12]}  by {one.author}: {one.reason}")


def _named(change: Change) -> str:
    notice = change.after
    return f"{notice.form}  {notice.locale}  version {notice.version}  " + ("changed" if change.before else "new")


def _say_asked_again(tx: Connection, change: Change) -> None:
    """Say which yeses the change ends: whoever gave one has to be asked again (C-17)."""
    if purposes := asks_again(tx, change):
        leads = count_given(tx, change.after.form, change.after.locale, purposes)
        ended = f"an earlier yes does not count any more for {', '.join(purposes)}"
        click.echo(f"    material: {ended}; {leads} {'lead has' if leads == 1 else 'leads have'} one")


def _coloured(line: str) -> str:
    return click.style(line, fg={"+": "green", "-": "red"}.get(line[:1]))


def _plain(place: Place, shown: Shown) -> dict[str, object]:
    return {**asdict(place), **asdict(shown), "ignored": shown.ignored}


def _table(found: dict[Place, Shown]) -> str:
    if not found:
        return "Nothing was shown in this time."
    named = {place: f"{place.form}  {place.locale}  {place.channel}" for place in found}
    width = max(map(len, named.values()))
    rows = [click.style(" ".join(["".ljust(width), *(name.rjust(8) for name in COLUMNS)]), bold=True)]
    for place, shown in found.items():
        numbers = (shown.shown, shown.sent, shown.refused, shown.ignored)
        rows.append(" ".join([named[place].ljust(width), *(str(number).rjust(8) for number in numbers)]))
        for purpose, states in sorted(shown.decided.items()):
            yes = sum(count for state, count in states.items() if state in YES)
            rows.append(f"    {purpose}: {yes} yes, {sum(states.values()) - yes} no")
    return "\n".join(rows)
