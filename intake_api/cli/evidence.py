"""`intake_api evidence`: is the record still what was written?"""

import json
import os
import sys
from contextlib import closing
from dataclasses import asdict

import click

from intake_api.clock import rfc3339
from intake_api.flows.check_readiness import check_readiness
from intake_api.flows.open_store import open_tables
from intake_api.flows.verify_evidence import Verified, verify_evidence
from intake_api.settings import read_settings
from intake_api.store.evidence import Signer


@click.group()
def evidence() -> None:
    """The tamper-evident record."""


@evidence.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def verify(as_json: bool) -> None:
    """Find an edited, deleted, reordered or truncated entry; exit code 1 and its place when there is one."""
    settings = read_settings(os.environ, "verify")
    now = settings.clock()
    with closing(open_tables(settings)) as store:
        check_readiness(store, settings, now=now)
        verified = verify_evidence(store, Signer(settings.secrets.evidence_key), settings.checkpoint_file)
    click.echo(_in_json(verified) if as_json else _in_words(verified))
    if verified.waits_too_long(now):
        click.echo("WARNING: the oldest entry has waited for minutes; a worker may not be running.", err=True)
    sys.exit(0 if verified.ok else 1)


def _in_json(verified: Verified) -> str:
    since = verified.waiting_since and rfc3339(verified.waiting_since)
    return json.dumps({"ok": verified.ok, **asdict(verified), "waiting_since": since})


def _in_words(verified: Verified) -> str:
    checked = (
        f"{verified.entries} entries, {verified.checkpoints} checkpoints checked; {verified.waiting} wait for a place"
    )
    if verified.ok:
        return f"The evidence stands: {checked}."
    lines = [
        f"  entry {fault.place}: {fault.says} [{fault.code}]" for fault in verified.faults if fault.place is not None
    ]
    lines += [f"  {fault.says} [{fault.code}]" for fault in verified.faults if fault.place is None]
    return "\n".join(["THE EVIDENCE DOES NOT STAND.", *lines, f"({checked}.)"])
