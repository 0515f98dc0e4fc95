"""Cases that staff answer: opened by hand, extended once with a reason, refused with where to complain (S-04, S-19)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.flows.answer_case import (
    AlreadyExtended,
    AnsweredByLink,
    CaseClosed,
    CaseUnknown,
    ReasonRefused,
    TooLateToExtend,
    close_case,
    extend_case,
    open_case,
    refuse_case,
)
from intake_api.flows.end_rights_cases import end_rights_cases
from intake_api.queue import Queue
from intake_api.rules.rights import RightsKind, extended_due
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.rights_cases import RightsCase, case_token, get_case, get_case_by_token
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.confirmations import everything_kept, mails_in
from tests.intake_api.flows.letters import PostRoom
from tests.intake_api.flows.rights import Office
from tests.intake_api.kept_leads import TOKEN_KEY

REASON = "Your data stands in three systems that are being joined."
EMAIL = "vera@writer.example"
LOCALES = ("en", "lv", "ru", "pl", "cs")


@pytest.fixture
def post_room(store: Store, catalogue: Catalogue, clock: DrivenClock, tmp_path: Path) -> PostRoom:
    return PostRoom(store, catalogue, clock, tmp_path / "letters")


def opened(store: Store, clock: DrivenClock, *, locale: str = "en", asked_at: datetime | None = None) -> RightsCase:
    return open_case(
        store, kind=RightsKind.ACCESS, email=EMAIL, locale=locale, asked_at=asked_at or clock(), now=clock()
    )


def case_now(store: Store, case: RightsCase) -> RightsCase:
    with store.reading() as tx:
        return get_case(tx, case.id)


class TestOpen:
    def test_s16_it_waits_for_staff_and_no_link_opens_it(self, store: Store, clock: DrivenClock) -> None:
        case = opened(store, clock)
        assert case.status.value == "requires_manual"
        with store.reading() as tx, pytest.raises(CaseUnknown):
            get_case_by_token(tx, case_token(TOKEN_KEY, case.id))

    def test_s04_its_time_began_when_it_reached_us(self, store: Store, clock: DrivenClock) -> None:
        case = opened(store, clock, asked_at=datetime(2026, 10, 31, tzinfo=UTC))
        assert case.due_at == datetime(2026, 11, 30, tzinfo=UTC)

    def test_it_stays_open_when_a_link_would_be_over(self, store: Store, clock: DrivenClock) -> None:
        case = opened(store, clock)
        end_rights_cases(store, now=clock.advance(days=40))
        assert case_now(store, case).is_waiting

    def test_when_it_is_done_its_address_is_gone(self, store: Store, clock: DrivenClock) -> None:
        case = opened(store, clock)
        close_case(store, case.id, now=clock())
        assert case_now(store, case).status.value == "complete"
        end_rights_cases(store, now=clock.advance(days=2))
        assert EMAIL.encode() not in everything_kept(store)
        with pytest.raises(CaseClosed):
            close_case(store, case.id, now=clock())

    def test_a_case_with_a_link_is_not_answered_by_hand(self, store: Store, office: Office, clock: DrivenClock) -> None:
        with pytest.raises(AnsweredByLink):
            close_case(store, office.asked("access").id, now=clock())


class TestExtend:
    @pytest.mark.parametrize(
        ("asked", "by", "due"),
        [
            ("2027-01-31", "P1M", "2027-03-31"),
            ("2027-01-31", "P2M", "2027-04-30"),
            ("2026-11-30", "P1M", "2027-01-30"),
            ("2026-12-31", "P1M", "2027-02-28"),
            ("2027-12-31", "P1M", "2028-02-29"),
        ],
    )
    def test_s04_the_new_day_is_counted_from_when_it_was_asked(self, asked: str, by: str, due: str) -> None:
        assert extended_due(datetime.fromisoformat(asked), by) == datetime.fromisoformat(due)

    @pytest.mark.parametrize("locale", LOCALES)
    def test_s04_the_person_is_told_by_when_and_why_in_their_language(
        self, store: Store, queue: Queue, post_room: PostRoom, clock: DrivenClock, locale: str
    ) -> None:
        clock.now = datetime(2027, 1, 31, 9, tzinfo=UTC)
        case = opened(store, clock, locale=locale)
        clock.advance(days=3)
        until = extend_case(store, queue, case.id, "P1M", REASON, now=clock())
        assert until == case_now(store, case).due_at == datetime(2027, 3, 31, 9, tzinfo=UTC)
        (said,) = post_room.sent()
        assert "2027-03-31" in said
        assert f"  {REASON}\n" in said
        (mail,) = mails_in(post_room.folder)
        assert (mail["To"], mail["Content-Language"]) == (EMAIL, locale)

    @pytest.mark.parametrize("reason", ["", "   ", "soon"])
    def test_s04_without_a_reason_it_is_refused(
        self, store: Store, queue: Queue, post_room: PostRoom, clock: DrivenClock, reason: str
    ) -> None:
        case = opened(store, clock)
        with pytest.raises(ReasonRefused):
            extend_case(store, queue, case.id, "P2M", reason, now=clock())
        assert case_now(store, case).due_at == case.due_at
        assert post_room.states() == []

    def test_s04_it_can_be_done_on_the_last_day_and_not_after_it(
        self, store: Store, queue: Queue, clock: DrivenClock
    ) -> None:
        clock.now = datetime(2027, 1, 31, 9, tzinfo=UTC)
        in_time, late = opened(store, clock), opened(store, clock)
        clock.now = datetime(2027, 2, 28, 9, tzinfo=UTC)
        extend_case(store, queue, in_time.id, "P1M", REASON, now=clock())
        with pytest.raises(TooLateToExtend):
            extend_case(store, queue, late.id, "P1M", REASON, now=clock() + timedelta(seconds=1))

    def test_s04_once_is_enough(self, store: Store, queue: Queue, clock: DrivenClock) -> None:
        case = opened(store, clock)
        extend_case(store, queue, case.id, "P1M", REASON, now=clock())
        with pytest.raises(AlreadyExtended):
            extend_case(store, queue, case.id, "P1M", REASON, now=clock())

    def test_a_case_with_a_link_that_was_extended_waits_for_staff(
        self, store: Store, queue: Queue, office: Office, clock: DrivenClock
    ) -> None:
        case = office.asked("access")
        extend_case(store, queue, case.id, "P1M", REASON, now=clock())
        end_rights_cases(store, now=clock.advance(days=35))
        assert case_now(store, case).is_waiting
        close_case(store, case.id, now=clock())
        assert not case_now(store, case).is_waiting

    def test_the_evidence_has_the_days_and_not_the_words(self, store: Store, queue: Queue, clock: DrivenClock) -> None:
        case = opened(store, clock)
        extend_case(store, queue, case.id, "P2M", REASON, now=clock())
        with store.reading() as tx:
            (entry,) = evidence.entries_of_kind(tx, "rights.extended")
        assert case.id.encode() in entry.body
        assert REASON.encode() not in everything_kept(store)


class TestRefuse:
    @pytest.mark.parametrize("locale", LOCALES)
    def test_s19_the_letter_says_why_where_to_complain_and_that_there_is_a_court(
        self, store: Store, queue: Queue, catalogue: Catalogue, post_room: PostRoom, clock: DrivenClock, locale: str
    ) -> None:
        case = opened(store, clock, locale=locale)
        refuse_case(store, queue, case.id, REASON, now=clock())
        assert case_now(store, case).status.value == "denied"
        (said,) = post_room.sent()
        words = {"en": "court", "lv": "ties", "ru": "суд", "pl": "sądu", "cs": "soud"}
        assert f"  {REASON}\n" in said
        assert words[locale] in said
        assert catalogue.any_view(locale).notice.texts["page.complaint_text"] in " ".join(said.split())

    def test_s19_its_address_is_gone_once_the_letter_has_left(
        self, store: Store, queue: Queue, post_room: PostRoom, clock: DrivenClock
    ) -> None:
        case = opened(store, clock)
        refuse_case(store, queue, case.id, REASON, now=clock())
        end_rights_cases(store, now=clock.advance(days=3))
        post_room.send()
        assert case_now(store, case).ended_at is not None
        end_rights_cases(store, now=clock.advance(days=2))
        assert case_now(store, case).status.value == "denied"  # what was refused is kept as long as what was done

    def test_what_is_over_is_not_refused(self, store: Store, queue: Queue, clock: DrivenClock) -> None:
        case = opened(store, clock)
        refuse_case(store, queue, case.id, REASON, now=clock())
        with pytest.raises(CaseClosed):
            refuse_case(store, queue, case.id, REASON, now=clock())
