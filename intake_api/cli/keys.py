"""`intake_api keys`: the inventory of keys, and putting a new one in the place of an old one (E-07)."""

import json
import os
from contextlib import closing

import click

from intake_api.clock import rfc3339
from intake_api.flows.check_readiness import check_readiness
from intake_api.flows.open_store import key_ids, open_store, open_tables, public_keys
from intake_api.flows.rotate_key import WEBHOOK, CannotRotate, HeldKeys, rotate_key
from intake_api.settings import Settings, read_settings
from intake_api.store.base import Store
from intake_api.store.keyring import CHECKPOINTS, RECEIPTS, KnownKey, list_keys
from intake_api.store.vault import key_id

ROTATED = ("MASTER_KEY", "INDEX_KEY", CHECKPOINTS, RECEIPTS, WEBHOOK)
OPENS_WHAT_IS_SEALED = ("MASTER_KEY", "INDEX_KEY")


@click.group()
def keys() -> None:
    """The keys of this database."""


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_(as_json: bool) -> None:
    """List every key that is or was in use, by its id; never a key itself."""
    settings = read_settings(os.environ, "keys")
    with closing(open_tables(settings)) as store:
        check_readiness(store, settings, now=settings.clock())
        with store.reading() as tx:
            known = list_keys(tx)
    at_hand = {one for ids in _ids(settings).values() for one in ids}
    if as_json:
        click.echo(json.dumps([_told(key, at_hand) for key in known]))
        return
    for key in known:
        until = f"until {rfc3339(key.until)}" if key.until else "in use"
        where = "" if key.key_id in at_hand else "  (not at hand here)"
        click.echo(f"{key.name:<15} {key.key_id}  since {rfc3339(key.since)}  {until}{where}")


@keys.command()
@click.argument("name", type=click.Choice(ROTATED, case_sensitive=False))
def rotate(name: str) -> None:
    """Put the new key of a name in the place of the one in use.

    Before: write the new key and, after a space, the one in use where the old one stood, and start every process again
    that reads it. After: take the old one out and start them again. docs/runbooks/rotate-a-key.md has the steps.
    """
    settings = read_settings(os.environ, "keys")
    now = settings.clock()
    if name not in (ids := _ids(settings)):
        raise CannotRotate(f"VESTIBULE_{name} is not at hand here. Run this where it is.")
    with closing(_opened(settings, name)) as store:
        check_readiness(store, settings, now=now)
        rotated = rotate_key(store, HeldKeys(name, tuple(ids[name]), public_keys(settings)), now=now)
    if rotated.before == rotated.after:
        click.echo(f"{name} {rotated.after} is in use already; {rotated.renewed} rows were made anew.")
    else:
        click.echo(f"{name} is now {rotated.after}, before it was {rotated.before or 'not known'}.")
        click.echo(f"{rotated.renewed} rows were made anew. The old key may be taken out of VESTIBULE_{name} now.")


def _opened(settings: Settings, name: str) -> Store:
    if name not in OPENS_WHAT_IS_SEALED:
        return open_tables(settings)
    if missing := [one for one in OPENS_WHAT_IS_SEALED if one not in settings.secrets.keys]:
        raise CannotRotate(f"VESTIBULE_{missing[0]} is needed too. Run this where it is.")
    return open_store(settings)


def _ids(settings: Settings) -> dict[str, list[str]]:
    webhook = [key_id(secret.encode()) for secret in settings.secrets.webhook_secrets]
    return {**key_ids(settings), **({WEBHOOK: webhook} if webhook else {})}


def _told(key: KnownKey, at_hand: set[str]) -> dict[str, object]:
    until = key.until and rfc3339(key.until)
    told = {"name": key.name, "id": key.key_id, "since": rfc3339(key.since), "until": until}
    return {**told, "at_hand": key.key_id in at_hand}
