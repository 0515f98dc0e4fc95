"""The way out over SMTP against a real server: what is said, how each answer is taken, what is never sent."""

import logging
import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake_api.mail.port import Mail, Outcome, Refused, Retry, Sender, Sent
from intake_api.mail.smtp import SmtpMailer, SmtpServer, classify, read_server
from intake_api.settings import SettingsError
from tests.intake_api.certificates import certificates
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.mail.post_office import REMOTE_TEXT, PostOffice, post_office, speaking

NOW = DrivenClock().now
SENDER = Sender("Tidewick Example SIA", "privacy@tidewick.example")
MAIL = Mail("m1", "anna@guest.example", "Tidewick: vai tā ir jūsu adrese?", "Rīga\n.\nhttps://a.example/x\n", "lv")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as running:
        yield running


def send(url: str, mail: Mail = MAIL, *, trust: ssl.SSLContext | None = None, time_limit: float = 10.0) -> Outcome:
    return SmtpMailer(read_server(url), SENDER, trust=trust, time_limit=time_limit).send(mail, now=NOW)


class TestWhatIsSent:
    def test_one_mail_to_one_recipient(self, office: PostOffice) -> None:
        assert send(office.url) == Sent(250)

        (taken,) = office.taken
        assert (taken.sender, taken.recipients) == (SENDER.address, [MAIL.to])
        assert taken.text == MAIL.text
        assert taken.message["From"] == "Tidewick Example SIA <privacy@tidewick.example>"
        assert (taken.message["To"], taken.message["Subject"]) == (MAIL.to, MAIL.subject)
        assert taken.message["Message-ID"] == "<m1@tidewick.example>"
        assert taken.message["Auto-Submitted"] == "auto-generated"
        assert taken.message["Content-Language"] == "lv"
        assert taken.message["Date"].datetime == NOW

    def test_an_address_with_other_letters_is_taken_where_the_server_can(self, office: PostOffice) -> None:
        mail = Mail("m1", "jānis@guest.example", "A", "B\n", "en")

        assert send(office.url, mail) in (Sent(250), Retry("not_supported"))
        assert all(taken.recipients == ["jānis@guest.example"] for taken in office.taken)

    def test_how_they_part_does_not_matter(self, office: PostOffice) -> None:
        office.answers = {"QUIT": 421}

        assert send(office.url) == Sent(250)

    @pytest.mark.parametrize(
        "to",
        [
            "a@b.example\r\nBcc: c@d.example",
            "a@b.example\nRCPT TO:<c@d.example>",
            "a@b.example, c@d.example",
            '"x" <a@b.example>,<c@d.example>',
            "<a@b.example>",
            "a@b.example>",
            "=?utf-8?q?a?=@b.example",
            "a@b.example\x00",
            "a",
            "@b.example",
            "a@",
            "",
        ],
    )
    def test_sec20_what_is_not_exactly_one_address_is_never_sent(self, office: PostOffice, to: str) -> None:
        assert send(office.url, Mail("m1", to, "A", "B\n", "en")) == Refused("not_writable")
        assert office.seen == []

    def test_sec20_a_subject_of_two_lines_is_never_sent(self, office: PostOffice) -> None:
        mail = Mail("m1", "a@b.example", "A\r\nBcc: c@d.example", "B\n", "en")

        assert send(office.url, mail) == Refused("not_writable")
        assert office.seen == []


class TestAnswers:
    @pytest.mark.parametrize(
        ("answers", "outcome"),
        [
            ({"RCPT": 550}, Refused("address_refused", 550)),
            ({"RCPT": 553}, Refused("address_refused", 553)),
            ({"RCPT": 450}, Retry("not_now", 450)),
            ({"RCPT": 421}, Retry("not_now", 421)),
            ({"MAIL": 550}, Retry("sender_refused", 550)),
            ({"MAIL": 421}, Retry("not_now", 421)),
            ({"DATA": 554}, Refused("mail_refused", 554)),
            ({"DATA": 451}, Retry("not_now", 451)),
            ({"DATA": 421}, Retry("not_now", 421)),
        ],
    )
    def test_each_has_its_meaning_and_its_words_stay_outside(
        self, office: PostOffice, caplog: pytest.LogCaptureFixture, answers: dict[str, int], outcome: Outcome
    ) -> None:
        office.answers = answers

        with caplog.at_level(logging.INFO):
            found = send(office.url)

        assert found == outcome
        assert REMOTE_TEXT not in repr(found)
        assert not [record for record in caplog.records if record.name.startswith("vestibule")]

    def test_a_server_that_hangs_is_cut(self, office: PostOffice) -> None:
        office.hangs = True

        assert send(office.url, time_limit=0.5) == Retry("too_slow")

    @pytest.mark.parametrize("drips", [True, False])
    def test_a_greeting_that_never_ends_is_cut(self, *, drips: bool) -> None:
        with speaking(b"220-", drips=drips) as port:
            assert send(f"smtp://127.0.0.1:{port}?tls=none", time_limit=0.5) == Retry("too_slow")

    def test_the_limit_of_the_line_itself_means_the_same(self) -> None:
        with speaking(b"220-", drips=False) as port, pytest.raises(smtplib.SMTPServerDisconnected) as caught:
            smtplib.SMTP("127.0.0.1", port, timeout=0.2)

        assert classify(caught.value) == Retry("too_slow")

    def test_a_server_too_busy_to_begin_is_tried_again(self) -> None:
        with speaking(b"421 busy\r\n") as port:
            assert send(f"smtp://127.0.0.1:{port}?tls=none", time_limit=5) == Retry("not_now", 421)

    def test_what_is_no_mail_server_is_tried_again(self) -> None:
        with speaking(b"HTTP/1.1 400 Bad Request\r\n") as port:
            assert isinstance(send(f"smtp://127.0.0.1:{port}?tls=none", time_limit=0.5), Retry)

    def test_nobody_there(self) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
            assert send(f"smtp://127.0.0.1:{port}?tls=none") == Retry("not_reachable")


class TestTls:
    """SEC-48: the certificate is checked, and nothing goes out in the open by surprise."""

    @pytest.mark.parametrize("tls", ["starttls", "implicit"])
    def test_a_trusted_server_is_signed_in_to_and_gets_the_mail(self, tmp_path: Path, tls: str) -> None:
        serve, trust = certificates(tmp_path, "localhost")
        with post_office(tls=serve, implicit=tls == "implicit", login=tls == "starttls") as office:
            user = "post%40tidewick:p%2Fw@" if tls == "starttls" else ""
            outcome = send(f"smtp://{user}localhost:{office.port}?tls={tls}", trust=trust)

            assert outcome == Sent(250)
            assert office.logins == (["post@tidewick:p/w"] if tls == "starttls" else [])

    @pytest.mark.parametrize("tls", ["starttls", "implicit"])
    def test_an_unknown_issuer_gets_nothing(self, tmp_path: Path, tls: str) -> None:
        serve, _ = certificates(tmp_path, "localhost")
        with post_office(tls=serve, implicit=tls == "implicit") as office:
            outcome = send(f"smtp://localhost:{office.port}?tls={tls}")

            assert outcome == Retry("certificate_not_trusted")
            assert office.seen == []

    def test_a_certificate_of_another_host_gets_nothing(self, tmp_path: Path) -> None:
        serve, trust = certificates(tmp_path, "other.example")
        with post_office(tls=serve) as office:
            assert send(f"smtp://localhost:{office.port}", trust=trust) == Retry("certificate_not_trusted")
            assert office.seen == []

    def test_a_server_that_offers_no_tls_gets_nothing(self, office: PostOffice) -> None:
        assert send(f"smtp://user:secret@127.0.0.1:{office.port}") == Retry("not_supported")
        assert (office.seen, office.logins) == ([], [])

    def test_a_wrong_password_is_tried_again_later(self, tmp_path: Path) -> None:
        serve, trust = certificates(tmp_path, "localhost")
        with post_office(tls=serve, login=True) as office:
            office.answers = {"AUTH": 535}
            assert send(f"smtp://u:p@localhost:{office.port}", trust=trust) == Retry("login_refused", 535)
            assert office.seen == []


class TestReadServer:
    @pytest.mark.parametrize(
        ("url", "server"),
        [
            ("smtp://mail.example", SmtpServer("mail.example", 587, "starttls", "", "")),
            ("smtp://mail.example?tls=implicit", SmtpServer("mail.example", 465, "implicit", "", "")),
            ("smtp://mail.example:2525/?tls=none", SmtpServer("mail.example", 2525, "none", "", "")),
            ("smtp://u%40x:p%3Aw@mail.example", SmtpServer("mail.example", 587, "starttls", "u@x", "p:w")),
            ("smtp://u:p@[::1]:25?tls=none", SmtpServer("::1", 25, "none", "u", "p")),
        ],
    )
    def test_reads(self, url: str, server: SmtpServer) -> None:
        assert read_server(url) == server
        assert "p:w" not in repr(read_server(url))

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "mail.example",
            "http://u:hush@mail.example",
            "smtp://u:hush@",
            "smtp://u:hush@mail.example:port",
            "smtp://u:hush@mail.example:99999",
            "smtp://u:hush@mail.example?tls=perhaps",
            "smtp://u:hush@mail.example?tls=none&tls=starttls",
            "smtp://u:hush@mail.example?verify=0",
            "smtp://u:hush@mail.example/box",
            "smtp://u:hush@mail.example?tls=none",
        ],
    )
    def test_refuses_in_one_sentence_that_shows_no_password(self, url: str) -> None:
        with pytest.raises(SettingsError, match="VESTIBULE_SMTP_URL") as refused:
            read_server(url)
        assert "hush" not in str(refused.value)
        assert refused.value.__suppress_context__ or refused.value.__cause__ is None
