"""How fast the review door answers as the house fills: 10,000 and 1,000,000 seeded leads, on each database.

Server time of whole requests through the door's application, without the network: the guard, the queries, the template;
as it passed, and the processor time of it, which a busy machine moves less (of PostgreSQL that is our side only).
Each request of a kind asks for another value, lead or term, so that none is answered out of the last one.
"""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC
from itertools import cycle
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, text

from intake_api.app import create_review_app
from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.flows.count_for_reports import count_for_reports
from intake_api.flows.migrate_store import migrate_store
from intake_api.flows.open_store import open_store, ready_store, signer_of
from intake_api.flows.seed_leads import seed_leads
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.queue import prepare_queue
from intake_api.settings import Settings, read_settings
from intake_api.store.base import Store
from intake_api.store.keyring import CHECKPOINTS
from intake_api.store.lead_counts import count_by_state
from tests.bench.asking import TIMES, signed_in, timed
from tests.bench.reports import TIMES as REPORT_TIMES
from tests.bench.reports import report_plans, reports_asked
from tests.intake_api.web.review.visitor import OURS, Page
from tests.processes import service_environment

SIZES = (10_000, 1_000_000)
TO_REACH_MS = 100.0
QUEUES = {
    "queue, newest": [{}],
    "queue, all": [{"state": "all"}],
    "queue, most promising": [{"order": "score"}, {"order": "score", "state": "all"}],
    "queue, first to answer": [{"order": "response"}, {"due": "response"}],
    "by form": [{"form": form} for form in ("request_demo", "newsletter", "complaint", "feedback", "loyalty")],
    "by channel": [{"channel": channel, "state": "all"} for channel in ("page", "chat", "popup", "button", "staff")],
    "by language": [{"language": locale} for locale in ("en", "lv", "ru", "pl", "cs")],
    "by purpose": [{"purpose": purpose} for purpose in ("newsletter", "product_offers", "loyalty_programme")],
    "by source": [{"source": source, "state": "all"} for source in ("event", "partner", "sample", "nothing")],
    "by campaign": [{"campaign": one} for one in ("spring-sample", "fair-sample", "nothing")],
    "by score": [{"score": score} for score in ("20", "55", "80", "9999")],
    "by age": [{"age": age} for age in ("1d", "7d", "over_7d", "over_30d")],
    "by due date": [{"due": due} for due in ("follow_up", "tell", "response")],
    "five at once": [
        {"form": form, "language": locale, "channel": channel, "score": "20", "age": "30d"}
        for form in ("request_demo", "request_quote")
        for locale in ("lv", "cs")
        for channel in ("chat", "popup")
    ],
}

SEARCHES = ("reference", "email", "phone", "words")


def bench_review(url: str, folder: Path, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Return the figures of each size: milliseconds by what is asked for, query plans, resident memory."""
    environment = {**service_environment(folder, url), "VESTIBULE_MODE": "test"}
    settings = read_settings(environment)
    catalogue = load_catalogue(settings.catalogue, settings.public_url)
    with closing(open_store(settings)) as store:
        migrate_store(store)
        prepare_queue(url)
        ready_store(store, catalogue, settings, now=settings.clock())
        return {str(size): _measured(store, catalogue, settings, size) for size in sizes}


def _measured(store: Store, catalogue: Catalogue, settings: Settings, size: int) -> dict[str, Any]:
    seconds = _fill(store, catalogue, settings, size)
    counted = _count_up(store, settings)
    app = create_review_app(replace(settings, review_url="http://localhost"), catalogue, store, settings.clock)
    client = app.test_client()
    client.set_cookie("vestibule", signed_in(store, settings))
    begun_at = _resident()
    figures = {name: timed(_asking(client, filters)) for name, filters in QUEUES.items()}
    figures |= {"further pages": timed(_paging(client))}
    figures |= {f"search by {by}": timed(_searching(client, store, by)) for by in SEARCHES}
    figures |= {"a lead": timed(_opening(client, store)), "a decision": timed(_deciding(client, store))}
    today = settings.clock().astimezone(UTC).date()
    figures |= {name: timed(asked, REPORT_TIMES) for name, asked in reports_asked(client, today).items()}
    return {
        "seeded_s": round(seconds, 1),
        "counted_s": counted,
        "ms": figures,
        "plans": {**_plans(store, client), **report_plans(store, client, today)},
        "mib": {"before": begun_at, "after": _resident()},
    }


def _fill(store: Store, catalogue: Catalogue, settings: Settings, size: int) -> float:
    with store.reading() as tx:
        missing = size - sum(count_by_state(tx).values())
    begun = time.monotonic()
    if missing > 0:
        to = {"destination": settings.destination, "recipient": settings.destination_recipient}
        for _ in seed_leads(store, catalogue, count=missing, mode=settings.mode, now=settings.clock(), **to):
            pass
        if not store.url.startswith("sqlite"):
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE leads"))  # what its own rounds do in the minutes after
    return time.monotonic() - begun


def _count_up(store: Store, settings: Settings) -> dict[str, float]:
    """Do at once what the worker does in steps: give the entries their places, and count for the reports."""
    signer, begun = signer_of(settings, CHECKPOINTS), time.monotonic()
    while sequence_evidence(store, signer, settings.checkpoint_file, now=settings.clock()):
        pass
    placed = time.monotonic()
    with store.writing() as tx:  # as a step up of the schema finds a house that stood before
        tx.execute(text("UPDATE counting SET is_filled = FALSE, position = (SELECT MAX(position) FROM evidence)"))
    count_for_reports(store)
    return {"placed": round(placed - begun, 1), "counted": round(time.monotonic() - placed, 1)}


def _asking(client: FlaskClient, filters: list[dict[str, str]]) -> Iterator[Callable[[], Any]]:
    for one in cycle(filters):
        yield lambda one=one: _ok(client.get("/", query_string=one))


def _paging(client: FlaskClient) -> Iterator[Callable[[], Any]]:
    path = "/?state=all"
    while True:
        answer: list[str] = []
        yield lambda path=path, answer=answer: answer.append(_ok(client.get(path)).text)
        path = next(link for link in Page(answer[0]).links if "older=" in link)


def _opening(client: FlaskClient, store: Store) -> Iterator[Callable[[], Any]]:
    for reference in _some_new(store):
        yield lambda reference=reference: _ok(client.get(f"/leads/{reference}?state=new"))


def _searching(client: FlaskClient, store: Store, by: str) -> Iterator[Callable[[], Any]]:
    """Search for what a seeded lead has: references, addresses, numbers that a thousand share, words."""
    terms = {
        "reference": _some_new(store),
        "email": [f"person{number}@bakery.example" for number in range(100)],
        "phone": [f"+447700900{number:03d}" for number in range(100)],
        "words": [
            f"{name} {other}" for name in ("Anna", "Zofia", "Igor") for other in ("Paraugsbabaki", "SIA", "Tiles")
        ],
    }
    proof = Page(client.get("/search").text).forms["/search"].fields["proof"]
    for term in cycle(terms[by]):
        yield lambda term=term: _ok(client.post("/search", data={"proof": proof, "term": term}, headers=OURS))


def _deciding(client: FlaskClient, store: Store) -> Iterator[Callable[[], Any]]:
    """Decline, and open the next one: what a reviewer waits for."""
    for reference in _some_new(store):
        act = f"/leads/{reference}/decline"
        form = Page(client.get(f"/leads/{reference}?state=new").text).forms[act].fields
        sent = {**form, "reason": "not_a_fit"}

        def decide(act: str = act, sent: dict[str, str] = sent) -> None:
            answer = client.post(act, data=sent, headers=OURS)
            if answer.status_code != 303:
                raise RuntimeError(f"not decided: {answer.status}")
            _ok(client.get(answer.location))

        yield decide


def _some_new(store: Store) -> list[str]:
    with store.reading() as tx:
        query = "SELECT reference FROM leads WHERE state = 'new' ORDER BY id LIMIT :many"
        return list(tx.scalars(text(query), {"many": TIMES + 5}))


def _ok(answer: Any) -> Any:
    if answer.status_code != 200:
        raise RuntimeError(f"no page: {answer.status}")
    return answer


def _plans(store: Store, client: FlaskClient) -> dict[str, list[str]]:
    """Return how the database finds the leads of each kind of queue page."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_more: Any) -> None:
        if "FROM leads" in sql and "leads.score_lines" in sql and "ORDER BY" in sql:
            asked.append((sql, parameters))

    plans = {}
    explain = "EXPLAIN QUERY PLAN " if store.url.startswith("sqlite") else "EXPLAIN "
    for name, filters in QUEUES.items():
        event.listen(store.engine, "before_cursor_execute", note)
        try:
            _ok(client.get("/", query_string=filters[0]))
        finally:
            event.remove(store.engine, "before_cursor_execute", note)
        with store.reading() as tx:
            (sql, parameters), *_ = reversed(asked)
            plans[name] = [str(row[-1]) for row in tx.exec_driver_sql(explain + sql, parameters)]
    return plans


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
