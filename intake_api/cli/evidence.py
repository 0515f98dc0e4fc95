"""`intake_api evidence`: is the record still what was written, and what proves one submission?"""

import json
import os
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from intake_api.clock import rfc3339
from intake_api.flows.check_readiness import check_readiness
from intake_api.flows.export_evidence import Exported, export_evidence
from intake_api.flows.open_store import open_tables, signer_of
from intake_api.flows.verify_evidence import Verified, verify_evidence
from intake_api.settings import read_settings
from intake_api.store.keyring import CHECKPOINTS
from intake_api.web.words import FOLDER, read_words


@click.group()
def evidence() -> None:
    """The tamper-evident record."""


@evidence.command()
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--copy",
    "copies",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A further copy of checkpoints, such as the line of a mail saved in a file; may be repeated.",
)
def verify(as_json: bool, copies: tuple[Path, ...]) -> None:
    """Find an edited, deleted, reordered or truncated entry; exit code 1 and its place when there is one."""
    settings = read_settings(os.environ, "verify")
    now = settings.clock()
    with closing(open_tables(settings)) as store:
        check_readiness(store, settings, now=now)
        verified = verify_evidence(store, signer_of(settings, CHECKPOINTS), settings.checkpoint_file, copies)
    click.echo(_in_json(verified) if as_json else _in_words(verified))
    if verified.waits_too_long(now):
        click.echo("WARNING: the oldest entry has waited for minutes; a worker may not be running.", err=True)
    sys.exit(0 if verified.ok else 1)


@evidence.command()
@click.argument("reference")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where to.")
def export(reference: str, folder: Path) -> None:
    """Write what proves one submission as one archive with its own verifier. Nothing a person typed is in it."""
    settings = read_settings(os.environ, "verify")
    now = settings.clock()
    words = [text for of_locale in read_words(FOLDER).values() for text in _texts(of_locale)]
    with closing(open_tables(settings)) as store:
        check_readiness(store, settings, now=now)
        signer = signer_of(settings, CHECKPOINTS)
        exported = export_evidence(store, signer, settings.public_url, reference, words, now=now)
    click.echo(f"Written: {_write(exported, folder)}. Unpack it and run: python verify.py")


def _write(exported: Exported, folder: Path) -> Path:
    """Write beside and rename: half an archive proves nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"evidence-{exported.reference}.zip"
    beside = file.with_suffix(".new")
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(exported.files.items()):
            archive.writestr(name, content)
    return beside.rename(file)


def _texts(words: Any) -> Iterator[str]:
    """Go through the words of pages: a button's are among them."""
    if isinstance(words, str):
        yield words
    for inner in words.values() if isinstance(words, dict) else words if isinstance(words, list) else ():
        yield from _texts(inner)


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
