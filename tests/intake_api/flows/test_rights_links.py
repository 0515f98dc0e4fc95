"""Asking for a right: who gets a link, how often, and that nothing of the address is left when it is over."""

import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from intake_api.flows.ask_for_right import Refused
from intake_api.flows.clear_mail import clear_mail
from intake_api.flows.end_rights_cases import end_rights_cases
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.flows.mend_mails import mend_mails
from intake_api.flows.send_rights_link import RIGHTS_MAIL
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.mail.port import Refused as MailRefused
from intake_api.mail.port import Retry
from intake_api.mail.words import MailWordsDiffer, read_mail_words
from intake_api.queue import SEND_RIGHTS_LINK
from intake_api.rules.rights import LINK_LASTS, MOST_LINKS, due_at
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from intake_api.store.mails import MailState
from intake_api.store.rights_cases import case_token
from intake_api.store.signer import Signer
from tests.intake_api.engine import engine_holds
from tests.intake_api.flows.confirmations import ToldMailer, everything_kept, mails_in
from tests.intake_api.flows.rights import EMAIL, Office
from tests.intake_api.kept_leads import TOKEN_KEY, keep_lead

STRANGER = "zq7f3@nobody.example"


def kinds(store: Store) -> list[str]:
    with store.reading() as tx:
        return list(tx.scalars(text("SELECT kind FROM evidence WHERE kind LIKE 'rights.%' ORDER BY at, id")))


class TestTheMail:
    def test_s02_goes_to_a_known_address_with_a_link_of_192_bits_that_is_not_kept(
        self, office: Office, store: Store, lead: Lead
    ) -> None:
        case = office.attempt(office.asked("erasure"))

        assert case.mail is MailState.SENT
        assert case.expires_at == office.clock() + timedelta(minutes=15)
        (mail,) = mails_in(office.folder)
        assert str(mail["To"]) == EMAIL
        token = case_token(TOKEN_KEY, case.id)
        assert office.links() == [f"/my-data/{token}"]
        assert len(token.partition("-")[2]) * 6 >= 192
        assert token.partition("-")[2].encode() not in everything_kept(store)

    def test_s04_says_by_when_we_answer(self, office: Office, lead: Lead) -> None:
        case = office.attempt(office.asked("access"))
        assert case.due_at == due_at(office.clock())
        assert "2026-12-21" in office.bodies()[0]

    @pytest.mark.parametrize("kind", ["withdraw", "access", "erasure"])
    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_c14_sec20_says_in_their_language_what_is_asked_and_nothing_anybody_typed(
        self, office: Office, lead: Lead, kind: str, locale: str
    ) -> None:
        office.sent(kind, locale=locale)
        words = read_mail_words().of(locale)
        (mail,), (body,) = mails_in(office.folder), office.bodies()
        assert words[f"rights.{kind}"] in body
        assert words[f"rights.{kind}"] in str(mail["Subject"])
        assert mail["Content-Language"] == locale
        assert "{" not in body + str(mail["Subject"])
        assert not [typed for typed in ("Bērziņ", "Galdniec", "planner", EMAIL) if typed in body]

    def test_s03_none_goes_to_an_address_nothing_is_held_about_which_is_forgotten_at_once(
        self, office: Office, store: Store, lead: Lead
    ) -> None:
        case = office.attempt(office.asked("access", STRANGER))
        assert (case.mail, case.ended_at) == (MailState.DROPPED, office.clock())
        assert office.links() == []
        assert STRANGER.encode() not in everything_kept(store)
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM rights_cases WHERE sealed IS NOT NULL")) == 0

    @pytest.mark.parametrize("spelled", [EMAIL.upper().replace("EXAMPLE.LV", "example.LV"), f"  {EMAIL} "])
    def test_an_address_is_known_however_it_is_spelled(self, office: Office, lead: Lead, spelled: str) -> None:
        office.sent("access", spelled)
        assert len(office.links()) == 1

    def test_sec28_what_is_no_address_is_told(self, office: Office) -> None:
        with pytest.raises(Refused) as refused:
            office.asked("access", "jan@@firma.pl")
        assert refused.value.code == "email_invalid"

    def test_each_language_has_the_same_words(self, tmp_path: object) -> None:
        words = read_mail_words()
        assert sorted(words.by_locale) == ["cs", "en", "lv", "pl", "ru"]
        assert words.of("xx") is words.of("en")

    def test_a_word_that_is_missing_is_named(self, office: Office) -> None:
        office.folder.mkdir()
        (office.folder / "en.yml").write_text("rights: {a: A, b: B}")
        (office.folder / "lv.yml").write_text("rights: {a: A}")
        with pytest.raises(MailWordsDiffer, match=r"lv\.yml: rights\.b"):
            read_mail_words(office.folder)


class TestS03:
    """Known or unknown: the same work at the door."""

    def test_s03_the_same_statements_rows_and_queue_for_known_and_unknown(
        self, office: Office, store: Store, lead: Lead
    ) -> None:
        office.asked("access", "warm-up@nobody.example")
        seen: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            seen.append(statement)

        def made_by(email: str) -> tuple[list[str], int, int, int]:
            rows = len(office.case_ids()), len(kinds(store)), len(engine_holds(store))
            seen.clear()
            event.listen(store.engine, "before_cursor_execute", note)
            office.asked("access", email)
            event.remove(store.engine, "before_cursor_execute", note)
            after = len(office.case_ids()), len(kinds(store)), len(engine_holds(store))
            return [*seen], *(b - a for a, b in zip(rows, after, strict=True))  # type: ignore[return-value]

        known = [made_by(EMAIL) for _ in range(10)]
        unknown = [made_by(f"zq7f3-{number}@nobody.example") for number in range(10)]
        assert known == unknown
        assert known[0][1:] == (1, 1, 1)
        assert not any("lead" in statement for statement in known[0][0])

    def test_s03_what_is_kept_looks_alike(self, office: Office, store: Store, lead: Lead) -> None:
        office.asked("access", EMAIL)
        office.asked("access", "a" * (len(EMAIL) - len("@example.lv")) + "@example.lv")
        with store.reading() as tx:
            rows = tx.execute(text("SELECT * FROM rights_cases")).all()
        shapes = [[len(v) if isinstance(v, (bytes, memoryview)) else type(v).__name__ for v in row] for row in rows]
        assert shapes[0] == shapes[1]
        assert EMAIL.encode() not in everything_kept(store)


class TestHowOften:
    def test_s14_while_a_link_is_good_another_one_of_its_kind_is_not_sent(self, office: Office, lead: Lead) -> None:
        office.sent("access")
        again = office.attempt(office.asked("access"))
        assert (again.mail, again.ended_at is not None) == (MailState.HELD, True)
        office.sent("erasure")
        assert len(office.links()) == 2
        office.clock.advance(minutes=15)
        office.sent("access")
        assert len(office.links()) == 3

    def test_c15_no_more_than_so_many_a_day_to_one_address(self, office: Office, lead: Lead) -> None:
        for _ in range(3 * MOST_LINKS):
            office.attempt(office.asked("access"))
            office.clock.advance(minutes=16)
        assert len(office.links()) == MOST_LINKS
        end_rights_cases(office.store, now=office.clock.advance(hours=25))
        office.sent("access")
        assert len(office.links()) == MOST_LINKS + 1

    def test_c15_of_many_at_once_one_leaves(self, office: Office, lead: Lead) -> None:
        cases, failed = [office.asked("access") for _ in range(6)], []

        def go(number: int) -> None:
            try:
                office.attempt(cases[number])
            except BaseException as error:  # noqa: BLE001 - told below
                failed.append(error)

        threads = [threading.Thread(target=go, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert len(office.links()) == 1


class TestWhenTheMailServerIsAway:
    def test_it_is_tried_again_with_the_same_link_whose_time_begins_anew(self, office: Office, lead: Lead) -> None:
        told = ToldMailer(Retry("not_now", 421))
        office.mailer = told  # type: ignore[assignment]
        case = office.attempt(office.asked("access"))
        assert case.mail is MailState.RETRYING
        told.outcome = type(told)().outcome
        office.clock.advance(hours=1)
        assert end_rights_cases(office.store, now=office.clock()) == 0
        assert enqueue_due(office.store, office.queue, SEND_RIGHTS_LINK, now=office.clock()) == 1
        case = office.attempt(case)
        assert (case.mail, case.expires_at) == (MailState.SENT, office.clock() + LINK_LASTS)
        assert told.mails[0] == told.mails[1]

    def test_it_is_given_up_after_a_day(self, office: Office, lead: Lead) -> None:
        office.mailer = ToldMailer(Retry("not_now", 421))  # type: ignore[assignment]
        case = office.asked("access")
        for _ in range(20):
            case = office.attempt(case)
            if case.mail is not MailState.RETRYING:
                break
            office.clock.advance(hours=6)
            enqueue_due(office.store, office.queue, SEND_RIGHTS_LINK, now=office.clock())
        assert case.mail is MailState.GIVEN_UP
        end_rights_cases(office.store, now=office.clock.advance(minutes=15))
        assert office.case(case.id).ended_at is not None

    def test_an_address_that_is_refused_ends_with_its_link(self, office: Office, lead: Lead) -> None:
        office.mailer = ToldMailer(MailRefused("address_refused", 550))  # type: ignore[assignment]
        case = office.attempt(office.asked("access"))
        assert case.mail is MailState.REFUSED
        end_rights_cases(office.store, now=office.clock.advance(minutes=15))
        assert office.case(case.id).ended_at is not None

    def test_what_broke_in_our_own_house_is_mended(self, office: Office, lead: Lead) -> None:
        case = office.asked("access")
        table = "workflow_status" if office.store.url.startswith("sqlite") else "dbos.workflow_status"
        with office.store.writing() as tx:
            tx.execute(text(f"UPDATE {table} SET status = 'ERROR'"))  # noqa: S608
        assert mend_mails(office.store, office.queue, RIGHTS_MAIL, now=office.clock()) == 1
        assert office.case(case.id).mail is MailState.RETRYING


class TestWhatIsLeft:
    def test_q01_when_the_link_is_over_the_address_and_the_mail_are_gone(
        self, office: Office, store: Store, lead: Lead
    ) -> None:
        office.sent("access")
        assert end_rights_cases(store, now=office.clock.advance(minutes=14)) == 0
        assert end_rights_cases(store, now=office.clock.advance(minutes=1)) == 1
        clear_mail(store, office.mailer, now=office.clock())
        assert office.links() == []
        with store.reading() as tx:
            row = tx.execute(text("SELECT sealed, wrapped_key, address FROM rights_cases")).one()
        assert (row.sealed, row.wrapped_key) == (None, None)
        assert bytes(row.address) == store.vault.blind("email", EMAIL)

    def test_e11_a_day_later_nothing_is_left_of_what_was_never_proven(
        self, office: Office, store: Store, lead: Lead
    ) -> None:
        office.sent("access")
        office.attempt(office.asked("access", STRANGER))
        end_rights_cases(store, now=office.clock.advance(minutes=15))
        end_rights_cases(store, now=office.clock.advance(hours=24))
        assert office.case_ids() == set()

    def test_s16_each_change_is_in_the_evidence_which_names_nobody(
        self, office: Office, store: Store, lead: Lead, settings: Settings
    ) -> None:
        office.sent("access")
        office.attempt(office.asked("erasure", STRANGER))
        end_rights_cases(store, now=office.clock.advance(minutes=15))
        assert sorted(kinds(store)) == [
            "rights.asked",
            "rights.asked",
            "rights.ended",
            "rights.link_dropped",
            "rights.link_sent",
        ]
        with store.reading() as tx:
            bodies = [json.loads(bytes(body)) for body in tx.scalars(text("SELECT body FROM evidence"))]
        for secret in (EMAIL, STRANGER, store.vault.blind("email", EMAIL).hex()):
            assert secret not in json.dumps(bodies)
        signer = Signer(settings.secrets.evidence_key)
        sequence_evidence(store, signer, settings.checkpoint_file, now=office.clock())
        assert verify_evidence(store, signer, settings.checkpoint_file).faults == []

    def test_h14_no_address_and_no_link_in_any_log(
        self, office: Office, lead: Lead, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        token = office.sent("access")
        office.attempt(office.asked("access", STRANGER))
        end_rights_cases(office.store, now=office.clock.advance(minutes=15))
        assert "rights.link_sent" in caplog.text
        assert not [word for word in (EMAIL, STRANGER, token.partition("-")[2]) if word in caplog.text]


def test_a_lead_that_came_later_is_known_too(office: Office) -> None:
    office.attempt(office.asked("access"))
    keep_lead(office.store, office.catalogue, now=office.clock.advance(minutes=1))
    office.sent("access")
    assert len(office.links()) == 1
