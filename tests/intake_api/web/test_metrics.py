"""What watches over the service is told numbers, in the format it reads, and nothing of anybody."""

import re

from flask import Flask
from flask.testing import FlaskClient

from intake_api.catalogue.model import Catalogue
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.destinations import hold_destination, pause_destination
from intake_api.store.workers import add_worker
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.kept_leads import FIELDS, approve, fail, keep_lead

LINE = re.compile(r'(vestibule_[a-z_]+)((?:\{[a-z]+="[a-z_]+"(?:,[a-z]+="[a-z_]+")*\})?) (-?[0-9]+(?:\.[0-9]+)?)')
SAID = re.compile(r"# HELP (vestibule_[a-z_]+) .+\n# TYPE \1 gauge\n")


def numbers(client: FlaskClient, service: dict[str, str]) -> dict[str, float]:
    answer = client.get("/metrics", headers=service)
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    found = {}
    for line in SAID.sub("", answer.text).splitlines():
        match = LINE.fullmatch(line)
        assert match, line
        found[match[1] + match[2]] = float(match[3])
    return found


class TestMetrics:
    def test_say_what_waits_what_failed_and_what_is_paused(
        self,
        internal: FlaskClient,
        service: dict[str, str],
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        clock: DrivenClock,
    ) -> None:
        approve(store, queue, keep_lead(store, catalogue, now=clock()), now=clock())
        fail(store, queue, keep_lead(store, catalogue, now=clock()), clock)
        with store.writing() as tx:
            pause_destination(tx, "odoo", reason="credential_refused", delivery_id=None, now=clock())
            add_worker(tx, "w" * 32, host="here", now=clock())
        clock.advance(minutes=2)
        with store.writing() as tx:
            hold_destination(tx, "webhook", until=clock.now.replace(hour=23))
        found = numbers(internal, service)
        at = '{destination="webhook"}'
        assert found['vestibule_deliveries_waiting{destination="webhook",state="due"}'] == 1
        assert found[f"vestibule_deliveries_oldest_waiting_seconds{at}"] == 120
        assert found['vestibule_deliveries_parked{destination="webhook",reason="parcel_refused"}'] == 1
        assert found[f"vestibule_destination_held{at}"] == 1
        assert found['vestibule_destination_paused{destination="odoo"}'] == 1
        assert found['vestibule_destination_paused{destination="file"}'] == 0
        assert found["vestibule_worker_beat_timestamp_seconds"] == clock().timestamp() - 120
        text = internal.get("/metrics", headers=service).text
        assert not [value for value in FIELDS.values() if str(value) in text]

    def test_are_told_to_nobody_without_the_token_and_on_no_other_door(
        self, internal: FlaskClient, public_app: Flask, review_app: Flask
    ) -> None:
        assert internal.get("/metrics").status_code == 401
        for app in (public_app, review_app):
            assert app.test_client().get("/metrics").status_code == 404
