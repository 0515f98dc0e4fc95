"""`intake_api staff`: who may review."""

import json

import click

from intake_api.cli.opening import opened
from intake_api.flows.issue_password import Invitation, invite_first_staff, reset_staff


@click.group()
def staff() -> None:
    """People who review leads."""


@staff.command()
@click.option("--email", metavar="EMAIL", help="The e-mail of the first account.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of email=… password=… lines.")
def first(email: str | None, as_json: bool) -> None:
    """Print the first account and a fresh one-time password, as long as nobody has ever signed in; then nothing."""
    house = opened()
    invitation = invite_first_staff(house.store, email, now=house.now)
    if invitation is not None:
        click.echo(_shown(invitation, as_json=as_json))


@staff.command()
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of email=… password=… lines.")
def reset(email: str, as_json: bool) -> None:
    """Print a fresh one-time password for a person and end all their sessions."""
    house = opened()
    click.echo(_shown(reset_staff(house.store, email, now=house.now), as_json=as_json))


def _shown(invitation: Invitation, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"email": invitation.email, "password": invitation.password})
    return f"email={invitation.email}\npassword={invitation.password}"
