"""`intake_api receipt`: does the file of a receipt stand? Offline: no settings, no database, no network."""

import json
import sys
from pathlib import Path

import click

from intake_api.verifier import KEY_HELP, Checked, read_keys, report, verify_receipt


class KeyUnreadable(Exception):
    """A key that was named is neither one in base64 nor a file of published keys."""

    code = "key_unreadable"


@click.group()
def receipt() -> None:
    """Receipts that were given out."""


@receipt.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "keys", multiple=True, help=KEY_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(file: Path, keys: tuple[str, ...], as_json: bool) -> None:
    """Say what a receipt says, or what of it does not stand; exit code 1 then.

    Without --key it is checked against the keys it brings along: it then stands in itself, and anybody could have made
    it. The service publishes its keys at /.well-known/vestibule-keys.json.
    """
    try:
        trusted = read_keys(keys)
    except (ValueError, KeyError, TypeError):
        raise KeyUnreadable("--key is neither a key in base64 nor a file of published keys.") from None
    checked = verify_receipt(file.read_bytes(), trusted)
    click.echo(_in_json(checked) if as_json else "\n".join(report(checked, "receipt")))
    sys.exit(0 if checked.stands else 1)


def _in_json(checked: Checked) -> str:
    said = checked.document.get("li:you_said", []) if checked.stands else []
    faults = [{"code": fault.code, "part": fault.part, "says": fault.says} for fault in checked.faults]
    told = {"ok": checked.stands, "faults": faults, "promised": checked.promised, "pinned": checked.pinned}
    return json.dumps({**told, "keys": checked.keys, "you_said": said}, ensure_ascii=False)
