"""From a shown notice to a kept lead: everything, once, or nothing at all."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue, LocaleNotOffered
from intake_api.flows.read_lead import LeadUnknown, read_lead
from intake_api.flows.refuse_form import refuse_form
from intake_api.flows.show_form import show_form
from intake_api.flows.show_receipt import show_receipt
from intake_api.flows.submit_lead import (
    DecisionInvalid,
    FieldsInvalid,
    IdempotencyKeyReused,
    NothingAgreed,
    PresentationExpired,
    PresentationMismatch,
    PresentationUnknown,
    PresentationUsed,
    Receipt,
    Submission,
    submit_lead,
)
from intake_api.queue import Queue
from intake_api.rules.consent import DecisionState
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store, StoreUnavailable
from intake_api.store.presentations import LASTS, sign_presentation
from tests.intake_api.conftest import DrivenClock

TOKEN_KEY = bytes(range(32))
FIELDS = {"name": "Anna Bērziņa", "email": "Anna@Sample.example", "headcount": 25, "role": "owner"}
TABLES = ("leads", "lead_index", "decisions", "subjects")
Send = Callable[[Submission], Receipt]


def count(store: Store, *tables: str) -> dict[str, int]:
    """Return how many rows some tables have."""
    with store.reading() as tx:
        return {table: tx.execute(text(f"SELECT COUNT(*) FROM {table}")).scalar_one() for table in tables}  # noqa: S608


@pytest.fixture
def shown(store: Store, catalogue: Catalogue, clock: DrivenClock) -> Submission:
    """A form that was shown, and what its visitor typed."""
    presentation = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "page", now=clock()).signed_id
    return Submission("request_demo", presentation, "en", FIELDS, {}, {})


@pytest.fixture
def send(store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock) -> Send:
    return lambda submission: submit_lead(store, queue, catalogue, TOKEN_KEY, submission, now=clock())


class TestSubmitting:
    """The straight line."""

    def test_keeps_what_was_sent(self, store: Store, shown: Submission, send: Send, clock: DrivenClock) -> None:
        receipt = send(shown)
        whole = read_lead(store, receipt.reference, actor="operator", why="test", now=clock.advance(seconds=1))
        assert whole.values == {**FIELDS, "email": "Anna@sample.example"}
        assert whole.lead.state is LeadState.NEW
        assert whole.lead.score == sum(line["points"] for line in whole.lead.score_lines) == 55
        assert {one.purpose: one.state for one in whole.decisions} == {
            "respond_to_request": DecisionState.ACTED,
            "newsletter": DecisionState.REFUSED,
            "product_offers": DecisionState.REFUSED,
        }
        assert [entry.kind for entry in whole.entries] == ["submission.received", "lead.read"]

    def test_c04_all_no_is_kept_like_all_yes(
        self, store: Store, catalogue: Catalogue, send: Send, clock: DrivenClock
    ) -> None:
        leads = []
        for answer in (True, False):
            shown = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "page", now=clock()).signed_id
            decisions = {"newsletter": answer, "product_offers": answer}
            receipt = send(Submission("request_demo", shown, "en", FIELDS, decisions, {}))
            leads.append(read_lead(store, receipt.reference, actor="operator", why="test", now=clock()).lead)
        assert leads[0].score == leads[1].score
        assert leads[0].state is leads[1].state

    def test_t02_says_when_it_will_be_erased(
        self, store: Store, shown: Submission, send: Send, clock: DrivenClock
    ) -> None:
        receipt = send(shown)
        lead = read_lead(store, receipt.reference, actor="operator", why="test", now=clock()).lead
        assert timedelta(days=180) < lead.delete_after - lead.received_at < timedelta(days=185)

    def test_c12_a_first_yes_waits_for_a_week(
        self, store: Store, catalogue: Catalogue, send: Send, clock: DrivenClock
    ) -> None:
        shown = show_form(store, catalogue, TOKEN_KEY, "newsletter", "en", "button", now=clock()).signed_id
        news = Submission("newsletter", shown, "en", {"email": "a@b.example"}, {"newsletter": True}, {})
        lead = read_lead(store, send(news).reference, actor="operator", why="test", now=clock())
        assert lead.decisions[0].state is DecisionState.REQUESTED
        assert lead.lead.delete_after == clock() + timedelta(days=7)

    def test_p04_the_receipt_opens_with_its_token_and_holds_no_value(
        self, store: Store, shown: Submission, send: Send
    ) -> None:
        receipt = send(shown)
        assert show_receipt(store, receipt.token).lead.reference == receipt.reference
        assert "Anna" not in repr(show_receipt(store, receipt.token))
        with pytest.raises(LeadUnknown):
            show_receipt(store, receipt.token[:-1] + "!")

    def test_e01_the_evidence_holds_no_value(self, store: Store, shown: Submission, send: Send) -> None:
        send(shown)
        with store.reading() as tx:
            bodies = b"".join(tx.execute(text("SELECT body FROM evidence")).scalars())
        assert b"submission.received" in bodies
        assert not [value for value in ("Anna", "sample.example", "owner") if value.encode() in bodies]


class TestSendingAgain:
    """SEC-39: one lead, whatever the network does."""

    def test_the_same_presentation_with_the_same_content_gets_the_first_answer(
        self, store: Store, shown: Submission, send: Send, clock: DrivenClock
    ) -> None:
        first = send(shown)
        clock.advance(hours=5)
        assert send(shown) == replace(first, is_new=False)
        assert count(store, "leads") == {"leads": 1}

    def test_the_same_key_with_the_same_content_gets_the_first_answer(
        self, shown: Submission, send: Send, clock: DrivenClock
    ) -> None:
        first = send(replace(shown, idempotency_key="k1"))
        clock.advance(hours=5)
        assert send(replace(shown, idempotency_key="k1")) == replace(first, is_new=False)

    @pytest.mark.parametrize("fields", [FIELDS, {"name": "Jan Novák", "email": "jan@sample.example"}])
    def test_sec39_the_same_key_on_another_presentation_is_independent(
        self,
        store: Store,
        catalogue: Catalogue,
        shown: Submission,
        send: Send,
        clock: DrivenClock,
        fields: dict[str, object],
    ) -> None:
        first = send(replace(shown, idempotency_key="k1"))
        other = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "page", now=clock()).signed_id
        second = send(replace(shown, presentation=other, fields=fields, idempotency_key="k1"))
        assert second.is_new
        assert second.token != first.token
        assert count(store, "leads") == {"leads": 2}

    def test_other_content_on_a_used_presentation_is_refused(self, shown: Submission, send: Send) -> None:
        send(shown)
        with pytest.raises(PresentationUsed):
            send(replace(shown, fields={**FIELDS, "name": "Somebody Else"}))

    def test_other_content_under_a_used_key_is_refused(self, shown: Submission, send: Send) -> None:
        send(replace(shown, idempotency_key="k1"))
        with pytest.raises(IdempotencyKeyReused):
            send(replace(shown, fields={**FIELDS, "name": "Somebody Else"}, idempotency_key="k1"))

    def test_other_content_under_another_key_is_told_that_the_presentation_is_used(
        self, shown: Submission, send: Send
    ) -> None:
        send(replace(shown, idempotency_key="k1"))
        with pytest.raises(PresentationUsed):
            send(replace(shown, fields={**FIELDS, "name": "Somebody Else"}, idempotency_key="k2"))

    def test_fifty_at_once_are_one_lead(self, store: Store, shown: Submission, send: Send) -> None:
        with ThreadPoolExecutor(12) as pool:
            receipts = list(pool.map(send, [shown] * 50))
        assert len({receipt.reference for receipt in receipts}) == 1
        assert [receipt.is_new for receipt in receipts].count(True) == 1
        assert count(store, "leads") == {"leads": 1}


class TestRefusing:
    """What is not accepted leaves nothing behind."""

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"presentation": "unknown"}, PresentationUnknown),
            ({"form": "request_contact", "fields": {"message": "Hi", "email": "a@b.example"}}, PresentationUnknown),
            ({"locale": "de"}, LocaleNotOffered),
            ({"fields": {}}, FieldsInvalid),
            ({"fields": {**FIELDS, "email": "no address"}}, FieldsInvalid),
            ({"fields": {**FIELDS, "shoe_size": 42}}, FieldsInvalid),
            ({"fields": {**FIELDS, "headcount": "25"}}, FieldsInvalid),
            ({"decisions": {"newsletter": "true"}}, DecisionInvalid),
            ({"decisions": {"everything": True}}, DecisionInvalid),
            ({"decisions": {"respond_to_request": False}}, DecisionInvalid),
        ],
    )
    def test_m01_c02_c06_keeps_nothing(
        self, store: Store, shown: Submission, send: Send, changes: dict[str, Any], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            send(replace(shown, **changes))
        assert set(count(store, *TABLES).values()) == {0}

    def test_c06_an_expired_presentation_is_refused(self, shown: Submission, send: Send, clock: DrivenClock) -> None:
        clock.advance(seconds=LASTS.total_seconds())
        with pytest.raises(PresentationExpired):
            send(shown)

    def test_c06_a_presentation_of_another_text_is_refused(
        self, store: Store, catalogue: Catalogue, shown: Submission, send: Send, clock: DrivenClock
    ) -> None:
        current = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "page", now=clock()).presentation
        earlier = sign_presentation(TOKEN_KEY, replace(current, notice_hash="0" * 64))
        with pytest.raises(PresentationMismatch):
            send(replace(shown, presentation=earlier))

    @pytest.mark.parametrize("part", range(6))
    def test_c06_an_altered_presentation_is_unknown(self, shown: Submission, send: Send, part: int) -> None:
        parts = shown.presentation.split(".")
        altered = [*parts[:part], ("B" if parts[part][0] == "A" else "A") + parts[part][1:], *parts[part + 1 :]]
        with pytest.raises(PresentationUnknown):
            send(replace(shown, presentation=".".join(altered)))

    def test_c06_a_presentation_signed_elsewhere_is_unknown(
        self, store: Store, catalogue: Catalogue, shown: Submission, send: Send, clock: DrivenClock
    ) -> None:
        theirs = show_form(store, catalogue, bytes(32), "request_demo", "en", "page", now=clock()).signed_id
        with pytest.raises(PresentationUnknown):
            send(replace(shown, presentation=theirs))

    def test_a_form_of_consent_alone_keeps_nothing_after_a_no(
        self, store: Store, catalogue: Catalogue, send: Send, clock: DrivenClock
    ) -> None:
        shown = show_form(store, catalogue, TOKEN_KEY, "newsletter", "en", "page", now=clock()).signed_id
        with pytest.raises(NothingAgreed):
            send(Submission("newsletter", shown, "en", {"email": "a@b.example"}, {"newsletter": False}, {}))
        assert set(count(store, *TABLES).values()) == {0}

    def test_c10_after_a_no_the_presentation_is_closed(
        self, store: Store, shown: Submission, send: Send, clock: DrivenClock
    ) -> None:
        refuse_form(store, TOKEN_KEY, "request_demo", shown.presentation, now=clock())
        refuse_form(store, TOKEN_KEY, "request_demo", shown.presentation, now=clock())
        with pytest.raises(PresentationUsed):
            send(shown)
        with store.reading() as tx:
            refused = tx.execute(text("SELECT COUNT(*) FROM evidence WHERE kind = 'presentation.refused'"))
            assert refused.scalar_one() == 1

    @pytest.mark.parametrize("minutes", [0, 31])
    def test_c10_a_no_after_sending_is_refused_and_leaves_the_lead_as_it_is(
        self, store: Store, shown: Submission, send: Send, clock: DrivenClock, minutes: int
    ) -> None:
        first = send(shown)
        clock.advance(minutes=minutes)
        with pytest.raises(PresentationUsed):
            refuse_form(store, TOKEN_KEY, "request_demo", shown.presentation, now=clock())
        assert send(shown) == replace(first, is_new=False)
        with store.reading() as tx:
            assert not tx.scalar(text("SELECT COUNT(*) FROM evidence WHERE kind = 'presentation.refused'"))

    def test_c10_of_a_yes_and_a_no_at_once_one_is_told_that_it_came_too_late(
        self, store: Store, shown: Submission, send: Send, clock: DrivenClock
    ) -> None:
        start = Barrier(2)

        def told(answer: Callable[[], object]) -> bool:
            start.wait()
            try:
                answer()
            except PresentationUsed:
                return True
            return False

        def say_no() -> None:
            refuse_form(store, TOKEN_KEY, "request_demo", shown.presentation, now=clock())

        with ThreadPoolExecutor(2) as pool:
            late = list(pool.map(told, [lambda: send(shown), say_no]))
        assert sorted(late) == [False, True]
        assert count(store, "leads") == {"leads": int(late[1])}

    @pytest.mark.parametrize("table", ["evidence", "decisions", "lead_index", "presentations"])
    def test_e06_sec42_when_any_part_cannot_be_written_nothing_is(
        self, store: Store, shown: Submission, send: Send, table: str
    ) -> None:
        with store.writing() as tx:
            tx.execute(text(f"ALTER TABLE {table} RENAME TO gone"))
        with pytest.raises(StoreUnavailable):
            send(shown)
        assert count(store, "leads", "subjects") == {"leads": 0, "subjects": 0}

    def test_a03_a_lead_is_not_shown_when_the_reading_cannot_be_recorded(
        self, store: Store, shown: Submission, send: Send, clock: DrivenClock
    ) -> None:
        receipt = send(shown)
        with store.writing() as tx:
            tx.execute(text("ALTER TABLE evidence RENAME TO gone"))
        with pytest.raises(StoreUnavailable):
            read_lead(store, receipt.reference, actor="operator", why="test", now=clock())


class TestAtRest:
    """SEC-43: a stolen database shows no person."""

    @pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
    def test_sec43_no_typed_value_stands_in_the_file(
        self, store: Store, shown: Submission, send: Send, database_url: str
    ) -> None:
        send(replace(shown, fields={**FIELDS, "message": "zq7f3txt tālrunis"}))
        path = database_url.removeprefix("sqlite:///")
        stored = b"".join(Path(path + part).read_bytes() for part in ("", "-wal"))
        for value in ("Anna", "Bērziņa", "sample.example", "zq7f3txt"):
            assert value.encode() not in stored
            assert value.encode("utf-16-le") not in stored
