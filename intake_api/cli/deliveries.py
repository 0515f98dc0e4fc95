"""`intake_api deliveries`: what is on its way, what stands still, and setting it going again."""

import json
import os

import click

from intake_api.catalogue.load import load_catalogue
from intake_api.cli.opening import opened
from intake_api.cli.previews import field_map, preview
from intake_api.clock import rfc3339
from intake_api.crm.port import Done, Duplicate
from intake_api.crm.registry import open_destination
from intake_api.flows.reconcile import CANNOT_TELL, reconcile_now
from intake_api.flows.resume_deliveries import resume_deliveries
from intake_api.flows.try_delivery_again import try_delivery_again
from intake_api.queue import Queue
from intake_api.settings import read_settings
from intake_api.store.comparisons import list_differences
from intake_api.store.deliveries import count_by_state
from intake_api.store.destinations import list_pauses


@click.group()
def deliveries() -> None:
    """Deliveries to the CRM."""


deliveries.add_command(preview)
deliveries.add_command(field_map)


@deliveries.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def status(as_json: bool) -> None:
    """Count by state; name paused destinations."""
    house = opened()
    with house.store.reading() as tx:
        counts = {state.value: count for state, count in sorted(count_by_state(tx).items())}
        pauses = [{"name": one.name, "since": rfc3339(one.paused_at), "reason": one.reason} for one in list_pauses(tx)]
    if as_json:
        click.echo(json.dumps({"deliveries": counts, "paused": pauses}))
        return
    click.echo(", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items()) or "No deliveries.")
    for pause in pauses:
        click.echo(f"PAUSED: {pause['name']} since {pause['since']}, reason: {pause['reason']}")


@deliveries.command()
def check() -> None:
    """Ask the destination whether it would let a lead in.

    Nothing of anybody is sent; a webhook gets a message of the type `test`. It needs what the worker needs to call it,
    so in containers it runs there.
    """
    settings = read_settings(os.environ, "worker")
    destination = open_destination(settings, load_catalogue(settings.catalogue, settings.public_url))
    outcome = destination.check(now=settings.clock())
    if not isinstance(outcome, Done | Duplicate):
        reason = f"{outcome.reason}, HTTP status {outcome.status}" if outcome.status else outcome.reason
        raise click.ClickException(
            f"{destination.name} would take no lead: {reason}. docs/delivery.md says what to do."
        )
    click.echo(f"{destination.name} would take a lead.")


@deliveries.command()
def reconcile() -> None:
    """Compare what we believe with what the destination holds, now and all of it.

    Nothing is changed there; the worker does the same each night. It needs what the worker needs, so in containers it
    runs there. What differs stands on /destinations/differences of the review door.
    """
    settings = read_settings(os.environ, "worker")
    destination = open_destination(settings, load_catalogue(settings.catalogue, settings.public_url))
    store = opened().store
    last = reconcile_now(store, destination, clock=settings.clock)
    if last.ended_for == CANNOT_TELL:
        click.echo(f"{destination.name} only takes: nothing can be asked of it.")
        return
    with store.reading() as tx:
        found = list_differences(tx, limit=1000)
    if last.ended_for:
        raise click.ClickException(f"{destination.name} stopped answering after {last.compared}: {last.ended_for}.")
    click.echo(f"{last.compared} compared, {len(found)} differ.")
    for one in found:
        click.echo(f"{one.reference} {one.kind.value} {' '.join(one.names)}".rstrip())


@deliveries.command()
@click.argument("destination")
def resume(destination: str) -> None:
    """Let a paused DESTINATION take deliveries again.

    All that waited for it is due at once; nothing was lost.
    """
    house = opened()
    resume_deliveries(house.store, destination, actor="operator", now=house.now)
    click.echo(f"{destination} takes deliveries again.")


@deliveries.command()
@click.argument("reference")
def again(reference: str) -> None:
    """Try a failed delivery of a lead again.

    It goes to the destination that is set up now: under its old id if it failed there, else as a new delivery.
    """
    house = opened()
    delivery = try_delivery_again(
        house.store,
        Queue(house.settings.database_url),
        reference,
        destination=house.settings.destination,
        recipient=house.settings.destination_recipient,
        actor="operator",
        now=house.now,
    )
    click.echo(f"Delivery {delivery.id} to {delivery.destination} is in the queue.")
