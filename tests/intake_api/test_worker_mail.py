"""The worker as a real process that asks for second yeses through a real mail server; killed, and outlived."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.clock import system_clock
from intake_api.flows.ask_for_right import ask_for_right
from intake_api.flows.assign_lead import assign_lead
from intake_api.queue import Queue
from intake_api.rules.rights import RightsKind
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.mails import MailState
from intake_api.store.staff import add_staff
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import state_of
from tests.intake_api.flows.publishing import MATERIAL, Press
from tests.intake_api.kept_leads import confirmation_of, keep_first_yes, keep_lead, lead_now
from tests.intake_api.mail.post_office import PostOffice, post_office
from tests.intake_api.worker_process import move_time, running_worker
from tests.processes import wait_until

pytestmark = pytest.mark.processes


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as running:
        yield running


@pytest.fixture
def offset(tmp_path: Path) -> Path:
    """The file that moves the time of all processes."""
    file = tmp_path / "clock"
    file.write_text("0")
    return file


@pytest.fixture
def process_environment(environment: dict[str, str], office: PostOffice, offset: Path) -> dict[str, str]:
    mail = {"VESTIBULE_MAIL": "smtp", "VESTIBULE_SMTP_URL": office.url}
    return {**environment, **mail, "VESTIBULE_TEST_CLOCK": str(offset)}


class TestWorker:
    def test_killed_while_it_sends_it_sends_the_same_link_again(
        self,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        office: PostOffice,
        process_environment: dict[str, str],
        offset: Path,
        tmp_path: Path,
    ) -> None:
        office.hangs = True
        lead = keep_first_yes(store, queue, catalogue, now=system_clock())
        with running_worker(process_environment, tmp_path / "first.log") as worker:
            wait_until(lambda: len(office.seen) == 1)
            worker.kill()
        office.hangs = False
        move_time(offset, 61)
        with running_worker(process_environment, tmp_path / "second.log") as worker:
            wait_until(lambda: confirmation_of(store, lead).state is MailState.SENT)
            assert worker.leave() == 0

        first, second = office.seen
        assert first.text == second.text
        assert first.message["Message-ID"] == second.message["Message-ID"]
        assert office.taken == [second]
        logs = "".join((tmp_path / f"{name}.log").read_text() for name in ("first", "second"))
        assert "confirmation.sent" in logs
        assert not [word for word in ("janis.berzins", "/confirm/", office.url) if word in logs]

    def test_who_of_staff_is_given_leads_is_told_and_no_lead_is_named(
        self,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        office: PostOffice,
        process_environment: dict[str, str],
        tmp_path: Path,
    ) -> None:
        now = system_clock()
        with store.writing() as tx:
            piotr = add_staff(tx, "piotr@tidewick.example", "0" * 40, one_time=False, now=now)
        leads = [keep_lead(store, catalogue, now=now) for _ in range(3)]
        for lead in leads:
            assign_lead(store, queue, lead.reference, piotr, seen_version=lead.version, staff_id="5" * 32, now=now)
        with running_worker(process_environment, tmp_path / "worker.log"):
            wait_until(lambda: len(office.taken) == 1)
            wait_until(lambda: "assignment.sent" in (tmp_path / "worker.log").read_text())
        assert office.taken[0].recipients == ["piotr@tidewick.example"]
        assert "assignee=me" in office.taken[0].text
        assert not [lead.reference for lead in leads if lead.reference in office.taken[0].text]

    def test_many_are_asked_each_once(
        self,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        office: PostOffice,
        process_environment: dict[str, str],
        tmp_path: Path,
    ) -> None:
        now = system_clock()
        addresses = [f"guest{number}@guest.example" for number in range(30)]
        leads = [keep_first_yes(store, queue, catalogue, now=now, email=address) for address in addresses]
        with running_worker(process_environment, tmp_path / "worker.log"):
            wait_until(lambda: all(confirmation_of(store, lead).state is MailState.SENT for lead in leads))

        assert Counter(taken.recipients[0] for taken in office.taken) == dict.fromkeys(addresses, 1)
        assert all(len(taken.recipients) == 1 for taken in office.taken)

    def test_c12_it_ends_what_nobody_confirmed(
        self,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        office: PostOffice,
        process_environment: dict[str, str],
        offset: Path,
        tmp_path: Path,
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=system_clock())
        move_time(offset, 7 * 86400 + 60)
        with running_worker(process_environment, tmp_path / "worker.log") as worker:
            wait_until(lambda: worker.said("consent.unconfirmed"))
            wait_until(lambda: lead_now(store, lead).state.value == "erased")

        assert state_of(store, lead).value == "refused"
        assert office.taken == []

    def test_s02_s03_it_sends_a_link_to_whom_something_is_held_about_and_to_nobody_else(
        self,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        settings: Settings,
        office: PostOffice,
        process_environment: dict[str, str],
        tmp_path: Path,
    ) -> None:
        now = system_clock()
        keep_lead(store, catalogue, now=now, email="known@guest.example")
        for address in ("unknown@guest.example", "known@guest.example"):
            asked = {"kind": RightsKind.ERASURE, "email": address, "locale": "lv", "door": "public"}
            ask_for_right(store, queue, settings.secrets.token_key, **asked, now=now)  # type: ignore[arg-type]
        with running_worker(process_environment, tmp_path / "worker.log") as worker:
            wait_until(lambda: worker.said("rights.link_sent") and worker.said("rights.link_dropped"))
            assert worker.leave() == 0

        (taken,) = office.taken
        assert taken.recipients == ["known@guest.example"]
        assert "/my-data/" in taken.text
        assert not [word for word in ("guest.example", "/my-data/") if word in (tmp_path / "worker.log").read_text()]


class TestAskingAgain:
    def test_v07_killed_at_any_point_it_asks_everybody_once(
        self,
        store: Store,
        queue: Queue,
        catalogue: Catalogue,
        office: PostOffice,
        process_environment: dict[str, str],
        offset: Path,
        tmp_path: Path,
    ) -> None:
        now = system_clock()
        clock = DrivenClock()
        clock.now = now - timedelta(minutes=10)
        addresses = [f"guest{number}@guest.example" for number in range(60)]
        for address in addresses:
            keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True}, email=address)
        Press(store, clock, tmp_path).publish(MATERIAL)
        office.hangs = True
        with running_worker(process_environment, tmp_path / "first.log") as worker:
            wait_until(lambda: len(office.seen) >= 1)
            worker.kill()
        office.hangs = False
        move_time(offset, 61)
        with running_worker(process_environment, tmp_path / "second.log") as worker:
            wait_until(lambda: {one.recipients[0] for one in office.taken} == set(addresses))
            assert worker.leave() == 0

        assert Counter(one.recipients[0] for one in office.taken) == dict.fromkeys(addresses, 1)
        for address in addresses:
            links = {re.search("/renew/([0-9a-f]+)", one.text) for one in office.seen if address in one.recipients}
            assert len({link and link[1] for link in links}) == 1
        logs = "".join((tmp_path / f"{name}.log").read_text() for name in ("first", "second"))
        assert "notice.asked_again" in logs
        assert not [word for word in ("guest.example", "/renew/") if word in logs]


class TestStarting:
    def test_a_wrong_mail_server_stops_it_with_one_sentence(
        self, store: Store, queue: Queue, process_environment: dict[str, str], tmp_path: Path
    ) -> None:
        wrong = {**process_environment, "VESTIBULE_SMTP_URL": "smtp://user:hush@mail.example?tls=none"}
        with pytest.raises(AssertionError, match="VESTIBULE_SMTP_URL") as refused:  # noqa: SIM117
            with running_worker(wrong, tmp_path / "worker.log"):
                pass
        assert "hush" not in str(refused.value)
