"""Invented people who race against themselves and against the house."""

from datetime import datetime

from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.flows.check_permission import Question, check_permission
from intake_api.flows.erase_by_receipt import erase_by_receipt
from intake_api.flows.show_form import show_form
from intake_api.flows.submit_lead import Submission, submit_lead
from intake_api.flows.withdraw_by_receipt import withdraw_by_receipt
from intake_api.queue import Queue
from intake_api.rules.lead_state import LeadState
from intake_api.store.base import Store
from intake_api.store.lead_index import find_by_email
from intake_api.store.leads import Lead
from tests.intake_api.conftest import DrivenClock
from tests.intake_api.flows.rights import Office
from tests.intake_api.house.racing import Act
from tests.intake_api.kept_leads import TOKEN_KEY, keep_first_yes, keep_lead, kinds, lead_now, receipt_of


class People:
    """Each has a mark that stands nowhere else; `gone` are those of whom nothing may be found any more."""

    def __init__(self, store: Store, queue: Queue, catalogue: Catalogue, clock: DrivenClock, office: Office) -> None:
        self.store, self.queue, self.catalogue, self.clock, self.office = store, queue, catalogue, clock, office
        self.gone: list[str] = []
        self._last = 0

    @property
    def now(self) -> datetime:
        return self.clock.now

    def mark(self) -> str:
        self._last += 1
        return self.last_mark

    @property
    def last_mark(self) -> str:
        return f"zq7f{self._last:05d}x"

    def lead(self, mark: str, decisions: dict[str, bool] | None = None) -> Lead:
        typed = {"name": f"Zane {mark}", "email": f"{mark}@guest.example", "message": f"I am {mark}"}
        return keep_lead(self.store, self.catalogue, now=self.now, decisions=decisions, **typed)

    def first_yes(self, mark: str) -> Lead:
        return keep_first_yes(self.store, self.queue, self.catalogue, now=self.now, email=f"{mark}@guest.example")

    def link(self, kind: str, mark: str) -> str:
        return self.office.sent(kind, f"{mark}@guest.example")

    def showing(self, mark: str, **fields: object) -> Submission:
        """Show a form and fill it in."""
        shown = show_form(self.store, self.catalogue, TOKEN_KEY, "request_demo", "en", "page", now=self.now)
        typed = {"name": f"Zane {mark}", "email": f"{mark}@guest.example", **fields}
        return Submission("request_demo", shown.signed_id, "en", typed, {}, {})

    def sends(self, submission: Submission) -> Act:
        return lambda store: submit_lead(store, self.queue, self.catalogue, TOKEN_KEY, submission, now=self.now)

    def erases(self, lead: Lead) -> Act:
        return lambda store: erase_by_receipt(store, receipt_of(lead), now=self.now)

    def takes_back(self, lead: Lead) -> Act:
        return lambda store: withdraw_by_receipt(store, receipt_of(lead), None, now=self.now)

    def is_gone(self, lead: Lead, *marks: str) -> None:
        """Expect that a lead is erased; of its marks nothing may be found when all races are over."""
        assert lead_now(self.store, lead).state is LeadState.ERASED
        assert kinds(self.store, lead, "lead.erased") == ["lead.erased"]
        with self.store.reading() as tx:
            index = text("SELECT COUNT(*) FROM lead_index WHERE lead_id = :id")
            assert tx.scalar(index, {"id": lead.id}) == 0
        self.gone += marks

    def leads_of(self, mark: str) -> list[str]:
        with self.store.reading() as tx:
            return find_by_email(tx, self.store.vault, f"{mark}@guest.example")

    def may_be_written_to(self, mark: str, purpose: str) -> bool:
        question = Question("email", f"{mark}@guest.example", purpose, "email")
        return check_permission(self.store, self.catalogue, question, now=self.now).permission.allowed
