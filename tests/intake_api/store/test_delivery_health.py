"""How destinations fare: the numbers are right, and come out of their own indexes however much waits."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert, text, update

from intake_api.catalogue.model import Catalogue
from intake_api.store.base import Store
from intake_api.store.deliveries import DeliveryRow, DeliveryState
from intake_api.store.delivery_health import Health, list_health
from intake_api.store.destinations import pause_destination
from intake_api.store.leads import Lead, LeadRow
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import keep_lead

OTHERS = 3000  # enough that no planner takes another way because the table is small


def add(
    tx: Connection, lead: Lead, state: str, *, at: datetime, count: int = 1, name: str = "webhook", **more: Any
) -> None:
    """Write deliveries as their attempts would have left them."""
    usual = {"kind": "upsert", "recipient": "crm", "turn": 1, "attempts": 1, "created_at": at, "last_at": at}
    rows = [
        {**usual, "id": secrets.token_hex(16), "lead_id": lead.id, "destination": name, "state": state, **more}
        for _ in range(count)
    ]
    tx.execute(insert(DeliveryRow), rows)


def health_of(store: Store, name: str, now: datetime) -> Health:
    with store.reading() as tx:
        return next(one for one in list_health(tx, [name], now=now) if one.name == name)


@pytest.fixture
def lead(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Lead:
    return keep_lead(store, catalogue, now=clock())


class TestHealth:
    def test_counts_what_waits_what_arrived_and_since_when(self, store: Store, lead: Lead, clock: DrivenClock) -> None:
        now, hour = clock(), timedelta(hours=1)
        with store.writing() as tx:
            add(tx, lead, "queued", at=now - hour, next_attempt_at=now - hour, count=2)
            add(tx, lead, "sending", at=now - 3 * hour)
            add(tx, lead, "retrying", at=now - 2 * hour, next_attempt_at=now)
            add(tx, lead, "retrying", at=now - 2 * hour, next_attempt_at=now + hour, count=3)
            add(tx, lead, "delivered", at=now - hour / 2, count=4)
            add(tx, lead, "delivered", at=now - 5 * hour, count=5)
            add(tx, lead, "cancelled", at=now - 9 * hour)
            add(tx, lead, "queued", at=now - 9 * hour, name="file")
        found = health_of(store, "webhook", now)
        assert (found.due, found.later, found.in_flight, found.waiting) == (3, 3, 1, 7)
        assert found.oldest_at == now - 3 * hour
        assert (found.lately, found.arrived_at) == (4, now - hour / 2)

    def test_one_that_is_set_up_stands_there_with_nothing_and_one_that_is_not_with_its_rest(
        self, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            add(tx, lead, "retrying", at=clock(), next_attempt_at=clock(), name="odoo")
            pause_destination(tx, "hubspot", reason="credential_refused", delivery_id=None, now=clock())
        with store.reading() as tx:
            found = {one.name: one for one in list_health(tx, ["webhook"], now=clock())}
        assert list(found) == ["hubspot", "odoo", "webhook"]
        assert found["webhook"] == Health("webhook")
        assert found["hubspot"].pause is not None

    def test_what_failed_is_work_while_its_lead_stands_so(self, store: Store, lead: Lead, clock: DrivenClock) -> None:
        failed = {"last_reason": "parcel_refused", "parked_at": clock()}
        with store.writing() as tx:
            add(tx, lead, DeliveryState.REFUSED, at=clock(), **failed)
            add(tx, lead, DeliveryState.GIVEN_UP, at=clock(), kind="erase", **failed)
            tx.execute(update(LeadRow).where(LeadRow.id == lead.id).values(state="delivery_failed"))
        assert health_of(store, "webhook", clock()).parked == {"parcel_refused": 2}
        with store.writing() as tx:
            tx.execute(update(LeadRow).where(LeadRow.id == lead.id).values(state="withdrawn"))
        assert health_of(store, "webhook", clock()).parked == {"parcel_refused": 1}


class TestWays:
    def test_no_question_goes_through_all_deliveries(self, store: Store, lead: Lead, clock: DrivenClock) -> None:
        with store.writing() as tx:
            add(tx, lead, "cancelled", at=clock(), count=OTHERS)
            add(tx, lead, "delivered", at=clock() - timedelta(hours=2), count=OTHERS)
            add(tx, lead, "queued", at=clock(), next_attempt_at=clock(), count=OTHERS // 10)
        with store.engine.connect() as tx:
            tx.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
        with asked_of(store.engine) as asked, store.reading() as tx:
            list_health(tx, ["webhook"], now=clock())
            ways = [way_of(tx, *one) for one in list(asked) if "deliveries" in one[0]]
        assert len(ways) == 4
        # Of what waits either index holds nothing else; which one PostgreSQL takes hangs on how full its pages are.
        asked_by = ("(waiting|state_next_attempt_at)", "arrived", "parked")
        assert [name for name in asked_by if not re.search(f"ix_deliveries_{name}", "".join(ways))] == []
        whole = ("SCAN deliveries\n", "Seq Scan on deliveries")
        assert [way for way in ways if any(one in way + "\n" for one in whole)] == []


@contextmanager
def asked_of(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Note what is asked of a database, with its values."""
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def way_of(tx: Connection, statement: str, values: Any) -> str:
    """Return the way a database takes to answer a question."""
    explain = "EXPLAIN QUERY PLAN " if tx.dialect.name == "sqlite" else "EXPLAIN "
    cursor = tx.connection.cursor()
    cursor.execute(explain + statement, values)
    return "\n".join(str(row[-1]) for row in cursor.fetchall())
