"""A post room over a real folder: it sends what letters are queued, attempt by attempt."""

from pathlib import Path

from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.send_letter import LetterDesk, send_letter
from intake_api.mail.folder import MailFolder
from intake_api.mail.port import Mailer
from intake_api.mail.words import read_mail_words
from intake_api.store.base import Store
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.flows.confirmations import SENDER, body_of, mails_in
from tests.intake_api.kept_leads import TOKEN_KEY


class PostRoom:
    """Sends letters and reads what was sent."""

    def __init__(
        self, store: Store, catalogue: Catalogue, clock: DrivenClock, folder: Path, key: bytes = TOKEN_KEY
    ) -> None:
        self.store, self.catalogue, self.clock, self.folder, self.key = store, catalogue, clock, folder, key
        self.mailer: Mailer = MailFolder(folder, SENDER)

    def send(self) -> None:
        """Make one attempt for every letter that is queued."""
        desk = LetterDesk(self.mailer, self.key, PUBLIC_URL, self.catalogue, read_mail_words())
        with self.store.reading() as tx:
            queued = tx.execute(text("SELECT id, turn FROM letters WHERE state = 'queued' ORDER BY made_at")).all()
        for letter_id, turn in queued:
            send_letter(self.store, desk, letter_id, turn, clock=self.clock)

    def sent(self) -> list[str]:
        """Send, and return the texts of all mails in the folder."""
        self.send()
        return [body_of(mail) for mail in mails_in(self.folder)]

    def states(self) -> list[tuple[str, str]]:
        """Return kind and state of every letter, oldest first."""
        with self.store.reading() as tx:
            found = tx.execute(text("SELECT kind, state FROM letters ORDER BY made_at, id"))
            return [(kind, state) for kind, state in found]
