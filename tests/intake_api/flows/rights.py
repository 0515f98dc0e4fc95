"""Rights cases as their tests open and read them."""

import re
from pathlib import Path

from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.ask_for_right import ask_for_right
from intake_api.flows.send_rights_link import RightsDesk, send_rights_link
from intake_api.mail.folder import MailFolder
from intake_api.mail.port import Mailer
from intake_api.mail.words import read_mail_words
from intake_api.queue import Queue
from intake_api.rules.rights import RightsKind
from intake_api.store.base import Store
from intake_api.store.rights_cases import RightsCase, case_token, get_case_by_token
from tests.intake_api.conftest import PUBLIC_URL, DrivenClock
from tests.intake_api.flows.confirmations import SENDER, body_of, mails_in
from tests.intake_api.kept_leads import FIELDS, TOKEN_KEY

EMAIL = str(FIELDS["email"])


class Office:
    """Asks for rights and sends the links, attempt by attempt, into a real folder."""

    def __init__(self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, folder: Path) -> None:
        self.store, self.queue, self.catalogue, self.clock, self.folder = store, queue, catalogue, clock, folder
        self.mailer: Mailer = MailFolder(folder, SENDER)
        self.key = TOKEN_KEY

    def asked(self, kind: str, email: str = EMAIL, locale: str = "en") -> RightsCase:
        """Ask, and return the case."""
        now, before = self.clock(), self.case_ids()
        ask_for_right(
            self.store, self.queue, self.key, kind=RightsKind(kind), email=email, locale=locale, door="public", now=now
        )
        (case_id,) = self.case_ids() - before
        return self.case(case_id)

    def sent(self, kind: str, email: str = EMAIL, locale: str = "en") -> str:
        """Ask, send the mail and return the token of its link."""
        case = self.attempt(self.asked(kind, email, locale))
        return case_token(self.key, case.id)

    def attempt(self, case: RightsCase) -> RightsCase:
        """Make the attempt whose turn it is; return the case as it then stands."""
        words = read_mail_words()
        desk = RightsDesk(self.mailer, self.key, PUBLIC_URL, self.catalogue.organisation, words)
        send_rights_link(self.store, desk, case.id, self.case(case.id).turn, clock=self.clock)
        return self.case(case.id)

    def case(self, case_id: str) -> RightsCase:
        with self.store.reading() as tx:
            return get_case_by_token(tx, case_token(self.key, case_id))

    def case_ids(self) -> set[str]:
        with self.store.reading() as tx:
            return set(tx.scalars(text("SELECT id FROM rights_cases")))

    def bodies(self) -> list[str]:
        """Return the texts of the mails in the folder."""
        return [body_of(mail) for mail in mails_in(self.folder)]

    def links(self) -> list[str]:
        """Return the links to cases in the mails, without the service's address."""
        return [found for body in self.bodies() for found in re.findall(rf"{PUBLIC_URL}(/my-data/\S+)", body)]
