"""Leads taken out as a file by a browser, and the worker's part of it."""

from collections.abc import Sequence

from intake_api.catalogue.model import Catalogue
from intake_api.clock import Clock
from intake_api.flows.act_on_many import BulkDesk, act_on_many
from intake_api.flows.make_export import fields_in_files
from intake_api.queue import Queue
from intake_api.store.base import Store
from intake_api.store.leads import Lead
from tests.intake_api.web.review.visitor import OURS, Browser


def look(browser: Browser, leads: Sequence[Lead] = (), at: str = "/", **fields: str) -> str:
    """Choose leads in the queue and look at what would stand in a file; return the path of the page."""
    form = browser.page(at).forms["/bulk"]
    data = {**form.fields, "lead": [lead.reference for lead in leads], **fields}
    answer = browser.client.post("/exports", data=data, headers=OURS)
    assert answer.status_code == 303, answer.text
    return answer.location


def ask(browser: Browser, path: str, **fields: str) -> int:
    """Send the form of the page that was looked at."""
    asked = {"reason": "call", "shape": "comma", **fields}
    return browser.send(browser.page(path), f"{path}/ask", **asked).status_code


def make_file(store: Store, queue: Queue, catalogue: Catalogue, path: str, *, clock: Clock) -> None:
    """Do the worker's part of a file of at most 50 leads."""
    desk = BulkDesk(queue, "file", "crm", fields_in_files(catalogue))
    for turn in range(1, 4):
        act_on_many(store, desk, path.rpartition("/")[2], turn, clock=clock)
