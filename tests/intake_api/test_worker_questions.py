"""A real worker answers what staff asked, and approves by the rule of a form."""

import json
from pathlib import Path

import pytest

from intake_api.clock import system_clock
from intake_api.flows.ask_destination import ask_whether_open
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.destination_questions import Question, find_question
from intake_api.store.staff import add_staff
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.crm.receiver import Receiver
from tests.intake_api.flows.approving import TURN_ON
from tests.intake_api.flows.publishing import Press
from tests.intake_api.kept_leads import keep_lead, kinds, lead_now
from tests.intake_api.worker_process import running_worker
from tests.processes import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
TO = {"destination": "webhook", "recipient": "crm"}


class TestAWorker:
    def test_sends_a_test_and_approves_whom_the_rule_approves(
        self, environment: dict[str, str], store: Store, queue: Queue, receiver: Receiver, tmp_path: Path
    ) -> None:
        clock = DrivenClock()
        clock.now = system_clock()
        press = Press(store, clock, tmp_path)
        ruled, now = press.publish(*TURN_ON), clock()
        lead = keep_lead(store, ruled, now=now, headcount=25, role="owner")
        with store.writing() as tx:
            me = add_staff(tx, "ilze@tidewick.example", "none", one_time=True, now=now)
        ask_whether_open(store, queue, **TO, staff_id=me, now=now)

        def asked() -> Question | None:
            with store.reading() as tx:
                return find_question(tx, **TO, lead_id=None, now=now)

        hooked = {"VESTIBULE_DESTINATION": "webhook", "VESTIBULE_WEBHOOK_URL": receiver.url}
        with running_worker({**environment, **hooked, "VESTIBULE_CATALOGUE": str(press.folder)}, tmp_path / "log"):
            wait_until(lambda: (said := asked()) is not None and said.outcome == "done")
            wait_until(lambda: lead_now(store, lead).state is LeadState.DELIVERED)
        assert kinds(store, lead, "lead.approved") == ["lead.approved_by_rule"]
        assert sorted(json.loads(one.body)["type"] for one in receiver.requests) == ["lead.upsert", "test"]
