"""`intake_api deliveries preview` and `map`: what would leave and what never does, before anything is sent."""

import json
import os
from collections.abc import Iterable

import click

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue, FormUnknown
from intake_api.cli.leads import one_line
from intake_api.cli.opening import Opened, opened
from intake_api.crm.port import Absent, CannotTell, Held, ReadBack, document
from intake_api.crm.registry import open_destination
from intake_api.flows.judge_forwarding import judge_forwarding
from intake_api.flows.pack_parcel import pack_question
from intake_api.flows.preview_parcel import GATE_CLOSED, NO_PURPOSE, UNMAPPED, Preview, Staying, preview_parcel
from intake_api.flows.read_lead import WholeLead, read_lead
from intake_api.settings import Settings, read_settings


@click.command()
@click.argument("reference")
@click.option("--ask", is_flag=True, help="Ask there whether it has the lead; needs what a worker needs.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def preview(reference: str, ask: bool, as_json: bool) -> None:
    """Show what approving a lead now would send. Nothing is sent.

    What the person typed is printed, so the reading is recorded in the evidence. `--ask` tells the destination the
    lead's number and nothing of the person.
    """
    house = opened()
    whole = read_lead(house.store, reference, actor="operator", why="preview", now=house.now)
    made = _preview(house, whole)
    there = _asked(whole, made) if ask else None
    if as_json:
        click.echo(json.dumps(_shown(whole, made, there), ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(_said(house, whole, made, there)))


@click.command("map")
@click.argument("form")
def field_map(form: str) -> None:
    """Say under which name each field of FORM travels to the destination that is set up, and which never leave."""
    settings = read_settings(os.environ, "migrate")  # the catalogue is no secret
    catalogue = load_catalogue(settings.catalogue, settings.public_url)
    try:
        click.echo("\n".join(_mapped(settings, catalogue, form)))
    except FormUnknown:
        raise click.ClickException(f"There is no form {form}; there are: {', '.join(catalogue.forms)}.") from None


def _preview(house: Opened, whole: WholeLead) -> Preview:
    settings = house.settings
    with house.store.reading() as tx:
        return preview_parcel(
            tx,
            house.store,
            whole.lead,
            judge_forwarding(tx, whole.lead, settings.destination_recipient, now=house.now),
            house.catalogue.field_map(settings.destination),
            destination=settings.destination,
            recipient=settings.destination_recipient,
            given=whole.values,
        )


def _asked(whole: WholeLead, made: Preview) -> ReadBack:
    settings = read_settings(os.environ, "worker")
    destination = open_destination(settings, load_catalogue(settings.catalogue, settings.public_url))
    return destination.read_back(pack_question(whole.lead, remote_id=made.remote_id), now=settings.clock())


def _shown(whole: WholeLead, made: Preview, there: ReadBack | None) -> dict[str, object]:
    return {
        "reference": whole.lead.reference,
        "destination": made.destination,
        "recipient": made.recipient,
        "obstacles": [{"code": one.code, "says": one.says, "next": one.next} for one in made.obstacles],
        "parcel": document("upsert", made.parcel) if made.parcel else None,
        "names": {one.here: one.there for one in made.going},
        "fixed": dict(made.fixed),
        "stays": {one.here: {"why": one.why, "purposes": dict(one.states)} for one in made.staying},
        "remote_id": made.remote_id,
        "there": _there(there) if there else None,
    }


def _said(house: Opened, whole: WholeLead, made: Preview, there: ReadBack | None) -> Iterable[str]:
    company = house.catalogue.recipient(made.recipient).name
    yield f"{whole.lead.reference} to {company}, by {made.destination}. Nothing was sent."
    for obstacle in made.obstacles:
        yield f"MAY NOT GO: {obstacle.says} {obstacle.next} ({obstacle.code})"
    if made.parcel:
        yield "Would travel:"
        yield from (f"  {one.there} <- {one.here}: {one_line(one.value)}" for one in made.going)
        yield from (f"  {there} = {value} (the same for every new one)" for there, value in made.fixed.items())
        yield "For:"
        for one in made.parcel.purposes:
            yield f"  {one.id}: {one.state}, basis {one.basis}, evidence {one.evidence}"
        if made.opt_out is not None:
            yield f"  advertising: {'not allowed' if made.opt_out else 'allowed'}"
    if made.staying:
        yield "Stays here:"
        yield from (f"  {one.here}: {_why(one, made)}" for one in made.staying)
    if there:
        yield f"There: {_there(there)}"
    elif made.remote_id:
        yield f"There: updates {made.remote_id}, as an earlier delivery was told"


def _why(one: Staying, made: Preview) -> str:
    if one.why == GATE_CLOSED:
        return "nothing of this lead may go"
    if one.why == UNMAPPED:
        return f"destinations/{made.destination}.yml does not name it"
    if one.why == NO_PURPOSE:
        return ", ".join(f"{purpose} is {state or 'not decided'}" for purpose, state in one.states.items())
    return f"nothing that it was asked for names {made.recipient}"


def _there(answer: ReadBack) -> str:
    match answer:
        case Held(remote_id):
            return f"updates {remote_id}"
        case Absent():
            return "makes a new record"
        case CannotTell():
            return "cannot be known, a destination of this kind only takes"
        case _:
            return f"not known, {answer.reason}"


def _mapped(settings: Settings, catalogue: Catalogue, name: str) -> Iterable[str]:
    form, named = catalogue.form(name), catalogue.field_map(settings.destination)
    recipient = settings.destination_recipient
    yield f"{name} to {settings.destination}:"
    for field in form.fields:
        to = [one for one in field.purposes if recipient in catalogue.purpose(one).recipients]
        there = named.name(name, field.name)
        if not to:
            yield f"  {field.name}: never leaves, none of its purposes names {recipient}"
        elif there is None:
            yield f"  {field.name}: never leaves, destinations/{settings.destination}.yml does not name it"
        else:
            yield f"  {field.name} -> {there}, for {' or '.join(to)}"
    yield from (f"  {there} = {value}, the same for every new one" for there, value in named.fixed.items())
    for purpose in form.purposes:
        if recipient in catalogue.purpose(purpose).recipients and (places := named.consent.get(purpose)):
            written = [one for one in (places.state, places.decided_at, places.evidence, places.subscription) if one]
            yield f"  {purpose} -> {', '.join(written)}"
