"""`intake_api staff`: who works at the review door, and what they may."""

import json
from contextlib import closing
from typing import Any

import click

from intake_api.catalogue.load import load_catalogue
from intake_api.cli.opening import Opened, opened
from intake_api.clock import rfc3339
from intake_api.flows.change_staff import StaffUnknown, change_roles, change_teams, disable_staff
from intake_api.flows.invite_staff import Refused, invite_staff
from intake_api.flows.issue_password import Invitation, invite_first_staff, reset_staff
from intake_api.flows.set_up_factor import remove_factor
from intake_api.flows.sign_in_by_company import unlink_identity
from intake_api.queue import Queue
from intake_api.rules.staff_roles import Role, read_roles
from intake_api.store.evidence import OPERATOR
from intake_api.store.staff import find_account, list_people

ROLE = click.Choice([role.value for role in Role if role is not Role.INTEGRATION])


class AddressRefused(Exception):
    """What was written is no e-mail address."""

    code = "address_refused"


class TeamUnknown(Exception):
    """The catalogue has no team of this name."""

    code = "team_unknown"


@click.group()
def staff() -> None:
    """People who work at the review door."""


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
@click.option("--second-factor", is_flag=True, help="Take the second factor away, too: phone and codes are lost.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of email=… password=… lines.")
def reset(email: str, second_factor: bool, as_json: bool) -> None:
    """Print a fresh one-time password for a person and end all their sessions."""
    house = opened()
    if second_factor:
        remove_factor(house.store, _id_of(house, email), actor=OPERATOR, now=house.now)
    click.echo(_shown(reset_staff(house.store, email, now=house.now), as_json=as_json))


@staff.command()
@click.argument("email")
@click.option("--role", "roles", type=ROLE, multiple=True, required=True, help="May be given more than once.")
def invite(email: str, roles: tuple[str, ...]) -> None:
    """Invite a person by mail: a link that works once and for 72 hours."""
    house = opened()
    with closing(Queue(house.settings.database_url)) as queue:
        try:
            invite_staff(house.store, queue, email, read_roles(roles), actor=OPERATOR, now=house.now)
        except Refused:
            raise AddressRefused("This is not an e-mail address.") from None
    click.echo("If this address has no account yet, a mail with a link is on its way to it.")


@staff.command()
@click.argument("email")
@click.argument("roles", type=ROLE, nargs=-1, required=True)
def role(email: str, roles: tuple[str, ...]) -> None:
    """Give a person these roles instead of those they had; they hold from the next request on."""
    house = opened()
    change_roles(house.store, _id_of(house, email), read_roles(roles), actor=OPERATOR, now=house.now)


@staff.command()
@click.argument("email")
@click.argument("teams", nargs=-1)
def team(email: str, teams: tuple[str, ...]) -> None:
    """Put a person into these teams of the catalogue and no others; with none named, into none."""
    house = opened()
    known = load_catalogue(house.settings.catalogue, house.settings.public_url).assignment.teams
    if unknown := sorted(set(teams) - set(known)):
        raise TeamUnknown(f"{', '.join(unknown)}: no such team. Teams of the catalogue: {', '.join(known) or 'none'}.")
    change_teams(house.store, _id_of(house, email), teams, actor=OPERATOR, now=house.now)


@staff.command()
@click.argument("email")
def disable(email: str) -> None:
    """Switch an account off; its sessions end at once."""
    house = opened()
    disable_staff(house.store, _id_of(house, email), actor=OPERATOR, now=house.now)


@staff.command()
@click.argument("email")
def unlink(email: str) -> None:
    """Forget who a person is at the company's provider; the next sign-in there is by the e-mail again."""
    house = opened()
    unlink_identity(house.store, _id_of(house, email), actor=OPERATOR, now=house.now)


@staff.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def list_(as_json: bool) -> None:
    """List everybody: roles, last sign-in, open sessions, whether the account is switched off."""
    house = opened()
    with house.store.reading() as tx:
        found = list_people(tx, now=house.now)
    told: list[dict[str, Any]] = [
        {
            "email": one.reviewer.email,
            "roles": sorted(one.reviewer.roles),
            "signed_in_at": rfc3339(one.signed_in_at) if one.signed_in_at else None,
            "sessions": one.sessions,
            "disabled": one.disabled_at is not None,
        }
        for one in found
    ]
    if as_json:
        click.echo(json.dumps({"staff": told}))
        return
    for one in told:
        off = "  switched off" if one["disabled"] else ""
        came = f"last sign-in {one['signed_in_at']}" if one["signed_in_at"] else "has not come yet"
        click.echo(f"{one['email']}  {', '.join(one['roles'])}  {came}  sessions: {one['sessions']}{off}")


def _id_of(house: Opened, email: str) -> str:
    with house.store.reading() as tx:
        account = find_account(tx, email)
    if account is None:
        raise StaffUnknown("No account has this e-mail.")
    return account.reviewer.id


def _shown(invitation: Invitation, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"email": invitation.email, "password": invitation.password})
    return f"email={invitation.email}\npassword={invitation.password}"
