"""A house in which leads are taken out as files: who asks, who agrees, and the worker's part done by hand."""

from collections.abc import Sequence

from sqlalchemy import text

from intake_api.catalogue.model import Catalogue
from intake_api.clock import Clock
from intake_api.flows.act_on_many import BulkDesk, act_on_many
from intake_api.flows.ask_export import Asking, approve_export, ask_export
from intake_api.flows.hand_out_export import HandedOut, hand_out_export
from intake_api.flows.judge_bulk import Choice
from intake_api.flows.make_export import fields_in_files
from intake_api.flows.preview_bulk import preview_bulk
from intake_api.queue import Queue
from intake_api.rules.bulk import BulkAct
from intake_api.rules.exports import FileShape, Reason
from intake_api.rules.staff_roles import Role
from intake_api.store import staff
from intake_api.store.base import Store
from intake_api.store.bulk_jobs import BulkJob, count_outcomes, find_job
from intake_api.store.lead_exports import LeadExport, find_export, why_gone
from intake_api.store.leads import Lead
from tests.intake_api.kept_leads import keep_lead

EXPORT = Choice(BulkAct.EXPORT)
ASKING = Asking(Reason.CALL, "", FileShape.COMMA)


class Exporting:
    """Marta asks and Anna may agree: both lead the team."""

    def __init__(self, store: Store, queue: Queue, catalogue: Catalogue, clock: Clock) -> None:
        self.store, self.queue, self.catalogue, self.clock = store, queue, catalogue, clock
        self.marta, self.anna = self.hire("marta@tidewick.example"), self.hire("anna@tidewick.example")
        self.desk = BulkDesk(queue, "file", "crm", fields_in_files(catalogue))

    def hire(self, email: str, role: Role = Role.LEAD) -> str:
        with self.store.writing() as tx:
            return staff.add_staff(tx, email, "-", one_time=False, roles=[role], now=self.clock())

    def leads(self, count: int, **fields: object) -> list[Lead]:
        return [keep_lead(self.store, self.catalogue, now=self.clock(), **fields) for _ in range(count)]

    def look(self, leads: Sequence[Lead], by: str | None = None) -> str:
        references = [lead.reference for lead in leads]
        who = by or self.marta
        return preview_bulk(self.store, references, EXPORT, "crm", staff_id=who, now=self.clock()).id

    def ask(self, export: str, by: str | None = None, asking: Asking = ASKING) -> BulkJob:
        who = by or self.marta
        ask_export(self.store, self.queue, self.catalogue, export, asking, staff_id=who, now=self.clock())
        return self.job(export)

    def approve(self, export: str, by: str | None = None) -> BulkJob:
        approve_export(self.store, self.queue, export, staff_id=by or self.anna, now=self.clock())
        return self.job(export)

    def job(self, export: str) -> BulkJob:
        with self.store.reading() as tx:
            job = find_job(tx, export)
        assert job is not None
        return job

    def said(self, export: str) -> LeadExport:
        with self.store.reading() as tx:
            found = find_export(tx, export)
        assert found is not None
        return found

    def why_gone(self, export: str) -> str | None:
        with self.store.reading() as tx:
            return why_gone(tx, self.said(export), now=self.clock())

    def outcomes(self, export: str) -> dict[str | None, int]:
        with self.store.reading() as tx:
            return count_outcomes(tx, [export])[export]

    def make(self, export: str) -> BulkJob:
        while self.job(export).is_running:
            act_on_many(self.store, self.desk, export, self.job(export).turn, clock=self.clock)
        return self.job(export)

    def made(self, leads: Sequence[Lead]) -> str:
        export = self.look(leads)
        self.ask(export)
        self.make(export)
        return export

    def take(self, export: str, by: str | None = None) -> HandedOut:
        return hand_out_export(self.store, export, staff_id=by or self.marta, now=self.clock())

    def lines(self, export: str) -> int:
        """Return how many lines of a file are on the disk."""
        query = text("SELECT count(*) FROM lead_export_lines WHERE job_id = :id")
        with self.store.reading() as tx:
            return int(tx.execute(query, {"id": export}).scalar_one())

    def entries(self) -> list[str]:
        """Return the kinds of all entries about files, by name: many are of one moment."""
        query = text("SELECT kind FROM evidence WHERE kind LIKE 'leads.export%' ORDER BY kind")
        with self.store.reading() as tx:
            return [row.kind for row in tx.execute(query)]
