"""What the store of a running house holds, read with its own keys as the command line reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from intake_api.flows.open_store import open_store
from intake_api.flows.read_lead import read_lead
from intake_api.settings import read_settings
from intake_api.store.base import Store
from intake_api.store.decisions import current_decisions
from intake_api.store.leads import get_lead
from intake_api.store.subjects import SubjectErased
from tests.e2e.conversation_script import Kept
from tests.processes import WholeHouse


@dataclass(frozen=True)
class Ledger:
    """The references of all leads, in the order they came, and how many noes were counted."""

    references: tuple[str, ...]
    refusals: int


class KeptLeads:
    """Reads the store beside the processes that write it."""

    def __init__(self, house: WholeHouse) -> None:
        self._store: Store = open_store(read_settings(house.environment, "operate"))

    def ledger(self) -> Ledger:
        """Return what there is now."""
        with self._store.reading() as tx:
            references = tx.execute(text("SELECT reference FROM leads ORDER BY received_at, id")).scalars().all()
            refusals = tx.execute(text("SELECT count(*) FROM presentations WHERE outcome = 'refused'")).scalar_one()
        return Ledger(tuple(references), int(refusals))

    def read(self, reference: str) -> Kept:
        """Return a lead as a script would write it."""
        with self._store.reading() as tx:
            lead = get_lead(tx, reference)
            decisions = current_decisions(tx, lead.id)
        return Kept(
            form=lead.form,
            language=lead.locale,
            channel=lead.channel,
            state=lead.state.value,
            fields=self._fields(reference),
            decisions={purpose: one.state.value for purpose, one in decisions.items()},
        )

    def _fields(self, reference: str) -> dict[str, str]:
        try:
            whole = read_lead(self._store, reference, actor="operator", why="test", now=datetime.now(UTC))
        except SubjectErased:
            return {}  # the key is gone, and with it every value
        return {name: str(value) for name, value in whole.values.items()}

    def close(self) -> None:
        """Close the database."""
        self._store.close()
