"""`intake_api db`: the schema of the database."""

import os

import click

from intake_api.flows.migrate_store import migrate_store
from intake_api.flows.open_store import open_tables
from intake_api.queue import prepare_queue
from intake_api.settings import read_settings


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
def upgrade() -> None:
    """Bring the schema to this version. Safe to repeat."""
    settings = read_settings(os.environ, "migrate")
    revision = migrate_store(open_tables(settings))
    prepare_queue(settings.database_url)
    click.echo(f"The database has schema {revision}.")
