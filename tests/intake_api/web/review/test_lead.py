"""One lead: read on the record, shown as text, with everything around it."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.crm.port import Done, Duplicate, NotAllowedIn, Outcome, Refused, Retry
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.deliver import settle
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.read_lead import read_lead
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.deliveries import DELIVERIES, Attempt, DeliveryState, record_attempt
from intake_api.store.lead_index import email_token, mark_bounced
from intake_api.store.leads import Lead, restrict
from intake_api.store.turns import claim_turn
from intake_api.web.review.entry_words import KINDS
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.corpora import naughty_chunks, needs_corpora
from tests.intake_api.flows.publishing import MATERIAL, Press
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY, approve, entries, keep_lead
from tests.intake_api.web.review.visitor import Browser, path_of, words_of


class TestReading:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_a01_opening_a_lead_is_one_entry_that_names_who_which_fields_and_why(
        self, reviewer: Browser, store: Store, lead: Lead
    ) -> None:
        page = reviewer.page(path_of(lead))
        assert page.typed == FIELDS
        with store.reading() as tx:
            staff_id = tx.scalar(text("SELECT id FROM staff"))
        (entry,) = entries(store, lead, "lead.read")
        assert entry["actor"] == f"staff:{staff_id}"
        assert entry["fields"] == sorted(FIELDS)
        assert entry["why"] == "review"
        assert entry["subject"] == lead.subject_id
        assert not [value for value in FIELDS.values() if str(value) in json.dumps(entry, ensure_ascii=False)]

    def test_an_address_that_takes_no_mail_is_shown(
        self, reviewer: Browser, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        said = "The e-mail address takes no mail (since 21 Nov 2026, 09:00 UTC)"
        assert said not in reviewer.get(path_of(lead)).text
        with store.writing() as tx:
            mark_bounced(tx, email_token(tx, lead.id) or b"", clock())
        assert said in reviewer.get(path_of(lead)).text

    def test_c17_a_yes_to_what_has_changed_since_is_not_shown_as_one(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path
    ) -> None:
        agreed = keep_lead(store, catalogue, now=clock(), decisions={"product_offers": True})
        yes, stale = '<span class="consent given">', '<span class="consent needs_reconsent">'
        assert yes in (page := reviewer.get(path_of(agreed)).text)
        assert stale not in page
        Press(store, clock, tmp_path).publish(MATERIAL)
        assert stale in (page := reviewer.get(path_of(agreed)).text)
        assert yes not in page

    def test_s10_what_its_person_had_restricted_is_not_opened(
        self, reviewer: Browser, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        with store.writing() as tx:
            restrict(tx, lead.id, clock() + timedelta(days=365))
        answer = reviewer.get(path_of(lead))
        assert answer.status_code == 423
        assert not [value for value in FIELDS.values() if str(value) in answer.text]
        assert entries(store, lead, "lead.read") == []
        assert lead.reference not in reviewer.get("/").text

    @pytest.mark.parametrize(
        "breaks",
        [
            "DROP TABLE evidence",
            "CREATE TRIGGER closed BEFORE INSERT ON evidence BEGIN SELECT RAISE(ABORT, 'closed'); END",
        ],
    )
    def test_a03_what_cannot_be_recorded_is_not_shown(
        self, reviewer: Browser, store: Store, lead: Lead, breaks: str
    ) -> None:
        with store.writing() as tx:
            tx.execute(text(breaks))
        answer = reviewer.get(path_of(lead))
        assert answer.status_code == 503
        assert not [value for value in FIELDS.values() if str(value) in answer.text]
        assert "cannot be recorded at this moment" in answer.text

    def test_a03_neither_while_the_database_takes_no_writes(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        for pooled in [store.engine.raw_connection() for _ in range(3)]:
            pooled.driver_connection.execute("PRAGMA busy_timeout=1")  # type: ignore[union-attr]
            pooled.close()
        other = sqlite3.connect(store.engine.url.database or "", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = reviewer.get(path_of(lead))
        other.close()
        assert answer.status_code == 503
        assert not [value for value in FIELDS.values() if str(value) in answer.text]

    @pytest.mark.parametrize("reference", ["VB-0000-0000", "x", "💥", "..%2f", "'", "VB-0000-0000-0000"])
    def test_an_unknown_lead_is_not_there(self, reviewer: Browser, reference: str) -> None:
        answer = reviewer.get(f"/leads/{reference}")
        assert answer.status_code == 404
        assert "nothing at this address" in answer.text

    def test_a_reference_may_be_typed_as_it_was_heard(self, reviewer: Browser, lead: Lead) -> None:
        heard = lead.reference.replace("-", "").replace("0", "o").replace("1", "l").lower()
        assert lead.reference in reviewer.page(f"/leads/{heard}").text

    def test_an_erased_person_is_gone(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        with store.writing() as tx:
            tx.execute(text("UPDATE subjects SET wrapped_key = NULL"))
        answer = reviewer.get(path_of(lead))
        assert answer.status_code == 410
        assert "erased" in answer.text

    def test_q01_a_lead_whose_time_was_over_is_shown_as_erased(
        self, reviewer: Browser, store: Store, lead: Lead, clock: DrivenClock
    ) -> None:
        """To whoever comes, and to whoever had it open and decides."""
        page = reviewer.page(path_of(lead))
        erase_expired(store, now=lead.delete_after)

        answer = reviewer.get(path_of(lead))
        assert answer.status_code == 410
        assert "erased" in answer.text
        decided = reviewer.send(page, path_of(lead, "/approve"))
        assert decided.status_code == 409
        assert "Erased" in decided.text
        assert lead.reference in reviewer.page("/?state=erased").text
        assert lead.reference not in reviewer.page("/?state=all").text
        for value in FIELDS.values():
            assert str(value) not in answer.text + decided.text

    def test_a_lead_shows_everything_around_it(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        lead = keep_lead(
            store,
            catalogue,
            now=clock(),
            decisions={"newsletter": True},
            headcount=25,
            role="owner",
            budget="over_300",
            phone="+37126123456",
        )
        page = reviewer.page(path_of(lead))
        said = words_of(page)
        texts = catalogue.notice("request_demo", "en").texts
        for part in (
            "Request demo · Page · English · just now",
            texts["short"],
            texts["label.respond_to_request"],
            texts["text.newsletter"],
            "asked for by sending",
            "yes, not yet confirmed",
            lead.notice_hash,
            "Together 80",
            "May go to Brightledger Example GmbH (DE) for answering the request",
            texts["basis.respond_to_request"],
            texts["basis.newsletter"],
            f"{texts['field.phone.why']} If you do not give it: {texts['field.phone.if_not_given']}",
            f"If you do not give it: {texts['if_not_given.newsletter']}",
            "Erased after 21 May 2027",
            "Sent by the person",
            "waits for its place",
        ):
            assert " ".join(part.split()) in said, part
        lines = [line["points"] for line in lead.score_lines]
        assert sum(lines) == lead.score == 80
        assert f"http://127.0.0.1:8080/notices/{lead.notice_hash}" in page.links
        assert page.typed["role"] == texts["field.role.choice.owner"]

    def test_in_a_chat_the_questions_are_shown_as_they_were_asked(
        self, reviewer: Browser, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        shown = show_form(store, catalogue, TOKEN_KEY, "request_demo", "en", "chat", now=clock())
        fields = {"name": "Zane", "email": "zane@guest.example"}
        submission = Submission("request_demo", shown.signed_id, "en", fields, {"newsletter": True}, {})
        reference = submit_lead(store, queue, catalogue, TOKEN_KEY, submission, now=clock()).reference
        said = words_of(reviewer.page(f"/leads/{reference}"))
        texts = catalogue.notice("request_demo", "en").texts
        for key in ("field.name.question", "question.newsletter"):
            assert " ".join(texts[key].split()) in said

    @needs_corpora
    def test_sec14_what_was_typed_is_text_to_the_letter(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        chunks = naughty_chunks()
        assert len(chunks) > 10
        for chunk in chunks:
            lead = keep_lead(store, catalogue, now=clock(), message=chunk)
            kept = read_lead(store, lead.reference, actor="operator", why="test", now=clock()).values
            assert reviewer.page(path_of(lead)).typed == kept

    def test_sec14_links_are_made_of_checked_contacts_only(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        message = "javascript:alert(1) https://evil.example <a href='https://evil.example'>x</a>"
        lead = keep_lead(
            store, catalogue, now=clock(), phone="+37126123456", message=message, company="data:text/html,x"
        )
        links = reviewer.page(path_of(lead)).links
        outside = [link for link in links if not link.startswith(("/", "#", "http://127.0.0.1:8080/notices/"))]
        assert outside == ["mailto:janis.berzins@example.lv", "tel:+37126123456"]


class TestDelivery:
    def test_shows_attempts_the_last_answer_and_the_next_attempt(
        self, reviewer: Browser, store: Store, queue: Queue, lead: Lead, clock: DrivenClock
    ) -> None:
        delivery = approve(store, queue, lead, now=clock(), destination="webhook")
        attempt = Attempt(
            DeliveryState.RETRYING,
            "retry",
            "server_error",
            503,
            next_attempt_at=clock() + timedelta(minutes=5),
        )
        with store.writing() as tx:
            claim_turn(tx, DELIVERIES, delivery.id, now=clock())
            record_attempt(tx, delivery.id, attempt, now=clock())
        said = words_of(reviewer.page(path_of(lead)))
        for part in (
            "To Brightledger Example GmbH, by webhook",
            "Trying again",
            "Attempts 1",
            "not now (error over there, 503)",
            "Next attempt 21 Nov 2026, 09:05 UTC",
        ):
            assert part in said, part

    @pytest.mark.parametrize(
        ("outcome", "says"),
        [
            (Done(status=204), "Delivered by the service"),
            (Duplicate(), "Delivered by the service"),
            (Retry("too_slow"), "Delivery tried by the service"),
            (NotAllowedIn("credential_refused", 401), "Delivery tried by the service"),
            (Refused("parcel_refused", 422), "Noted as refused there by the service"),
        ],
        ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
    )
    def test_the_evidence_tells_of_it_in_words(
        self,
        reviewer: Browser,
        store: Store,
        queue: Queue,
        lead: Lead,
        clock: DrivenClock,
        outcome: Outcome,
        says: str,
    ) -> None:
        delivery = approve(store, queue, lead, now=clock(), destination="webhook")
        with store.writing() as tx:
            claim_turn(tx, DELIVERIES, delivery.id, now=clock())
            settle(tx, delivery, outcome, None, now=clock(), jitter=0.0)
        said = words_of(reviewer.page(path_of(lead)))
        assert says in said
        assert "delivery." not in said

    def test_every_kind_a_delivery_leaves_in_the_evidence_has_words(self) -> None:
        under_way = {DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING}
        kinds = {"tried", "restarted", *(state.value for state in DeliveryState if state not in under_way)}
        assert {f"delivery.{kind}" for kind in kinds} <= KINDS.keys()


class TestNeighbours:
    def test_newer_and_older_stay_inside_the_filter(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        older, declined, lead, newer = (keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(4))
        decline_lead(store, declined.reference, seen_version=1, reason="duplicate", staff_id="s" * 32, now=clock())
        links = reviewer.page(path_of(lead) + "?state=new").links
        assert f"{path_of(newer)}?state=new" in links
        assert f"{path_of(older)}?state=new" in links
        assert f"{path_of(declined)}?state=all" in reviewer.page(path_of(lead) + "?state=all").links

    def test_opening_one_reads_that_one_only(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        first, second = (keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(2))
        reviewer.page(path_of(first))
        assert [len(entries(store, lead, "lead.read")) for lead in (first, second)] == [1, 0]


class TestLogs:
    def test_h14_no_log_line_holds_what_was_typed_or_who_signed_in(
        self, reviewer: Browser, store: Store, lead: Lead, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        page = reviewer.page(path_of(lead))
        reviewer.send(page, path_of(lead, "/decline"), reason="")
        reviewer.send(page, path_of(lead, "/approve"))
        with store.writing() as tx:
            tx.execute(text("DROP TABLE evidence"))
        reviewer.get(path_of(lead))
        assert "request.failed" in caplog.text
        for value in (*FIELDS.values(), reviewer.token, "ilze@"):
            assert str(value) not in caplog.text
