"""Copies of checkpoints outside: one an hour for each target, and what they find (E-04)."""

import json
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import text

from intake_api.flows.copy_checkpoint import EVERY, CheckpointTarget, Folder, OfficerMail, copy_checkpoint
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.verify_evidence import verify_evidence
from intake_api.mail.folder import MailFolder
from intake_api.mail.port import Sender
from intake_api.mail.words import read_mail_words
from intake_api.settings import Settings
from intake_api.store import evidence
from intake_api.store.base import Store
from intake_api.store.checkpoints import checkpoints_in_order, read_checkpoint
from intake_api.store.signer import Signer
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.mail.parts import text_of


class Log:
    """A log that grows by hand, and its targets."""

    def __init__(self, store: Store, settings: Settings, clock: DrivenClock, folder: Path) -> None:
        self.store, self.settings, self.clock = store, settings, clock
        self.signer = Signer(settings.secrets.evidence_key)
        self.outside, self.mails = folder / "outside", folder / "mail"
        mailer = MailFolder(self.mails, Sender("Tidewick Example SIA", "privacy@tidewick.example"))
        words = read_mail_words()
        to = "dpo@tidewick.example"
        self.mail = OfficerMail(mailer, to, words.of("en"), locale="en", product="Tidewick")
        self.targets: list[CheckpointTarget] = [Folder(self.outside), self.mail]

    def grow(self) -> int:
        """Write an entry and sign it; return the size of the log."""
        with self.store.writing() as tx:
            evidence.add_entry(tx, "test.happened", actor="system", now=self.clock.advance(seconds=1))
        checkpoint = sequence_evidence(self.store, self.signer, self.settings.checkpoint_file, now=self.clock())
        assert checkpoint is not None
        return checkpoint.size

    def copy(self, *, at_once: bool = False) -> list[str]:
        return copy_checkpoint(self.store, self.targets, at_once=at_once, now=self.clock())

    def faults(self, *copies: Path) -> list[tuple[str, int | None]]:
        verified = verify_evidence(self.store, self.signer, self.settings.checkpoint_file, copies)
        return [(fault.code, fault.place) for fault in verified.faults]


@pytest.fixture
def log(store: Store, settings: Settings, clock: DrivenClock, tmp_path: Path) -> Log:
    return Log(store, settings, clock, tmp_path)


class TestWhen:
    def test_e04_once_an_hour_for_all_workers_together(self, log: Log, clock: DrivenClock) -> None:
        log.grow()
        assert [log.copy(), log.copy()] == [["folder", "mail"], []]
        log.grow()
        clock.advance(seconds=EVERY.total_seconds() - 2)
        assert log.copy() == []
        clock.advance(seconds=2)
        assert [log.copy(), log.copy()] == [["folder", "mail"], []]

    def test_nothing_new_is_nothing_to_copy(self, log: Log, clock: DrivenClock) -> None:
        assert log.copy() == []
        log.grow()
        log.copy()
        clock.advance(hours=5)
        assert [log.copy(), log.copy(at_once=True)] == [[], []]

    def test_e04_who_leaves_waits_for_no_hour(self, log: Log) -> None:
        log.grow()
        log.copy()
        log.grow()
        assert log.copy(at_once=True) == ["folder", "mail"]

    def test_a_target_that_is_away_is_tried_again_and_holds_up_no_other(self, log: Log, clock: DrivenClock) -> None:
        log.outside.write_text("a file where the folder should be")
        log.grow()
        assert log.copy() == ["mail"]
        log.outside.unlink()
        clock.advance(minutes=1)
        assert log.copy() == ["folder"]


class TestWhatIsCopied:
    def test_e04_a_folder_gets_a_file_for_each_that_is_never_written_over(self, log: Log, clock: DrivenClock) -> None:
        sizes = []
        for _ in range(2):
            sizes.append(log.grow())
            log.copy()
            clock.advance(hours=1)
        files = sorted(log.outside.iterdir())
        assert [read_checkpoint(file.read_text()).size for file in files] == sizes
        before = files[0].read_text()
        with log.store.reading() as tx:
            (first, _) = checkpoints_in_order(tx)
        assert Folder(log.outside).put(first, now=clock())
        assert files[0].read_text() == before

    def test_e04_the_officer_gets_a_mail_that_can_be_checked_by_its_line(self, log: Log, tmp_path: Path) -> None:
        size = log.grow()
        log.copy()
        (file,) = log.mails.iterdir()
        message = message_from_bytes(file.read_bytes(), policy=default)
        assert (message["To"], message["Subject"]) == (
            "dpo@tidewick.example",
            f"Tidewick: state of the evidence, {size} entries",
        )
        (line,) = [line for line in text_of(message).splitlines() if line.startswith("{")]
        assert json.loads(line)["size"] == size
        (tmp_path / "saved").write_text(line)
        assert log.faults(tmp_path / "saved") == []

    @pytest.mark.parametrize("locale", ["en", "lv", "ru", "pl", "cs"])
    def test_in_each_language_every_word_is_filled(self, log: Log, locale: str, tmp_path: Path) -> None:
        log.grow()
        mailer = MailFolder(tmp_path / locale, Sender("Tidewick Example SIA", "privacy@tidewick.example"))
        words = read_mail_words().of(locale)
        mail = OfficerMail(mailer, "dpo@tidewick.example", words, locale=locale, product="Tidewick")
        assert copy_checkpoint(log.store, [mail], now=log.clock()) == ["mail"]
        (file,) = (tmp_path / locale).iterdir()
        text = text_of(message_from_bytes(file.read_bytes(), policy=default))
        assert "{at}" not in text
        assert "{size}" not in text


class TestWhatItFinds:
    def test_e04_an_end_cut_off_with_its_checkpoints_and_the_file_is_found_by_a_copy(
        self, log: Log, clock: DrivenClock
    ) -> None:
        kept = log.grow()
        clock.advance(hours=1)
        log.grow()
        log.copy()
        with log.store.writing() as tx:
            tx.execute(text("DELETE FROM evidence WHERE position >= :p"), {"p": kept})
            tx.execute(text("DELETE FROM evidence_checkpoints WHERE size > :p"), {"p": kept})
        own = log.settings.checkpoint_file
        own.write_text(
            "".join(line for line in own.read_text().splitlines(keepends=True) if f'"size": {kept},' in line)
        )
        assert log.faults() == []
        (copy,) = log.outside.iterdir()
        assert log.faults(copy) == [("log_truncated", kept)]

    def test_a_copy_that_was_changed_is_no_copy(self, log: Log) -> None:
        log.grow()
        log.copy()
        (copy,) = log.outside.iterdir()
        copy.write_text(copy.read_text().replace('"size": ', '"size": 1'))
        assert [code for code, _ in log.faults(copy)] == ["checkpoint_forged"]

    def test_the_hour_is_an_hour(self) -> None:
        assert timedelta(hours=1) == EVERY
