"""`intake_api notices`: what became of every showing of them."""

import json
from dataclasses import asdict
from datetime import date, timedelta

import click

from intake_api.cli.opening import opened
from intake_api.rules.consent import PERMITS, DecisionState
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
