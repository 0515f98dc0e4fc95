"""Numbers for whoever watches over the service, in the text format of Prometheus: counts and times, and nobody."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from flask import Blueprint, Response

from intake_api.store.delivery_health import Health, list_health
from intake_api.store.workers import newest_beat
from intake_api.web.access import open_to
from intake_api.web.door import door

metrics = Blueprint("metrics", __name__)
TEXT = "text/plain; version=0.0.4; charset=utf-8"
Value = tuple[dict[str, str], float]


@metrics.get("/metrics")
@open_to("service")
def show() -> Response:
    """Give the numbers as they are now."""
    here = door()
    now = here.now()
    with here.store.reading() as tx:
        healths = list_health(tx, [here.settings.destination], now=now)
        beat_at = newest_beat(tx)
    return Response("".join(_written(healths, beat_at, now)), content_type=TEXT)


def _written(healths: list[Health], beat_at: datetime | None, now: datetime) -> Iterator[str]:
    def each(number: str) -> list[Value]:
        return [({"destination": one.name}, getattr(one, number)) for one in healths]

    states = ("due", "later", "in_flight")
    waiting = [({"destination": one.name, "state": state}, getattr(one, state)) for one in healths for state in states]
    parked = [
        ({"destination": one.name, "reason": why or "unknown"}, count)
        for one in healths
        for why, count in sorted(one.parked.items())
    ]
    oldest = [({"destination": one.name}, _seconds(one.oldest_at, now)) for one in healths]
    last = [({"destination": one.name}, one.arrived_at.timestamp()) for one in healths if one.arrived_at]
    paused = [({"destination": one.name}, float(one.pause is not None)) for one in healths]
    held = [({"destination": one.name}, float(one.held_until is not None)) for one in healths]
    yield from _gauge("deliveries_waiting", "Deliveries that are not settled, by what they wait for.", waiting)
    yield from _gauge("deliveries_oldest_waiting_seconds", "Since when the oldest of them waits; 0 if none.", oldest)
    yield from _gauge("deliveries_parked", "Deliveries that failed for good and wait for a person.", parked)
    yield from _gauge("deliveries_arrived", "Deliveries that arrived, in all; some seconds behind.", each("arrived"))
    yield from _gauge("deliveries_arrived_last_hour", "Deliveries that arrived within the hour.", each("lately"))
    yield from _gauge("deliveries_last_arrival_timestamp_seconds", "When the last one arrived.", last)
    yield from _gauge("destination_paused", "1 if nothing is sent until a person lets it go on.", paused)
    yield from _gauge("destination_held", "1 if it asked us to wait.", held)
    beats: list[Value] = [({}, beat_at.timestamp())] if beat_at else []
    yield from _gauge("worker_beat_timestamp_seconds", "When any worker last showed that it lives.", beats)


def _gauge(name: str, says: str, values: Iterable[Value]) -> Iterator[str]:
    yield f"# HELP vestibule_{name} {says}\n# TYPE vestibule_{name} gauge\n"
    for labels, value in values:
        # Names of destinations and reasons are codes of ours: nothing in them has to be escaped.
        said = ",".join(f'{label}="{text}"' for label, text in labels.items())
        yield f"vestibule_{name}{{{said}}} {value:.15g}\n" if said else f"vestibule_{name} {value:.15g}\n"


def _seconds(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since else 0.0
