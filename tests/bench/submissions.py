"""Submissions per second: the real public door against the floor, on SQLite and on PostgreSQL.

One unit of the real door is what one visitor costs: a form shown (a presentation) and its submission. One unit of the
floor is one request that writes as many rows. The two take turns, so that a noisy minute hits both.
"""

import itertools
import os
import statistics
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, inspect, text

from tests.bench.load import Connection, Measured, measure, resident_mib
from tests.processes import service_environment, serving

CONNECTIONS = 8
SECONDS = 5.0
ROUNDS = 3
TABLES = ("presentations", "subjects", "leads", "lead_index", "lead_counts", "decisions", "evidence")
FIELDS = {
    "name": "Example Visitor",
    "phone": "+371 20000000",
    "company": "Example House",
    "role": "owner",
    "headcount": 12,
    "message": "We would like to see it at work.",
}
_numbers = itertools.count()


def bench_submissions(database_url: str, folder: Path) -> dict[str, Any]:
    """Measure both on one database and return the figures and the ratio of their medians."""
    environment = service_environment(folder, database_url)
    with serving("intake_api.wsgi:public", environment, threads=16) as door:
        visit(Connection(door.port))
        rows, width = _rows_of_one(database_url)
        floor_url = database_url if database_url.startswith("postgresql") else f"sqlite:///{folder}/floor.sqlite"
        floor_environment = {
            **os.environ,
            "FLOOR_DATABASE_URL": floor_url,
            "FLOOR_ROWS": str(rows),
            "FLOOR_ROW_BYTES": str(width),
        }
        with serving("tests.bench.floor:app", floor_environment, threads=16) as floor:
            for warm, port in ((visit, door.port), (write_floor, floor.port)):
                measure(warm, port, connections=CONNECTIONS, seconds=1.5)
            ours, floors, cores = [], [], []
            for _ in range(ROUNDS):
                ours.append(measure(visit, door.port, connections=CONNECTIONS, seconds=SECONDS))
                floors.append(measure(write_floor, floor.port, connections=CONNECTIONS, seconds=SECONDS))
                cores.append(measure(write_floor_by_core, floor.port, connections=CONNECTIONS, seconds=SECONDS))
            memory = {"door_mib": resident_mib(door.pid), "floor_mib": resident_mib(floor.pid)}
    return {
        "rows_per_submission": rows,
        "door": [asdict(one) for one in ours],
        "floor": [asdict(one) for one in floors],
        "floor_by_core": [asdict(one) for one in cores],
        "ratio": _ratio(ours, floors),
        "ratio_by_core": _ratio(ours, cores),
        **memory,
    }


def visit(connection: Connection) -> None:
    """Be shown the form and send it."""
    shown = connection.ask("GET", "/v1/forms/request_demo?locale=en&channel=page", expect=200)
    number = next(_numbers)
    body = {
        "presentation": shown["presentation"]["id"],
        "locale": "en",
        "fields": {**FIELDS, "email": f"visitor{number}@sample.example"},
        "decisions": {"newsletter": False, "product_offers": True},
        "attribution": {},
    }
    connection.ask("POST", "/v1/forms/request_demo/submissions", body, expect=201)


def write_floor(connection: Connection) -> None:
    """Send what a visitor sends to the floor."""
    connection.ask("POST", "/floor", {"fields": FIELDS}, expect=201)


def write_floor_by_core(connection: Connection) -> None:
    """The same floor with one many-rows statement instead of the ORM."""
    connection.ask("POST", "/floor-core", {"fields": FIELDS}, expect=201)


def _ratio(ours: list[Measured], floors: list[Measured]) -> float:
    medians = [statistics.median(one.per_second for one in measured) for measured in (ours, floors)]
    return round(medians[0] / medians[1], 3)


def _rows_of_one(database_url: str) -> tuple[int, int]:
    """Count what one submission wrote: rows, and bytes a row."""
    engine = create_engine(database_url)
    with engine.connect() as tx:
        known = set(inspect(tx).get_table_names())
        rows = sum(
            tx.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one()  # noqa: S608 - our own names
            for table in TABLES
            if table in known and table != "evidence"
        )
        entries = "SELECT COUNT(*) FROM evidence WHERE kind = 'submission.received'"
        rows += tx.execute(text(entries)).scalar_one()
        width = tx.execute(text("SELECT SUM(LENGTH(sealed)) + 1400 FROM leads")).scalar_one() // rows
    engine.dispose()
    return rows, int(width)
