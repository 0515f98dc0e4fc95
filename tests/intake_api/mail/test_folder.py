"""The folder of mails: whole files, for their owner only, gone after a while; and the choice between the ways out."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.mail.folder import MailFolder
from intake_api.mail.port import Mail, Refused, Retry, Sender, Sent
from intake_api.mail.registry import open_mailer
from intake_api.mail.smtp import SmtpMailer
from intake_api.settings import SettingsError, read_settings
from tests.intake_api.conftest import DrivenClock, random_secrets
from tests.intake_api.mail.parts import text_of

NOW = DrivenClock().now
LINK = f"https://leads.some-long-name-of-a-company.example/confirm/{'0' * 32}-{'a' * 32}"
MAIL = Mail("m1", "anna@guest.example", "Rīga?", f"Parauga iela 12, Rīga\n{LINK}\n", "en")


@pytest.fixture
def folder(tmp_path: Path) -> MailFolder:
    return MailFolder(tmp_path / "mail", Sender("Tidewick Example SIA", "privacy@tidewick.example"))


class TestMailFolder:
    def test_a_mail_is_one_file_for_its_owner_only(self, folder: MailFolder, tmp_path: Path) -> None:
        assert folder.send(MAIL, now=NOW) == Sent()

        (file,) = (tmp_path / "mail").iterdir()
        assert file.name == "m1.eml"
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        message = message_from_bytes(file.read_bytes(), policy=default)
        assert (message["To"], message["Subject"]) == (MAIL.to, MAIL.subject)
        assert text_of(message) == MAIL.text

    def test_its_link_can_be_read_with_the_bare_eye(self, folder: MailFolder, tmp_path: Path) -> None:
        folder.send(MAIL, now=NOW)

        assert LINK in (tmp_path / "mail" / "m1.eml").read_text().splitlines()

    def test_the_same_mail_again_replaces_itself(self, folder: MailFolder, tmp_path: Path) -> None:
        folder.send(MAIL, now=NOW)
        folder.send(MAIL, now=NOW + timedelta(minutes=5))

        assert [file.name for file in (tmp_path / "mail").iterdir()] == ["m1.eml"]

    def test_a_folder_that_cannot_be_written_is_tried_again(self, folder: MailFolder, tmp_path: Path) -> None:
        (tmp_path / "mail").write_text("a file where the folder should be")

        assert folder.send(MAIL, now=NOW) == Retry("folder_not_writable")

    def test_sec20_two_recipients_are_refused(self, folder: MailFolder, tmp_path: Path) -> None:
        mail = Mail("m1", "a@b.example, c@d.example", "A", "B\n", "en")

        assert folder.send(mail, now=NOW) == Refused("not_writable")
        assert not (tmp_path / "mail").exists()

    def test_old_mails_are_cleared(self, folder: MailFolder, tmp_path: Path) -> None:
        folder.send(MAIL, now=NOW)
        folder.send(Mail("m2", "b@guest.example", "A", "B\n", "en"), now=NOW + timedelta(days=3))

        folder.clear(before=NOW + timedelta(days=1))

        assert [file.name for file in (tmp_path / "mail").iterdir()] == ["m2.eml"]

    def test_clearing_what_was_never_there_is_no_harm(self, folder: MailFolder) -> None:
        folder.clear(before=NOW)
        folder.remove(["m1"])
        assert folder.held() == set()

    def test_what_a_crash_left_half_written_is_held_and_cleared_too(self, folder: MailFolder, tmp_path: Path) -> None:
        """The address is in it as in a whole one."""
        self.half_written(tmp_path, "m1", written_at=NOW)
        self.half_written(tmp_path, "m2", written_at=NOW + timedelta(days=3))
        assert folder.held() == {"m1", "m2"}

        folder.clear(before=NOW + timedelta(days=1))

        assert folder.held() == {"m2"}
        assert [file.name for file in (tmp_path / "mail").iterdir()] == [".m2.0123abcd"]

    def test_one_mail_is_removed_whole_and_half_written(self, folder: MailFolder, tmp_path: Path) -> None:
        for mail_id in ("m1", "m2"):
            folder.send(Mail(mail_id, "anna@guest.example", "A", "B\n", "en"), now=NOW)
            self.half_written(tmp_path, mail_id, written_at=NOW)

        folder.remove(["m1", "never-there"])

        assert sorted(file.name for file in (tmp_path / "mail").iterdir()) == [".m2.0123abcd", "m2.eml"]

    def test_what_is_not_ours_is_left_alone(self, folder: MailFolder, tmp_path: Path) -> None:
        folder.send(MAIL, now=NOW)
        (tmp_path / "mail" / ".gitkeep").touch()
        (tmp_path / "mail" / "notes.txt").touch()

        folder.clear(before=NOW + timedelta(days=9000))

        assert sorted(file.name for file in (tmp_path / "mail").iterdir()) == [".gitkeep", "notes.txt"]

    def test_two_workers_that_clear_at_once_do_not_trip_over_each_other(
        self, folder: MailFolder, tmp_path: Path
    ) -> None:
        for number in range(200):
            folder.send(Mail(f"m{number}", "anna@guest.example", "A", "B\n", "en"), now=NOW)
        at_once = threading.Barrier(4)

        def clear(_: int) -> None:
            at_once.wait(30)
            folder.clear(before=NOW + timedelta(days=1))

        with ThreadPoolExecutor(4) as workers:
            list(workers.map(clear, range(4)))

        assert list((tmp_path / "mail").iterdir()) == []

    @staticmethod
    def half_written(folder: Path, mail_id: str, *, written_at: datetime) -> None:
        (folder / "mail").mkdir(exist_ok=True)
        file = folder / "mail" / f".{mail_id}.0123abcd"
        file.write_text("To: anna@guest.example")
        os.utime(file, (written_at.timestamp(), written_at.timestamp()))


class TestOpenMailer:
    def test_a_folder_is_the_default(self, catalogue: Catalogue) -> None:
        assert open_mailer(read_settings(random_secrets()), catalogue.organisation).name == "folder"

    def test_smtp_needs_an_address(self) -> None:
        with pytest.raises(SettingsError, match="VESTIBULE_SMTP_URL is missing"):
            read_settings({**random_secrets(), "VESTIBULE_MAIL": "smtp"})

    def test_the_address_of_the_server_may_stand_in_a_file_and_is_never_printed(
        self, catalogue: Catalogue, tmp_path: Path
    ) -> None:
        (tmp_path / "smtp_url").write_text("smtp://user:hush@mail.example\n")
        environment = {**random_secrets(), "VESTIBULE_MAIL": "smtp", "VESTIBULE_SECRETS_DIR": str(tmp_path)}
        settings = read_settings(environment)

        assert isinstance(open_mailer(settings, catalogue.organisation), SmtpMailer)
        assert "hush" not in repr(settings)

    @pytest.mark.parametrize("address", ["nobody", "a@b.example, c@d.example", "Tidewick <a@b.example>"])
    def test_a_sender_that_is_not_one_address_is_named(self, catalogue: Catalogue, address: str) -> None:
        settings = read_settings({**random_secrets(), "VESTIBULE_MAIL_FROM": address})

        with pytest.raises(SettingsError, match="VESTIBULE_MAIL_FROM"):
            open_mailer(settings, catalogue.organisation)
