"""What this house still holds of a mail goes with what it asked about, or after a week."""

from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.clock import system_clock
from intake_api.flows.clear_mail import clear_mail
from intake_api.flows.confirm_decision import confirm_decision
from intake_api.flows.disown_decision import disown_decision
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.expire_unconfirmed import expire_unconfirmed
from intake_api.mail.folder import MailFolder
from intake_api.queue import Queue
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import SENDER, attempt, desk_of, token_of
from tests.intake_api.kept_leads import confirmation_of, keep_first_yes
from tests.intake_api.worker_process import running_worker, wait_until


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return MailFolder(tmp_path / "mail", SENDER)


class TestClearMail:
    def test_c14_it_was_not_me_takes_the_mail_away_and_no_other(
        self, store: Store, queue: Queue, catalogue: Catalogue, folder: MailFolder, clock: DrivenClock
    ) -> None:
        leads = [
            keep_first_yes(store, queue, catalogue, now=clock(), email=f"{name}@guest.example")
            for name in ("anna", "elza", "zane")
        ]
        for lead in leads:
            attempt(store, desk_of(folder), lead, clock)
        anna, elza, zane = (confirmation_of(store, lead).id for lead in leads)
        disown_decision(store, token_of(store, leads[0]), now=clock.advance(minutes=1))
        confirm_decision(store, token_of(store, leads[1]), now=clock())
        assert folder.held() == {anna, elza, zane}

        clear_mail(store, folder, now=clock())

        assert folder.held() == {elza, zane}

    @pytest.mark.parametrize("end", [expire_unconfirmed, erase_expired])
    def test_so_does_the_end_of_its_time(
        self, store: Store, queue: Queue, catalogue: Catalogue, folder: MailFolder, clock: DrivenClock, end: object
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        attempt(store, desk_of(folder), lead, clock)
        end(store, now=clock() + (lead.delete_after - lead.received_at))  # type: ignore[operator]

        clear_mail(store, folder, now=clock())

        assert folder.held() == set()

    def test_after_a_week_every_mail_goes(
        self, store: Store, queue: Queue, catalogue: Catalogue, folder: MailFolder, clock: DrivenClock
    ) -> None:
        lead = keep_first_yes(store, queue, catalogue, now=clock())
        attempt(store, desk_of(folder), lead, clock)
        confirm_decision(store, token_of(store, lead), now=clock())

        clear_mail(store, folder, now=clock.advance(days=7))
        assert len(folder.held()) == 1
        clear_mail(store, folder, now=clock.advance(seconds=1))
        assert folder.held() == set()

    @pytest.mark.processes
    def test_c14_the_worker_does_it_within_seconds(
        self, store: Store, queue: Queue, catalogue: Catalogue, environment: dict[str, str], tmp_path: Path
    ) -> None:
        folder = MailFolder(tmp_path / "mail", SENDER)
        lead = keep_first_yes(store, queue, catalogue, now=system_clock())
        with running_worker(environment, tmp_path / "worker.log") as worker:
            wait_until(lambda: bool(list((tmp_path / "mail").glob("*.eml"))))
            disown_decision(store, token_of(store, lead), now=system_clock())
            wait_until(lambda: folder.held() == set())
            assert worker.leave() == 0
