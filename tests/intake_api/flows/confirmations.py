"""A mail desk over a real folder, and eyes for what a confirmation leaves behind."""

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from intake_api.clock import Clock
from intake_api.flows.send_confirmation import send_confirmation
from intake_api.flows.send_mail import MailDesk
from intake_api.mail.folder import MailFolder
from intake_api.mail.port import Mail, Outcome, Sender, Sent
from intake_api.rules.consent import DecisionState
from intake_api.store.base import Store
from intake_api.store.confirmations import CONFIRMATIONS, Confirmation, confirmation_token
from intake_api.store.decisions import current_decisions
from intake_api.store.leads import Lead
from intake_api.store.turns import claim_turn
from tests.intake_api.conftest import PUBLIC_URL
from tests.intake_api.kept_leads import TOKEN_KEY, confirmation_of
from tests.intake_api.mail.parts import text_of

SENDER = Sender("Tidewick Example SIA", "privacy@tidewick.example")


@dataclass
class ToldMailer:
    """A way out that does as it is told and keeps what it was given."""

    outcome: Outcome = field(default_factory=Sent)
    mails: list[Mail] = field(default_factory=list)
    name: str = "told"

    def send(self, mail: Mail, *, now: datetime) -> Outcome:
        self.mails.append(mail)
        return self.outcome

    def clear(self, *, before: datetime) -> None:
        return


def desk_of(mailer: Any) -> MailDesk:
    return MailDesk(mailer, TOKEN_KEY, PUBLIC_URL)


def folder_desk(folder: Path) -> MailDesk:
    return desk_of(MailFolder(folder, SENDER))


def attempt(store: Store, desk: MailDesk, lead: Lead, clock: Clock) -> Confirmation:
    """Make the attempt whose turn it is; return the confirmation as it then stands."""
    before = confirmation_of(store, lead)
    send_confirmation(store, desk, before.id, before.turn, clock=clock)
    return confirmation_of(store, lead)


def claim_mail(tx: Connection, confirmation_id: str) -> None:
    """Take a mail into the hands of another worker."""
    claim_turn(tx, CONFIRMATIONS, confirmation_id, now=datetime.now(UTC))


def mails_in(folder: Path) -> list[EmailMessage]:
    return [message_from_bytes(file.read_bytes(), policy=default) for file in folder.glob("*.eml")]


def body_of(message: EmailMessage) -> str:
    return text_of(message)


def token_of(store: Store, lead: Lead) -> str:
    return confirmation_token(TOKEN_KEY, confirmation_of(store, lead).id)


def state_of(store: Store, lead: Lead, purpose: str = "newsletter") -> DecisionState:
    with store.reading() as tx:
        return current_decisions(tx, lead.id)[purpose].state


def everything_kept(store: Store) -> bytes:
    """Return every value of every table, and on SQLite the bytes of its files, to be searched."""
    found = b""
    with store.reading() as tx:
        for schema in inspect(tx).get_schema_names():
            if schema in ("information_schema", "pg_catalog"):
                continue
            for table in inspect(tx).get_table_names(schema=schema):
                for row in tx.execute(text(f'SELECT * FROM "{schema}"."{table}"')):  # noqa: S608
                    found += b"|".join(one if isinstance(one, bytes) else str(one).encode() for one in row)
    if store.url.startswith("sqlite"):
        path = Path(store.url.removeprefix("sqlite:///"))
        with sqlite3.connect(path) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found += path.read_bytes()
    return found
