"""One lead: read on the record, shown as text, decided as it was seen, and never by two."""

import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from intake_api.app import create_review_app
from intake_api.catalogue.model import Catalogue, Recipient
from intake_api.flows.decline_lead import decline_lead
from intake_api.flows.read_lead import read_lead
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.queue import Queue
from intake_api.rules.lead_state import DECLINE_REASONS, LeadState
from intake_api.rules.text import Refused, clean
from intake_api.settings import Settings
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.deliveries import Attempt, DeliveryState, claim_delivery, record_attempt
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.corpora import naughty_strings, needs_corpora
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY, approve, deliveries_now, keep_lead, lead_now
from tests.intake_api.web.review.visitor import Browser, Page

MakeReviewer = Callable[..., Browser]


def path_of(lead: Lead, act: str = "") -> str:
    return f"/leads/{lead.reference}{act}"


def words_of(page: Page) -> str:
    return " ".join(page.text.split())


def reads(store: Store, lead: Lead) -> list[dict[str, object]]:
    with store.reading() as tx:
        entries = [json.loads(entry.body) for entry in evidence.list_entries(tx, lead.id)]
    return [entry for entry in entries if entry["kind"] == "lead.read"]


def naughty_chunks(size: int = 1000) -> list[str]:
    """Return the naughty strings that the text policy takes, many to a message, so that a few pages show them all."""
    chunks, chunk = [], ""
    for string in naughty_strings():
        try:
            cleaned = clean(string, size, lines=True)
        except Refused:
            continue
        if len(chunk) + len(cleaned) + 1 > size:
            chunks.append(chunk)
            chunk = ""
        chunk += cleaned + "\n"
    return [*chunks, chunk]


class TestReading:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_a01_opening_a_lead_is_one_entry_that_names_who_which_fields_and_why(
        self, reviewer: Browser, store: Store, lead: Lead
    ) -> None:
        page = reviewer.page(path_of(lead))
        assert page.typed == FIELDS
        with store.reading() as tx:
            staff_id = tx.scalar(text("SELECT id FROM staff"))
        (entry,) = reads(store, lead)
        assert entry["actor"] == f"staff:{staff_id}"
        assert entry["fields"] == sorted(FIELDS)
        assert entry["why"] == "review"
        assert entry["subject"] == lead.subject_id
        assert not [value for value in FIELDS.values() if str(value) in json.dumps(entry, ensure_ascii=False)]

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
            "May go to Brightledger Example GmbH (DE) for respond to request.",
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


class TestGate:
    @pytest.fixture
    def elsewhere(
        self, settings: Settings, catalogue: Catalogue, store: Store, queue: Queue, clock: DrivenClock
    ) -> Callable[[Browser], Browser]:
        """The same house with a destination that no notice names."""
        other = Recipient("partner", "Fernpost Example Ltd", "controller", "GB", None)
        changed = replace(catalogue, recipients={**catalogue.recipients, "partner": other})
        app = create_review_app(replace(settings, destination_recipient="partner"), changed, store, clock)
        return lambda browser: Browser(app, browser.token)

    def test_x01_says_before_the_button_that_the_notice_did_not_name_the_destination(
        self, reviewer: Browser, lead: Lead, elsewhere: Callable[[Browser], Browser]
    ) -> None:
        page = elsewhere(reviewer).page(path_of(lead))
        said = words_of(page)
        assert "May not go to Fernpost Example Ltd." in said
        assert "The notice this person saw does not name this destination as a recipient." in said
        assert said.index("May not go to") < said.index("Approve and send")
        assert path_of(lead, "/approve") not in page.forms
        assert path_of(lead, "/decline") in page.forms

    def test_x01_a_forced_approval_is_refused(
        self, reviewer: Browser, store: Store, lead: Lead, elsewhere: Callable[[Browser], Browser]
    ) -> None:
        page = reviewer.page(path_of(lead))
        answer = elsewhere(reviewer).send(page, path_of(lead, "/approve"))
        assert answer.status_code == 409
        assert "does not name this destination" in answer.text
        assert lead_now(store, lead).state is LeadState.NEW
        assert deliveries_now(store, lead) == []

    def test_a_lead_past_its_time_may_not_go(self, reviewing: MakeReviewer, lead: Lead, clock: DrivenClock) -> None:
        clock.now = lead.delete_after + timedelta(seconds=1)
        page = reviewing().page(path_of(lead))
        assert "The time for which this lead may be kept is over." in page.text
        assert path_of(lead, "/approve") not in page.forms


class TestDeciding:
    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_approving_queues_the_delivery_and_goes_on_to_the_next(
        self, reviewer: Browser, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        older, lead, newer = (keep_lead(store, catalogue, now=clock.advance(seconds=1)) for _ in range(3))
        answer = reviewer.send(reviewer.page(path_of(lead) + "?state=all"), path_of(lead, "/approve"))
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"{path_of(older)}?state=all&decided={lead.reference}"
        assert lead_now(store, lead).state is LeadState.QUALIFIED
        (delivery,) = deliveries_now(store, lead)
        assert (delivery.destination, delivery.recipient) == ("file", "crm")
        following = reviewer.page(answer.headers["Location"])
        assert f"{lead.reference} was approved and goes to Brightledger Example GmbH." in words_of(following)

        answer = reviewer.send(following, path_of(older, "/approve"))
        assert answer.headers["Location"].startswith(path_of(newer))
        answer = reviewer.send(reviewer.page(answer.headers["Location"]), path_of(newer, "/approve"))
        assert answer.headers["Location"] == f"/?state=all&decided={newer.reference}"
        assert f"{newer.reference} was approved" in words_of(reviewer.page(answer.headers["Location"]))

    @pytest.mark.parametrize("reason", list(DECLINE_REASONS))
    def test_declining_needs_a_reason_of_the_list_and_says_it(
        self, reviewer: Browser, store: Store, lead: Lead, reason: str
    ) -> None:
        answer = reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/decline"), reason=reason)
        assert answer.headers["Location"] == f"/?state=new&decided={lead.reference}"
        declined = lead_now(store, lead)
        assert (declined.state, declined.decline_reason) == (LeadState.DECLINED, reason)
        assert (
            f"was declined: {DECLINE_REASONS[reason].lower()}."
            in words_of(reviewer.page(answer.headers["Location"])).lower()
        )

    @pytest.mark.parametrize("reason", ["", "because", "NOT_A_FIT", "💥"])
    def test_declining_without_one_does_nothing(self, reviewer: Browser, store: Store, lead: Lead, reason: str) -> None:
        answer = reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/decline"), reason=reason)
        assert answer.status_code == 422
        assert "Choose a reason from the list" in answer.text
        assert lead_now(store, lead).state is LeadState.NEW

    def test_a_declined_lead_can_still_be_approved(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        reviewer.send(reviewer.page(path_of(lead)), path_of(lead, "/decline"), reason="duplicate")
        page = reviewer.page(path_of(lead) + "?state=declined")
        assert path_of(lead, "/decline") not in page.forms
        answer = reviewer.send(page, path_of(lead, "/approve"))
        assert answer.headers["Location"] == f"/?state=declined&decided={lead.reference}"
        assert lead_now(store, lead).state is LeadState.QUALIFIED

    def test_what_was_decided_is_said_to_the_one_who_did_and_cannot_be_made_up(
        self, reviewing: MakeReviewer, store: Store, lead: Lead
    ) -> None:
        ilze, piotr = reviewing(), reviewing("piotr@tidewick.example")
        assert "was approved" not in ilze.page(f"/?decided={lead.reference}").text
        answer = ilze.send(ilze.page(path_of(lead)), path_of(lead, "/approve"))
        assert "was approved" in ilze.page(answer.headers["Location"]).text
        assert "was approved" not in piotr.page(answer.headers["Location"]).text

    @pytest.mark.parametrize("version", ["", "x", "-1", "1.0", "٣", "9" * 40])
    def test_a_form_without_a_version_is_malformed(
        self, reviewer: Browser, store: Store, lead: Lead, version: str
    ) -> None:
        page = reviewer.page(path_of(lead))
        assert reviewer.send(page, path_of(lead, "/approve"), seen_version=version).status_code == 400
        assert lead_now(store, lead).state is LeadState.NEW

    @pytest.mark.parametrize("act", ["/approve", "/decline"])
    def test_a_lead_that_is_not_there_cannot_be_decided(self, reviewer: Browser, lead: Lead, act: str) -> None:
        form = reviewer.page(path_of(lead)).forms[path_of(lead, act)]
        answer = reviewer.client.post(f"/leads/VB-0000-0000{act}", data={**form.fields, "reason": "duplicate"})
        assert answer.status_code == 404

    def test_if_the_decision_cannot_be_recorded_nothing_is_decided(
        self, reviewer: Browser, store: Store, lead: Lead
    ) -> None:
        page = reviewer.page(path_of(lead))
        with store.writing() as tx:
            tx.execute(text("DROP TABLE evidence"))
        for act in ("/approve", "/decline"):
            assert reviewer.send(page, path_of(lead, act), reason="duplicate").status_code == 503
        assert lead_now(store, lead) == lead


class TestTwoReviewers:
    def test_a_late_decision_is_told_what_changed_and_changes_nothing(
        self, reviewing: MakeReviewer, store: Store, lead: Lead
    ) -> None:
        ilze, piotr = reviewing(), reviewing("piotr@tidewick.example")
        seen_by_piotr = piotr.page(path_of(lead))
        ilze.send(ilze.page(path_of(lead)), path_of(lead, "/decline"), reason="out_of_region")
        before = len(reads(store, lead))
        answer = piotr.send(seen_by_piotr, path_of(lead, "/approve"))
        assert answer.status_code == 409
        said = words_of(Page(answer.text))
        for part in ("Somebody was quicker", "Declined", "ilze@tidewick.example", "Outside the countries we serve"):
            assert part in said
        assert not [value for value in FIELDS.values() if str(value) in answer.text]
        assert len(reads(store, lead)) == before
        assert lead_now(store, lead).state is LeadState.DECLINED
        assert deliveries_now(store, lead) == []

    def test_pressing_twice_is_told_so(self, reviewer: Browser, store: Store, lead: Lead) -> None:
        page = reviewer.page(path_of(lead))
        assert reviewer.send(page, path_of(lead, "/approve")).status_code == 303
        answer = reviewer.send(page, path_of(lead, "/approve"))
        assert answer.status_code == 409
        assert "You decided this already" in answer.text
        assert len(deliveries_now(store, lead)) == 1

    @pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
    def test_of_two_at_the_same_moment_one_decides(
        self, reviewing: MakeReviewer, store: Store, catalogue: Catalogue, clock: DrivenClock
    ) -> None:
        ilze, piotr = reviewing(), reviewing("piotr@tidewick.example")
        sides = [(ilze, "/approve"), (piotr, "/decline")]
        for _ in range(10):
            lead = keep_lead(store, catalogue, now=clock())
            acts = [(who, who.page(path_of(lead)), path_of(lead, act)) for who, act in sides]
            with ThreadPoolExecutor(2) as pool:
                begun = [pool.submit(who.send, page, act, reason="duplicate") for who, page, act in acts]
                answers = [one.result() for one in begun]
            assert sorted(answer.status_code for answer in answers) == [303, 409]
            approved = answers[0].status_code == 303
            assert lead_now(store, lead).state is (LeadState.QUALIFIED if approved else LeadState.DECLINED)
            assert len(deliveries_now(store, lead)) == int(approved)


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
            claim_delivery(tx, delivery.id)
            record_attempt(tx, delivery.id, attempt, now=clock())
        said = words_of(reviewer.page(path_of(lead)))
        for part in (
            "To Brightledger Example GmbH, by webhook",
            "Trying again",
            "Attempts 1",
            "not now (server error, 503)",
            "Next attempt 21 Nov 2026, 09:05 UTC",
        ):
            assert part in said, part


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
        assert (len(reads(store, first)), len(reads(store, second))) == (1, 0)


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
