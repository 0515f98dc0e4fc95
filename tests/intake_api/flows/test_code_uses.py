"""A code that was given out: counted once for each form that came with it, and nothing else of it."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.list_code_uses import list_code_uses
from intake_api.flows.read_lead import read_lead
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from tests.intake_api.conftest import DrivenClock

FIELDS = {"message": "Cards for twelve rooms, please.", "name": "Zane Example", "email": "zane@guest.example"}


@pytest.fixture
def send(store: Store, queue: Queue, catalogue: Catalogue, settings: Settings, clock: DrivenClock) -> "Send":
    return Send(store, queue, catalogue, settings.secrets.token_key, clock)


class Send:
    """Shows a form and sends it with a code."""

    def __init__(self, store: Store, queue: Queue, catalogue: Catalogue, token_key: bytes, clock: DrivenClock) -> None:
        self.store, self.queue, self.catalogue, self.token_key, self.clock = store, queue, catalogue, token_key, clock

    def __call__(self, code: str | None, form: str = "order") -> str:
        submission = self.showing(code, form)
        return self.again(submission)

    def showing(self, code: str | None, form: str = "order") -> Submission:
        shown = show_form(self.store, self.catalogue, self.token_key, form, "en", "page", now=self.clock())
        attribution = {"source": "sms", **({"code": code} if code else {})}
        return Submission(form, shown.signed_id, "en", FIELDS, {}, attribution)

    def again(self, submission: Submission) -> str:
        return submit_lead(
            self.store, self.queue, self.catalogue, self.token_key, submission, now=self.clock()
        ).reference

    def kept(self, reference: str) -> dict[str, str]:
        return read_lead(self.store, reference, actor="operator", why="test", now=self.clock()).lead.attribution


class TestCounting:
    def test_each_form_counts_once_and_the_code_stands_with_it(self, send: Send, store: Store) -> None:
        references = [send("autumn-sms"), send("AUTUMN-SMS"), send(None), send("FAIR-RIGA")]
        counted = {(use.code, use.form): use.uses for use in list_code_uses(store)}
        assert counted == {("AUTUMN-SMS", "order"): 2, ("FAIR-RIGA", "order"): 1}
        assert [send.kept(each).get("code") for each in references] == ["AUTUMN-SMS", "AUTUMN-SMS", None, "FAIR-RIGA"]

    def test_the_same_submission_again_is_the_same_use(self, send: Send, store: Store) -> None:
        submission = send.showing("AUTUMN-SMS")
        assert len({send.again(submission) for _ in range(3)}) == 1
        assert [use.uses for use in list_code_uses(store)] == [1]

    def test_a_code_nobody_gave_out_is_neither_counted_nor_kept(self, send: Send, store: Store) -> None:
        assert send.kept(send("ZQ7F3")) == {"source": "sms"}
        assert list_code_uses(store) == ()

    def test_after_its_last_day_it_counts_no_more(self, send: Send, store: Store, clock: DrivenClock) -> None:
        clock.now = clock.now.replace(year=2026, month=12, day=31, hour=23)
        send("AUTUMN-SMS")
        clock.now += timedelta(hours=2)
        assert send.kept(send("AUTUMN-SMS")) == {"source": "sms"}
        assert [use.uses for use in list_code_uses(store)] == [1]

    def test_nothing_is_counted_for_what_is_not_kept(self, send: Send, store: Store, clock: DrivenClock) -> None:
        submission = replace(send.showing("AUTUMN-SMS"), fields={})
        with pytest.raises(Exception, match="another look"):
            send.again(submission)
        assert list_code_uses(store) == ()

    def test_many_at_once_are_all_counted(self, send: Send, store: Store) -> None:
        submissions = [send.showing("AUTUMN-SMS") for _ in range(8)]
        threads = [threading.Thread(target=send.again, args=(each,)) for each in submissions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [use.uses for use in list_code_uses(store)] == [8]
